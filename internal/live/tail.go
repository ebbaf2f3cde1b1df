package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// earshot is how many ephemeral messages a team keeps for subscribers who are not awake yet; older ones are lost to them.
const earshot = 256

// tail follows the log of one team.
type tail struct {
	hub     *Hub
	team    int64
	ctx     context.Context
	stop    context.CancelFunc
	poke    chan struct{}
	suspect atomic.Bool   // the log may be another one than before
	ready   chan struct{} // closed once the head is known
	readAt  atomic.Int64  // see Following.ReadAt
	refs    int           // under the hub's mutex

	mu        sync.RWMutex
	epoch     string
	gen       int    // raised whenever positions lose their meaning; a subscriber of another gen must resync, for the reason
	reason    string // why gen was raised last
	last      int64
	swept     int64        // the first event whose loaded values have not been dropped
	ring      ring[*entry] // the events up to last, without a hole
	air       ring[*entry] // what was heard
	aired     int64        // number of the newest of them
	subs      map[*Subscription]struct{}
	followers map[*Following]struct{}
	taps      map[*tap]struct{}
}

func newTail(h *Hub, team int64) *tail {
	ctx, stop := context.WithCancel(h.ctx)
	return &tail{hub: h, team: team, ctx: ctx, stop: stop, poke: make(chan struct{}, 1), ready: make(chan struct{}),
		ring: ring[*entry]{max: h.cfg.Ring}, air: ring[*entry]{max: earshot},
		subs: map[*Subscription]struct{}{}, followers: map[*Following]struct{}{}, taps: map[*tap]struct{}{}}
}

// nudge makes the tailer look. It never blocks.
func (t *tail) nudge() {
	select {
	case t.poke <- struct{}{}:
	default:
	}
}

// doubt makes the tailer ask, at its next look, whether the log is still the same.
func (t *tail) doubt() { t.suspect.Store(true) }

func (t *tail) head() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.last
}

func (t *tail) has(seq int64) bool { return t.head() >= seq }

func (t *tail) isAnother(epoch string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.epoch != epoch
}

// run follows the log until the tail is stopped.
func (t *tail) run() {
	for !t.begin() {
		if t.hub.cfg.Clock.Sleep(t.ctx, t.hub.cfg.Poll) != nil {
			return
		}
	}
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-t.poke:
			t.look()
		}
	}
}

// read notes that all has been read and told that was committed before a moment.
func (t *tail) read(at time.Time) {
	for n := at.UnixNano(); ; {
		if old := t.readAt.Load(); old >= n || t.readAt.CompareAndSwap(old, n) {
			return
		}
	}
}

// begin learns where the log stands.
func (t *tail) begin() bool {
	now := t.hub.cfg.Clock.Now()
	at, err := t.hub.cfg.Log.Head(t.ctx, t.team)
	if err != nil {
		t.hub.failed(t.ctx, fmt.Errorf("find the head of team %d: %w", t.team, err))
		return false
	}
	t.mu.Lock()
	t.epoch, t.last = at.Epoch, at.Seq
	t.mu.Unlock()
	t.tell(0)   // who followed before may have asked for its rights before a change that lies before the head
	t.read(now) // who follows from now on asks for them afterwards
	close(t.ready)
	return true
}

// look reads what is new until there is nothing more.
func (t *tail) look() {
	if t.suspect.CompareAndSwap(true, false) && !t.verify() {
		t.doubt()
		return
	}
	for hasRead := false; ; hasRead = true {
		from := t.head()
		now := t.hub.cfg.Clock.Now()
		evs, err := t.hub.cfg.Log.After(t.ctx, t.team, from, t.hub.cfg.Batch)
		if err != nil {
			t.hub.failed(t.ctx, fmt.Errorf("read the log of team %d after %d: %w", t.team, from, err))
			return
		}
		if len(evs) == 0 && !hasRead {
			var isCutOff bool
			if evs, isCutOff = t.askAgain(from); len(evs) == 0 && !isCutOff {
				return
			}
		} else if len(evs) == 0 {
			return
		}
		if len(evs) == 0 || !isDense(evs, from) {
			// What is missing was purged, or the log is another one: either way nobody's position can be carried over the hole.
			t.hub.failed(t.ctx, fmt.Errorf("the log of team %d has a hole after %d", t.team, from))
			if !t.restart(ResyncExpired) {
				return
			}
			continue
		}
		faultpoint.Hit("tail/read")
		t.append(evs)
		if len(evs) < t.hub.cfg.Batch {
			t.read(now)
			return
		}
	}
}

