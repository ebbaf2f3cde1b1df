// Package conversation holds what agents do to conversations: follow, take over, transfer, end, reopen, answer, read, work on one with others, and
// any of it to many at once. What is allowed is a table (CONV-6, COLL-5 to COLL-12, GRP-18) that the mutations, the bulk actions and the API's
// viewerCan all ask.
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
	Adding        Action = "ADD_COLLABORATORS"
	Joining       Action = "JOIN"
	Removing      Action = "REMOVE_COLLABORATORS"
	Leaving       Action = "LEAVE"
	Deleting      Action = "DELETE"
	Blacklisting  Action = "BLACKLIST"
	Noting        Action = "NOTE"
	Exporting     Action = "EXPORT"
	NotingGroup   Action = "GROUP_NOTE"
	OpeningMember Action = "OPEN_MEMBER"
	LeavingGroup  Action = "LEAVE_GROUP"
	Pinning       Action = "PIN"
	Starring      Action = "STAR"
	Archiving     Action = "ARCHIVE"
	Snoozing      Action = "SNOOZE"
	Waking        Action = "UNSNOOZE"
	Starting      Action = "START"
)

// Actions are all actions.
var Actions = []Action{Following, TakingOver, Transferring, Ending, Reopening, Replying, MarkingRead, MarkingUnread, Adding, Joining, Removing, Leaving,
	Deleting, Blacklisting, Noting, Exporting, NotingGroup, OpeningMember, LeavingGroup, Pinning, Starring, Archiving, Snoozing, Waking, Starting}

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

// heads are those who may delete for good (CONV-14).
func heads(p auth.Principal) string {
	if p.Role != auth.Admin && p.Role != auth.Supervisor {
		return "refusal.role"
	}
	return ""
}

// admins are those who may take a conversation out of the house (CONV-25).
func admins(p auth.Principal) string {
	if p.Role != auth.Admin {
		return "refusal.role"
	}
	return ""
}

// nobody is refused by where the conversation stands, with a reason that says more than the state does.
func nobody(why string) who { return func(auth.Principal) string { return why } }

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

