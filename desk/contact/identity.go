package contact

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// unknown is the catalogue's name for a customer whose platform tells none.
const unknown = "customer.unknown"

// Person is somebody who writes on a channel.
type Person struct {
	ChannelID int64
	// UserID is the platform's id of the person on that channel.
	UserID string
	// Profile is what is known of the person already; its zero value is nothing.
	Profile channels.Profile
	// Reach is whether the account may write to the person; its zero value is REACHABLE, as who writes or follows is.
	Reach identity.Reach
}

// Known is a person on a channel with the contact it is.
type Known struct {
	Identity *ent.Identity
	Contact  *ent.Contact
	// IsNewIdentity says that the person was never seen on the channel before; IsNewContact that the contact was made just now: for a new
	// person, and for one whose contact was deleted (CONT-8).
	IsNewIdentity, IsNewContact bool
}

// EnsureForIdentityIn finds the person on a channel and its contact, or makes them. The unique key of identities decides between callers at
// the same time: all get the same identity and the same contact. A person whose contact was deleted gets a new one, and the conversation
// with the person is bound to it (CONT-8). The contact cannot be deleted before the transaction ends.
func (s *Service) EnsureForIdentityIn(ctx context.Context, tx *store.Tx, p Person) (Known, error) {
	var k Known
	i, err := tx.Identity.Query().Where(identity.ChannelID(p.ChannelID), identity.PlatformUserID(p.UserID)).Only(ctx)
	switch {
	case err == nil && i.ContactID != nil:
		c, err := hold(ctx, tx, *i.ContactID)
		if err == nil {
			return Known{Identity: i, Contact: c}, nil
		}
		if !ent.IsNotFound(err) {
			return k, fmt.Errorf("read contact %d: %w", *i.ContactID, err)
		}
	case err != nil && !ent.IsNotFound(err):
		return k, fmt.Errorf("find identity: %w", err)
	case err != nil:
		if k.IsNewIdentity, err = s.insertIdentity(ctx, tx, p); err != nil {
			return k, err
		}
		if i, err = tx.Identity.Query().Where(identity.ChannelID(p.ChannelID), identity.PlatformUserID(p.UserID)).Only(ctx); err != nil {
			return k, fmt.Errorf("read the identity that was made: %w", err)
		}
	}
	// Who holds the row makes the contact; who waited for it finds the contact made.
	if err := tx.Lock(ctx, identity.Table, i.ID); err != nil {
		return k, err
	}
	if i, err = tx.Identity.Get(ctx, i.ID); err != nil {
		return k, fmt.Errorf("read identity: %w", err)
	}
	if i.ContactID != nil {
		c, err := hold(ctx, tx, *i.ContactID)
		if err != nil {
			return k, fmt.Errorf("read contact %d: %w", *i.ContactID, err)
		}
		k.Identity, k.Contact = i, c
		return k, nil
	}
	return s.newContact(ctx, tx, i, k)
}

// EnsureForPhoneIn is EnsureForIdentityIn of somebody whose id on the channel is a phone number, given as E.164, whom an agent writes to first (MSG-14). A new contact has the number as its
// phone. A name that is given, empty for none, is the contact's from now on, as the newest.
func (s *Service) EnsureForPhoneIn(ctx context.Context, tx *store.Tx, channelID int64, number, name string, by event.Actor) (Known, error) {
	name, err := input.OptionalLine("name", name, maxName)
	if err != nil {
		return Known{}, err
	}
	// One after another, from here on: two that both keep a contact from being deleted cannot both go on to change it.
	id, err := tx.Identity.Query().Where(identity.ChannelID(channelID), identity.PlatformUserID(digits(number))).OnlyID(ctx)
	if err == nil {
		err = tx.Lock(ctx, identity.Table, id)
	}
	if err != nil && !ent.IsNotFound(err) {
		return Known{}, fmt.Errorf("hold the identity: %w", err)
	}
	k, err := s.EnsureForIdentityIn(ctx, tx, Person{ChannelID: channelID, UserID: digits(number), Reach: identity.ReachUNKNOWN})
	if err != nil {
		return k, err
	}
	if k.IsNewContact {
		if err := setPhones(ctx, tx, k.Contact.ID, []string{number}, ""); err != nil {
			return k, err
		}
	}
	if name == "" {
		return k, nil
	}
	old, err := lockContact(ctx, tx, k.Contact.ID)
	if err != nil || old.FirstName == name && old.LastName == "" {
		return k, err
	}
	u := tx.Contact.UpdateOne(old).SetFirstName(name).SetLastName("").SetName(name).SetNameFolded(text.Fold(name))
	if err := touch(ctx, tx, u, by); err != nil {
		return k, err
	}
	if k.Contact, err = tx.Contact.Get(ctx, old.ID); err != nil {
		return k, fmt.Errorf("read contact %d: %w", old.ID, err)
	}
	return k, row.RefreshContact(ctx, tx, old.ID, by)
}

