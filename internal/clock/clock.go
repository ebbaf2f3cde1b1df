// Package clock is the only place that asks what time it is. Everything else is handed a Clock, so that tests decide the time.
package clock

import (
	"context"
	"time"

	"github.com/switchyard-chat/switchyard/internal/faultpoint"
)

// Clock tells the time and waits. Real follows the machine; Manual stands still until a test moves it.
type Clock interface {
	// Now is the present moment in UTC, cut to microseconds: the precision that both databases keep, so that a time that was
	// written equals itself when it is read back.
	Now() time.Time
	// Sleep returns nil once d has passed, and the context's error if that ends first. It returns at once where d is not above 0.
	Sleep(ctx context.Context, d time.Duration) error
	// After is closed to further use once it has delivered one time, d from now. Prefer Timer where the wait may be given up.
	After(d time.Duration) <-chan time.Time
	// Timer delivers one time on its channel, d from now.
	Timer(d time.Duration) *Timer
	// Ticker delivers a time on its channel every d, dropping ticks for a slow reader. It panics where d is not above 0.
	Ticker(d time.Duration) *Ticker
	// Stopwatch starts to measure and returns a function that says how long ago that was. It does not follow corrections of the
	// machine's clock.
	Stopwatch() func() time.Duration
}

// Timer delivers one time on C.
type Timer struct {
	C     <-chan time.Time
	stop  func() bool
	reset func(time.Duration) bool
}

// Stop keeps the timer from firing and says whether it did so: false means that it fired or was stopped before. Nothing is
// delivered on C after Stop.
func (t *Timer) Stop() bool { return t.stop() }

// Reset lets the timer fire d from now, whatever it did before, and says whether it was still waiting. A delivery of the time
// before that nobody has read is dropped.
func (t *Timer) Reset(d time.Duration) bool { return t.reset(d) }

// Ticker delivers times on C until it is stopped.
type Ticker struct {
	C    <-chan time.Time
	stop func()
}

// Stop ends the ticker. It does not close C.
func (t *Ticker) Stop() { t.stop() }

// Real is the machine's clock.
type Real struct{}

// Now implements Clock.
func (Real) Now() time.Time { return cut(time.Now().Add(faultpoint.Offset())) }

// Sleep implements Clock.
func (Real) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// After implements Clock.
func (Real) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Timer implements Clock.
func (Real) Timer(d time.Duration) *Timer {
	t := time.NewTimer(d)
	return &Timer{C: t.C, stop: t.Stop, reset: t.Reset}
}

// Ticker implements Clock.
func (Real) Ticker(d time.Duration) *Ticker {
	t := time.NewTicker(d)
	return &Ticker{C: t.C, stop: t.Stop}
}

// Stopwatch implements Clock.
func (Real) Stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func cut(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
