package contact_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

func (w world) company(t *testing.T, f contact.CompanyFields) *contact.Company {
	t.Helper()
	c, _, err := w.contacts.CreateCompany(t.Context(), w.admin, contact.CreateCompanyInput{CompanyFields: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// companyField makes a field of companies.
func (w world) companyField(t *testing.T, typ customfield.Type, options ...string) customfield.Field {
	t.Helper()
	c, _, err := w.fields.CreateCategory(t.Context(), w.admin, customfield.CreateCategoryInput{Name: "companies " + string(typ)})
	if err != nil {
		t.Fatal(err)
	}
	in := customfield.CreateInput{CategoryID: c.ID, Name: string(typ), Target: "COMPANY", Type: typ}
	for _, o := range options {
		in.Options = append(in.Options, customfield.Option{Label: o})
	}
	f, _, err := w.fields.Create(t.Context(), w.admin, in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// log gives the events after a position.
func (w world) log(t *testing.T, after int64) []event.Event {
	t.Helper()
	all, err := w.db.After(t.Context(), w.team, after, 100)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w world) seq(t *testing.T) int64 {
	t.Helper()
	head, err := w.db.Head(t.Context(), w.team)
	if err != nil {
		t.Fatal(err)
	}
	return head.Seq
}

// CONT-17: a company is found by name and number and by its contacts.
func TestCompanies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		var ids []int64
		for _, name := range []string{"Beta", "alpha 100%", "甲公司"} {
			ids = append(ids, w.company(t, contact.CompanyFields{Name: contact.Given(name), Number: contact.Given("No " + name)}).ID)
		}
		c := w.create(t, contact.Fields{CompanyIDs: contact.Given([]int64{ids[2], ids[0], ids[2]})})
		if len(c.Companies) != 2 || c.Companies[0].ID != ids[2] {
			t.Errorf("companies %+v", c.Companies)
		}
		for name, x := range map[string]struct {
			q    contact.CompanyQuery
			want []int64
		}{
			"all":                      {contact.CompanyQuery{}, []int64{ids[1], ids[0], ids[2]}},
			"a part in any case":       {contact.CompanyQuery{Text: "ALPHA"}, []int64{ids[1]}},
			"a sign of patterns":       {contact.CompanyQuery{Text: "%"}, []int64{ids[1]}},
			"another sign of patterns": {contact.CompanyQuery{Text: "_"}, nil},
			"a Chinese part":           {contact.CompanyQuery{Text: "公"}, []int64{ids[2]}},
			"a part and a filter":      {contact.CompanyQuery{Text: "a", Criteria: contact.CompanyCriteria{NamePrefix: ptr("b")}}, []int64{ids[0]}},
			"the number":               {contact.CompanyQuery{Criteria: contact.CompanyCriteria{Number: ptr(" No Beta ")}}, []int64{ids[0]}},
			"a part of the number":     {contact.CompanyQuery{Criteria: contact.CompanyCriteria{Number: ptr("No")}}, nil},
			"text that is the number":  {contact.CompanyQuery{Criteria: contact.CompanyCriteria{Text: ptr("No 甲公司")}}, []int64{ids[2]}},
			"a contact":                {contact.CompanyQuery{Criteria: contact.CompanyCriteria{ContactIDs: []int64{c.ID}}}, []int64{ids[0], ids[2]}},
			"nobody":                   {contact.CompanyQuery{Criteria: contact.CompanyCriteria{ContactIDs: []int64{}}}, nil},
			"not a contact's": {contact.CompanyQuery{Criteria: contact.CompanyCriteria{Not: &contact.CompanyCriteria{ContactIDs: []int64{c.ID}}}},
				[]int64{ids[1]}},
		} {
			x.q.Counts = true
			l, err := w.contacts.Companies(t.Context(), w.admin, x.q, pageOf(10))
			if got := companyIDs(l); err != nil || !slices.Equal(got, x.want) || l.Total != len(x.want) || !l.IsExact {
				t.Errorf("%s finds %v of %d, %v, want %v", name, got, l.Total, err, x.want)
			}
		}
	})
}

func companyIDs(l contact.CompanyList) []int64 {
	var ids []int64
	for _, c := range l.Companies {
		ids = append(ids, c.ID)
	}
	return ids
}

// CONT-17, CONT-7, CONT-6: what is given is replaced, null clears, and a company lists every field of companies alone.
func TestCompanyUpdate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		w.field(t, "TEXT") // of contacts
		number, text, flag := w.companyField(t, "NUMBER"), w.companyField(t, "TEXT"), w.companyField(t, "BOOLEAN")
		before := w.seq(t)
		c := w.company(t, contact.CompanyFields{Name: contact.Given(" 甲公司 "), Number: contact.Given("12345678"), CustomFields: []customfield.AnswerInput{
			{FieldID: number.ID, Value: &customfield.Input{Number: ptr("-0.50")}}, {FieldID: text.ID, Value: &customfield.Input{Text: ptr("x")}}}})
		if c.Name != "甲公司" || c.Version != 1 || len(c.Answers) != 3 || c.Answers[0].Value.Text != "-0.5" || c.Answers[1].Value.Text != "x" || c.Answers[2].Value != nil ||
			c.Answers[2].Field.ID != flag.ID || c.Answers[0].Field.Category.Name != "companies NUMBER" {
			t.Errorf("made %+v %+v", c.Company, c.Answers)
		}
		up, _, err := w.contacts.UpdateCompany(t.Context(), w.admin, contact.UpdateCompanyInput{ID: c.ID, CompanyFields: contact.CompanyFields{
			Number: contact.Cleared[string](), CustomFields: []customfield.AnswerInput{{FieldID: number.ID}, {FieldID: flag.ID, Value: &customfield.Input{Boolean: ptr(false)}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if up.Name != "甲公司" || up.Number != "" || up.Version != 2 || up.Answers[0].Value != nil || up.Answers[1].Value.Text != "x" || up.Answers[2].Value == nil || up.Answers[2].Value.Bool {
			t.Errorf("changed %+v %+v", up.Company, up.Answers)
		}
		log := w.log(t, before)
		if len(log) != 2 || log[0].Kind != event.CompanyChanged || log[0].ObjectVersion != 1 || log[1].Kind != event.CompanyChanged || log[1].ObjectID != c.ID || log[1].ObjectVersion != 2 {
			t.Errorf("the log says %+v", log)
		}
		in := contact.CreateCompanyInput{CompanyFields: contact.CompanyFields{Name: contact.Given("乙公司"), CustomFields: []customfield.AnswerInput{{FieldID: text.ID, Value: &customfield.Input{Text: ptr("x")}}}}, IdempotencyKey: "k"}
		first, _, err := w.contacts.CreateCompany(t.Context(), w.admin, in)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := w.contacts.CreateCompany(t.Context(), w.admin, in); err != nil || again.ID != first.ID {
			t.Errorf("the key again makes %+v, %v", again, err)
		}
		in.CustomFields[0].Value.Text = ptr("y")
		if _, _, err := w.contacts.CreateCompany(t.Context(), w.admin, in); !fault.Is(err, fault.Conflict) {
			t.Errorf("the key with other answers: %v", err)
		}
	})
}

// CONT-17, CONT-7: bad input leaves nothing half done, and nobody reaches another team's company or does what the role may not.
func TestRefusedCompanyChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		other := world{db: db, team: newTeam(t, db, "other"), contacts: w.contacts, fields: w.fields, tags: w.tags}
		other.admin = auth.Principal{TeamID: other.team, AgentID: other.agent(t), Role: auth.Admin}
		theirs, theirField := other.company(t, contact.CompanyFields{Name: contact.Given("theirs")}), other.companyField(t, "NUMBER")
		number, ofContacts := w.companyField(t, "NUMBER"), w.field(t, "NUMBER")
		c := w.company(t, contact.CompanyFields{Name: contact.Given("a")})
		before := w.seq(t)
		one := &customfield.Input{Number: ptr("1")}
		for name, bad := range map[string]struct {
			fields contact.CompanyFields
			kind   fault.Kind
			field  string
		}{
			"a cleared name":       {contact.CompanyFields{Name: contact.Cleared[string]()}, fault.Invalid, "name"},
			"a long name":          {contact.CompanyFields{Name: contact.Given(strings.Repeat("長", 201))}, fault.Invalid, "name"},
			"a long number":        {contact.CompanyFields{Number: contact.Given(strings.Repeat("1", 101))}, fault.Invalid, "number"},
			"a wrong answer":       {contact.CompanyFields{CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: &customfield.Input{Text: ptr("1")}}}}, fault.Invalid, "customFields[0].value"},
			"a field of contacts":  {contact.CompanyFields{CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: one}, {FieldID: ofContacts.ID, Value: one}}}, fault.NotFound, "customFields[1].fieldId"},
			"another team's field": {contact.CompanyFields{CustomFields: []customfield.AnswerInput{{FieldID: theirField.ID, Value: one}}}, fault.NotFound, "customFields[0].fieldId"},
		} {
			if !bad.fields.Name.IsGiven {
				bad.fields.Name = contact.Given("changed")
			}
			if _, _, err := w.contacts.UpdateCompany(t.Context(), w.admin, contact.UpdateCompanyInput{ID: c.ID, CompanyFields: bad.fields}); !fault.Is(err, bad.kind) || fault.As(err).Field != bad.field {
				t.Errorf("%s in an update: %v at %q", name, err, fault.As(err).Field)
			}
			if _, _, err := w.contacts.CreateCompany(t.Context(), w.admin, contact.CreateCompanyInput{CompanyFields: bad.fields}); !fault.Is(err, bad.kind) || fault.As(err).Field != bad.field {
				t.Errorf("%s of a new one: %v at %q", name, err, fault.As(err).Field)
			}
		}
		reader := auth.Principal{TeamID: w.team, AgentID: 9, Role: auth.AgentRole}
		writer := reader
		writer.Permissions = []auth.Permission{auth.SendMessages}
		for name, err := range map[string]error{
			"an update by who may not answer": second(w.contacts.UpdateCompany(t.Context(), reader, contact.UpdateCompanyInput{ID: c.ID})),
			"making by who may not answer":    second(w.contacts.CreateCompany(t.Context(), reader, contact.CreateCompanyInput{CompanyFields: contact.CompanyFields{Name: contact.Given("b")}})),
			"deleting by an agent":            last(w.contacts.DeleteCompany(t.Context(), writer, c.ID)),
		} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, err := range map[string]error{
			"an update of another team's": second(w.contacts.UpdateCompany(t.Context(), w.admin, contact.UpdateCompanyInput{ID: theirs.ID})),
			"deleting another team's":     last(w.contacts.DeleteCompany(t.Context(), w.admin, theirs.ID)),
			"reading another team's":      last(w.contacts.Company(t.Context(), w.admin, theirs.ID, contact.Answers)),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		l, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{Parts: contact.Answers}, pageOf(10))
		if err != nil || len(l.Companies) != 1 || l.Companies[0].Name != "a" || l.Companies[0].Version != 1 || l.Companies[0].Answers[0].Value != nil || w.seq(t) != before {
			t.Errorf("refused changes left %+v, %v", l.Companies, err)
		}
	})
}

