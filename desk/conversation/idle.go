package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// idleBatch is how many idle conversations a look deals with; another look follows at once where there are more.
	idleBatch = 200
	// idleAgain is when what could not be dealt with is tried again.
	idleAgain = time.Minute
	// idlePause is how long at least lies between two looks: what becomes due in between is dealt with together.
	idlePause = time.Second
	// idleUnpinned is how long at most lies between two looks where pins spare conversations: a pin may go at any time, and tells nobody.
	idleUnpinned = 5 * time.Minute
)

// byTime is who ends what is idle.
var byTime = event.Actor{Kind: event.BySystem, Rule: "idle"}

// keepIdle notes in a copy of a conversation what a message makes of its being idle: an answer of staff starts the time, whoever of them it is, and one of the customer's side
// ends it; what is automatic or a note does neither (CONV-10).
func keepIdle(tx *store.Tx, after *ent.Conversation, m *ent.Message) {
	switch {
	case m.Direction == message.DirectionINBOUND:
		after.IdleSince, after.RemindedAt = nil, nil
	case m.Direction == message.DirectionOUTBOUND && m.Sender == message.SenderAGENT:
		now := tx.Now
		after.IdleSince, after.RemindedAt = &now, nil
	}
}

// Idle ends conversations whose customers do not answer (CONV-10). An idle conversation costs an entry of an index; for each channel that ends them there is one task, which
// looks at what is due and says when the next one does. It is safe for concurrent use.
type Idle struct {
	s     *Service
	queue account.Queue
	log   *slog.Logger
}

// NewIdle makes what ends them. The queue must have Work as its handler of account.IdleTask.
func NewIdle(s *Service, queue account.Queue, log *slog.Logger) *Idle { return &Idle{s, queue, log} }

// patience is what a channel's setting says of its idle conversations.
type patience struct {
	account.AutoEnd
	reminds bool
}

func (i *Idle) patience(a account.AutoEnd, channelType string) patience {
	adapter, err := i.s.adapters.Get(channels.Type(channelType)) // a platform that this server does not speak with reminds nobody
	return patience{a, err == nil && a.Reminder.IsOn && adapter.Capability().CanRemind}
}

// lead is how long after staff's last answer something is due: the reminder, or else the end.
func (p patience) lead() time.Duration {
	d := time.Duration(p.IdleMinutes) * time.Minute
	if !p.reminds {
		d += account.IdleGrace
	}
	return d
}

// step is what is due in a conversation.
type step int

const (
	nothing step = iota
	reminder
	end
)

// due says what is due now.
func (p patience) due(c *ent.Conversation, now time.Time) step {
	switch {
	case !p.IsOn || c.Status != conversation.StatusIN_PROGRESS || c.IdleSince == nil || p.SparesPinned && len(c.PinnedBy) > 0 || c.ChannelType == conversation.ChannelTypeWEBCHAT:
		return nothing
	case row.IsSnoozed(c): // somebody wants to see it again: by then the time runs anew (PROD-14)
		return nothing
	case now.Before(c.IdleSince.Add(p.lead())) || c.RemindedAt != nil && now.Before(c.RemindedAt.Add(account.IdleGrace)):
		return nothing
	case p.reminds && c.RemindedAt == nil:
		return reminder
	}
	return end
}

// late are the conversations of a channel whose time was over at a moment, those that have been reminded too.
func (p patience) late(v *store.View, channelID int64, now time.Time) *ent.ConversationQuery {
	return p.spared(v.Conversation.Query().Where(conversation.ChannelID(channelID), conversation.IdleSinceLTE(now.Add(-p.lead()))))
}

func (p patience) spared(q *ent.ConversationQuery) *ent.ConversationQuery {
	q.Where(conversation.QueueNEQ(conversation.QueueSNOOZED))
	if p.SparesPinned {
		return q.Where(conversation.PinnedByIsNil())
	}
	return q
}

// Work handles account.IdleTask: it reminds and ends what is due, each conversation in a transaction of its own and judged again once it is held, and has the next look taken when the
// next one is due. A look that its channel no longer waits for does nothing; done twice it does nothing twice.
func (i *Idle) Work(ctx context.Context, team int64, args json.RawMessage) error {
	var of account.IdleLook
	if err := json.Unmarshal(args, &of); err != nil {
		return fault.Wrap(err, fault.Invalid, "this is no look at a channel")
	}
	var due []int64
	err := i.s.db.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		p, _, isOver, err := i.setting(ctx, v, of)
		if err != nil || isOver {
			return err
		}
		due, err = p.late(v, of.ChannelID, v.Now).Where(conversation.Or(conversation.RemindedAtIsNil(), conversation.RemindedAtLTE(v.Now.Add(-account.IdleGrace)))).
			Order(conversation.ByIdleSince()).Limit(idleBatch).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find idle conversations of channel %d: %w", of.ChannelID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	hasFailed := false
	for _, id := range due {
		_, err := i.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error { return i.one(ctx, tx, id) })
		if err != nil && (ctx.Err() != nil || fault.Is(err, fault.Unavailable)) {
			return err
		}
		if err != nil {
			hasFailed = true
			i.log.ErrorContext(ctx, "idle: a conversation could not be ended", "team", team, "conversation", id, "error", err)
		}
	}
	_, err = i.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		return i.next(ctx, tx, of, hasFailed)
	})
	return err
}