// hold reads a contact and keeps it from being deleted until the transaction ends, while others may change it.
func hold(ctx context.Context, tx *store.Tx, id int64) (*ent.Contact, error) {
	q := tx.Contact.Query().Where(entcontact.ID(id))
	if tx.IsPostgres() {
		q.Modify(func(s *sql.Selector) { s.For(sql.LockKeyShare) })
	}
	return q.Only(ctx)
}

// insertIdentity makes the identity and says whether it did: false where somebody was faster.
func (s *Service) insertIdentity(ctx context.Context, tx *store.Tx, p Person) (bool, error) {
	pr, reach := p.Profile, p.Reach
	if reach == "" {
		reach = identity.ReachREACHABLE
	}
	n, err := tx.Exec(ctx, `INSERT INTO identities (team_id, version, created_at, updated_at, channel_id, platform_user_id, display_name, picture_url,
		status_message, language, reach, is_blocked, profile_fetched_at, first_seen_at) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (team_id, channel_id, platform_user_id) DO NOTHING`,
		tx.Team, tx.Now, tx.Now, p.ChannelID, p.UserID, shown(pr.DisplayName), clean(pr.PictureURL), clean(pr.StatusMessage), clean(pr.Language), string(reach), false, fetchedAt(tx, pr), tx.Now)
	if err != nil {
		return false, fmt.Errorf("create identity: %w", err)
	}
	return n > 0, nil
}

func fetchedAt(tx *store.Tx, p channels.Profile) any {
	if p == (channels.Profile{}) {
		return nil
	}
	return tx.Now
}

// newContact makes a contact for an identity that is locked, and binds the identity and its conversation to it.
func (s *Service) newContact(ctx context.Context, tx *store.Tx, i *ent.Identity, k Known) (Known, error) {
	name := shown(i.DisplayName)
	if name == "" {
		t, err := tx.Client.Team.Get(ctx, tx.Team)
		if err != nil {
			return k, fmt.Errorf("read the team: %w", err)
		}
		name = catalogue.Text(t.Language, unknown, nil)
	}
	c, err := tx.Contact.Create().SetTeamID(tx.Team).SetFirstName(name).SetName(name).SetNameFolded(text.Fold(name)).
		SetPictureURL(i.PictureURL).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return k, fmt.Errorf("create contact: %w", err)
	}
	if i, err = tx.Identity.UpdateOne(i).SetContactID(c.ID).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
		return k, fmt.Errorf("bind identity %d: %w", i.ID, err)
	}
	by := event.Actor{Kind: event.ByContact, ID: c.ID}
	tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: c.ID, ObjectVersion: c.Version, Actor: by})
	if !k.IsNewIdentity {
		if _, err := boundConversation(ctx, tx, i.ID, c, by); err != nil {
			return k, err
		}
	}
	k.Identity, k.Contact, k.IsNewContact = i, c, true
	return k, nil
}

