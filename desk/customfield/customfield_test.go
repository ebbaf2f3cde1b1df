package customfield_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

type world struct {
	db     *store.DB
	admin  auth.Principal
	fields *customfield.Service
}

func setup(t *testing.T, db *store.DB, slug string) world {
	t.Helper()
	team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: slug, Name: slug, Language: "en", TimeZone: "UTC", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	return world{db: db, admin: auth.Principal{TeamID: team, AgentID: 1, Role: auth.Admin}, fields: customfield.New(db, random.Seeded(1))}
}

func (w world) category(t *testing.T, name string) customfield.Category {
	t.Helper()
	c, _, err := w.fields.CreateCategory(t.Context(), w.admin, customfield.CreateCategoryInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w world) field(t *testing.T, category int64, name string, typ customfield.Type, options ...string) customfield.Field {
	t.Helper()
	in := customfield.CreateInput{CategoryID: category, Name: name, Target: "CONTACT", Type: typ}
	for _, o := range options {
		in.Options = append(in.Options, customfield.Option{Label: o})
	}
	f, _, err := w.fields.Create(t.Context(), w.admin, in)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// contact makes a contact and gives its id.
func (w world) contact(t *testing.T) int64 {
	t.Helper()
	var id int64
	if _, err := w.db.Write(t.Context(), w.admin.TeamID, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Contact.Create().SetTeamID(tx.Team).SetFirstName("a").SetName("a").SetNameFolded("a").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			id = c.ID
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w world) set(t *testing.T, contact int64, answers ...customfield.AnswerInput) error {
	t.Helper()
	_, err := w.db.Write(t.Context(), w.admin.TeamID, func(ctx context.Context, tx *store.Tx) error {
		return customfield.SetIn(ctx, tx, customfield.Holder{Target: "CONTACT", ID: contact}, answers, "customFields")
	})
	return err
}

// answers reads a contact's answers by the names of the fields.
func (w world) answers(t *testing.T, contact int64) map[string]*customfield.Value {
	t.Helper()
	out := map[string]*customfield.Value{}
	if err := w.db.Read(t.Context(), w.admin.TeamID, func(ctx context.Context, v *store.View) error {
		all, err := customfield.AnswersIn(ctx, v, "CONTACT", []int64{contact})
		for _, a := range all[contact] {
			out[a.Field.Name] = a.Value
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func (w world) names(t *testing.T) []string {
	t.Helper()
	all, err := w.fields.Fields(t.Context(), w.admin, "CONTACT")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, f := range all {
		names = append(names, f.Category.Name+"/"+f.Name)
	}
	return names
}

func ptr[T any](v T) *T { return &v }

// CONT-6
func TestCategoriesAndFieldsHaveTheirOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		one, two := w.category(t, "one"), w.category(t, "two")
		a, b := w.field(t, one.ID, "a", "TEXT"), w.field(t, one.ID, "b", "TEXT")
		w.field(t, two.ID, "c", "TEXT")
		if got := w.names(t); !slices.Equal(got, []string{"one/a", "one/b", "two/c"}) {
			t.Fatalf("fields %v", got)
		}
		if _, _, err := w.fields.UpdateCategory(t.Context(), w.admin, customfield.UpdateCategoryInput{ID: two.ID, Position: ptr(1), Name: ptr("Two")}); err != nil {
			t.Fatal(err)
		}
		moved, at, err := w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: b.ID, Position: ptr(1)})
		if err != nil || moved.Position != 1 || moved.Version <= b.Version {
			t.Fatalf("moved %+v, %v", moved, err)
		}
		if got := w.names(t); !slices.Equal(got, []string{"Two/c", "one/b", "one/a"}) {
			t.Errorf("after moving %v", got)
		}
		log, err := db.After(t.Context(), w.admin.TeamID, at.Seq-1, 1)
		if err != nil || log[0].Kind != event.CustomFieldChanged {
			t.Errorf("the log says %+v, %v", log, err)
		}
		if _, _, err := w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: a.ID, CategoryID: &two.ID}); err != nil {
			t.Fatal(err)
		}
		if got := w.names(t); !slices.Equal(got, []string{"Two/c", "Two/a", "one/b"}) {
			t.Errorf("in another category %v", got)
		}
	})
}

