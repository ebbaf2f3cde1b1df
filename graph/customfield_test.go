package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// allValues selects a value of any type.
const allValues = `value { __typename ... on TextValue { text } ... on NumberValue { number } ... on DateValue { date } ... on DateTimeValue { dateTime }
	... on BooleanValue { boolean } ... on OptionValue { option { label } } ... on OptionsValue { options { label } } }`

// holder is what answers custom fields, with its operations.
type holder struct {
	target, create, update, answers, list string
}

var holders = []holder{
	{
		target:  "CONTACT",
		create:  `mutation($name: String!, $answers: [CustomFieldAnswerInput!]) { made: contactCreate(input: {firstName: $name, customFields: $answers}) { node: contact { id version } userErrors { code message field } } }`,
		update:  `mutation($id: ID!, $answers: [CustomFieldAnswerInput!]) { made: contactUpdate(input: {contactId: $id, customFields: $answers}) { node: contact { id version } userErrors { code message field } } }`,
		answers: `query($id: ID!) { node(id: $id) { ... on Contact { version customFields { field { id name category { name } } ` + allValues + ` } } } }`,
		list:    `query($filter: ContactFilter) { list: contacts(filter: $filter) { nodes { id } totalCount } }`,
	},
	{
		target:  "COMPANY",
		create:  `mutation($name: String!, $answers: [CustomFieldAnswerInput!]) { made: companyCreate(input: {name: $name, customFields: $answers}) { node: company { id version } userErrors { code message field } } }`,
		update:  `mutation($id: ID!, $answers: [CustomFieldAnswerInput!]) { made: companyUpdate(input: {companyId: $id, customFields: $answers}) { node: company { id version } userErrors { code message field } } }`,
		answers: `query($id: ID!) { node(id: $id) { ... on Company { version customFields { field { id name category { name } } ` + allValues + ` } } } }`,
		list:    `query($filter: CompanyFilter) { list: companies(filter: $filter) { nodes { id } totalCount } }`,
	},
}

// fields makes a field of each type for a target, and gives their ids by type and the options' ids by label.
func (b *book) fields(t *testing.T, target string) (ids, options map[string]any) {
	t.Helper()
	ids, options = map[string]any{}, map[string]any{}
	category := b.must(t, b.admin, "customFieldCategoryCreate.category.id", `mutation($n: String!) { customFieldCategoryCreate(input: {name: $n}) { category { id } } }`, map[string]any{"n": "of " + target})
	for _, typ := range []string{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "URL", "EMAIL", "PHONE"} {
		in := map[string]any{"categoryId": category, "name": typ, "target": target, "type": typ}
		if strings.HasSuffix(typ, "CHOICE") {
			in["options"] = []any{map[string]any{"label": typ + " S"}, map[string]any{"label": typ + " M"}, map[string]any{"label": typ + " L"}}
		}
		f := b.must(t, b.admin, "customFieldCreate.customField", `mutation($in: CustomFieldCreateInput!) { customFieldCreate(input: $in) { customField { id options { id label } } userErrors { message } } }`, map[string]any{"in": in})
		ids[typ] = at(t, f, "id")
		for _, o := range at(t, f, "options").([]any) {
			options[at(t, o, "label").(string)] = at(t, o, "id")
		}
	}
	return ids, options
}

func answer(field, value any) map[string]any { return map[string]any{"fieldId": field, "value": value} }

// make makes a holder with answers, which must do.
func (b *book) make(t *testing.T, h holder, answers ...any) any {
	t.Helper()
	made := b.must(t, b.admin, "made", h.create, map[string]any{"name": "a", "answers": answers})
	if show(at(t, made, "userErrors")) != "[]" {
		t.Fatalf("%s with %s: %s", h.target, show(answers), show(made))
	}
	return at(t, made, "node.id")
}

// values gives a holder's values by the names of the fields.
func (b *book) values(t *testing.T, h holder, id any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, x := range b.must(t, b.admin, "node.customFields", h.answers, map[string]any{"id": id}).([]any) {
		out[at(t, x, "field.name").(string)] = show(at(t, x, "value"))
	}
	return out
}

