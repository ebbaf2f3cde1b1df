package profile_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/desk/profile"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// RT-2, MSG-12, CHAN-9: what is kept for a time only is forgotten after it, and the marks against doing an event twice stay. Two servers at
// once do no harm.
func TestUpkeep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, line.Setup{})
		now := db.Clock().Now()
		day := 24 * time.Hour
		const many = 2500
		w.write(func(ctx context.Context, tx *store.Tx) error {
			for i, age := range []time.Duration{40 * day, 31 * day, 29 * day, 0} {
				_, err := tx.InboundEvent.Create().SetTeamID(tx.Team).SetChannelID(w.channel).SetDedupeKey(fmt.Sprint("e", i)).SetKind("message").SetRaw("body").
					SetState("DONE").SetReceivedAt(now.Add(-age)).SetTriedAt(now).Save(ctx)
				if err != nil {
					return err
				}
			}
			for i, age := range []time.Duration{8 * day, 6 * day} {
				if _, err := tx.EarlyEffect.Create().SetTeamID(tx.Team).SetChannelID(w.channel).SetPlatformMessageID(fmt.Sprint("m", i)).SetKind("UNSEND").
					SetOccurredAt(now).SetCreatedAt(now.Add(-age)).Save(ctx); err != nil {
					return err
				}
			}
			for i := range many {
				age := 8 * day
				if i == 0 {
					age = 6 * day
				}
				if _, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (team_id, caller, key, operation, input_hash, object_id, created_at)
					VALUES (?, 'agent:1', ?, 'x', 'h', 1, ?)`, tx.Team, fmt.Sprint("k", i), now.Add(-age)); err != nil {
					return err
				}
			}
			return nil
		})
		head, err := db.Head(t.Context(), w.team)
		if err != nil {
			t.Fatal(err)
		}
		// The log's beginning is old; its newest entry is not.
		if _, err := db.SQL().ExecContext(t.Context(), db.Rebind("UPDATE events SET at = ? WHERE team_id = ?"), now.Add(-8*day), w.team); err != nil {
			t.Fatal(err)
		}
		w.write(func(ctx context.Context, tx *store.Tx) error {
			tx.Emit(eventOf(tx))
			return nil
		})
		u := profile.NewUpkeep(db, random.New(), nil)
		other := profile.NewUpkeep(db, random.New(), nil)
		errs := make(chan error)
		go func() { errs <- other.Once(context.WithoutCancel(t.Context())) }()
		if err := u.Once(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-errs; err != nil {
			t.Error(err)
		}
		if err := u.Once(t.Context()); err != nil {
			t.Error(err)
		}
		err = db.Read(t.Context(), w.team, func(ctx context.Context, v *store.View) error {
			var left []string
			for _, e := range v.InboundEvent.Query().AllX(ctx) {
				if e.Raw != "" {
					left = append(left, e.DedupeKey)
				}
			}
			if fmt.Sprint(left) != "[e2 e3]" || v.InboundEvent.Query().CountX(ctx) != 4 {
				t.Errorf("bodies left: %v", left)
			}
			if n := v.EarlyEffect.Query().CountX(ctx); n != 1 {
				t.Errorf("%d early effects left", n)
			}
			if n := v.IdempotencyKey.Query().CountX(ctx); n != 1 {
				t.Errorf("%d keys left", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if oldest, err := db.Oldest(t.Context(), w.team); err != nil || oldest != head.Seq+1 {
			t.Errorf("the log begins at %d, want %d (%v)", oldest, head.Seq+1, err)
		}
	})
}

// A started upkeep ends when it is told to, at once and twice.
func TestUpkeepStops(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		u := profile.NewUpkeep(db, random.New(), nil)
		for range 2 {
			if err := u.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := u.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func eventOf(tx *store.Tx) event.Event {
	return event.Event{Kind: event.TagChanged, ObjectID: tx.Team, Actor: event.Actor{Kind: event.BySystem}}
}