// CONT-6
func TestDefinitionsThatAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, other := setup(t, db, "a"), setup(t, db, "b")
		c, theirs := w.category(t, "one"), other.category(t, "one")
		f := w.field(t, c.ID, "Name", "TEXT")
		choice := w.field(t, c.ID, "choice", "SINGLE_CHOICE", "S")
		create := func(in customfield.CreateInput) error {
			if in.CategoryID == 0 {
				in.CategoryID = c.ID
			}
			in.Target = "CONTACT"
			_, _, err := w.fields.Create(t.Context(), w.admin, in)
			return err
		}
		update := func(in customfield.UpdateInput) error {
			_, _, err := w.fields.Update(t.Context(), w.admin, in)
			return err
		}
		_, _, sameCategory := w.fields.CreateCategory(t.Context(), w.admin, customfield.CreateCategoryInput{Name: "ＯＮＥ"})
		_, heldCategory := w.fields.DeleteCategory(t.Context(), w.admin, c.ID)
		agent := w.admin
		agent.Role = auth.Supervisor
		_, _, supervisor := w.fields.CreateCategory(t.Context(), agent, customfield.CreateCategoryInput{Name: "x"})
		for name, c := range map[string]struct {
			err  error
			kind fault.Kind
		}{
			"a category of the same name":  {sameCategory, fault.Conflict},
			"a category that holds fields": {heldCategory, fault.Conflict},
			"a supervisor":                 {supervisor, fault.Forbidden},
			"a field of the same name":     {create(customfield.CreateInput{Name: "NAME", Type: "TEXT"}), fault.Conflict},
			"renamed to another's name":    {update(customfield.UpdateInput{ID: choice.ID, Name: ptr("name")}), fault.Conflict},
			"no name":                      {create(customfield.CreateInput{Name: " ", Type: "TEXT"}), fault.Invalid},
			"a choice without options":     {create(customfield.CreateInput{Name: "x", Type: "MULTI_CHOICE"}), fault.Invalid},
			"options of a text":            {create(customfield.CreateInput{Name: "x", Type: "TEXT", Options: []customfield.Option{{Label: "a"}}}), fault.Invalid},
			"two options of one label":     {create(customfield.CreateInput{Name: "x", Type: "MULTI_CHOICE", Options: []customfield.Option{{Label: "a"}, {Label: "A"}}}), fault.Invalid},
			"an option of nobody":          {update(customfield.UpdateInput{ID: choice.ID, Options: &[]customfield.Option{{ID: "opt_x", Label: "a"}}}), fault.Invalid},
			"no options left":              {update(customfield.UpdateInput{ID: choice.ID, Options: &[]customfield.Option{}}), fault.Invalid},
			"another team's category":      {create(customfield.CreateInput{CategoryID: theirs.ID, Name: "x", Type: "TEXT"}), fault.NotFound},
			"into another team's category": {update(customfield.UpdateInput{ID: f.ID, CategoryID: &theirs.ID}), fault.NotFound},
			"a place before the first":     {update(customfield.UpdateInput{ID: f.ID, Position: ptr(0)}), fault.Invalid},
			"a field of nobody":            {update(customfield.UpdateInput{ID: 1 << 40}), fault.NotFound},
		} {
			if !fault.Is(c.err, c.kind) {
				t.Errorf("%s: %v, want %s", name, c.err, c.kind)
			}
		}
		if got := w.names(t); len(got) != 2 {
			t.Errorf("refused definitions left %v", got)
		}
	})
}

