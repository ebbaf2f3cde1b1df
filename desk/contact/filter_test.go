package contact_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	entcontact "github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// pool is what contacts and filters are made of: few values, so that they meet, and awkward ones.
type pool struct {
	w                                        world
	fields                                   []customfield.Field
	tags, companies, channels, agents, known []int64
}

var (
	names  = []string{"王小明", "王大明", "Amy", "AMY", "ａｍｙ Lee", "straße", "STRASSE", "100%_", `a\b`, "O'Neil", "Ｔ恤", "é", "\u0065\u0301"}
	texts  = []string{"a", "B", "b", "Ａ", "紅", "紅色", "100%", "z_z", strings.Repeat("長", 200) + "a", strings.Repeat("長", 200) + "b", strings.Repeat("長", 200)}
	numbrs = []string{"0", "-1", "1", "1.5", "10", "9", "0.1", "0.10", "123456789012345", "-0.000001"}
	days   = []string{"1990-02-28", "2000-12-31", "2001-01-01", "2024-02-29", "0001-01-01", "9999-12-31"}
	phones = []string{"0912-345-678", "+886 912 345 678", "0912345679", "12345", "02-2345-6789", "+1 202 555 0143", "(345)"}
	emails = []string{"amy@example.com", "AMY@Example.com", "bob@shop.tw", "b_b@shop.tw"}
)

func moments() []time.Time {
	at := time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)
	return []time.Time{at, at.Add(time.Microsecond), at.Add(time.Second), at.Add(-100 * time.Millisecond), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.FixedZone("", 8*3600))}
}

func newPool(t testing.TB, db *store.DB) *pool {
	t.Helper()
	w := setup(t, db)
	p := &pool{w: w, agents: []int64{w.admin.AgentID, w.agent(t)}, channels: []int64{w.channel(t, channel.TypeLINE), w.channel(t, channel.TypeLINE), w.channel(t, channel.TypeWEBCHAT)}}
	for _, name := range []string{"vip", "new", "gold"} {
		p.tags = append(p.tags, w.tag(t, name))
		c, _, err := w.contacts.CreateCompany(t.Context(), w.admin, contact.CreateCompanyInput{CompanyFields: contact.CompanyFields{Name: contact.Given(name)}})
		if err != nil {
			t.Fatal(err)
		}
		p.companies = append(p.companies, c.ID)
	}
	for _, typ := range []customfield.Type{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "URL", "EMAIL", "PHONE"} {
		var options []string
		if strings.HasSuffix(string(typ), "CHOICE") {
			options = []string{"S", "M", "L"}
		}
		p.fields = append(p.fields, w.field(t, typ, options...))
	}
	draw := rapid.Custom(p.contact)
	for i := range 70 {
		f := draw.Example(i)
		c, _, err := w.contacts.Create(t.Context(), w.admin, contact.CreateInput{Fields: f})
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		p.known = append(p.known, c.ID)
	}
	for i, ch := range []int{0, 1, 2, 0, 1} {
		w.ensure(t, contact.Person{ChannelID: p.channels[ch], UserID: fmt.Sprint(i), Profile: channels.Profile{DisplayName: names[i]}})
	}
	return p
}

func maybe[T any](t *rapid.T, g *rapid.Generator[T], name string) contact.Change[T] {
	if rapid.IntRange(0, 2).Draw(t, name+" given") == 0 {
		return contact.Change[T]{}
	}
	return contact.Given(g.Draw(t, name))
}

// some draws distinct values.
func some[T comparable](all []T, most int) *rapid.Generator[[]T] {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, min(most, len(all)), rapid.ID[T])
}

