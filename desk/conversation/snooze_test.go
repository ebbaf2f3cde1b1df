package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/activity"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// snooze puts a conversation off for so long; 0 until the customer's next message.
func (w *world) snooze(p auth.Principal, id int64, d time.Duration, note string) *ent.Conversation {
	w.T.Helper()
	in := conversation.SnoozeInput{ConversationID: id, Note: note}
	if d != 0 {
		at := w.clock.Now().Add(d)
		in.Until = &at
	}
	return w.must(w.actions.Snooze(w.T.Context(), p, in))
}

// reminded lets servers look at the same time what is due.
func (w *world) reminded(servers int) {
	w.T.Helper()
	var wg sync.WaitGroup
	for range servers {
		wg.Go(func() {
			if err := conversation.NewReminders(w.actions, nil).Once(w.T.Context()); err != nil {
				w.T.Error(err)
			}
		})
	}
	wg.Wait()
	w.Check()
}

// lists gives the conversations of a view, in its order, and fails the test where its count is another.
func (w *world) lists(p auth.Principal, view inbox.View) []int64 {
	w.T.Helper()
	box := inbox.New(w.DB, nil) // no adapter is asked of a list
	rows, err := box.List(w.T.Context(), p, inbox.ListInput{View: view, Sort: inbox.ByLastMessage, IsDescending: true, Window: page.Window{Limit: 50}})
	if err != nil {
		w.T.Fatal(err)
	}
	counts, err := box.Counts(w.T.Context(), p)
	if err != nil {
		w.T.Fatal(err)
	}
	ids := []int64{}
	for _, c := range rows.All {
		ids = append(ids, c.ID)
	}
	if n := counts.Views[view].Conversations; n != len(ids) {
		w.T.Errorf("%s holds %v and counts %d", view, ids, n)
	}
	return ids
}

// stands fails the test where a conversation is not in just this view of the principal's, on top of it, and in ALL.
func (w *world) stands(what string, p auth.Principal, view inbox.View, id int64) {
	w.T.Helper()
	for _, v := range inbox.Views {
		ids := w.lists(p, v)
		if is := slices.Contains(ids, id); is != (v == view || v == inbox.All) {
			w.T.Errorf("%s: that it is in %s is %t", what, v, is)
		} else if v == view && ids[0] != id {
			w.T.Errorf("%s: it is not on top of %v", what, ids)
		}
	}
}

