package conversation_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ender ends what is idle, as the test's queue has it.
type ender struct {
	*world
	queue    *waiting
	idle     *conversation.Idle
	accounts *account.Service
	admin    auth.Principal
}

func (w *world) ender() *ender {
	w.T.Helper()
	queue := &waiting{}
	return &ender{w, queue, conversation.NewIdle(w.actions, queue, slog.New(slog.DiscardHandler)), account.New(account.Config{DB: w.DB, Queue: queue}), w.Agent(auth.Admin)}
}

// set has a channel end conversations after so many minutes.
func (e *ender) set(channelID int64, minutes int, more func(*account.ScriptInput)) error {
	is := true
	in := account.ScriptInput{ChannelID: channelID, AutoEnd: account.AutoEndInput{IsOn: &is, IdleMinutes: &minutes}}
	if more != nil {
		more(&in)
	}
	_, _, err := e.accounts.SetScript(e.T.Context(), e.admin, in)
	return err
}

func (e *ender) sets(channelID int64, minutes int, more func(*account.ScriptInput)) {
	e.T.Helper()
	if err := e.set(channelID, minutes, more); err != nil {
		e.T.Fatal(err)
	}
}

func reminds(text string) func(*account.ScriptInput) {
	return func(in *account.ScriptInput) {
		is := true
		in.AutoEnd.Reminder = account.LineInput{IsOn: &is, Text: &text}
	}
}

func (e *ender) do(t job.Task) {
	e.T.Helper()
	args, err := json.Marshal(t.Args)
	if err != nil {
		e.T.Fatal(err)
	}
	if err := e.idle.Work(e.T.Context(), e.Team, args); err != nil {
		e.T.Fatal(err)
	}
}

// passes lets the time pass, and does each task at its time, each a second time too, as a queue may.
func (e *ender) passes(d time.Duration) {
	e.T.Helper()
	until := e.clock.Now().Add(d)
	for {
		slices.SortStableFunc(e.queue.tasks, func(a, b job.Task) int { return a.RunAt.Compare(b.RunAt) })
		if len(e.queue.tasks) == 0 || e.queue.tasks[0].RunAt.After(until) {
			break
		}
		t := e.queue.tasks[0]
		e.queue.tasks = e.queue.tasks[1:]
		if t.RunAt.After(e.clock.Now()) {
			e.clock.Advance(t.RunAt.Sub(e.clock.Now()))
		}
		e.do(t)
		n := len(e.queue.tasks)
		e.do(t)
		if len(e.queue.tasks) != n {
			e.T.Errorf("a look that is repeated asks for others: %+v", e.queue.tasks)
		}
	}
	e.clock.Advance(until.Sub(e.clock.Now()))
	e.Check()
}

// is fails the test where a conversation is not as it should be: its status, and what was said in it without a person.
func (e *ender) is(what string, id int64, status entconversation.Status, said ...string) {
	e.T.Helper()
	if c := e.Conversation(id); c.Status != status {
		e.T.Errorf("%s: it is %s, idle since %v, reminded at %v", what, c.Status, c.IdleSince, c.RemindedAt)
	}
	var got []string
	for _, m := range e.Messages(id) {
		if m.Sender == message.SenderBOT {
			got = append(got, m.Text)
		}
	}
	if !slices.Equal(got, said) {
		e.T.Errorf("%s: it was said %q", what, got)
	}
}

const (
	open = entconversation.StatusIN_PROGRESS
	over = entconversation.StatusENDED
)

// CONV-10, CHAN-5, CONV-24: once staff's last answer is older than the channel's time the customer is reminded, and two minutes later the conversation ends, with the closing message and a log that
// says that nobody did it; who answers before stays. Nothing ends a moment early.
func TestIdle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.ender()
		amy, _ := w.agents()
		e.sets(w.ChannelID, 30, func(in *account.ScriptInput) {
			reminds("still there, {{system:customer_name}}?")(in)
			is, bye := true, "bye"
			in.Closing = account.LineInput{IsOn: &is, Text: &bye}
		})
		silent, talks, unanswered, waits := w.chat("Mia"), w.chat("Ben"), w.chat("Cat"), w.chat("Dan")
		for _, id := range []int64{silent, talks, unanswered} {
			w.follow(amy, id)
		}
		w.sent(amy, silent, "1", "anything else?")
		w.sent(amy, talks, "2", "anything else?")
		e.passes(30*time.Minute - time.Second)
		e.is("a second before", silent, open)
		e.passes(time.Second)
		e.is("after the time", silent, open, "still there, Mia?")
		e.is("after the time", talks, open, "still there, Ben?")
		w.hears(talks, "yes")
		e.passes(2*time.Minute - time.Second)
		e.is("a second before the end", silent, open, "still there, Mia?")
		e.passes(time.Second)
		e.is("the end", silent, over, "still there, Mia?", "bye")
		e.is("who answered", talks, open, "still there, Ben?")
		w.sent(amy, talks, "3", "and now?")
		e.passes(32 * time.Minute)
		e.is("idle once more", talks, over, "still there, Ben?", "still there, Ben?", "bye")
		e.is("whom nobody answered", unanswered, open)
		e.is("whom nobody follows", waits, entconversation.StatusPENDING)
		log, _, _ := w.texts(silent, amy, catalogue.Chinese)
		if log != "客戶未回覆,對話自動結束。" {
			t.Errorf("the log says %q", log)
		}
		if c := w.Conversation(silent); c.Unread != 0 || c.FollowerID == nil || *c.FollowerID != amy.AgentID || c.EndedAt == nil {
			t.Errorf("ended: %+v", c)
		}
		// What is ended, opened again and not answered stays.
		w.must(w.actions.Reopen(t.Context(), amy, conversation.ReopenInput{ConversationID: silent}))
		e.passes(time.Hour)
		e.is("opened again", silent, open, "still there, Mia?", "bye")
		if len(e.queue.tasks) != 1 {
			t.Errorf("one look is waited for, not %+v", e.queue.tasks)
		}
	})
}

