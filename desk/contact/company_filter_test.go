package contact_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	entcompany "github.com/switchyard-chat/switchyard/ent/gen/ent/company"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

var companyNumbers = []string{"12345678", "12345679", "A-1", "a-1", "100%"}

// companyPool is a pool of companies: its fields are theirs, known are contacts.
func companyPool(t *testing.T, db *store.DB) *pool {
	t.Helper()
	p := &pool{w: setup(t, db)}
	for _, typ := range []customfield.Type{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "URL", "EMAIL", "PHONE"} {
		var options []string
		if strings.HasSuffix(string(typ), "CHOICE") {
			options = []string{"S", "M", "L"}
		}
		p.fields = append(p.fields, p.w.companyField(t, typ, options...))
	}
	draw := rapid.Custom(func(t *rapid.T) contact.CompanyFields {
		f := contact.CompanyFields{Name: contact.Given(rapid.SampledFrom(names).Draw(t, "name")), Number: maybe(t, rapid.SampledFrom(companyNumbers), "number")}
		for _, field := range p.fields {
			if rapid.Bool().Draw(t, "answered") {
				v := p.value(t, field)
				f.CustomFields = append(f.CustomFields, customfield.AnswerInput{FieldID: field.ID, Value: &v})
			}
		}
		return f
	})
	for i := range 60 {
		p.companies = append(p.companies, p.w.company(t, draw.Example(i)).ID)
	}
	employers := some(p.companies, 8)
	for i := range 8 {
		p.known = append(p.known, p.w.create(t, contact.Fields{CompanyIDs: contact.Given(employers.Example(i))}).ID)
	}
	return p
}

// companyCriteria draws criteria of at most so many levels.
func (p *pool) companyCriteria(t *rapid.T, depth int) contact.CompanyCriteria {
	var c contact.CompanyCriteria
	text := rapid.SampledFrom(append([]string{"", "a", "AM", "王", "s", "%", "_", "a-1", "１２３４５６７８", "ss", "e"}, names...))
	pick := func(s *rapid.Generator[string]) *string { x := s.Draw(t, "text"); return &x }
	custom := func() { c.CustomFields = append(c.CustomFields, p.criterion(t)) }
	parts := []func(){
		custom, custom, custom, custom, custom,
		func() { c.IDs = some(p.companies, 20).Draw(t, "ids") },
		func() { c.NamePrefix = pick(text) },
		func() { c.Name = &contact.TextCriterion{Eq: pick(text)} },
		func() { c.Name = &contact.TextCriterion{Contains: pick(text)} },
		func() { b := rapid.Bool().Draw(t, "flag"); c.Name = &contact.TextCriterion{IsEmpty: &b} },
		func() { c.Number = pick(rapid.SampledFrom(companyNumbers)) },
		func() { c.ContactIDs = some(p.known, 2).Draw(t, "contacts") },
		func() { at := p.w.db.Clock().Now(); c.CreatedAt = &contact.TimeRange{To: &at} },
		func() { at := p.w.db.Clock().Now(); c.UpdatedAt = &contact.TimeRange{From: &at} },
		func() { c.Text = pick(rapid.SampledFrom(append([]string{"a-1", "ｓ", " 12345678 "}, names...))) },
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]()
	}
	if depth == 0 {
		return c
	}
	below := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) contact.CompanyCriteria { return p.companyCriteria(t, depth-1) }), 0, 3)
	switch rapid.IntRange(0, 4).Draw(t, "join") {
	case 0:
		c.And = below.Draw(t, "and")
	case 1, 2:
		c.Or = below.Draw(t, "or")
	case 3:
		n := p.companyCriteria(t, depth-1)
		c.Not = &n
	}
	return c
}

