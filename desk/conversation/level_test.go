package conversation_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// levels are what was told of a conversation after a position: the level of each event in which only time has changed something.
func (w *world) levels(after, conversationID int64) []int {
	w.T.Helper()
	told := []int{}
	for _, e := range w.Events(after) {
		if e.ConversationID == conversationID && e.Before != nil && e.After != nil && e.After.WaitingLevel > e.Before.WaitingLevel {
			told = append(told, e.After.WaitingLevel)
		}
	}
	return told
}

// looked lets servers look at the same time who has waited long enough.
func (w *world) looked(servers int) {
	w.T.Helper()
	var wg sync.WaitGroup
	for range servers {
		wg.Go(func() {
			if err := conversation.NewLevels(w.actions, nil).Once(w.T.Context()); err != nil {
				w.T.Error(err)
			}
		})
	}
	wg.Wait()
	w.Check()
}

// CONV-19: each level is told of once, by however many servers, at its time: what nobody answered. An answer, the end and a bot keep it from being told; whoever
// writes anew waits anew.
func TestLevels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		waits, answered, over, served := w.chat("waits"), w.chat("answered"), w.chat("over"), w.chat("served")
		w.follow(amy, answered)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := row.Lock(ctx, tx, served)
			if err != nil {
				return err
			}
			_, err = row.Change(ctx, tx, c, system, func(u *ent.ConversationUpdateOne) { u.SetQueue(entconversation.QueueBOT) })
			return err
		})
		head := w.Head()
		expect := func(when string, id int64, want ...int) {
			t.Helper()
			if got := w.levels(head, id); !slices.Equal(got, append([]int{}, want...)) {
				t.Errorf("%s: told are %v of %q, not %v", when, got, w.Conversation(id).Name, want)
			}
		}
		w.clock.Advance(30*time.Minute - time.Microsecond)
		w.looked(2)
		expect("a moment before", waits)
		w.clock.Advance(time.Microsecond)
		w.looked(3)
		w.looked(1)
		expect("at half an hour", waits, 1)
		expect("at half an hour", answered, 1)
		expect("at half an hour", served)
		for _, e := range w.Events(head) {
			if e.Kind != event.ConversationChanged || e.Actor.Kind != event.BySystem {
				t.Errorf("told is %+v", e)
			}
			if e.ConversationID != waits {
				continue
			}
			// By the same facets it is in the view now, and was not until this moment.
			filter, now := &inbox.Filter{WaitingAtLeast: inbox.HalfHour.Least()}, w.clock.Now()
			if inbox.Matches(amy, inbox.PendingHuman, filter, e.Before, inbox.Before(e, now)) || !inbox.Matches(amy, inbox.PendingHuman, filter, e.After, now) {
				t.Errorf("it does not come into the view by %+v", e)
			}
			if longer := (&inbox.Filter{WaitingAtLeast: inbox.OneHour.Least()}); inbox.Matches(amy, inbox.PendingHuman, longer, e.After, now) {
				t.Error("half an hour is taken for one")
			}
		}
		w.sent(amy, answered, "1", "here I am")
		w.end(w.Agent(auth.Admin), over)
		w.clock.Advance(30 * time.Minute)
		w.looked(2)
		expect("at one hour", waits, 1, 2)
		expect("answered", answered, 1)
		expect("ended", over, 1)
		w.hears(answered, "and now?")
		w.clock.Advance(time.Hour)
		w.looked(2)
		expect("at two hours", waits, 1, 2, 3)
		expect("waiting anew, and nobody looked at half an hour", answered, 1, 2)
		expect("by a bot", served)
		at := w.Head()
		w.clock.Advance(10 * time.Hour)
		w.looked(2)
		if got := w.levels(at, waits); len(got) != 0 {
			t.Errorf("after the last level %v are told", got)
		}
	})
}

// CONV-19: however many reach a level at once, each is told of.
func TestLevelsOfMany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const n = 130
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = w.open(func(ctx context.Context, tx *store.Tx, create *ent.ConversationCreate) error {
				w.n++
				g, err := tx.Group.Create().SetChannelID(w.ChannelID).SetPlatformGroupID(string(rune('가' + w.n))).SetMemberCount(2).SetJoinedAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err == nil {
					create.SetKind(entconversation.KindGROUP).SetGroupID(g.ID).SetMemberCount(2)
				}
				return err
			})
		}
		w.clock.Advance(time.Hour)
		head := w.Head()
		w.looked(2)
		for _, id := range ids {
			if got := w.levels(head, id); !slices.Equal(got, []int{2}) {
				t.Fatalf("told are %v", got)
			}
		}
	})
}
