package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// goodbye is why a session ends: the close code of a socket, the reason of StreamEnded over server-sent events.
type goodbye struct {
	code        int
	reason      string
	resubscribe bool
	isEcho      bool // the client said goodbye itself: the code is given back, and nothing else
}

// The goodbyes of our own. Stock clients reconnect after 4403, 4501, 4502 and 4503 and give up after 1008 and 4401; 4500 and 4504 mean other things to them.
var (
	goodbyeDrain     = goodbye{code: 4501, reason: live.ReasonDrain, resubscribe: true}
	goodbyeSlow      = goodbye{code: 4502, reason: live.ReasonSlow, resubscribe: true}
	goodbyeIdle      = goodbye{code: 4503, reason: live.ReasonIdle, resubscribe: true}
	goodbyeExpired   = goodbye{code: 4403, reason: live.ReasonTokenExpired, resubscribe: true}
	goodbyeRevoked   = goodbye{code: 4401, reason: live.ReasonRevoked}
	goodbyeEvicted   = goodbye{code: 1008, reason: live.ReasonEvicted}
	goodbyeSuspended = goodbye{code: 1008, reason: live.ReasonSuspended}
)

// wire is the connection under a session.
type wire interface {
	// nudge has what is due written. It never blocks. A goodbye is urgent.
	nudge(isUrgent bool)
	// kind names the protocol.
	kind() string
	// tick is called by the sweep: pings are sent and time limits of the protocol looked at.
	tick(now time.Time)
	// warn tells the client, beside its subscriptions, when it is closed for being idle; the zero time takes that back. It never blocks.
	warn(at time.Time)
	// hurry lets a write that is under way fail within the time.
	hurry(d time.Duration)
	// cut ends the connection at once.
	cut()
}

// session is one connection: a socket with up to 20 operations, or one stream of server-sent events. The two differ in their wire alone.
type session struct {
	h    *Handler
	wire wire
	id   string // over all servers
	// address is what it counts for by where it comes from; isStranger says that it is counted among those who are not signed in, of the registry.
	address    string
	isStranger bool

	life context.Context // ends with the session
	base context.Context // life with the values of the request that began it
	stop context.CancelFunc

	active  atomic.Int64 // last action of the person, Unix nanoseconds
	warned  atomic.Int64 // when it is closed for being idle, Unix nanoseconds, as the client was told; 0 where it was not
	spared  atomic.Int64 // until when it is not closed for being idle, since the limit has just become shorter
	over    atomic.Bool  // bye is set
	expires atomic.Int64 // when the token does, Unix nanoseconds; 0 is never
	checked atomic.Int64 // when the identity was last found valid
	demands atomic.Int64 // how often the log said that the person's rights have changed
	met     atomic.Int64 // the demands that the last check has met
	asking  atomic.Bool  // the sweep has it checked
	lent    atomic.Bool  // something was delivered by the log's word and not by a check
	spread  int64        // by how much later than others its turn to be checked comes, so that not all come at once
	who     atomic.Pointer[Identity]
	ctx     atomic.Pointer[context.Context] // carries the present principal

	checking sync.Mutex // one check at a time

	mu     sync.Mutex
	ops    map[string]*operation
	subs   []*operation  // those of ops that are subscriptions, in order of opening
	queue  [][]byte      // messages that wait to be written
	queued int           // bytes of them
	bye    *goodbye      // why it ends; nil while it goes on
	parted chan struct{} // closed when bye is set

	follow atomic.Pointer[live.Following] // tells of changed rights
}

// operation is one query, mutation or subscription in flight.
type operation struct {
	id     string
	prefix []byte // what goes before the payload of its frames
	stop   context.CancelFunc
	sub    *live.Subscription // set under the session's mutex, once it is open
	gone   atomic.Bool        // ended by the client or by us
}

func newSession(h *Handler, r *http.Request, w wire) *session {
	life, stop := context.WithCancel(context.Background())
	s := &session{h: h, wire: w, life: life, base: detached{values: r.Context(), life: life}, stop: stop, parted: make(chan struct{}), ops: map[string]*operation{}}
	const slots = 64
	s.spread = h.opened.Add(1) % slots * int64(h.cfg.Limits.Confirm) / 2 / slots
	s.id = h.cfg.Name + "." + strconv.FormatInt(h.numbers.Add(1), 10)
	s.address = h.address(r)
	s.act()
	return s
}

// address is what a request counts for by where it comes from; empty is nothing.
func (h *Handler) address(r *http.Request) string {
	if h.cfg.Address == nil {
		return ""
	}
	return h.cfg.Address(r)
}

func (s *session) seat(who Identity) census.Seat {
	return census.Seat{ID: s.id, TeamID: who.TeamID, AgentID: who.AgentID, Active: time.Unix(0, s.active.Load())}
}

