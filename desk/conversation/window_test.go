package conversation_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The texts of MSG-9.
const (
	promotion = "此用戶的訊息已超過24小時,只能傳送「非推廣性質」的訊息"
	week      = "無法傳送訊息,你已經超過Facebook的對話限制(客人最後一個訊息後7天內可傳送非推廣性質的訊息)"
	closed    = "抱歉,您的訊息無法再發送;24小時訊息發送時限已過去。關閉此查詢,或等訪客再次發送訊息。"
)

// MSG-9: what each platform takes, by the time since the customer's last message, and until when.
func TestWindowOf(t *testing.T) {
	t.Parallel()
	now := morning
	rows := channels.Foreseen()
	const day = 24 * time.Hour
	for _, x := range []struct {
		platform channels.Type
		since    time.Duration // -1: the customer never wrote
		window   channels.Takes
		left     time.Duration // 0: it does not end by itself
		allowed  bool
		promotes bool
		reason   string
	}{
		{channels.Facebook, 0, channels.TakesAll, day, true, true, ""},
		{channels.Facebook, day - 1, channels.TakesAll, 1, true, true, ""},
		{channels.Facebook, day, channels.TakesNoPromotion, 6 * day, true, false, promotion},
		{channels.Facebook, 7*day - 1, channels.TakesNoPromotion, 1, true, false, promotion},
		{channels.Facebook, 7 * day, channels.TakesNothing, 0, false, false, week},
		{channels.Facebook, -1, channels.TakesNothing, 0, false, false, week},
		{channels.Instagram, day, channels.TakesNoPromotion, 6 * day, true, false, promotion},
		{channels.Instagram, 8 * day, channels.TakesNothing, 0, false, false, "無法傳送訊息,你已經超過Instagram的對話限制(客人最後一個訊息後7天內可傳送非推廣性質的訊息)"},
		{channels.WhatsApp, day - 1, channels.TakesAll, 1, true, true, ""},
		{channels.WhatsApp, day, channels.TakesTemplates, 0, false, false, closed},
		{channels.WhatsApp, -1, channels.TakesTemplates, 0, false, false, closed},
		{channels.WeChat, 2*day - 1, channels.TakesAll, 1, true, true, ""},
		{channels.WeChat, 2 * day, channels.TakesNothing, 0, false, false, "抱歉,您的訊息無法再發送;48小時訊息發送時限已過去。關閉此查詢,或等訪客再次發送訊息。"},
		{channels.Telegram, 400 * day, channels.TakesAll, 0, true, true, ""},
		{channels.Telegram, -1, channels.TakesAll, 0, true, true, ""},
	} {
		o := conversation.Outlet{ChannelState: "CONNECTED", Capability: rows[x.platform], Now: now}
		if x.since >= 0 {
			at := now.Add(-x.since)
			o.CustomerAt = &at
		}
		s := conversation.SendabilityOf(o)
		left := time.Duration(0)
		if s.Until != nil {
			left = s.Until.Sub(now)
		}
		reason := ""
		if s.Reason != "" {
			reason = catalogue.Text(catalogue.Chinese, s.Reason, s.Params)
		}
		if s.Window != x.window || left != x.left || s.Allowed != x.allowed || s.PromotionalAllowed != x.promotes || reason != x.reason || s.RequiresTemplate != (x.window == channels.TakesTemplates) {
			t.Errorf("%s %v after the customer wrote: %+v, %s left, %q", x.platform, x.since, s, left, reason)
		}
		// The channel's state comes first, and the window is told all the same.
		o.ChannelState = "PAUSED"
		if paused := conversation.SendabilityOf(o); paused.Allowed || paused.Window != x.window || paused.Code != "CHANNEL_UNAVAILABLE" {
			t.Errorf("%s, paused: %+v", x.platform, paused)
		}
	}
}