// contact draws what is known of a contact.
func (p *pool) contact(t *rapid.T) contact.Fields {
	text := rapid.SampledFrom(append([]string{""}, names...))
	f := contact.Fields{
		FirstName: contact.Given(rapid.SampledFrom(names).Draw(t, "first")), LastName: maybe(t, text, "last"),
		MembershipNo: maybe(t, rapid.SampledFrom([]string{"M1", "m1", "Ｍ1", "M-100%"}), "membership"), IdentityNo: maybe(t, rapid.SampledFrom([]string{"A1", "a1"}), "identity"),
		Note: maybe(t, text, "note"), Gender: maybe(t, rapid.SampledFrom([]entcontact.Gender{"MALE", "FEMALE"}), "gender"),
		BirthAt: maybe(t, rapid.SampledFrom(days), "birth"), Phones: maybe(t, some(phones, 2), "phones"), Emails: maybe(t, some(emails, 2), "emails"),
		CompanyIDs: maybe(t, some(p.companies, 2), "companies"), TagIDs: maybe(t, some(p.tags, 3), "tags"), ResponsibleID: maybe(t, rapid.SampledFrom(p.agents), "responsible"),
	}
	for _, field := range p.fields {
		if rapid.Bool().Draw(t, "answered") {
			v := p.value(t, field)
			f.CustomFields = append(f.CustomFields, customfield.AnswerInput{FieldID: field.ID, Value: &v})
		}
	}
	return f
}

// value draws a value that a field takes.
func (p *pool) value(t *rapid.T, f customfield.Field) customfield.Input {
	one := func(all []string) *string { s := rapid.SampledFrom(all).Draw(t, "value"); return &s }
	switch f.Type {
	case "NUMBER":
		return customfield.Input{Number: one(numbrs)}
	case "DATE":
		return customfield.Input{Date: one(days)}
	case "DATETIME":
		at := rapid.SampledFrom(moments()).Draw(t, "value")
		return customfield.Input{DateTime: &at}
	case "BOOLEAN":
		b := rapid.Bool().Draw(t, "value")
		return customfield.Input{Boolean: &b}
	case "SINGLE_CHOICE":
		return customfield.Input{Option: &f.Options[rapid.IntRange(0, 2).Draw(t, "option")].ID}
	case "MULTI_CHOICE":
		return customfield.Input{Options: some(optionIDs(f), 3).Draw(t, "options")}
	case "URL":
		return customfield.Input{Text: one([]string{"https://a.tw/" + strings.Repeat("x", 300) + "1", "https://a.tw/" + strings.Repeat("x", 300) + "2", "http://b"})}
	case "EMAIL":
		return customfield.Input{Text: one(emails)}
	case "PHONE":
		return customfield.Input{Text: one(phones)}
	case "TEXT":
		return customfield.Input{Text: one(texts[:8])}
	default:
		return customfield.Input{Text: one(texts)}
	}
}

func optionIDs(f customfield.Field) []string {
	ids := make([]string, len(f.Options))
	for i, o := range f.Options {
		ids[i] = o.ID
	}
	return ids
}

// values draws a list of values for IN and NOT_IN.
func (p *pool) values(t *rapid.T, f customfield.Field) customfield.Input {
	switch f.Type {
	case "NUMBER":
		return customfield.Input{Numbers: some(numbrs, 3).Draw(t, "values")}
	case "DATE":
		return customfield.Input{Dates: some(days, 3).Draw(t, "values")}
	case "DATETIME":
		return customfield.Input{DateTimes: some(moments(), 3).Draw(t, "values")}
	case "SINGLE_CHOICE", "MULTI_CHOICE":
		return customfield.Input{Options: some(optionIDs(f), 3).Draw(t, "values")}
	default:
		return customfield.Input{Texts: some(append(slices.Clone(texts), append(emails, phones...)...), 4).Draw(t, "values")}
	}
}

// criterion draws a condition on a custom field.
func (p *pool) criterion(t *rapid.T) contact.FieldCriterion {
	f := rapid.SampledFrom(p.fields).Draw(t, "field")
	ops := []customfield.Op{customfield.EQ, customfield.NEQ, customfield.IsNull, customfield.IsNotNull}
	if f.Type != "BOOLEAN" {
		ops = append(ops, customfield.In, customfield.NotIn)
		if !strings.HasSuffix(string(f.Type), "CHOICE") {
			ops = append(ops, customfield.GT, customfield.GTE, customfield.LT, customfield.LTE)
		}
	}
	c := contact.FieldCriterion{FieldID: f.ID, Op: rapid.SampledFrom(ops).Draw(t, "op")}
	switch c.Op {
	case customfield.IsNull, customfield.IsNotNull:
	case customfield.In, customfield.NotIn:
		v := p.values(t, f)
		c.Value = &v
	default:
		v := p.value(t, f)
		c.Value = &v
	}
	return c
}

