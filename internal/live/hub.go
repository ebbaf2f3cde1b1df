package live

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// epochCheck is how often a tailer asks whether its log is still the same one: a restored log has another epoch and may stand at a lower
// number, which asking for what is beyond the known number never shows.
const epochCheck = 10 * time.Second

// Hub serves the subscriptions of one node.
type Hub struct {
	cfg   Config
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
	deaf  []func() // stop listening to the bus
	alarm *alarm
	cells cellar

	numbers atomic.Int64 // of subscriptions

	mu     sync.Mutex
	closed bool
	tails  map[int64]*tail
	groups map[string]*group
}

// New makes a hub and starts it. Close stops it.
func New(cfg Config) *Hub {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&cfg.Poll, 250*time.Millisecond)
	set(&cfg.Tick, 10*time.Second)
	cfg.Tick -= cfg.Tick / 10 // the promise holds for the time of arrival
	set(&cfg.Coalesce, 200*time.Millisecond)
	set(&cfg.Render, 10*time.Second)
	if cfg.Ring <= 0 {
		cfg.Ring = 2048
	}
	if cfg.Batch <= 0 {
		cfg.Batch = 500
	}
	if cfg.MaxBehind <= 0 {
		cfg.MaxBehind = 5000
	}
	if cfg.CacheBytes <= 0 {
		cfg.CacheBytes = 32 << 20
	}
	if cfg.Ephemeral == nil {
		cfg.Ephemeral = []string{"typing", "presence"}
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{cfg: cfg, ctx: ctx, stop: stop, tails: map[int64]*tail{}, groups: map[string]*group{}}
	h.cells.limit = cfg.CacheBytes
	h.alarm = newAlarm(cfg.Clock)
	h.deaf = append(h.deaf, cfg.Bus.Subscribe(Topic, h.hinted))
	for _, topic := range cfg.Ephemeral {
		h.deaf = append(h.deaf, cfg.Bus.Subscribe(topic, h.heard))
	}
	h.wg.Go(func() { h.alarm.run(ctx) })
	tick := cfg.Clock.Ticker(cfg.Poll) // here, so that time counts from now on and not from when the goroutine begins
	now := cfg.Clock.Now()
	h.wg.Go(func() { h.poll(tick, now) })
	return h
}

// Done is closed when the hub has been closed.
func (h *Hub) Done() <-chan struct{} { return h.ctx.Done() }

// Close ends every tailer and waits for what is being rendered. Open subscriptions are shown nothing more. A second call does nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	h.mu.Unlock()
	for _, f := range h.deaf {
		f()
	}
	h.stop()
	h.wg.Wait()
}

// Following is a connection's hold on its team's log.
type Following struct {
	tail    *tail
	changed func(agent int64)
	once    sync.Once
}

// Follow keeps the team's log followed until Release is called, and calls changed for every event that changes the rights of an agent: 0 means
// of everybody in the team, or what holds for the team. changed must not block. It is for connections, which must learn of a revocation without any subscription.
func (h *Hub) Follow(team int64, changed func(agent int64)) *Following {
	f := &Following{tail: h.acquire(team), changed: changed}
	t := f.tail
	if t == nil {
		return f
	}
	t.mu.Lock()
	t.followers[f] = struct{}{}
	t.mu.Unlock()
	return f
}

// ReadAt is the moment, as Unix nanoseconds of the hub's clock, up to which the log has been read: of every change of rights that was committed before
// it, changed has been told. 0 where nothing is known.
func (f *Following) ReadAt() int64 {
	if f.tail == nil {
		return 0
	}
	return f.tail.readAt.Load()
}

// Release ends it. A second call does nothing.
func (f *Following) Release() {
	f.once.Do(func() {
		if f.tail == nil {
			return
		}
		f.tail.mu.Lock()
		delete(f.tail.followers, f)
		f.tail.mu.Unlock()
		f.tail.hub.release(f.tail)
	})
}

// Open runs the subscription's resolver, which makes the stream, and places it in the log: after the resolver's cursor, or at the newest
// event. wake is called, from any goroutine and without blocking, when Next has something to give. Where the operation is refused the
// response holds the errors and there is no subscription; otherwise the response is nil.
func (h *Hub) Open(ctx context.Context, op *graphql.OperationContext, v Viewer, wake func()) (*Subscription, *graphql.Response) {
	o := &opening{}
	refuse := func(err error) (*Subscription, *graphql.Response) {
		return nil, h.cfg.Executor.DispatchError(graphql.WithOperationContext(ctx, op), gqlerror.List{gqlerror.Wrap(err)})
	}
	if err := h.dispatchOpening(ctx, op, o); err != nil {
		return nil, err
	}
	s := &Subscription{hub: h, number: h.numbers.Add(1), stream: o.stream, viewer: v, wake: wake}
	_, s.isHearer = o.stream.(Hearer)
	if err := s.place(ctx, o.after); err != nil {
		s.Close()
		return refuse(err)
	}
	class, err := s.class(ctx)
	if err != nil {
		s.Close()
		return refuse(err)
	}
	s.group = h.join(newTemplate(op), v, class, h.perAgent(op))
	if err := s.behold(ctx); err != nil {
		s.Close()
		return refuse(err)
	}
	s.tail.add(s)
	h.alarm.set(s, h.cfg.Clock.Now().Add(h.cfg.Tick))
	wake()
	return s, nil
}

