package limit

import (
	"encoding/json"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// What is expected of a list whose length is not in the request, and of a connection that is asked for without first or last.
const (
	listGuess = 5
	pageGuess = 25
)

// The most an operation may cost, and how many nodes one unit of cost is.
const (
	MaxCost      = 1000
	nodesPerUnit = 10
	// mutationNodes is what a change costs beside what it returns: locks, events and the work that follows.
	mutationNodes = 20
	// ceiling is where counting stops.
	ceiling = 1 << 40
)

// Cost is what a validated operation is expected to cost, at least 1: the objects it may return, ten to a unit. A connection counts as many as
// first or last asks for, a list as many as its ids or its usual length. What introspects the schema costs nothing here: its shape bounds it.
func Cost(op *ast.OperationDefinition, fragments ast.FragmentDefinitionList, variables map[string]any) int {
	c := counter{fragments: fragments, variables: variables, known: map[key]int{}}
	n := c.set(op.SelectionSet, 1)
	if op.Operation == ast.Mutation {
		n = add(n, mutationNodes*len(op.SelectionSet))
	}
	return Units(n)
}

// Units is the cost of so many objects.
func Units(nodes int) int { return max(1, (nodes+nodesPerUnit-1)/nodesPerUnit) }

// key is a fragment inside a page of so many rows.
type key struct {
	fragment string
	rows     int
}

type counter struct {
	fragments ast.FragmentDefinitionList
	variables map[string]any
	known     map[key]int
}

// set counts the objects of a selection set; rows is how many a connection's own nodes and edges are.
func (c *counter) set(set ast.SelectionSet, rows int) int {
	n := 0
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			n = add(n, c.field(one, rows))
		case *ast.InlineFragment:
			n = add(n, c.set(one.SelectionSet, rows))
		case *ast.FragmentSpread:
			k := key{one.Name, rows}
			of, isKnown := c.known[k]
			if !isKnown {
				c.known[k] = 0 // a cycle, which validation refuses, ends here
				if f := c.fragments.ForName(one.Name); f != nil {
					of = c.set(f.SelectionSet, rows)
				}
				c.known[k] = of
			}
			n = add(n, of)
		}
	}
	return n
}

func (c *counter) field(f *ast.Field, rows int) int {
	if len(f.SelectionSet) == 0 || f.Definition == nil || strings.HasPrefix(f.Name, "__") {
		return 0
	}
	if isConnection(f.ObjectDefinition) && (f.Name == "nodes" || f.Name == "edges") {
		return times(rows, add(1, c.set(f.SelectionSet, 1)))
	}
	if strings.HasSuffix(f.Definition.Type.Name(), "Connection") {
		return add(1, c.set(f.SelectionSet, c.page(f)))
	}
	return times(c.length(f), add(1, c.set(f.SelectionSet, 1)))
}

func isConnection(d *ast.Definition) bool { return d != nil && strings.HasSuffix(d.Name, "Connection") }

// page is how many rows a connection is asked for.
func (c *counter) page(f *ast.Field) int {
	for _, name := range []string{"first", "last"} {
		if n, ok := c.number(f, name); ok {
			return n
		}
	}
	return pageGuess
}

// length is how many objects a field gives: one, as many as its ids, or a list's usual number.
func (c *counter) length(f *ast.Field) int {
	if f.Definition.Type.Elem == nil {
		return 1
	}
	if v, ok := c.argument(f, "ids").([]any); ok {
		return len(v)
	}
	if n, ok := c.number(f, "first"); ok {
		return n
	}
	return listGuess
}

func (c *counter) argument(f *ast.Field, name string) any {
	a := f.Arguments.ForName(name)
	if a == nil {
		if d := f.Definition.Arguments.ForName(name); d != nil && d.DefaultValue != nil {
			v, _ := d.DefaultValue.Value(nil)
			return v
		}
		return nil
	}
	v, _ := a.Value.Value(c.variables)
	return v
}

// number is an argument that is a number of zero or more. What is too much for a page is refused by the field itself.
func (c *counter) number(f *ast.Field, name string) (int, bool) {
	var n int64
	switch v := c.argument(f, name).(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number:
		x, err := v.Int64()
		if err != nil {
			return 0, false
		}
		n = x
	default:
		return 0, false
	}
	return int(min(max(n, 0), ceiling)), true
}

func add(a, b int) int { return min(a+b, ceiling) }

func times(a, b int) int {
	if a > 0 && b > ceiling/a {
		return ceiling
	}
	return a * b
}

// objects counts the objects of an answer in JSON.
func objects(data []byte) int {
	n, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case b == '\\' && inText:
			i++
		case b == '"':
			inText = !inText
		case b == '{' && !inText:
			n++
		}
	}
	return max(0, n-1) // the answer itself is none
}
