package graph_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	common  = `__typename cursor ... on Hello { recovered } ... on ResyncRequired { resync: reason } ... on StreamEnded { reason resubscribe }`
	watches = `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { ` + common + `
		... on MessageAdded { message { id seq senderName content { ... on TextContent { text } } } } ... on MessageChanged { message { id seq } }
		... on ConversationChanged { conversation { id name status version unreadCount follower { id } contact { name } } } ... on GroupChanged { group { name } } } }`
	listens = `subscription($view: InboxView!, $filter: ConversationFilter, $after: Cursor) { inboxEvents(view: $view, filter: $filter, after: $after) { ` + common + `
		... on ConversationEntered { conversation { ...row } } ... on ConversationChanged { conversation { ...row } } ... on ConversationLeft { conversationId } } }
		fragment row on Conversation { id name status version unreadCount follower { id } collaborators { id } }`
)

func conv(n int64) string { return id.Format(id.Conversation, n) }

func agentID(p auth.Principal) string { return id.Format(id.Agent, p.AgentID) }

// RT-1, RT-2, RT-4, CONV-28: what happens in one conversation, for as long as it may be seen.
func TestConversationEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		open := func(s factory.Spec) *ent.Conversation { return w.Conversation(line, s) }
		// from watches from now on, also where the node has not read the newest of the log yet.
		from := func(c *ent.Conversation) map[string]any {
			return map[string]any{"id": conv(c.ID), "after": w.head(t).String()}
		}

		t.Run("messages and changes come as they are now, in order", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{Name: "王小明", Status: "IN_PROGRESS", Follower: amy.AgentID})
			s := w.open(t, amy, watches, from(c))
			s.want(t, "Hello")
			for i := 1; i <= 5; i++ {
				w.Hear(c.ID)
				// Another conversation's messages are no business of this stream.
				if f := s.want(t, "ConversationChanged"); f.Conversation.UnreadCount < i || f.Conversation.Contact.Name != "王小明" || f.Conversation.Follower.ID != agentID(amy) {
					t.Fatalf("got %+v", f.Conversation)
				}
				if f := s.want(t, "MessageAdded"); f.Message.Seq != i || !strings.HasPrefix(f.Message.Content.Text, "message") || f.Message.SenderName != "王小明" {
					t.Fatalf("got %+v", f.Message)
				}
			}
		})
		t.Run("losing the right ends the stream", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			s := w.open(t, amy, watches, from(c))
			s.want(t, "Hello")
			w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetFollowerID(ben.AgentID) })
			w.Hear(c.ID)
			if f := s.want(t, "StreamEnded"); f.Reason != "ACCESS_LOST" || f.Resubscribe || !f.isLast {
				t.Errorf("got %+v", f)
			}
		})
		t.Run("losing the right by one's own rights ends the stream", func(t *testing.T) {
			t.Parallel()
			boss := w.Agent(auth.Supervisor)
			c := open(factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			s := w.open(t, boss, watches, from(c))
			s.want(t, "Hello")
			s.principal.Role, s.principal.Permissions = auth.Sales, nil
			s.Refresh()
			w.Write(func(_ context.Context, tx *store.Tx) error {
				tx.Emit(event.Event{Kind: event.AuthChanged, AgentID: boss.AgentID, ObjectID: boss.AgentID})
				return nil
			})
			if f := s.want(t, "StreamEnded"); f.Reason != "ACCESS_LOST" {
				t.Errorf("got %+v", f)
			}
		})
		t.Run("a stream that is resumed is judged by what may be seen now, not by what happened meanwhile", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			after := w.head(t).String()
			w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetFollowerID(ben.AgentID) })
			w.Hear(c.ID)
			w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetFollowerID(amy.AgentID) })
			s := w.open(t, amy, watches, map[string]any{"id": conv(c.ID), "after": after})
			if f := s.want(t, "Hello"); !f.Recovered {
				t.Error("it was not recovered")
			}
			for _, typ := range []string{"ConversationChanged", "ConversationChanged", "MessageAdded", "ConversationChanged"} {
				s.want(t, typ)
			}
		})
		t.Run("deletion ends the stream", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{})
			s := w.open(t, amy, watches, from(c))
			s.want(t, "Hello")
			w.Delete(c.ID)
			if f := s.want(t, "StreamEnded"); f.Reason != "DELETED" {
				t.Errorf("got %+v", f)
			}
		})
		t.Run("what may not be seen is refused as what does not exist", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{Status: "IN_PROGRESS", Follower: ben.AgentID})
			for _, n := range []string{conv(c.ID), conv(1 << 40), "conv_?", id.Format(id.Contact, 1)} {
				if _, refused := w.subscribe(t, amy, watches, map[string]any{"id": n}); !slices.Equal(refused, graphqlErrors{"NOT_FOUND"}) {
					t.Errorf("%s: %v", n, refused)
				}
			}
			if _, refused := w.subscribe(t, ben, watches, map[string]any{"id": conv(c.ID), "after": "zzz"}); !slices.Equal(refused, graphqlErrors{"BAD_USER_INPUT"}) {
				t.Errorf("a wrong cursor: %v", refused)
			}
		})
		t.Run("a group's changes are shown", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{IsGroup: true})
			s := w.open(t, amy, watches, from(c))
			s.want(t, "Hello")
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				tx.Emit(event.Event{Kind: event.GroupChanged, ObjectID: *c.GroupID})
				return tx.Group.UpdateOneID(*c.GroupID).SetName("新名稱").AddVersion(1).Exec(ctx)
			})
			if f := s.want(t, "GroupChanged"); f.Group.Name != "新名稱" {
				t.Errorf("got %+v", f.Group)
			}
		})
		t.Run("what depends on who looks is each viewer's own", func(t *testing.T) {
			t.Parallel()
			c := open(factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			boss := w.Agent(auth.Admin)
			const own = `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { __typename cursor ... on MessageAdded { message { id seq clientMessageId } }
				... on ConversationChanged { conversation { id viewerCan { follow { allowed } } contact { name phones { typed } } } } } }`
			mine, theirs := w.open(t, amy, own, from(c)), w.open(t, boss, own, from(c))
			mine.want(t, "Hello")
			theirs.want(t, "Hello")
			w.Say(c.ID, amy.AgentID)
			mine.want(t, "ConversationChanged")
			theirs.want(t, "ConversationChanged")
			if f := mine.want(t, "MessageAdded"); f.Message.ClientMessageID == nil {
				t.Error("the author does not know its own message")
			}
			if f := theirs.want(t, "MessageAdded"); f.Message.ClientMessageID != nil {
				t.Error("another is shown the author's id")
			}
		})
	})
}