// PROD-14: a snoozed conversation is out of the views of what is in progress, for everybody, with their counts, until its time; then it is on top again and says why, who snoozed it and
// who follows it are told once, by however many servers, and its preview is what it was.
func TestSnoozeUntilATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid, newer := w.chat("Mia"), w.chat("Newer")
		w.follow(amy, cid)
		w.clock.Advance(time.Minute)
		w.follow(amy, newer)
		w.hears(newer, "newer")
		head := w.Head()
		w.snooze(ben, cid, time.Hour, " call back ") // who may manage for others
		w.stands("snoozed", amy, inbox.MySnoozed, cid)
		w.stands("snoozed, to a manager", ben, inbox.TeamSnoozed, cid)
		changed := w.Events(head)
		if e := changed[0]; e.Kind != event.ConversationChanged || e.Before.IsSnoozed || !e.After.IsSnoozed || len(changed) != 1 {
			t.Errorf("told are %+v", changed)
		}
		at := w.Head()
		w.snooze(ben, cid, time.Hour, "call back")
		if w.Head() != at {
			t.Error("the same again is a change")
		}
		w.snooze(ben, cid, 2*time.Hour, "call back")
		before := w.Conversation(cid)
		w.clock.Advance(2*time.Hour - time.Microsecond)
		w.reminded(2)
		w.stands("a moment before", amy, inbox.MySnoozed, cid)
		w.clock.Advance(time.Microsecond)
		at = w.Head()
		w.reminded(3)
		w.reminded(1)
		w.stands("its time has come", amy, inbox.MyInProgress, cid)
		w.stands("its time has come, to a manager", ben, inbox.TeamInProgress, cid)
		c := w.Conversation(cid)
		if c.SnoozeEnded != entconversation.SnoozeEndedTIME || !c.LastAt.Equal(w.clock.Now()) || *c.LastMessageID != *before.LastMessageID || !c.LastMessageAt.Equal(*before.LastMessageAt) || c.MessageSeq != before.MessageSeq {
			t.Errorf("it came back by %s at %v, showing message %d of %v", c.SnoozeEnded, c.LastAt, *c.LastMessageID, c.LastMessageAt)
		}
		for _, p := range []auth.Principal{amy, ben} {
			if got := w.notices(p); !slices.Equal(got, []string{"notice.snooze_over_note"}) {
				t.Errorf("%s was told %v", p.Name, got)
			}
		}
		if log := w.Log(cid); !slices.Equal(log[1:], []string{"log.snoozed", "log.snoozed", "log.snooze_over"}) {
			t.Errorf("the log is %v", log)
		}
		woken := 0
		for _, e := range w.Events(at) {
			if e.Kind == event.ConversationChanged && e.Before.IsSnoozed && !e.After.IsSnoozed {
				woken++
			}
		}
		if woken != 1 {
			t.Errorf("it came back %d times", woken)
		}
		// By who looks on it stays told; by who works on it no longer.
		shown := *c.LastMessageID
		read := func(p auth.Principal) entconversation.SnoozeEnded {
			w.must(w.actions.MarkRead(t.Context(), p, conversation.MarkReadInput{ConversationID: cid, UpToMessageID: shown}))
			return w.Conversation(cid).SnoozeEnded
		}
		if by := read(ben); by != entconversation.SnoozeEndedTIME {
			t.Errorf("another looked at it: %s", by)
		}
		if by := read(amy); by != entconversation.SnoozeEndedNO {
			t.Errorf("its follower looked at it: %s", by)
		}
	})
}

// PROD-14, CONV-24: the texts of the log say until when by the team's clock, in both languages.
func TestSnoozeTexts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.snooze(amy, cid, time.Hour, "")
		w.snooze(amy, cid, 0, "")
		w.Read(func(ctx context.Context, v *store.View) error {
			all, err := v.Activity.Query().Where(activity.CodeHasPrefix("log.snoozed")).Order(activity.ByID()).All(ctx)
			if err != nil {
				return err
			}
			for i, want := range [][2]string{
				{amy.Name + " 將對話延後至 2026-03-02 10:00。", amy.Name + " snoozed the conversation until 2026-03-02 10:00."}, // Taipei
				{amy.Name + " 將對話延後至客戶下次傳送訊息。", amy.Name + " snoozed the conversation until the customer's next message."},
			} {
				if zh, en := catalogue.Text(catalogue.Chinese, all[i].Code, all[i].Params), catalogue.Text(catalogue.English, all[i].Code, all[i].Params); zh != want[0] || en != want[1] {
					t.Errorf("the log says %q, %q", zh, en)
				}
			}
			return nil
		})
	})
}

