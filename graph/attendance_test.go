package graph_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// PROD-10, RT-1: who is there is told live, at once and as it changes, and by query, where who is not there is offline.
func TestAgentPresence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		s := w.open(t, amy, `subscription { agentPresence { __typename cursor ... on AgentPresenceChanged { agents { agentId state } } } }`, nil)
		s.want(t, "Hello")
		s.want(t, "AgentPresenceChanged")
		w.resolver.Presence.Attend(context.Background(), "here", []presence.Seat{{Team: w.Team, Agent: amy.AgentID, Active: time.Now()}})
		s.want(t, "AgentPresenceChanged")
		var q struct {
			AgentPresence []struct{ AgentID, State string }
		}
		ids := []string{id.Format(id.Agent, amy.AgentID), id.Format(id.Agent, ben.AgentID)}
		errs := w.query(t, w.Agent(auth.Admin), `query($ids: [ID!]) { agentPresence(agentIds: $ids) { agentId state } }`, map[string]any{"ids": ids}, &q)
		if errs != nil || len(q.AgentPresence) != 2 || q.AgentPresence[0].State != "ONLINE" || q.AgentPresence[1].State != "OFFLINE" {
			t.Errorf("they are %+v: %v", q, errs)
		}
		if errs := w.query(t, amy, `{ agentPresence { agentId state } }`, nil, &q); errs != nil || len(q.AgentPresence) != 1 || q.AgentPresence[0].AgentID != ids[0] {
			t.Errorf("there is %+v: %v", q, errs)
		}
	})
}
