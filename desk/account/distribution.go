package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The most that a distribution names, and has named: each is read by who lists what waits.
const (
	maxChosen    = 50
	maxAudiences = 100
	maxBranch    = 100
)

// Distribution is to whom new enquiries of a channel go (CHAN-8): to everybody where it names neither.
type Distribution struct {
	ChannelID int64
	BranchID  string
	AgentIDs  []int64
}

// DistributionOf says to whom new enquiries of a channel go.
func DistributionOf(c *ent.Channel) Distribution {
	branch, agents := row.Audience(c.Audience)
	return Distribution{ChannelID: c.ID, BranchID: branch, AgentIDs: agents}
}

// Distribute says to whom new enquiries of a channel go from now on (CHAN-8): who else does not see what waits, nor is it assigned to them in turn; those who see
// the team's conversations see it all the same. What waits already stays where it went. Faults: Forbidden for all but ADMINs, NotFound, Invalid, Conflict for a
// deleted channel.
func (s *Service) Distribute(ctx context.Context, p auth.Principal, in Distribution) (*ent.Channel, event.Cursor, error) {
	return s.change(ctx, p, in.ChannelID, func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		to := row.Everybody
		switch {
		case in.BranchID != "":
			branch, err := input.Line("branchId", in.BranchID, maxBranch)
			if err != nil {
				return nil, err
			}
			to = row.BranchAudience(branch)
		case len(in.AgentIDs) > 0:
			ids := slices.Compact(slices.Sorted(slices.Values(in.AgentIDs)))
			if len(ids) > maxChosen {
				return nil, fault.Input("agentIds", "at most %d agents", maxChosen).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxChosen})
			}
			n, err := tx.Agent.Query().Where(agent.IDIn(ids...)).Count(ctx)
			if err != nil {
				return nil, fmt.Errorf("find agents: %w", err)
			}
			if n != len(ids) {
				return nil, fault.Input("agentIds", "one of these agents does not exist")
			}
			to = row.AgentsAudience(ids)
		}
		if to == c.Audience {
			return nil, errSame
		}
		u := tx.Channel.UpdateOne(c).SetAudience(to)
		if to != row.Everybody && !slices.Contains(c.Audiences, to) {
			if len(c.Audiences) >= maxAudiences {
				return nil, fault.New(fault.Conflict, "this channel has gone to %d audiences already; go back to one of them", maxAudiences)
			}
			u.SetAudiences(append(slices.Clone(c.Audiences), to))
		}
		return u, nil
	})
}
