package lane_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

const lasts = 30 * time.Second

// world is a database with teams whose messages wait.
type world struct {
	t     *testing.T
	db    *store.DB
	clock *clock.Manual
	lanes *lane.Service
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		c := clock.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		db := storetest.Open(t, dialect, store.Config{Clock: c})
		test(t, &world{t: t, db: db, clock: c, lanes: lane.New(db)})
	})
}

// chats makes a team with conversations in each of which a number of messages waits.
func (w *world) chats(slug string, waiting ...int) (*rowtest.World, []int64) {
	w.t.Helper()
	team := rowtest.New(w.t, w.db, slug)
	var ids []int64
	for i, n := range waiting {
		team.Write(func(ctx context.Context, tx *store.Tx) error {
			g, err := tx.Group.Create().SetChannelID(team.ChannelID).SetPlatformGroupID(fmt.Sprint("C", i)).SetJoinedAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			c, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(team.ChannelID).SetChannelType(entconversation.ChannelTypeLINE).SetGroupID(g.ID).
				SetKind(entconversation.KindGROUP).SetStatus(entconversation.StatusPENDING).SetLastAt(tx.Now), event.Actor{Kind: event.BySystem})
			if err != nil {
				return err
			}
			ids = append(ids, c.ID)
			for range n {
				if err := lane.EnqueueIn(ctx, tx, c.ID, team.ChannelID); err != nil {
					return err
				}
			}
			return nil
		})
		w.clock.Advance(time.Millisecond)
	}
	return team, ids
}

func (w *world) take(owner string, n int) []lane.Lease {
	w.t.Helper()
	l, err := w.lanes.Take(w.t.Context(), owner, n, lasts)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// in runs f in a transaction of a lease's team and gives its error.
func (w *world) in(l lane.Lease, f func(context.Context, *store.Tx, lane.Lease) error) error {
	_, err := w.db.Write(w.t.Context(), l.Team, func(ctx context.Context, tx *store.Tx) error { return f(ctx, tx, l) })
	return err
}

func (w *world) lane(team *rowtest.World, id int64) *ent.Lane {
	w.t.Helper()
	var found *ent.Lane
	team.Read(func(ctx context.Context, v *store.View) error {
		all, err := v.Lane.Query().All(ctx)
		for _, l := range all {
			if l.ConversationID == id {
				found = l
			}
		}
		return err
	})
	return found
}

// CHAN-11: a lane is one server's at a time; it rests when nothing waits, and wakes with the next message.
func TestLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		team, ids := w.chats("shop", 2, 0)
		got := w.take("a", 10)
		if len(got) != 1 || got[0].ConversationID != ids[0] || got[0].Waiting != 2 || got[0].Fence != 1 || got[0].Team != team.Team || got[0].ChannelID != team.ChannelID {
			t.Fatalf("leased: %+v", got)
		}
		if again := w.take("b", 10); len(again) != 0 {
			t.Errorf("another server leases it too: %+v", again)
		}
		for left := 1; left >= 0; left-- {
			if err := w.in(got[0], lane.DoneIn); err != nil {
				t.Fatal(err)
			}
			if l := w.lane(team, ids[0]); l.Waiting != left {
				t.Errorf("%d wait, not %d", l.Waiting, left)
			}
		}
		if err := w.lanes.Release(t.Context(), got[0]); err != nil {
			t.Fatal(err)
		}
		if again := w.take("b", 10); len(again) != 0 {
			t.Errorf("a resting lane is leased: %+v", again)
		}
		team.Write(func(ctx context.Context, tx *store.Tx) error { return lane.EnqueueIn(ctx, tx, ids[0], team.ChannelID) })
		if again := w.take("b", 10); len(again) != 1 || again[0].Fence != 2 {
			t.Errorf("after the next message: %+v", again)
		}
	})
}

