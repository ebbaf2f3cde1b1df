package contact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func pageOf(n int) page.Window { return page.Window{Limit: n} }

func idsOf(all []*contact.Contact) []int64 {
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids
}

// CONT-4: every order, both ways, forwards and backwards, shows each contact once.
func TestKeysetPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		for _, name := range []string{"b", "A", "a", "王", "B", "c", "Ａ"} {
			w.create(t, contact.Fields{FirstName: contact.Given(name)})
		}
		for _, sort := range []contact.Sort{contact.ByName, contact.ByCreatedAt, contact.ByUpdatedAt} {
			for _, isDescending := range []bool{false, true} {
				q := contact.Query{Sort: sort, IsDescending: isDescending}
				whole, err := w.contacts.List(t.Context(), w.admin, q, pageOf(100))
				if err != nil {
					t.Fatal(err)
				}
				want := idsOf(whole.Contacts)
				if len(want) != 7 || whole.HasNext || whole.HasPrevious {
					t.Fatalf("%s: %v", sort, want)
				}
				var forwards, backwards []int64
				for after := ""; ; {
					l, err := w.contacts.List(t.Context(), w.admin, q, page.Window{Limit: 3, After: after})
					if err != nil {
						t.Fatal(err)
					}
					forwards = append(forwards, idsOf(l.Contacts)...)
					if !l.HasNext {
						break
					}
					after = l.Cursors[len(l.Cursors)-1]
				}
				for before := ""; ; {
					l, err := w.contacts.List(t.Context(), w.admin, q, page.Window{Limit: 3, Before: before, IsBackward: true})
					if err != nil {
						t.Fatal(err)
					}
					backwards = append(idsOf(l.Contacts), backwards...)
					if !l.HasPrevious {
						break
					}
					before = l.Cursors[0]
				}
				if !slices.Equal(forwards, want) || !slices.Equal(backwards, want) {
					t.Errorf("%s descending %v: forwards %v, backwards %v, want %v", sort, isDescending, forwards, backwards, want)
				}
			}
		}
		byName, err := w.contacts.List(t.Context(), w.admin, contact.Query{Sort: contact.ByName}, pageOf(2))
		if err != nil {
			t.Fatal(err)
		}
		if got := byName.Contacts[0].Name + byName.Contacts[1].Name; got != "Aa" {
			t.Errorf("by name the first two are %q", got)
		}
		for _, window := range []page.Window{{Limit: 3, After: "nonsense"}, {Limit: 3, Before: byName.Cursors[0]}} {
			if _, err := w.contacts.List(t.Context(), w.admin, contact.Query{Sort: contact.ByCreatedAt}, window); !fault.Is(err, fault.Invalid) {
				t.Errorf("a wrong cursor: %v", err)
			}
		}
	})
}

// CONT-4
func TestNumberedPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		none, err := w.contacts.Page(t.Context(), w.admin, contact.Query{Sort: contact.ByName, Counts: true}, 1, 15)
		if err != nil || none.Total != 0 || none.Last() != 1 || none.From() != 0 || none.To() != 0 || !none.IsExact {
			t.Errorf("the page of nothing: %+v, %v", none, err)
		}
		for i := range 7 {
			w.create(t, contact.Fields{FirstName: contact.Given(fmt.Sprint(i))})
		}
		q := contact.Query{Sort: contact.ByName, Counts: true}
		p, err := w.contacts.Page(t.Context(), w.admin, q, 3, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Contacts) != 1 || p.Contacts[0].Name != "6" || p.From() != 7 || p.To() != 7 || p.Last() != 3 || p.Total != 7 || !p.IsExact || p.AsOf.Epoch == "" {
			t.Errorf("the third page: %d rows, from %d to %d of %d, last %d", len(p.Contacts), p.From(), p.To(), p.Total, p.Last())
		}
		if p, err := w.contacts.Page(t.Context(), w.admin, q, 4, 3); err != nil || len(p.Contacts) != 0 || p.From() != 0 {
			t.Errorf("a page beyond the last: %+v, %v", p, err)
		}
		for _, bad := range [][2]int{{0, 15}, {1001, 15}, {1, 0}, {1, 101}} {
			if _, err := w.contacts.Page(t.Context(), w.admin, q, bad[0], bad[1]); !fault.Is(err, fault.Invalid) {
				t.Errorf("page %d of %d rows: %v", bad[0], bad[1], err)
			}
		}
	})
}

