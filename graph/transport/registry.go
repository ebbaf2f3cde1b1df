package transport

import (
	"context"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/planted"
)

// registry knows the connections of this node: who they are of and when their person was last active.
type registry struct {
	mu     sync.Mutex
	all    map[*session]struct{}
	teams  map[int64]map[*session]struct{}
	agents map[agent]map[*session]struct{}
	byID   map[string]*session
	// addresses are how many come from one, strangers those of them who are not signed in.
	addresses, strangers map[string]int
	empty                chan struct{} // closed and replaced when a session goes
}

type agent struct{ team, id int64 }

func newRegistry() *registry {
	return &registry{all: map[*session]struct{}{}, teams: map[int64]map[*session]struct{}{}, agents: map[agent]map[*session]struct{}{}, empty: make(chan struct{}),
		byID: map[string]*session{}, addresses: map[string]int{}, strangers: map[string]int{}}
}

// room says whether there is a place for one more from an address.
func (r *registry) room(address string, l Limits) crowd {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.crowded(address, l)
}

// crowd says why there is no place.
type crowd int

const (
	isRoom crowd = iota
	isNodeFull
	isAddressFull
)

func (r *registry) crowded(address string, l Limits) crowd {
	switch {
	case len(r.all) >= l.PerNode:
		return isNodeFull
	case address != "" && r.addresses[address] >= l.PerAddress:
		return isAddressFull
	}
	return isRoom
}

// add takes in a connection whose person is not known yet, if there is a place.
func (r *registry) add(s *session, l Limits) crowd {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.crowded(s.address, l); c != isRoom {
		return c
	}
	r.all[s] = struct{}{}
	r.byID[s.id] = s
	if s.address != "" {
		r.addresses[s.address]++
	}
	return isRoom
}

// stranger counts a connection of nobody; false where its address has enough of them.
func (r *registry) stranger(s *session, l Limits) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.all[s]; !ok || s.address == "" {
		return true
	}
	if r.strangers[s.address] >= l.Anonymous {
		return false
	}
	r.strangers[s.address]++
	s.isStranger = true
	return true
}

func less(of map[string]int, key string) {
	if of[key]--; of[key] <= 0 {
		delete(of, key)
	}
}

// take takes their places from the sessions with these ids that are here, and gives them.
func (r *registry) take(ids []string) []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []*session
	for _, id := range ids {
		if s := r.byID[id]; s != nil {
			found = append(found, r.unseat(s))
		}
	}
	return found
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
	// One came, so one goes. Where the limit has just become a share of it, since the others cannot be counted, this server grows no further and sends nobody
	// away who was let in.
	if len(r.agents[of]) > l.PerAgent {
		leave = append(leave, r.unseat(longestIdle(r.agents[of], s)))
	}
	if len(r.teams[who.TeamID]) > l.PerTeam {
		leave = append(leave, r.unseat(longestIdle(r.teams[who.TeamID], s)))
	}
	return leave
}

// longestIdle finds, among those that are not the newcomer, whose person has done nothing for the longest time.
func longestIdle(of map[*session]struct{}, newcomer *session) *session {
	var found *session
	for s := range of {
		if s != newcomer && (found == nil || (s.active.Load() < found.active.Load()) != planted.Is("newest-evicted")) {
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
	delete(r.byID, s.id)
	if s.address != "" {
		less(r.addresses, s.address)
		if s.isStranger {
			less(r.strangers, s.address)
		}
	}
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

// has says whether an agent has a connection here.
func (r *registry) has(who agent) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.agents[who]) > 0
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
		case s.isIdle(now):
			s.close(goodbyeIdle)
		case s.demands.Load() != s.met.Load():
			s.askAgain() // nothing is delivered until it succeeds
		case s.lent.Load() && now.UnixNano()-s.checked.Load() >= int64(s.h.cfg.Limits.Confirm)/2+s.spread:
			s.askAgain() // before its time, so that no delivery waits for it
		}
	}
	s.wire.tick(now)
}

// askAgain has the identity checked aside, once at a time: where the database hangs, one who waits for it is enough.
func (s *session) askAgain() {
	if !s.asking.CompareAndSwap(false, true) {
		return
	}
	if !s.h.spawn(func() { defer s.asking.Store(false); s.recheck() }) {
		s.asking.Store(false)
	}
}

// isIdle says whether the person has done nothing for too long, and has the client told a while before, and when that is over.
func (s *session) isIdle(now time.Time) bool {
	limit, warn := s.h.idle(s.who.Load())
	ends := max(s.active.Load()+int64(limit), s.spared.Load())
	switch left := ends - now.UnixNano(); {
	case left <= 0:
		return true
	case left <= int64(warn):
		if s.warned.Swap(ends) != ends {
			s.warn(time.Unix(0, ends))
		}
	case s.warned.Swap(0) != 0:
		s.warn(time.Time{})
	}
	return false
}

// warn tells the client when its connection is closed if its person does nothing; the zero time takes that back.
func (s *session) warn(at time.Time) {
	s.mu.Lock()
	for _, op := range s.subs {
		op.sub.Idle(at)
	}
	s.mu.Unlock()
	s.wire.warn(at)
}

// renew keeps this server's connections in the census.
func (h *Handler) renew(tick *clock.Ticker) {
	defer tick.Stop()
	for {
		_ = h.cfg.Census.Renew(h.ctx, h.Seats()) // while it fails each server keeps to its share
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Evict closes the connections with these ids that are here, since others have come over a limit.
func (h *Handler) Evict(ids []string) {
	for _, s := range h.sessions.take(ids) {
		s.close(goodbyeEvicted)
	}
}

// dismiss has connections of a team go, wherever they are.
func (h *Handler) dismiss(ctx context.Context, team int64, ids []string) {
	if len(ids) == 0 {
		return
	}
	h.Evict(ids)
	if h.cfg.Evict != nil {
		h.cfg.Evict(ctx, team, ids)
	}
}
