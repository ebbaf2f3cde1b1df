package graph_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
)

// What an integration did without the scope to read was done, and answered with FORBIDDEN, so that it did it again.
func TestActingWithoutReading(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		writer := boss
		writer.AgentID, writer.TokenID, writer.Scopes = 0, 7, []auth.Scope{auth.WriteConversations}
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Messages: 1})
		var done struct {
			ConversationEnd struct {
				Conversation *struct{ ID string }
				UserErrors   []struct{ Code string }
				Cursor       *string
			}
		}
		errs := w.query(t, writer, `mutation($c: ID!) { conversationEnd(input: {conversationId: $c}) { conversation { id } userErrors { code } cursor } }`,
			map[string]any{"c": conv(c.ID)}, &done)
		if d := done.ConversationEnd; errs != nil || d.Conversation != nil || len(d.UserErrors) != 0 || d.Cursor == nil {
			t.Errorf("got %+v, %v", d, errs)
		}
		var now struct{ Conversation struct{ Status string } }
		if errs := w.query(t, boss, `query($c: ID!) { conversation(id: $c) { status } }`, map[string]any{"c": conv(c.ID)}, &now); errs != nil || now.Conversation.Status != "ENDED" {
			t.Errorf("it is %+v, %v", now, errs)
		}
	})
}
