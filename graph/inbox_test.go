package graph_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// inboxPage is an inbox page as a web app asks for it.
const inboxPage = `query($view: InboxView, $first: Int, $after: Cursor, $filter: ConversationFilter, $search: String, $sort: ConversationSort, $direction: SortDirection) {
	conversations(view: $view, first: $first, after: $after, filter: $filter, search: $search, sort: $sort, direction: $direction) {
		pageInfo { hasNextPage endCursor } asOf
		nodes { id version name pictureUrl status queue kind channel { id name type state } contact { id name tagCount } tags { id name colour } tagCount
			follower { id name } collaborators { id name } lastMessage { messageId kind sender text isUnsent at } lastAt unreadCount waitingSince waitingLevel
			isStarred hasPhone viewerCan { reply { allowed reason } follow { allowed reason } } sendability { allowed reason costPerMessage } group { name membersNotice } } } }`

// A page of the inbox with all that a row shows costs as many statements for 5 rows as for 100.
func TestInboxPageStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, amy := w.Agent(auth.Admin), w.Agent(auth.AgentRole)
		line, vip := w.Channel("LINE"), w.Tag("vip")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 120 {
				s := factory.Spec{IsGroup: i%3 == 0, Messages: 1, Tags: []int64{vip}}
				if i%2 == 0 {
					s.Status, s.Follower, s.Collaborators = "IN_PROGRESS", amy.AgentID, []int64{boss.AgentID}
				}
				if _, err := w.ConversationIn(ctx, tx, line, s); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range []auth.Principal{boss, amy} {
			var n atomic.Int64
			w.asked = func(string) { n.Add(1) }
			var costs []int64
			for _, first := range []int{5, 50, 100} {
				n.Store(0)
				var q struct {
					Conversations struct{ Nodes []json.RawMessage }
				}
				if errs := w.query(t, p, inboxPage, map[string]any{"first": first}, &q); errs != nil || len(q.Conversations.Nodes) != first {
					t.Fatalf("%d rows: %v", len(q.Conversations.Nodes), errs)
				}
				costs = append(costs, n.Load())
			}
			if costs[0] != costs[1] || costs[1] != costs[2] || costs[0] > 14 {
				t.Errorf("%s: pages of 5, 50 and 100 rows cost %v statements", p.Role, costs)
			}
			t.Logf("%s: %v statements", p.Role, costs)
		}
	})
}

