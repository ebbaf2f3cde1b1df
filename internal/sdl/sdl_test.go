package sdl_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/switchyard-chat/switchyard/internal/sdl"
)

// good is a small schema that follows every convention. The tests change one thing in it.
const good = `
"An opaque position."
scalar Cursor
"Marks something."
directive @mark("How." how: String) on FIELD_DEFINITION
"For operations."
directive @live("How often." every: Int = 5) on QUERY | FIELD
"Where a page stands."
type PageInfo {
  "More?"
  hasNextPage: Boolean!
}
"Whatever has an id."
interface Node {
  "The id."
  id: ID!
}
"A problem."
interface UserError {
  "What."
  message: String!
}
"Any problem."
type SimpleError implements UserError {
  "What."
  message: String!
}
"A colour."
enum Colour {
  "Like the sky."
  SKY_BLUE
  "Like grass."
  GREEN
  "Like nothing."
  GREY @deprecated(reason: "use GREEN")
}
"A thing."
type Thing implements Node {
  "The id."
  id: ID!
  "Its name."
  name("In which language." language: String = "en"): String
  "Its colour."
  colour: Colour!
  "Its old name."
  oldName: Legacy @deprecated(reason: "use name")
}
"What is left of before."
type Legacy {
  "A name."
  name: String
}
"Another thing."
type Other {
  "Its name."
  name: String
}
"One or the other."
union Any = Thing | Other
"Things on a page."
type ThingConnection {
  "With positions."
  edges: [ThingEdge!]!
  "Alone."
  nodes: [Thing!]!
  "Where."
  pageInfo: PageInfo!
}
"A thing in a list."
type ThingEdge {
  "Where."
  cursor: Cursor!
  "What."
  node: Thing!
}
"What to make."
input ThingCreateInput {
  "Its name."
  name: String!
  "Its colour."
  colour: Colour = GREEN
  "Its size."
  size: Int
}
"What was made."
type ThingCreatePayload {
  "The thing."
  thing: Thing
  "Problems."
  userErrors: [UserError!]!
}
"Reading."
type Query {
  "Things."
  things("How many." first: Int, "From where." after: Cursor, "Of which colour." colour: Colour): ThingConnection!
  "Any."
  any: Any
}
"Writing."
type Mutation {
  "Makes one."
  thingCreate("What." input: ThingCreateInput!): ThingCreatePayload!
}
`

