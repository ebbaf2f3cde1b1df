package contact

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/idempotency"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CreateInput is a new contact. The first name is required (CONT-1).
type CreateInput struct {
	Fields
	IdempotencyKey string `json:"-"`
}

// Create makes a contact and gives it with all its parts. The same idempotency key with the same input gives the same contact again.
func (s *Service) Create(ctx context.Context, p auth.Principal, in CreateInput) (*Contact, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	in.FirstName.IsGiven = true
	var made *Contact
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		id, _, err := idempotency.Once(ctx, tx, p.Key(), in.IdempotencyKey, "contactCreate", in, func() (int64, error) {
			return s.create(ctx, tx, p, in.Fields)
		})
		if err != nil {
			return err
		}
		made, err = getIn(ctx, &tx.View, id, All)
		return err
	})
	return made, at, err
}

func (s *Service) create(ctx context.Context, tx *store.Tx, p auth.Principal, f Fields) (int64, error) {
	team, err := tx.Client.Team.Get(ctx, tx.Team)
	if err != nil {
		return 0, fmt.Errorf("read the team: %w", err)
	}
	if err := holdCompanies(ctx, tx, f.CompanyIDs.or()); err != nil {
		return 0, err
	}
	c := tx.Contact.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
	if err := f.apply(c.Mutation(), team, &ent.Contact{}); err != nil {
		return 0, err
	}
	if err := f.applyResponsible(ctx, tx, c.Mutation()); err != nil {
		return 0, err
	}
	made, err := c.Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("create contact: %w", err)
	}
	if err := f.setParts(ctx, tx, made.ID, team.Country, p.Actor()); err != nil {
		return 0, err
	}
	tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: made.ID, ObjectVersion: made.Version, Actor: p.Actor()})
	return made.ID, nil
}

// UpdateInput changes a contact.
type UpdateInput struct {
	ID int64
	Fields
}

// Update replaces what is given of a contact; what is not given stays, and what is given as nothing is cleared (CONT-7). It gives the contact
// with all its parts.
func (s *Service) Update(ctx context.Context, p auth.Principal, in UpdateInput) (*Contact, event.Cursor, error) {
	if err := mayEdit(p); err != nil {
		return nil, event.Cursor{}, err
	}
	if in.FirstName.IsGiven && in.FirstName.Value == nil {
		return nil, event.Cursor{}, fault.Input("firstName", "the first name cannot be cleared")
	}
	var made *Contact
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		if err := s.update(ctx, tx, p, in); err != nil {
			return err
		}
		var err error
		made, err = getIn(ctx, &tx.View, in.ID, All)
		return err
	})
	return made, at, err
}

func (s *Service) update(ctx context.Context, tx *store.Tx, p auth.Principal, in UpdateInput) error {
	if err := holdCompanies(ctx, tx, in.CompanyIDs.or()); err != nil {
		return err
	}
	if len(in.CustomFields) > 0 {
		if err := customfield.HoldIn(ctx, tx, entfield.TargetCONTACT); err != nil {
			return err
		}
	}
	old, err := lockContact(ctx, tx, in.ID)
	if err != nil {
		return err
	}
	team, err := tx.Client.Team.Get(ctx, tx.Team)
	if err != nil {
		return fmt.Errorf("read the team: %w", err)
	}
	u := tx.Contact.UpdateOne(old)
	if err := in.apply(u.Mutation(), team, old); err != nil {
		return err
	}
	if err := in.applyResponsible(ctx, tx, u.Mutation()); err != nil {
		return err
	}
	if err := touch(ctx, tx, u, p.Actor()); err != nil {
		return err
	}
	if err := in.setParts(ctx, tx, in.ID, team.Country, p.Actor()); err != nil {
		return err
	}
	return row.RefreshContact(ctx, tx, in.ID, p.Actor())
}

func lockContact(ctx context.Context, tx *store.Tx, id int64) (*ent.Contact, error) {
	if err := tx.Lock(ctx, entcontact.Table, id); err != nil {
		return nil, err
	}
	c, err := tx.Contact.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the contact")
	}
	if err != nil {
		return nil, fmt.Errorf("read contact %d: %w", id, err)
	}
	return c, nil
}

// Delete removes a contact with everything that is known of it (CONT-8). ADMIN and SUPERVISOR only. Who it was on channels stays without a
// contact, so that the next message makes a new one; conversations keep the name as text. It gives the conversations that were the
// contact's, for whoever notes it in their logs.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.DeleteIn(ctx, tx, p, id)
		return err
	})
}

// DeleteIn is Delete in a transaction.
func (s *Service) DeleteIn(ctx context.Context, tx *store.Tx, p auth.Principal, id int64) ([]*ent.Conversation, error) {
	if p.Role != auth.Admin && p.Role != auth.Supervisor {
		return nil, fault.New(fault.Forbidden, "only administrators and supervisors delete contacts")
	}
	if err := mayEdit(p); err != nil {
		return nil, err
	}
	c, err := lockContact(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	people, err := tx.Identity.Query().Where(identity.ContactID(id)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read identities of contact %d: %w", id, err)
	}
	if err := tx.Lock(ctx, identity.Table, people...); err != nil {
		return nil, err
	}
	if err := tx.Identity.Update().Where(identity.ContactID(id)).ClearContactID().AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return nil, fmt.Errorf("free identities of contact %d: %w", id, err)
	}
	freed, err := freeConversations(ctx, tx, id, p.Actor())
	if err != nil {
		return nil, err
	}
	if err := tagging.DropIn(ctx, tx, id, p.Actor()); err != nil {
		return nil, err
	}
	// Phones, addresses, employments and answers go with it: their keys are declared so.
	if err := tx.Contact.DeleteOneID(id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("delete contact %d: %w", id, err)
	}
	tx.Emit(event.Event{Kind: event.ContactDeleted, ObjectID: id, ObjectVersion: c.Version + 1, Actor: p.Actor()})
	return freed, nil
}

// freeConversations takes the contact from its conversations, which keep its name.
func freeConversations(ctx context.Context, tx *store.Tx, contactID int64, by event.Actor) ([]*ent.Conversation, error) {
	ids, err := tx.Conversation.Query().Where(conversation.ContactID(contactID)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read conversations of contact %d: %w", contactID, err)
	}
	var freed []*ent.Conversation
	for _, id := range ids {
		c, err := row.Lock(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		c, err = row.Change(ctx, tx, c, by, func(u *ent.ConversationUpdateOne) { u.ClearContactID().SetTagIds([]int64{}) })
		if err != nil {
			return nil, err
		}
		freed = append(freed, c)
	}
	return freed, nil
}
