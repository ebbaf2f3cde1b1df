package server

import (
	"context"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// announcer tells the servers how far teams' logs have come, away from the requests that wrote them. Of several positions of one team
// only the newest is told: a hint that is skipped is contained in the next.
type announcer struct {
	bus  bus.Bus
	mu   sync.Mutex
	news map[int64]event.Cursor
	wake chan struct{}
	stop chan struct{}
	done chan struct{}
	once sync.Once
}

func newAnnouncer(b bus.Bus) *announcer {
	a := &announcer{bus: b, news: map[int64]event.Cursor{}, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go a.run()
	return a
}

// committed notes a team's new position.
func (a *announcer) committed(team int64, at event.Cursor) {
	a.mu.Lock()
	if at.Seq > a.news[team].Seq || at.Epoch != a.news[team].Epoch {
		a.news[team] = at
	}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *announcer) run() {
	defer close(a.done)
	for {
		select {
		case <-a.wake:
		case <-a.stop:
			return
		}
		a.mu.Lock()
		news := a.news
		a.news = map[int64]event.Cursor{}
		a.mu.Unlock()
		for team, at := range news {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			// A hint that is lost costs the poll interval; the bus has said so in the log.
			_ = live.Announce(ctx, a.bus, team, at)
			cancel()
		}
	}
}

func (a *announcer) close() {
	a.once.Do(func() { close(a.stop) })
	<-a.done
}
