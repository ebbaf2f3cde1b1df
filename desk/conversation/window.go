package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// WindowOf says what the platform takes now, by its row and the customer's last message, and until when that stands; nil where only the customer can
// change it, or the platform sets no limit in time (MSG-9). A customer who has never written has opened nothing.
func WindowOf(can channels.Capability, customerAt *time.Time, now time.Time) (takes channels.Takes, until *time.Time) {
	if len(can.Windows) == 0 {
		return channels.TakesAll, nil
	}
	for _, w := range can.Windows {
		if w.For == 0 {
			return w.Takes, nil
		}
		if customerAt == nil {
			continue
		}
		if ends := customerAt.Add(w.For); now.Before(ends) {
			return w.Takes, &ends
		}
	}
	return channels.TakesNothing, nil
}

// closedAt is when the last window closed in which something could be sent; nil where the customer never wrote.
func closedAt(can channels.Capability, customerAt *time.Time) *time.Time {
	if customerAt == nil {
		return nil
	}
	at := *customerAt
	for _, w := range can.Windows {
		if w.For > 0 && w.Takes != channels.TakesNothing && w.Takes != channels.TakesTemplates {
			at = customerAt.Add(w.For)
		}
	}
	return &at
}

// windowReason is why a window refuses, or what it limits: a code of the catalogue of texts with its values; "" where it limits nothing.
func windowReason(can channels.Capability, takes channels.Takes) (code string, params map[string]string) {
	switch takes {
	case channels.TakesNoPromotion:
		return "window.promotion", nil
	case channels.TakesNothing, channels.TakesTemplates:
	default:
		return "", nil
	}
	for _, w := range can.Windows {
		if w.Takes == channels.TakesNoPromotion {
			return "refusal.window_week", map[string]string{"platform": "@platform." + string(can.Type)}
		}
	}
	return "refusal.window_closed", map[string]string{"hours": fmt.Sprint(int(can.Windows[0].For / time.Hour))}
}

// WindowTask is the kind of the queued work that tells when a window changes by time alone; its handler is Windows.Work.
const WindowTask = "conversation.window"

// Enqueuer puts work into the queue, in the transaction that makes it necessary.
type Enqueuer interface {
	EnqueueIn(ctx context.Context, tx *store.Tx, t job.Task) error
}

// windowEnds is what a WindowTask is about: which window, by its end in microseconds since 1970. The same end is watched for once.
type windowEnds struct {
	ConversationID int64 `json:"conversation"`
	Until          int64 `json:"until"`
}

// WatchWindowIn has it told when the window ends that a customer's message has opened: before and after are the conversation around the message. While one
// is open its end is watched for already, and moves on by itself.
func WatchWindowIn(ctx context.Context, tx *store.Tx, queue Enqueuer, can channels.Capability, before, after *ent.Conversation) error {
	if len(can.Windows) == 0 {
		return nil
	}
	if takes, until := WindowOf(can, before.CustomerAt, tx.Now); until != nil && takes == can.Windows[0].Takes {
		return nil
	}
	_, until := WindowOf(can, after.CustomerAt, tx.Now)
	return watch(ctx, tx, queue, after.ID, until)
}

func watch(ctx context.Context, tx *store.Tx, queue Enqueuer, conversationID int64, until *time.Time) error {
	if until == nil {
		return nil
	}
	return queue.EnqueueIn(ctx, tx, job.Task{Kind: WindowTask, Args: windowEnds{conversationID, until.UnixMicro()}, RunAt: *until, IsUnique: true})
}

// Windows tells when windows change by time alone. It is safe for concurrent use.
type Windows struct {
	s     *Service
	queue Enqueuer
}

// NewWindows makes what tells. The queue must have Work as its handler of WindowTask.
func NewWindows(s *Service, queue Enqueuer) *Windows { return &Windows{s, queue} }

// Work handles WindowTask: a window that ends now is told of, and the end of the next one watched for; one that the customer has moved on meanwhile is
// watched for until then. A conversation that is gone is none of its business.
func (w *Windows) Work(ctx context.Context, team int64, args json.RawMessage) error {
	var of windowEnds
	if err := json.Unmarshal(args, &of); err != nil {
		return fault.Wrap(err, fault.Invalid, "this is no window")
	}
	_, err := w.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, of.ConversationID)
		if err != nil {
			return err
		}
		adapter, err := w.s.adapters.Get(channels.Type(c.ChannelType))
		if err != nil {
			return err
		}
		can := adapter.Capability()
		_, until := WindowOf(can, c.CustomerAt, tx.Now)
		for _, x := range can.Windows {
			isEnd := x.For > 0 && c.CustomerAt != nil && c.CustomerAt.Add(x.For).UnixMicro() == of.Until
			if isEnd && !tx.Now.Before(c.CustomerAt.Add(x.For)) {
				if _, err := row.Change(ctx, tx, c, event.Actor{Kind: event.BySystem}, func(*ent.ConversationUpdateOne) {}); err != nil {
					return err
				}
			}
		}
		return watch(ctx, tx, w.queue, c.ID, until)
	})
	return err
}