// CONV-10: a reminder goes out on four platforms.
func TestWhereReminded(t *testing.T) {
	t.Parallel()
	n := 0
	for _, a := range append(platforms(), line.New(&http.Client{})) {
		can := a.Capability()
		if want := slices.Contains([]channels.Type{channels.LINE, channels.Facebook, channels.WhatsApp, channels.Instagram}, can.Type); can.CanRemind != want {
			t.Errorf("%s reminds: %t", can.Type, can.CanRemind)
		} else if want {
			n++
		}
	}
	if n != 4 {
		t.Errorf("reminders go out on %d", n)
	}
}

// CONV-10: without a reminder, or where the platform has none, it ends at the same time; not on web chat, not what somebody has pinned where that is spared, and not once it is switched off. What
// is changed holds for those that are idle already.
func TestIdleSettings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.ender()
		amy, _ := w.agents()
		telegram, web := w.on(channels.Telegram, "Tom"), w.on(channels.Webchat, "Wes")
		spared := true
		e.sets(w.Conversation(telegram).ChannelID, 10, reminds("still there?"))
		if err := e.set(w.Conversation(web).ChannelID, 10, nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "web chat") {
			t.Errorf("web chat: %v", err)
		}
		for _, n := range []int{0, -1, 43_201} {
			if err := e.set(w.ChannelID, n, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%d minutes: %v", n, err)
			}
		}
		e.sets(w.ChannelID, 60, func(in *account.ScriptInput) { in.AutoEnd.SparesPinned = &spared })
		plain, pinned := w.chat("Mia"), w.chat("Pia")
		for i, id := range []int64{telegram, web, plain, pinned} {
			w.follow(amy, id)
			w.sent(amy, id, string(rune('a'+i)), "anything else?")
		}
		w.pin(amy, pinned)
		e.passes(12*time.Minute - time.Second)
		e.is("no reminder on this platform", telegram, open)
		e.passes(time.Second)
		e.is("no reminder on this platform", telegram, over)
		e.sets(w.ChannelID, 20, nil)
		e.passes(10*time.Minute - time.Second)
		e.is("a shorter time", plain, open)
		e.passes(time.Second)
		e.is("a shorter time", plain, over)
		e.passes(time.Hour)
		e.is("spared", pinned, open)
		w.must(w.actions.Pin(t.Context(), amy, conversation.PinInput{ConversationID: pinned}))
		e.passes(5 * time.Minute)
		e.is("no longer pinned", pinned, over)
		e.is("web chat", web, open)

		off := false
		e.sets(w.ChannelID, 20, func(in *account.ScriptInput) { in.AutoEnd.IsOn = &off })
		w.must(w.actions.Reopen(t.Context(), amy, conversation.ReopenInput{ConversationID: plain}))
		w.sent(amy, plain, "off", "anything else?")
		e.passes(10 * time.Hour)
		e.is("switched off", plain, open)
		e.sets(w.ChannelID, 20, nil)
		e.passes(0)
		e.is("switched on again", plain, over)
	})
}

// COLL-15, COLL-16, GRP-14: an answer of a collaborator counts as the follower's; the collaborators are told of the end; a group ends without a word into it, and any member's message is an answer.
func TestIdleOfSeveral(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		e := w.ender()
		amy, cat := w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.AgentRole, auth.SendMessages)
		e.sets(w.ChannelID, 30, reminds("still there?"))
		cid, gid := w.chat("Mia"), w.group(3)
		w.follow(amy, cid)
		w.follow(amy, gid)
		w.add(amy, cid, cat)
		w.sent(amy, cid, "1", "anything else?")
		w.sent(amy, gid, "2", "anything else?")
		e.passes(20 * time.Minute)
		w.sent(cat, cid, "3", "really?")
		w.hears(gid, "no")
		e.passes(20 * time.Minute)
		e.is("a collaborator has answered since", cid, open)
		e.passes(12 * time.Minute)
		e.is("its time too", cid, over, "still there?")
		e.is("a member has answered", gid, open)
		w.sent(amy, gid, "4", "fine")
		e.passes(32 * time.Minute)
		e.is("a group", gid, over)
		if got := w.notices(cat); got[len(got)-1] != "notice.ended_idle" {
			t.Errorf("the collaborator is told %v", got)
		}
	})
}

