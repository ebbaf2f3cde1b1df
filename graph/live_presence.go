package graph

import (
	"context"
	"strconv"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// presenceStream is who looks at a conversation and who types in it.
type presenceStream struct {
	frames
	watch
	r *Resolver
}

func (r *Resolver) presenceStream(ctx context.Context, conversationID string) (live.Stream, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	w, err := r.newWatch(ctx, p, conversationID)
	if err != nil {
		return nil, err
	}
	return &presenceStream{watch: w, r: r}, nil
}

// Class implements live.Stream: all who may look see the same.
func (s *presenceStream) Class(context.Context) string { return strconv.FormatInt(s.conversation, 10) }

// Start implements live.Starter: who is there now.
func (s *presenceStream) Start(context.Context) live.Verdict { return live.Show("presence", s.load) }

// Judge implements live.Stream: events only tell whether the conversation may still be seen.
func (s *presenceStream) Judge(ctx context.Context, e event.Event) live.Verdict {
	if end := s.end(viewer(ctx), e); end != nil {
		return *end
	}
	return live.Verdict{}
}

// Hear implements live.Hearer.
func (s *presenceStream) Hear(ctx context.Context, m bus.Message) live.Verdict {
	n, ok := s.r.Presence.Take(m)
	if !ok || n != s.conversation {
		return live.Verdict{}
	}
	if !sees(viewer(ctx), s.facets) {
		return live.Stop(accessLost, false)
	}
	return live.Show("presence", s.load)
}

func (s *presenceStream) load(ctx context.Context, at event.Cursor) (any, error) {
	p := viewer(ctx)
	viewing, typing, isCustomerTyping := s.r.Presence.Who(p.TeamID, s.conversation)
	out := &model.PresenceChanged{Cursor: at.String(), IsCustomerTyping: isCustomerTyping, Viewing: []*model.AgentSummary{}, Typing: []*model.AgentSummary{}}
	if len(viewing)+len(typing) == 0 {
		return out, nil
	}
	err := s.r.Inbox.Look(ctx, p, func(ctx context.Context, v *store.View) error {
		agents, err := inbox.AgentsByID(ctx, v, append(viewing[:len(viewing):len(viewing)], typing...))
		if err != nil {
			return err
		}
		for _, n := range viewing {
			if a := agentSummary(agents[n]); a != nil {
				out.Viewing = append(out.Viewing, a)
			}
		}
		for _, n := range typing {
			if a := agentSummary(agents[n]); a != nil {
				out.Typing = append(out.Typing, a)
			}
		}
		return nil
	})
	return out, err
}

// setPresence tells the others what the viewer does in a conversation that it may see.
func (r *Resolver) setPresence(ctx context.Context, conversationID string, k presence.Kind, isOn bool) error {
	p, err := auth.From(ctx)
	if err != nil {
		return err
	}
	if p.AgentID == 0 {
		return fault.New(fault.Forbidden, "only agents are present; an integration is not")
	}
	n, err := id.Parse(id.Conversation, conversationID)
	if err != nil {
		return err
	}
	err = r.Inbox.Look(ctx, p, func(ctx context.Context, v *store.View) error {
		_, err := inbox.Visible(ctx, v, p, n)
		return err
	})
	if err != nil {
		return err
	}
	r.Presence.Set(ctx, p.TeamID, n, p.AgentID, k, isOn)
	return nil
}
