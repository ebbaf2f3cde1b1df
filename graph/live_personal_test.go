package graph_test

import (
	"context"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/job"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// RT-1, CONV-7: the counts come at once and whenever they change, and are the query's.
func TestUnreadCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		line := w.Channel("LINE")
		mine := w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 2})
		s := w.open(t, amy, `subscription { unreadCounts { __typename cursor ... on UnreadCountsChanged { counts { unreadMessages views { view count } } } } }`, nil)
		s.want(t, "Hello")
		if f := s.want(t, "UnreadCountsChanged"); f.Counts.UnreadMessages != 2 {
			t.Fatalf("got %+v", f.Counts)
		}
		w.Conversation(line, factory.Spec{Status: "IN_PROGRESS", Follower: ben.AgentID, Messages: 3}) // none of amy's business
		w.Hear(mine.ID)
		for f := s.want(t, "UnreadCountsChanged"); f.Counts.UnreadMessages != 3; f = s.want(t, "UnreadCountsChanged") {
			if f.Counts.UnreadMessages != 2 {
				t.Fatalf("got %+v", f.Counts)
			}
		}
		w.Conversation(line, factory.Spec{Messages: 1})
		var q struct {
			InboxCounts struct {
				UnreadMessages int
				AsOf           string
				Channels       []struct {
					ChannelID      string
					UnreadMessages int
				}
			}
		}
		if errs := w.query(t, amy, `{ inboxCounts { unreadMessages asOf channels { channelId unreadMessages } } }`, nil, &q); errs != nil {
			t.Fatal(errs)
		}
		if q.InboxCounts.UnreadMessages != 4 || len(q.InboxCounts.Channels) != 1 || q.InboxCounts.Channels[0].UnreadMessages != 4 {
			t.Fatalf("got %+v", q)
		}
		for f := s.want(t, "UnreadCountsChanged"); f.Counts.UnreadMessages != q.InboxCounts.UnreadMessages; {
			f = s.want(t, "UnreadCountsChanged")
		}
	})
}

// RT-1: each agent is told what is for it, and nothing of the others'.
func TestNotifications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		notify := func(agent int64) (n int64) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				x, err := tx.Notification.Create().SetAgentID(agent).SetCode("notice.transferred").SetParams(map[string]string{"actor": "Jess", "role": "@role.ADMIN"}).
					SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				n = x.ID
				tx.Emit(event.Event{Kind: event.NotificationAdded, ObjectID: x.ID, ObjectVersion: 1, AgentID: agent})
				return nil
			})
			return n
		}
		const told = `subscription($after: Cursor) { notifications(after: $after) { __typename cursor ... on NotificationAdded { notification { id text } } } }`
		begin := w.head(t).String()
		s := w.open(t, amy, told, nil)
		s.want(t, "Hello")
		notify(ben.AgentID)
		mine := notify(amy.AgentID)
		f := s.want(t, "NotificationAdded")
		if f.Notification.ID != id.Format(id.Notification, mine) || f.Notification.Text != "Jess (Administrator) transferred 1 conversation to you" {
			t.Errorf("got %+v", f.Notification)
		}
		token := w.open(t, auth.Principal{TeamID: w.Team, TokenID: 1, Role: auth.Admin}, told, map[string]any{"after": begin})
		if all := token.until(t, w.head(t)); len(all) != 1 {
			t.Errorf("an integration is told %+v", all)
		}
		// By id it is there for its own agent alone.
		for p, want := range map[*auth.Principal]bool{&amy: true, &ben: false} {
			var q struct{ Node *struct{ ID string } }
			if errs := w.query(t, *p, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": f.Notification.ID}, &q); errs != nil || (q.Node != nil) != want {
				t.Errorf("got %+v, %v", q, errs)
			}
		}
	})
}

