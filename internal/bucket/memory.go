package bucket

import (
	"context"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// Memory keeps the buckets of one process. A bucket that is full again is forgotten.
type Memory struct {
	clock clock.Clock
	mu    sync.Mutex
	all   map[string]*level
	swept time.Time
}

type level struct {
	left  float64
	at    time.Time
	limit Limit
}

// sweepEvery is how often full buckets are looked for.
const sweepEvery = time.Minute

// most is how many buckets are kept: a flood of keys beyond it pushes out others, which are then full again.
const most = 1 << 17

// NewMemory makes an empty store.
func NewMemory(c clock.Clock) *Memory {
	return &Memory{clock: c, all: map[string]*level{}, swept: c.Now()}
}

// Take implements Store.
func (m *Memory) Take(_ context.Context, n float64, claims ...Claim) Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	m.sweep(now)
	var a Answer
	for _, c := range claims {
		l := m.level(c, now)
		if l.left < n {
			a.Wait = max(a.Wait, fills(n-l.left, c.Limit))
		}
	}
	for i, c := range claims {
		l := m.all[c.Key]
		if a.Wait == 0 {
			l.left -= n
		}
		if i == 0 {
			a.Left = l.left
		}
	}
	return a
}

// Give implements Store.
func (m *Memory) Give(_ context.Context, n float64, claims ...Claim) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	for _, c := range claims {
		l := m.level(c, now)
		l.left = min(c.Limit.Burst, l.left+n)
	}
}

// level is a bucket as it stands now.
func (m *Memory) level(c Claim, now time.Time) *level {
	l := m.all[c.Key]
	if l == nil {
		for key := range m.all {
			if len(m.all) < most {
				break
			}
			delete(m.all, key)
		}
		l = &level{left: c.Limit.Burst, at: now}
		m.all[c.Key] = l
	}
	l.limit = c.Limit
	if since := now.Sub(l.at).Seconds(); since > 0 {
		l.left, l.at = min(c.Limit.Burst, l.left+since*c.Limit.PerSecond), now
	}
	return l
}

func (m *Memory) sweep(now time.Time) {
	if now.Sub(m.swept) < sweepEvery {
		return
	}
	m.swept = now
	for key, l := range m.all {
		if l.left+now.Sub(l.at).Seconds()*l.limit.PerSecond >= l.limit.Burst {
			delete(m.all, key)
		}
	}
}

// fills is how long a bucket takes to fill by n.
func fills(n float64, l Limit) time.Duration {
	if l.PerSecond <= 0 {
		return time.Hour
	}
	return max(time.Millisecond, time.Duration(n/l.PerSecond*float64(time.Second)))
}