// CONT-5, CONT-17: whatever the criteria, both databases and memory mean the same companies, and a list shows them.
func TestCompanyFiltersAreDecidedTheSameEverywhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := companyPool(t, db)
		var all []*contact.Company
		p.w.read(t, func(ctx context.Context, v *store.View) (err error) {
			all, err = contact.LoadCompaniesIn(ctx, v, v.Company.Query().Order(entcompany.ByID()).IDsX(ctx), contact.Answers|contact.Contacts)
			return err
		})
		partial := 0
		rapid.Check(t, func(rt *rapid.T) {
			for range 5 {
				criteria := p.companyCriteria(rt, 3)
				written, _ := json.Marshal(criteria)
				var means []int64
				err := db.Read(t.Context(), p.w.team, func(ctx context.Context, v *store.View) error {
					f, err := contact.ResolveCompaniesIn(ctx, v, criteria, "filter")
					if err != nil {
						return err
					}
					if means, err = v.Company.Query().Where(f.Predicate(v.Team)).Order(entcompany.ByID()).IDs(ctx); err != nil {
						return err
					}
					var want []int64
					for _, c := range all {
						if f.Match(c) {
							want = append(want, c.ID)
						}
					}
					if !slices.Equal(means, want) {
						rt.Fatalf("%s: the database means %v, memory %v", written, means, want)
					}
					return nil
				})
				if err != nil {
					rt.Fatalf("%s: %v", written, err)
				}
				if len(means) > 0 && len(means) < len(all) {
					partial++
				}
				l, err := p.w.contacts.Companies(t.Context(), p.w.admin, contact.CompanyQuery{Criteria: criteria, Counts: true}, pageOf(100))
				if err != nil {
					rt.Fatal(err)
				}
				if listed := companyIDs(l); len(listed) != l.Total || !slices.Equal(slices.Sorted(slices.Values(listed)), means) {
					rt.Fatalf("%s: the list shows %v and counts %d, the filter means %v", written, listed, l.Total, means)
				}
			}
		})
		if partial < 50 {
			t.Errorf("only %d filters meant some companies and not all: they prove little", partial)
		}
	})
}

// CONT-5: a wrong operator for a type, a value of another type, and fields of others are errors that name the place.
func TestRefusedCompanyFilters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		flag, number, ofContacts := w.companyField(t, "BOOLEAN"), w.companyField(t, "NUMBER"), w.field(t, "NUMBER")
		deep := contact.CompanyCriteria{}
		for range 10 {
			deep = contact.CompanyCriteria{Not: &contact.CompanyCriteria{And: []contact.CompanyCriteria{deep}}}
		}
		one := func(c contact.FieldCriterion) contact.CompanyCriteria {
			return contact.CompanyCriteria{Or: []contact.CompanyCriteria{{}, {CustomFields: []contact.FieldCriterion{c}}}}
		}
		for name, bad := range map[string]struct {
			criteria contact.CompanyCriteria
			field    string
		}{
			"a greater flag":       {one(contact.FieldCriterion{FieldID: flag.ID, Op: "GT", Value: &customfield.Input{Boolean: ptr(true)}}), "filter.or[1].customFields[0].op"},
			"no operator":          {one(contact.FieldCriterion{FieldID: number.ID, Op: "LIKE", Value: &customfield.Input{Number: ptr("1")}}), "filter.or[1].customFields[0].op"},
			"a text for a number":  {one(contact.FieldCriterion{FieldID: number.ID, Op: "EQ", Value: &customfield.Input{Text: ptr("1")}}), "filter.or[1].customFields[0].value"},
			"one number for IN":    {one(contact.FieldCriterion{FieldID: number.ID, Op: "IN", Value: &customfield.Input{Number: ptr("1")}}), "filter.or[1].customFields[0].value"},
			"no value":             {one(contact.FieldCriterion{FieldID: number.ID, Op: "EQ"}), "filter.or[1].customFields[0].value"},
			"a value for IS_NULL":  {one(contact.FieldCriterion{FieldID: number.ID, Op: "IS_NULL", Value: &customfield.Input{Number: ptr("1")}}), "filter.or[1].customFields[0].value"},
			"a field of contacts":  {one(contact.FieldCriterion{FieldID: ofContacts.ID, Op: "IS_NULL"}), "filter.or[1].customFields[0].fieldId"},
			"no number":            {contact.CompanyCriteria{Number: ptr(" ")}, "filter.number"},
			"two ways to a name":   {contact.CompanyCriteria{Name: &contact.TextCriterion{Eq: ptr("a"), Prefix: ptr("a")}}, "filter.name"},
			"too many companies":   {contact.CompanyCriteria{IDs: make([]int64, 1001)}, "filter.ids"},
			"too deep":             {deep, "filter" + strings.Repeat(".not.and[0]", 5)},
			"too many contacts":    {contact.CompanyCriteria{ContactIDs: make([]int64, 1001)}, "filter.contactIds"},
			"a long text":          {contact.CompanyCriteria{Text: ptr(strings.Repeat("a", 501))}, "filter.text"},
			"a character of none":  {contact.CompanyCriteria{NamePrefix: ptr("a\x00")}, "filter.namePrefix"},
			"too many conditions":  {contact.CompanyCriteria{And: make([]contact.CompanyCriteria, 201)}, "filter"},
			"a number beyond text": {contact.CompanyCriteria{Number: ptr(strings.Repeat("1", 501))}, "filter.number"},
		} {
			_, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{Criteria: bad.criteria}, pageOf(10))
			if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(fault.As(err).Field, bad.field) {
				t.Errorf("%s: %v at %q", name, err, fault.As(err).Field)
			}
		}
	})
}

