// Package transport carries GraphQL: over HTTP (GET and POST), over WebSocket (graphql-transport-ws) and as server-sent events (graphql-sse,
// distinct connections), all at one path. It knows protocols and nothing of customer service: who calls is told by an injected
// function, subscriptions come from internal/live.
//
// A connection has one goroutine that reads, and no queue of events: what is due is pulled from the log when it can be written (pump.go). A
// client that does not read is cut off by the write deadline, and costs one burst of bytes until then.
package transport

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/internal/census"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// Identity is who calls. The zero value is nobody: it may call what needs no sign-in, and is not counted against any limit.
type Identity struct {
	TeamID      int64
	AgentID     int64
	AuthVersion int64
	// SessionKey names the sign-in that the token belongs to. What a person does in one connection of a sign-in keeps the others of it from
	// being idle.
	SessionKey string
	Language   string    // of texts that the server makes
	ExpiresAt  time.Time // of the token; zero is never
	// Own are the team's own limits. They hold where they are below the server's.
	Own Own
	// Recheck says whether the identity still holds; nil means always. It is asked at once when the log says that rights have changed; beside that, while
	// something is delivered, now and then, and every second where the log cannot be read. ctx holds the values of the request that began the
	// connection, and no principal. While it fails nothing is delivered.
	Recheck func(ctx context.Context) (Check, error)
}

// Own are limits of live connections that a team has set for itself; a value that is 0 is none.
type Own struct {
	Idle              time.Duration // see Limits
	PerAgent, PerTeam int
}

// Check is the answer of Identity.Recheck.
type Check struct {
	Standing Standing
	// Context and Identity are what takes the place of the former ones, as Authenticate gives them; for Changed alone.
	Context  context.Context
	Identity Identity
}

// Standing says whether an identity still holds.
type Standing int

// What may have become of an identity.
const (
	Valid     Standing = iota
	Changed            // still valid, with other rights or limits
	Revoked            // closed with 4401: signing in again is needed
	Expired            // closed with 4403: refresh the token and come back
	Suspended          // closed with 1008 team-suspended
)

// Authenticate finds out who calls. token is what follows "Bearer " in the Authorization header, or in the payload of connection_init; empty where there
// was none. The returned context is derived from ctx and carries the principal. r is the request, or the upgrade of a socket; Payload gives what
// connection_init said. An error is a fault: Unauthenticated for a bad token.
type Authenticate func(ctx context.Context, token string, r *http.Request) (context.Context, Identity, error)

// Config is what the transports need. Executor, Hub, Authenticate and Clock must be given.
type Config struct {
	Executor     graphql.GraphExecutor
	Hub          *live.Hub
	Authenticate Authenticate
	Clock        clock.Clock
	// AllowOrigin says whether a page of the origin may open a socket. A request without an Origin comes from no browser and is not asked about. Where it
	// is nil only the server's own origin may.
	AllowOrigin func(origin string, r *http.Request) bool
	// Respond may set headers of an HTTP answer before it is written: costs, rate limits, Retry-After. The response is never nil.
	Respond func(ctx context.Context, h http.Header, r *graphql.Response)
	// Address says for whom a request counts by where it comes from; nil counts nobody so.
	Address func(r *http.Request) string
	// Census counts the connections of all servers together; nil is this server alone. Name is this server's in it, and Evict tells the other servers of
	// connections of a team that must go, which they hand to Handler.Evict.
	Census *census.Redis
	Name   string
	Evict  func(ctx context.Context, team int64, ids []string)
	Limits Limits
	Hooks  Hooks
}

// Limits are the bounds of what a client may do. A value that is 0 is the one named here.
type Limits struct {
	Body        int64         // bytes of a request; 256 KiB
	Answer      int           // bytes of an answer to a query; 4 MiB
	Request     time.Duration // time for a query or mutation; 10 s
	Init        time.Duration // from the upgrade to connection_init; 5 s
	Message     int           // bytes of a message on a socket; 64 KiB
	Operations  int           // at once on one socket; 20
	QueueCount  int           // answers that wait to be written; 256
	QueueBytes  int           // 1 MiB
	Write       time.Duration // for one write; 10 s
	Ping        time.Duration // 25 s
	Pong        time.Duration // 10 s
	Idle        time.Duration // without an action of the person; 30 min
	Warn        time.Duration // before that, the client is told; 1 min, and at most half of Idle
	Recheck     time.Duration // how long an identity is trusted, and the log that tells of changed rights, while something is delivered; 1 s
	Confirm     time.Duration // how long it is trusted at the most because the log tells of no change; 30 s
	Sweep       time.Duration // how often time limits of connections are looked at; 1 s
	PerAgent    int           // connections; 10
	PerTeam     int           // 2,000
	PerNode     int           // 20,000
	PerAddress  int           // from one address; 10,000
	Anonymous   int           // from one address, of those who are not signed in; 20
	DrainSpread time.Duration // over which Drain spreads its goodbyes; 3 s
}

func (l *Limits) fill() {
	size := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	span := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	if l.Body <= 0 {
		l.Body = 256 << 10
	}
	span(&l.Request, 10*time.Second)
	span(&l.Init, 5*time.Second)
	size(&l.Answer, 4<<20)
	size(&l.Message, 64<<10)
	size(&l.Operations, 20)
	size(&l.QueueCount, 256)
	size(&l.QueueBytes, 1<<20)
	span(&l.Write, 10*time.Second)
	span(&l.Ping, 25*time.Second)
	span(&l.Pong, 10*time.Second)
	span(&l.Idle, 30*time.Minute)
	span(&l.Warn, time.Minute)
	span(&l.Recheck, time.Second)
	span(&l.Confirm, 30*time.Second)
	span(&l.Sweep, time.Second)
	size(&l.PerAgent, 10)
	size(&l.PerTeam, 2000)
	size(&l.PerNode, 20000)
	size(&l.PerAddress, 10000)
	size(&l.Anonymous, 20)
	span(&l.DrainSpread, 3*time.Second)
}

