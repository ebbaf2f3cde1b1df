package contact

import (
	"context"
	"fmt"
	"net/mail"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactemail"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Member is what a shop says of one of its members, once it is proven.
type Member struct {
	No                 string // the shop's own number
	Name, Email, Phone string // empty where it does not say
}

// FindMemberIn finds the contact with a membership number, the oldest where several have it; nil for none.
func FindMemberIn(ctx context.Context, tx *store.Tx, no string) (*ent.Contact, error) {
	c, err := tx.Contact.Query().Where(entcontact.MembershipNo(no)).Order(entcontact.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the member: %w", err)
	}
	return c, nil
}

// FillMemberIn gives a contact what a shop says of its member where the contact has nothing yet (CONT-1): membership number, e-mail address, phone,
// and the name where it is the one for customers without. What agents wrote stays, and what is no address or number is left out. A contact
// that is not there is a fault of kind NotFound.
func (s *Service) FillMemberIn(ctx context.Context, tx *store.Tx, contactID int64, m Member, by event.Actor) error {
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	team, err := tx.Client.Team.Get(ctx, tx.Team)
	if err != nil {
		return fmt.Errorf("read the team: %w", err)
	}
	u := tx.Contact.UpdateOne(c)
	hasChanged := false
	if c.MembershipNo == "" && m.No != "" {
		u.SetMembershipNo(m.No).SetMembershipFolded(text.Fold(m.No))
		hasChanged = true
	}
	if name := shown(m.Name); name != "" && name != c.Name && c.LastName == "" && isUnknown(c.FirstName) {
		u.SetFirstName(name).SetName(name).SetNameFolded(text.Fold(name))
		hasChanged = true
	}
	filled, err := fillAddresses(ctx, tx, contactID, m, team.Country)
	if err != nil || !filled && !hasChanged {
		return err
	}
	if err := touch(ctx, tx, u, by); err != nil {
		return err
	}
	return row.RefreshContact(ctx, tx, contactID, by)
}

// fillAddresses gives a contact without e-mail address or phone those of the member.
func fillAddresses(ctx context.Context, tx *store.Tx, contactID int64, m Member, country string) (bool, error) {
	filled := false
	if a, err := mail.ParseAddress(m.Email); err == nil && a.Address == m.Email && len(m.Email) <= 254 {
		has, err := tx.ContactEmail.Query().Where(contactemail.ContactID(contactID)).Exist(ctx)
		if err != nil {
			return false, fmt.Errorf("read e-mail addresses: %w", err)
		}
		if !has {
			if err := setEmails(ctx, tx, contactID, []string{m.Email}); err != nil {
				return false, err
			}
			filled = true
		}
	}
	line, err := input.Line("phone", m.Phone, 40)
	if err == nil && isPhoneLike(line) {
		has, err := tx.ContactPhone.Query().Where(contactphone.ContactID(contactID)).Exist(ctx)
		if err != nil {
			return false, fmt.Errorf("read phones: %w", err)
		}
		if !has {
			if err := setPhones(ctx, tx, contactID, []string{line}, country); err != nil {
				return false, err
			}
			filled = true
		}
	}
	return filled, nil
}

// BindIn binds a person on a channel, with its conversation, to a contact: it is another one than was thought. Where the team has blocked the
// contact anywhere, the person is blocked here too. It gives the conversation's id, 0 where there is none. A person or contact that is not there is a
// fault of kind NotFound.
func (s *Service) BindIn(ctx context.Context, tx *store.Tx, identityID, contactID int64, by event.Actor) (int64, error) {
	i, err := lockIdentity(ctx, tx, identityID)
	if err != nil {
		return 0, err
	}
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return 0, err
	}
	isBlocked, err := tx.Identity.Query().Where(identity.ContactID(contactID), identity.IsBlocked(true)).Exist(ctx)
	if err != nil {
		return 0, fmt.Errorf("read identities of contact %d: %w", contactID, err)
	}
	var was *int64
	if i.ContactID != nil && *i.ContactID != contactID {
		was = i.ContactID
	}
	if err := tx.Identity.UpdateOne(i).SetContactID(contactID).SetIsBlocked(i.IsBlocked || isBlocked).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return 0, fmt.Errorf("bind identity %d: %w", identityID, err)
	}
	if err := touch(ctx, tx, tx.Contact.UpdateOne(c), by); err != nil {
		return 0, err
	}
	if was != nil {
		if err := touch(ctx, tx, tx.Contact.UpdateOneID(*was), by); err != nil {
			return 0, err
		}
	}
	return boundConversation(ctx, tx, identityID, c, by)
}
