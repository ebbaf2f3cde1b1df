package clock

import (
	"context"
	"sync"
	"time"
)

// Manual is a clock for tests: it stands still until Advance or Set moves it, and then everything that became due fires in the
// order of its time. It is safe for use by several goroutines.
type Manual struct {
	mu      sync.Mutex
	moved   *sync.Cond // signalled when a waiter comes or goes
	now     time.Time
	waiters []*waiter
}

// NewManual makes a clock that stands at the given time.
func NewManual(at time.Time) *Manual {
	m := &Manual{now: cut(at)}
	m.moved = sync.NewCond(&m.mu)
	return m
}

type waiter struct {
	at    time.Time
	every time.Duration // 0 fires once
	c     chan time.Time
}

// Now implements Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock on by d. What becomes due fires before Advance returns; its receivers run when they are scheduled.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.to(m.now.Add(d))
}

// Set moves the clock on to a time. A time in the past moves it back and fires nothing.
func (m *Manual) Set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.to(cut(at))
}

// AwaitWaiters returns once at least n timers, tickers and sleeps are waiting: a test calls it before Advance, so that the code it
// tests has come to its wait.
func (m *Manual) AwaitWaiters(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.waiters) < n {
		m.moved.Wait()
	}
}

// to fires what is due until the time, earliest first, and stands there.
func (m *Manual) to(end time.Time) {
	for {
		var next *waiter
		for _, w := range m.waiters {
			if !w.at.After(end) && (next == nil || w.at.Before(next.at)) {
				next = w
			}
		}
		if next == nil {
			break
		}
		m.now = next.at
		m.fire(next)
	}
	m.now = end
}

// fire delivers without blocking: every channel has room for one, and a reader that is slower than its ticker loses ticks.
func (m *Manual) fire(w *waiter) {
	select {
	case w.c <- m.now:
	default:
	}
	if w.every > 0 {
		w.at = w.at.Add(w.every)
		return
	}
	m.remove(w)
}

func (m *Manual) add(w *waiter, d time.Duration) {
	w.at = m.now.Add(d)
	m.waiters = append(m.waiters, w)
	if d <= 0 {
		m.fire(w)
	}
	m.moved.Broadcast()
}

func (m *Manual) remove(w *waiter) bool {
	for i := range m.waiters {
		if m.waiters[i] == w {
			m.waiters = append(m.waiters[:i], m.waiters[i+1:]...)
			m.moved.Broadcast()
			return true
		}
	}
	return false
}

// Sleep implements Clock.
func (m *Manual) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := m.Timer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// After implements Clock.
func (m *Manual) After(d time.Duration) <-chan time.Time { return m.Timer(d).C }

// Timer implements Clock.
func (m *Manual) Timer(d time.Duration) *Timer {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &waiter{c: make(chan time.Time, 1)}
	m.add(w, d)
	stop := func() bool {
		was := m.remove(w)
		select { // as Go's own timers: nothing stale is received after Stop or Reset
		case <-w.c:
		default:
		}
		return was
	}
	return &Timer{
		C: w.c,
		stop: func() bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return stop()
		},
		reset: func(d time.Duration) bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			was := stop()
			m.add(w, d)
			return was
		},
	}
}

// Ticker implements Clock.
func (m *Manual) Ticker(d time.Duration) *Ticker {
	if d <= 0 {
		panic("clock: a ticker needs an interval above 0")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &waiter{c: make(chan time.Time, 1), every: d}
	m.add(w, d)
	return &Ticker{C: w.c, stop: func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.remove(w)
	}}
}

// Stopwatch implements Clock.
func (m *Manual) Stopwatch() func() time.Duration {
	start := m.Now()
	return func() time.Duration { return m.Now().Sub(start) }
}