// RT-3: however often a client is cut off, it gets what it missed, in order, each event once.
func TestResume(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{})
		other := w.Conversation(w.Channel("LINE"), factory.Spec{})
		begin := w.head(t)
		rapid.Check(t, func(t *rapid.T) {
			from := w.head(t)
			vars := map[string]any{"id": conv(c.ID), "after": from.String()}
			var got []string
			s, refused := w.subscribe(t, boss, watches, vars)
			if refused != nil {
				t.Fatalf("%v", refused)
			}
			read := func() {
				f := s.next(t)
				if f.Type == "MessageAdded" || f.Type == "ConversationChanged" {
					got = append(got, f.Cursor)
				}
			}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				switch rapid.IntRange(0, 3).Draw(t, "step") {
				case 0:
					w.Hear(c.ID)
				case 1:
					w.Hear(other.ID)
				case 2:
					read()
				case 3: // cut
					s.Close()
					if s.last != "" {
						vars = map[string]any{"id": conv(c.ID), "after": s.last}
					}
					if s, refused = w.subscribe(t, boss, watches, vars); refused != nil {
						t.Fatalf("%v", refused)
					}
					if f := s.next(t); f.Type != "Hello" || !f.Recovered {
						t.Fatalf("got %+v", f)
					}
				}
			}
			for head := w.head(t); ; read() {
				if at, err := event.ParseCursor(s.last); err == nil && at.Seq >= head.Seq {
					break
				}
			}
			s.Close()
			log, err := w.DB.After(context.Background(), w.Team, from.Seq, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, e := range log {
				if e.ConversationID == c.ID {
					want = append(want, event.Cursor{Epoch: begin.Epoch, Seq: e.Seq}.String())
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got %d events, want %d: %v", len(got), len(want), got)
			}
		})
		t.Run("a cursor of another time asks to read the lists again", func(t *testing.T) {
			s := w.open(t, boss, watches, map[string]any{"id": conv(c.ID), "after": event.Cursor{Epoch: "another", Seq: 1}.String()})
			s.want(t, "Hello")
			if f := s.want(t, "ResyncRequired"); f.Resync != "EPOCH_CHANGED" {
				t.Errorf("got %+v", f)
			}
		})
	})
}

// client is what a client holds of a view: it takes rows in by version and drops what has left.
type client struct {
	s      *stream
	p      auth.Principal
	view   inbox.View
	filter map[string]any
	is     *inbox.Filter
	rows   map[string]int // version by id
}

