package conversation_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

const me, another = 7, 8

// oracle says what the rules say, one sentence a rule, in another form than the table that is tested.
func oracle(p auth.Principal, f *event.Facets, hasLeft bool, a conversation.Action) string {
	isManager := p.Role == auth.Admin || p.Role == auth.Supervisor || p.Role == auth.CSManager || p.Role == auth.MarketingCS
	worksWithGroups := p.Role == auth.Admin || p.Role == auth.Supervisor || p.Role == auth.CSManager || p.Role == auth.AgentRole
	mine := f.Status != "PENDING" && f.FollowerID == me
	sees := f.Status == "PENDING" || mine || isManager || p.Has(auth.ManageOthers) || p.Role == auth.SalesManager && f.RegionID == p.RegionID
	if f.Kind == "GROUP" && !worksWithGroups { // GRP-1
		sees = false
	}
	if !sees { // CONV-28: unseen means absent
		return "NOT_FOUND"
	}
	state := func(ok bool) bool {
		return ok && (!hasLeft || a == conversation.Ending || a == conversation.MarkingRead)
	}
	verdict := func(isState, isRight bool) string {
		switch {
		case !state(isState):
			return "STATE_CONFLICT"
		case !isRight:
			return "FORBIDDEN"
		}
		return ""
	}
	if f.Kind == "COLLABORATION" { // its rows are not there yet
		return verdict(false, false)
	}
	switch a {
	case conversation.Following: // CONV-6: following takes PENDING only
		return verdict(f.Status == "PENDING", true)
	case conversation.TakingOver: // CONV-6: open to whoever sees the team's; GRP-18: in groups the three manager roles
		return verdict(f.Status == "IN_PROGRESS" && !mine, f.Kind != "GROUP" || isManager)
	case conversation.Transferring: // CONV-6, GRP-18: by the follower
		return verdict(f.Status == "IN_PROGRESS" && mine, true)
	case conversation.Ending: // CONV-6, GRP-18: pending ones and one's own
		return verdict(f.Status == "PENDING" || f.Status == "IN_PROGRESS" && mine, true)
	case conversation.Reopening: // CONV-6, GRP-18: the last follower its own, the manager roles the team's
		return verdict(f.Status == "ENDED", mine || isManager)
	case conversation.Replying: // CONV-23: another's with the permission; pending ones are followed first
		return verdict(f.Status == "IN_PROGRESS", p.Has(auth.SendMessages) && (mine || p.Has(auth.ManageOthers)))
	case conversation.MarkingRead, conversation.MarkingUnread: // CONV-22
		return verdict(true, mine || p.Has(auth.ManageOthers))
	}
	return "?"
}

// CONV-6, CONV-22, CONV-23, CONV-28, GRP-1, GRP-5, GRP-18: every action, role, permission, state, relation and kind.
func TestDecide(t *testing.T) {
	t.Parallel()
	permissions := [][]auth.Permission{nil, {auth.SendMessages}, {auth.ManageOthers}, {auth.SendMessages, auth.ManageOthers}}
	n := 0
	for _, role := range auth.Roles {
		for _, has := range permissions {
			for _, region := range []string{"north", "south"} {
				p := auth.Principal{AgentID: me, Role: role, Permissions: has, RegionID: region}
				for _, kind := range []string{"ONE_ON_ONE", "GROUP", "COLLABORATION"} {
					for _, status := range []string{"PENDING", "IN_PROGRESS", "ENDED"} {
						for _, follower := range []int64{0, me, another} {
							if (status == "PENDING") != (follower == 0) && !(status == "ENDED" && follower == 0) {
								continue
							}
							for _, hasLeft := range []bool{false, true} {
								if hasLeft && kind != "GROUP" {
									continue
								}
								f := &event.Facets{Kind: kind, Status: status, FollowerID: follower, RegionID: "north"}
								for _, a := range conversation.Actions {
									n++
									got, want := conversation.Decide(p, f, hasLeft, a), oracle(p, f, hasLeft, a)
									if got.Code != want || got.Allowed != (want == "") || got.Allowed == (got.Reason != "") {
										t.Errorf("%s %v of %s: %s of %s %s followed by %d, left %v: %+v, the rules say %q", role, has, region, a, status, kind, follower, hasLeft, got, want)
									}
								}
							}
						}
					}
				}
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d cases", n)
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
	} {
		p := auth.Principal{TokenID: 3, Role: auth.AgentRole, Permissions: c.has, Scopes: c.scopes}
		f := &event.Facets{Kind: "ONE_ON_ONE", Status: c.status}
		if c.status != "PENDING" {
			f.FollowerID = another
		}
		got := conversation.Decide(p, f, false, c.action)
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