// CONV-10: what cannot be ended is tried again a minute later, and what becomes due while a look is under way is not left until the channel's whole time has passed once more.
func TestIdleLooksAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.ender()
		amy, _ := w.agents()
		e.sets(w.ChannelID, 60, func(in *account.ScriptInput) {
			is, bye := true, "bye"
			in.Closing = account.LineInput{IsOn: &is, Text: &bye}
		})
		first, second := w.chat("Mia"), w.chat("Ben")
		w.follow(amy, first)
		w.follow(amy, second)
		w.sent(amy, first, "1", "anything else?")
		w.clock.Advance(2 * time.Second)
		w.sent(amy, second, "2", "anything else?")
		e.passes(time.Hour + 2*time.Minute - 3*time.Second)
		next := e.queue.tasks[0]
		e.queue.tasks = nil
		w.clock.Advance(next.RunAt.Sub(w.clock.Now()))
		// A server that does not speak with the platform cannot say goodbye, and the second one is due while it finds out.
		nobody, err := channels.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		slow := slog.New(passing{slog.DiscardHandler, func() { w.clock.Advance(3 * time.Second) }})
		mute := conversation.NewIdle(conversation.New(w.DB, nobody, w.files.Service, random.Seeded(2), func() {}), e.queue, slow)
		args, err := json.Marshal(next.Args)
		if err != nil {
			t.Fatal(err)
		}
		if err := mute.Work(t.Context(), w.Team, args); err != nil {
			t.Fatal(err)
		}
		e.is("it failed", first, open)
		e.is("due since", second, open)
		if len(e.queue.tasks) != 1 || !e.queue.tasks[0].RunAt.Equal(w.clock.Now().Add(time.Minute)) {
			t.Fatalf("at %v, the next look is %+v", w.clock.Now(), e.queue.tasks)
		}
		e.passes(time.Minute)
		e.is("tried again", first, over, "bye")
		e.is("not forgotten", second, over, "bye")
	})
}

// passing is a log that lets time pass.
type passing struct {
	slog.Handler
	pass func()
}

func (p passing) Enabled(context.Context, slog.Level) bool { return true }

func (p passing) Handle(context.Context, slog.Record) error {
	p.pass()
	return nil
}

// CONV-10: whoever looks, however many at once, and whatever the customers write meanwhile: who has answered is never sent away, and nobody is reminded twice.
func TestIdleRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.ender()
		amy, _ := w.agents()
		e.sets(w.ChannelID, 1, reminds("still there?"))
		var all []int64
		for i := range 12 {
			id := w.chat("Mia")
			w.follow(amy, id)
			w.sent(amy, id, string(rune('a'+i)), "anything else?")
			all = append(all, id)
		}
		e.passes(time.Minute)
		w.clock.Advance(2 * time.Minute)
		at := e.queue.tasks[0]
		args, err := json.Marshal(at.Args)
		if err != nil {
			t.Fatal(err)
		}
		queue := &deaf{}
		var busy sync.WaitGroup
		for range 3 {
			other := conversation.NewIdle(w.actions, queue, slog.New(slog.DiscardHandler))
			busy.Go(func() {
				if err := other.Work(t.Context(), w.Team, args); err != nil {
					t.Error(err)
				}
			})
		}
		answered := make([]bool, len(all))
		for i, id := range all {
			if i%2 == 0 {
				busy.Go(func() { answered[i] = w.answers(id) })
			}
		}
		busy.Wait()
		w.Check()
		for i, id := range all {
			c := w.Conversation(id)
			if answered[i] != (c.Status == open) {
				t.Errorf("conversation %d: answered in time: %t, and it is %s", i, answered[i], c.Status)
			}
			if n := len(slices.DeleteFunc(w.Log(id), func(s string) bool { return s != "log.ended_idle" })); n > 1 {
				t.Errorf("conversation %d ended %d times", i, n)
			}
			e.is("reminded once", id, c.Status, "still there?")
		}
		if n := len(queue.tasks); n != 1 {
			t.Errorf("%d looks are asked for by three", n)
		}
	})
}

// answers adds a message of the customer where the conversation is still in progress, and says whether it was.
func (w *world) answers(id int64) (isOpen bool) {
	_, err := w.DB.Write(w.T.Context(), w.Team, func(ctx context.Context, tx *store.Tx) error {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if isOpen = c.Status == open; !isOpen {
			return nil
		}
		after := row.Copy(c)
		row.Heard(after)
		m := &ent.Message{Direction: message.DirectionINBOUND, Sender: message.SenderCONTACT, Delivery: message.DeliveryNONE, Kind: "TEXT", Text: "yes"}
		_, err = conversation.AppendIn(ctx, tx, c, after, m, event.Actor{Kind: event.ByContact})
		return err
	})
	if err != nil {
		w.T.Error(err)
	}
	return isOpen
}

// deaf is a queue that several put into, and nobody works at.
type deaf struct {
	mu    sync.Mutex
	tasks []job.Task
}

func (q *deaf) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, t)
	return nil
}