// act notes that the person did something.
func (s *session) act() { s.active.Store(s.h.cfg.Clock.Now().UnixNano()) }

// nudge has what is due written. It never blocks.
func (s *session) nudge() { s.wire.nudge(false) }

func (s *session) identity() Identity {
	if who := s.who.Load(); who != nil {
		return *who
	}
	return Identity{}
}

func (s *session) team() int64 { return s.identity().TeamID }

// admit gives the session its identity and its place among the others; over a limit the longest idle of them goes, on whichever server it is. False where
// there is no place for a stranger.
func (s *session) admit(ctx context.Context, who Identity) bool {
	if who.TeamID == 0 && !s.h.sessions.stranger(s, s.h.cfg.Limits) {
		return false
	}
	s.checked.Store(s.h.cfg.Clock.Now().UnixNano())
	s.stand(ctx, who)
	for _, other := range s.h.sessions.seat(s, who, s.places(ctx, who)) {
		other.close(goodbyeEvicted)
	}
	if who.TeamID != 0 {
		s.follow.Store(s.h.cfg.Hub.Follow(who.TeamID, func(agent int64) {
			if (agent == 0 || agent == who.AgentID) && !planted.Is("revocation-not-followed") {
				s.demands.Add(1)
				s.h.spawn(func() { s.recheck() })
			}
		}))
		s.demands.Add(1) // what changed before we followed
	}
	return true
}

// places are the limits that hold for the connections of a person and of its team on this server. Where all servers are counted together it has those
// that must go told; while they cannot be, each server has its share.
func (s *session) places(ctx context.Context, who Identity) Limits {
	l := s.h.limits(who)
	if s.h.cfg.Census == nil || who.TeamID == 0 {
		return l
	}
	leave, err := s.h.cfg.Census.Enter(ctx, s.seat(who), l.PerAgent, l.PerTeam)
	if err != nil {
		l.PerAgent, l.PerTeam = s.h.cfg.Census.Share(l.PerAgent), s.h.cfg.Census.Share(l.PerTeam)
		return l
	}
	s.h.dismiss(ctx, who.TeamID, leave)
	return l
}

// stand takes an identity, and the context with its principal for as long as the session lives.
func (s *session) stand(ctx context.Context, who Identity) {
	if who.ExpiresAt.IsZero() {
		s.expires.Store(0)
	} else {
		s.expires.Store(who.ExpiresAt.UnixNano())
	}
	s.who.Store(&who)
	var principal context.Context = detached{values: ctx, life: s.life}
	s.ctx.Store(&principal)
}

// isChecked says whether the last check is good enough to deliver by.
func (s *session) isChecked(now time.Time) bool {
	return s.demands.Load() == s.met.Load() && now.UnixNano()-s.checked.Load() < int64(s.h.cfg.Limits.Recheck)
}

// isVouchedFor says whether the log is as good as a check: every change of rights is in it, so that an identity which was valid is valid still where
// the log has been read up to a moment ago and told of none. Without that, a thousand connections that are shown something ask the database a
// thousand questions a second. What was changed by hand and is in no log is found by the check that comes now and then all the same.
func (s *session) isVouchedFor(now time.Time) bool {
	follow := s.follow.Load()
	if follow == nil {
		return false
	}
	readAt := follow.ReadAt() // before demands: what was read up to then has been told
	l := &s.h.cfg.Limits
	if now.UnixNano()-readAt >= int64(l.Recheck) || now.UnixNano()-s.checked.Load() >= int64(l.Confirm) || s.demands.Load() != s.met.Load() {
		return false
	}
	if !s.lent.Load() {
		s.lent.Store(true)
	}
	return true
}

// principal gives the context to act and judge with, freshly checked where nothing vouches for it. False means that nothing may be delivered now.
func (s *session) principal(now time.Time) (context.Context, bool) {
	if at := s.expires.Load(); at != 0 && now.UnixNano() >= at {
		s.close(goodbyeExpired)
		return nil, false
	}
	if !s.isChecked(now) && !s.isVouchedFor(now) && !s.recheck() || s.isOver() {
		return nil, false
	}
	return *s.ctx.Load(), true
}

// aside runs f in another goroutine and waits: a reader and a writer live as long as their connection, and their stacks would stay as
// deep as f went.
func aside(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
}