// CONT-6
func TestValuesOfEveryType(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		c := w.category(t, "all")
		contact := w.contact(t)
		moment := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.FixedZone("", 8*3600))
		fields := map[customfield.Type]customfield.Field{}
		for _, typ := range []customfield.Type{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "URL", "EMAIL", "PHONE"} {
			fields[typ] = w.field(t, c.ID, string(typ), typ)
		}
		for _, typ := range []customfield.Type{"SINGLE_CHOICE", "MULTI_CHOICE"} {
			fields[typ] = w.field(t, c.ID, string(typ), typ, "S", "M", "L")
		}
		multi := fields["MULTI_CHOICE"].Options
		good := map[customfield.Type]customfield.Input{
			"TEXT": {Text: ptr(" 紅 ")}, "LONG_TEXT": {Text: ptr(strings.Repeat("長", 10_000))}, "NUMBER": {Number: ptr("012.50")}, "DATE": {Date: ptr("2024-02-29")},
			"DATETIME": {DateTime: &moment}, "BOOLEAN": {Boolean: ptr(false)}, "URL": {Text: ptr("https://例え.jp/a?b#c")}, "EMAIL": {Text: ptr("a@b.tw")},
			"PHONE": {Text: ptr("+886 (0)912-345 678")}, "SINGLE_CHOICE": {Option: &fields["SINGLE_CHOICE"].Options[1].ID},
			"MULTI_CHOICE": {Options: []string{multi[2].ID, multi[0].ID, multi[2].ID}},
		}
		for typ, in := range good {
			if err := w.set(t, contact, customfield.AnswerInput{FieldID: fields[typ].ID, Value: &in}); err != nil {
				t.Errorf("%s: %v", typ, err)
			}
		}
		got := w.answers(t, contact)
		if v := got["TEXT"]; v.Text != "紅" {
			t.Errorf("TEXT %+v", v)
		}
		if v := got["LONG_TEXT"]; len([]rune(v.Text)) != 10_000 {
			t.Errorf("LONG_TEXT of %d characters", len([]rune(v.Text)))
		}
		if v := got["NUMBER"]; v.Text != "12.5" || v.Number != 12.5 {
			t.Errorf("NUMBER %+v", v)
		}
		if v := got["DATETIME"]; !v.Time.Equal(moment.Truncate(time.Microsecond)) {
			t.Errorf("DATETIME %v", v.Time)
		}
		if v := got["BOOLEAN"]; v == nil || v.Bool {
			t.Errorf("BOOLEAN %+v", v)
		}
		if v := got["MULTI_CHOICE"]; !slices.Equal(v.Options, []string{multi[0].ID, multi[2].ID}) {
			t.Errorf("MULTI_CHOICE %+v", v)
		}
		for name, bad := range map[string]struct {
			typ customfield.Type
			in  customfield.Input
		}{
			"an empty text": {"TEXT", customfield.Input{Text: ptr(" ")}}, "two lines": {"TEXT", customfield.Input{Text: ptr("a\nb")}},
			"201 characters": {"TEXT", customfield.Input{Text: ptr(strings.Repeat("a", 201))}}, "10,001 characters": {"LONG_TEXT", customfield.Input{Text: ptr(strings.Repeat("a", 10_001))}},
			"a word for a number": {"NUMBER", customfield.Input{Number: ptr("1e5")}}, "16 digits": {"NUMBER", customfield.Input{Number: ptr("1234567890123456")}},
			"no day": {"DATE", customfield.Input{Date: ptr("2023-02-29")}}, "a year beyond": {"DATETIME", customfield.Input{DateTime: ptr(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))}},
			"a script": {"URL", customfield.Input{Text: ptr("javascript:alert(1)")}}, "no host": {"URL", customfield.Input{Text: ptr("https:///a")}},
			"a name": {"EMAIL", customfield.Input{Text: ptr("Amy <a@b.tw>")}}, "letters": {"PHONE", customfield.Input{Text: ptr("CALL ME")}},
			"an option of nobody": {"SINGLE_CHOICE", customfield.Input{Option: ptr("x")}}, "one of them of nobody": {"MULTI_CHOICE", customfield.Input{Options: []string{multi[0].ID, "x"}}},
			"a text for a flag": {"BOOLEAN", customfield.Input{Text: ptr("true")}}, "nothing": {"BOOLEAN", customfield.Input{}},
			"a list for one": {"NUMBER", customfield.Input{Numbers: []string{"1"}}}, "a character of no text": {"TEXT", customfield.Input{Text: ptr("a\x00b")}},
		} {
			err := w.set(t, contact, customfield.AnswerInput{FieldID: fields["TEXT"].ID}, customfield.AnswerInput{FieldID: fields[bad.typ].ID, Value: &bad.in})
			if bad.typ == "TEXT" {
				err = w.set(t, contact, customfield.AnswerInput{FieldID: fields["NUMBER"].ID}, customfield.AnswerInput{FieldID: fields["TEXT"].ID, Value: &bad.in})
			}
			if !fault.Is(err, fault.Invalid) || fault.As(err).Field != "customFields[1].value" {
				t.Errorf("%s: %v at %q", name, err, fault.As(err).Field)
			}
		}
		if after := w.answers(t, contact); fmt.Sprint(after["TEXT"]) != fmt.Sprint(got["TEXT"]) || after["NUMBER"] == nil {
			t.Error("refused answers changed others")
		}
		if err := w.set(t, contact, customfield.AnswerInput{FieldID: fields["TEXT"].ID}, customfield.AnswerInput{FieldID: fields["MULTI_CHOICE"].ID, Value: &customfield.Input{Options: []string{}}}); err != nil {
			t.Fatal(err)
		}
		if after := w.answers(t, contact); after["TEXT"] != nil || after["MULTI_CHOICE"] != nil || after["NUMBER"] == nil || len(after) != 11 {
			t.Errorf("after clearing two: %v", after)
		}
	})
}