// CONT-6, CONT-17: what each type takes comes back as it was meant, for contacts and companies.
func TestEveryTypeRoundTrips(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		for _, h := range holders {
			ids, options := b.fields(t, h.target)
			long := strings.Repeat("長\n", 4999) + "長"
			text := func(s string) string { return `{"__typename":"TextValue","text":` + show(s) + `}` }
			number := func(s string) string { return `{"__typename":"NumberValue","number":"` + s + `"}` }
			for _, c := range []struct {
				typ   string
				value map[string]any
				want  string
			}{
				{"TEXT", map[string]any{"text": " 你好 😀 <b> "}, text("你好 😀 <b>")},
				{"TEXT", map[string]any{"text": strings.Repeat("長", 200)}, text(strings.Repeat("長", 200))},
				{"LONG_TEXT", map[string]any{"text": long}, text(long)},
				{"NUMBER", map[string]any{"number": "12.50"}, number("12.5")},
				{"NUMBER", map[string]any{"number": "0.1"}, number("0.1")},
				{"NUMBER", map[string]any{"number": "-0.000001"}, number("-0.000001")},
				{"NUMBER", map[string]any{"number": "-0"}, number("0")},
				{"NUMBER", map[string]any{"number": "999999999999999"}, number("999999999999999")},
				{"NUMBER", map[string]any{"number": "-123456789.012345"}, number("-123456789.012345")},
				{"NUMBER", map[string]any{"number": "123456789012345" + strings.Repeat("0", 15)}, number("123456789012345" + strings.Repeat("0", 15))},
				{"NUMBER", map[string]any{"number": 42}, number("42")},
				{"DATE", map[string]any{"date": "2024-02-29"}, `{"__typename":"DateValue","date":"2024-02-29"}`},
				{"DATE", map[string]any{"date": "0001-01-01"}, `{"__typename":"DateValue","date":"0001-01-01"}`},
				{"DATETIME", map[string]any{"dateTime": "2026-01-01T07:30:00.123456+08:00"}, `{"__typename":"DateTimeValue","dateTime":"2025-12-31T23:30:00.123456Z"}`},
				{"DATETIME", map[string]any{"dateTime": "2026-06-30T12:00:00Z"}, `{"__typename":"DateTimeValue","dateTime":"2026-06-30T12:00:00.000000Z"}`},
				{"BOOLEAN", map[string]any{"boolean": false}, `{"__typename":"BooleanValue","boolean":false}`},
				{"BOOLEAN", map[string]any{"boolean": true}, `{"__typename":"BooleanValue","boolean":true}`},
				{"SINGLE_CHOICE", map[string]any{"option": options["SINGLE_CHOICE M"]}, `{"__typename":"OptionValue","option":{"label":"SINGLE_CHOICE M"}}`},
				{"MULTI_CHOICE", map[string]any{"options": []any{options["MULTI_CHOICE L"], options["MULTI_CHOICE S"], options["MULTI_CHOICE L"]}},
					`{"__typename":"OptionsValue","options":[{"label":"MULTI_CHOICE S"},{"label":"MULTI_CHOICE L"}]}`},
				{"MULTI_CHOICE", map[string]any{"options": []any{}}, "null"},
				{"URL", map[string]any{"text": "https://例子.tw/路?q=1#x"}, text("https://例子.tw/路?q=1#x")},
				{"EMAIL", map[string]any{"text": "amy+tag@example.com"}, text("amy+tag@example.com")},
				{"PHONE", map[string]any{"text": "(02) 2345-6789 #12"}, text("(02) 2345-6789 #12")},
			} {
				id := b.make(t, h, answer(ids[c.typ], c.value))
				got := b.values(t, h, id)
				if got[c.typ] != c.want || len(got) != 11 {
					t.Errorf("%s %s %s is %s, of %d fields", h.target, c.typ, show(c.value), got[c.typ], len(got))
				}
				for typ, v := range got {
					if typ != c.typ && v != "null" {
						t.Errorf("%s %s that nobody answered is %s", h.target, typ, v)
					}
				}
				cleared := b.must(t, b.admin, "made", h.update, map[string]any{"id": id, "answers": []any{answer(ids[c.typ], nil)}})
				if v := b.values(t, h, id)[c.typ]; v != "null" || show(at(t, cleared, "node.version")) != "2" {
					t.Errorf("%s %s after clearing is %s in %s", h.target, c.typ, v, show(cleared))
				}
			}
		}
	})
}