// dispatchOpening executes the operation once, for the stream alone. A response means that there is none.
func (h *Hub) dispatchOpening(ctx context.Context, op *graphql.OperationContext, o *opening) (refused *graphql.Response) {
	defer func() {
		if v := recover(); v != nil {
			h.panicked(ctx, v)
			refused = h.cfg.Executor.DispatchError(graphql.WithOperationContext(ctx, op), gqlerror.List{gqlerror.Wrap(broken(v))})
		}
	}()
	next, inner := h.cfg.Executor.DispatchOperation(context.WithValue(ctx, openKey{}, o), op)
	if o.stream != nil {
		return nil
	}
	if r := next(inner); r != nil && len(r.Errors) > 0 {
		return r
	}
	return h.cfg.Executor.DispatchError(graphql.WithOperationContext(ctx, op),
		gqlerror.List{gqlerror.Wrap(fault.New(fault.Internal, "this subscription has no stream"))})
}

func (h *Hub) perAgent(op *graphql.OperationContext) bool {
	return h.cfg.IsViewerDependent == nil || h.cfg.IsViewerDependent(op.Doc, op.Operation)
}

// spawn runs f in a goroutine that Close waits for. A closed hub runs nothing more.
func (h *Hub) spawn(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.wg.Go(f)
	}
}

// acquire gives the team's tailer, started where there was none; nil where the hub is closed.
func (h *Hub) acquire(team int64) *tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	t, ok := h.tails[team]
	if !ok {
		t = newTail(h, team)
		h.tails[team] = t
		h.wg.Go(t.run)
	}
	t.refs++
	return t
}

func (h *Hub) release(t *tail) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.refs--; t.refs == 0 {
		delete(h.tails, t.team)
		t.stop()
	}
}

func (h *Hub) find(team int64) *tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tails[team]
}

// hinted is told by the bus that a team's log has grown.
func (h *Hub) hinted(m bus.Message) {
	t := h.find(m.TeamID)
	if t == nil {
		return
	}
	var n hint
	if json.Unmarshal(m.Payload, &n) == nil && !t.isAnother(n.Epoch) && t.has(n.Seq) {
		return
	} else if t.isAnother(n.Epoch) {
		t.doubt()
	}
	t.nudge()
}

// heard is given what is in no log.
func (h *Hub) heard(m bus.Message) {
	if t := h.find(m.TeamID); t != nil {
		t.hear(m)
	}
}

// poll asks for all teams at once what the hints may have lost.
func (h *Hub) poll(tick *clock.Ticker, checked time.Time) {
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		now := h.cfg.Clock.Now()
		doubt := now.Sub(checked) >= epochCheck
		if doubt {
			checked = now
		}
		h.mu.Lock()
		tails := make(map[int64]*tail, len(h.tails))
		known := make(map[int64]int64, len(h.tails))
		for id, t := range h.tails {
			tails[id] = t
			known[id] = t.head()
		}
		h.mu.Unlock()
		h.cells.expire(now)
		for _, t := range tails {
			t.expire(now)
		}
		if len(tails) == 0 {
			continue
		}
		if doubt {
			for _, t := range tails {
				t.doubt()
				t.nudge()
			}
		}
		beyond, err := h.cfg.Log.Heads(h.ctx, known)
		if err != nil {
			h.failed(h.ctx, fmt.Errorf("ask for the heads of %d teams: %w", len(known), err))
			continue
		}
		for id, t := range tails {
			if _, isBehind := beyond[id]; isBehind {
				t.nudge()
			} else {
				t.read(now) // nothing had been committed by then that we did not know
			}
		}
	}
}

func (h *Hub) failed(ctx context.Context, err error) {
	if h.cfg.Hooks.Failed != nil && h.ctx.Err() == nil {
		h.cfg.Hooks.Failed(ctx, err)
	}
}

func (h *Hub) panicked(ctx context.Context, v any) {
	if h.cfg.Hooks.Panicked != nil {
		h.cfg.Hooks.Panicked(ctx, v, debug.Stack())
	}
}

// broken is what a panic is to everybody but the hook.
func broken(v any) error {
	if err, ok := v.(error); ok {
		return fault.Wrap(err, fault.Internal, "something went wrong on our side")
	}
	return fault.Wrap(fmt.Errorf("%v", v), fault.Internal, "something went wrong on our side")
}

type (
	openKey   struct{}
	renderKey struct{}
	entryKey  struct{}
)

// opening is where Serve puts the stream while a subscription is opened.
type opening struct {
	stream Stream
	after  *event.Cursor
}

// prepared is where Serve finds the object while one is rendered.
type prepared struct{ object any }
