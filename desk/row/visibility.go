package row

import (
	"slices"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// IsMine says whether the principal follows the conversation, was its last follower where it is ENDED, or collaborates on it. An
// integration follows nothing.
func IsMine(p auth.Principal, f *event.Facets) bool {
	return p.AgentID != 0 && (f.Status != "PENDING" && f.FollowerID == p.AgentID || slices.Contains(f.Collaborators, p.AgentID))
}

// SeesTeamsOwn says whether the principal sees a conversation that others follow or followed: a manager role, the permission to manage for
// others, or for a SALES_MANAGER the same branch or region (CONV-28).
func SeesTeamsOwn(p auth.Principal, f *event.Facets) bool {
	if p.SeesTeam() {
		return true
	}
	return p.Role == auth.SalesManager && (f.BranchID != "" && f.BranchID == p.BranchID || f.RegionID != "" && f.RegionID == p.RegionID)
}

// Sees says whether the principal may know that the conversation exists (CONV-28, GRP-1): everybody sees the pending ones that went to it and its own,
// some the team's; groups only the roles that work with groups. What is not seen is absent everywhere: lists, counts, search,
// subscriptions, mutations and by id.
func Sees(p auth.Principal, f *event.Facets) bool {
	if f == nil || f.Kind == "GROUP" && !p.Role.HasGroups() {
		return false
	}
	return f.Status == "PENDING" && Hears(p, f.Audience) || IsMine(p, f) || SeesTeamsOwn(p, f)
}