// recheck asks whether the identity still holds and acts on the answer.
func (s *session) recheck() bool {
	s.checking.Lock()
	defer s.checking.Unlock()
	now := s.h.cfg.Clock.Now()
	if s.isChecked(now) {
		return !s.isOver() // somebody else has just asked
	}
	demands := s.demands.Load()
	who := s.who.Load()
	if who.Recheck == nil {
		s.checked.Store(now.UnixNano())
		s.met.Store(demands)
		return !s.isOver()
	}
	ctx, cancel := context.WithTimeout(s.base, s.h.cfg.Limits.Request)
	defer cancel()
	var c Check
	var err error
	aside(func() {
		if failure := s.h.guard(ctx, func() { c, err = who.Recheck(ctx) }); failure != nil {
			err = failure
		}
	})
	if err != nil { // it cannot be known now: nothing is delivered until it can, and the sweep asks again
		s.demands.CompareAndSwap(s.met.Load(), demands+1)
		return false
	}
	if c.Standing == Changed && (c.Identity.TeamID != who.TeamID || c.Identity.AgentID != who.AgentID) {
		c.Standing = Revoked // somebody else is not this person with other rights
	}
	switch c.Standing {
	case Revoked:
		s.close(goodbyeRevoked)
	case Expired:
		s.close(goodbyeExpired)
	case Suspended:
		s.close(goodbyeSuspended)
	case Changed:
		if planted.Is("rights-of-the-beginning") {
			break
		}
		demands = s.demands.Add(1) // nothing is delivered until the subscriptions know
		s.stand(c.Context, c.Identity)
		if c.Identity.Own != who.Own {
			s.bound(*who, c.Identity)
		}
		s.mu.Lock()
		for _, op := range s.subs {
			op.sub.Refresh()
		}
		s.mu.Unlock()
	}
	s.lent.Store(false)
	s.checked.Store(s.h.cfg.Clock.Now().UnixNano()) // not when it was asked: an answer that took longer than it is trusted would be good for nothing
	s.met.Store(demands)
	s.nudge()
	return !s.isOver()
}

// detached has the values of one context and the life of another, which has no values.
type detached struct {
	values context.Context
	life   context.Context
}

func (d detached) Deadline() (time.Time, bool) { return d.life.Deadline() }
func (d detached) Done() <-chan struct{}       { return d.life.Done() }
func (d detached) Err() error                  { return d.life.Err() }

// Value asks the life first: package context looks there for how to end a child without a goroutine of its own.
func (d detached) Value(k any) any {
	if v := d.life.Value(k); v != nil {
		return v
	}
	return d.values.Value(k)
}

// close ends the session with a goodbye; the first one counts. It does not wait: the writer says it, and where the writer is stuck the
// connection is cut.
func (s *session) close(g goodbye) {
	s.mu.Lock()
	if s.bye != nil {
		s.mu.Unlock()
		return
	}
	s.bye = &g
	s.over.Store(true)
	s.mu.Unlock()
	close(s.parted)
	s.wire.hurry(500 * time.Millisecond)
	s.wire.nudge(true)
}

func (s *session) isOver() bool { return s.over.Load() }

// farewell is why the session ends; nil while it goes on.
func (s *session) farewell() *goodbye {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bye
}

func (s *session) cut() { s.wire.cut() }

// finish frees everything. Nothing is written any more.
func (s *session) finish() {
	s.close(goodbye{code: 1000, reason: "client"})
	s.stop()
	s.mu.Lock()
	ops := s.ops
	s.ops, s.subs, s.queue = nil, nil, nil
	reason := s.bye.reason
	s.mu.Unlock()
	for _, op := range ops {
		op.gone.Store(true)
		op.stop()
		if op.sub != nil {
			op.sub.Close()
		}
	}
	if follow := s.follow.Load(); follow != nil {
		follow.Release()
	}
	if !s.h.sessions.remove(s) {
		return
	}
	if who := s.identity(); s.h.cfg.Census != nil && who.TeamID != 0 {
		s.h.cfg.Census.Leave(s.h.ctx, s.seat(who))
	}
	if s.h.cfg.Hooks.Closed != nil {
		s.h.cfg.Hooks.Closed(s.wire.kind(), reason)
	}
}

// begin takes an id into use; false where it is in use already, or where there are too many.
func (s *session) begin(id string, prefix []byte) (op *operation, isTaken, isFull bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ops == nil {
		return nil, false, true
	}
	if _, ok := s.ops[id]; ok {
		return nil, true, false
	}
	if len(s.ops) >= s.h.cfg.Limits.Operations && !planted.Is("limit-not-on-socket") {
		return nil, false, true
	}
	op = &operation{id: id, prefix: prefix, stop: func() {}}
	s.ops[id] = op
	return op, false, false
}

