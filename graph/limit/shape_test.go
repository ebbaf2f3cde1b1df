package limit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/graph/limit"
)

func refused(t *testing.T, query, about string) {
	t.Helper()
	err := limit.Shape(query)
	if err == nil || err.Extensions["code"] != "QUERY_TOO_COMPLEX" || !strings.Contains(err.Message, about) {
		t.Errorf("%.60s… gave %v, not a refusal about %s", query, err, about)
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
			b.WriteByte(' ')
		}
		return b.String()
	}
	deep := func(n int) string { return strings.Repeat("{ a ", n) + strings.Repeat("} ", n) }
	same := func(s string) func(int) string { return func(int) string { return s } }
	for _, c := range []struct {
		name, atMost, beyond, about string
	}{
		{"root fields", "{ " + many(10, func(i int) string { return fmt.Sprintf("f%d", i) }) + "}", "{ " + many(11, func(i int) string { return fmt.Sprintf("f%d", i) }) + "}", "root fields"},
		{"depth", deep(15), deep(16), "levels"},
		{"repeats", "{ x { " + many(4, same("a")) + "} }", "{ x { " + many(5, same("a")) + "} }", "times in one place"},
		{"repeats through fragments", "{ x { " + many(60, same("... on T { a }")) + "} }", "{ x { " + many(61, same("... on T { a }")) + "} }", "times in one place"},
		{"aliases", "{ x { " + many(30, func(i int) string { return fmt.Sprintf("a%d: a", i) }) + "} }", "{ x { " + many(31, func(i int) string { return fmt.Sprintf("a%d: a", i) }) + "} }", "aliases"},
		{"directives", "{ a " + many(20, same("@b")) + "}", "{ a " + many(21, same("@b")) + "}", "directives"},
		{"selections", "{ x { " + many(120, func(i int) string { return fmt.Sprintf("f%d", i) }) + "} }", "{ x { " + many(121, func(i int) string { return fmt.Sprintf("f%d", i) }) + "} }", "selection"},
		{"lists", "{ a(b: [" + many(100, same("1")) + "]) }", "{ a(b: [" + many(101, same("1")) + "]) }", "list"},
		{"lists in directives", "{ a @c(b: [" + many(100, same("1")) + "]) }", "{ a @c(b: {d: [" + many(101, same("1")) + "]}) }", "list"},
		{"objects", "{ a(b: {" + many(100, func(i int) string { return fmt.Sprintf("f%d: 1", i) }) + "}) }", "{ a(b: {" + many(101, func(i int) string { return fmt.Sprintf("f%d: 1", i) }) + "}) }", "object"},
		{"values in values", "{ a(b: " + strings.Repeat("[", 33) + strings.Repeat("]", 33) + ") }", "{ a(b: " + strings.Repeat("[", 34) + strings.Repeat("]", 34) + ") }", "levels deep"},
		{"fragments in fragments", "{ a " + strings.Repeat("{ ... ", 58) + "{ b } " + strings.Repeat("} ", 58) + "}", "{ a " + strings.Repeat("{ ... ", 59) + "{ b } " + strings.Repeat("} ", 59) + "}", "within one another"},
		{"length", "{ a(b: \"" + strings.Repeat("x", limit.Text-12) + "\") }", "{ a(b: \"" + strings.Repeat("x", limit.Text-11) + "\") }", "bytes long"},
		{"names", "{ " + strings.Repeat("x", 128) + " }", "{ " + strings.Repeat("x", 129) + " }", "name or a number"},
		{"numbers", "{ a(b: " + strings.Repeat("9", 128) + ") }", "{ a(b: " + strings.Repeat("9", 129) + ") }", "name or a number"},
		{"names after texts and comments", "{ a(b: \"" + strings.Repeat("x", 200) + "\\\"" + strings.Repeat("x", 200) + "\", c: \"\"\"" + strings.Repeat("x\"", 200) + strings.Repeat("x", 200) + "\"\"\") # " + strings.Repeat("x", 200) + "\n}",
			"{ a(b: \"x\\\"\", c: \"\"\"\\\"\"\" \"\"\") # x\n" + strings.Repeat("x", 129) + " }", "name or a number"},
		{"fragments that nobody spreads", "{ a } fragment F on Q " + deep(15), "{ a } fragment F on Q " + deep(16), "levels"},
		{"root fields in fragments", "{ ...F } fragment F on Q { " + many(10, func(i int) string { return fmt.Sprintf("f%d", i) }) + "}", "{ ...F b } fragment F on Q { " + many(10, func(i int) string { return fmt.Sprintf("f%d", i) }) + "}", "root fields"},
	} {
		if err := limit.Shape(c.atMost); err != nil {
			t.Errorf("%s: what is just allowed was refused: %v", c.name, err)
		}
		refused(t, c.beyond, c.about)
	}
}

