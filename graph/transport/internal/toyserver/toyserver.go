// Package toyserver serves the toy schema through the transports, for tests with real clients.
package toyserver

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/live/toy"
	"github.com/switchyard-chat/switchyard/internal/live/toy/gen"
)

// Server is a world behind a handler.
type Server struct {
	*toy.World
	*transport.Handler
	Hub *live.Hub

	mu       sync.Mutex
	standing map[int64]transport.Standing
	rooms    map[int64]map[int64]bool
	own      transport.Own
	checks   int
	isAway   bool
}

// New makes a server. change may change what it is made from.
func New(change func(*transport.Config, *live.Config)) *Server {
	s := &Server{World: toy.New(), standing: map[int64]transport.Standing{}, rooms: map[int64]map[int64]bool{}}
	lc := live.Config{Log: s.Log, Bus: s.Bus, Clock: clock.Real{}, Executor: s.Exec,
		IsViewerDependent: live.ViewerFields(gen.NewExecutableSchema(gen.Config{}).Schema(), "viewer")}
	tc := transport.Config{Executor: s.Exec, Authenticate: s.authenticate, Clock: clock.Real{}}
	if change != nil {
		change(&tc, &lc)
	}
	s.Hub = live.New(lc)
	tc.Hub = s.Hub
	s.Handler = transport.New(tc)
	return s
}

// Close ends both.
func (s *Server) Close() {
	s.Handler.Close()
	s.Hub.Close()
}

// Set says what a recheck of the agent finds, and for Changed the rooms that it may see from then on.
func (s *Server) Set(agent int64, st transport.Standing, rooms ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing[agent] = st
	if len(rooms) > 0 {
		s.rooms[agent] = map[int64]bool{}
		for _, r := range rooms {
			s.rooms[agent][r] = true
		}
	}
}

// Limit gives the team limits of its own, as an event in its log says.
func (s *Server) Limit(own transport.Own) {
	s.mu.Lock()
	s.own = own
	s.mu.Unlock()
	s.Log.Append(event.Event{Kind: event.TeamChanged})
	s.Hint(context.Background())
}

// Checks says how often identities were rechecked.
func (s *Server) Checks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checks
}

// FailChecks lets rechecks fail, as where the database is away, or no longer.
func (s *Server) FailChecks(isAway bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isAway = isAway
}

// authenticate takes tokens "agent-7", with a sign-in "agent-7/laptop" and a time to live "agent-7/laptop/90ms"; no token is nobody.
func (s *Server) authenticate(ctx context.Context, token string, _ *http.Request) (context.Context, transport.Identity, error) {
	if token == "" {
		if transport.Payload(ctx) != nil {
			return ctx, transport.Identity{}, fault.New(fault.Unauthenticated, "sign in first")
		}
		return ctx, transport.Identity{}, nil
	}
	p := append(strings.Split(token, "/"), "", "")
	number, ok := strings.CutPrefix(p[0], "agent-")
	agent, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return ctx, transport.Identity{}, fault.New(fault.Unauthenticated, "the token is not valid; sign in again")
	}
	who := transport.Identity{TeamID: 1, AgentID: agent, SessionKey: p[1]}
	if d, err := time.ParseDuration(p[2]); err == nil {
		who.ExpiresAt = clock.Real{}.Now().Add(d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.viewer(ctx, agent), s.bounded(who), nil
}

// bounded is somebody with the limits of now.
func (s *Server) bounded(who transport.Identity) transport.Identity {
	who.Own = s.own
	who.Recheck = func(ctx context.Context) (transport.Check, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.checks++
		if s.isAway {
			return transport.Check{}, fault.New(fault.Unavailable, "the database is away")
		}
		c := transport.Check{Standing: s.standing[who.AgentID], Context: s.viewer(ctx, who.AgentID), Identity: s.bounded(who)}
		if c.Standing == transport.Valid && s.own != who.Own {
			c.Standing = transport.Changed
		}
		return c, nil
	}
	return who
}

func (s *Server) viewer(ctx context.Context, agent int64) context.Context {
	v := &toy.Viewer{Agent: agent, Rooms: s.rooms[agent]}
	if v.Rooms != nil {
		v.Role = "some"
	}
	return toy.With(ctx, v)
}