// end takes the operation out of use. It is said once: true for who ended it.
func (s *session) end(op *operation) bool {
	if op == nil || op.gone.Swap(true) {
		return false
	}
	s.mu.Lock()
	if s.ops[op.id] == op {
		delete(s.ops, op.id)
	}
	for i, o := range s.subs {
		if o == op {
			s.subs = append(s.subs[:i:i], s.subs[i+1:]...)
			break
		}
	}
	sub, stop := op.sub, op.stop
	s.mu.Unlock()
	stop()
	if sub != nil {
		sub.Close()
	}
	return true
}

// enqueue leaves a message for the writer. Where too much waits the client is too slow and goes.
func (s *session) enqueue(m []byte) {
	s.mu.Lock()
	l := s.h.cfg.Limits
	isFull := len(s.queue) >= l.QueueCount || len(s.queue) > 0 && s.queued+len(m) > l.QueueBytes
	if !isFull && s.bye == nil {
		s.queue = append(s.queue, m)
		s.queued += len(m)
	}
	s.mu.Unlock()
	if isFull {
		s.close(goodbyeSlow)
		return
	}
	s.nudge()
}

// outcome is what an operation came to: a response that was executed, errors without execution, or an open subscription.
type outcome struct {
	response   *graphql.Response
	isExecuted bool
	sub        *live.Subscription
}

// run executes the operation. allow says which kinds the way in is for.
func (s *session) run(op *operation, p *graphql.RawParams, allow func(ast.Operation) error) (out outcome) {
	principal, ok := s.principal(s.h.cfg.Clock.Now())
	if !ok {
		if s.isOver() {
			return outcome{}
		}
		// Silence would last for ever: nobody tries an operation again by himself.
		return outcome{response: s.h.faulty(*s.ctx.Load(), fault.New(fault.Unavailable, "who calls cannot be checked just now; try again in a moment"))}
	}
	ctx, cancel := context.WithTimeout(graphql.StartOperationTrace(principal), s.h.cfg.Limits.Request)
	defer cancel()
	s.mu.Lock()
	op.stop = cancel
	s.mu.Unlock()
	if op.gone.Load() {
		return outcome{}
	}
	failure := s.h.guard(ctx, func() {
		oc, errs := s.h.cfg.Executor.CreateOperationContext(ctx, p)
		if errs != nil {
			out = outcome{response: s.h.present(graphql.WithOperationContext(ctx, oc), errs)}
			return
		}
		if err := allow(oc.Operation.Operation); err != nil {
			out = outcome{response: s.h.present(graphql.WithOperationContext(ctx, oc), wrap(err))}
			return
		}
		if oc.Operation.Operation != ast.Subscription {
			out = outcome{response: s.h.dispatch(ctx, oc), isExecuted: true}
			return
		}
		who := s.identity()
		oc.Headers = nil
		sub, refused := s.h.cfg.Hub.Open(ctx, oc, live.Viewer{TeamID: who.TeamID, AgentID: who.AgentID, Language: who.Language}, s.nudge)
		out = outcome{response: refused, sub: sub}
	})
	if failure != nil {
		out = outcome{response: s.h.faulty(ctx, failure)}
	}
	if out.sub != nil {
		s.attach(op, out.sub)
	}
	return out
}

// attach hands an open subscription to the writer, unless the client has given it up meanwhile.
func (s *session) attach(op *operation, sub *live.Subscription) {
	s.mu.Lock()
	isGone := op.gone.Load() || s.ops == nil
	if !isGone {
		op.sub = sub
		op.stop = func() {}
		s.subs = append(s.subs, op)
	}
	s.mu.Unlock()
	if isGone {
		sub.Close()
		return
	}
	s.nudge()
}

// take gives what waits in the queue, the subscriptions to ask, and why the session ends.
func (s *session) take(queue [][]byte, subs []*operation) ([][]byte, []*operation, *goodbye) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue = append(queue[:0], s.queue...)
	clear(s.queue)
	s.queue, s.queued = s.queue[:0], 0
	return queue, append(subs[:0], s.subs...), s.bye
}

// next gives the next frame of a subscription; false where none is due or none may be delivered.
func (s *session) next(op *operation) (live.Frame, bool) {
	for !op.gone.Load() {
		now := s.h.cfg.Clock.Now()
		if !s.isChecked(now) && !s.isVouchedFor(now) {
			// Whoever writes for many connections must not wait for the database for one. The check has the writer look again.
			s.askAgain()
			return live.Frame{}, false
		}
		ctx, ok := s.principal(now)
		if !ok {
			return live.Frame{}, false
		}
		f, ok := op.sub.NextAt(ctx, now)
		if !ok {
			return live.Frame{}, false
		}
		if len(f.Payload) > 0 || f.Last {
			return f, true
		}
	}
	return live.Frame{}, false
}

// encodeID gives an id as JSON.
func encodeID(id string) []byte {
	b, err := json.Marshal(id)
	if err != nil {
		return []byte(`""`)
	}
	return b
}