// CONT-6, CONT-7, CONT-17: what a type does not take is refused by name and changes nothing else.
func TestEveryTypeRefuses(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		for _, h := range holders {
			ids, options := b.fields(t, h.target)
			id := b.make(t, h, answer(ids["TEXT"], map[string]any{"text": "kept"}))
			text := func(s string) map[string]any { return map[string]any{"text": s} }
			bad := []struct {
				typ   string
				value map[string]any
				says  string
			}{
				{"TEXT", text(" "), "cannot be empty"}, {"TEXT", text("a\nb"), "line"}, {"TEXT", text(strings.Repeat("a", 201)), "200"},
				{"TEXT", map[string]any{}, "takes its value as \"text\""}, {"TEXT", map[string]any{"text": "a", "number": "1"}, "takes its value as \"text\""},
				{"TEXT", map[string]any{"text": nil}, "takes its value as \"text\""}, {"TEXT", map[string]any{"number": "1"}, "takes its value as \"text\""}, {"TEXT", map[string]any{"texts": []any{"a"}}, "takes its value as \"text\""},
				{"LONG_TEXT", text(strings.Repeat("a", 10_001)), "10000"}, {"LONG_TEXT", text("a\x00b"), "character"},
				{"NUMBER", map[string]any{"number": "1234567890123456"}, "15 significant digits"}, {"NUMBER", map[string]any{"number": "0.1234567890123456"}, "15 significant digits"},
				{"NUMBER", text("1"), "takes its value as \"number\""}, {"NUMBER", map[string]any{"numbers": []any{"1"}}, "takes its value as \"number\""},
				{"DATE", text("2024-01-01"), "takes its value as \"date\""}, {"DATE", map[string]any{"dateTime": "2024-01-01T00:00:00Z"}, "takes its value as \"date\""},
				{"DATETIME", map[string]any{"date": "2024-01-01"}, "takes its value as \"dateTime\""},
				{"BOOLEAN", text("true"), "takes its value as \"boolean\""},
				{"SINGLE_CHOICE", map[string]any{"option": "nobody"}, "\"nobody\" is no option"}, {"SINGLE_CHOICE", map[string]any{"option": options["MULTI_CHOICE S"]}, "is no option"},
				{"SINGLE_CHOICE", map[string]any{"options": []any{options["SINGLE_CHOICE S"]}}, "takes its value as \"option\""},
				{"MULTI_CHOICE", map[string]any{"options": []any{options["MULTI_CHOICE S"], "nobody"}}, "is no option"},
				{"MULTI_CHOICE", map[string]any{"option": options["MULTI_CHOICE S"]}, "takes its value as \"options\""},
				{"URL", text("javascript:alert(1)"), "http://"}, {"URL", text("https:///a"), "host"}, {"URL", text("example.com"), "http://"}, {"URL", text("https://a.tw/" + strings.Repeat("a", 2000)), "2000"},
				{"EMAIL", text("Amy <amy@example.com>"), "name@example.com"}, {"EMAIL", text("amy"), "name@example.com"}, {"EMAIL", text("a@b@c"), "name@example.com"},
				{"PHONE", text("CALL ME"), "digits"}, {"PHONE", text("12"), "digits"}, {"PHONE", text(strings.Repeat("1", 41)), "40"},
			}
			for _, c := range bad {
				answers := []any{answer(ids["TEXT"], nil), answer(ids[c.typ], c.value)}
				if c.typ == "TEXT" {
					answers[0] = answer(ids["LONG_TEXT"], text("x"))
				}
				for what, made := range map[string]any{
					"an update": b.must(t, b.admin, "made", h.update, map[string]any{"id": id, "answers": answers}),
					"a new one": b.must(t, b.admin, "made", h.create, map[string]any{"name": "b", "answers": answers}),
				} {
					if at(t, made, "node") != nil || at(t, made, "userErrors.0.code") != "VALIDATION" || at(t, made, "userErrors.0.field") != "customFields[1].value" ||
						!strings.Contains(at(t, made, "userErrors.0.message").(string), c.says) {
						t.Errorf("%s %s of %.40s: %s says %s", h.target, c.typ, show(c.value), what, show(made))
					}
				}
			}
			for name, c := range map[string]struct {
				answers []any
				code    string
				field   string
			}{
				"a field twice":         {[]any{answer(ids["TEXT"], nil), answer(ids["TEXT"], text("b"))}, "VALIDATION", "customFields[1].fieldId"},
				"a field of nobody":     {[]any{answer(ids["TEXT"], nil), answer("field_zzzz", nil)}, "NOT_FOUND", "customFields[1].fieldId"},
				"an id of another kind": {[]any{answer(ids["TEXT"], nil), answer(id, nil)}, "NOT_FOUND", "customFields[1].fieldId"},
				"no id":                 {[]any{answer("x", nil)}, "NOT_FOUND", "customFields[0].fieldId"},
			} {
				made := b.must(t, b.admin, "made", h.update, map[string]any{"id": id, "answers": c.answers})
				if at(t, made, "userErrors.0.code") != c.code || at(t, made, "userErrors.0.field") != c.field {
					t.Errorf("%s %s says %s", h.target, name, show(made))
				}
			}
			// What a scalar does not read never reaches a field: the request is refused, and says where.
			for name, c := range map[string]struct {
				typ   string
				value map[string]any
				where string
			}{
				"a word":                {"NUMBER", map[string]any{"number": "1e5"}, "number"},
				"a day of no calendar":  {"DATE", map[string]any{"date": "2023-02-29"}, "date"},
				"a moment without zone": {"DATETIME", map[string]any{"dateTime": "2026-01-01T00:00:00"}, "dateTime"},
				"a word for a flag":     {"BOOLEAN", map[string]any{"boolean": "yes"}, "boolean"},
			} {
				errs := b.refused(t, h.update, map[string]any{"id": id, "answers": []any{answer(ids[c.typ], c.value)}})
				if !strings.Contains(errs, c.where) {
					t.Errorf("%s %s says %s", h.target, name, errs)
				}
			}
			got := b.values(t, h, id)
			for typ, v := range got {
				if want := map[bool]string{true: `{"__typename":"TextValue","text":"kept"}`, false: "null"}[typ == "TEXT"]; v != want {
					t.Errorf("%s refused answers left %s as %s", h.target, typ, v)
				}
			}
			if n := b.must(t, b.admin, "list.totalCount", h.list, nil); show(n) != "1" || show(b.must(t, b.admin, "node.version", h.answers, map[string]any{"id": id})) != "1" {
				t.Errorf("%s refused answers left %v", h.target, n)
			}
		}
	})
}