// CONT-6: an option that is removed leaves all contacts; one that is renamed stays.
func TestRemovedOptionLeavesContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		c := w.category(t, "all")
		single, multi := w.field(t, c.ID, "single", "SINGLE_CHOICE", "S", "M"), w.field(t, c.ID, "multi", "MULTI_CHOICE", "S", "M", "L")
		first, second := w.contact(t), w.contact(t)
		ids := []string{multi.Options[0].ID, multi.Options[1].ID, multi.Options[2].ID}
		for _, x := range []struct {
			contact int64
			single  string
			multi   []string
		}{{first, single.Options[0].ID, ids}, {second, single.Options[1].ID, ids[:1]}} {
			if err := w.set(t, x.contact, customfield.AnswerInput{FieldID: single.ID, Value: &customfield.Input{Option: &x.single}},
				customfield.AnswerInput{FieldID: multi.ID, Value: &customfield.Input{Options: x.multi}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: single.ID, Options: &[]customfield.Option{{ID: single.Options[1].ID, Label: "Medium"}}}); err != nil {
			t.Fatal(err)
		}
		changed, _, err := w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: multi.ID, Options: &[]customfield.Option{{ID: ids[2], Label: "L"}, {ID: ids[1], Label: "M"}, {Label: "XL"}}})
		if err != nil || len(changed.Options) != 3 || changed.Options[2].ID == "" {
			t.Fatalf("%+v, %v", changed, err)
		}
		a, b := w.answers(t, first), w.answers(t, second)
		if a["single"] != nil || !slices.Equal(a["multi"].Options, []string{ids[2], ids[1]}) || b["multi"] != nil || b["single"].Options[0] != single.Options[1].ID {
			t.Errorf("the first has %v, the second %v", a, b)
		}
		equal, err := customfield.ParseCondition(changed, customfield.EQ, &customfield.Input{Options: []string{ids[1], ids[2]}}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Read(t.Context(), w.admin.TeamID, func(ctx context.Context, v *store.View) error {
			for _, r := range v.CustomFieldValue.Query().AllX(ctx) {
				if r.ContactID == first && *r.SetValue != slices.Min(ids[1:])+","+slices.Max(ids[1:]) {
					t.Errorf("the set is kept as %q", *r.SetValue)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !equal.Match(a["multi"]) {
			t.Error("the set of those that are left is not equal to itself")
		}
	})
}

// CONT-6
func TestDeletedFieldTakesItsValues(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		c := w.category(t, "all")
		f, contact := w.field(t, c.ID, "n", "NUMBER"), w.contact(t)
		if err := w.set(t, contact, customfield.AnswerInput{FieldID: f.ID, Value: &customfield.Input{Number: ptr("1")}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.fields.Delete(t.Context(), w.admin, f.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.fields.Delete(t.Context(), w.admin, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
		if got := w.answers(t, contact); len(got) != 0 {
			t.Errorf("answers %v", got)
		}
		if _, err := w.fields.DeleteCategory(t.Context(), w.admin, c.ID); err != nil {
			t.Errorf("the empty category: %v", err)
		}
		if _, err := w.fields.Category(t.Context(), w.admin, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the category is still there: %v", err)
		}
	})
}

// CONT-5: what each op means, by hand: NEQ and NOT_IN do not match a contact without a value, a multi-choice's EQ is the same set.
func TestConditions(t *testing.T) {
	t.Parallel()
	multi := customfield.Field{ID: 1, Target: "CONTACT", Type: "MULTI_CHOICE", Options: []customfield.Option{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	number := customfield.Field{ID: 2, Target: "CONTACT", Type: "NUMBER"}
	text := customfield.Field{ID: 3, Target: "CONTACT", Type: "TEXT"}
	chosen := func(ids ...string) *customfield.Value { return &customfield.Value{Options: ids} }
	num := func(n float64) *customfield.Value { return &customfield.Value{Number: n} }
	for _, c := range []struct {
		field customfield.Field
		op    customfield.Op
		in    *customfield.Input
		value *customfield.Value
		want  bool
	}{
		{multi, "EQ", &customfield.Input{Options: []string{"b", "a"}}, chosen("a", "b"), true},
		{multi, "EQ", &customfield.Input{Options: []string{"a"}}, chosen("a", "b"), false},
		{multi, "NEQ", &customfield.Input{Options: []string{"a"}}, chosen("a", "b"), true},
		{multi, "NEQ", &customfield.Input{Options: []string{"a"}}, nil, false},
		{multi, "IN", &customfield.Input{Options: []string{"b", "c"}}, chosen("a", "b"), true},
		{multi, "NOT_IN", &customfield.Input{Options: []string{"c"}}, chosen("a", "b"), true},
		{multi, "NOT_IN", &customfield.Input{Options: []string{"b"}}, chosen("a", "b"), false},
		{multi, "NOT_IN", &customfield.Input{Options: []string{"b"}}, nil, false},
		{number, "GT", &customfield.Input{Number: ptr("9")}, num(10), true},
		{number, "LT", &customfield.Input{Number: ptr("9")}, num(10), false},
		{number, "NEQ", &customfield.Input{Number: ptr("9")}, num(10), true},
		{number, "NEQ", &customfield.Input{Number: ptr("9")}, nil, false},
		{number, "EQ", &customfield.Input{Number: ptr("10.0")}, num(10), true},
		{number, "IN", &customfield.Input{Numbers: []string{}}, num(10), false},
		{number, "NOT_IN", &customfield.Input{Numbers: []string{}}, num(10), true},
		{number, "IS_NULL", nil, nil, true}, {number, "IS_NULL", nil, num(0), false}, {number, "IS_NOT_NULL", nil, num(0), true}, {number, "IS_NOT_NULL", nil, nil, false},
		{text, "GT", &customfield.Input{Text: ptr("10")}, &customfield.Value{Text: "9"}, true},
		{text, "EQ", &customfield.Input{Text: ptr("a")}, &customfield.Value{Text: "A"}, false},
	} {
		cond, err := customfield.ParseCondition(c.field, c.op, c.in, "x")
		if err != nil {
			t.Fatal(err)
		}
		if got := cond.Match(c.value); got != c.want {
			t.Errorf("%s %s %+v on %+v: %v", c.field.Type, c.op, c.in, c.value, got)
		}
	}
}

// CONT-6: there is an end to fields and options, and it is named.
func TestLimits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		c := w.category(t, "one")
		options := make([]customfield.Option, 101)
		for i := range options {
			options[i].Label = fmt.Sprint("option ", i)
		}
		_, _, err := w.fields.Create(t.Context(), w.admin, customfield.CreateInput{CategoryID: c.ID, Name: "choice", Target: "COMPANY", Type: "SINGLE_CHOICE", Options: options})
		if f := fault.As(err); !fault.Is(err, fault.Invalid) || f.Field != "options" || f.Code != "LIMIT_EXCEEDED" {
			t.Errorf("101 options: %v", err)
		}
		if _, _, err := w.fields.Create(t.Context(), w.admin, customfield.CreateInput{CategoryID: c.ID, Name: "choice", Target: "COMPANY", Type: "SINGLE_CHOICE", Options: options[:100]}); err != nil {
			t.Errorf("100 options: %v", err)
		}
		if _, err := db.Write(t.Context(), w.admin.TeamID, func(ctx context.Context, tx *store.Tx) error {
			for i := range 200 {
				name := fmt.Sprint("field ", i)
				if err := tx.CustomField.Create().SetTeamID(tx.Team).SetCategoryID(c.ID).SetName(name).SetNameFolded(name).SetType("TEXT").SetPosition(i + 1).
					SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.fields.Create(t.Context(), w.admin, customfield.CreateInput{CategoryID: c.ID, Name: "more", Target: "CONTACT", Type: "TEXT"})
		if f := fault.As(err); !fault.Is(err, fault.Conflict) || f.Code != "LIMIT_EXCEEDED" {
			t.Errorf("field 201: %v", err)
		}
		if _, _, err := w.fields.Create(t.Context(), w.admin, customfield.CreateInput{CategoryID: c.ID, Name: "more", Target: "COMPANY", Type: "TEXT"}); err != nil {
			t.Errorf("the second field of companies: %v", err)
		}
	})
}

// CONT-6: tickets' fields are defined and changed like others, before there are tickets that answer.
func TestFieldsOfTickets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "a")
		c := w.category(t, "one")
		f, _, err := w.fields.Create(t.Context(), w.admin, customfield.CreateInput{CategoryID: c.ID, Name: "size", Target: "TICKET", Type: "MULTI_CHOICE", Options: []customfield.Option{{Label: "S"}, {Label: "M"}}})
		if err != nil {
			t.Fatal(err)
		}
		if f, _, err = w.fields.Update(t.Context(), w.admin, customfield.UpdateInput{ID: f.ID, Options: &[]customfield.Option{{ID: f.Options[1].ID, Label: "Medium"}}}); err != nil || len(f.Options) != 1 || f.Type != "MULTI_CHOICE" || f.Target != "TICKET" {
			t.Errorf("changed to %+v, %v", f, err)
		}
		if got := w.answers(t, w.contact(t)); len(got) != 0 {
			t.Errorf("a contact lists fields of tickets: %v", got)
		}
		if _, err := w.fields.Delete(t.Context(), w.admin, f.ID); err != nil {
			t.Error(err)
		}
	})
}

// A value without its field, a field without its category, and a row that holds nothing of its field's type cannot come about; where a database holds such a
// one all the same, it is left out and the rest is read.
func TestCorruptedRowsAreLeftOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db, "shop")
		good, bad := w.category(t, "Good"), w.category(t, "Bad")
		fine := w.field(t, good.ID, "fine", "TEXT")
		lost, homeless := w.field(t, good.ID, "lost", "TEXT"), w.field(t, bad.ID, "homeless", "TEXT")
		c := w.contact(t)
		var all []customfield.AnswerInput
		for _, f := range []customfield.Field{fine, lost, homeless} {
			all = append(all, customfield.AnswerInput{FieldID: f.ID, Value: &customfield.Input{Text: ptr("said")}})
		}
		if err := w.set(t, c, all...); err != nil {
			t.Fatal(err)
		}
		// corrupt does to the database what foreign keys keep everybody from.
		corrupt := func(statements ...string) {
			t.Helper()
			conn, err := db.SQL().Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			off := "PRAGMA foreign_keys = OFF"
			if db.IsPostgres() {
				off = "SET session_replication_role = replica"
			}
			for _, q := range append([]string{off}, statements...) {
				if _, err := conn.ExecContext(t.Context(), q); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
			}
		}
		corrupt(fmt.Sprintf("DELETE FROM custom_fields WHERE id = %d", lost.ID), fmt.Sprintf("DELETE FROM custom_field_categories WHERE id = %d", bad.ID))
		types := []customfield.Type{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "URL", "EMAIL", "PHONE"}
		for _, typ := range types {
			var options []string
			if strings.HasSuffix(string(typ), "CHOICE") {
				options = []string{"one"}
			}
			f := w.field(t, good.ID, string(typ), typ, options...)
			corrupt(fmt.Sprintf("INSERT INTO custom_field_values (team_id, contact_id, field_id, ordinal) VALUES (%d, %d, %d, 0)", w.admin.TeamID, c, f.ID))
		}
		got := w.answers(t, c)
		if len(got) != 1+len(types) || got["fine"] == nil || got["fine"].Text != "said" {
			t.Errorf("answers %+v", got)
		}
		for _, typ := range types {
			if got[string(typ)] != nil {
				t.Errorf("%s holds %+v", typ, got[string(typ)])
			}
		}
		corrupt("DELETE FROM custom_field_categories")
		if got := w.answers(t, c); len(got) != 0 {
			t.Errorf("without any category answers %+v", got)
		}
	})
}