// A query of under a kilobyte whose fragments double what they spread once cost seconds.
func TestFragmentsThatDouble(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{ a { ...F0 } }")
	for i := range 60 {
		fmt.Fprintf(&b, " fragment F%d on T { x { ...F%d } y { ...F%d } }", i, i+1, i+1)
	}
	b.WriteString(" fragment F60 on T { z }")
	refused(t, b.String(), "")
	// The same without depth: spread twice side by side.
	b.Reset()
	b.WriteString("{ a { ...F0 } }")
	for i := range 12 {
		fmt.Fprintf(&b, " fragment F%d on T { x { ...F%d } y { ...F%d } }", i, i+1, i+1)
	}
	b.WriteString(" fragment F12 on T { z }")
	refused(t, b.String(), "fields")
	if err := limit.Shape("{ ...A } fragment A on Q { ...B } fragment B on Q { ...A ...Gone }"); err != nil {
		t.Errorf("a cycle is for validation to tell: %v", err)
	}
	if err := limit.Shape("{ not graphql"); err != nil {
		t.Errorf("what cannot be read is for the parser to tell: %v", err)
	}
}

// Two fragments of one name: validation looks at the first, whatever is measured of the second.
func TestFragmentsOfOneName(t *testing.T) {
	t.Parallel()
	err := limit.Shape("{ ...F } fragment F on Q { " + strings.Repeat("a ", 700) + "} fragment F on Q { a }")
	if err == nil || err.Extensions["code"] != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("%v", err)
	}
}

// The executor knows @defer, and would go on behind an answer that has been given.
func TestDefer(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"{ a { ... @defer { b } } }", "{ a { ...F @defer } } fragment F on A { b }", "{ a } fragment F on A { ... @defer(if: false) { b } }"} {
		if err := limit.Shape(query); err == nil || err.Extensions["code"] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// Every example of the documentation and the standard introspection query are within the limits.
func TestDocumentedExamplesFit(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/api/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?s)```graphql\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			if err := limit.Shape(m[1]); err != nil {
				t.Errorf("%s: %v in %.80s", page, err, m[1])
			}
		}
	}
	if err := limit.Shape(introspection); err != nil {
		t.Errorf("introspection: %v", err)
	}
}

func FuzzShape(f *testing.F) {
	f.Add("{ a }")
	f.Add(introspection)
	f.Add("{ a(b: \"x\\\"\", c: \"\"\"\\\"\"\" \"\"\") # x\n }")
	f.Add("{ a { ...F } } fragment F on T { ...F ... @defer { b: a(c: {d: [1.5e3, $e]}) } }")
	f.Add("query($a: [Int] = [1,2]) { a(b: $a) @c { ...F ... on T { d } } } fragment F on T { e }")
	f.Fuzz(func(_ *testing.T, query string) { _ = limit.Shape(query) })
}

// introspection is the query that graphql-js's clients send.
const introspection = `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind }
	types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description
	args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
	inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated
	deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