// PROD-14: the customer's message brings it back at once, in its own transaction, whatever the time; nothing else that is written does.
func TestSnoozeUntilAMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid, group, other := w.chat("Mia"), w.group(3), w.chat("Other")
		for _, id := range []int64{cid, group, other} {
			w.follow(amy, id)
		}
		w.snooze(amy, group, time.Hour, "")
		w.snooze(ben, cid, 0, "")
		w.clock.Advance(400 * 24 * time.Hour)
		w.reminded(1)
		w.stands("without a time", amy, inbox.MySnoozed, cid)
		w.stands("the other's time has come", amy, inbox.MyInProgress, group)
		w.snooze(amy, group, time.Hour, "")
		w.clock.Advance(time.Second)
		w.sent(amy, cid, "1", "still there?")
		if _, _, _, err := w.actions.Note(t.Context(), amy, conversation.NoteInput{ConversationID: cid, Text: "a note", ClientMessageID: "n"}); err != nil {
			t.Fatal(err)
		}
		w.stands("written to by staff", amy, inbox.MySnoozed, cid)
		head := w.Head()
		m := w.hears(cid, "here I am")
		w.stands("the customer wrote", amy, inbox.MyInProgress, cid)
		var seqs []int64
		for _, e := range w.Events(head) {
			if e.Kind == event.MessageAdded || e.Kind == event.ConversationChanged && e.Before.IsSnoozed && !e.After.IsSnoozed {
				seqs = append(seqs, e.Seq)
			}
		}
		c := w.Conversation(cid)
		if c.SnoozeEnded != entconversation.SnoozeEndedCUSTOMER_MESSAGE || *c.LastMessageID != m.ID || len(seqs) != 2 {
			t.Errorf("it came back by %s, showing %d; told was %v", c.SnoozeEnded, *c.LastMessageID, seqs)
		}
		if got, logs := w.notices(ben), w.Log(cid); !slices.Equal(got, []string{"notice.snooze_message"}) || logs[len(logs)-1] != "log.snooze_message" {
			t.Errorf("who snoozed it was told %v, the log is %v", got, logs)
		}
		w.hears(cid, "and again")
		if got := w.notices(amy); len(got) != 2 { // of the group and of this
			t.Errorf("the second message told %v", got)
		}
		w.sent(amy, cid, "2", "here we are")
		if c := w.Conversation(cid); c.SnoozeEnded != entconversation.SnoozeEndedNO {
			t.Errorf("an answer leaves that it came back by %s", c.SnoozeEnded)
		}
		w.hears(group, "hi")
		w.stands("a member wrote", amy, inbox.MyInProgress, group)
		w.clock.Advance(2 * time.Hour)
		w.reminded(1)
		if c := w.Conversation(group); c.SnoozeEnded != entconversation.SnoozeEndedCUSTOMER_MESSAGE {
			t.Errorf("its former time has come: %s", c.SnoozeEnded)
		}
	})
}

// PROD-14: who may, and what is refused; nobody else, and nothing by half.
func TestSnoozeRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		at := w.clock.Now()
		try := func(what, code string, p auth.Principal, until time.Time, note string) {
			t.Helper()
			head := w.Head()
			_, _, err := w.actions.Snooze(t.Context(), p, conversation.SnoozeInput{ConversationID: cid, Until: &until, Note: note})
			t.Log(what)
			w.refused(code, head, err)
		}
		try("a pending one", "STATE_CONFLICT", ben, at.Add(time.Hour), "")
		w.follow(amy, cid)
		try("another's, unseen", "NOT_FOUND", w.Agent(auth.AgentRole, auth.SendMessages), at.Add(time.Hour), "")
		try("another's", "FORBIDDEN", w.Agent(auth.Supervisor, auth.SendMessages), at.Add(time.Hour), "")
		try("now", "VALIDATION", amy, at, "")
		try("in more than a year", "VALIDATION", amy, at.Add(conversation.MaxAhead+time.Second), "")
		try("a long note", "VALIDATION", amy, at.Add(time.Hour), strings.Repeat("字", 501))
		w.snooze(amy, cid, conversation.MaxAhead, strings.Repeat("字", 500))
		w.end(amy, cid)
		try("an ended one", "STATE_CONFLICT", amy, at.Add(time.Hour), "")
		head := w.Head()
		_, _, err := w.actions.Unsnooze(t.Context(), amy, conversation.UnsnoozeInput{ConversationID: cid})
		w.refused("STATE_CONFLICT", head, err)
	})
}

