package row

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Delete removes a conversation that Lock gave, with everything that hangs on it, counts it no more and writes its event. What of it is kept
// elsewhere is the caller's to erase.
func Delete(ctx context.Context, tx *store.Tx, c *ent.Conversation, actor event.Actor) error {
	if err := tx.Conversation.DeleteOne(c).Exec(ctx); err != nil {
		return fmt.Errorf("delete conversation %d: %w", c.ID, err)
	}
	before := Facets(c)
	count(tx, before, nil)
	tx.Emit(event.Event{Kind: event.ConversationDeleted, ObjectID: c.ID, ObjectVersion: c.Version + 1, ConversationID: c.ID, Before: before, Actor: actor})
	return nil
}
