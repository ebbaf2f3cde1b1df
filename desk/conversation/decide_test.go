package conversation_test

import (
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
)

const me, another, third = 7, 8, 9

// oracle says what the rules say, one sentence a rule, in another form than the table that is tested. What no rule states is denied.
func oracle(p auth.Principal, f *event.Facets, in conversation.Setting, a conversation.Action) string {
	isManager := p.Role == auth.Admin || p.Role == auth.Supervisor || p.Role == auth.CSManager || p.Role == auth.MarketingCS
	worksWithGroups := p.Role == auth.Admin || p.Role == auth.Supervisor || p.Role == auth.CSManager || p.Role == auth.AgentRole
	isOpen, isJoint := f.Status == "IN_PROGRESS", len(f.Collaborators) > 0
	follows := f.Status != "PENDING" && f.FollowerID == me
	joins := slices.Contains(f.Collaborators, me)
	part := follows || joins
	sees := f.Status == "PENDING" || part || isManager || p.Has(auth.ManageOthers) || p.Role == auth.SalesManager && f.RegionID == p.RegionID
	if f.Kind == "GROUP" && !worksWithGroups { // GRP-1
		sees = false
	}
	if a == conversation.Starting && f.Kind != "GROUP" { // MSG-14: whoever may send, seen or not; of a collaboration those who work on it
		switch {
		case isJoint && (f.Status == "PENDING" || !part):
			return "STATE_CONFLICT"
		case p.Has(auth.SendMessages):
			return ""
		}
		return "FORBIDDEN"
	}
	if !sees { // CONV-28: unseen means absent
		return "NOT_FOUND"
	}
	verdict := func(isState, isRight bool) string {
		switch {
		// GRP-5: what the account has left can be ended, read and deleted, and nothing else.
		case !isState || in.HasLeft && a != conversation.Ending && a != conversation.MarkingRead && a != conversation.Deleting:
			return "STATE_CONFLICT"
		case !isRight:
			return "FORBIDDEN"
		}
		return ""
	}
	// COLL-1: on five platforms and on the website, where the team has it switched on, and five at most.
	grows := func(isState, isRight bool) string {
		is := in.Collaborates && (f.ChannelType == "LINE" || f.ChannelType == "WEBCHAT")
		if v := verdict(isState && is, isRight); v != "" || len(f.Collaborators) < 5 {
			return v
		}
		return "LIMIT_EXCEEDED"
	}
	if a == conversation.NotingGroup || a == conversation.OpeningMember { // GRP-7, GRP-10: of groups alone, wherever they stand, also where the account has left
		switch {
		case f.Kind != "GROUP":
			return "STATE_CONFLICT"
		case p.Has(auth.SendMessages) || isManager && a == conversation.NotingGroup:
			return ""
		}
		return "FORBIDDEN"
	}
	if isJoint && f.Status == "PENDING" { // COLL-3: never so
		return verdict(false, false)
	}
	if a == conversation.Noting && (isManager || p.Has(auth.SendMessages)) { // MSG-17: wherever it stands, also where the account has left
		return ""
	}
	switch a {
	case conversation.Starting: // MSG-14: no group has a phone number
		return "STATE_CONFLICT"
	case conversation.Noting:
		return "FORBIDDEN"
	case conversation.Exporting: // CONV-25: wherever it stands, also where the account has left
		if p.Role == auth.Admin {
			return ""
		}
		return "FORBIDDEN"
	case conversation.Starring: // CONV-21: it says nothing of who; whoever may leave a note
		if isManager || p.Has(auth.SendMessages) {
			return ""
		}
		return "FORBIDDEN"
	case conversation.Archiving: // CONV-21: it says nothing of who; as the other marks of everybody, CONV-22
		if part || p.Has(auth.ManageOthers) {
			return ""
		}
		return "FORBIDDEN"
	case conversation.Snoozing, conversation.Waking: // PROD-14: what is in progress, by who works on it or may manage for others
		return verdict(isOpen, part || p.Has(auth.ManageOthers))
	case conversation.Pinning: // CONV-20: follower and collaborators, in my in-progress; GRP-5
		return verdict(isOpen && part, true)
	case conversation.Following: // CONV-6: following takes PENDING only
		return verdict(f.Status == "PENDING", true)
	case conversation.TakingOver:
		if isJoint { // COLL-9: a collaborator with a manager role
			return verdict(isOpen && joins, isManager)
		}
		return verdict(isOpen && !follows, f.Kind != "GROUP" || isManager) // CONV-6: whoever sees the team's; GRP-18: in groups three roles
	case conversation.Transferring: // CONV-6, GRP-18, COLL-10: by the follower
		return verdict(isOpen && follows, true)
	case conversation.Ending: // CONV-6, GRP-18: pending ones and one's own; COLL-11: the follower, whatever the others' roles
		return verdict(f.Status == "PENDING" || isOpen && follows, true)
	case conversation.Reopening: // CONV-6, GRP-18: the last follower its own, the manager roles the team's; COLL-12: collaborators too
		return verdict(f.Status == "ENDED", part || isManager)
	case conversation.Replying:
		if isJoint { // COLL-5: follower and collaborators alone
			return verdict(isOpen && part, p.Has(auth.SendMessages))
		}
		return verdict(isOpen, p.Has(auth.SendMessages) && (follows || p.Has(auth.ManageOthers))) // CONV-23
	case conversation.MarkingRead, conversation.MarkingUnread: // CONV-22
		return verdict(true, part || p.Has(auth.ManageOthers))
	case conversation.Adding: // COLL-2: the follower, or a collaborator of a manager role
		return grows(isOpen && part, follows || isManager)
	case conversation.Joining: // COLL-6: manager roles, into others'
		return grows(isOpen && !part, isManager)
	case conversation.Removing: // COLL-7: the follower, or a manager role, who need not collaborate
		return verdict(isOpen && isJoint, follows || isManager)
	case conversation.LeavingGroup: // GRP-5: from where it waits, mine, and what has ended; with collaborators the follower alone
		isFrom := f.Status == "PENDING" || f.Status == "ENDED" && !isJoint || follows
		return verdict(f.Kind == "GROUP" && isFrom, true)
	case conversation.Leaving: // COLL-8: any collaborator, not the follower
		return verdict(isOpen && joins, true)
	case conversation.Deleting: // CONV-14
		return verdict(true, p.Role == auth.Admin || p.Role == auth.Supervisor)
	case conversation.Blacklisting: // CONV-15: it blocks a contact, and deletes
		return verdict(f.Kind != "GROUP", p.Role == auth.Admin || p.Role == auth.Supervisor)
	}
	return "?"
}