// PROD-14: by hand it comes back as by its time, those who did not do it are told, and again it is no change.
func TestUnsnooze(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.snooze(amy, cid, time.Hour, "")
		w.clock.Advance(time.Minute)
		w.must(w.actions.Unsnooze(t.Context(), ben, conversation.UnsnoozeInput{ConversationID: cid}))
		w.stands("brought back", amy, inbox.MyInProgress, cid)
		if c, told, logs := w.Conversation(cid), w.notices(amy), w.Log(cid); c.SnoozeEnded != entconversation.SnoozeEndedAGENT || !slices.Equal(told, []string{"notice.unsnoozed"}) || len(w.notices(ben)) != 0 ||
			logs[len(logs)-1] != "log.unsnoozed" {
			t.Errorf("it came back by %s, told are %v and %v, the log is %v", c.SnoozeEnded, told, w.notices(ben), logs)
		}
		head := w.Head()
		w.must(w.actions.Unsnooze(t.Context(), ben, conversation.UnsnoozeInput{ConversationID: cid}))
		if w.Head() != head {
			t.Error("what is not snoozed is brought back")
		}
		w.clock.Advance(2 * time.Hour)
		w.reminded(1)
		if w.Head() != head {
			t.Error("its former time has come")
		}
	})
}

// PROD-14: what ends, waits again, goes to another follower or is archived is snoozed no longer, without a word, and its time is forgotten; what changes neither stays snoozed.
func TestSnoozeGoes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		amy, ben := w.agents()
		cat := w.Agent(auth.AgentRole, auth.SendMessages)
		release := func(p auth.Principal) func(int64) {
			return func(int64) {
				w.Write(func(ctx context.Context, tx *store.Tx) error {
					_, err := w.actions.Release(ctx, tx, p.AgentID, system)
					return err
				})
			}
		}
		for _, c := range []struct {
			what  string
			stays bool
			by    auth.Principal
			view  inbox.View
			do    func(int64)
		}{
			{"ended", false, amy, inbox.MyEnded, func(id int64) { w.end(amy, id) }},
			{"transferred", false, cat, inbox.MyInProgress, func(id int64) {
				w.must(w.actions.Transfer(t.Context(), amy, conversation.TransferInput{ConversationID: id, ToAgentID: cat.AgentID}))
			}},
			{"taken over", false, ben, inbox.MyInProgress, func(id int64) {
				w.must(w.actions.TakeOver(t.Context(), ben, conversation.TakeOverInput{ConversationID: id, FromAgentID: amy.AgentID}))
			}},
			{"joined", true, ben, inbox.MySnoozed, func(id int64) {
				w.must(w.actions.Join(t.Context(), ben, conversation.JoinInput{ConversationID: id}))
			}},
			{"starred", true, amy, inbox.MySnoozed, func(id int64) {
				w.must(w.actions.Star(t.Context(), amy, conversation.StarInput{ConversationID: id, IsStarred: true}))
			}},
			{"pinned", true, amy, inbox.MySnoozed, func(id int64) { w.pin(amy, id) }},
			{"its follower is deactivated", false, ben, inbox.PendingHuman, release(amy)},
		} {
			id := w.chat(c.what)
			w.follow(amy, id)
			w.snooze(amy, id, time.Hour, "")
			w.clock.Advance(time.Second)
			c.do(id)
			w.Check()
			w.stands(c.what, c.by, c.view, id)
			if got := w.Conversation(id); row.IsSnoozed(got) != c.stays || got.SnoozeEnded != entconversation.SnoozeEndedNO {
				t.Errorf("%s: it is in %s, back by %s", c.what, got.Queue, got.SnoozeEnded)
			}
		}
		// Who takes the follower's place sees it too.
		id := w.chat("promoted")
		w.follow(cat, id)
		w.add(cat, id, ben)
		w.snooze(ben, id, time.Hour, "")
		release(cat)(id)
		w.Check()
		w.stands("promoted", ben, inbox.MyInProgress, id)
		// An archived one is snoozed instead, and the other way round.
		w.snooze(ben, id, time.Hour, "")
		w.must(w.actions.Archive(t.Context(), ben, conversation.ArchiveInput{ConversationID: id, IsArchived: true}))
		if c := w.Conversation(id); !c.IsArchived || row.IsSnoozed(c) {
			t.Errorf("archived: %t, in %s", c.IsArchived, c.Queue)
		}
		w.snooze(ben, id, time.Hour, "")
		w.stands("snoozed from the archive", ben, inbox.MySnoozed, id)
		// Deleted for good, nothing is left that would come due.
		if _, _, err := w.bulk().Do(t.Context(), ben, conversation.BulkInput{Action: conversation.Deleting, IDs: []int64{id}}); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(2 * time.Hour)
		w.reminded(2)
	})
}

