package contact_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// world is a team with services to keep its contacts.
type world struct {
	db       *store.DB
	team     int64
	admin    auth.Principal
	contacts *contact.Service
	fields   *customfield.Service
	tags     *tagging.Service
}

func setup(t testing.TB, db *store.DB) world {
	t.Helper()
	w := world{db: db, contacts: contact.New(db), fields: customfield.New(db, random.Seeded(1)), tags: tagging.New(db)}
	w.team = newTeam(t, db, "shop")
	w.admin = auth.Principal{TeamID: w.team, AgentID: w.agent(t), Role: auth.Admin, Permissions: []auth.Permission{auth.SeePersonalData}}
	return w
}

func newTeam(t testing.TB, db *store.DB, slug string) int64 {
	t.Helper()
	id, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "zh-Hant", TimeZone: "Asia/Taipei", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w world) write(t testing.TB, f func(context.Context, *store.Tx) error) {
	t.Helper()
	if _, err := w.db.Write(t.Context(), w.team, f); err != nil {
		t.Fatal(err)
	}
}

func (w world) read(t testing.TB, f func(context.Context, *store.View) error) {
	t.Helper()
	if err := w.db.Read(t.Context(), w.team, f); err != nil {
		t.Fatal(err)
	}
}

// agent makes an agent and gives its id.
func (w world) agent(t testing.TB) int64 {
	t.Helper()
	var id int64
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		n := tx.Agent.Query().CountX(ctx)
		email := fmt.Sprintf("agent%d@example.com", n)
		a, err := tx.Agent.Create().SetTeamID(tx.Team).SetEmail(email).SetEmailFolded(email).SetName("Agent").SetNameFolded("agent").
			SetRole("ADMIN").SetStatus("ACTIVE").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			id = a.ID
		}
		return err
	})
	return id
}

// channel makes a channel of a type and gives its id.
func (w world) channel(t testing.TB, typ channel.Type) int64 {
	t.Helper()
	var id int64
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		n := tx.Channel.Query().CountX(ctx)
		c, err := tx.Channel.Create().SetTeamID(tx.Team).SetType(typ).SetName(fmt.Sprintf("%s %d", typ, n)).SetWebhookKey(fmt.Sprintf("key-%d-%d", w.team, n)).
			SetPlatformID(fmt.Sprint(n)).SetCredentials([]byte("sealed")).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// create makes a contact.
func (w world) create(t testing.TB, f contact.Fields) *contact.Contact {
	t.Helper()
	if !f.FirstName.IsGiven {
		f.FirstName = contact.Given("Amy")
	}
	c, _, err := w.contacts.Create(t.Context(), w.admin, contact.CreateInput{Fields: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// field makes a custom field in a category of its own.
func (w world) field(t testing.TB, typ customfield.Type, options ...string) customfield.Field {
	t.Helper()
	name := fmt.Sprintf("%s %d", typ, len(w.allFields(t)))
	c, _, err := w.fields.CreateCategory(t.Context(), w.admin, customfield.CreateCategoryInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	in := customfield.CreateInput{CategoryID: c.ID, Name: name, Target: "CONTACT", Type: typ}
	for _, o := range options {
		in.Options = append(in.Options, customfield.Option{Label: o})
	}
	f, _, err := w.fields.Create(t.Context(), w.admin, in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (w world) allFields(t testing.TB) []customfield.Field {
	t.Helper()
	all, err := w.fields.Fields(t.Context(), w.admin, "CONTACT")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tag makes a tag.
func (w world) tag(t testing.TB, name string) int64 {
	t.Helper()
	g, _, err := w.tags.Create(t.Context(), w.admin, tagging.CreateInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}