func (c *client) apply(t failing, f frame) {
	t.Helper()
	switch f.Type {
	case "ConversationEntered", "ConversationChanged":
		// Whatever has happened since the event, a row is never shown to who may not see it as it is.
		x := f.Conversation
		isMine := x.Follower != nil && x.Follower.ID == agentID(c.p)
		for _, a := range x.Collaborators {
			isMine = isMine || a.ID == agentID(c.p)
		}
		if (c.p.Role == auth.AgentRole || c.p.Role == auth.Sales) && x.Status != "PENDING" && !isMine {
			t.Fatalf("an agent is shown another's conversation: %+v", x)
		}
		c.rows[f.Conversation.ID] = max(c.rows[f.Conversation.ID], f.Conversation.Version)
	case "ConversationLeft":
		delete(c.rows, f.ConversationID)
	}
}

// RT-2, RT-3, RT-4, CONV-7, CONV-17, CONV-28: what a subscriber has seen of a view, applied by version over the list and its asOf, is what a
// query gives: for every role, view and filter, under changes of every sort, and over cut connections.
func TestInboxEventsEqualTheList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var principals []auth.Principal
		for _, role := range auth.Roles {
			principals = append(principals, w.Agent(role, func(p *auth.Principal) { p.BranchID = "north" }))
		}
		principals = append(principals, w.Agent(auth.AgentRole))
		line, facebook := w.Channel("LINE"), w.Channel("FACEBOOK")
		yes := true
		filters := []struct {
			gql map[string]any
			is  *inbox.Filter
		}{{nil, nil}, {map[string]any{"isUnread": true}, &inbox.Filter{IsUnread: &yes}},
			{map[string]any{"channelIds": []any{id.Format(id.Channel, line.ID)}}, &inbox.Filter{ChannelIDs: []int64{line.ID}}},
			{map[string]any{"not": map[string]any{"kinds": []any{"GROUP"}}, "isArchived": false}, &inbox.Filter{Not: &inbox.Filter{Kinds: []string{"GROUP"}}, IsArchived: new(bool)}}}
		rapid.Check(t, func(t *rapid.T) {
			var all []*ent.Conversation
			for range rapid.IntRange(1, 4).Draw(t, "conversations") {
				all = append(all, w.Conversation(rapid.SampledFrom([]*ent.Channel{line, facebook}).Draw(t, "channel"), factory.Spec{
					IsGroup: rapid.IntRange(0, 3).Draw(t, "group") == 0, Branch: rapid.SampledFrom([]string{"", "north"}).Draw(t, "branch")}))
			}
			list := func(c *client) (ids map[string]int, at event.Cursor) {
				page, err := w.inbox.List(context.Background(), c.p, inbox.ListInput{View: c.view, Filter: c.is, Sort: inbox.ByLastMessage, IsDescending: true, Window: page.Window{Limit: 10000}})
				if err != nil {
					t.Fatal(err)
				}
				ids = map[string]int{}
				for _, x := range page.All {
					ids[conv(x.ID)] = x.Version
				}
				return ids, page.AsOf
			}
			open := func(c *client, after string) {
				vars := map[string]any{"view": string(c.view), "after": after}
				if c.filter != nil {
					vars["filter"] = c.filter
				}
				s, refused := w.subscribe(t, c.p, listens, vars)
				if refused != nil {
					t.Fatalf("%v", refused)
				}
				c.s, s.last = s, after
			}
			var clients []*client
			for range 4 {
				f := rapid.SampledFrom(filters).Draw(t, "filter")
				c := &client{p: rapid.SampledFrom(principals).Draw(t, "principal"), view: rapid.SampledFrom(inbox.Views).Draw(t, "view"), filter: f.gql, is: f.is}
				rows, at := list(c)
				c.rows = rows
				open(c, at.String())
				clients = append(clients, c)
			}
			for range rapid.IntRange(1, 25).Draw(t, "steps") {
				x := rapid.SampledFrom(all).Draw(t, "conversation").ID
				agent := rapid.SampledFrom(principals).Draw(t, "agent").AgentID
				switch rapid.IntRange(0, 10).Draw(t, "step") {
				case 0:
					w.Hear(x)
				case 1, 2:
					w.Change(x, func(u *ent.ConversationUpdateOne) {
						u.SetStatus(conversation.StatusIN_PROGRESS).SetQueue("HUMAN").SetFollowerID(agent)
					})
				case 3:
					w.Change(x, func(u *ent.ConversationUpdateOne) {
						u.SetStatus(conversation.StatusENDED).SetQueue("HUMAN").SetUnread(0)
					})
				case 4:
					w.Change(x, func(u *ent.ConversationUpdateOne) {
						u.SetStatus(conversation.StatusPENDING).ClearFollowerID().SetCollaboratorIds(nil).SetQueue(rapid.SampledFrom([]conversation.Queue{"HUMAN", "BOT"}).Draw(t, "queue"))
					})
				case 5:
					w.Change(x, func(u *ent.ConversationUpdateOne) { u.SetUnread(rapid.IntRange(0, 1).Draw(t, "unread")) })
				case 6:
					w.Change(x, func(u *ent.ConversationUpdateOne) { u.SetIsArchived(rapid.Bool().Draw(t, "archived")) })
				case 10: // it is snoozed, or comes back
					w.Write(func(ctx context.Context, tx *store.Tx) error {
						c, err := row.Lock(ctx, tx, x)
						if err != nil || c.Status != conversation.StatusIN_PROGRESS {
							return err
						}
						_, err = row.Change(ctx, tx, c, factory.Nobody, func(u *ent.ConversationUpdateOne) {
							u.SetQueue(rapid.SampledFrom([]conversation.Queue{"HUMAN", "SNOOZED"}).Draw(t, "snoozed"))
						})
						return err
					})
				case 7: // a collaborator joins
					w.Write(func(ctx context.Context, tx *store.Tx) error {
						c, err := row.Lock(ctx, tx, x)
						if err != nil || c.Status == conversation.StatusPENDING {
							return err
						}
						if err := factory.Collaborate(ctx, tx, x, []int64{agent}); err != nil {
							return err
						}
						_, err = row.Change(ctx, tx, c, factory.Nobody, func(u *ent.ConversationUpdateOne) { u.SetCollaboratorIds([]int64{agent}) })
						return err
					})
				case 8: // a client reads a little
					c := rapid.SampledFrom(clients).Draw(t, "reader")
					c.apply(t, c.s.next(t))
				case 9: // a client is cut off and comes back
					c := rapid.SampledFrom(clients).Draw(t, "cut")
					c.s.Close()
					open(c, c.s.last)
				}
			}
			head := w.head(t)
			for _, c := range clients {
				for _, f := range c.s.until(t, head) {
					c.apply(t, f)
				}
				c.s.Close()
				want, _ := list(c)
				for n, version := range want {
					if c.rows[n] != version {
						t.Fatalf("%s in %s with %v holds %s at version %d, the list at %d", c.p.Role, c.view, c.filter, n, c.rows[n], version)
					}
				}
				if len(c.rows) != len(want) {
					t.Fatalf("%s in %s with %v holds %v, the list %v", c.p.Role, c.view, c.filter, c.rows, want)
				}
			}
		})
	})
}

