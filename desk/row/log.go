package row

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Log adds an entry to the activity log of a conversation (CONV-24): code is a key of the catalogue of texts, params its values. The log is
// in the order in which things happened, because whoever writes it holds the conversation.
func Log(ctx context.Context, tx *store.Tx, conversationID int64, code string, params map[string]string, actor event.Actor) error {
	err := tx.Activity.Create().SetTeamID(tx.Team).SetConversationID(conversationID).SetCode(code).SetParams(params).
		SetActorKind(string(actor.Kind)).SetActorID(actor.ID).SetAt(tx.Now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("log %s: %w", code, err)
	}
	return nil
}

// LogContact writes into the log of each of a contact's conversations, which it holds, what happened to the contact. The caller holds the contact.
func LogContact(ctx context.Context, tx *store.Tx, contactID int64, code string, params map[string]string, actor event.Actor) error {
	ids, err := tx.Conversation.Query().Where(conversation.ContactID(contactID)).Order(conversation.ByID()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find the conversations of contact %d: %w", contactID, err)
	}
	for _, id := range ids {
		if _, err := Lock(ctx, tx, id); err != nil {
			return err
		}
		if err := Log(ctx, tx, id, code, params, actor); err != nil {
			return err
		}
	}
	return nil
}
