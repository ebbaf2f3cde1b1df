package bucket_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bucket"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// each runs a test with a store in memory and with one in a real Redis.
func each(t *testing.T, test func(t *testing.T, s bucket.Store, c *clock.Manual)) {
	t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		c := clock.NewManual(start)
		test(t, bucket.NewMemory(c), c)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		url, prefix := testkit.Redis(t)
		c := clock.NewManual(start)
		s, err := bucket.NewRedis(url, prefix, c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		test(t, s, c)
	})
}

func TestBucket(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s bucket.Store, c *clock.Manual) {
		ctx := context.Background()
		agent := bucket.Claim{Key: "agent", Limit: bucket.Limit{Burst: 100, PerSecond: 10}}
		team := bucket.Claim{Key: "team", Limit: bucket.Limit{Burst: 150, PerSecond: 1}}
		if a := s.Take(ctx, 80, agent, team); a.Wait != 0 || a.Left != 20 {
			t.Errorf("the first taking: %+v", a)
		}
		if a := s.Take(ctx, 30, agent, team); a.Wait != time.Second || a.Left != 20 {
			t.Errorf("with too little in one: %+v", a)
		}
		if a := s.Take(ctx, 70, team); a.Wait != 0 || a.Left != 0 {
			t.Errorf("a refused taking took from the other: %+v", a)
		}
		c.Advance(5 * time.Second)
		if a := s.Take(ctx, 70, agent); a.Wait != 0 || a.Left != 0 {
			t.Errorf("after filling: %+v", a)
		}
		s.Give(ctx, 500, agent)
		if a := s.Take(ctx, 1, agent); a.Wait != 0 || a.Left != 99 {
			t.Errorf("no bucket is more than full: %+v", a)
		}
		c.Advance(time.Hour)
		if a := s.Take(ctx, 0, agent, team); a.Left != 100 {
			t.Errorf("after an hour: %+v", a)
		}
		if a := s.Take(ctx, 101, agent); a.Wait == 0 {
			t.Errorf("more than it holds was taken: %+v", a)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s bucket.Store, _ *clock.Manual) {
		one := bucket.Claim{Key: "one", Limit: bucket.Limit{Burst: 50, PerSecond: 0}}
		var taken atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					if s.Take(context.Background(), 1, one).Wait == 0 {
						taken.Add(1)
					}
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 50 {
			t.Errorf("%d of 50 were taken", n)
		}
	})
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	s, err := bucket.NewRedis("redis://127.0.0.1:1/0", "x", clock.Real{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	one := bucket.Claim{Key: "one", Limit: bucket.Limit{Burst: 2, PerSecond: 0}}
	for i, want := range []bool{true, true, false} {
		if got := s.Take(t.Context(), 1, one).Wait == 0; got != want {
			t.Errorf("taking %d: %v", i+1, got)
		}
	}
	s.Give(t.Context(), 1, one)
	if s.Take(t.Context(), 1, one).Wait != 0 {
		t.Error("what was given back is not there")
	}
	if _, err := bucket.NewRedis("nonsense", "x", clock.Real{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("nonsense is taken for an address")
	}
}
