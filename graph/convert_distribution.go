package graph

import (
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// distributionModel is to whom new enquiries of a channel go.
func distributionModel(c *ent.Channel) model.ChannelDistribution {
	d := account.DistributionOf(c)
	m := model.ChannelDistribution{To: model.DistributionTargetEverybody, AgentIds: []string{}, BranchID: textOrNil(d.BranchID)}
	for _, n := range d.AgentIDs {
		m.AgentIds = append(m.AgentIds, id.Format(id.Agent, n))
	}
	switch {
	case d.BranchID != "":
		m.To = model.DistributionTargetBranch
	case len(d.AgentIDs) > 0:
		m.To = model.DistributionTargetAgents
	}
	return m
}

// distributionInput reads to whom new enquiries are to go.
func distributionInput(n int64, in model.ChannelDistributionSetInput) (account.Distribution, error) {
	d := account.Distribution{ChannelID: n}
	switch in.To {
	case model.DistributionTargetAgents:
		for _, s := range in.AgentIds.Value() {
			a, err := id.Parse(id.Agent, s)
			if err != nil {
				return d, err
			}
			d.AgentIDs = append(d.AgentIDs, a)
		}
		if len(d.AgentIDs) == 0 {
			return d, fault.Input("agentIds", "name at least one agent")
		}
	case model.DistributionTargetBranch:
		if d.BranchID = given(in.BranchID.Value(), ""); d.BranchID == "" {
			return d, fault.Input("branchId", "name the branch")
		}
	case model.DistributionTargetEverybody:
	}
	return d, nil
}