// CONV-17, CONV-19, MSG-15, CONV-28, GRP-8: a row shows what it is, in the viewer's language; wrong input is named.
func TestConversations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, func(p *auth.Principal) { p.Language = catalogue.Chinese })
		line := w.Channel("LINE")
		now := w.DB.Clock().Now()
		c := w.Conversation(line, factory.Spec{Name: "王小明", WaitingSince: now.Add(-61 * time.Minute), Messages: 1})
		g := w.Conversation(line, factory.Spec{IsGroup: true})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Group.UpdateOneID(*g.GroupID).SetName("").SetAreMembersListed(false).Exec(ctx); err != nil {
				return err
			}
			return tx.Conversation.UpdateOneID(g.ID).SetName("").Exec(ctx)
		})
		var q struct {
			Conversations struct {
				TotalCount int
				Nodes      []struct {
					ID, Name, WaitingLevel string
					UnreadCount            int
					LastMessage            *struct{ Text string }
					Group                  *struct{ Name, MembersNotice string }
					ViewerCan              struct {
						Reply, Follow struct {
							Allowed bool
							Reason  string
						}
					}
					Sendability struct {
						Allowed        bool
						CostPerMessage int
					}
				}
			}
		}
		if errs := w.query(t, amy, inboxPage, nil, &q); errs != nil {
			t.Fatal(errs)
		}
		if len(q.Conversations.Nodes) != 2 {
			t.Fatalf("got %+v", q)
		}
		for _, x := range q.Conversations.Nodes {
			if x.ID == conv(g.ID) {
				if x.Name != "未命名群組" || x.Group.Name != "未命名群組" || x.Group.MembersNotice == "" || x.Sendability.CostPerMessage != 2 {
					t.Errorf("the group: %+v", x)
				}
				continue
			}
			if x.Name != "王小明" || x.WaitingLevel != "ONE_HOUR" || x.UnreadCount != 1 || x.LastMessage == nil || !x.ViewerCan.Follow.Allowed ||
				x.ViewerCan.Reply.Allowed || x.ViewerCan.Reply.Reason == "" || !x.Sendability.Allowed || x.Sendability.CostPerMessage != 1 {
				t.Errorf("the row: %+v", x)
			}
		}
		ids := func(vars map[string]any) []string {
			t.Helper()
			q.Conversations.Nodes = nil
			if errs := w.query(t, amy, inboxPage, vars, &q); errs != nil {
				t.Fatalf("%v: %v", vars, errs)
			}
			var out []string
			for _, x := range q.Conversations.Nodes {
				out = append(out, x.ID)
			}
			return out
		}
		for name, f := range map[string]map[string]any{
			"waiting":  {"waitingAtLeast": "ONE_HOUR"},
			"unread":   {"isUnread": true, "kinds": nil},
			"not":      {"not": map[string]any{"kinds": []string{"GROUP"}}},
			"or":       {"or": []any{map[string]any{"isStarred": true}, map[string]any{"contactIds": []string{id.Format(id.Contact, *c.ContactID)}}}},
			"channels": {"and": []any{map[string]any{"channelIds": []string{id.Format(id.Channel, line.ID)}}, map[string]any{"kinds": []string{"ONE_ON_ONE"}}}},
		} {
			if got := ids(map[string]any{"filter": f}); len(got) != 1 || got[0] != conv(c.ID) {
				t.Errorf("%s: got %v", name, got)
			}
		}
		for name, vars := range map[string]map[string]any{
			"a wrong id":             {"filter": map[string]any{"channelIds": []string{conv(c.ID)}}},
			"a cursor that is none":  {"after": "zzz"},
			"too many":               {"first": 101},
			"ended, in another sort": {"view": "MY_ENDED", "sort": "WAITING"},
		} {
			if errs := w.query(t, amy, inboxPage, vars, &q); len(errs) != 1 || errs[0] != "BAD_USER_INPUT" {
				t.Errorf("%s: %v", name, errs)
			}
		}
		if errs := w.query(t, amy, `{ conversations { totalCount isAtLeast } }`, nil, &q); errs != nil || q.Conversations.TotalCount != 2 {
			t.Errorf("the total is %d: %v", q.Conversations.TotalCount, errs)
		}
	})
}

// MSG-15, GRP-16: messages through the API: the newest by default, around one, and null where they may not be seen.
func TestMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 60})
		said := w.Say(c.ID, amy.AgentID)
		type answer struct {
			Messages *struct {
				PageInfo struct{ HasNextPage, HasPreviousPage bool }
				Nodes    []struct {
					ID, SenderName, Delivery string
					Seq, Attempts            int
					ClientMessageID          *string
				}
			}
		}
		read := func(p auth.Principal, vars map[string]any) (q answer, errs graphqlErrors) {
			t.Helper()
			vars["id"] = conv(c.ID)
			errs = w.query(t, p, `query($id: ID!, $around: ID, $last: Int, $first: Int) { messages(conversationId: $id, around: $around, last: $last, first: $first) {
				pageInfo { hasNextPage hasPreviousPage } nodes { id seq senderName delivery attempts clientMessageId } } }`, vars, &q)
			return q, errs
		}
		q, errs := read(amy, map[string]any{})
		if errs != nil || len(q.Messages.Nodes) != 50 || q.Messages.Nodes[49].Seq != 61 || !q.Messages.PageInfo.HasPreviousPage || q.Messages.PageInfo.HasNextPage {
			t.Fatalf("the newest: %+v, %v", q, errs)
		}
		if m := q.Messages.Nodes[49]; m.ID != id.Format(id.Message, said) || m.Delivery != "SENT" || m.Attempts != 1 || m.ClientMessageID == nil || m.SenderName != amy.Name {
			t.Errorf("one's own: %+v", m)
		}
		q, errs = read(amy, map[string]any{"around": q.Messages.Nodes[10].ID, "last": 5})
		if errs != nil || len(q.Messages.Nodes) != 5 || q.Messages.Nodes[2].Seq != 22 || !q.Messages.PageInfo.HasPreviousPage || !q.Messages.PageInfo.HasNextPage {
			t.Errorf("around: %+v, %v", q, errs)
		}
		if q, errs = read(amy, map[string]any{"first": 2}); errs != nil || q.Messages.Nodes[0].Seq != 1 {
			t.Errorf("the first: %+v, %v", q, errs)
		}
		q = answer{}
		if q, errs = read(ben, map[string]any{}); errs != nil || q.Messages != nil {
			t.Errorf("another's: %+v, %v", q, errs)
		}
	})
}