func parse(t *testing.T, text string) *ast.Schema {
	t.Helper()
	s, err := sdl.Parse("test.graphql", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// changed is the good schema with each old text replaced by the new one that follows it.
func changed(t *testing.T, pairs ...string) *ast.Schema {
	t.Helper()
	text := good
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the schema has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return parse(t, text)
}

func TestLint(t *testing.T) {
	t.Parallel()
	t.Run("a schema that follows every convention passes", func(t *testing.T) {
		t.Parallel()
		if found := sdl.Lint(parse(t, good)); len(found) > 0 {
			t.Errorf("found %q", found)
		}
	})
	t.Run("a query by an id has no list where the id is not to be seen", func(t *testing.T) {
		t.Parallel()
		s := changed(t, "\"How many.\" first", "\"Of what.\" of: ID!, \"How many.\" first", "): ThingConnection!", "): ThingConnection")
		if found := sdl.Lint(s); len(found) > 0 {
			t.Errorf("found %q", found)
		}
	})
	for name, c := range map[string]struct{ old, new, want string }{
		"a type without a description":         {"\"A thing.\"\n", "", "Thing has no description"},
		"a blank description":                  {`"A thing."`, `" "`, "Thing has no description"},
		"a field without a description":        {"\"Its colour.\"\n  colour: Colour!", "colour: Colour!", "Thing.colour has no description"},
		"an input field without one":           {"\"Its size.\"\n", "", "ThingCreateInput.size has no description"},
		"an argument without one":              {`"How many." `, "", "Query.things(first) has no description"},
		"an enum value without one":            {"\"Like grass.\"\n", "", "Colour.GREEN has no description"},
		"a directive without one":              {"\"Marks something.\"\n", "", "@mark has no description"},
		"a directive's argument without one":   {`"How." `, "", "@mark(how) has no description"},
		"a type in small letters":              {"\"Another thing.\"", "\"Small.\" scalar small\n\"Another thing.\"", "small: the name of a type is written LikeThis"},
		"a field with an underscore":           {"hasNextPage", "has_next_page", "PageInfo.has_next_page: the name of a field is written likeThis"},
		"an argument with a capital":           {"language: String", "Language: String", "Thing.name(Language): the name of an argument is written likeThis"},
		"an enum value in small letters":       {"SKY_BLUE", "skyBlue", "Colour.skyBlue: the name of an enum value is written LIKE_THIS"},
		"a deprecation with an empty reason":   {`reason: "use name"`, `reason: ""`, "Thing.oldName is deprecated without a reason"},
		"a deprecation without a reason":       {`@deprecated(reason: "use GREEN")`, "@deprecated", "Colour.GREY is deprecated without a reason"},
		"a mutation that begins with its verb": {"thingCreate(", "createThing(", "Mutation.createThing begins with a verb"},
		"a mutation without an input":          {`("What." input: ThingCreateInput!)`, `("What." name: String!)`, "Mutation.thingCreate takes one argument, input: ThingCreateInput!"},
		"a mutation that may go without":       {`input: ThingCreateInput!`, `input: ThingCreateInput`, "Mutation.thingCreate takes one argument"},
		"a mutation that returns the object":   {"): ThingCreatePayload!", "): Thing!", "Mutation.thingCreate returns ThingCreatePayload!"},
		"a payload without its errors":         {"\"Problems.\"\n  userErrors: [UserError!]!", "", "ThingCreatePayload has userErrors: [UserError!]!"},
		"a connection without edges":           {"edges: [ThingEdge!]!", "edges: [ThingEdge]", "ThingConnection has edges: [ThingEdge!]!"},
		"a connection without a page":          {"pageInfo: PageInfo!", "page: PageInfo!", "ThingConnection has pageInfo: PageInfo!"},
		"an edge without a position":           {"cursor: Cursor!", "cursor: String!", "ThingEdge has cursor: Cursor!"},
		"an edge that may be empty":            {"node: Thing!", "node: Thing", "ThingEdge has node"},
		"nodes of another type":                {"nodes: [Thing!]!", "nodes: [Other!]!", "ThingConnection.nodes is [Thing!]!"},
		"a list that cannot be paged":          {`"From where." after: Cursor, `, "", "Query.things takes first: Int and after: Cursor"},
		"a list that is paged halfway back":    {`"How many." first`, `"Back." last: Int, "How many." first`, "Query.things takes last: Int and before: Cursor"},
		"a list that may be null":              {"): ThingConnection!", "): ThingConnection", "Query.things is never null"},
	} {
		t.Run(name+" is found", func(t *testing.T) {
			t.Parallel()
			found := sdl.Lint(changed(t, c.old, c.new))
			if len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), c.want) || !strings.HasPrefix(found[0], "test.graphql:") {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestBreaking(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"nothing changed":               nil,
		"a description":                 {`"A thing."`, `"Some thing."`},
		"a new type, field and value":   {`"Another thing."`, "\"New.\" type New { \"A.\" a: Int }\n\"Another thing.\"", "SKY_BLUE", "SKY_BLUE\n \"New.\" NEW", `"Any."`, "\"New.\" new: New\n\"Any.\""},
		"a deprecated field goes":       {"\"Its old name.\"\n  oldName: Legacy @deprecated(reason: \"use name\")", ""},
		"and what it alone leads to":    {"\"Its old name.\"\n  oldName: Legacy @deprecated(reason: \"use name\")", "", "\"What is left of before.\"\ntype Legacy {\n  \"A name.\"\n  name: String\n}", ""},
		"a deprecated value goes":       {"\"Like nothing.\"\n  GREY @deprecated(reason: \"use GREEN\")", ""},
		"an answer is never null now":   {"\"Its name.\"\n  name(", "\"Its name.\"\n name(", "): String\n  \"Its colour.\"", "): String!\n  \"Its colour.\""},
		"an input may be left out now":  {"\"Its name.\"\n  name: String!", "\"Its name.\"\n  name: String"},
		"a new optional argument":       {`"Of which colour." colour: Colour`, `"Of which colour." colour: Colour, "New." new: Int`},
		"a new argument with a default": {`"Of which colour." colour: Colour`, `"Of which colour." colour: Colour, "New." new: Int! = 1`},
		"a new optional input":          {`"Its size."`, "\"New.\" new: Int\n\"Its size.\""},
		"a default where none was":      {"size: Int", "size: Int = 1"},
		"required with a default":       {"size: Int", "size: Int! = 1"},
		"the server's own directive":    {"\"Marks something.\"\ndirective @mark(\"How.\" how: String) on FIELD_DEFINITION", ""},
		"a new place for a directive":   {"on QUERY | FIELD", "on QUERY | FIELD | MUTATION"},
		"a deprecation":                 {"\"Its colour.\"\n  colour: Colour!", "\"Its colour.\"\n  colour: Colour! @deprecated(reason: \"use name\")"},
	} {
		t.Run(name+": no client breaks", func(t *testing.T) {
			t.Parallel()
			if found := sdl.Breaking(parse(t, good), changed(t, pairs...)); len(found) > 0 {
				t.Errorf("found %q", found)
			}
		})
	}
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"a field goes":                      {[]string{"\"Its colour.\"\n  colour: Colour!", ""}, "Thing.colour is gone"},
		"a type goes":                       {[]string{"union Any = Thing | Other", "union Any = Thing", "\"Another thing.\"\ntype Other {\n  \"Its name.\"\n  name: String\n}", ""}, "Other is gone"},
		"a member goes":                     {[]string{"union Any = Thing | Other", "union Any = Thing"}, "Other is no longer one of Any"},
		"an interface goes":                 {[]string{"type Thing implements Node", "type Thing"}, "Thing is no longer a Node"},
		"a value goes":                      {[]string{"\"Like the sky.\"\n  SKY_BLUE", ""}, "Colour.SKY_BLUE is gone"},
		"an answer may be null":             {[]string{"colour: Colour!", "colour: Colour"}, "Thing.colour was Colour! and is Colour"},
		"an answer of another type":         {[]string{"hasNextPage: Boolean!", "hasNextPage: Int!"}, "PageInfo.hasNextPage was Boolean! and is Int!"},
		"an answer becomes a list":          {[]string{"any: Any", "any: [Any]"}, "Query.any was Any and is [Any]"},
		"an argument goes":                  {[]string{`, "Of which colour." colour: Colour`, ""}, "Query.things(colour) is gone"},
		"an argument becomes required":      {[]string{"colour: Colour)", "colour: Colour!)"}, "Query.things(colour) was optional and is required"},
		"a new required argument":           {[]string{`"Of which colour."`, `"New." new: Int!, "Of which colour."`}, "Query.things(new) is new and required"},
		"an argument of another type":       {[]string{"first: Int", "first: String"}, "Query.things(first) was Int and is String"},
		"a default of an argument changes":  {[]string{`language: String = "en"`, `language: String = "fr"`}, `Thing.name(language) has no longer the default "en"`},
		"an input becomes required":         {[]string{"size: Int", "size: Int!"}, "ThingCreateInput.size was optional and is required"},
		"an input of another type":          {[]string{"size: Int", "size: Float"}, "ThingCreateInput.size was Int and is Float"},
		"an input goes":                     {[]string{"\"Its size.\"\n  size: Int", ""}, "ThingCreateInput.size is gone"},
		"a new required input":              {[]string{`"Its size."`, "\"New.\" new: Int!\n\"Its size.\""}, "ThingCreateInput.new is new and required"},
		"a default of an input goes":        {[]string{"colour: Colour = GREEN", "colour: Colour"}, "ThingCreateInput.colour has no longer the default GREEN"},
		"a type of another kind":            {[]string{"union Any = Thing | Other", "interface Any { \"A.\" a: Int }"}, "Any was UNION and is INTERFACE"},
		"a directive of operations goes":    {[]string{"\"For operations.\"\ndirective @live(\"How often.\" every: Int = 5) on QUERY | FIELD", ""}, "@live is gone"},
		"a directive loses a place":         {[]string{"on QUERY | FIELD", "on QUERY"}, "@live may no longer stand at FIELD"},
		"a directive's argument changes":    {[]string{"every: Int = 5", "every: String"}, "@live(every) was Int and is String"},
		"a mutation goes":                   {[]string{"thingCreate(", "thingMake("}, "Mutation.thingCreate is gone"},
		"deprecating now does not help now": {[]string{"\"Its colour.\"\n  colour: Colour!", "\"Its colour.\"\n  hue: Colour! @deprecated(reason: \"use name\")"}, "Thing.colour is gone"},
	} {
		t.Run(name+": clients break", func(t *testing.T) {
			t.Parallel()
			found := sdl.Breaking(parse(t, good), changed(t, c.pairs...))
			if !strings.Contains(strings.Join(found, "\n"), c.want) {
				t.Errorf("found %q", found)
			}
		})
	}
	t.Run("a schema that is written down and read again is the same", func(t *testing.T) {
		t.Parallel()
		s := parse(t, good)
		var b bytes.Buffer
		formatter.NewFormatter(&b).FormatSchema(s)
		again := parse(t, b.String())
		if found := append(sdl.Breaking(s, again), sdl.Breaking(again, s)...); len(found) > 0 {
			t.Errorf("found %q", found)
		}
		if found := sdl.Lint(again); len(found) > 0 {
			t.Errorf("found %q", found)
		}
	})
}

func TestLoad(t *testing.T) {
	t.Parallel()
	t.Run("all files of a folder are one schema", func(t *testing.T) {
		t.Parallel()
		s, err := sdl.Load(fstest.MapFS{
			"a.graphql": {Data: []byte("type Query { a: A }")}, "b.graphql": {Data: []byte("type A { a: Int }")}, "readme.md": {Data: []byte("not this")},
		})
		if err != nil || s.Types["A"] == nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what is no schema is named with its file", func(t *testing.T) {
		t.Parallel()
		if _, err := sdl.Load(fstest.MapFS{"a.graphql": {Data: []byte("type Query { a: B }")}}); err == nil || !strings.Contains(err.Error(), "a.graphql:1") {
			t.Errorf("got %v", err)
		}
		if _, err := sdl.Load(fstest.MapFS{}); err == nil {
			t.Error("an empty folder is no schema")
		}
	})
}