// setting reads what holds for a channel, and whether a look is over: idle conversations do not end there, or another look is waited for.
func (i *Idle) setting(ctx context.Context, v *store.View, of account.IdleLook) (p patience, script *ent.ChannelScript, isOver bool, err error) {
	script, err = v.ChannelScript.Query().Where(channelscript.ChannelID(of.ChannelID)).Only(ctx)
	if ent.IsNotFound(err) {
		return p, nil, true, nil
	}
	if err != nil {
		return p, nil, false, fmt.Errorf("read what channel %d does by itself: %w", of.ChannelID, err)
	}
	c, err := v.Channel.Get(ctx, of.ChannelID)
	if err != nil {
		return p, nil, false, fmt.Errorf("read channel %d: %w", of.ChannelID, err)
	}
	a := account.AutoEnd{IsOn: script.EndsIdle, IdleMinutes: script.IdleMinutes, Reminder: account.Line{IsOn: script.HasReminder}, SparesPinned: script.SparesPinned}
	isOver = !script.EndsIdle || c.DeletedAt != nil || script.IdleLookAt == nil || script.IdleLookAt.UnixMicro() != of.At
	return i.patience(a, string(c.Type)), script, isOver, nil
}

// next has the next look taken: when the next conversation is due that is idle now. What becomes idle from now on is not due before the channel's whole time has passed. What
// became due while this look was under way, found no place in it or failed is due already.
func (i *Idle) next(ctx context.Context, tx *store.Tx, of account.IdleLook, hasFailed bool) error {
	_, script, isOver, err := i.setting(ctx, &tx.View, of)
	if err != nil || isOver {
		return err
	}
	if err := tx.Lock(ctx, channelscript.Table, script.ID); err != nil {
		return err
	}
	p, script, isOver, err := i.setting(ctx, &tx.View, of) // as it is now that it is held
	if err != nil || isOver {
		return err
	}
	at := tx.Now.Add(p.lead())
	earlier := func(q *ent.ConversationQuery, of func(*ent.Conversation) time.Time) error {
		c, err := q.First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find when the next conversation is due: %w", err)
		}
		if t := of(c); t.Before(at) {
			at = t
		}
		return nil
	}
	waiting := p.spared(tx.Conversation.Query().Where(conversation.ChannelID(of.ChannelID), conversation.IdleSinceGT(tx.Now.Add(-p.lead())))).Order(conversation.ByIdleSince())
	if err := earlier(waiting, func(c *ent.Conversation) time.Time { return c.IdleSince.Add(p.lead()) }); err != nil {
		return err
	}
	left := p.late(&tx.View, of.ChannelID, tx.Now).Where(conversation.RemindedAtIsNil()).Order(conversation.ByIdleSince())
	if err := earlier(left, func(*ent.Conversation) time.Time { return tx.Now }); err != nil {
		return err
	}
	reminded := p.late(&tx.View, of.ChannelID, tx.Now).Where(conversation.RemindedAtNotNil()).Order(conversation.ByRemindedAt())
	if err := earlier(reminded, func(c *ent.Conversation) time.Time { return c.RemindedAt.Add(account.IdleGrace) }); err != nil {
		return err
	}
	if latest := tx.Now.Add(idleUnpinned); p.SparesPinned && at.After(latest) {
		isPinned, err := tx.Pin.Query().Exist(ctx)
		if err != nil {
			return fmt.Errorf("find whether anything is pinned: %w", err)
		}
		if isPinned {
			at = latest
		}
	}
	least := idlePause
	if hasFailed {
		least = idleAgain
	}
	if soonest := tx.Now.Add(least); at.Before(soonest) {
		at = soonest
	}
	u := tx.ChannelScript.UpdateOne(script)
	if err := account.LookForIdleIn(ctx, tx, i.queue, of.ChannelID, u, at); err != nil {
		return err
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("note when channel %d looks again: %w", of.ChannelID, err)
	}
	return nil
}

// one does what is due in a conversation, now that it is held: a customer who has answered meanwhile is neither reminded nor sent away.
func (i *Idle) one(ctx context.Context, tx *store.Tx, id int64) error {
	c, err := row.Lock(ctx, tx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	script, err := account.ScriptIn(ctx, &tx.View, c.ChannelID)
	if err != nil {
		return err
	}
	x := &acting{tx: tx, by: byTime, c: c}
	after := row.Copy(c)
	switch i.patience(script.AutoEnd, string(c.ChannelType)).due(c, tx.Now) {
	case reminder:
		now := tx.Now
		after.RemindedAt = &now
		if err := x.put(ctx, after); err != nil {
			return err
		}
		_, err = i.s.SayIn(ctx, tx, x.c, Line{Text: script.AutoEnd.Reminder.Text, Occasion: "reminder", AgentName: script.AgentName,
			Key: fmt.Sprintf("idle:%d:%d", c.ID, c.IdleSince.UnixMicro())})
		return err
	case end:
		group.Ended(tx, after)
		if err := x.put(ctx, after); err != nil {
			return err
		}
		if err := workspace.NotifyIn(ctx, tx, x.by, x.c.CollaboratorIds, workspace.Notice{Code: "notice.ended_idle", Params: map[string]string{"customer": x.customer()},
			ConversationID: x.c.ID, IsOfGroup: x.c.GroupID != nil}); err != nil {
			return err
		}
		if err := row.Log(ctx, tx, x.c.ID, "log.ended_idle", nil, x.by); err != nil {
			return err
		}
		return i.s.close(ctx, x)
	case nothing:
	}
	return nil
}