// MSG-9: sending, sending again and saved replies are refused once the window is closed, with the platform's words and since when; between a day and a week on
// Facebook free text passes; a new message of the customer opens it again.
func TestSendInWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		amy.Language = catalogue.Chinese
		face, phone := w.on(channels.Facebook, "Mia"), w.on(channels.WhatsApp, "Mia")
		w.follow(amy, face)
		w.follow(amy, phone)
		wrote := w.clock.Now()
		m := w.sent(amy, phone, "1", "within a day")
		w.settle(m, conversation.Delivery{Status: "FAILED", Code: channels.CodeRecipientGone})
		w.clock.Advance(24 * time.Hour)
		head := w.Head()
		_, err := w.say(amy, phone, "2", "too late")
		f := w.refused("WINDOW_CLOSED", head, err)
		if at, _ := f.Params["until"].(*time.Time); f.Text != closed || at == nil || !at.Equal(wrote.Add(24*time.Hour)) {
			t.Errorf("refused with %q, since %v", f.Text, f.Params)
		}
		_, _, err = w.actions.Retry(t.Context(), amy, conversation.RetryInput{MessageID: m.ID})
		w.refused("WINDOW_CLOSED", head, err)
		w.sent(amy, face, "3", "not promotional")
		w.clock.Advance(6 * 24 * time.Hour)
		head = w.Head()
		_, err = w.say(amy, face, "4", "too late")
		if f := w.refused("WINDOW_CLOSED", head, err); f.Text != week {
			t.Errorf("refused with %q", f.Text)
		}
		w.hears(phone, "hello again")
		w.sent(amy, phone, "5", "open again")
	})
}

// waiting is a queue whose work is done by the test.
type waiting struct{ tasks []job.Task }

func (q *waiting) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	q.tasks = append(q.tasks, t)
	return nil
}

// MSG-9: what time alone changes is an event when it changes, once for each window that ends; a customer who writes meanwhile moves the end on.
func TestWindowEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		queue := &waiting{}
		windows := conversation.NewWindows(w.actions, queue)
		face := w.on(channels.Facebook, "Mia")
		can := channels.Foreseen()[channels.Facebook]
		const day = 24 * time.Hour
		// writes is a message of the customer's, around which the end of its window is watched for.
		writes := func() {
			before := w.Conversation(face)
			w.hears(face, "hello")
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				c, err := row.Lock(ctx, tx, face)
				if err != nil {
					return err
				}
				return conversation.WatchWindowIn(ctx, tx, queue, can, before, c)
			})
		}
		// due does what is due now, and gives how many changes were told.
		due := func() int {
			head := w.Head()
			for i := 0; i < len(queue.tasks); i++ {
				task := queue.tasks[i]
				if task.RunAt.After(w.clock.Now()) {
					continue
				}
				queue.tasks = append(queue.tasks[:i], queue.tasks[i+1:]...)
				i--
				args, err := json.Marshal(task.Args)
				if err != nil {
					t.Fatal(err)
				}
				if err := windows.Work(t.Context(), w.Team, args); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			for _, e := range w.Events(head) {
				if e.Kind != event.ConversationChanged || e.Actor.Kind != event.BySystem {
					t.Errorf("told of %+v", e)
				}
				n++
			}
			w.Check()
			return n
		}
		// The first message of this world opened it without a watch; it is closed before the test begins.
		w.clock.Advance(8 * day)
		writes()
		w.clock.Advance(time.Hour)
		writes()
		if len(queue.tasks) != 1 || !queue.tasks[0].IsUnique || queue.tasks[0].Kind != conversation.WindowTask {
			t.Fatalf("watched for: %+v", queue.tasks)
		}
		w.clock.Advance(23 * time.Hour)
		if n := due(); n != 0 || len(queue.tasks) != 1 {
			t.Errorf("moved on by the second message, %d changes are told, %+v", n, queue.tasks)
		}
		w.clock.Advance(time.Hour)
		if n := due(); n != 1 || len(queue.tasks) != 1 {
			t.Errorf("after a day %d changes are told, %+v", n, queue.tasks)
		}
		w.clock.Advance(6 * day)
		if n := due(); n != 1 || len(queue.tasks) != 0 {
			t.Errorf("after a week %d changes are told, %+v", n, queue.tasks)
		}
		writes()
		if len(queue.tasks) != 1 {
			t.Errorf("watched for again: %+v", queue.tasks)
		}
		w.gone(face)
		args, _ := json.Marshal(queue.tasks[0].Args)
		if err := windows.Work(t.Context(), w.Team, args); err == nil {
			t.Error("of a conversation that is gone there is nothing to tell: the task is given up with a fault")
		}
		// LINE sets no window.
		queue.tasks = nil
		c := w.Conversation(w.chat("Mia"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return conversation.WatchWindowIn(ctx, tx, queue, channels.Capability{}, c, c)
		})
		if len(queue.tasks) != 0 {
			t.Errorf("watched for: %+v", queue.tasks)
		}
	})
}
