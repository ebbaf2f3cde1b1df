package limit

import (
	"encoding/json"
	"strconv"
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
	// schemaPerUnit is how many objects of the schema one unit is: they are in memory, and are asked for rarely.
	schemaPerUnit = 500
	// pinnedGuess is how many conversations are expected before the rows of a page; there are 50 at most.
	pinnedGuess = 10
	// ceiling is where counting stops.
	ceiling = 1 << 40
)

// Cost is what a validated operation is expected to cost, at least 1: the objects it may return, ten to a unit. A connection counts as many as
// first or last asks for, a list as many as its ids or its usual length. What introspects the schema is counted by the lengths of its lists and
// costs a fiftieth.
func Cost(op *ast.OperationDefinition, fragments ast.FragmentDefinitionList, variables map[string]any) int {
	c := counter{fragments: fragments, variables: variables, known: map[key]int{}}
	n := c.set(op.SelectionSet, 1)
	if op.Operation == ast.Mutation {
		n = add(n, mutationNodes*len(op.SelectionSet))
	}
	return min(add(Units(n), c.schema/schemaPerUnit), ceiling)
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
	schema    int // objects of the schema itself
}

// schemaLists is how long the lists of an introspection are in a schema as large as this one; those that are not named count as one.
var schemaLists = map[string]int{
	"__Schema.types": 400, "__Schema.directives": 10, "__Type.fields": 10, "__Type.inputFields": 5, "__Type.interfaces": 2, "__Type.possibleTypes": 3,
	"__Type.enumValues": 5, "__Field.args": 2, "__Directive.args": 2,
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
	if len(f.SelectionSet) == 0 || f.Definition == nil {
		return 0
	}
	if strings.HasPrefix(f.Name, "__") { // __schema and __type, at the root of a query
		c.schema = add(c.schema, add(1, c.introspected(f.SelectionSet)))
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

// introspected counts the objects of a selection of the schema.
func (c *counter) introspected(set ast.SelectionSet) int {
	n := 0
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			if len(one.SelectionSet) == 0 || one.ObjectDefinition == nil {
				continue
			}
			length := max(1, schemaLists[one.ObjectDefinition.Name+"."+one.Name])
			n = add(n, times(length, add(1, c.introspected(one.SelectionSet))))
		case *ast.InlineFragment:
			n = add(n, c.introspected(one.SelectionSet))
		case *ast.FragmentSpread:
			k := key{one.Name, 1}
			of, isKnown := c.known[k]
			if !isKnown {
				c.known[k] = 0
				if f := c.fragments.ForName(one.Name); f != nil {
					of = c.introspected(f.SelectionSet)
				}
				c.known[k] = of
			}
			n = add(n, of)
		}
	}
	return n
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
	if isConnection(f.ObjectDefinition) && f.Name == "pinned" {
		return pinnedGuess
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
	case string: // which a variable may hold: the executor takes it for the number that it spells
		x, err := strconv.ParseInt(v, 10, 64)
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