// CONT-17: pages of companies run by name both ways, and show each once.
func TestCompanyPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		var want []int64
		for _, name := range []string{"a", "a", "b", "c", "c"} {
			want = append(want, w.company(t, contact.CompanyFields{Name: contact.Given(name)}).ID)
		}
		var forward, backward []int64
		next := pageOf(2)
		for {
			l, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{}, next)
			if err != nil {
				t.Fatal(err)
			}
			forward = append(forward, companyIDs(l)...)
			if !l.HasNext {
				break
			}
			next.After = l.Cursors[len(l.Cursors)-1]
		}
		next = pageOf(2)
		next.IsBackward = true
		for {
			l, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{}, next)
			if err != nil {
				t.Fatal(err)
			}
			backward = append(companyIDs(l), backward...)
			if !l.HasPrevious {
				break
			}
			next.Before = l.Cursors[0]
		}
		if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
			t.Errorf("forwards %v, backwards %v, want %v", forward, backward, want)
		}
		next = pageOf(2)
		next.After = "nonsense"
		if _, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{}, next); !fault.Is(err, fault.Invalid) || fault.As(err).Field != "after" {
			t.Errorf("a cursor of no list: %v", err)
		}
	})
}

// CONT-5: an answer that changes while companies are listed is there in the next list.
func TestCompanyFilterFollowsAnswers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		at := w.companyField(t, "DATETIME")
		c := w.company(t, contact.CompanyFields{Name: contact.Given("a")})
		noon := time.Date(2026, 1, 1, 20, 0, 0, 0, time.FixedZone("", 8*3600))
		find := func(op customfield.Op, v *customfield.Input) bool {
			l, err := w.contacts.Companies(t.Context(), w.admin, contact.CompanyQuery{Criteria: contact.CompanyCriteria{CustomFields: []contact.FieldCriterion{{FieldID: at.ID, Op: op, Value: v}}}}, pageOf(10))
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(companyIDs(l), c.ID)
		}
		utc := noon.UTC()
		if !find(customfield.IsNull, nil) || find(customfield.NEQ, &customfield.Input{DateTime: &utc}) {
			t.Error("without an answer it is not what IS_NULL alone finds")
		}
		if _, _, err := w.contacts.UpdateCompany(t.Context(), w.admin, contact.UpdateCompanyInput{ID: c.ID, CompanyFields: contact.CompanyFields{
			CustomFields: []customfield.AnswerInput{{FieldID: at.ID, Value: &customfield.Input{DateTime: &noon}}}}}); err != nil {
			t.Fatal(err)
		}
		if find(customfield.IsNull, nil) || !find(customfield.EQ, &customfield.Input{DateTime: &utc}) || find(customfield.GT, &customfield.Input{DateTime: &utc}) {
			t.Error("the moment is not the same in another zone")
		}
	})
}
