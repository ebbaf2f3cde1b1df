package schema_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/graph/schema"
)

var extension = regexp.MustCompile(`(?m)^extend `)

// What is served was the files one after another. Relay's compiler took `extend type Query` for fields of the client's own and never asked the server for them.
func TestTextIsWhole(t *testing.T) {
	t.Parallel()
	text, err := schema.Text()
	if err != nil {
		t.Fatal(err)
	}
	if found := extension.FindAll(text, -1); len(found) > 0 {
		t.Errorf("it extends %d types", len(found))
	}
	whole, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	if q := whole.Query; q == nil || q.Fields.ForName("conversations") == nil || q.Fields.ForName("conversations").Description == "" || whole.Subscription == nil {
		t.Errorf("the query type is %+v", q)
	}
	again, err := schema.Text()
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("it is another the second time: %v", err)
	}
}