// CONT-5, CONT-17: each type compares by its own order with the operators that it has, and a wrong operator or value is named.
func TestEveryTypeFilters(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		for _, h := range holders {
			ids, options := b.fields(t, h.target)
			opt := func(labels ...string) []any {
				all := []any{}
				for _, l := range labels {
					all = append(all, options["MULTI_CHOICE "+l])
				}
				return all
			}
			// Three in each type's order, and one without an answer.
			sets := map[string]struct {
				part, list string
				values     [3]any
			}{
				"TEXT": {"text", "texts", [3]any{"10", "9", "甲"}}, "LONG_TEXT": {"text", "texts", [3]any{strings.Repeat("長", 300) + "a", strings.Repeat("長", 300) + "b", strings.Repeat("長", 300) + "b\nc"}},
				"NUMBER": {"number", "numbers", [3]any{"-2", "9.5", "10"}}, "DATE": {"date", "dates", [3]any{"1999-12-31", "2000-01-01", "2000-02-29"}},
				"DATETIME": {"dateTime", "dateTimes", [3]any{"2026-01-01T07:00:00+08:00", "2025-12-31T23:00:00.000001Z", "2026-01-01T00:00:00Z"}},
				"URL":      {"text", "texts", [3]any{"http://a.tw", "https://a.tw", "https://b.tw"}}, "EMAIL": {"text", "texts", [3]any{"a@b.tw", "b@b.tw", "c@b.tw"}}, "PHONE": {"text", "texts", [3]any{"0911", "0912", "0913"}},
			}
			var four [4]any
			for i := range four {
				var answers []any
				if i < 3 {
					for typ, s := range sets {
						answers = append(answers, answer(ids[typ], map[string]any{s.part: s.values[i]}))
					}
					answers = append(answers, answer(ids["BOOLEAN"], map[string]any{"boolean": i == 1}),
						answer(ids["SINGLE_CHOICE"], map[string]any{"option": options["SINGLE_CHOICE "+[]string{"S", "M", "L"}[i]]}),
						answer(ids["MULTI_CHOICE"], map[string]any{"options": [][]any{opt("S"), opt("S", "M"), opt("M", "L")}[i]}))
				}
				four[i] = b.make(t, h, answers...)
			}
			find := func(conditions ...any) string {
				found := b.must(t, b.admin, "list.nodes", h.list, map[string]any{"filter": map[string]any{"customFields": conditions}}).([]any)
				var places string
				for i, id := range four {
					for _, x := range found {
						if at(t, x, "id") == id {
							places += fmt.Sprint(i)
						}
					}
				}
				return places
			}
			where := func(typ, op string, value any) map[string]any {
				c := map[string]any{"fieldId": ids[typ], "op": op}
				if value != nil {
					c["value"] = value
				}
				return c
			}
			for typ, s := range sets {
				middle, two := map[string]any{s.part: s.values[1]}, map[string]any{s.list: []any{s.values[0], s.values[2]}}
				for _, c := range []struct {
					op    string
					value any
					want  string
				}{{"GT", middle, "2"}, {"LT", middle, "0"}, {"EQ", middle, "1"}, {"GTE", middle, "12"}, {"LTE", middle, "01"}, {"NEQ", middle, "02"}, {"IN", two, "02"},
					{"NOT_IN", two, "1"}, {"IS_NULL", nil, "3"}, {"IS_NOT_NULL", nil, "012"}} {
					if got := find(where(typ, c.op, c.value)); got != c.want {
						t.Errorf("%s %s %s finds %q, want %q", h.target, typ, c.op, got, c.want)
					}
				}
				if got := find(where(typ, "GT", map[string]any{s.part: s.values[0]}), where(typ, "LT", map[string]any{s.part: s.values[2]})); got != "1" {
					t.Errorf("%s %s between finds %q", h.target, typ, got)
				}
			}
			single, multi := "SINGLE_CHOICE", "MULTI_CHOICE"
			of := func(label string) any { return options["SINGLE_CHOICE "+label] }
			for _, c := range []struct {
				typ, op string
				value   any
				want    string
			}{
				{"BOOLEAN", "EQ", map[string]any{"boolean": true}, "1"}, {"BOOLEAN", "NEQ", map[string]any{"boolean": true}, "02"}, {"BOOLEAN", "IS_NULL", nil, "3"}, {"BOOLEAN", "IS_NOT_NULL", nil, "012"},
				{single, "EQ", map[string]any{"option": of("M")}, "1"}, {single, "NEQ", map[string]any{"option": of("M")}, "02"}, {single, "IN", map[string]any{"options": []any{of("S"), of("M")}}, "01"},
				{single, "NOT_IN", map[string]any{"options": []any{of("S")}}, "12"}, {single, "IS_NULL", nil, "3"},
				{multi, "EQ", map[string]any{"options": opt("M", "S")}, "1"}, {multi, "NEQ", map[string]any{"options": opt("M", "S")}, "02"}, {multi, "IN", map[string]any{"options": opt("M")}, "12"},
				{multi, "IN", map[string]any{"options": opt("S", "L")}, "012"}, {multi, "NOT_IN", map[string]any{"options": opt("S")}, "2"}, {multi, "IS_NULL", nil, "3"}, {multi, "EQ", map[string]any{"options": opt()}, ""},
			} {
				if got := find(where(c.typ, c.op, c.value)); got != c.want {
					t.Errorf("%s %s %s %s finds %q, want %q", h.target, c.typ, c.op, show(c.value), got, c.want)
				}
			}
			for name, c := range map[string]struct {
				condition map[string]any
				field     string
			}{
				"a greater flag":         {where("BOOLEAN", "GT", map[string]any{"boolean": true}), "op"},
				"a list of flags":        {where("BOOLEAN", "IN", map[string]any{"boolean": true}), "op"},
				"a greater choice":       {where(single, "GTE", map[string]any{"option": of("S")}), "op"},
				"a lesser set":           {where(multi, "LT", map[string]any{"options": opt("S")}), "op"},
				"a text for a number":    {where("NUMBER", "EQ", map[string]any{"text": "1"}), "value"},
				"one day of several":     {where("DATE", "IN", map[string]any{"date": "2024-01-01"}), "value"},
				"several days of one":    {where("DATE", "EQ", map[string]any{"dates": []any{"2024-01-01"}}), "value"},
				"an option of nobody":    {where(multi, "IN", map[string]any{"options": []any{"nobody"}}), "value"},
				"nothing to compare":     {where("TEXT", "EQ", nil), "value"},
				"a value for IS_NULL":    {where("TEXT", "IS_NULL", map[string]any{"text": "a"}), "value"},
				"a number of 16 digits":  {where("NUMBER", "GT", map[string]any{"number": "1234567890123456"}), "value"},
				"a field of somebody":    {map[string]any{"fieldId": "field_zzzz", "op": "IS_NULL"}, "fieldId"},
				"an id of another kind":  {map[string]any{"fieldId": four[0], "op": "IS_NULL"}, "fieldId"},
				"numbers for moments":    {where("DATETIME", "NOT_IN", map[string]any{"numbers": []any{"1"}}), "value"},
				"moments for a long one": {where("LONG_TEXT", "LTE", map[string]any{"dateTime": "2024-01-01T00:00:00Z"}), "value"},
			} {
				_, errs := b.ask(t, b.admin, h.list, map[string]any{"filter": map[string]any{"not": map[string]any{"customFields": []any{c.condition}}}})
				if !strings.Contains(errs, `"field":"filter.not.customFields[0].`+c.field+`"`) || !strings.Contains(errs, "BAD_USER_INPUT") {
					t.Errorf("%s %s says %s", h.target, name, errs)
				}
			}
		}
	})
}

