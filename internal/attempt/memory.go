package attempt

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// slots is how many counts each of the two rows of a Memory holds.
const slots = 1 << 15

// Memory counts tries in this process. It keeps a fixed number of counts, each shared by the keys that fall on it, so that a flood of keys
// neither fills the memory nor pushes out what was counted before. A key is counted in two rows and has the lower of its counts: two keys would
// have to meet in both rows to be taken for one another, and then the limit is only stricter.
type Memory struct {
	clock clock.Clock
	seeds [2]maphash.Seed
	mu    sync.Mutex
	rows  [2][]count
}

type count struct {
	tries int
	until int64 // Unix nanoseconds
}

// NewMemory makes a counter that has counted nothing.
func NewMemory(c clock.Clock) *Memory {
	m := &Memory{clock: c, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	for i := range m.rows {
		m.rows[i] = make([]count, slots)
	}
	return m
}

// Take implements Counter.
func (m *Memory) Take(_ context.Context, key string, limit Limit) (time.Duration, error) {
	now := m.clock.Now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	var at [2]*count
	var wait time.Duration
	isFull := true
	for i := range m.rows {
		c := m.at(i, key)
		if now >= c.until {
			*c = count{until: now + int64(limit.Window)}
		}
		if c.tries < limit.Tries {
			isFull = false
		} else if left := time.Duration(c.until - now); wait == 0 || left < wait {
			wait = left
		}
		at[i] = c
	}
	if isFull {
		return wait, nil
	}
	for _, c := range at {
		c.tries++
	}
	return 0, nil
}

// Give implements Counter.
func (m *Memory) Give(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	// The tries that are this key's are at most the lower count; what is above it in the other row is another key's.
	a, b := m.at(0, key), m.at(1, key)
	own := min(a.tries, b.tries)
	a.tries -= own
	b.tries -= own
	return nil
}

func (m *Memory) at(row int, key string) *count {
	return &m.rows[row][maphash.String(m.seeds[row], key)%slots]
}
