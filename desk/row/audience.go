package row

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Everybody is the audience of an enquiry that goes to all (CHAN-8). Any other names a branch, or agents: texts, so that a row, a counter and an event each
// say all that decides who sees what waits.
const Everybody = ""

const (
	branchMark = "="
	agentMark  = ","
)

// BranchAudience is the audience of those of a branch.
func BranchAudience(branchID string) string { return branchMark + branchID }

// AgentsAudience is the audience of some agents, in whatever order they are named.
func AgentsAudience(agentIDs []int64) string {
	all := agentMark
	for _, n := range slices.Compact(slices.Sorted(slices.Values(agentIDs))) {
		all += strconv.FormatInt(n, 10) + agentMark
	}
	return all
}

// Audience reads what an audience names: a branch, or agents; neither for everybody.
func Audience(audience string) (branchID string, agentIDs []int64) {
	if branch, ok := strings.CutPrefix(audience, branchMark); ok {
		return branch, nil
	}
	for part := range strings.SplitSeq(audience, agentMark) {
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			agentIDs = append(agentIDs, n)
		}
	}
	return "", agentIDs
}

// Named are the audiences of which a principal is one, but for those of several agents, each of which holds Mark.
func Named(p auth.Principal) []string {
	all := []string{Everybody}
	if p.BranchID != "" {
		all = append(all, BranchAudience(p.BranchID))
	}
	return all
}

// Mark is the part of an audience of several agents that names this one.
func Mark(agentID int64) string { return agentMark + strconv.FormatInt(agentID, 10) + agentMark }

// Hears says whether an enquiry that went to an audience goes to the principal (CHAN-8). Who sees the team's conversations sees it all the same.
func Hears(p auth.Principal, audience string) bool {
	return slices.Contains(Named(p), audience) || p.AgentID != 0 && strings.HasPrefix(audience, agentMark) && strings.Contains(audience, Mark(p.AgentID))
}

type audiencesKey struct{}

// Address has a copy of a conversation that begins to wait go to whom its channel says now (CHAN-8). The channel is read once a transaction.
func Address(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if c.Status != conversation.StatusPENDING {
		return nil
	}
	known := tx.Keep(audiencesKey{}, func() any { return map[int64]string{} }).(map[int64]string)
	to, ok := known[c.ChannelID]
	if !ok {
		ch, err := tx.Channel.Query().Where(channel.ID(c.ChannelID)).Select(channel.FieldID, channel.FieldTeamID, channel.FieldAudience).Only(ctx)
		if err != nil {
			return fmt.Errorf("read to whom channel %d goes: %w", c.ChannelID, err)
		}
		to = ch.Audience
		known[c.ChannelID] = to
	}
	c.Audience = to
	return nil
}

// AudiencesIn gives all audiences but everybody to which the team's waiting conversations may have gone, in order.
func AudiencesIn(ctx context.Context, v *store.View) ([]string, error) {
	all, err := v.Channel.Query().Where(channel.AudiencesNotNil()).Select(channel.FieldID, channel.FieldTeamID, channel.FieldAudiences).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read to whom channels go: %w", err)
	}
	var out []string
	for _, c := range all {
		out = append(out, c.Audiences...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