// PROD-14, COLL-13: in a collaboration each who works on it may, and the time of one is everybody's.
func TestSnoozeTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.collaborates(true)
		amy, ben := w.agents()
		cat := w.Agent(auth.AgentRole, auth.SendMessages)
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.add(amy, cid, cat)
		w.snooze(cat, cid, time.Hour, "")
		for _, p := range []auth.Principal{amy, cat} {
			w.stands("snoozed", p, inbox.MySnoozed, cid)
		}
		w.stands("snoozed", ben, inbox.TeamSnoozed, cid)
		w.remove(amy, cid, cat)
		w.clock.Advance(time.Hour)
		w.reminded(1)
		w.stands("back", amy, inbox.MyInProgress, cid)
		told := w.notices(cat)
		if slices.Contains(told, "notice.snooze_over") || !slices.Contains(w.notices(amy), "notice.snooze_over") {
			t.Errorf("who sees it no more was told %v, its follower %v", told, w.notices(amy))
		}
	})
}

// PROD-14, CONV-10: what is snoozed does not end by itself, and once it is back the customer has the whole time anew.
func TestSnoozeSparesIdle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := w.ender()
		e.sets(w.ChannelID, 60, func(in *account.ScriptInput) {})
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.sent(amy, cid, "1", "anything else?")
		e.passes(30 * time.Minute)
		w.snooze(amy, cid, 24*time.Hour, "")
		e.passes(24 * time.Hour)
		e.is("snoozed", cid, entconversation.StatusIN_PROGRESS)
		w.reminded(1)
		e.passes(61 * time.Minute)
		e.is("back for an hour", cid, entconversation.StatusIN_PROGRESS)
		e.passes(2 * time.Minute)
		e.is("back for longer", cid, entconversation.StatusENDED)
	})
}

// PROD-14: an agent's own reminder tells it alone, at its time, once, wherever the conversation stands then; and not who sees it no more.
func TestRemind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		remind := func(p auth.Principal, d time.Duration, note string) {
			t.Helper()
			in := conversation.RemindInput{ConversationID: cid, Note: note}
			if d != 0 {
				at := w.clock.Now().Add(d)
				in.At = &at
			}
			w.must(w.actions.Remind(t.Context(), p, in))
		}
		cat := w.Agent(auth.AgentRole, auth.SendMessages)
		remind(cat, time.Hour, "") // it waits, and all see it
		remind(amy, time.Hour, "call")
		remind(ben, time.Hour, "")
		head := w.Head()
		remind(amy, time.Hour, "call")
		if w.Head() != head {
			t.Error("the same again is a change")
		}
		remind(amy, 2*time.Hour, "call")
		remind(ben, 0, "")
		w.follow(amy, cid)
		w.snooze(amy, cid, 3*time.Hour, "")
		w.stands("a reminder leaves it where it is", amy, inbox.MySnoozed, cid)
		w.clock.Advance(time.Hour)
		w.reminded(2)
		w.end(amy, cid)
		w.clock.Advance(time.Hour)
		w.reminded(3)
		w.reminded(1)
		if got := w.notices(amy); !slices.Equal(got, []string{"notice.reminder_note"}) {
			t.Errorf("the agent was told %v", got)
		}
		if got := append(w.notices(ben), w.notices(cat)...); len(got) != 0 { // taken back; and no longer seen
			t.Errorf("the others were told %v", got)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			if n, err := v.Reminder.Query().Count(ctx); err != nil || n != 0 {
				t.Errorf("%d are left: %v", n, err)
			}
			return nil
		})
		head = w.Head()
		past := w.clock.Now()
		_, _, err := w.actions.Remind(t.Context(), amy, conversation.RemindInput{ConversationID: cid, At: &past})
		w.refused("VALIDATION", head, err)
		later := past.Add(time.Hour)
		_, _, err = w.actions.Remind(t.Context(), cat, conversation.RemindInput{ConversationID: cid, At: &later})
		w.refused("NOT_FOUND", head, err)
		_, _, err = w.actions.Remind(t.Context(), w.Token(ben, []auth.Permission{auth.ManageOthers}, auth.ReadConversations, auth.WriteConversations),
			conversation.RemindInput{ConversationID: cid, At: &later})
		w.refused("FORBIDDEN", w.Head(), err)
	})
}

