package contact

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
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

// SetBlocked blocks a contact alone, or lets it write again: what was said stays, and while it is blocked nothing that it sends on any channel is kept
// (CONV-15). Whoever may answer customers may do so, and so may those who blacklist. What is so already is left as it is, with the zero cursor.
func (s *Service) SetBlocked(ctx context.Context, p auth.Principal, id int64, isBlocked bool) (*Contact, event.Cursor, error) {
	if err := p.Need(auth.WriteContacts); err != nil {
		return nil, event.Cursor{}, err
	}
	if !p.Has(auth.SendMessages) && p.Role != auth.Admin && p.Role != auth.Supervisor {
		return nil, event.Cursor{}, fault.New(fault.Forbidden, "contacts are blocked by those who may answer customers")
	}
	var made *Contact
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := lockContact(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.IsBlocked != isBlocked {
			set, code := BlockIn, "log.blocked"
			if !isBlocked {
				set, code = unblockIn, "log.unblocked"
			}
			if err := set(ctx, tx, id, p.Actor()); err != nil {
				return err
			}
			if err := row.LogContact(ctx, tx, id, code, nil, p.Actor()); err != nil {
				return err
			}
		}
		made, err = getIn(ctx, &tx.View, id, All)
		return err
	})
	return made, at, err
}

// unblockIn lets a contact, which is locked, write again on every channel.
func unblockIn(ctx context.Context, tx *store.Tx, contactID int64, by event.Actor) error {
	if err := tx.Identity.Update().Where(identity.ContactID(contactID), identity.IsBlocked(true)).SetIsBlocked(false).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("unblock the identities of contact %d: %w", contactID, err)
	}
	return touch(ctx, tx, tx.Contact.UpdateOneID(contactID).SetIsBlocked(false), by)
}