// criteria draws criteria of at most so many levels.
func (p *pool) criteria(t *rapid.T, depth int) contact.Criteria {
	var c contact.Criteria
	text := rapid.SampledFrom(append([]string{"", "a", "AM", "王", "s", "%", "_", "345", "0912-345-678", "m1", "shop", "Ｂ", "ss", "e"}, names...))
	pick := func(s *rapid.Generator[string]) *string { x := s.Draw(t, "text"); return &x }
	flag := func() *bool { b := rapid.Bool().Draw(t, "flag"); return &b }
	day := rapid.SampledFrom(days)
	parts := []func(){
		func() { c.IDs = some(p.known, 20).Draw(t, "ids") },
		func() { c.Genders = some([]string{"MALE", "FEMALE", "UNDISCLOSED"}, 2).Draw(t, "genders") },
		func() { c.BirthAt = &contact.DateRange{From: pick(day)} },
		func() { c.BirthAt = &contact.DateRange{To: pick(day)} },
		func() { c.BirthAt = &contact.DateRange{From: pick(day), To: pick(day)} },
		func() { c.BirthMonths = some([]int{1, 2, 12}, 2).Draw(t, "months") },
		func() { c.NamePrefix = pick(text) },
		func() { c.Name = &contact.TextCriterion{Eq: pick(text)} },
		func() { c.Name = &contact.TextCriterion{Prefix: pick(text)} },
		func() { c.Name = &contact.TextCriterion{Contains: pick(text)} },
		func() { c.Name = &contact.TextCriterion{IsEmpty: flag()} },
		func() { c.CustomFields = []contact.FieldCriterion{p.criterion(t)} },
		func() { c.CustomFields = []contact.FieldCriterion{p.criterion(t), p.criterion(t)} },
		func() { c.CustomFields = []contact.FieldCriterion{p.criterion(t)} },
		func() { c.Phone = pick(rapid.SampledFrom(phones)) },
		func() { c.Email = pick(rapid.SampledFrom(emails)) },
		func() { at := p.w.db.Clock().Now(); c.CreatedAt = &contact.TimeRange{To: &at} },
		func() { at := p.w.db.Clock().Now(); c.UpdatedAt = &contact.TimeRange{From: &at} },
		func() { c.UpdatedAt = &contact.TimeRange{} },
		func() { c.IdentityNo = pick(rapid.SampledFrom([]string{"A1", "a1", "x"})) },
		func() { c.MembershipNo = pick(rapid.SampledFrom([]string{"M1", "m1"})) },
		func() { c.Tags = &contact.SetCriterion{Any: some(p.tags, 2).Draw(t, "any")} },
		func() {
			c.Tags = &contact.SetCriterion{All: some(p.tags, 2).Draw(t, "all"), None: some(p.tags, 1).Draw(t, "none")}
		},
		func() {
			c.Companies = &contact.SetCriterion{Any: some(p.companies, 2).Draw(t, "any"), None: some(p.companies, 1).Draw(t, "none")}
		},
		func() { c.ChannelIDs = some(p.channels, 2).Draw(t, "channels") },
		func() { c.ChannelTypes = some([]string{"LINE", "WEBCHAT", "TELEGRAM"}, 2).Draw(t, "types") },
		func() { c.ResponsibleAgentIDs = some(p.agents, 2).Draw(t, "agents") },
		func() { c.HasResponsibleAgent = flag() },
		func() { c.IsBlocked = flag() },
		func() { c.Text = pick(text) },
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]()
	}
	if depth == 0 {
		return c
	}
	below := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) contact.Criteria { return p.criteria(t, depth-1) }), 0, 3)
	switch rapid.IntRange(0, 4).Draw(t, "join") {
	case 0:
		c.And = below.Draw(t, "and")
	case 1, 2:
		c.Or = below.Draw(t, "or")
	case 3:
		n := p.criteria(t, depth-1)
		c.Not = &n
	}
	return c
}