func second[A, B any](_ A, _ B, err error) error { return err }
func last[A any](_ A, err error) error           { return err }

// CONT-17: a deleted company's contacts stay, belong to it no longer, and are told so.
func TestDeletedCompanyLeavesItsContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		number := w.companyField(t, "NUMBER")
		c := w.company(t, contact.CompanyFields{Name: contact.Given("a"), CustomFields: []customfield.AnswerInput{{FieldID: number.ID, Value: &customfield.Input{Number: ptr("1")}}}})
		stays := w.company(t, contact.CompanyFields{Name: contact.Given("b")})
		amy, bob := w.create(t, contact.Fields{CompanyIDs: contact.Given([]int64{c.ID, stays.ID})}), w.create(t, contact.Fields{CompanyIDs: contact.Given([]int64{stays.ID})})
		if amy.Companies[0].Answers[0].Value.Text != "1" {
			t.Errorf("the contact's company answers %+v", amy.Companies[0].Answers)
		}
		before := w.seq(t)
		if _, err := w.contacts.DeleteCompany(t.Context(), w.admin, c.ID); err != nil {
			t.Fatal(err)
		}
		after, err := w.contacts.Get(t.Context(), w.admin, amy.ID, contact.All)
		if err != nil || len(after.Companies) != 1 || after.Companies[0].ID != stays.ID || after.Version != amy.Version+1 {
			t.Errorf("the contact is %+v, %v", after, err)
		}
		if same, err := w.contacts.Get(t.Context(), w.admin, bob.ID, contact.All); err != nil || same.Version != bob.Version {
			t.Errorf("another contact is %+v, %v", same, err)
		}
		log := w.log(t, before)
		if len(log) != 2 || log[0].Kind != event.ContactChanged || log[0].ObjectID != amy.ID || log[0].ObjectVersion != after.Version || log[1].Kind != event.CompanyDeleted || log[1].ObjectID != c.ID || log[1].ObjectVersion != 2 {
			t.Errorf("the log says %+v", log)
		}
		w.read(t, func(ctx context.Context, v *store.View) error {
			if n := v.CompanyFieldValue.Query().CountX(ctx) + v.Employment.Query().CountX(ctx); n != 2 {
				t.Errorf("%d rows are left", n)
			}
			return nil
		})
		if _, err := w.contacts.DeleteCompany(t.Context(), w.admin, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
		if _, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: bob.ID, Fields: contact.Fields{CompanyIDs: contact.Given([]int64{c.ID})}}); !fault.Is(err, fault.NotFound) || fault.As(err).Field != "companyIds[0]" {
			t.Errorf("joining what is gone: %v", err)
		}
	})
}

