package visitor

import (
	"context"
	"fmt"
	"hash/fnv"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/visitor"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// identify binds the session to the member whose id was proven. A visitor who has written nothing goes on with the member's conversation from
// other devices. One who has keeps the conversation, which becomes the member's with an entry in its log; the contact that it was of stays as it
// is. A member without a contact gets the number into the visitor's own.
func (b *begin) identify(ctx context.Context) error {
	p := b.in.Identity
	if err := b.waitFor(ctx, p.ExternalID); err != nil {
		return err
	}
	if b.visitor.ExternalID == "" {
		if err := b.bind(ctx, p.ExternalID); err != nil {
			return err
		}
		u := b.tx.Visitor.UpdateOne(b.visitor).SetExternalID(p.ExternalID).SetIdentifiedAt(b.tx.Now).AddVersion(1).SetUpdatedAt(b.tx.Now)
		now, err := u.Save(ctx)
		if err != nil {
			return fmt.Errorf("identify the visitor: %w", err)
		}
		b.visitor = now
		if err := changedIn(ctx, b.tx, now.IdentityID); err != nil {
			return err
		}
	}
	i, err := b.tx.Identity.Get(ctx, b.visitor.IdentityID)
	if err != nil {
		return fmt.Errorf("read the person: %w", err)
	}
	if i.IsBlocked { // nothing is kept of somebody whom the team blocked
		return nil
	}
	if name := short(p.Name, 100); name != "" && name != i.DisplayName {
		if i, err = b.tx.Identity.UpdateOne(i).SetDisplayName(name).AddVersion(1).SetUpdatedAt(b.tx.Now).Save(ctx); err != nil {
			return fmt.Errorf("name the person: %w", err)
		}
	}
	if i.ContactID == nil {
		return nil // made with the first message, of the name and the number
	}
	return b.Contacts.FillMemberIn(ctx, b.tx, *i.ContactID, contact.Member{No: p.ExternalID, Name: p.Name, Email: p.Email, Phone: p.Phone}, byContact(i))
}

func byContact(i *ent.Identity) event.Actor {
	by := event.Actor{Kind: event.ByContact}
	if i.ContactID != nil {
		by.ID = *i.ContactID
	}
	return by
}

// waitFor makes two devices that prove the same member at once wait for each other.
func (b *begin) waitFor(ctx context.Context, externalID string) error {
	if !b.tx.IsPostgres() {
		return nil
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "member/%d/%d/%s", b.tx.Team, b.window.ChannelID, externalID)
	if _, err := b.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(?)", int64(h.Sum64())); err != nil {
		return fmt.Errorf("wait for the member: %w", err)
	}
	return nil
}

// bind finds whose conversation the session is of from now on.
func (b *begin) bind(ctx context.Context, externalID string) error {
	own, err := b.tx.Identity.Get(ctx, b.visitor.IdentityID)
	if err != nil {
		return fmt.Errorf("read the person: %w", err)
	}
	has, err := conversationOf(ctx, &b.tx.View, own.ID)
	if err != nil {
		return fmt.Errorf("find the conversation: %w", err)
	}
	other, err := b.tx.Visitor.Query().Where(visitor.ChannelID(b.window.ChannelID), visitor.ExternalID(externalID), visitor.IDNEQ(b.visitor.ID),
		visitor.IdentityIDNEQ(own.ID)).WithIdentity().Order(visitor.ByIdentifiedAt(), visitor.ByID()).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("find the member's other devices: %w", err)
	}
	var contactID *int64
	if err == nil {
		if has == 0 {
			b.hasMoved = true
			b.visitor, err = b.tx.Visitor.UpdateOne(b.visitor).SetIdentityID(other.IdentityID).Save(ctx)
			return err
		}
		contactID = other.Edges.Identity.ContactID
	}
	if contactID == nil {
		c, err := contact.FindMemberIn(ctx, b.tx, externalID)
		if err != nil || c == nil {
			return err
		}
		contactID = &c.ID
	}
	if own.ContactID != nil && *own.ContactID == *contactID {
		return nil
	}
	by := event.Actor{Kind: event.ByContact, ID: *contactID}
	id, err := b.Contacts.BindIn(ctx, b.tx, own.ID, *contactID, by)
	if err != nil || id == 0 {
		return err
	}
	return row.Log(ctx, b.tx, id, "log.member_proven", map[string]string{"member": text.Cut(externalID, 100)}, by)
}

// asMember makes the contact of a member who writes for the first time, with the number that was proven.
func (s *Service) asMember(ctx context.Context, x Session) error {
	if x.ExternalID == "" || x.contactID != nil {
		return nil
	}
	_, err := s.DB.Write(ctx, x.Team, func(ctx context.Context, tx *store.Tx) error {
		k, err := s.Contacts.EnsureForIdentityIn(ctx, tx, contact.Person{ChannelID: x.ChannelID, UserID: x.PublicID})
		if err != nil {
			return err
		}
		return s.Contacts.FillMemberIn(ctx, tx, k.Contact.ID, contact.Member{No: x.ExternalID}, byContact(k.Identity))
	})
	return err
}