// CONV-17: an agent chooses what its combined list gathers, and it alone or an administrator; the default is all, those that come later too, and each row names its channel.
func TestInboxChannels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Role.Create().SetTeamID(tx.Team).SetRole(role.RoleAGENT).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		})
		line, shop := w.Channel("LINE"), w.Channel("WEBCHAT")
		for _, c := range []*ent.Channel{line, shop, line} {
			w.Conversation(c, factory.Spec{})
		}
		const all = "null"
		choose := func(p auth.Principal, ids any) string {
			t.Helper()
			var got struct {
				AgentUpdate struct {
					Agent      *struct{ InboxChannelIds []string }
					UserErrors []struct{ Code, Field string }
				}
			}
			if errs := w.query(t, p, `mutation($a: ID!, $c: [ID!]) { agentUpdate(input: {agentId: $a, inboxChannelIds: $c}) { agent { inboxChannelIds } userErrors { code field } } }`,
				map[string]any{"a": id.Format(id.Agent, amy.AgentID), "c": ids}, &got); errs != nil {
				t.Fatal(errs)
			}
			if x := got.AgentUpdate; x.Agent == nil {
				return x.UserErrors[0].Code
			} else if x.Agent.InboxChannelIds == nil {
				return all
			} else {
				return strings.Join(x.Agent.InboxChannelIds, " ")
			}
		}
		// listed counts the combined list as an app asks for it, by channel.
		listed := func() map[string]int {
			t.Helper()
			var me struct {
				Node struct{ InboxChannelIds []string }
			}
			if errs := w.query(t, amy, `query($a: ID!) { node(id: $a) { ... on Agent { inboxChannelIds } } }`, map[string]any{"a": id.Format(id.Agent, amy.AgentID)}, &me); errs != nil {
				t.Fatal(errs)
			}
			var got struct {
				Conversations struct {
					Nodes []struct{ Channel struct{ ID string } }
				}
			}
			if errs := w.query(t, amy, `query($c: [ID!]) { conversations(view: PENDING_HUMAN, filter: {channelIds: $c}) { nodes { channel { id } } } }`, map[string]any{"c": me.Node.InboxChannelIds}, &got); errs != nil {
				t.Fatal(errs)
			}
			n := map[string]int{}
			for _, x := range got.Conversations.Nodes {
				n[x.Channel.ID]++
			}
			return n
		}
		l, s := id.Format(id.Channel, line.ID), id.Format(id.Channel, shop.ID)
		if got := listed(); got[l] != 2 || got[s] != 1 {
			t.Errorf("by default it gathers %v", got)
		}
		if got := choose(amy, []string{l, l}); got != l {
			t.Errorf("chosen is %s", got)
		}
		if got := listed(); got[l] != 2 || got[s] != 0 {
			t.Errorf("it gathers %v", got)
		}
		for want, try := range map[string]func() string{
			"FORBIDDEN": func() string { return choose(ben, []string{s}) }, "VALIDATION": func() string { return choose(amy, []string{}) },
			"NOT_FOUND": func() string { return choose(amy, []string{id.Format(id.Channel, shop.ID+1000)}) }, s: func() string { return choose(w.Agent(auth.Admin), []string{s}) },
			all: func() string { return choose(amy, nil) },
		} {
			if got := try(); got != want {
				t.Errorf("it says %s, want %s", got, want)
			}
		}
		choose(amy, nil)
		later := w.Channel("LINE")
		w.Conversation(later, factory.Spec{})
		if got := listed(); len(got) != 3 || got[id.Format(id.Channel, later.ID)] != 1 {
			t.Errorf("with all and a later one it gathers %v", got)
		}
	})
}
