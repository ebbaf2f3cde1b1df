package graph_test

import (
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
)

// CONV-18, CONV-20, CONV-21, RT-1: pins stand before the first page of one's own list and in nobody else's; star and archive are everybody's; each as viewerCan says, and each
// reaches those who watch, who are shown their own pin.
func TestMarks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, boss, sales := w.Agent(auth.AgentRole), w.Agent(auth.Supervisor), w.Agent(auth.Sales)
		amy.Permissions, boss.Permissions, sales.Permissions = []auth.Permission{auth.SendMessages}, []auth.Permission{auth.SendMessages, auth.ManageOthers}, nil
		line := w.Channel("LINE")
		now := w.DB.Clock().Now()
		var ids []string
		for i := range 3 {
			c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, FollowedAt: now, At: now.Add(-time.Duration(i) * time.Hour)})
			ids = append(ids, conv(c.ID))
		}
		type rows []struct {
			ID        string
			IsPinned  bool
			IsStarred bool
		}
		list := func(p auth.Principal, view, more string) (pinned, nodes []string, total int, next string) {
			t.Helper()
			var got struct {
				Conversations struct {
					Pinned, Nodes rows
					TotalCount    int
					PageInfo      struct{ EndCursor *string }
				}
			}
			if errs := w.query(t, p, `{ conversations(view: `+view+` `+more+`) { pinned { id isPinned isStarred } nodes { id isPinned } totalCount pageInfo { endCursor } } }`, nil, &got); errs != nil {
				t.Fatal(errs)
			}
			for _, x := range got.Conversations.Pinned {
				if pinned = append(pinned, x.ID); !x.IsPinned {
					t.Errorf("%s stands before the others and is not pinned", x.ID)
				}
			}
			for _, x := range got.Conversations.Nodes {
				if nodes = append(nodes, x.ID); x.IsPinned && view == "MY_IN_PROGRESS" {
					t.Errorf("%s is pinned and stands among the others", x.ID)
				}
			}
			if c := got.Conversations.PageInfo.EndCursor; c != nil {
				next = *c
			}
			return pinned, nodes, got.Conversations.TotalCount, next
		}
		mark := func(p auth.Principal, what, field, id string, is bool) (code string, done bool) {
			t.Helper()
			var got map[string]struct {
				Conversation *struct{ ID string }
				UserErrors   []struct{ Code, Message string }
				Cursor       *string
			}
			errs := w.query(t, p, `mutation($c: ID!, $is: Boolean!) { conversation`+what+`(input: {conversationId: $c, `+field+`: $is}) { conversation { id } userErrors { code message } cursor } }`,
				map[string]any{"c": id, "is": is}, &got)
			if errs != nil {
				t.Fatal(errs)
			}
			x := got["conversation"+what]
			if len(x.UserErrors) > 0 {
				var can struct {
					Conversation *struct {
						ViewerCan map[string]struct {
							Allowed bool
							Reason  *string
						}
					}
				}
				if errs := w.query(t, p, `query($c: ID!) { conversation(id: $c) { viewerCan { pin { allowed reason } star { allowed reason } archive { allowed reason } } } }`, map[string]any{"c": id}, &can); errs != nil {
					t.Fatal(errs)
				}
				if can.Conversation != nil {
					if v := can.Conversation.ViewerCan[map[string]string{"Pin": "pin", "Star": "star", "Archive": "archive"}[what]]; v.Allowed || *v.Reason != x.UserErrors[0].Message {
						t.Errorf("%s is refused with %q, and viewerCan is %+v", what, x.UserErrors[0].Message, v)
					}
				}
				return x.UserErrors[0].Code, false
			}
			return "", x.Cursor != nil
		}
		watch := func(p auth.Principal, view string) *stream {
			s := w.open(t, p, `subscription { inboxEvents(view: `+view+`) { __typename cursor ... on ConversationChanged { conversation { id isPinned } } ... on ConversationLeft { conversationId }
				... on ConversationEntered { conversation { id isPinned } } } }`, nil)
			s.want(t, "Hello")
			return s
		}
		amys, bosses := watch(amy, "MY_IN_PROGRESS"), watch(boss, "TEAM_IN_PROGRESS")
		if code, done := mark(amy, "Pin", "isPinned", ids[1], true); code != "" || !done {
			t.Errorf("pinned: %q, %t", code, done)
		}
		if f := amys.want(t, "ConversationChanged"); f.Conversation.ID != ids[1] || !f.Conversation.IsPinned {
			t.Errorf("who pinned it is shown %+v", f.Conversation)
		}
		if f := bosses.want(t, "ConversationChanged"); f.Conversation.ID != ids[1] || f.Conversation.IsPinned {
			t.Errorf("another is shown %+v", f.Conversation)
		}
		if code, done := mark(amy, "Pin", "isPinned", ids[1], true); code != "" || done {
			t.Errorf("pinned again: %q, %t", code, done)
		}
		mark(amy, "Pin", "isPinned", ids[2], true)
		amys.want(t, "ConversationChanged")
		bosses.want(t, "ConversationChanged")
		if code, _ := mark(boss, "Pin", "isPinned", ids[0], true); code != "STATE_CONFLICT" {
			t.Errorf("another's: %q", code)
		}
		pinned, nodes, total, _ := list(amy, "MY_IN_PROGRESS", "first: 5")
		if !slices.Equal(pinned, []string{ids[1], ids[2]}) || !slices.Equal(nodes, ids[:1]) || total != 3 {
			t.Errorf("the first page: %v, then %v, of %d", pinned, nodes, total)
		}
		if pinned, _, _, _ := list(amy, "MY_IN_PROGRESS", "first: 5, direction: ASC, sort: FOLLOWED_AT"); !slices.Equal(pinned, []string{ids[2], ids[1]}) {
			t.Errorf("the other way: %v", pinned)
		}
		_, _, _, at := list(amy, "MY_IN_PROGRESS", "first: 1")
		if pinned, nodes, _, _ := list(amy, "MY_IN_PROGRESS", `first: 5, after: "`+at+`"`); len(pinned)+len(nodes) != 0 {
			t.Errorf("beyond the first page: %v, %v", pinned, nodes)
		}
		if pinned, nodes, _, _ := list(amy, "ALL", "first: 5"); len(pinned) != 0 || !slices.Equal(nodes, ids) {
			t.Errorf("in all: %v, %v", pinned, nodes)
		}
		if code, done := mark(boss, "Star", "isStarred", ids[0], true); code != "" || !done {
			t.Errorf("starred: %q, %t", code, done)
		}
		amys.want(t, "ConversationChanged")
		if _, nodes, _, _ := list(amy, "ALL", "filter: {isStarred: true}"); !slices.Equal(nodes, ids[:1]) {
			t.Errorf("starred are %v", nodes)
		}
		if code, done := mark(boss, "Archive", "isArchived", ids[1], true); code != "" || !done {
			t.Errorf("archived: %q, %t", code, done)
		}
		if f := amys.want(t, "ConversationLeft"); f.ConversationID != ids[1] {
			t.Errorf("the view is left by %+v", f)
		}
		if pinned, nodes, total, _ := list(amy, "MY_IN_PROGRESS", "first: 5"); !slices.Equal(pinned, ids[2:]) || !slices.Equal(nodes, ids[:1]) || total != 2 {
			t.Errorf("with one archived: %v, then %v, of %d", pinned, nodes, total)
		}
		if pinned, nodes, total, _ := list(amy, "MY_IN_PROGRESS", "filter: {isArchived: true}"); !slices.Equal(pinned, ids[1:2]) || len(nodes) != 0 || total != 1 {
			t.Errorf("the archived: %v, then %v, of %d", pinned, nodes, total)
		}
		if _, nodes, _, _ := list(boss, "ALL", "filter: {or: [{isArchived: true}, {isArchived: false}]}"); !slices.Equal(nodes, ids) {
			t.Errorf("both: %v", nodes)
		}
		if code, done := mark(amy, "Archive", "isArchived", ids[1], false); code != "" || !done {
			t.Errorf("back: %q, %t", code, done)
		}
		if f := amys.want(t, "ConversationEntered"); f.Conversation.ID != ids[1] || !f.Conversation.IsPinned {
			t.Errorf("what comes back is %+v", f.Conversation)
		}
		open := w.Conversation(line, factory.Spec{})
		for _, what := range [][2]string{{"Star", "isStarred"}, {"Archive", "isArchived"}} {
			if code, _ := mark(sales, what[0], what[1], conv(open.ID), true); code != "FORBIDDEN" {
				t.Errorf("%s by who may only look: %q", what[0], code)
			}
			if code, _ := mark(sales, what[0], what[1], ids[0], true); code != "NOT_FOUND" {
				t.Errorf("%s by who does not see it: %q", what[0], code)
			}
		}
	})
}
