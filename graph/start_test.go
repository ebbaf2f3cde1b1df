package graph_test

import (
	"context"
	"testing"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// MSG-14, MSG-9, CONV-28, CONT-19: a conversation begun by phone number needs a template first; another is told who has it, though it sees nothing of it, and takes it over from that agent; the number
// is masked for who may not see personal data.
func TestConversationStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.Update().Where(agent.IDIn(amy.AgentID, ben.AgentID)).SetPermissions([]string{"SEND_MESSAGES"}).Exec(ctx)
		})
		phone := id.Format(id.Channel, w.Channel("WHATSAPP").ID)
		type payload struct {
			Conversation *struct {
				ID, Status, Name string
				Follower         struct{ ID string }
				Identity         struct{ PlatformUserID string }
				Sendability      struct {
					Allowed, RequiresTemplate bool
					Window                    string
					Reason                    *string
				}
			}
			IsNew bool
			Held  *struct {
				ConversationID, Status string
				Agent                  struct{ ID, Name string }
				MayTakeOver            bool
			}
			Cursor     *string
			UserErrors []struct {
				Type          string `json:"__typename"`
				Code, Message string
				Field, Status *string
				Agent         *struct{ Name string }
			}
		}
		start := func(p auth.Principal, in map[string]any) payload {
			t.Helper()
			var got struct{ ConversationStart payload }
			if errs := w.query(t, p, `mutation($i: ConversationStartInput!) { conversationStart(input: $i) {
				conversation { id status name follower { id } identity { platformUserId } sendability { allowed requiresTemplate window reason } }
				isNew held { conversationId status agent { id name } mayTakeOver } cursor userErrors { __typename code message field ... on StateConflict { status agent { name } } } } }`,
				map[string]any{"i": in}, &got); errs != nil {
				t.Fatal(errs)
			}
			return got.ConversationStart
		}
		in := map[string]any{"channelId": phone, "name": "Mia", "country": "TW", "phone": "0912345678"}
		first := start(amy, in)
		c := first.Conversation
		if c == nil || !first.IsNew || first.Held != nil || first.Cursor == nil || c.Status != "IN_PROGRESS" || c.Name != "Mia" || c.Follower.ID != agentID(amy) || c.Identity.PlatformUserID != "*********678" {
			t.Fatalf("begun: %+v, %+v", first, c)
		}
		if s := c.Sendability; s.Allowed || !s.RequiresTemplate || s.Window != "TEMPLATE_ONLY" || s.Reason == nil {
			t.Errorf("what can be sent: %+v", s)
		}
		delete(in, "name")
		got := start(ben, in)
		if h := got.Held; got.Conversation != nil || got.Cursor != nil || h == nil || h.ConversationID != c.ID || h.Status != "IN_PROGRESS" || h.Agent.ID != agentID(amy) || h.Agent.Name != amy.Name || !h.MayTakeOver {
			t.Errorf("another's: %+v, %+v", got, h)
		}
		if e := got.UserErrors; len(e) != 1 || e[0].Type != "StateConflict" || e[0].Agent == nil || e[0].Agent.Name != amy.Name || *e[0].Status != "IN_PROGRESS" {
			t.Errorf("another's: %+v", e)
		}
		var seen struct{ Conversation *struct{ ID string } }
		if errs := w.query(t, ben, `query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": c.ID}, &seen); errs != nil || seen.Conversation != nil {
			t.Errorf("it is seen by who was told of it: %v", errs)
		}
		in["fromAgentId"] = agentID(amy)
		ben.Permissions = append(ben.Permissions, auth.SeePersonalData)
		if got = start(ben, in); got.Conversation == nil || got.IsNew || got.Conversation.Follower.ID != agentID(ben) || got.Conversation.Name != "Mia" || got.Conversation.Identity.PlatformUserID != "886912345678" {
			t.Errorf("taken over: %+v, %+v", got, got.Conversation)
		}
		delete(in, "fromAgentId")
		in["phone"] = "12"
		if e := start(ben, in).UserErrors; len(e) != 1 || e[0].Code != "VALIDATION" || e[0].Field == nil || *e[0].Field != "phone" || e[0].Message != "This is no valid phone number of that country or region." {
			t.Errorf("no number: %+v", e)
		}
	})
}
