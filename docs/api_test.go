package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/switchyard-chat/switchyard/internal/sdl"
)

// callers are who an example may be sent by.
var callers = []string{"nobody", "admin", "supervisor", "cs-manager", "marketing-cs", "agent", "sales-manager", "sales"}

func schema(t *testing.T) *ast.Schema {
	t.Helper()
	s, err := sdl.Load(os.DirFS("../graph/schema"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every example of docs/api is an operation of the schema, with variables it takes and an answer of its shape.
func TestExamplesFitTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	names := map[string]string{}
	for _, page := range pages(t) {
		saved := map[string]bool{}
		streams := map[string]bool{}
		for _, e := range readExamples(t, page) {
			at := fmt.Sprintf("%s:%d: %s", page, e.line, e.name)
			if names[e.name] != "" {
				t.Errorf("%s: the name is taken by %s", at, names[e.name])
			}
			names[e.name] = page
			if !slices.Contains(callers, e.as) {
				t.Errorf("%s: there is no caller %q", at, e.as)
			}
			if e.during != "" && !streams[e.during] {
				t.Errorf("%s: no subscription %q comes before it", at, e.during)
			}
			for _, m := range placeholder.FindAllStringSubmatch(e.variables, -1) {
				if !saved[m[1]] {
					t.Errorf("%s: nothing before it saves %q", at, m[1])
				}
			}
			operation, err := e.check(s)
			if err != nil {
				t.Errorf("%s: %v", at, err)
				continue
			}
			if operation != nil && operation.Operation == ast.Subscription {
				streams[e.name] = true
			}
			for _, one := range e.saves {
				saved[one.name] = true
			}
		}
	}
}

// check gives the example's operation; nil for one that is meant to be refused.
func (e *example) check(s *ast.Schema) (*ast.OperationDefinition, error) {
	doc, err := parser.ParseQuery(&ast.Source{Name: e.name, Input: e.document})
	if err != nil {
		return nil, err
	}
	found := validator.ValidateWithRules(s, doc, rules.NewDefaultRules())
	if e.isInvalid {
		if len(found) == 0 {
			return nil, fmt.Errorf("it is meant to be refused by the schema and is not")
		}
		return nil, nil
	}
	if len(found) > 0 {
		return nil, found
	}
	if len(doc.Operations) != 1 || doc.Operations[0].Name == "" {
		return nil, fmt.Errorf("an example is one operation with a name")
	}
	operation := doc.Operations[0]
	if err := e.checkVariables(s, operation); err != nil {
		return nil, err
	}
	root := map[ast.Operation]*ast.Definition{ast.Query: s.Query, ast.Mutation: s.Mutation, ast.Subscription: s.Subscription}[operation.Operation]
	if operation.Operation != ast.Subscription && len(e.responses) > 1 {
		return nil, fmt.Errorf("a query or mutation has one answer")
	}
	if len(e.responses) == 0 {
		return nil, fmt.Errorf("no answer is shown")
	}
	for _, text := range e.responses {
		var answer map[string]any
		if err := decode(text, &answer); err != nil {
			return nil, fmt.Errorf("the answer: %w", err)
		}
		data, ok := answer["data"]
		if !ok && answer["errors"] == nil {
			return nil, fmt.Errorf("an answer has data or errors")
		}
		if data != nil {
			if err := (shape{s, "data"}).object(data, operation.SelectionSet, root); err != nil {
				return nil, err
			}
		}
	}
	for _, path := range e.paths() {
		if err := e.resolves(path); err != nil {
			return nil, err
		}
	}
	return operation, nil
}

func (e *example) checkVariables(s *ast.Schema, operation *ast.OperationDefinition) error {
	var variables map[string]any
	if err := decode(placeholder.ReplaceAllString(e.variables, "saved"), &variables); err != nil {
		return fmt.Errorf("the variables: %w", err)
	}
	for name := range variables {
		if operation.VariableDefinitions.ForName(name) == nil {
			return fmt.Errorf("the operation has no variable $%s", name)
		}
	}
	if _, err := validator.VariableValues(s, operation, variables); err != nil {
		return err
	}
	for _, v := range operation.VariableDefinitions {
		if err := oneOf(s, v.Type, variables[v.Variable], "$"+v.Variable); err != nil {
			return err
		}
	}
	return nil
}

// oneOf checks that inputs of which exactly one field is given have one.
func oneOf(s *ast.Schema, of *ast.Type, value any, path string) error {
	switch v := value.(type) {
	case []any:
		for i, one := range v {
			if err := oneOf(s, of.Elem, one, path+"."+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	case map[string]any:
		d := s.Types[of.Name()]
		if d == nil || d.Kind != ast.InputObject {
			return nil
		}
		if d.Directives.ForName("oneOf") != nil && len(v) != 1 {
			return fmt.Errorf("%s: %s takes exactly one field", path, d.Name)
		}
		for name, one := range v {
			if f := d.Fields.ForName(name); f != nil {
				if err := oneOf(s, f.Type, one, path+"."+name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// paths are the paths that the comment names.
func (e *example) paths() []string {
	var all []string
	for _, one := range e.saves {
		all = append(all, one.path)
	}
	for _, one := range e.expects {
		all = append(all, one.path)
	}
	return all
}

// resolves checks that one of the answers shown has something at the path.
func (e *example) resolves(path string) error {
	for _, text := range e.responses {
		var answer any
		if err := decode(text, &answer); err == nil {
			if _, ok := at(answer, path); ok {
				return nil
			}
		}
	}
	return fmt.Errorf("no answer shown has %s", path)
}

// at gives the value at a path such as data.conversations.nodes.0.id.
func at(value any, path string) (any, bool) {
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func decode(text string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	return d.Decode(into)
}

// shape checks an answer against what an operation selects.
type shape struct {
	schema *ast.Schema
	path   string
}

func (c shape) in(part string) shape { return shape{c.schema, c.path + "." + part} }

func (c shape) object(value any, set ast.SelectionSet, of *ast.Definition) error {
	o, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %s is an object", c.path, of.Name)
	}
	concrete := of
	if name, ok := o["__typename"].(string); ok {
		if concrete = c.schema.Types[name]; concrete == nil {
			return fmt.Errorf("%s: there is no type %s", c.path, name)
		}
		if !slices.Contains(c.schema.GetPossibleTypes(of), concrete) {
			return fmt.Errorf("%s: %s is no %s", c.path, name, of.Name)
		}
	}
	fields := map[string]*ast.Field{}
	c.collect(set, concrete, fields)
	for name, one := range o {
		f := fields[name]
		if f == nil {
			return fmt.Errorf("%s: %s is not selected on %s", c.path, name, concrete.Name)
		}
		if f.Name == "__typename" {
			continue
		}
		if err := c.in(name).value(one, f.Definition.Type, f.SelectionSet); err != nil {
			return err
		}
	}
	return nil
}

// collect gathers the fields of a selection that hold for a type, by the name they have in the answer.
func (c shape) collect(set ast.SelectionSet, of *ast.Definition, into map[string]*ast.Field) {
	fits := func(condition string) bool {
		d := c.schema.Types[condition]
		return condition == "" || of.IsAbstractType() || d == of || slices.Contains(c.schema.GetPossibleTypes(d), of)
	}
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			into[one.Alias] = one
		case *ast.InlineFragment:
			if fits(one.TypeCondition) {
				c.collect(one.SelectionSet, of, into)
			}
		case *ast.FragmentSpread:
			if fits(one.Definition.TypeCondition) {
				c.collect(one.Definition.SelectionSet, of, into)
			}
		}
	}
}

func (c shape) value(value any, of *ast.Type, set ast.SelectionSet) error {
	if value == nil {
		if of.NonNull {
			return fmt.Errorf("%s is never null", c.path)
		}
		return nil
	}
	if of.Elem != nil {
		list, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s is a list", c.path)
		}
		for i, one := range list {
			if err := c.in(strconv.Itoa(i)).value(one, of.Elem, set); err != nil {
				return err
			}
		}
		return nil
	}
	d := c.schema.Types[of.NamedType]
	if d.IsCompositeType() {
		return c.object(value, set, d)
	}
	text, isText := value.(string)
	_, isNumber := value.(json.Number)
	_, isBoolean := value.(bool)
	ok := isText
	switch {
	case d.Kind == ast.Enum:
		ok = isText && d.EnumValues.ForName(text) != nil
	case d.Name == "Int", d.Name == "Float":
		ok = isNumber
	case d.Name == "Boolean":
		ok = isBoolean
	}
	if !ok {
		return fmt.Errorf("%s: %v is no %s", c.path, value, d.Name)
	}
	return nil
}
