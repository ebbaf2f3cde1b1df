package attempt_test

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

var limit = attempt.Limit{Tries: 3, Window: time.Minute}

// each runs a test on both counters.
func each(t *testing.T, test func(t *testing.T, c attempt.Counter, clk *clock.Manual)) {
	t.Helper()
	start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		clk := clock.NewManual(start)
		test(t, attempt.NewMemory(clk), clk)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		clk := clock.NewManual(start)
		url, prefix := testkit.Redis(t)
		r, err := attempt.NewRedis(url, prefix, clk)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		test(t, r, clk)
	})
}

func take(t *testing.T, c attempt.Counter, key string) time.Duration {
	t.Helper()
	wait, err := c.Take(t.Context(), key, limit)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c attempt.Counter, clk *clock.Manual) {
		for range 3 {
			if w := take(t, c, "a"); w != 0 {
				t.Fatalf("a try with room waits %v", w)
			}
			clk.Advance(10 * time.Second)
		}
		if w := take(t, c, "a"); w != 30*time.Second {
			t.Errorf("the fourth try waits %v, not what is left of the window", w)
		}
		if w := take(t, c, "b"); w != 0 {
			t.Error("another key pays for it")
		}
		clk.Advance(30 * time.Second)
		if w := take(t, c, "a"); w != 0 {
			t.Errorf("a new window waits %v", w)
		}
	})
}

func TestGive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c attempt.Counter, _ *clock.Manual) {
		for range 3 {
			take(t, c, "a")
		}
		if err := c.Give(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if w := take(t, c, "a"); w != 0 {
				t.Errorf("after a success a try waits %v", w)
			}
		}
		if take(t, c, "a") == 0 {
			t.Error("a success lifts the limit for ever")
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c attempt.Counter, _ *clock.Manual) {
		var through atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if w, err := c.Take(t.Context(), "a", limit); err == nil && w == 0 {
					through.Add(1)
				}
			})
		}
		wg.Wait()
		if n := through.Load(); n != 3 {
			t.Errorf("%d tries came through together, not 3", n)
		}
	})
}

func TestFloodPushesNothingOut(t *testing.T) {
	t.Parallel()
	c := attempt.NewMemory(clock.NewManual(time.Unix(0, 0)))
	for range 3 {
		take(t, c, "victim")
	}
	for n := range 200_000 {
		take(t, c, fmt.Sprint("flood ", n))
	}
	if take(t, c, "victim") == 0 {
		t.Error("a flood of other keys made room for a key that was full")
	}
}

func TestAwayIsNoPass(t *testing.T) {
	t.Parallel()
	r, err := attempt.NewRedis("redis://127.0.0.1:1", "x", clock.Real{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Take(t.Context(), "a", limit); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without Redis a try gives %v", err)
	}
}

func TestHousehold(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := attempt.Household(netip.MustParseAddr(at)).String(); got != want {
			t.Errorf("%s stands for %s, not %s", at, got, want)
		}
	}
	if got := attempt.Household(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address stands for %s", got)
	}
}