// bulkOracle says what the rules say of many at once.
func bulkOracle(p auth.Principal, f *event.Facets, in conversation.Setting, a conversation.Action) string {
	switch a {
	case conversation.TakingOver, conversation.Adding, conversation.Joining, conversation.Removing, conversation.Leaving, conversation.Noting, conversation.Exporting,
		conversation.NotingGroup, conversation.OpeningMember, conversation.LeavingGroup, conversation.Pinning, conversation.Starring, conversation.Archiving,
		conversation.Starting:
		return "FORBIDDEN" // CONV-11 names the others, MSG-11 sending
	case conversation.Transferring:
		alone := oracle(p, f, in, a)
		switch {
		case alone == "NOT_FOUND":
			return alone
		case f.Kind == "GROUP" || len(f.Collaborators) > 0: // CONV-13
			return "STATE_CONFLICT"
		case alone == "" && (p.Role == auth.CSManager || p.Role == auth.MarketingCS): // CONV-12
			return "FORBIDDEN"
		}
		return alone
	}
	return oracle(p, f, in, a)
}

// stands are all places that a conversation can be in, seen from me: status, follower, collaborators, kind.
func stands() []*event.Facets {
	var all []*event.Facets
	for _, kind := range []string{"ONE_ON_ONE", "COLLABORATION", "GROUP"} {
		for _, with := range [][]int64{nil, {third}, {me}, {third, me, 10}, {third, 10, 11, 12, 13}, {third, me, 11, 12, 13}} {
			if (kind == "ONE_ON_ONE") != (len(with) == 0) && kind != "GROUP" {
				continue
			}
			for _, status := range []string{"PENDING", "IN_PROGRESS", "ENDED"} {
				for _, follower := range []int64{0, me, another} {
					isFollowed := status == "IN_PROGRESS" || status == "ENDED" && (follower != 0 || len(with) > 0)
					if isFollowed != (follower != 0) || follower == me && slices.Contains(with, me) {
						continue
					}
					for _, channel := range []string{"LINE", "WEBCHAT", "EMAIL"} {
						all = append(all, &event.Facets{Kind: kind, Status: status, FollowerID: follower, Collaborators: with, RegionID: "north", ChannelType: channel})
					}
				}
			}
		}
	}
	return all
}

// CONV-6, CONV-11, CONV-12, CONV-13, CONV-14, CONV-15, CONV-20, CONV-21, CONV-22, CONV-23, CONV-25, CONV-28, COLL-1, COLL-2, COLL-3, COLL-5, COLL-6, COLL-7, COLL-8, COLL-9,
// COLL-10, COLL-11, COLL-12, GRP-1, GRP-5, GRP-7, GRP-10, GRP-18, MSG-11, MSG-14, MSG-17, PROD-14: every action, alone and in bulk, by every role, permission and relation, in every state, of every kind.
func TestDecide(t *testing.T) {
	t.Parallel()
	permissions := [][]auth.Permission{nil, {auth.SendMessages}, {auth.ManageOthers}, {auth.SendMessages, auth.ManageOthers}}
	n, allowed := 0, map[conversation.Action]int{}
	all := stands()
	for _, role := range auth.Roles {
		for _, has := range permissions {
			for _, region := range []string{"north", "south"} {
				p := auth.Principal{AgentID: me, Role: role, Permissions: has, RegionID: region}
				for _, f := range all {
					for _, in := range []conversation.Setting{{}, {Collaborates: true}, {HasLeft: true, Collaborates: true}} {
						if in.HasLeft && f.Kind != "GROUP" {
							continue
						}
						for _, a := range conversation.Actions {
							n++
							got, want := conversation.Decide(p, f, in, a), oracle(p, f, in, a)
							if got.Code != want || got.Allowed != (want == "") || got.Allowed == (got.Reason != "") {
								t.Errorf("%s %v of %s: %s of %+v with %+v: %+v, the rules say %q", role, has, region, a, *f, in, got, want)
							}
							if got.Allowed {
								allowed[a]++
							}
							got, want = conversation.DecideBulk(p, f, in, a), bulkOracle(p, f, in, a)
							if got.Code != want || got.Allowed != (want == "") || got.Allowed == (got.Reason != "") {
								t.Errorf("in bulk, %s %v of %s: %s of %+v with %+v: %+v, the rules say %q", role, has, region, a, *f, in, got, want)
							}
						}
					}
				}
			}
		}
	}
	if n < 50_000 || len(allowed) != len(conversation.Actions) {
		t.Errorf("%d cases, %v allowed", n, allowed)
	}
}

