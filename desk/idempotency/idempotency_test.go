package idempotency_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

type input struct {
	Name string
	Tags []string
}

func newTeam(t *testing.T, db *store.DB, slug string) int64 {
	t.Helper()
	id, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "en", TimeZone: "UTC", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// once makes a tag under a key and gives its id and whether it was made before.
func once(ctx context.Context, db *store.DB, team int64, caller, key string, in input) (id int64, replayed bool, err error) {
	_, err = db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		id, replayed, err = idempotency.Once(ctx, tx, caller, key, "tagCreate", in, func() (int64, error) {
			g, err := tx.Tag.Create().SetTeamID(0).SetName(tx.Now.String()).SetNameFolded(key + caller + in.Name + tx.Now.String()).SetColour("RED").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return 0, err
			}
			return g.ID, nil
		})
		return err
	})
	return id, replayed, err
}

func TestOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		team, other := newTeam(t, db, "a"), newTeam(t, db, "b")
		in := input{Name: "vip", Tags: []string{"x"}}
		first, replayed, err := once(ctx, db, team, "agent:1", "k", in)
		if err != nil || replayed {
			t.Fatalf("first use: %v, replayed %v", err, replayed)
		}
		again, replayed, err := once(ctx, db, team, "agent:1", "k", input{Name: "vip", Tags: []string{"x"}})
		if err != nil || !replayed || again != first {
			t.Errorf("the same input gives %d, replayed %v, %v", again, replayed, err)
		}
		if _, _, err := once(ctx, db, team, "agent:1", "k", input{Name: "other"}); fault.As(err).Code != "CONFLICT" {
			t.Errorf("other input gives %v", err)
		}
		for name, use := range map[string]func() (int64, bool, error){
			"another caller": func() (int64, bool, error) { return once(ctx, db, team, "agent:2", "k", in) },
			"another key":    func() (int64, bool, error) { return once(ctx, db, team, "agent:1", "k2", in) },
			"another team":   func() (int64, bool, error) { return once(ctx, db, other, "agent:1", "k", in) },
			"no key":         func() (int64, bool, error) { return once(ctx, db, team, "agent:1", "", in) },
		} {
			if id, replayed, err := use(); err != nil || replayed || id == first {
				t.Errorf("%s gives %d, replayed %v, %v", name, id, replayed, err)
			}
		}
		if _, _, err := once(ctx, db, team, "agent:1", string(make([]rune, 201)), in); fault.As(err).Field != "idempotencyKey" {
			t.Errorf("a key without end gives %v", err)
		}
	})
}

func TestRace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		team := newTeam(t, db, "a")
		var wg sync.WaitGroup
		ids := make([]int64, 8)
		errs := make([]error, 8)
		for i := range ids {
			wg.Go(func() { ids[i], _, errs[i] = once(t.Context(), db, team, "agent:1", "k", input{}) })
		}
		wg.Wait()
		for i := range ids {
			if errs[i] != nil || ids[i] != ids[0] {
				t.Errorf("of eight at once one got %d and not %d: %v", ids[i], ids[0], errs[i])
			}
		}
		if err := db.Read(t.Context(), team, func(ctx context.Context, v *store.View) error {
			if n := v.Tag.Query().CountX(ctx); n != 1 {
				t.Errorf("eight at once made %d", n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFailureRemembersNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		team := newTeam(t, db, "a")
		wrong := errors.New("refused")
		_, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
			_, _, err := idempotency.Once(ctx, tx, "agent:1", "k", "tagCreate", input{}, func() (int64, error) { return 0, wrong })
			return err
		})
		if !errors.Is(err, wrong) {
			t.Fatal(err)
		}
		if _, replayed, err := once(t.Context(), db, team, "agent:1", "k", input{}); err != nil || replayed {
			t.Errorf("after a failure the key is used up: %v", err)
		}
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		clk := clock.NewManual(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
		db := storetest.Open(t, dialect, store.Config{Clock: clk})
		team := newTeam(t, db, "a")
		first, _, err := once(t.Context(), db, team, "agent:1", "k", input{})
		if err != nil {
			t.Fatal(err)
		}
		clk.Advance(7*24*time.Hour - time.Second)
		if n, err := idempotency.Purge(t.Context(), db); err != nil || n != 0 {
			t.Errorf("within seven days %d are forgotten: %v", n, err)
		}
		clk.Advance(2 * time.Second)
		if n, err := idempotency.Purge(t.Context(), db); err != nil || n != 1 {
			t.Errorf("after seven days %d are forgotten: %v", n, err)
		}
		if id, replayed, err := once(t.Context(), db, team, "agent:1", "k", input{}); err != nil || replayed || id == first {
			t.Errorf("a forgotten key is not new: %v", err)
		}
	})
}