// CONT-4: a page costs the same few statements, however many rows it has.
func TestStatementsOfAPage(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		var statements int
		db := storetest.Open(t, dialect, store.Config{Asked: func(string) { statements++ }})
		w := setup(t, db)
		line, tag, field := w.channel(t, channel.TypeLINE), w.tag(t, "vip"), w.field(t, "NUMBER")
		one := "1"
		for i := range 60 {
			c := w.create(t, contact.Fields{TagIDs: contact.Given([]int64{tag}), Phones: contact.Given([]string{"0912345678"}), ResponsibleID: contact.Given(w.admin.AgentID),
				CustomFields: []customfield.AnswerInput{{FieldID: field.ID, Value: &customfield.Input{Number: &one}}}})
			_ = c
			w.conversation(t, w.ensure(t, contact.Person{ChannelID: line, UserID: fmt.Sprint(i)}))
		}
		count := func(rows int) int {
			statements = 0
			q := contact.Query{Sort: contact.ByName, Parts: contact.All, Counts: true,
				Criteria: contact.Criteria{CustomFields: []contact.FieldCriterion{{FieldID: field.ID, Op: customfield.IsNull}}}}
			l, err := w.contacts.List(t.Context(), w.admin, q, pageOf(rows))
			if err != nil {
				t.Fatal(err)
			}
			if len(l.Contacts) != rows || l.Total != 60 {
				t.Fatalf("%d rows of %d", len(l.Contacts), l.Total)
			}
			return statements
		}
		few, many := count(2), count(50)
		if few != many || many > 24 {
			t.Errorf("2 rows take %d statements, 50 rows %d", few, many)
		}
	})
}

// CONT-3: only what a scope allows.
func TestListingNeedsTheScope(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		token := auth.Principal{TeamID: w.team, TokenID: 1, Role: auth.Admin, Scopes: []auth.Scope{auth.WriteContacts}}
		if _, err := w.contacts.List(t.Context(), token, contact.Query{}, pageOf(1)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a token without contacts:read: %v", err)
		}
	})
}

// CONT-3, CONT-5: what is wrong is named by its place.
func TestWrongCriteria(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		number, choice, flag, text := w.field(t, "NUMBER"), w.field(t, "SINGLE_CHOICE", "S"), w.field(t, "BOOLEAN"), w.field(t, "TEXT")
		s, n, yes := "x", "1", true
		field := func(f customfield.Field, op customfield.Op, v *customfield.Input) contact.Criteria {
			return contact.Criteria{CustomFields: []contact.FieldCriterion{{FieldID: f.ID, Op: op, Value: v}}}
		}
		deep := contact.Criteria{}
		for range 11 {
			deep = contact.Criteria{Not: &deep}
		}
		for name, c := range map[string]struct {
			criteria contact.Criteria
			field    string
		}{
			"text for a number":        {field(number, customfield.EQ, &customfield.Input{Text: &s}), "filter.customFields[0].value"},
			"no number":                {field(number, customfield.EQ, &customfield.Input{Number: &s}), "filter.customFields[0].value"},
			"one number for a list":    {field(number, customfield.In, &customfield.Input{Number: &n}), "filter.customFields[0].value"},
			"no value":                 {field(number, customfield.EQ, nil), "filter.customFields[0].value"},
			"a value for nothing":      {field(number, customfield.IsNull, &customfield.Input{Number: &n}), "filter.customFields[0].value"},
			"an order of options":      {field(choice, customfield.GT, &customfield.Input{Option: &s}), "filter.customFields[0].op"},
			"no option":                {field(choice, customfield.EQ, &customfield.Input{Option: &s}), "filter.customFields[0].value"},
			"a list of flags":          {field(flag, customfield.In, &customfield.Input{Boolean: &yes}), "filter.customFields[0].op"},
			"two values":               {field(text, customfield.EQ, &customfield.Input{Text: &s, Boolean: &yes}), "filter.customFields[0].value"},
			"an op of nobody":          {field(text, "LIKE", &customfield.Input{Text: &s}), "filter.customFields[0].op"},
			"no field":                 {field(customfield.Field{ID: 1 << 40}, customfield.IsNull, nil), "filter.customFields[0].fieldId"},
			"deep inside":              {contact.Criteria{Or: []contact.Criteria{{}, field(number, customfield.EQ, nil)}}, "filter.or[1].customFields[0].value"},
			"below not":                {contact.Criteria{Not: &contact.Criteria{BirthMonths: []int{1, 13}}}, "filter.not.birthMonths[1]"},
			"no day":                   {contact.Criteria{BirthAt: &contact.DateRange{To: &s}}, "filter.birthAt.to"},
			"no phone":                 {contact.Criteria{Phone: &s}, "filter.phone"},
			"a text with two wishes":   {contact.Criteria{Name: &contact.TextCriterion{Eq: &s, Prefix: &s}}, "filter.name"},
			"a character no name has":  {contact.Criteria{NamePrefix: ptr("a\x00")}, "filter.namePrefix"},
			"a type of no channel":     {contact.Criteria{ChannelTypes: []string{"FAX"}}, "filter.channelTypes[0]"},
			"an empty membership no":   {contact.Criteria{MembershipNo: ptr(" ")}, "filter.membershipNo"},
			"more than ten levels":     {deep, "filter.not.not.not.not.not.not.not.not.not.not"},
			"too many ids":             {contact.Criteria{IDs: make([]int64, 1001)}, "filter.ids"},
			"a gender beyond the list": {contact.Criteria{Genders: []string{"X"}}, "filter.genders[0]"},
		} {
			_, err := w.contacts.List(t.Context(), w.admin, contact.Query{Criteria: c.criteria}, pageOf(1))
			if !fault.Is(err, fault.Invalid) || fault.As(err).Field != c.field {
				t.Errorf("%s: %v at %q, want %q", name, err, fault.As(err).Field, c.field)
			}
		}
	})
}