// Every reason of a refusal is a text.
func TestRefusalsAreTexts(t *testing.T) {
	t.Parallel()
	for _, role := range auth.Roles {
		p := auth.Principal{AgentID: me, Role: role}
		for _, f := range stands() {
			for _, in := range []conversation.Setting{{}, {HasLeft: true, Collaborates: true}} {
				for _, a := range conversation.Actions {
					for _, d := range []conversation.Permit{conversation.Decide(p, f, in, a), conversation.DecideBulk(p, f, in, a)} {
						if !d.Allowed && catalogue.Text(catalogue.Chinese, d.Reason, nil) == d.Reason {
							t.Fatalf("%s has no text", d.Reason)
						}
					}
				}
			}
		}
	}
}

// An integration has no conversations of its own: it follows nothing but for an agent, and serves who waits as a bot does.
func TestDecideIntegration(t *testing.T) {
	t.Parallel()
	senders := []auth.Permission{auth.SendMessages}
	both := []auth.Permission{auth.SendMessages, auth.ManageOthers}
	for _, c := range []struct {
		has    []auth.Permission
		scopes []auth.Scope
		status string
		action conversation.Action
		want   string
	}{
		{senders, nil, "PENDING", conversation.Replying, ""},
		{nil, nil, "PENDING", conversation.Replying, "FORBIDDEN"},
		{both, nil, "IN_PROGRESS", conversation.Replying, ""},
		{senders, nil, "IN_PROGRESS", conversation.Replying, "NOT_FOUND"},
		{both, nil, "ENDED", conversation.Replying, "STATE_CONFLICT"},
		{both, []auth.Scope{auth.ReadConversations}, "PENDING", conversation.Replying, "FORBIDDEN"},
		{both, nil, "PENDING", conversation.Following, "FORBIDDEN"},
		{both, nil, "IN_PROGRESS", conversation.TakingOver, "FORBIDDEN"},
		{both, nil, "IN_PROGRESS", conversation.Transferring, "STATE_CONFLICT"},
		{both, nil, "PENDING", conversation.Ending, ""},
		{both, nil, "ENDED", conversation.Reopening, "FORBIDDEN"},
		{both, nil, "PENDING", conversation.LeavingGroup, "STATE_CONFLICT"},
	} {
		p := auth.Principal{TokenID: 3, Role: auth.AgentRole, Permissions: c.has, Scopes: c.scopes}
		f := &event.Facets{Kind: "ONE_ON_ONE", Status: c.status}
		if c.status != "PENDING" {
			f.FollowerID = another
		}
		got := conversation.Decide(p, f, conversation.Setting{}, c.action)
		if got.Code != c.want || got.Allowed != (c.want == "") {
			t.Errorf("%s of %s with %v: %+v, not %q", c.action, c.status, c.has, got, c.want)
		}
	}
}

// MSG-2: never backwards, in whatever order reports come; only what was uncertain may leave FAILED.
func TestCanBecome(t *testing.T) {
	t.Parallel()
	order := []string{"SENDING", "SENT", "RECEIVED", "READ"}
	for i, from := range order {
		for j, to := range order {
			if got := conversation.CanBecome(message.Delivery(from), "", message.Delivery(to)); got != (j > i) {
				t.Errorf("%s to %s: %v", from, to, got)
			}
		}
		if got := conversation.CanBecome(message.Delivery(from), "", "FAILED"); got != (i < 2) {
			t.Errorf("%s to FAILED: %v", from, got)
		}
		for _, code := range []string{"RECIPIENT_GONE", "DELIVERY_UNCERTAIN"} {
			if got := conversation.CanBecome("FAILED", code, message.Delivery(from)); got != (code == "DELIVERY_UNCERTAIN" && i > 0) {
				t.Errorf("FAILED(%s) to %s: %v", code, from, got)
			}
		}
		if conversation.CanBecome("NONE", "", message.Delivery(from)) {
			t.Errorf("an inbound message becomes %s", from)
		}
	}
	if conversation.CanBecome("FAILED", "DELIVERY_UNCERTAIN", "FAILED") {
		t.Error("FAILED becomes FAILED")
	}
}
