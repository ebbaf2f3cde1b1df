package transport

import (
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// registry knows the connections of this node: who they are of and when their person was last active.
type registry struct {
	mu     sync.Mutex
	all    map[*session]struct{}
	teams  map[int64]map[*session]struct{}
	agents map[agent]map[*session]struct{}
	empty  chan struct{} // closed and replaced when a session goes
}

type agent struct{ team, id int64 }

func newRegistry() *registry {
	return &registry{all: map[*session]struct{}{}, teams: map[int64]map[*session]struct{}{}, agents: map[agent]map[*session]struct{}{}, empty: make(chan struct{})}
}

// add takes in a connection whose person is not known yet; false where the node is full.
func (r *registry) add(s *session, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= limit {
		return false
	}
	r.all[s] = struct{}{}
	return true
}

// seat gives the session its place among those of its agent and team, and the sessions that must go for it: the longest idle.
func (r *registry) seat(s *session, who Identity, l Limits) (leave []*session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.all[s]; !ok || who.TeamID == 0 {
		return nil
	}
	of := agent{who.TeamID, who.AgentID}
	if r.agents[of] == nil {
		r.agents[of] = map[*session]struct{}{}
	}
	if r.teams[who.TeamID] == nil {
		r.teams[who.TeamID] = map[*session]struct{}{}
	}
	r.agents[of][s] = struct{}{}
	r.teams[who.TeamID][s] = struct{}{}
	for len(r.agents[of]) > l.PerAgent {
		leave = append(leave, r.unseat(longestIdle(r.agents[of], s)))
	}
	for len(r.teams[who.TeamID]) > l.PerTeam {
		leave = append(leave, r.unseat(longestIdle(r.teams[who.TeamID], s)))
	}
	return leave
}

// longestIdle finds, among those that are not the newcomer, whose person has done nothing for the longest time.
func longestIdle(of map[*session]struct{}, newcomer *session) *session {
	var found *session
	for s := range of {
		if s != newcomer && (found == nil || s.active.Load() < found.active.Load()) {
			found = s
		}
	}
	return found
}

func (r *registry) unseat(s *session) *session {
	who := s.identity()
	of := agent{who.TeamID, who.AgentID}
	delete(r.agents[of], s)
	if len(r.agents[of]) == 0 {
		delete(r.agents, of)
	}
	delete(r.teams[who.TeamID], s)
	if len(r.teams[who.TeamID]) == 0 {
		delete(r.teams, who.TeamID)
	}
	return s
}

// remove forgets a session and says whether it was known.
func (r *registry) remove(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.all[s]; !ok {
		return false
	}
	delete(r.all, s)
	r.unseat(s)
	close(r.empty)
	r.empty = make(chan struct{})
	return true
}

// emptied is closed when the next session goes, or at once where none is left.
func (r *registry) emptied() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		none := make(chan struct{})
		close(none)
		return none
	}
	return r.empty
}

func (r *registry) list() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*session, 0, len(r.all))
	for s := range r.all {
		list = append(list, s)
	}
	return list
}

func (r *registry) count(team int64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if team == 0 {
		return len(r.all)
	}
	return len(r.teams[team])
}

// touch notes that a person did something over HTTP, for the connections of the same sign-in.
func (r *registry) touch(who Identity, now time.Time) {
	if who.SessionKey == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.agents[agent{who.TeamID, who.AgentID}] {
		if s.identity().SessionKey == who.SessionKey {
			s.active.Store(now.UnixNano())
		}
	}
}

// sweep looks at the time limits of all connections.
func (h *Handler) sweep(tick *clock.Ticker) {
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		now := h.cfg.Clock.Now()
		for _, s := range h.sessions.list() {
			s.tick(now)
		}
	}
}

// tick looks at one connection.
func (s *session) tick(now time.Time) {
	who := s.who.Load()
	if who != nil && !s.isOver() {
		switch {
		case !who.ExpiresAt.IsZero() && !now.Before(who.ExpiresAt):
			s.close(goodbyeExpired)
		case now.UnixNano()-s.active.Load() >= int64(s.h.cfg.Limits.Idle):
			s.close(goodbyeIdle)
		case s.demands.Load() != s.met.Load():
			s.h.spawn(func() { s.recheck() }) // nothing is delivered until it succeeds
		case s.lent.Load() && now.UnixNano()-s.checked.Load() >= int64(s.h.cfg.Limits.Confirm)/2+s.spread:
			s.h.spawn(func() { s.recheck() }) // before its time, so that no delivery waits for it
		}
	}
	s.wire.tick(now)
}