func ptr[T any](v T) *T { return &v }

// CONT-4, CONT-5: where more contacts are meant than are looked at one by one, a rare condition and a range of the order are put together, and the pages show who
// meets both, once and in order.
func TestManyMeetBothConditions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		vip := w.tag(t, "vip")
		var want []string
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			// 1,300 names begin with 王, 1,200 contacts are tagged, 1,100 both: each more than a thousand.
			const some = 200
			for first := 0; first < 1400; first += some {
				all, err := tx.Contact.MapCreateBulk(make([]struct{}, some), func(c *ent.ContactCreate, i int) {
					family := "王"
					if first+i >= 1300 {
						family = "陳"
					}
					name := fmt.Sprintf("%s%04d", family, first+i)
					c.SetFirstName(name).SetName(name).SetNameFolded(name).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
					if first >= some && first+i < 1300 {
						want = append(want, name)
					}
				}).Save(ctx)
				if err != nil {
					return err
				}
				if first < some {
					continue
				}
				if err := tx.Tagging.MapCreateBulk(all, func(c *ent.TaggingCreate, i int) {
					c.SetContactID(all[i].ID).SetTagID(vip).SetFirstAt(tx.Now).SetLastAt(tx.Now)
				}).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		king, nought := "王", "0"
		var withNought []string
		for n := range 1300 {
			if name := fmt.Sprintf("王%04d", n); strings.Contains(name, nought) {
				withNought = append(withNought, name)
			}
		}
		for name, x := range map[string]struct {
			with contact.Criteria
			want []string
		}{
			"a tag":     {contact.Criteria{Tags: &contact.SetCriterion{Any: []int64{vip}}}, want},
			"free text": {contact.Criteria{Text: &nought}, withNought},
		} {
			q := contact.Query{Sort: contact.ByName, Criteria: x.with, Counts: true}
			q.Criteria.NamePrefix = &king
			var got []string
			for after := ""; ; {
				l, err := w.contacts.List(t.Context(), w.admin, q, page.Window{Limit: 100, After: after})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range l.Contacts {
					got = append(got, c.Name)
				}
				if l.Total != len(x.want) {
					t.Fatalf("%s: %d are counted, want %d", name, l.Total, len(x.want))
				}
				if !l.HasNext {
					break
				}
				after = l.Cursors[len(l.Cursors)-1]
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("%s: the pages show %d contacts, want %d: %q", name, len(got), len(x.want), got)
			}
		}
	})
}
