// Package conversation holds what agents do to conversations: follow, take over, transfer, end, reopen, answer, read. What is allowed is a
// table (CONV-6, GRP-18) that the mutations and the API's viewerCan both ask.
package conversation

import (
	"slices"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// Action is something that is done to a conversation.
type Action string

// The actions.
const (
	Following     Action = "FOLLOW"
	TakingOver    Action = "TAKE_OVER"
	Transferring  Action = "TRANSFER"
	Ending        Action = "END"
	Reopening     Action = "REOPEN"
	Replying      Action = "REPLY"
	MarkingRead   Action = "MARK_READ"
	MarkingUnread Action = "MARK_UNREAD"
)

// Actions are all actions.
var Actions = []Action{Following, TakingOver, Transferring, Ending, Reopening, Replying, MarkingRead, MarkingUnread}

// Place is where a conversation stands from an agent's point of view: the rows of CONV-6.
type Place string

// The places.
const (
	Pending    Place = "PENDING"
	Mine       Place = "MINE"        // IN_PROGRESS, and I follow it
	Joined     Place = "JOINED"      // IN_PROGRESS, and I collaborate
	Teams      Place = "TEAM"        // IN_PROGRESS with another
	MyEnded    Place = "MY_ENDED"    // ENDED, and I was the last follower
	EndedJoint Place = "ENDED_JOINT" // ENDED, and I collaborate
	TeamEnded  Place = "TEAM_ENDED"  // ENDED by others
)

// PlaceOf says where the conversation stands for the principal. An integration has no own ones.
func PlaceOf(p auth.Principal, f *event.Facets) Place {
	follows := p.AgentID != 0 && f.FollowerID == p.AgentID
	joins := p.AgentID != 0 && slices.Contains(f.Collaborators, p.AgentID)
	switch f.Status {
	case "PENDING":
		return Pending
	case "IN_PROGRESS":
		switch {
		case follows:
			return Mine
		case joins:
			return Joined
		}
		return Teams
	}
	switch {
	case follows:
		return MyEnded
	case joins:
		return EndedJoint
	}
	return TeamEnded
}

// who says which of those that see a conversation may act, and why not the others: a code of the catalogue, "" where they may.
type who func(p auth.Principal) string

// whoever is every agent; an integration acts on behalf of one.
func whoever(p auth.Principal) string {
	if p.AgentID == 0 {
		return "refusal.on_behalf"
	}
	return ""
}

// anyone is every agent and every integration.
func anyone(auth.Principal) string { return "" }

// managers are the agents of the manager roles.
func managers(p auth.Principal) string {
	if !p.Role.IsManager() {
		return "refusal.role"
	}
	return whoever(p)
}

// senders are those with the permission to send messages.
func senders(p auth.Principal) string {
	if !p.Has(auth.SendMessages) {
		return "refusal.send_permission"
	}
	return ""
}

// bots are integrations that may send: a bot serves who waits for a person.
func bots(p auth.Principal) string {
	if p.TokenID == 0 || p.AgentID != 0 {
		return "refusal.PENDING"
	}
	return senders(p)
}

// others are those who may manage for others.
func others(p auth.Principal) string {
	if !p.Has(auth.ManageOthers) {
		return "refusal.others_permission"
	}
	return ""
}

// otherSenders are those who may both send and manage for others (CONV-23).
func otherSenders(p auth.Principal) string {
	if why := senders(p); why != "" {
		return why
	}
	return others(p)
}

// cells are the actions that a place allows, and to whom. What has no cell is refused by the place itself.
type cells map[Action]who

// matrix is CONV-6 for one-to-one conversations and GRP-18 for groups, with answering (CONV-23) and marks (CONV-22, COLL-13). A group is
// seen by the four roles that work with groups alone (GRP-1), so that "managers" are three there. Collaborations have no rows yet: every
// place refuses.
var matrix = map[string]map[Place]cells{
	"ONE_ON_ONE": {
		Pending:   {Following: whoever, Ending: anyone, Replying: bots, MarkingRead: others, MarkingUnread: others},
		Mine:      {Ending: whoever, Transferring: whoever, Replying: senders, MarkingRead: whoever, MarkingUnread: whoever},
		Teams:     {TakingOver: whoever, Replying: otherSenders, MarkingRead: others, MarkingUnread: others},
		MyEnded:   {Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever},
		TeamEnded: {Reopening: managers, MarkingRead: others, MarkingUnread: others},
	},
	"GROUP": {
		Pending:   {Following: whoever, Ending: anyone, Replying: bots, MarkingRead: others, MarkingUnread: others},
		Mine:      {Ending: whoever, Transferring: whoever, Replying: senders, MarkingRead: whoever, MarkingUnread: whoever},
		Teams:     {TakingOver: managers, Replying: otherSenders, MarkingRead: others, MarkingUnread: others},
		MyEnded:   {Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever},
		TeamEnded: {Reopening: managers, MarkingRead: others, MarkingUnread: others},
	},
}

// gone are the actions that a group refuses once the account has left it (GRP-5).
var gone = []Action{Following, TakingOver, Transferring, Reopening, Replying, MarkingUnread}

// Permit says whether an action is allowed and, if not, why: Code is a code of the API's user errors, Reason a code of the catalogue of
// texts.
type Permit struct {
	Allowed      bool
	Code, Reason string
}

// Decide says whether the principal may do it to a conversation with these facets; hasLeft: it is a group that the account has left. What
// the principal does not see does not exist for it: NOT_FOUND. STATE_CONFLICT: where the conversation stands refuses it, whoever asks.
// FORBIDDEN: a role, a permission or a scope is missing.
func Decide(p auth.Principal, f *event.Facets, hasLeft bool, a Action) Permit {
	if !row.Sees(p, f) {
		return Permit{Code: "NOT_FOUND", Reason: "refusal.absent"}
	}
	if hasLeft && slices.Contains(gone, a) {
		return Permit{Code: "STATE_CONFLICT", Reason: "refusal.group_left"}
	}
	may, ok := matrix[f.Kind][PlaceOf(p, f)][a]
	if !ok {
		return Permit{Code: "STATE_CONFLICT", Reason: stateReason(p, f)}
	}
	if !p.May(auth.WriteConversations) {
		return Permit{Code: "FORBIDDEN", Reason: "refusal.scope"}
	}
	switch why := may(p); why {
	case "":
		return Permit{Allowed: true}
	case "refusal.PENDING":
		return Permit{Code: "STATE_CONFLICT", Reason: why}
	default:
		return Permit{Code: "FORBIDDEN", Reason: why}
	}
}

// stateReason names the state that refuses an action.
func stateReason(p auth.Principal, f *event.Facets) string {
	if pl := PlaceOf(p, f); pl == Mine {
		return "refusal.MINE"
	}
	return "refusal." + f.Status
}

// Permits is what a principal may do to a conversation: the API's viewerCan.
type Permits struct {
	Reply, Follow, TakeOver, Transfer, End, Reopen, MarkRead, MarkUnread Permit
}

// PermitsOf decides every action.
func PermitsOf(p auth.Principal, f *event.Facets, hasLeft bool) Permits {
	d := func(a Action) Permit { return Decide(p, f, hasLeft, a) }
	return Permits{Reply: d(Replying), Follow: d(Following), TakeOver: d(TakingOver), Transfer: d(Transferring), End: d(Ending),
		Reopen: d(Reopening), MarkRead: d(MarkingRead), MarkUnread: d(MarkingUnread)}
}
