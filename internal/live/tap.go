package live

import (
	"context"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// tap is given all that a tailer reads.
type tap struct {
	took func([]event.Event)
	lost func(event.Cursor)
}

// Tap follows the team's log beside the subscriptions, which share its tailer, until release is called: took is called with every event after the
// cursor that Tap gives, in order and each once; lost where positions have lost their meaning (the log was restored, or purged under the
// tailer), with the position from which took goes on. Both are called by one goroutine, hold up everybody, and so must only take a note. It is for those who
// serve other clients than GraphQL's. A hub that is closed is a fault of kind Unavailable.
func (h *Hub) Tap(ctx context.Context, team int64, took func([]event.Event), lost func(event.Cursor)) (at event.Cursor, release func(), err error) {
	t := h.acquire(team)
	if t == nil {
		return at, nil, fault.New(fault.Unavailable, "this server is shutting down; connect again")
	}
	select {
	case <-t.ready:
	case <-ctx.Done():
		h.release(t)
		return at, nil, fault.Wrap(ctx.Err(), fault.Unavailable, "live events cannot be read now; try again")
	case <-t.ctx.Done():
		h.release(t)
		return at, nil, fault.New(fault.Unavailable, "this server is shutting down; connect again")
	}
	p := &tap{took: took, lost: lost}
	t.mu.Lock()
	at = event.Cursor{Epoch: t.epoch, Seq: t.last}
	t.taps[p] = struct{}{}
	t.mu.Unlock()
	return at, func() {
		t.mu.Lock()
		_, isOpen := t.taps[p]
		delete(t.taps, p)
		t.mu.Unlock()
		if isOpen {
			h.release(t)
		}
	}, nil
}
