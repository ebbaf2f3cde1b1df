package contact_test

import (
	"context"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// ensure finds or makes a person in a transaction of its own.
func (w world) ensure(t testing.TB, p contact.Person) contact.Known {
	t.Helper()
	var k contact.Known
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		k, err = w.contacts.EnsureForIdentityIn(ctx, tx, p)
		return err
	})
	return k
}

// CONT-9, CHAN-13
func TestFirstMessageMakesIdentityAndContact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		line := w.channel(t, channel.TypeLINE)
		k := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1"})
		if !k.IsNewIdentity || !k.IsNewContact {
			t.Fatalf("the first message made nothing: %+v", k)
		}
		if k.Contact.Name != "顧客" || k.Contact.FirstName != "顧客" || k.Identity.ContactID == nil || *k.Identity.ContactID != k.Contact.ID {
			t.Errorf("a contact without a profile is %+v", k.Contact)
		}
		again := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1", Profile: channels.Profile{DisplayName: "later"}})
		if again.IsNewIdentity || again.IsNewContact || again.Contact.ID != k.Contact.ID {
			t.Errorf("the second message found %+v", again)
		}
		other := w.ensure(t, contact.Person{ChannelID: line, UserID: "U2", Profile: channels.Profile{DisplayName: " 王\n小明\x00 ", PictureURL: "https://p/1"}})
		if other.Contact.Name != "王 小明" || other.Contact.PictureURL != "https://p/1" || other.Identity.ProfileFetchedAt == nil {
			t.Errorf("a contact with a profile is %+v", other.Contact)
		}
	})
}

// CONT-9: eight simultaneous first messages make one identity and one contact.
func TestSimultaneousFirstMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		line := w.channel(t, channel.TypeLINE)
		found := make([]contact.Known, 8)
		var all sync.WaitGroup
		for n := range found {
			all.Go(func() {
				_, err := db.Write(t.Context(), w.team, func(ctx context.Context, tx *store.Tx) (err error) {
					found[n], err = w.contacts.EnsureForIdentityIn(ctx, tx, contact.Person{ChannelID: line, UserID: "U1"})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		made := 0
		for _, k := range found {
			if k.Contact == nil || k.Contact.ID != found[0].Contact.ID || k.Identity.ID != found[0].Identity.ID {
				t.Fatalf("different people: %+v, %+v", k, found[0])
			}
			if k.IsNewContact {
				made++
			}
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			if n := v.Contact.Query().CountX(ctx); n != 1 || made != 1 {
				t.Errorf("%d contacts, made %d times", n, made)
			}
			return nil
		})
	})
}

// CONT-8: a deleted contact's next message makes a new contact on the same identity, and the conversation is bound to it.
func TestMessageAfterDeletion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		line := w.channel(t, channel.TypeLINE)
		k := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1", Profile: channels.Profile{DisplayName: "Amy"}})
		conv := w.conversation(t, k)
		if _, err := w.contacts.Delete(t.Context(), w.admin, k.Contact.ID); err != nil {
			t.Fatal(err)
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			c := v.Conversation.GetX(ctx, conv)
			if c.ContactID != nil || c.Name != "Amy" {
				t.Errorf("after the deletion the conversation has contact %v and name %q", c.ContactID, c.Name)
			}
			if i := v.Identity.GetX(ctx, k.Identity.ID); i.ContactID != nil {
				t.Errorf("the identity is still bound to %d", *i.ContactID)
			}
			return nil
		})
		next := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1"})
		if next.IsNewIdentity || !next.IsNewContact || next.Contact.ID == k.Contact.ID || next.Identity.ID != k.Identity.ID || next.Contact.Name != "Amy" {
			t.Errorf("the next message found %+v, %+v", next.Identity, next.Contact)
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			if c := v.Conversation.GetX(ctx, conv); c.ContactID == nil || *c.ContactID != next.Contact.ID {
				t.Errorf("the conversation is bound to %v, want %d", c.ContactID, next.Contact.ID)
			}
			return nil
		})
	})
}

// CHAN-13
func TestApplyProfile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		line := w.channel(t, channel.TypeLINE)
		k := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1"})
		conv := w.conversation(t, k)
		apply := func(p *channels.Profile) {
			t.Helper()
			w.write(t, func(ctx context.Context, tx *store.Tx) error {
				return w.contacts.ApplyProfileIn(ctx, tx, k.Identity.ID, p)
			})
		}
		expect := func(name, picture string) {
			t.Helper()
			w.read(t, func(ctx context.Context, v *store.View) error {
				if c := v.Contact.GetX(ctx, k.Contact.ID); c.Name != name || c.PictureURL != picture {
					t.Errorf("the contact is %q %q, want %q %q", c.Name, c.PictureURL, name, picture)
				}
				if c := v.Conversation.GetX(ctx, conv); c.Name != name || c.PictureURL != picture {
					t.Errorf("the row shows %q %q, want %q %q", c.Name, c.PictureURL, name, picture)
				}
				if i := v.Identity.GetX(ctx, k.Identity.ID); i.ProfileFetchedAt == nil {
					t.Error("nobody noted that the profile was asked for")
				}
				return nil
			})
		}
		apply(nil)
		expect("顧客", "")
		apply(&channels.Profile{DisplayName: "Amy", PictureURL: "https://p/1", StatusMessage: "hi", Language: "en"})
		expect("Amy", "https://p/1")
		apply(&channels.Profile{DisplayName: "Amy Lin", PictureURL: "https://p/2"})
		expect("Amy Lin", "https://p/2")
		if _, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: k.Contact.ID, Fields: contact.Fields{FirstName: contact.Given("林小姐")}}); err != nil {
			t.Fatal(err)
		}
		apply(&channels.Profile{DisplayName: "Amy III", PictureURL: "https://p/3"})
		expect("林小姐", "https://p/3")
		_, err := db.Write(t.Context(), w.team, func(ctx context.Context, tx *store.Tx) error {
			return w.contacts.ApplyProfileIn(ctx, tx, 1<<40, nil)
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a profile of nobody: %v", err)
		}
	})
}

// CONT-9
func TestReach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		k := w.ensure(t, contact.Person{ChannelID: w.channel(t, channel.TypeLINE), UserID: "U1"})
		for range 2 {
			w.write(t, func(ctx context.Context, tx *store.Tx) error {
				return w.contacts.SetReachIn(ctx, tx, k.Identity.ID, identity.ReachBLOCKED)
			})
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			i, c := v.Identity.GetX(ctx, k.Identity.ID), v.Contact.GetX(ctx, k.Contact.ID)
			if i.Reach != identity.ReachBLOCKED || i.Version != k.Identity.Version+1 || c.Version != k.Contact.Version+1 {
				t.Errorf("reach %s, versions %d and %d", i.Reach, i.Version, c.Version)
			}
			return nil
		})
	})
}

// conversation makes a pending conversation with a person.
func (w world) conversation(t *testing.T, k contact.Known) int64 {
	t.Helper()
	var id int64
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		ch := tx.Channel.GetX(ctx, k.Identity.ChannelID)
		c, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType(conversation.ChannelType(ch.Type)).
			SetIdentityID(k.Identity.ID).SetContactID(k.Contact.ID).SetKind(conversation.KindONE_ON_ONE).SetStatus(conversation.StatusPENDING).
			SetName(k.Contact.Name).SetNameFolded(k.Contact.NameFolded).SetLastAt(tx.Now), event.Actor{Kind: event.ByContact, ID: k.Contact.ID})
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}
