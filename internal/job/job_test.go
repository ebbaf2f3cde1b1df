package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

type seen struct {
	mu    sync.Mutex
	teams []int64
	args  []string
}

func (s *seen) add(team int64, args json.RawMessage) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer // PostgreSQL writes JSON with spaces of its own
	_ = json.Compact(&b, args)
	s.teams, s.args = append(s.teams, team), append(s.args, b.String())
	return len(s.args)
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.args)
}

func setup(t *testing.T, db *store.DB, h job.Handler) (*job.Queue, int64) {
	t.Helper()
	q, err := job.New(db, slog.New(slog.DiscardHandler), 2, map[string]job.Handler{"greet": h})
	if err != nil {
		t.Fatal(err)
	}
	team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: "jobs", Name: "Jobs", Language: "en", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return q, team
}

func TestQueue(t *testing.T) {
	t.Parallel()
	type args struct{ ID int64 }
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var s seen
		q, team := setup(t, db, func(_ context.Context, team int64, a json.RawMessage) error {
			if s.add(team, a) == 1 {
				return errors.New("the first try fails")
			}
			return nil
		})
		undo := errors.New("undo")
		for _, fails := range []bool{false, true} {
			_, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
				for range 3 {
					if err := q.EnqueueIn(ctx, tx, job.Task{Kind: "greet", Args: args{5}, IsUnique: true}); err != nil {
						return err
					}
				}
				if fails {
					return undo
				}
				return nil
			})
			if fails != errors.Is(err, undo) {
				t.Fatal(err)
			}
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		testkit.Await(t, "the task is tried again after its failure", func() bool { return s.count() == 2 })
		if s.teams[0] != team || s.args[0] != `{"ID":5}` || s.args[1] != s.args[0] {
			t.Errorf("handed on: %v %v", s.teams, s.args)
		}
	})
}

// A handler knows when what it returns is the end: after the last try, or where another would not help.
func TestIsGivenUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var mu sync.Mutex
		var got []bool
		fails := errors.New("it fails")
		q, team := setup(t, db, func(ctx context.Context, _ int64, _ json.RawMessage) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, job.IsGivenUp(ctx, fails))
			if job.IsGivenUp(ctx, nil) || !job.IsGivenUp(ctx, fault.Missing("the person")) {
				t.Error("a success is given up, or what nothing helps is not")
			}
			return fails
		})
		if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
			return q.EnqueueIn(ctx, tx, job.Task{Kind: "greet", Tries: 2})
		}); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		tries := func() []bool {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(got)
		}
		testkit.Await(t, "the task is tried twice", func() bool { return len(tries()) == 2 })
		if all := tries(); all[0] || !all[1] {
			t.Errorf("given up: %v", all)
		}
	})
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var s seen
		q, team := setup(t, db, func(_ context.Context, team int64, a json.RawMessage) error {
			s.add(team, a)
			return fault.Missing("the person")
		})
		if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
			if err := q.EnqueueIn(ctx, tx, job.Task{Kind: "sing"}); err == nil {
				t.Error("a task that nobody can do was taken")
			}
			return q.EnqueueIn(ctx, tx, job.Task{Kind: "greet", RunAt: time.Time{}})
		}); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		testkit.Await(t, "the task is cancelled", func() bool {
			var state string
			err := db.SQL().QueryRowContext(t.Context(), "SELECT state FROM river_job").Scan(&state)
			return err == nil && state == "cancelled"
		})
		if s.count() != 1 {
			t.Errorf("tried %d times", s.count())
		}
	})
}
