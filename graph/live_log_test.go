package graph_test

import (
	"context"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// RT-2, RT-3: the pull form of the streams: page by page, in order, once, as far as one may see; and told to reload where it cannot go on.
func TestEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		begin := w.head(t)
		c := w.Conversation(line, factory.Spec{Messages: 3})                                          // 7 events
		w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: ben.AgentID, Messages: 2}) // none that amy sees
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetStatus("ENDED").SetFollowerID(amy.AgentID) })
		gone := w.Conversation(line, factory.Spec{}) // taken away from amy's sight
		w.Change(gone.ID, func(u *ent.ConversationUpdateOne) { u.SetStatus("IN_PROGRESS").SetFollowerID(ben.AgentID) })
		type pageOf struct {
			Events struct {
				Events  []frame
				Cursor  string
				HasMore bool
			}
		}
		read := func(p auth.Principal, after *string, first int) pageOf {
			t.Helper()
			var q pageOf
			errs := w.query(t, p, `query($after: Cursor, $first: Int) { events(after: $after, first: $first) { cursor hasMore events { __typename
				... on MessageAdded { cursor message { id seq } } ... on ConversationChanged { cursor conversation { id status version } }
				... on ConversationLeft { cursor conversationId } ... on ResyncRequired { cursor resync: reason } } } }`, map[string]any{"after": after, "first": first}, &q)
			if errs != nil {
				t.Fatal(errs)
			}
			return q
		}
		var types []string
		after, last := begin.String(), int64(0)
		for more := true; more; {
			q := read(amy, &after, 3)
			for _, f := range q.Events.Events {
				at, err := event.ParseCursor(f.Cursor)
				if err != nil || at.Seq <= last {
					t.Fatalf("the cursor %q after %d: %v", f.Cursor, last, err)
				}
				last = at.Seq
				types = append(types, f.Type)
				if f.Type == "ConversationChanged" && f.Conversation.ID == conv(c.ID) && f.Conversation.Status != "ENDED" {
					t.Errorf("it is shown as it was: %+v", f.Conversation)
				}
			}
			after, more = q.Events.Cursor, q.Events.HasMore
		}
		// Of the conversation that went out of sight only its leaving is left to tell.
		want := map[string]int{"ConversationChanged": 5, "MessageAdded": 3, "ConversationLeft": 1}
		got := map[string]int{}
		for _, x := range types {
			got[x]++
		}
		if len(got) != len(want) || got["ConversationChanged"] != 5 || got["MessageAdded"] != 3 || got["ConversationLeft"] != 1 {
			t.Errorf("got %v, want %v", got, want)
		}
		if head := w.head(t).String(); after != head {
			t.Errorf("the last page ends at %s, the log at %s", after, head)
		}
		if q := read(amy, nil, 10); len(q.Events.Events) != 0 || q.Events.Cursor != after {
			t.Errorf("without a position: %+v", q)
		}
		for name, x := range map[string]struct {
			at   event.Cursor
			want string
		}{
			"another log":     {event.Cursor{Epoch: "another", Seq: 1}, "EPOCH_CHANGED"},
			"beyond the head": {event.Cursor{Epoch: begin.Epoch, Seq: 1 << 40}, "EPOCH_CHANGED"},
		} {
			s := x.at.String()
			if q := read(amy, &s, 10); len(q.Events.Events) != 1 || q.Events.Events[0].Resync != x.want || q.Events.HasMore {
				t.Errorf("%s: %+v", name, q)
			}
		}
		if _, err := w.DB.SQL().ExecContext(t.Context(), w.DB.Rebind("DELETE FROM events WHERE team_id = ? AND seq < ?"), w.Team, begin.Seq+5); err != nil {
			t.Fatal(err)
		}
		s := begin.String()
		if q := read(amy, &s, 10); len(q.Events.Events) != 1 || q.Events.Events[0].Resync != "TOO_OLD" {
			t.Errorf("purged: %+v", q)
		}
		for name, vars := range map[string]map[string]any{"a wrong cursor": {"after": "zzz"}, "too many": {"first": 101}, "none": {"first": 0}} {
			var q pageOf
			if errs := w.query(t, amy, `query($after: Cursor, $first: Int) { events(after: $after, first: $first) { cursor } }`, vars, &q); len(errs) != 1 || errs[0] != "BAD_USER_INPUT" {
				t.Errorf("%s: %v", name, errs)
			}
		}
	})
}