// CONT-6: an option keeps its answers under a new label; one that goes takes them along, and whoever lost one is told; so does a field.
func TestOptionsThatGo(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		for i, h := range holders {
			kind, name := []string{"ContactChanged", "CompanyChanged"}[i], []string{"contact", "company"}[i]
			ids, options := b.fields(t, h.target)
			chose := func(single string, multi ...any) any {
				return b.make(t, h, answer(ids["SINGLE_CHOICE"], map[string]any{"option": options["SINGLE_CHOICE "+single]}), answer(ids["MULTI_CHOICE"], map[string]any{"options": multi}),
					answer(ids["NUMBER"], map[string]any{"number": "1"}))
			}
			s, m, l := options["MULTI_CHOICE S"], options["MULTI_CHOICE M"], options["MULTI_CHOICE L"]
			loser, keeper := chose("S", s, m, l), chose("M", m)
			update := func(field any, options ...any) string {
				cursor := b.must(t, b.admin, "events.cursor", `{ events { cursor } }`, nil)
				made := b.must(t, b.admin, "customFieldUpdate", `mutation($f: ID!, $o: [CustomFieldOptionInput!]) { customFieldUpdate(input: {fieldId: $f, options: $o}) { userErrors { message field } } }`,
					map[string]any{"f": field, "o": options})
				if show(at(t, made, "userErrors")) != "[]" {
					t.Fatal(show(made))
				}
				return b.told(t, cursor)
			}
			option := func(id, label any) map[string]any { return map[string]any{"id": id, "label": label} }
			if told := update(ids["SINGLE_CHOICE"], option(options["SINGLE_CHOICE M"], "Medium"), option(options["SINGLE_CHOICE S"], "Small"), option(options["SINGLE_CHOICE L"], "Large")); told != fmt.Sprintf("CustomFieldsChanged %v;", ids["SINGLE_CHOICE"]) {
				t.Errorf("%s renaming tells %s", h.target, told)
			}
			if got := b.values(t, h, loser)["SINGLE_CHOICE"]; got != `{"__typename":"OptionValue","option":{"label":"Small"}}` {
				t.Errorf("%s after renaming it is %s", h.target, got)
			}
			told := update(ids["SINGLE_CHOICE"], option(options["SINGLE_CHOICE M"], "Medium"))
			if want := fmt.Sprintf("%s %v 2;CustomFieldsChanged %v;", kind, loser, ids["SINGLE_CHOICE"]); told != want {
				t.Errorf("%s removing tells %s, want %s", h.target, told, want)
			}
			told = update(ids["MULTI_CHOICE"], option(m, "Medium"), map[string]any{"label": "XL"})
			if want := fmt.Sprintf("%s %v 3;CustomFieldsChanged %v;", kind, loser, ids["MULTI_CHOICE"]); told != want {
				t.Errorf("%s removing two tells %s, want %s", h.target, told, want)
			}
			lost, kept := b.values(t, h, loser), b.values(t, h, keeper)
			if lost["SINGLE_CHOICE"] != "null" || lost["MULTI_CHOICE"] != `{"__typename":"OptionsValue","options":[{"label":"Medium"}]}` ||
				kept["SINGLE_CHOICE"] != `{"__typename":"OptionValue","option":{"label":"Medium"}}` || kept["MULTI_CHOICE"] != lost["MULTI_CHOICE"] {
				t.Errorf("%s after removing they are %v and %v", h.target, lost, kept)
			}
			equal := map[string]any{"customFields": []any{map[string]any{"fieldId": ids["MULTI_CHOICE"], "op": "EQ", "value": map[string]any{"options": []any{m}}}}}
			if n := b.must(t, b.admin, "list.totalCount", h.list, map[string]any{"filter": equal}); show(n) != "2" {
				t.Errorf("%s the set that is left finds %v", h.target, n)
			}
			cursor := b.must(t, b.admin, "events.cursor", `{ events { cursor } }`, nil)
			b.must(t, b.admin, "customFieldDelete.deletedFieldId", `mutation($f: ID!) { customFieldDelete(input: {fieldId: $f}) { deletedFieldId } }`, map[string]any{"f": ids["NUMBER"]})
			if told, want := b.told(t, cursor), fmt.Sprintf("%s %v 4;%s %v 2;CustomFieldsChanged %v;", kind, loser, kind, keeper, ids["NUMBER"]); told != want {
				t.Errorf("%s deleting the field tells %s, want %s", h.target, told, want)
			}
			if got := b.values(t, h, keeper); len(got) != 10 {
				t.Errorf("%s lists %d %s fields after one went", h.target, len(got), name)
			}
		}
	})
}