// askAgain looks closer where nothing follows a position: what came meanwhile, or that the log has gone on and all that followed was purged.
func (t *tail) askAgain(from int64) (evs []event.Event, isCutOff bool) {
	at, err := t.hub.cfg.Log.Head(t.ctx, t.team)
	if err != nil || at.Seq <= from {
		return nil, false
	}
	evs, err = t.hub.cfg.Log.After(t.ctx, t.team, from, t.hub.cfg.Batch)
	return evs, err == nil && len(evs) == 0
}

func isDense(evs []event.Event, from int64) bool {
	for i, e := range evs {
		if e.Seq != from+1+int64(i) {
			return false
		}
	}
	return true
}

// verify says whether the log could be asked; where it is another one than before everybody is told to resync.
func (t *tail) verify() bool {
	at, err := t.hub.cfg.Log.Head(t.ctx, t.team)
	if err != nil {
		t.hub.failed(t.ctx, fmt.Errorf("find the head of team %d: %w", t.team, err))
		return false
	}
	t.mu.RLock()
	same := at.Epoch == t.epoch && at.Seq >= t.last
	t.mu.RUnlock()
	if !same {
		t.reset(at, ResyncEpoch)
	}
	return true
}

// restart goes on from the head, with everybody told to resync.
func (t *tail) restart(reason string) bool {
	at, err := t.hub.cfg.Log.Head(t.ctx, t.team)
	if err != nil {
		t.hub.failed(t.ctx, fmt.Errorf("find the head of team %d: %w", t.team, err))
		return false
	}
	if t.isAnother(at.Epoch) {
		reason = ResyncEpoch
	}
	t.reset(at, reason)
	return true
}

func (t *tail) reset(at event.Cursor, reason string) {
	t.tell(0) // a change of rights may be among what was missed
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch, t.last, t.reason = at.Epoch, at.Seq, reason
	t.gen++
	t.ring.clear()
	t.swept = 0
	for p := range t.taps {
		p.lost(at)
	}
	t.wake(false)
}

// append takes events into the ring and wakes everybody. Whose rights have changed is told before: nobody is shown an event that comes
// after the change by the rights from before it.
func (t *tail) append(evs []event.Event) {
	for _, e := range evs {
		switch e.Kind {
		case event.AuthChanged:
			t.tell(e.AgentID)
		case event.TeamChanged:
			t.tell(0)
		}
	}
	oldAt := t.hub.cfg.Clock.Now().Add(keep)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range evs {
		t.ring.push(&entry{event: e, oldAt: oldAt})
	}
	t.last = evs[len(evs)-1].Seq
	for p := range t.taps {
		p.took(evs)
	}
	t.wake(false)
}

// tell says to all who follow that an agent's rights have changed, or for 0 everybody's, or what holds for the team.
func (t *tail) tell(agent int64) {
	t.mu.RLock()
	followers := slices.Collect(maps.Keys(t.followers))
	t.mu.RUnlock()
	for _, f := range followers {
		f.changed(agent)
	}
}

// hear takes an ephemeral message and wakes those who listen.
func (t *tail) hear(m bus.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.air.push(&entry{message: m})
	t.aired++
	t.wake(true)
}

// expire drops what was loaded for events that are no longer new.
func (t *tail) expire(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.last + 1 - int64(t.ring.len())
	for t.swept = max(t.swept, first); t.swept <= t.last; t.swept++ {
		e := t.ring.at(int(t.swept - first))
		if now.Before(e.oldAt) {
			return
		}
		e.forget()
	}
}

func (t *tail) wake(hearersOnly bool) {
	for s := range t.subs {
		if !hearersOnly || s.isHearer {
			s.wake()
		}
	}
}

func (t *tail) add(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.heard = t.aired
	t.subs[s] = struct{}{}
}

func (t *tail) remove(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.subs, s)
}

// place says where a subscriber with the cursor begins: where the log stands, and what the client must be told.
type place struct {
	gen       int
	at        event.Cursor
	recovered bool
	resync    string // empty where nothing was missed
}