// CONT-6, CONT-17: while options and companies go, contacts and companies are changed: nobody fails for it, and nothing refers to what is gone.
func TestAnswersWhileOptionsAndCompaniesGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		ofContacts, ofCompanies := w.field(t, "MULTI_CHOICE", "S", "M"), w.companyField(t, "MULTI_CHOICE", "S", "M")
		stays := w.company(t, contact.CompanyFields{Name: contact.Given("stays")})
		var goes, people []int64
		for range 3 {
			goes = append(goes, w.company(t, contact.CompanyFields{Name: contact.Given("goes")}).ID)
			people = append(people, w.create(t, contact.Fields{CompanyIDs: contact.Given(goes)}).ID)
		}
		chosen := func(f customfield.Field) []customfield.AnswerInput {
			return []customfield.AnswerInput{{FieldID: f.ID, Value: &customfield.Input{Options: []string{f.Options[0].ID, f.Options[1].ID}}}}
		}
		var work []func() error
		for round := range 4 {
			for i, id := range people {
				work = append(work, func() error {
					_, _, err := w.contacts.Update(t.Context(), w.admin, contact.UpdateInput{ID: id, Fields: contact.Fields{CustomFields: chosen(ofContacts), CompanyIDs: contact.Given([]int64{stays.ID, goes[(i+round)%3]})}})
					return err
				}, func() error {
					_, _, err := w.contacts.UpdateCompany(t.Context(), w.admin, contact.UpdateCompanyInput{ID: stays.ID, CompanyFields: contact.CompanyFields{CustomFields: chosen(ofCompanies)}})
					return err
				})
			}
		}
		for _, f := range []customfield.Field{ofContacts, ofCompanies} {
			work = append(work, func() error {
				_, _, err := w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: f.ID, Options: &[]customfield.Option{f.Options[1]}})
				return err
			})
		}
		for _, id := range goes {
			work = append(work, func() error { _, err := w.contacts.DeleteCompany(t.Context(), w.admin, id); return err })
		}
		var all sync.WaitGroup
		for _, f := range work {
			all.Go(func() {
				// An answer or a company may be too late, and that is said; nothing else may go wrong.
				if err := f(); err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.read(t, func(ctx context.Context, v *store.View) error {
			for _, r := range v.CustomFieldValue.Query().AllX(ctx) {
				if *r.KeyValue != ofContacts.Options[1].ID || *r.SetValue != *r.KeyValue {
					t.Errorf("a contact still has %s of %s", *r.KeyValue, *r.SetValue)
				}
			}
			for _, r := range v.CompanyFieldValue.Query().AllX(ctx) {
				if *r.KeyValue != ofCompanies.Options[1].ID || *r.SetValue != *r.KeyValue {
					t.Errorf("a company still has %s of %s", *r.KeyValue, *r.SetValue)
				}
			}
			for _, e := range v.Employment.Query().AllX(ctx) {
				if e.CompanyID != stays.ID {
					t.Errorf("somebody still belongs to company %d", e.CompanyID)
				}
			}
			return nil
		})
	})
}