// RT-2, RT-4: an inbox that was cut off, and whose agent's rights changed before it came back, went on from its cursor as if nothing were: it kept rows that
// may not be seen any more, and lacked those that may be seen since.
func TestInboxEventsAfterRightsChangedAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		// The cases share a team, and who sees all of it is told of the others' conversations: one after the other.
		line := w.Channel("LINE")
		change := func(p auth.Principal) {
			w.Write(func(_ context.Context, tx *store.Tx) error {
				tx.Emit(event.Event{Kind: event.AuthChanged, AgentID: p.AgentID, ObjectID: p.AgentID})
				return nil
			})
		}
		for name, roles := range map[string][2]auth.Role{
			"who sees less is told to read again": {auth.Supervisor, auth.AgentRole},
			"who sees more is told to read again": {auth.AgentRole, auth.Supervisor},
		} {
			t.Run(name, func(t *testing.T) {
				amy, ben := w.Agent(roles[0]), w.Agent(auth.AgentRole)
				after := w.head(t).String()
				change(amy)
				amy.Role = roles[1]
				c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: ben.AgentID})
				w.Hear(c.ID)
				s := w.open(t, amy, listens, map[string]any{"view": "ALL", "after": after})
				s.want(t, "Hello")
				if f := s.want(t, "StreamEnded"); f.Reason != "ACCESS_LOST" || !f.Resubscribe {
					t.Errorf("got %+v", f)
				}
			})
		}
		t.Run("nor of those who see alike", func(t *testing.T) {
			// Who sees the team's conversations is judged once for all. What one of them is told of its own rights was told to the others too.
			amy, ben := w.Agent(auth.Supervisor), w.Agent(auth.Supervisor)
			after := w.head(t).String()
			change(amy)
			c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			open := func(p auth.Principal) *stream {
				s := w.open(t, p, listens, map[string]any{"view": "ALL", "after": after})
				s.want(t, "Hello")
				return s
			}
			first, second, third := open(ben), open(amy), open(ben)
			second.want(t, "StreamEnded")
			for _, s := range []*stream{first, third} {
				if f := s.want(t, "ConversationEntered"); f.Conversation.ID != conv(c.ID) {
					t.Errorf("got %+v", f)
				}
			}
		})
		t.Run("another's change is no business of the stream", func(t *testing.T) {
			amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
			after := w.head(t).String()
			change(ben)
			c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
			s := w.open(t, amy, listens, map[string]any{"view": "MY_IN_PROGRESS", "after": after})
			s.want(t, "Hello")
			if f := s.want(t, "ConversationEntered"); f.Conversation.ID != conv(c.ID) {
				t.Errorf("got %+v", f)
			}
		})
	})
}