// told writes what the log tells after a position.
func (b *book) told(t *testing.T, after any) string {
	t.Helper()
	var out string
	for _, e := range b.must(t, b.admin, "events.events", `query($after: Cursor) { events(after: $after) { events { __typename ... on ContactChanged { contact { id version } }
		... on CompanyChanged { company { id version } } ... on CompanyDeleted { companyId } ... on CustomFieldsChanged { fieldId } } } }`, map[string]any{"after": after}).([]any) {
		x := e.(map[string]any)
		for _, part := range []string{"contact", "company"} {
			if c, ok := x[part].(map[string]any); ok {
				out += fmt.Sprintf("%v %v %v;", x["__typename"], c["id"], c["version"])
			}
		}
		for _, part := range []string{"companyId", "fieldId"} {
			if id, ok := x[part]; ok {
				out += fmt.Sprintf("%v %v;", x["__typename"], id)
			}
		}
	}
	return out
}

// refused runs an operation that must not run, and gives its errors.
func (b *book) refused(t *testing.T, query string, variables map[string]any) string {
	t.Helper()
	ctx := auth.With(graphql.StartOperationTrace(t.Context()), b.admin)
	oc, errs := b.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if errs != nil {
		return show(errs)
	}
	next, ctx := b.exec.DispatchOperation(ctx, oc)
	response := next(ctx)
	if len(response.Errors) == 0 {
		t.Errorf("%s runs", show(variables))
	}
	return show(response.Errors)
}
