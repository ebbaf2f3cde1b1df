package graph_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/internal/auth"
)

// What is made for one subscriber is given to others. Integrations without the scope to read contacts were given those of an agent who
// listened with the same document, and the agent was given the rows without them.
func TestStreamsOfOthersScopes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Admin)
		narrow := boss
		narrow.AgentID, narrow.TokenID, narrow.Scopes = 0, 7, []auth.Scope{auth.ReadConversations}
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Name: "王小明"})
		const contact = ` { conversation { id contact { name } } }`
		for name, x := range map[string]struct {
			query string
			vars  map[string]any
		}{
			"one conversation": {`subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { ` + common + `
				... on ConversationChanged` + contact + ` } }`, map[string]any{"id": conv(c.ID)}},
			"the inbox": {`subscription($after: Cursor) { inboxEvents(view: ALL, after: $after) { ` + common + `
				... on ConversationEntered` + contact + ` ... on ConversationChanged` + contact + ` } }`, map[string]any{}},
		} {
			for _, isFirst := range []bool{true, false} { // whoever asks first
				x.vars["after"] = w.head(t).String()
				all, few := w.open(t, boss, x.query, x.vars), w.open(t, narrow, x.query, x.vars)
				all.want(t, "Hello")
				few.want(t, "Hello")
				w.Hear(c.ID)
				var seen, hidden frame
				if isFirst {
					seen, hidden = all.want(t, "ConversationChanged"), few.want(t, "ConversationChanged")
				} else {
					hidden, seen = few.want(t, "ConversationChanged"), all.want(t, "ConversationChanged")
				}
				if seen.Conversation.Contact == nil || seen.Conversation.Contact.Name != "王小明" {
					t.Errorf("%s: who may read contacts is shown %+v", name, seen.Conversation)
				}
				if hidden.Conversation.Contact != nil {
					t.Errorf("%s: who may not read contacts is shown %+v", name, hidden.Conversation.Contact)
				}
				all.Close()
				few.Close()
			}
		}
	})
}