// all reads the team's contacts with everything.
func (p *pool) all(t testing.TB) (all []*contact.Contact) {
	t.Helper()
	p.w.read(t, func(ctx context.Context, v *store.View) (err error) {
		all, err = contact.LoadIn(ctx, v, v.Contact.Query().Order(entcontact.ByID()).IDsX(ctx), contact.All)
		return err
	})
	return all
}

// means gives the contacts that criteria mean in the database. Where they mean others in memory it fails.
func (p *pool) means(ctx context.Context, viewer auth.Principal, criteria contact.Criteria, all []*contact.Contact) (got []int64, err error) {
	err = p.w.db.Read(ctx, p.w.team, func(ctx context.Context, v *store.View) error {
		f, err := contact.ResolveIn(ctx, v, viewer, criteria, "filter")
		if err != nil {
			return err
		}
		if got, err = v.Contact.Query().Where(f.Predicate(v.Team)).Order(entcontact.ByID()).IDs(ctx); err != nil {
			return err
		}
		var want []int64
		for _, c := range all {
			if f.Match(c) {
				want = append(want, c.ID)
			}
		}
		if !slices.Equal(got, want) {
			written, _ := json.Marshal(criteria)
			return fmt.Errorf("%s: the database means %v, memory %v", written, got, want)
		}
		return nil
	})
	return got, err
}

// CONT-3, CONT-5: whatever the criteria, both databases and memory mean the same contacts, and a list shows them.
func TestFiltersAreDecidedTheSameEverywhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := newPool(t, db)
		all := p.all(t)
		some := 0
		rapid.Check(t, func(rt *rapid.T) {
			for range 5 {
				criteria := p.criteria(rt, 3)
				viewer := p.w.admin
				if rapid.Bool().Draw(rt, "masked") {
					viewer.Permissions = nil
				}
				means, err := p.means(t.Context(), viewer, criteria, all)
				if err != nil {
					rt.Fatal(err)
				}
				if len(means) > 0 && len(means) < len(all) {
					some++
				}
				l, err := p.w.contacts.List(t.Context(), viewer, contact.Query{Criteria: criteria, Sort: contact.ByName, Counts: true}, pageOf(100))
				if err != nil {
					rt.Fatal(err)
				}
				if listed := idsOf(l.Contacts); len(listed) != l.Total || !slices.Equal(slices.Sorted(slices.Values(listed)), means) {
					rt.Fatalf("the list shows %v and counts %d", listed, l.Total)
				}
			}
		})
		if some < 50 {
			t.Errorf("only %d filters meant some contacts and not all: they prove little", some)
		}
	})
}

// CONT-19: who may not see personal data cannot find out a phone bit by bit.
func TestFreeTextAndPhones(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		id := w.create(t, contact.Fields{Phones: contact.Given([]string{"0912-345-678"})}).ID
		masked := w.admin
		masked.Permissions = nil
		for _, c := range []struct {
			who   auth.Principal
			text  string
			found bool
		}{
			{w.admin, "345-67", true}, {w.admin, "912345", true}, {w.admin, "999", false}, {w.admin, "+886912345678", true},
			{masked, "345-67", false}, {masked, "0912345678", true}, {masked, "+886 912-345-678", true}, {masked, "amy", true},
		} {
			if got := w.find(t, c.who, contact.Criteria{Text: &c.text}); slices.Contains(got, id) != c.found {
				t.Errorf("%q as one with %v finds %v", c.text, c.who.Permissions, got)
			}
		}
	})
}

// find lists the ids of the contacts that match, in the order of their making.
func (w world) find(t *testing.T, p auth.Principal, c contact.Criteria) []int64 {
	t.Helper()
	l, err := w.contacts.List(t.Context(), p, contact.Query{Criteria: c, Sort: contact.ByCreatedAt}, pageOf(100))
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, x := range l.Contacts {
		ids = append(ids, x.ID)
	}
	return ids
}
