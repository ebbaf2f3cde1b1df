package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// Subscription is one subscriber's place in the log. Next is called by one goroutine at a time; the other methods by any.
type Subscription struct {
	hub      *Hub
	tail     *tail
	group    *group
	sight    *sight // nil where the stream judges by itself
	stream   Stream
	number   int64 // of this subscription on this node
	viewer   Viewer
	wake     func()
	isHearer bool

	// Of the goroutine that calls Next.
	gen       int
	pos       event.Cursor
	recovered bool
	head      int64  // where the log stood when it was last looked at
	resync    string // what the client has to be told
	stage     stage
	heard     int64
	older     []*entry // read from the log, since they have left the ring
	due       *Verdict // waits for its time, since it is coalesced
	dueFor    *entry
	shown     time.Time // when the last frame was given
	shownAt   time.Time // when something coalesced was shown last
	failed    error     // why the last verdict could not be followed
	now       time.Time // as Next was called: to ask for the time at every step costs as much as the step

	idleAt   atomic.Int64 // when the connection is closed for being idle, Unix seconds; 0 where that is far off
	isWarned atomic.Bool  // idleAt is to be told

	by      context.Context // whose rights group and sight were chosen by; of the goroutine that calls Next
	stale   atomic.Bool     // rights have changed: ask for the class again
	ending  atomic.Pointer[Ended]
	closing sync.Once
	closed  atomic.Bool
	alarm   alarmItem
}

type stage int

const (
	ungreeted stage = iota
	unstarted
	running
	over
)

// place finds where the subscription begins and holds on to the team's tailer.
func (s *Subscription) place(ctx context.Context, after *event.Cursor) error {
	if s.tail = s.hub.acquire(s.viewer.TeamID); s.tail == nil {
		return fault.New(fault.Unavailable, "this server is shutting down; connect again")
	}
	p, err := s.tail.locate(ctx, after)
	if err != nil {
		return err
	}
	s.gen, s.pos, s.recovered, s.resync = p.gen, p.at, p.recovered, p.resync
	s.shown = s.hub.cfg.Clock.Now()
	return nil
}

// Next gives the next frame that is due, and false where none is: wake is called when that changes. ctx carries the subscriber's present
// principal; call Refresh first where that is another one than before. A frame without a payload asks to be called again with the principal
// of now.
func (s *Subscription) Next(ctx context.Context) (f Frame, ok bool) {
	return s.NextAt(ctx, s.hub.cfg.Clock.Now())
}

// NextAt is Next for who has just looked at the clock: to ask for the time costs as much as the rest.
func (s *Subscription) NextAt(ctx context.Context, now time.Time) (f Frame, ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.hub.panicked(ctx, v)
			s.stage = over
			f, ok = Frame{Last: true}, true
		}
	}()
	if s.closed.Load() || s.stage == over {
		return Frame{}, false
	}
	// Rights that changed while the stream was being opened, or between the look at them and this one, come with another context and no word.
	if isStale := s.stale.Load() && s.stale.CompareAndSwap(true, false); isStale || ctx != s.by {
		s.by = ctx
		s.regroup(ctx)
	}
	s.now = now
	for ctx.Err() == nil {
		if e := s.ending.Load(); e != nil {
			return s.end(ctx, *e)
		}
		switch {
		case s.stage == ungreeted:
			s.stage = unstarted
			f, ok := s.control(ctx, Control{Kind: Hello, Recovered: s.recovered})
			if s.recovered && planted.Is("resume-skips-one") && s.pos.Seq < s.tail.head() {
				s.pos.Seq++
			}
			if s.recovered && planted.Is("resume-doubles-one") {
				s.pos.Seq--
			}
			return f, ok
		case s.resync != "":
			reason := s.resync
			s.resync = ""
			return s.control(ctx, Control{Kind: ResyncRequired, Reason: reason})
		case s.stage == unstarted:
			s.stage = running
			if st, is := s.stream.(Starter); is {
				if f, ok := s.show(ctx, st.Start(ctx), nil, nil, cellKey{gen: s.gen, seq: s.pos.Seq, own: s.number}); ok {
					return f, true
				}
				if s.failed != nil {
					return s.giveUp(ctx)
				}
				continue
			}
		}
		if s.isWarned.Load() && s.isWarned.CompareAndSwap(true, false) {
			return s.tick(ctx)
		}
		e, found := s.advance(ctx)
		if found {
			before := s.pos
			before.Seq--
			v, j := s.judge(ctx, e)
			f, ok := s.show(ctx, v, j, e, cellKey{gen: s.gen, seq: s.pos.Seq})
			if ok {
				f.Settled = s.head == s.pos.Seq && s.due == nil && s.ending.Load() == nil && !s.isHearer && s.alarm.until.Load() != 0
				return f, true
			}
			if s.failed != nil {
				// Nobody has been shown the event: it is the first one for whoever comes back.
				s.pos = before
				return s.giveUp(ctx)
			}
			if e.event.Kind == event.AuthChanged && (e.event.AgentID == 0 || e.event.AgentID == s.viewer.AgentID) {
				return Frame{}, true // what comes next must be judged by the rights of now
			}
			continue
		}
		if s.resync != "" {
			continue
		}
		if e := s.listen(); e != nil {
			key := cellKey{gen: s.gen, seq: s.pos.Seq, heard: s.heard}
			if f, ok := s.show(ctx, s.stream.(Hearer).Hear(ctx, e.message), nil, e, key); ok {
				return f, true
			}
			if s.failed != nil {
				return s.giveUp(ctx)
			}
			continue
		}
		return s.idle(ctx)
	}
	return Frame{}, false
}