// RT-1: a job's progress, to its end.
func TestJobProgress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		var n int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			j, err := tx.Job.Create().SetKind("INBOUND_REPLAY").SetTotal(2).SetCreatedBy(amy.AgentID).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				n = j.ID
			}
			return err
		})
		step := func(f func(*ent.JobUpdateOne)) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				u := tx.Job.UpdateOneID(n).AddVersion(1)
				f(u)
				tx.Emit(event.Event{Kind: event.JobChanged, ObjectID: n})
				return u.Exec(ctx)
			})
		}
		const progress = `subscription($id: ID!) { jobProgress(jobId: $id) { __typename cursor ... on JobChanged { job { state done } } ... on StreamEnded { reason } } }`
		s := w.open(t, amy, progress, map[string]any{"id": id.Format(id.Job, n)})
		s.want(t, "Hello")
		if f := s.want(t, "JobChanged"); f.Job.State != "QUEUED" {
			t.Errorf("got %+v", f.Job)
		}
		step(func(u *ent.JobUpdateOne) { u.SetState(job.StateRUNNING).SetDone(1) })
		if f := s.want(t, "JobChanged"); f.Job.Done != 1 {
			t.Errorf("got %+v", f.Job)
		}
		step(func(u *ent.JobUpdateOne) { u.SetState(job.StateDONE).SetDone(2).SetEndedAt(w.DB.Clock().Now()) })
		if f := s.want(t, "JobChanged"); f.Job.State != "DONE" {
			t.Errorf("got %+v", f.Job)
		}
		if f := s.want(t, "StreamEnded"); f.Reason != "COMPLETED" || !f.isLast {
			t.Errorf("got %+v", f)
		}
		if _, refused := w.subscribe(t, ben, progress, map[string]any{"id": id.Format(id.Job, n)}); !slices.Equal(refused, graphqlErrors{"NOT_FOUND"}) {
			t.Errorf("another's job: %v", refused)
		}
		var asked int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			j, err := tx.Job.Create().SetKind("BULK_END").SetTotal(2).SetParams(map[string]any{workspace.JobToken: 7}).SetTeamID(w.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				asked = j.ID
			}
			return err
		})
		bot := auth.Principal{TeamID: w.Team, TokenID: 7, Role: auth.AgentRole, Scopes: []auth.Scope{auth.WriteConversations}}
		theirs := w.open(t, bot, progress, map[string]any{"id": id.Format(id.Job, asked)})
		theirs.want(t, "Hello")
		theirs.want(t, "JobChanged")
		bot.TokenID = 8
		if _, refused := w.subscribe(t, bot, progress, map[string]any{"id": id.Format(id.Job, asked)}); !slices.Equal(refused, graphqlErrors{"NOT_FOUND"}) {
			t.Errorf("another integration's job: %v", refused)
		}
	})
}

// RT-1, CONV-28: who looks and who types, told to those who may see the conversation, by those who may.
func TestPresence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{})
		set := func(p auth.Principal, mutation, conversationID string) (payload struct {
			Set struct{ UserErrors []struct{ Code string } }
		}) {
			if errs := w.query(t, p, `mutation($id: ID!) { set: `+mutation+` { userErrors { code } } }`, map[string]any{"id": conversationID}, &payload); errs != nil {
				t.Fatal(errs)
			}
			return payload
		}
		const typing, quiet, looks = "typingSet(input: {conversationId: $id})", "typingSet(input: {conversationId: $id, isTyping: false})", "presenceSet(input: {conversationId: $id})"
		s := w.open(t, amy, `subscription($id: ID!) { presence(conversationId: $id) { __typename cursor ... on PresenceChanged { viewing { id } typing { id } } ... on StreamEnded { reason } } }`,
			map[string]any{"id": conv(c.ID)})
		s.want(t, "Hello")
		if f := s.want(t, "PresenceChanged"); len(f.Viewing)+len(f.Typing) != 0 {
			t.Errorf("got %+v", f)
		}
		for i, x := range []struct {
			what            string
			viewing, typing int
		}{{looks, 1, 0}, {typing, 1, 1}, {quiet, 1, 0}} {
			if p := set(ben, x.what, conv(c.ID)); len(p.Set.UserErrors) != 0 {
				t.Fatalf("refused: %+v", p)
			}
			f := s.want(t, "PresenceChanged")
			if len(f.Viewing) != x.viewing || len(f.Typing) != x.typing || f.Viewing[0].ID != agentID(ben) {
				t.Errorf("%d: got %+v", i, f)
			}
		}
		if p := set(auth.Principal{TeamID: w.Team, TokenID: 3, Role: auth.Admin}, looks, conv(c.ID)); len(p.Set.UserErrors) != 1 || p.Set.UserErrors[0].Code != "FORBIDDEN" {
			t.Errorf("an integration looks: %+v", p)
		}
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetStatus("IN_PROGRESS").SetFollowerID(ben.AgentID) })
		if f := s.want(t, "StreamEnded"); f.Reason != "ACCESS_LOST" {
			t.Errorf("got %+v", f)
		}
		if p := set(amy, typing, conv(c.ID)); len(p.Set.UserErrors) != 1 || p.Set.UserErrors[0].Code != "NOT_FOUND" {
			t.Errorf("typing where one may not look: %+v", p)
		}
	})
}