// CHAN-11: what a server that was overtaken still wants to write is refused, however late it wakes.
func TestFence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		team, ids := w.chats("shop", 1)
		old := w.take("a", 1)[0]
		w.clock.Advance(lasts / 2)
		old, err := w.lanes.Renew(t.Context(), old, lasts)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(lasts - time.Second)
		if early := w.take("b", 1); len(early) != 0 {
			t.Errorf("a renewed lease is taken: %+v", early)
		}
		w.clock.Advance(time.Second)
		late := w.take("b", 1)
		if len(late) != 1 || late[0].Fence != old.Fence+1 {
			t.Fatalf("a lease that ran out: %+v", late)
		}
		for name, err := range map[string]error{
			"hold": w.in(old, lane.HoldIn), "done": w.in(old, lane.DoneIn), "settle": w.in(old, lane.SettleIn),
			"delay": w.in(old, func(ctx context.Context, tx *store.Tx, l lane.Lease) error { return lane.DelayIn(ctx, tx, l, tx.Now) }),
		} {
			if !errors.Is(err, lane.ErrLost) {
				t.Errorf("%s after the lease was lost: %v", name, err)
			}
		}
		if _, err := w.lanes.Renew(t.Context(), old, lasts); !errors.Is(err, lane.ErrLost) {
			t.Errorf("renewing a lost lease: %v", err)
		}
		if err := w.lanes.Release(t.Context(), old); err != nil {
			t.Errorf("releasing a lost lease: %v", err)
		}
		if l := w.lane(team, ids[0]); l.Waiting != 1 || l.LeaseOwner != "b" {
			t.Errorf("the overtaken server changed the lane: %+v", l)
		}
	})
}

// CHAN-11: a head that fails for a while keeps its lane waiting, and a new message behind it does not hurry it.
func TestDelay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		team, ids := w.chats("shop", 1)
		l := w.take("a", 1)[0]
		since := w.clock.Now()
		due := since.Add(time.Minute)
		for range 2 {
			if err := w.in(l, func(ctx context.Context, tx *store.Tx, l lane.Lease) error { return lane.DelayIn(ctx, tx, l, due) }); err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(time.Second)
		}
		if err := w.lanes.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		team.Write(func(ctx context.Context, tx *store.Tx) error { return lane.EnqueueIn(ctx, tx, ids[0], team.ChannelID) })
		if early := w.take("a", 1); len(early) != 0 {
			t.Errorf("it is tried before it is due: %+v", early)
		}
		if next, err := w.lanes.Due(t.Context()); err != nil || !next.Equal(due) {
			t.Errorf("the next is due at %v, %v", next, err)
		}
		w.clock.Advance(time.Minute)
		got := w.take("a", 1)
		if len(got) != 1 || got[0].Tries != 2 || got[0].BlockedSince == nil || !got[0].BlockedSince.Equal(since) || got[0].Waiting != 2 {
			t.Fatalf("when it is due: %+v", got)
		}
		if err := w.in(got[0], lane.DoneIn); err != nil {
			t.Fatal(err)
		}
		if l := w.lane(team, ids[0]); l.Tries != 0 || l.BlockedSince != nil || l.DueAt.After(w.clock.Now()) {
			t.Errorf("after the head left: %+v", l)
		}
	})
}

// CHAN-4, CHAN-11: every team's first lane comes before any team's second; a channel that is paused or gone keeps its lanes.
func TestFairness(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		big, _ := w.chats("big", 1, 1, 1, 1, 1)
		small, smalls := w.chats("small", 1)
		got := w.take("a", 2)
		teams := map[int64]bool{}
		for _, l := range got {
			teams[l.Team] = true
		}
		if len(got) != 2 || !teams[big.Team] || !teams[small.Team] {
			t.Errorf("of five and one the first two are %+v", got)
		}
		for _, l := range got {
			if err := w.lanes.Release(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		for _, state := range []channel.State{channel.StatePAUSED, channel.StateDISCONNECTED} {
			small.Write(func(ctx context.Context, tx *store.Tx) error { return tx.Channel.Update().SetState(state).Exec(ctx) })
			for _, l := range w.take("a", 10) {
				if l.ConversationID == smalls[0] && l.Team == small.Team {
					t.Errorf("a lane of a channel that is %s is leased", state)
				}
			}
		}
		small.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.Update().SetState(channel.StateCONNECTED).Exec(ctx)
		})
		if got := w.take("a", 10); len(got) != 1 || got[0].Team != small.Team {
			t.Errorf("connected again: %+v", got)
		}
	})
}

// CHAN-11: servers that look at the same instant never lease the same lane.
func TestTakeRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		waiting := make([]int, 40)
		for i := range waiting {
			waiting[i] = 1
		}
		w.chats("shop", waiting...)
		var mu sync.Mutex
		seen := map[int64]string{}
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 8 {
			wg.Go(func() {
				<-start
				owner := fmt.Sprint("server ", i)
				for {
					leases, err := w.lanes.Take(t.Context(), owner, 3, lasts)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, l := range leases {
						if other, ok := seen[l.LaneID]; ok {
							t.Errorf("lane %d is leased to %s and %s", l.LaneID, other, owner)
						}
						seen[l.LaneID] = owner
					}
					isDone := len(seen) == len(waiting)
					mu.Unlock()
					if isDone {
						return
					}
				}
			})
		}
		close(start)
		wg.Wait()
	})
}