// End ends the stream: the next frame is StreamEnded. The first reason counts.
func (s *Subscription) End(e Ended) {
	if s.ending.CompareAndSwap(nil, &e) {
		s.wake()
	}
}

// Idle tells the client with a Tick, at once, when its connection is closed if its person does nothing; every Tick says it from then on, until the zero
// time takes it back.
func (s *Subscription) Idle(at time.Time) {
	seconds := int64(0)
	if !at.IsZero() {
		seconds = at.Unix()
	}
	s.idleAt.Store(seconds)
	s.isWarned.Store(true)
	s.wake()
}

// Refresh makes the stream ask for the viewer's class again, since rights have changed.
func (s *Subscription) Refresh() { s.stale.Store(true) }

// Close gives up the subscription; Next gives nothing more. A second call does nothing.
func (s *Subscription) Close() {
	s.closing.Do(func() {
		s.closed.Store(true)
		s.hub.alarm.clear(s)
		if s.tail != nil {
			s.tail.remove(s)
			s.hub.release(s.tail)
		}
		s.hub.mu.Lock()
		g := s.group
		s.hub.mu.Unlock()
		if g != nil {
			s.hub.leave(g)
		}
	})
}

// advance moves on to the next event, from the ring or from the log.
func (s *Subscription) advance(ctx context.Context) (*entry, bool) {
	p := s.tail.peek(s.gen, s.pos.Seq)
	s.head = p.head.Seq
	if p.moved != nil {
		s.gen, s.pos, s.resync, s.older = p.moved.gen, p.moved.at, p.moved.resync, nil
		return nil, false
	}
	if !p.older {
		s.older = nil
		if p.entry == nil {
			return nil, false
		}
		s.pos.Seq++
		return p.entry, true
	}
	if len(s.older) == 0 {
		evs, err := s.hub.cfg.Log.After(ctx, s.viewer.TeamID, s.pos.Seq, s.hub.cfg.Batch)
		if err != nil {
			s.hub.failed(ctx, fmt.Errorf("read the log of team %d after %d: %w", s.viewer.TeamID, s.pos.Seq, err))
			s.hub.alarm.set(s, s.hub.cfg.Clock.Now().Add(s.hub.cfg.Poll))
			return nil, false
		}
		if len(evs) == 0 || !isDense(evs, s.pos.Seq) {
			s.pos, s.resync = p.head, ResyncExpired
			return nil, false
		}
		s.older = make([]*entry, len(evs))
		for i := range evs {
			s.older[i] = &entry{event: evs[i]}
		}
	}
	e := s.older[0]
	s.older = s.older[1:]
	s.pos.Seq++
	return e, true
}

func (s *Subscription) listen() *entry {
	if !s.isHearer {
		return nil
	}
	e, n := s.tail.listen(s.heard)
	s.heard = n
	return e
}

// idle is what is due where nothing new is there: a coalesced object whose time has come, or a tick.
func (s *Subscription) idle(ctx context.Context) (Frame, bool) {
	now := s.now
	if s.due != nil {
		if at := s.shownAt.Add(s.hub.cfg.Coalesce); at.After(now) {
			s.hub.alarm.set(s, at)
			return Frame{}, false
		}
		v, e := *s.due, s.dueFor
		s.due, s.dueFor, s.shownAt = nil, nil, now
		v.Coalesce = false
		if f, ok := s.show(ctx, v, nil, e, cellKey{gen: s.gen, seq: s.pos.Seq, heard: s.heard, isDue: true}); ok {
			return f, true
		}
		if s.failed != nil {
			return s.giveUp(ctx)
		}
	}
	if tick := s.shown.Add(s.hub.cfg.Tick); tick.After(now) {
		s.hub.alarm.set(s, tick)
		return Frame{}, false
	}
	return s.tick(ctx)
}

func (s *Subscription) tick(ctx context.Context) (Frame, bool) {
	c := Control{Kind: Tick}
	if at := s.idleAt.Load(); at != 0 {
		c.IdleAt = time.Unix(at, 0)
	}
	return s.control(ctx, c)
}

