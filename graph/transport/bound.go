package transport

import (
	"cmp"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/internal/auth"
)

// limits are those that hold for somebody: the server's, and the team's own where they are below.
func (h *Handler) limits(who Identity) Limits {
	l := h.cfg.Limits
	l.PerAgent, l.PerTeam = auth.Tighter(l.PerAgent, who.Own.PerAgent), auth.Tighter(l.PerTeam, who.Own.PerTeam)
	l.Idle, l.Warn = h.idle(&who)
	return l
}

// idle is how long somebody may do nothing, and how long before that the client is told.
func (h *Handler) idle(who *Identity) (limit, warn time.Duration) {
	limit = auth.Tighter(h.cfg.Limits.Idle, who.Own.Idle)
	return limit, min(h.cfg.Limits.Warn, limit/2)
}

// bound acts on other limits of the session's team. Who has been idle for longer than is allowed now is told first, as everybody is.
func (s *session) bound(was, is Identity) {
	before, _ := s.h.idle(&was)
	if after, warn := s.h.idle(&is); after < before {
		s.spared.Store(s.h.cfg.Clock.Now().Add(warn).UnixNano())
	}
	s.h.settle(is.TeamID, s.h.limits(is))
}

// settle has those connections of a team go that are above its limits, the longest idle first. It is asked for by each connection that learns of
// other limits, and done aside, once for as many as have asked meanwhile.
func (h *Handler) settle(team int64, l Limits) {
	h.mu.Lock()
	_, isUnderWay := h.settling[team]
	h.settling[team] = &l
	h.mu.Unlock()
	if isUnderWay {
		return
	}
	h.spawn(func() {
		for {
			h.mu.Lock()
			next := h.settling[team]
			if h.settling[team] = nil; next == nil {
				delete(h.settling, team)
			}
			h.mu.Unlock()
			if next == nil {
				return
			}
			h.trim(team, *next)
		}
	})
}

// trim has those go that are above the limits now: of all servers where they are counted together, and of this one in any case.
func (h *Handler) trim(team int64, l Limits) {
	if h.cfg.Census != nil {
		// While they cannot be counted together the next who comes has them counted.
		leave, _ := h.cfg.Census.Trim(h.ctx, team, h.sessions.agentsOf(team), l.PerAgent, l.PerTeam)
		h.dismiss(h.ctx, team, leave)
	}
	for _, s := range h.sessions.trim(team, l) {
		s.close(goodbyeEvicted)
	}
}

// agentsOf are the agents of a team who have connections here.
func (r *registry) agentsOf(team int64) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.agentsIn(team)
}

func (r *registry) agentsIn(team int64) []int64 {
	all := make([]int64, 0, len(r.teams[team]))
	for s := range r.teams[team] {
		all = append(all, s.identity().AgentID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// trim takes the places of those of a team that are above the limits: the longest idle.
func (r *registry) trim(team int64, l Limits) (leave []*session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range r.agentsIn(team) {
		leave = append(leave, r.surplus(r.agents[agent{team, id}], l.PerAgent)...)
	}
	return append(leave, r.surplus(r.teams[team], l.PerTeam)...)
}

func (r *registry) surplus(of map[*session]struct{}, most int) []*session {
	if len(of) <= most {
		return nil
	}
	all := make([]*session, 0, len(of))
	for s := range of {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *session) int { return cmp.Compare(a.active.Load(), b.active.Load()) })
	all = all[:len(all)-most]
	for _, s := range all {
		r.unseat(s)
	}
	return all
}
