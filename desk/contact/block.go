package contact

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// BlockIn blocks a contact on every channel: nothing that it sends is stored any more (CONV-15). One that is blocked stays so, and one that is
// not there is no mistake.
func BlockIn(ctx context.Context, tx *store.Tx, contactID int64, by event.Actor) error {
	if err := tx.Lock(ctx, entcontact.Table, contactID); err != nil {
		return err
	}
	if err := tx.Identity.Update().Where(identity.ContactID(contactID), identity.IsBlocked(false)).SetIsBlocked(true).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("block the identities of contact %d: %w", contactID, err)
	}
	c, err := tx.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) || err == nil && c.IsBlocked {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read contact %d: %w", contactID, err)
	}
	return touch(ctx, tx, tx.Contact.UpdateOne(c).SetIsBlocked(true), by)
}
