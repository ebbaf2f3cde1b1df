package contact_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// CONT-1, CONT-2, CONT-7, CONT-15
func TestCreateAndUpdate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		vip, gold, number := w.tag(t, "vip"), w.tag(t, "gold"), w.field(t, "NUMBER")
		text := w.field(t, "TEXT")
		c := w.create(t, contact.Fields{
			FirstName: contact.Given(" 王 "), LastName: contact.Given("小明"), MembershipNo: contact.Given("M1"), IdentityNo: contact.Given("A123456789"),
			BirthAt: contact.Given("2000-02-29"), Phones: contact.Given([]string{"0912-345-678", "12345", "+886912345678"}), Emails: contact.Given([]string{"Amy@Example.com", "amy@example.com"}),
			TagIDs: contact.Given([]int64{gold, vip, gold}), ResponsibleID: contact.Given(w.admin.AgentID), Note: contact.Given("a\nb"),
			Addresses:    contact.Given([]contact.Address{{Country: "tw", Line: "忠孝東路一段1號"}}),
			CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: &customfield.Input{Number: ptr("1.50")}}, {FieldID: text.ID, Value: &customfield.Input{Text: ptr("x")}}},
		})
		if c.Name != "王 小明" || c.Gender != "UNDISCLOSED" || c.BirthMonth != 2 || c.Version != 1 || c.Responsible == nil || c.Addresses[0]["country"] != "TW" {
			t.Errorf("made: %+v", c.Contact)
		}
		if len(c.Phones) != 2 || c.Phones[0].Typed != "0912-345-678" || c.Phones[0].E164 != "+886912345678" || c.Phones[1].E164 != "" || len(c.Emails) != 1 {
			t.Errorf("phones %+v, e-mail addresses %+v", c.Phones, c.Emails)
		}
		if !slices.Equal(c.TagIds, []int64{gold, vip}) || len(c.Tags) != 2 || c.Tags[0].Tag.ContactCount != 1 {
			t.Errorf("tags %v, %+v", c.TagIds, c.Tags)
		}
		if got := w.find(t, w.admin, contact.Criteria{Phone: ptr("+886 912 345 678")}); !slices.Equal(got, []int64{c.ID}) {
			t.Errorf("the number in E.164 finds %v", got)
		}
		before := c.Version
		c, at, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: c.ID, Fields: contact.Fields{
			LastName: contact.Cleared[string](), BirthAt: contact.Cleared[string](), TagIDs: contact.Given([]int64{vip}), ResponsibleID: contact.Cleared[int64](),
			CustomFields: []customfield.AnswerInput{{FieldID: number.ID}},
		}})
		if err != nil || at.Epoch == "" {
			t.Fatal(err)
		}
		if c.Name != "王" || c.BirthAt != "" || c.BirthMonth != 0 || c.ResponsibleID != nil || c.Note != "a\nb" || len(c.Phones) != 2 || c.Version != before+1 {
			t.Errorf("after the update: %+v", c.Contact)
		}
		if !slices.Equal(c.TagIds, []int64{vip}) || c.Answers[0].Value != nil || c.Answers[1].Value == nil || c.Answers[1].Value.Text != "x" {
			t.Errorf("tags %v, answers %+v", c.TagIds, c.Answers)
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			if g := v.Tag.GetX(ctx, gold); g.ContactCount != 0 {
				t.Errorf("a tag that nobody carries counts %d", g.ContactCount)
			}
			return nil
		})
	})
}

// CONT-1: a team may join names without a space.
func TestJoinedNames(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Team.UpdateOneID(w.team).SetJoinsNames(true).Exec(ctx)
		})
		if c := w.create(t, contact.Fields{FirstName: contact.Given("王"), LastName: contact.Given("小明")}); c.Name != "王小明" {
			t.Errorf("the name is %q", c.Name)
		}
	})
}