// PROD-14, CONV-11: many are snoozed until one time, with one note, and brought back; what is refused to one says why.
func TestSnoozeMany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		ids := w.chats(3)
		w.follow(amy, ids[0])
		w.follow(amy, ids[1])
		at := w.clock.Now().Add(time.Hour)
		many := func(a conversation.Action, until *time.Time, note string) error {
			_, _, err := w.bulk().Do(t.Context(), ben, conversation.BulkInput{Action: a, IDs: ids, Until: until, Note: note})
			w.Check()
			return err
		}
		if err := many(conversation.Snoozing, &at, "later"); err != nil {
			t.Fatal(err)
		}
		if _, said := w.job(); !slices.Equal(said, []string{"DONE  ", "DONE  ", "REFUSED STATE_CONFLICT refusal.PENDING"}) {
			t.Errorf("it says %q", said)
		}
		if got := w.lists(ben, inbox.TeamSnoozed); len(got) != 2 {
			t.Errorf("snoozed are %v", got)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			all, err := v.Reminder.Query().All(ctx)
			for _, r := range all {
				if !r.DueAt.Equal(at) || r.Note != "later" {
					t.Errorf("it is due at %v: %q", r.DueAt, r.Note)
				}
			}
			return err
		})
		if err := many(conversation.Waking, nil, ""); err != nil {
			t.Fatal(err)
		}
		if got := w.lists(ben, inbox.TeamInProgress); len(got) != 2 {
			t.Errorf("in progress are %v", got)
		}
		for what, err := range map[string]error{
			"a time that is over":    many(conversation.Snoozing, &morning, ""),
			"a note of another deed": many(conversation.Ending, nil, "why"),
		} {
			if err == nil {
				t.Errorf("%s is taken", what)
			}
		}
	})
}

// PROD-14: whatever happens at the same moment, by however many servers, it comes back once, and is never lost.
func TestSnoozeRaces(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		for i := range 5 {
			cid := w.chat(fmt.Sprint("race ", i))
			w.follow(amy, cid)
			w.snooze(ben, cid, time.Minute, "")
			w.clock.Advance(time.Minute)
			head := w.Head()
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if err := conversation.NewReminders(w.actions, nil).Once(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Go(func() {
				_, err := w.DB.Write(t.Context(), w.Team, func(ctx context.Context, tx *store.Tx) error {
					c, err := row.Lock(ctx, tx, cid)
					if err != nil {
						return err
					}
					after, platformID := row.Copy(c), fmt.Sprint("race-", i)
					row.Heard(after)
					_, err = conversation.AppendIn(ctx, tx, c, after, &ent.Message{Direction: message.DirectionINBOUND, Sender: message.SenderCONTACT, Delivery: message.DeliveryNONE,
						Kind: "TEXT", Text: "now", PlatformMessageID: &platformID}, event.Actor{Kind: event.ByContact})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, _, err := w.actions.Unsnooze(t.Context(), ben, conversation.UnsnoozeInput{ConversationID: cid}); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			w.Check()
			woken := 0
			for _, e := range w.Events(head) {
				if e.Kind == event.ConversationChanged && e.Before.IsSnoozed && !e.After.IsSnoozed {
					woken++
				}
			}
			if c := w.Conversation(cid); woken != 1 || row.IsSnoozed(c) {
				t.Errorf("it came back %d times, and is in %s", woken, c.Queue)
			}
		}
	})
}