// locate finds the place of a subscriber. after is nil for one who begins now.
func (t *tail) locate(ctx context.Context, after *event.Cursor) (place, error) {
	select {
	case <-t.ready:
	case <-ctx.Done():
		return place{}, fault.Wrap(ctx.Err(), fault.Unavailable, "live events cannot be read now; try again")
	case <-t.ctx.Done():
		return place{}, fault.New(fault.Unavailable, "this server is shutting down; connect again")
	}
	t.mu.RLock()
	p := place{gen: t.gen, at: event.Cursor{Epoch: t.epoch, Seq: t.last}}
	first := t.last + 1 - int64(t.ring.len())
	t.mu.RUnlock()
	if after == nil {
		return p, nil
	}
	log := t.hub.cfg.Log
	unavailable := func(err error) (place, error) {
		return place{}, fault.Wrap(err, fault.Unavailable, "live events cannot be read now; try again")
	}
	switch {
	case after.Epoch != p.at.Epoch && !planted.Is("epoch-ignored"):
		// The list that gave the cursor may have been read from a restored log before this tailer noticed: it is told to look.
		t.doubt()
		t.nudge()
		p.resync = ResyncEpoch
		return p, nil
	case after.Seq > p.at.Seq:
		head, err := log.Head(ctx, t.team)
		if err != nil {
			return unavailable(err)
		}
		if (head.Epoch != after.Epoch || head.Seq < after.Seq) && !planted.Is("epoch-ignored") {
			p.resync = ResyncEpoch
			return p, nil
		}
		t.nudge()
	case p.at.Seq-after.Seq > t.hub.cfg.MaxBehind:
		p.resync = ResyncBehind
		return p, nil
	case after.Seq+1 < first:
		oldest, err := log.Oldest(ctx, t.team)
		if err != nil {
			return unavailable(err)
		}
		if oldest > after.Seq+1 {
			p.resync = ResyncExpired
			return p, nil
		}
	}
	p.at.Seq, p.recovered = after.Seq, true
	return p, nil
}

// peek is what a subscriber finds after a position.
type peek struct {
	entry *entry       // the next event; nil where there is none in the ring
	older bool         // the next event has left the ring: read the log
	moved *place       // positions have lost their meaning: go on from here
	head  event.Cursor // where the log stands
}

func (t *tail) peek(gen int, pos int64) peek {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p := peek{head: event.Cursor{Epoch: t.epoch, Seq: t.last}}
	first := t.last + 1 - int64(t.ring.len())
	switch {
	case gen != t.gen:
		p.moved = &place{gen: t.gen, at: p.head, resync: t.reason}
	case t.last-pos > t.hub.cfg.MaxBehind+int64(t.hub.cfg.Ring): // room for what comes while a subscriber catches up
		p.moved = &place{gen: t.gen, at: p.head, resync: ResyncBehind}
	case pos >= t.last:
	case pos+1 < first && planted.Is("ring-overrun-unnoticed"):
		p.entry = t.ring.at(0)
	case pos+1 < first:
		p.older = true
	default:
		p.entry = t.ring.at(int(pos + 1 - first))
	}
	return p
}

// listen gives the next thing heard after the number, and its own number; what has left the air is skipped.
func (t *tail) listen(after int64) (*entry, int64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if after >= t.aired {
		return nil, after
	}
	first := t.aired + 1 - int64(t.air.len())
	next := max(after+1, first)
	return t.air.at(int(next - first)), next
}

// entry is an event, or a message that was heard, with what has been loaded for it.
type entry struct {
	event   event.Event
	message bus.Message
	oldAt   time.Time // from then on nothing that was loaded is kept
	mu      sync.Mutex
	loaded  map[string]*load
}

// memory is what Once finds in the context while an event is loaded.
type memory struct {
	entry *entry
	now   time.Time
}

type load struct {
	done  chan struct{}
	value any
	err   error
}

// once calls f for the first who asks, and lets the others wait for it.
func (e *entry) once(ctx context.Context, now time.Time, key string, f func(context.Context) (any, error)) (any, error) {
	e.mu.Lock()
	if l, ok := e.loaded[key]; ok {
		e.mu.Unlock()
		select {
		case <-l.done:
			return l.value, l.err
		case <-ctx.Done():
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "it took too long")
		}
	}
	if e.loaded == nil {
		e.loaded = map[string]*load{}
	}
	l := &load{done: make(chan struct{}), err: fault.New(fault.Internal, "something went wrong on our side")}
	e.loaded[key] = l
	e.mu.Unlock()
	defer func() { // a panic goes on to the caller, with the error above for those who wait
		if l.err != nil || !now.Before(e.oldAt) {
			e.mu.Lock()
			delete(e.loaded, key)
			e.mu.Unlock()
		}
		close(l.done)
	}()
	l.value, l.err = f(ctx)
	return l.value, l.err
}

func (e *entry) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loaded = nil
}

// ring keeps the newest max values. It grows as it fills: most teams are quiet.
type ring[T any] struct {
	max   int
	vals  []T
	start int
}

func (r *ring[T]) len() int { return len(r.vals) }

func (r *ring[T]) push(v T) {
	if len(r.vals) < r.max {
		r.vals = append(r.vals, v)
		return
	}
	r.vals[r.start] = v
	r.start = (r.start + 1) % r.max
}

// at gives the i-th oldest value.
func (r *ring[T]) at(i int) T { return r.vals[(r.start+i)%len(r.vals)] }

func (r *ring[T]) clear() { r.vals, r.start = nil, 0 }
