package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// attendanceStream is which agents are there.
type attendanceStream struct {
	frames
	r *Resolver
}

func (r *Resolver) attendanceStream(ctx context.Context) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return nil, err
	}
	return &attendanceStream{r: r}, nil
}

// Class implements live.Stream: all of a team see the same.
func (s *attendanceStream) Class(context.Context) string { return "attendance" }

// Start implements live.Starter: who is there now.
func (s *attendanceStream) Start(context.Context) live.Verdict {
	return live.Verdict{Variant: "attendance", Load: s.load, Coalesce: true}
}

// Judge implements live.Stream: what is in the log changes nothing.
func (s *attendanceStream) Judge(context.Context, event.Event) live.Verdict { return live.Verdict{} }

// Hear implements live.Hearer.
func (s *attendanceStream) Hear(_ context.Context, m bus.Message) live.Verdict {
	if !s.r.Presence.TakeAttendance(m) {
		return live.Verdict{}
	}
	return live.Verdict{Variant: "attendance", Load: s.load, Coalesce: true}
}

func (s *attendanceStream) load(ctx context.Context, at event.Cursor) (any, error) {
	out := &model.AgentPresenceChanged{Cursor: at.String(), Agents: []*model.AgentPresence{}}
	there := s.r.Presence.There(viewer(ctx).TeamID)
	for _, n := range slices.Sorted(maps.Keys(there)) {
		out.Agents = append(out.Agents, agentPresenceModel(n, there[n]))
	}
	return out, nil
}

func agentPresenceModel(n int64, s presence.State) *model.AgentPresence {
	return &model.AgentPresence{AgentID: id.Format(id.Agent, n), State: model.AgentPresenceState(s)}
}

// agentPresence says of agents whether they are there: of those that are named, or of all who are. One that is not the team's does not exist.
func (r *Resolver) agentPresence(ctx context.Context, p auth.Principal, named []string) ([]*model.AgentPresence, error) {
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return nil, err
	}
	there := r.Presence.There(p.TeamID)
	if named == nil {
		out := []*model.AgentPresence{}
		for _, n := range slices.Sorted(maps.Keys(there)) {
			out = append(out, agentPresenceModel(n, there[n]))
		}
		return out, nil
	}
	const most = 100
	if len(named) > most {
		return nil, fault.Input("agentIds", "at most %d at once", most)
	}
	ids, err := id.ParseAll(id.Agent, named)
	if err != nil {
		return nil, err
	}
	if err := r.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		known, err := v.Agent.Query().Where(agent.IDIn(ids...)).IDs(ctx)
		if err == nil && slices.ContainsFunc(ids, func(n int64) bool { return !slices.Contains(known, n) }) {
			return fault.Missing("the agent")
		}
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]*model.AgentPresence, len(ids))
	for i, n := range ids {
		state := there[n]
		if state == "" {
			state = presence.Offline
		}
		out[i] = agentPresenceModel(n, state)
	}
	return out, nil
}