// starters are the agents who may send: who begins a conversation follows it (MSG-14).
func starters(p auth.Principal) string {
	if why := whoever(p); why != "" {
		return why
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

// states are the reasons by which it is not the caller but where the conversation stands that refuses.
var states = []string{"refusal.PENDING", "refusal.join_first", "refusal.collaborator_end", "refusal.collaborator_transfer", "refusal.follower_leave", "refusal.group_blacklist", "refusal.follower_leaves_group"}

// noters are those who may add a private note or a star, wherever it stands: the rules do not say who. Whoever may only look leaves no trace (MSG-17).
func noters(p auth.Principal) string {
	if p.Role.IsManager() {
		return ""
	}
	return senders(p)
}

// cells are the actions that a place allows, and to whom. What has no cell is refused by the place itself.
type cells map[Action]who

// Shape is what of a conversation's kind decides: groups with collaborators are a shape of their own.
type Shape string

// The shapes.
const (
	OneOnOne      Shape = "ONE_ON_ONE"
	Collaboration Shape = "COLLABORATION"
	Group         Shape = "GROUP"
	JointGroup    Shape = row.JointGroup
)

// ShapeOf gives a conversation's shape.
func ShapeOf(f *event.Facets) Shape { return Shape(row.KindOf(f)) }

// matrix is CONV-6 for one-to-one conversations, COLL-2 and COLL-5 to COLL-12 where several agents work on one, and GRP-5 and GRP-18 for groups, with answering
// (CONV-23), marks (CONV-20, CONV-21, CONV-22, COLL-13), snoozing (PROD-14), deleting, blacklisting and exporting (CONV-14, CONV-15, CONV-25). A group is seen by the four roles that work with groups alone
// (GRP-1), so that "managers" are three there. What several work on is never PENDING (COLL-3).
var matrix = map[Shape]map[Place]cells{
	OneOnOne: {
		Pending:   {Following: whoever, Ending: anyone, Replying: bots, MarkingRead: others, MarkingUnread: others, Deleting: heads, Blacklisting: heads, Noting: noters, Exporting: admins, Starring: noters, Archiving: others, Starting: starters},
		Mine:      {Ending: whoever, Transferring: whoever, Replying: senders, MarkingRead: whoever, MarkingUnread: whoever, Adding: whoever, Deleting: heads, Blacklisting: heads, Noting: noters, Exporting: admins, Pinning: whoever, Starring: noters, Archiving: whoever, Snoozing: whoever, Waking: whoever, Starting: starters},
		Teams:     {TakingOver: whoever, Replying: otherSenders, MarkingRead: others, MarkingUnread: others, Joining: managers, Deleting: heads, Blacklisting: heads, Noting: noters, Exporting: admins, Starring: noters, Archiving: others, Snoozing: others, Waking: others, Starting: starters},
		MyEnded:   {Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: heads, Noting: noters, Exporting: admins, Starring: noters, Archiving: whoever, Starting: starters},
		TeamEnded: {Reopening: managers, MarkingRead: others, MarkingUnread: others, Deleting: heads, Blacklisting: heads, Noting: noters, Exporting: admins, Starring: noters, Archiving: others, Starting: starters},
	},
	Collaboration: beginning(joint(heads)),
	Group: {
		Pending:   {LeavingGroup: whoever, Following: whoever, Ending: anyone, Replying: bots, MarkingRead: others, MarkingUnread: others, Deleting: heads, Blacklisting: nobody("refusal.group_blacklist"), Noting: noters, Exporting: admins, Starring: noters, Archiving: others},
		Mine:      {LeavingGroup: whoever, Ending: whoever, Transferring: whoever, Replying: senders, MarkingRead: whoever, MarkingUnread: whoever, Adding: whoever, Deleting: heads, Blacklisting: nobody("refusal.group_blacklist"), Noting: noters, Exporting: admins, Pinning: whoever, Starring: noters, Archiving: whoever, Snoozing: whoever, Waking: whoever},
		Teams:     {TakingOver: managers, Replying: otherSenders, MarkingRead: others, MarkingUnread: others, Joining: managers, Deleting: heads, Blacklisting: nobody("refusal.group_blacklist"), Noting: noters, Exporting: admins, Starring: noters, Archiving: others, Snoozing: others, Waking: others},
		MyEnded:   {LeavingGroup: whoever, Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: nobody("refusal.group_blacklist"), Noting: noters, Exporting: admins, Starring: noters, Archiving: whoever},
		TeamEnded: {LeavingGroup: whoever, Reopening: managers, MarkingRead: others, MarkingUnread: others, Deleting: heads, Blacklisting: nobody("refusal.group_blacklist"), Noting: noters, Exporting: admins, Starring: noters, Archiving: others},
	},
	JointGroup: jointGroup(),
}

// joint are the rows of what several agents work on, one-to-one or a group.
func joint(blacklist who) map[Place]cells {
	return map[Place]cells{
		Mine: {Replying: senders, Ending: whoever, Transferring: whoever, Adding: whoever, Removing: whoever, Leaving: nobody("refusal.follower_leave"),
			MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Pinning: whoever, Starring: noters, Archiving: whoever, Snoozing: whoever, Waking: whoever},
		Joined: {Replying: senders, Ending: nobody("refusal.collaborator_end"), Transferring: nobody("refusal.collaborator_transfer"), TakingOver: managers,
			Adding: managers, Removing: managers, Leaving: whoever, MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Pinning: whoever, Starring: noters, Archiving: whoever, Snoozing: whoever, Waking: whoever},
		Teams: {Replying: nobody("refusal.join_first"), TakingOver: nobody("refusal.join_first"), Joining: managers, Removing: managers, MarkingRead: others,
			MarkingUnread: others, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Starring: noters, Archiving: others, Snoozing: others, Waking: others},
		MyEnded:    {Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Starring: noters, Archiving: whoever},
		EndedJoint: {Reopening: whoever, MarkingRead: whoever, MarkingUnread: whoever, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Starring: noters, Archiving: whoever},
		TeamEnded:  {Reopening: managers, MarkingRead: others, MarkingUnread: others, Deleting: heads, Blacklisting: blacklist, Noting: noters, Exporting: admins, Starring: noters, Archiving: others},
	}
}

// jointGroup are the rows of a group that several agents work on: only the follower takes the account out of it (GRP-5).
func jointGroup() map[Place]cells {
	rows := joint(nobody("refusal.group_blacklist"))
	for _, c := range rows {
		c[LeavingGroup] = nobody("refusal.follower_leaves_group")
	}
	rows[Mine][LeavingGroup], rows[MyEnded][LeavingGroup] = whoever, whoever
	return rows
}

// beginning adds to the rows of what several agents work on who begins it by phone number (MSG-14): those who work on it. Others join first.
func beginning(rows map[Place]cells) map[Place]cells {
	for place, row := range rows {
		row[Starting] = starters
		if place == Teams || place == TeamEnded {
			row[Starting] = nobody("refusal.join_first")
		}
	}
	return rows
}

// ofGroups are what is done to a group itself, wherever its conversation stands and whether or not the account is still in it: who edits its note (GRP-7),
// and who goes from a member to its one-to-one conversation (GRP-10).
var ofGroups = map[Action]who{NotingGroup: noters, OpeningMember: senders}

// bulk is what is asked beside the matrix where an action is done to many at once (CONV-12, CONV-13, GRP-18): an action without an entry is not done
// in bulk. Conversations of the shapes that are named are refused it, with the reason.
var bulk = map[Action]struct {
	who    who
	not    []Shape
	reason string
}{
	Following:     {who: anyone},
	Ending:        {who: anyone},
	Reopening:     {who: anyone},
	Transferring:  {bulkTransferrers, []Shape{Collaboration, Group, JointGroup}, "refusal.bulk_transfer"},
	MarkingRead:   {who: anyone},
	MarkingUnread: {who: anyone},
	Deleting:      {who: anyone},
	Blacklisting:  {who: anyone},
	Replying:      {who: senders}, // MSG-11
	Snoozing:      {who: anyone},
	Waking:        {who: anyone},
}

// bulkTransferrers are the roles that transfer many at once (CONV-12).
func bulkTransferrers(p auth.Principal) string {
	if p.Role == auth.CSManager || p.Role == auth.MarketingCS {
		return "refusal.role"
	}
	return whoever(p)
}

// gone are the actions that a group refuses once the account has left it (GRP-5).
var gone = []Action{Following, TakingOver, Transferring, Reopening, Replying, MarkingUnread, Adding, Joining, Removing, Leaving, Pinning, LeavingGroup, Snoozing, Waking}

// MaxCollaborators is how many agents may work on a conversation beside its follower (COLL-1).
const MaxCollaborators = 5

// collaborating are the types of channel whose conversations several agents may work on (COLL-1).
var collaborating = []string{"WHATSAPP", "LINE", "FACEBOOK", "INSTAGRAM", "WECHAT", "WEBCHAT"}

// Setting is what beside the conversation itself decides what may be done to it.
type Setting struct {
	// HasLeft: it is a group that the account has left.
	HasLeft bool
	// Collaborates: the team lets several agents work on one conversation (COLL-1).
	Collaborates bool
}

// Permit says whether an action is allowed and, if not, why: Code is a code of the API's user errors, Reason a code of the catalogue of
// texts.
type Permit struct {
	Allowed      bool
	Code, Reason string
}

// Decide says whether the principal may do it to a conversation with these facets. What the principal does not see does not exist for it:
// NOT_FOUND, but where it begins one by phone number (MSG-14). STATE_CONFLICT: where the conversation stands, or the team's setting, refuses it, whoever asks. FORBIDDEN: a role, a permission or a
// scope is missing. LIMIT_EXCEEDED: there are as many collaborators as can be.
func Decide(p auth.Principal, f *event.Facets, in Setting, a Action) Permit {
	if isTold := a == Starting && f.Kind != "GROUP"; !isTold && !row.Sees(p, f) {
		return Permit{Code: "NOT_FOUND", Reason: "refusal.absent"}
	}
	if in.HasLeft && slices.Contains(gone, a) {
		return Permit{Code: "STATE_CONFLICT", Reason: "refusal.group_left"}
	}
	may, isOfGroup := ofGroups[a]
	if (isOfGroup || a == LeavingGroup) && f.Kind != "GROUP" {
		return Permit{Code: "STATE_CONFLICT", Reason: "refusal.not_group"}
	}
	ok := isOfGroup
	if !isOfGroup {
		may, ok = matrix[ShapeOf(f)][PlaceOf(p, f)][a]
	}
	if !ok {
		return Permit{Code: "STATE_CONFLICT", Reason: stateReason(p, f)}
	}
	grows := a == Adding || a == Joining
	switch {
	case grows && !in.Collaborates:
		return Permit{Code: "STATE_CONFLICT", Reason: "refusal.collaboration_off"}
	case grows && !slices.Contains(collaborating, f.ChannelType):
		return Permit{Code: "STATE_CONFLICT", Reason: "refusal.collaboration_channel"}
	}
	why := may(p)
	if slices.Contains(states, why) {
		return Permit{Code: "STATE_CONFLICT", Reason: why}
	}
	if !p.May(auth.WriteConversations) {
		why = "refusal.scope"
	}
	if why != "" {
		return Permit{Code: "FORBIDDEN", Reason: why}
	}
	if grows && len(f.Collaborators) >= MaxCollaborators {
		return Permit{Code: "LIMIT_EXCEEDED", Reason: "refusal.collaborators_full"}
	}
	return Permit{Allowed: true}
}

// DecideBulk says whether the principal may do it to this conversation among many: what Decide says, and what is refused to many at once
// (CONV-11 to CONV-13).
func DecideBulk(p auth.Principal, f *event.Facets, in Setting, a Action) Permit {
	more, ok := bulk[a]
	if !ok {
		return Permit{Code: "FORBIDDEN", Reason: "refusal.not_bulk"}
	}
	if !row.Sees(p, f) {
		return Permit{Code: "NOT_FOUND", Reason: "refusal.absent"}
	}
	if slices.Contains(more.not, ShapeOf(f)) {
		return Permit{Code: "STATE_CONFLICT", Reason: more.reason}
	}
	d := Decide(p, f, in, a)
	if !d.Allowed {
		return d
	}
	if why := more.who(p); why != "" {
		return Permit{Code: "FORBIDDEN", Reason: why}
	}
	return d
}

// stateReason names the state that refuses an action.
func stateReason(p auth.Principal, f *event.Facets) string {
	if pl := PlaceOf(p, f); pl == Mine {
		return "refusal.MINE"
	}
	return "refusal." + f.Status
}

// Permits is what a principal may do to a conversation, by action: the API's viewerCan.
type Permits map[Action]Permit

// PermitsOf decides every action.
func PermitsOf(p auth.Principal, f *event.Facets, in Setting) Permits {
	all := make(Permits, len(Actions))
	for _, a := range Actions {
		all[a] = Decide(p, f, in, a)
	}
	return all
}
