package live

import (
	"container/heap"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// alarm wakes subscriptions at a time: one goroutine and one timer for all of them. A subscription has one time at most, the earliest
// that it asked for; once woken it asks anew.
type alarm struct {
	clock clock.Clock
	poke  chan struct{} // the earliest time has changed

	mu    sync.Mutex
	items alarmHeap
}

// alarmItem is a subscription's entry in the heap.
type alarmItem struct {
	at    time.Time
	index int          // in the heap, from 1; 0 where it is not in it
	until atomic.Int64 // at in Unix nanoseconds while it is in the heap, else 0
}

func newAlarm(c clock.Clock) *alarm { return &alarm{clock: c, poke: make(chan struct{}, 1)} }

// set wakes the subscription at the time, unless it is woken earlier anyway.
func (a *alarm) set(s *Subscription, at time.Time) {
	if until := s.alarm.until.Load(); until != 0 && until <= at.UnixNano() {
		return // woken early enough: the usual case, without the lock that all subscriptions share
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case s.closed.Load():
		return
	case s.alarm.index == 0:
		s.alarm.at = at
		heap.Push(&a.items, s)
	case at.Before(s.alarm.at):
		s.alarm.at = at
		heap.Fix(&a.items, s.alarm.index-1)
	default:
		return
	}
	s.alarm.until.Store(at.UnixNano())
	if a.items[0] == s {
		select {
		case a.poke <- struct{}{}:
		default:
		}
	}
}

func (a *alarm) clear(s *Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.alarm.index > 0 {
		heap.Remove(&a.items, s.alarm.index-1)
	}
}

func (a *alarm) run(ctx context.Context) {
	t := a.clock.Timer(time.Hour)
	defer t.Stop()
	for {
		wait := time.Hour
		now := a.clock.Now()
		a.mu.Lock()
		for len(a.items) > 0 && !a.items[0].alarm.at.After(now) {
			heap.Pop(&a.items).(*Subscription).wake()
		}
		if len(a.items) > 0 {
			wait = a.items[0].alarm.at.Sub(now)
		}
		a.mu.Unlock()
		t.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-a.poke:
		case <-t.C:
		}
	}
}

type alarmHeap []*Subscription

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].alarm.at.Before(h[j].alarm.at) }
func (h alarmHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].alarm.index, h[j].alarm.index = i+1, j+1
}
func (h *alarmHeap) Push(x any) {
	s := x.(*Subscription)
	*h = append(*h, s)
	s.alarm.index = len(*h)
}
func (h *alarmHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.alarm.index = 0
	s.alarm.until.Store(0)
	return s
}