// judge gives the verdict on an event, and what is shared of it with those who judge alike.
func (s *Subscription) judge(ctx context.Context, e *entry) (Verdict, *judged) {
	// A change of rights means something else to whose they are than to those who see alike.
	if s.sight == nil || e.event.Kind == event.AuthChanged {
		return s.stream.Judge(ctx, e.event), nil
	}
	j := s.sight.judge(s.gen, s.pos.Seq, func() Verdict { return s.stream.Judge(ctx, e.event) })
	if j.verdict.Own {
		return s.stream.Judge(ctx, e.event), nil
	}
	return j.verdict, j
}

// show gives the frame of a verdict; false where it shows nothing, or where s.failed says why it could not. j is nil for a verdict that is shared with nobody.
func (s *Subscription) show(ctx context.Context, v Verdict, j *judged, e *entry, key cellKey) (Frame, bool) {
	if v.Load != nil && v.Coalesce && v.End == nil {
		s.due, s.dueFor = &v, e
		return Frame{}, false
	}
	if v.End != nil {
		// The last object of a stream is not coalesced: nothing follows that could show a newer one.
		s.due = nil
		s.ending.CompareAndSwap(nil, v.End)
	}
	if v.Load == nil {
		if v.End != nil {
			return s.end(ctx, *s.ending.Load())
		}
		return Frame{}, false
	}
	if j != nil {
		if made := j.shown.Load(); made != nil && s.now.Before(made.oldAt) {
			return s.frame(made.payload), true
		}
	}
	at := s.pos
	key.variant = v.Variant
	made, err := s.group.render(ctx, s.now, key, e, func(ctx context.Context) (any, error) { return v.Load(ctx, at) })
	switch {
	case errors.Is(err, errUnreadable):
		return s.control(ctx, Control{Kind: ResyncRequired, Reason: ResyncUnreadable})
	case err != nil:
		s.failed = err
		return Frame{}, false
	case len(made.payload) == 0:
		return Frame{}, false
	}
	if j != nil {
		j.shown.Store(&made)
	}
	return s.frame(made.payload), true
}

// giveUp ends the stream since what it should show cannot be had; a subscriber who is leaving or whose rights are just changing is told
// nothing and may ask again.
func (s *Subscription) giveUp(ctx context.Context) (Frame, bool) {
	s.failed = nil
	if ctx.Err() != nil || s.hub.ctx.Err() != nil {
		return Frame{}, false
	}
	return s.end(ctx, Ended{Reason: ReasonUnavailable, Resubscribe: true})
}

func (s *Subscription) frame(payload []byte) Frame {
	s.shown = s.now
	return Frame{Payload: payload}
}

// control gives one of the frames that every field has. Where even that cannot be made the stream ends without a word.
func (s *Subscription) control(ctx context.Context, c Control) (Frame, bool) {
	c.Cursor = s.pos
	payload, err := s.group.control(ctx, s.now, s.gen, s.stream, c)
	switch {
	case ctx.Err() != nil || s.hub.ctx.Err() != nil:
		return Frame{}, false
	case err != nil || len(payload) == 0:
		s.stage = over
		return Frame{Last: true}, true
	}
	return s.frame(payload), true
}

func (s *Subscription) end(ctx context.Context, e Ended) (Frame, bool) {
	f, ok := s.control(ctx, Control{Kind: StreamEnded, Reason: e.Reason, Resubscribe: e.Resubscribe})
	if ok {
		s.stage = over
		f.Last = true
	}
	return f, ok
}

// class asks the stream for the viewer's class.
func (s *Subscription) class(ctx context.Context) (class string, err error) {
	defer func() {
		if v := recover(); v != nil {
			s.hub.panicked(ctx, v)
			err = broken(v)
		}
	}()
	return s.stream.Class(ctx), nil
}

// behold is look for a stream that was just opened.
func (s *Subscription) behold(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.hub.panicked(ctx, v)
			err = broken(v)
		}
	}()
	s.look(ctx)
	return nil
}

// regroup moves the subscriber to the group of what it may see now.
func (s *Subscription) regroup(ctx context.Context) {
	class := s.stream.Class(ctx)
	old := s.group
	g := s.hub.join(old.tmpl, s.viewer, class, old.perAgent)
	s.hub.mu.Lock()
	if s.closed.Load() {
		s.hub.mu.Unlock()
		s.hub.leave(g)
		return
	}
	s.group = g
	s.hub.mu.Unlock()
	s.hub.leave(old)
	s.look(ctx)
}

// look finds with whom the subscriber judges alike.
func (s *Subscription) look(ctx context.Context) {
	s.sight = nil
	if b, is := s.stream.(Beholder); is {
		s.sight = s.group.see(b.Sight(ctx))
	}
}