// CONT-7: bad input leaves nothing half done.
func TestRefusedChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		other := world{db: db, team: newTeam(t, db, "other"), contacts: w.contacts, fields: w.fields, tags: w.tags}
		other.admin = auth.Principal{TeamID: other.team, AgentID: other.agent(t), Role: auth.Admin}
		theirs := other.create(t, contact.Fields{})
		tag, number := w.tag(t, "vip"), w.field(t, "NUMBER")
		c := w.create(t, contact.Fields{Phones: contact.Given([]string{"12345"})})
		for name, bad := range map[string]struct {
			fields contact.Fields
			kind   fault.Kind
			field  string
		}{
			"an empty first name":    {contact.Fields{FirstName: contact.Given(" ")}, fault.Invalid, "firstName"},
			"a cleared first name":   {contact.Fields{FirstName: contact.Cleared[string]()}, fault.Invalid, "firstName"},
			"a long name":            {contact.Fields{LastName: contact.Given(strings.Repeat("長", 101))}, fault.Invalid, "lastName"},
			"a day of no calendar":   {contact.Fields{BirthAt: contact.Given("2001-02-29")}, fault.Invalid, "birthAt"},
			"a phone without digits": {contact.Fields{Phones: contact.Given([]string{"123", "+"})}, fault.Invalid, "phones[1]"},
			"a masked phone":         {contact.Fields{Phones: contact.Given([]string{"09**-***-678"})}, fault.Invalid, "phones[0]"},
			"a masked identity":      {contact.Fields{IdentityNo: contact.Given("*******789")}, fault.Invalid, "identityNo"},
			"no e-mail address":      {contact.Fields{Emails: contact.Given([]string{"Amy <amy@example.com>"})}, fault.Invalid, "emails[0]"},
			"a company of nobody":    {contact.Fields{CompanyIDs: contact.Given([]int64{1 << 40})}, fault.NotFound, "companyIds[0]"},
			"a tag of nobody":        {contact.Fields{TagIDs: contact.Given([]int64{tag, 1 << 40})}, fault.NotFound, ""},
			"an agent of another":    {contact.Fields{ResponsibleID: contact.Given(other.admin.AgentID)}, fault.NotFound, "responsibleAgentId"},
			"a wrong answer":         {contact.Fields{CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: &customfield.Input{Text: ptr("x")}}}}, fault.Invalid, "customFields[0].value"},
			"an answer twice":        {contact.Fields{CustomFields: []customfield.AnswerInput{{FieldID: number.ID}, {FieldID: number.ID}}}, fault.Invalid, "customFields[1].fieldId"},
			"a field of nobody":      {contact.Fields{CustomFields: []customfield.AnswerInput{{FieldID: 1 << 40}}}, fault.NotFound, "customFields[0].fieldId"},
			"an address of no line":  {contact.Fields{Addresses: contact.Given([]contact.Address{{City: "台北"}})}, fault.Invalid, "addresses[0].line"},
		} {
			bad.fields.Note = contact.Given("changed")
			_, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: c.ID, Fields: bad.fields})
			if !fault.Is(err, bad.kind) || fault.As(err).Field != bad.field {
				t.Errorf("%s: %v at %q", name, err, fault.As(err).Field)
			}
		}
		if _, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: theirs.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another team's contact: %v", err)
		}
		after, err := w.contacts.Get(t.Context(), w.admin, c.ID, contact.All)
		if err != nil || after.Version != c.Version || after.Note != "" || len(after.Phones) != 1 || len(after.TagIds) != 0 {
			t.Errorf("refused changes left %+v, %v", after.Contact, err)
		}
		head, err := db.Head(t.Context(), other.team)
		if err != nil || head.Seq != 1 {
			t.Errorf("the other team's log is at %d, %v", head.Seq, err)
		}
	})
}

