package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.FixedZone("Taipei", 8*3600))

func TestNow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]clock.Clock{"real": clock.Real{}, "manual": clock.NewManual(start)} {
		t.Run(name+" is in UTC and cut to microseconds", func(t *testing.T) {
			t.Parallel()
			now := c.Now()
			if now.Location() != time.UTC {
				t.Errorf("location %v", now.Location())
			}
			if now.Nanosecond()%1000 != 0 {
				t.Errorf("%v has nanoseconds", now)
			}
		})
	}
}

func TestReal(t *testing.T) {
	t.Parallel()
	t.Run("sleep, timer, ticker and stopwatch pass real time", func(t *testing.T) {
		t.Parallel()
		c := clock.Real{}
		elapsed := c.Stopwatch()
		if err := c.Sleep(t.Context(), 2*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		<-c.After(time.Millisecond)
		<-c.Timer(time.Millisecond).C
		tick := c.Ticker(time.Millisecond)
		<-tick.C
		tick.Stop()
		if d := elapsed(); d < 5*time.Millisecond {
			t.Errorf("%v passed, want at least 5ms", d)
		}
	})
	t.Run("a sleep ends with its context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := (clock.Real{}).Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if err := (clock.Real{}).Sleep(ctx, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("a sleep of nothing: got %v", err)
		}
	})
}

func TestManual(t *testing.T) {
	t.Parallel()
	t.Run("fires what is due, in order, and nothing else", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(start)
		late, soon, never := m.Timer(2*time.Second), m.Timer(time.Second), m.Timer(time.Hour)
		m.Advance(2 * time.Second)
		if a, b := <-soon.C, <-late.C; !b.After(a) || b.Sub(a) != time.Second {
			t.Errorf("fired at %v and %v", a, b)
		}
		select {
		case <-never.C:
			t.Error("fired an hour early")
		default:
		}
		if got := m.Now().Sub(start.Truncate(time.Microsecond)); got != 2*time.Second {
			t.Errorf("moved %v", got)
		}
	})
	t.Run("a stopped timer is silent and a reset one fires anew", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(start)
		timer := m.Timer(time.Second)
		if !timer.Stop() || timer.Stop() {
			t.Error("Stop says true once")
		}
		m.Advance(time.Minute)
		select {
		case <-timer.C:
			t.Fatal("a stopped timer fired")
		default:
		}
		if timer.Reset(time.Second) {
			t.Error("it was not waiting")
		}
		m.Advance(time.Second)
		timer.Reset(time.Hour) // drops the delivery that nobody read
		select {
		case <-timer.C:
			t.Fatal("a stale delivery was left")
		default:
		}
		m.Advance(time.Hour)
		<-timer.C
	})
	t.Run("a ticker drops ticks for a slow reader and stops", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(start)
		tick := m.Ticker(time.Second)
		m.Advance(3500 * time.Millisecond)
		<-tick.C
		select {
		case <-tick.C:
			t.Error("ticks were queued")
		default:
		}
		m.Advance(500 * time.Millisecond)
		if at := <-tick.C; at.Sub(start.Truncate(time.Microsecond)) != 4*time.Second {
			t.Errorf("ticked at %v", at)
		}
		tick.Stop()
		m.Advance(time.Hour)
		select {
		case <-tick.C:
			t.Error("ticked after Stop")
		default:
		}
	})
	t.Run("a sleeper is awaited, woken by the clock, or by its context", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(start)
		ctx, cancel := context.WithCancel(t.Context())
		woken, given := make(chan error, 1), make(chan error, 1)
		go func() { woken <- m.Sleep(t.Context(), time.Minute) }()
		go func() { given <- m.Sleep(ctx, time.Hour) }()
		m.AwaitWaiters(2)
		m.Advance(time.Minute)
		if err := <-woken; err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-given; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what is already due fires at once, and time can be set back", func(t *testing.T) {
		t.Parallel()
		m := clock.NewManual(start)
		<-m.After(0)
		elapsed := m.Stopwatch()
		m.Set(start.Add(-time.Hour))
		if elapsed() != -time.Hour {
			t.Errorf("elapsed %v", elapsed())
		}
	})
}