// RT-1: contacts' and groups' events are in the log for those who may read them.
func TestEventsOfOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, sales := w.Agent(auth.Admin), w.Agent(auth.Sales)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "王小明"})
		g := w.Conversation(w.Channel("LINE"), factory.Spec{IsGroup: true, Name: "群組"})
		begin := w.head(t).String()
		w.Write(func(_ context.Context, tx *store.Tx) error {
			tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: *c.ContactID})
			tx.Emit(event.Event{Kind: event.GroupChanged, ObjectID: *g.GroupID})
			tx.Emit(event.Event{Kind: event.ContactDeleted, ObjectID: 1 << 30})
			return nil
		})
		for p, want := range map[*auth.Principal]int{&boss: 3, &sales: 2} {
			var q struct {
				Events struct {
					Events []struct {
						Type    string `json:"__typename"`
						Contact *struct{ Name string }
						Group   *struct{ Name string }
					}
				}
			}
			errs := w.query(t, *p, `query($after: Cursor) { events(after: $after) { events { __typename ... on ContactChanged { contact { name } } ... on GroupChanged { group { name } } } } }`,
				map[string]any{"after": begin}, &q)
			if errs != nil || len(q.Events.Events) != want || q.Events.Events[0].Contact.Name != "王小明" {
				t.Errorf("%s: %+v, %v", p.Role, q, errs)
			}
		}
	})
}

// CONV-28, GRP-1: by id everything is there for whoever may see it, and absent for all others.
func TestNode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, amy, ben := w.Agent(auth.Admin), w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		g := w.Conversation(line, factory.Spec{IsGroup: true, Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		var activity, member int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			a, err := tx.Activity.Create().SetConversationID(c.ID).SetCode("log.ended").SetParams(map[string]string{"actor": "Amy"}).SetActorKind("AGENT").SetAt(tx.Now).SetTeamID(w.Team).Save(ctx)
			if err != nil {
				return err
			}
			activity = a.ID
			member, err = tx.GroupMember.Query().FirstID(ctx)
			return err
		})
		ids := []string{conv(c.ID), id.Format(id.Message, *c.LastMessageID), id.Format(id.Activity, activity), id.Format(id.Group, *g.GroupID), id.Format(id.GroupMember, member)}
		for p, isSeen := range map[*auth.Principal]bool{&boss: true, &amy: true, &ben: false} {
			var q struct {
				Nodes []*struct {
					Type string `json:"__typename"`
					ID   string
				}
			}
			if errs := w.query(t, *p, `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, map[string]any{"ids": append(ids, "nonsense", conv(1<<40), "act_zzzz")}, &q); errs != nil {
				t.Fatal(errs)
			}
			if len(q.Nodes) != len(ids)+3 {
				t.Fatalf("%d nodes", len(q.Nodes))
			}
			for i, n := range q.Nodes {
				if want := isSeen && i < len(ids); (n != nil) != want || n != nil && n.ID != ids[i] {
					t.Errorf("%s: node %d is %+v", p.Name, i, n)
				}
			}
		}
		var q struct{ Nodes []*struct{ ID string } }
		many := make([]string, 101)
		for i := range many {
			many[i] = "conv_1"
		}
		if errs := w.query(t, boss, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": many}, &q); len(errs) != 1 || errs[0] != "BAD_USER_INPUT" {
			t.Errorf("too many: %v", errs)
		}
	})
}