// CONT-8
func TestDelete(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		tag, number := w.tag(t, "vip"), w.field(t, "NUMBER")
		c := w.create(t, contact.Fields{TagIDs: contact.Given([]int64{tag}), Phones: contact.Given([]string{"12345"}), Emails: contact.Given([]string{"a@b.tw"}),
			CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: &customfield.Input{Number: ptr("1")}}}})
		for _, role := range auth.Roles {
			if role == auth.Admin || role == auth.Supervisor {
				continue
			}
			p := auth.Principal{TeamID: w.team, AgentID: 2, Role: role, Permissions: []auth.Permission{auth.SendMessages}}
			if _, err := w.contacts.Delete(t.Context(), p, c.ID); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s deletes: %v", role, err)
			}
		}
		at, err := w.contacts.Delete(t.Context(), w.admin, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		log, err := db.After(t.Context(), w.team, at.Seq-1, 1)
		if err != nil || log[0].Kind != event.ContactDeleted || log[0].ObjectID != c.ID || log[0].ObjectVersion != c.Version+1 {
			t.Errorf("the log says %+v, %v", log, err)
		}
		if _, err := w.contacts.Delete(t.Context(), w.admin, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			if n := v.ContactPhone.Query().CountX(ctx) + v.ContactEmail.Query().CountX(ctx) + v.Tagging.Query().CountX(ctx) + v.CustomFieldValue.Query().CountX(ctx); n != 0 {
				t.Errorf("%d rows of the contact are left", n)
			}
			if g := v.Tag.GetX(ctx, tag); g.ContactCount != 0 {
				t.Errorf("its tag counts %d", g.ContactCount)
			}
			return nil
		})
	})
}

// CONT-8, CONT-9: of a deletion and a message at the same time, neither breaks the other.
func TestDeleteWhileAMessageArrives(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		line := w.channel(t, channel.TypeLINE)
		for range 5 {
			k := w.ensure(t, contact.Person{ChannelID: line, UserID: "U1"})
			var both sync.WaitGroup
			both.Go(func() {
				if _, err := w.contacts.Delete(t.Context(), w.admin, k.Contact.ID); err != nil {
					t.Error(err)
				}
			})
			both.Go(func() {
				_, err := db.Write(t.Context(), w.team, func(ctx context.Context, tx *store.Tx) error {
					got, err := w.contacts.EnsureForIdentityIn(ctx, tx, contact.Person{ChannelID: line, UserID: "U1"})
					if err == nil && (got.Identity.ContactID == nil || *got.Identity.ContactID != got.Contact.ID) {
						t.Errorf("the identity is bound to %v, the contact is %d", got.Identity.ContactID, got.Contact.ID)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			both.Wait()
		}
	})
}

// CONT-9: the number by which WhatsApp knows a contact stays.
func TestWhatsAppNumberStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		k := w.ensure(t, contact.Person{ChannelID: w.channel(t, channel.TypeWHATSAPP), UserID: "886912345678"})
		set := func(phones ...string) error {
			_, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: k.Contact.ID, Fields: contact.Fields{Phones: contact.Given(phones)}})
			return err
		}
		if err := set("0912345678"); err != nil {
			t.Fatal(err)
		}
		if err := set("0223456789"); !fault.Is(err, fault.Invalid) {
			t.Errorf("the number was taken away: %v", err)
		}
		if err := set("0223456789", "+886 912 345 678"); err != nil {
			t.Error(err)
		}
	})
}

// CONT-1: the same key with the same input makes one contact.
func TestCreateIsIdempotent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		in := contact.CreateInput{Fields: contact.Fields{FirstName: contact.Given("Amy")}, IdempotencyKey: "k"}
		a, _, err := w.contacts.Create(t.Context(), w.admin, in)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := w.contacts.Create(t.Context(), w.admin, in)
		if err != nil || a.ID != b.ID {
			t.Errorf("the second time made %+v, %v", b, err)
		}
		in.Note = contact.Given("other")
		if _, _, err := w.contacts.Create(t.Context(), w.admin, in); !fault.Is(err, fault.Conflict) {
			t.Errorf("other input: %v", err)
		}
		reader := auth.Principal{TeamID: w.team, AgentID: 9, Role: auth.AgentRole}
		if _, _, err := w.contacts.Create(t.Context(), reader, in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("one who may not answer customers: %v", err)
		}
	})
}

// CONT-19
func TestMask(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"0912-345-678": "****-***-678", "+886912345678": "+*********678", "A123456789": "*******789", "12345": "*****", "": ""} {
		if got := contact.Mask(s); got != want {
			t.Errorf("Mask(%q) = %q, want %q", s, got, want)
		}
	}
}