// Hooks are told what happens, for metrics and logs. Any may be nil; they must not block. kind is "websocket" or "sse".
type Hooks struct {
	Opened    func(kind string)
	Closed    func(kind, reason string)
	Delivered func(kind string, frames, bytes int)
	Panicked  func(ctx context.Context, v any, stack []byte)
}

// Handler serves GraphQL at one path.
type Handler struct {
	cfg      Config
	sessions *registry
	pump     *pump
	draining atomic.Bool
	opened   atomic.Int64 // sessions, ever
	numbers  atomic.Int64 // of sessions
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex
	isClosed bool
	settling map[int64]*Limits // of the teams whose connections are being settled: what is still to be done, nil where nothing is
}

// New makes the handler and starts it. Close stops it.
func New(cfg Config) *Handler {
	cfg.Limits.fill()
	if cfg.AllowOrigin == nil {
		cfg.AllowOrigin = func(origin string, r *http.Request) bool {
			_, host, _ := strings.Cut(origin, "://")
			return strings.EqualFold(host, r.Host)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &Handler{cfg: cfg, sessions: newRegistry(), ctx: ctx, stop: stop, settling: map[int64]*Limits{}}
	h.pump = newPump(ctx, h.spawn)
	tick := cfg.Clock.Ticker(cfg.Limits.Sweep)
	h.wg.Go(func() { h.sweep(tick) })
	if cfg.Census != nil {
		renewal := cfg.Clock.Ticker(census.Renewal)
		h.wg.Go(func() { h.renew(renewal) })
	}
	return h
}

// ServeHTTP takes a request to the transport that it asks for.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	switch {
	case r.Header.Get("Upgrade") != "":
		h.serveSocket(w, r)
	case r.Method == http.MethodGet, r.Method == http.MethodPost:
		h.serveHTTP(w, r)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		http.Error(w, "GraphQL is served by GET and POST", http.StatusMethodNotAllowed)
	}
}

// Sessions says how many connections are open, of a team or, for team 0, in all.
func (h *Handler) Sessions(team int64) int { return h.sessions.count(team) }

// IsConnected says whether an agent has a live connection, here or, where all servers count together, on any server. An error says that the others' are not
// known now.
func (h *Handler) IsConnected(ctx context.Context, team, id int64) (bool, error) {
	if h.sessions.has(agent{team, id}) || h.cfg.Census == nil {
		return h.sessions.has(agent{team, id}), nil
	}
	return h.cfg.Census.Has(ctx, census.Seat{TeamID: team, AgentID: id})
}

// Seats are the connections that are open here, of people who are known.
func (h *Handler) Seats() []census.Seat {
	var all []census.Seat
	for _, s := range h.sessions.list() {
		if who := s.identity(); who.TeamID != 0 && !s.isOver() {
			all = append(all, s.seat(who))
		}
	}
	return all
}

// CloseTeam closes the connections of a team for the reason that it is suspended.
func (h *Handler) CloseTeam(team int64) {
	for _, s := range h.sessions.list() {
		if s.team() == team {
			s.close(goodbyeSuspended)
		}
	}
}

// Drain refuses new connections and asks the clients of all open ones to come back, which another server then takes: a few at a time, so
// that they do not come all at once. It returns when all are gone or the context ends; those that are left are then cut off. Queries over HTTP
// are left to http.Server.Shutdown.
func (h *Handler) Drain(ctx context.Context) {
	h.draining.Store(true)
	all := h.sessions.list()
	for i, s := range all {
		// Nobody waits for the first: a server with one client left stops at once.
		if i > 0 && h.cfg.Clock.Sleep(ctx, h.cfg.Limits.DrainSpread/time.Duration(len(all))) != nil {
			break
		}
		if planted.Is("drain-without-a-word") {
			s.cut()
			continue
		}
		s.close(goodbyeDrain)
	}
	for h.sessions.count(0) > 0 {
		select {
		case <-ctx.Done():
			for _, s := range h.sessions.list() {
				s.cut()
			}
			return
		case <-h.sessions.emptied():
		}
	}
}

// Close cuts off what is left and waits for it. A second call does nothing.
func (h *Handler) Close() {
	h.mu.Lock()
	if h.isClosed {
		h.mu.Unlock()
		return
	}
	h.isClosed = true
	h.mu.Unlock()
	h.draining.Store(true)
	for _, s := range h.sessions.list() {
		s.close(goodbyeDrain)
		s.cut()
	}
	h.stop()
	h.wg.Wait()
}

// spawn runs f in a goroutine that Close waits for; false where the handler is closed.
func (h *Handler) spawn(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isClosed {
		return false
	}
	h.wg.Go(f)
	return true
}

type payloadKey struct{}

// Payload is what connection_init said, for Authenticate; nil over HTTP.
func Payload(ctx context.Context) map[string]any {
	p, _ := ctx.Value(payloadKey{}).(map[string]any)
	return p
}

// bearer gives the token of an Authorization value, empty where it has none.
func bearer(v string) string {
	scheme, token, ok := strings.Cut(strings.TrimSpace(v), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