// boundConversation gives the conversation with a person, where there is one, to a contact, and its id; 0 for none.
func boundConversation(ctx context.Context, tx *store.Tx, identityID int64, c *ent.Contact, by event.Actor) (int64, error) {
	id, err := tx.Conversation.Query().Where(conversation.IdentityID(identityID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the conversation of identity %d: %w", identityID, err)
	}
	v, err := row.Lock(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	theirs := row.Copy(v)
	theirs.ContactID = &c.ID
	hasPhone, err := row.HasPhone(ctx, tx, theirs)
	if err != nil {
		return 0, err
	}
	_, err = row.Change(ctx, tx, v, by, func(u *ent.ConversationUpdateOne) {
		u.SetContactID(c.ID).SetName(c.Name).SetNameFolded(c.NameFolded).SetPictureURL(c.PictureURL).SetTagIds(c.TagIds).SetHasPhone(hasPhone)
	})
	return id, err
}

// ApplyProfileIn keeps what a platform told of a person, nil where it told nothing, and notes when it was asked (CHAN-13). The contact takes
// the name and the picture where it still has those of the platform, or none; what agents wrote stays. A person that is not there any more
// is a fault of kind NotFound.
func (s *Service) ApplyProfileIn(ctx context.Context, tx *store.Tx, identityID int64, p *channels.Profile) error {
	old, err := lockIdentity(ctx, tx, identityID)
	if err != nil {
		return err
	}
	u := tx.Identity.UpdateOne(old).SetProfileFetchedAt(tx.Now)
	if p == nil {
		if err := u.Exec(ctx); err != nil {
			return fmt.Errorf("note the profile of identity %d: %w", identityID, err)
		}
		return nil
	}
	name, picture, status := shown(p.DisplayName), clean(p.PictureURL), clean(p.StatusMessage)
	hasChanged := name != old.DisplayName || picture != old.PictureURL || status != old.StatusMessage
	u.SetDisplayName(name).SetPictureURL(picture).SetStatusMessage(status).SetLanguage(clean(p.Language))
	if hasChanged {
		u.AddVersion(1).SetUpdatedAt(tx.Now)
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("keep the profile of identity %d: %w", identityID, err)
	}
	if !hasChanged || old.ContactID == nil {
		return nil
	}
	return s.takeProfile(ctx, tx, old, name, picture)
}

// takeProfile gives the contact of an identity what the platform tells now; old is the identity as it was.
func (s *Service) takeProfile(ctx context.Context, tx *store.Tx, old *ent.Identity, name, picture string) error {
	if err := tx.Lock(ctx, entcontact.Table, *old.ContactID); err != nil {
		return err
	}
	c, err := tx.Contact.Get(ctx, *old.ContactID)
	if err != nil {
		return fmt.Errorf("read contact %d: %w", *old.ContactID, err)
	}
	by := event.Actor{Kind: event.BySystem}
	u := tx.Contact.UpdateOne(c)
	if name != "" && c.LastName == "" && (c.FirstName == old.DisplayName || isUnknown(c.FirstName)) {
		u.SetFirstName(name).SetName(name).SetNameFolded(text.Fold(name))
	}
	if c.PictureURL == old.PictureURL {
		u.SetPictureURL(picture)
	}
	if err := touch(ctx, tx, u, by); err != nil {
		return err
	}
	return row.RefreshContact(ctx, tx, c.ID, by)
}

// isUnknown says whether a name is the one for customers without, in any language.
func isUnknown(name string) bool {
	return name == catalogue.Text(catalogue.Chinese, unknown, nil) || name == catalogue.Text(catalogue.English, unknown, nil)
}

// SetReachIn keeps whether a person can be written to: it blocked the account, or came back. The second time it does nothing.
func (s *Service) SetReachIn(ctx context.Context, tx *store.Tx, identityID int64, reach identity.Reach) error {
	i, err := lockIdentity(ctx, tx, identityID)
	if err != nil || i.Reach == reach {
		return err
	}
	if err := tx.Identity.UpdateOne(i).SetReach(reach).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("set the reach of identity %d: %w", identityID, err)
	}
	if i.ContactID == nil {
		return nil
	}
	return touch(ctx, tx, tx.Contact.UpdateOneID(*i.ContactID), event.Actor{Kind: event.ByContact, ID: *i.ContactID})
}

func lockIdentity(ctx context.Context, tx *store.Tx, id int64) (*ent.Identity, error) {
	if err := tx.Lock(ctx, identity.Table, id); err != nil {
		return nil, err
	}
	i, err := tx.Identity.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the identity")
	}
	if err != nil {
		return nil, fmt.Errorf("read identity %d: %w", id, err)
	}
	return i, nil
}

// touch saves a change of a contact with its version, time and event.
func touch(ctx context.Context, tx *store.Tx, u *ent.ContactUpdateOne, by event.Actor) error {
	c, err := u.AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
	if ent.IsNotFound(err) {
		return fault.Missing("the contact")
	}
	if err != nil {
		return fmt.Errorf("change contact: %w", err)
	}
	tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: c.ID, ObjectVersion: c.Version, Actor: by})
	return nil
}

// shown makes a platform's name fit to be a contact's: one line, at most as long as names are.
func shown(name string) string { return text.Cut(text.Line(clean(name)), maxName) }

// clean takes out what no database keeps.
func clean(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "") }
