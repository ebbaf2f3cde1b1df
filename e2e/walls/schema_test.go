package walls_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/graph/schema"
)

// load reads the SDL.
func load(t testing.TB) *ast.Schema {
	t.Helper()
	text, err := schema.Text()
	if err != nil {
		t.Fatal(err)
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// document writes an operation that selects everything a root field gives, however deep.
type document struct {
	schema    *ast.Schema
	only      []string // of an interface at the top, these types alone; all where empty
	fragments map[string]string
}

// write gives the text of an operation on a root field.
func (d *document) write(operation string, f *ast.FieldDefinition) string {
	d.fragments = map[string]string{}
	var vars, args []string
	for _, a := range f.Arguments {
		v := "$" + a.Name + ": " + a.Type.String()
		if a.DefaultValue != nil {
			v += " = " + a.DefaultValue.String()
		}
		vars = append(vars, v)
		args = append(args, a.Name+": $"+a.Name)
	}
	in := func(of []string) string {
		if len(of) == 0 {
			return ""
		}
		return "(" + strings.Join(of, ", ") + ")"
	}
	text := fmt.Sprintf("%s Walls%s { %s%s%s }", operation, in(vars), f.Name, in(args), d.of(f.Type.Name(), d.only))
	for _, name := range slices.Sorted(maps.Keys(d.fragments)) {
		text += "\n" + d.fragments[name]
	}
	return text
}

// of is the selection of everything of a type.
func (d *document) of(name string, only []string) string {
	def := d.schema.Types[name]
	switch def.Kind {
	case ast.Object:
		return " { ..." + d.fragment(def, nil) + " }"
	case ast.Interface, ast.Union:
		text := " { __typename"
		possible := d.schema.PossibleTypes[name]
		conflicts := d.conflicts(possible)
		for _, p := range possible {
			if only == nil || slices.Contains(only, p.Name) {
				text += " ..." + d.fragment(p, conflicts)
			}
		}
		return text + " }"
	}
	return ""
}

// conflicts are the names of fields that are of different types in the possible types of a union or interface.
func (d *document) conflicts(possible []*ast.Definition) map[string]bool {
	types, out := map[string]string{}, map[string]bool{}
	for _, p := range possible {
		for _, f := range p.Fields {
			t := f.Type.String()
			if was, ok := types[f.Name]; ok && was != t {
				out[f.Name] = true
			}
			types[f.Name] = t
		}
	}
	return out
}

// fragment writes the fragment of an object type, once, and gives its name. Fields that clash with those of its siblings have another name.
func (d *document) fragment(def *ast.Definition, conflicts map[string]bool) string {
	name := "F" + def.Name
	var renamed []string
	for _, f := range def.Fields {
		if conflicts[f.Name] {
			renamed = append(renamed, f.Name)
		}
	}
	if len(renamed) > 0 {
		name += "_" + strings.Join(renamed, "_")
	}
	if _, ok := d.fragments[name]; ok {
		return name
	}
	d.fragments[name] = "" // it does not hold itself
	text := "fragment " + name + " on " + def.Name + " { __typename"
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
			continue
		}
		text += " "
		if conflicts[f.Name] {
			text += f.Name + "__" + def.Name + ": "
		}
		text += f.Name + d.of(f.Type.Name(), nil)
	}
	d.fragments[name] = text + " }"
	return name
}

// seen are the fields of types that an answer gave a value for, as "Type.field".
type seen map[string]bool

// read notes the values of an answer.
func (s seen) read(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			s.read(x)
		}
	case map[string]any:
		typ, _ := v["__typename"].(string)
		for name, x := range v {
			name, _, _ = strings.Cut(name, "__")
			if list, ok := x.([]any); typ != "" && name != "" && x != nil && (!ok || len(list) > 0 || name == "userErrors") {
				s[typ+"."+name] = true
			}
			s.read(x)
		}
	}
}

// values gives the values of all fields of a name in an answer, in order.
func values(v any, name string) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			all = append(all, values(x, name)...)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if x, ok := v[k].(string); ok && k == name {
				all = append(all, x)
			}
			all = append(all, values(v[k], name)...)
		}
	}
	return all
}

// decode reads an answer.
func decode(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

// carrier is a place in an operation's arguments that can name something: an id, a position, a text.
type carrier struct {
	operation string // "Query", "Mutation", "Subscription"
	field     *ast.FieldDefinition
	path      []string // "input", "customFields", "fieldId"; a list's first element has no step of its own
	key       string   // "CustomFieldAnswerInput.fieldId", "Query.contact(id)"
	isList    []bool   // whether the step of the path holds a list
}

func (c carrier) String() string {
	return c.operation + "." + c.field.Name + "(" + strings.Join(c.path, ".") + ")"
}

// names says whether values of a scalar can name something.
func names(t string) bool { return t == "ID" || t == "String" || t == "Cursor" }

// carriers walks the arguments of every root field. Inputs that hold themselves are entered once more, for their first place.
func carriers(s *ast.Schema) []carrier {
	var all []carrier
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range root.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			for _, a := range f.Arguments {
				c := carrier{operation: root.Name, field: f, path: []string{a.Name}, isList: []bool{a.Type.Elem != nil}, key: fmt.Sprintf("%s.%s(%s)", root.Name, f.Name, a.Name)}
				all = append(all, below(s, c, a.Type.Name(), map[string]int{})...)
			}
		}
	}
	return all
}

func below(s *ast.Schema, c carrier, typ string, depth map[string]int) []carrier {
	if names(typ) {
		return []carrier{c}
	}
	def := s.Types[typ]
	if def.Kind != ast.InputObject || depth[typ] > 1 {
		return nil
	}
	depth = maps.Clone(depth)
	depth[typ]++
	var all []carrier
	for _, f := range def.Fields {
		if depth[typ] > 1 && len(all) > 0 {
			break
		}
		x := c
		x.path, x.isList = append(slices.Clone(c.path), f.Name), append(slices.Clone(c.isList), f.Type.Elem != nil)
		x.key = typ + "." + f.Name
		all = append(all, below(s, x, f.Type.Name(), depth)...)
	}
	return all
}

// arguments of fields below the roots, which no carrier reaches.
func innerArguments(s *ast.Schema) []string {
	var all []string
	for _, def := range s.Types {
		if def.BuiltIn || def.Kind != ast.Object && def.Kind != ast.Interface || def == s.Query || def == s.Mutation || def == s.Subscription {
			continue
		}
		for _, f := range def.Fields {
			for _, a := range f.Arguments {
				if t := s.Types[a.Type.Name()]; names(a.Type.Name()) || t.Kind == ast.InputObject {
					all = append(all, fmt.Sprintf("%s.%s(%s)", def.Name, f.Name, a.Name))
				}
			}
		}
	}
	return all
}

var opaque = regexp.MustCompile(`[A-Za-z0-9_-]{12,}`)

// leaks says what of a team is in some bytes: its mark in any text, also inside of what is opaque, its numbers, the ids of its rows.
func (x *team) leaks(b []byte) []string {
	var all []string
	low := bytes.ToLower(b)
	if i := bytes.Index(low, []byte(x.mark)); i >= 0 {
		all = append(all, string(b[max(0, i-60):min(len(b), i+60)]))
	}
	if bytes.Contains(b, []byte(x.digits)) {
		all = append(all, "a telephone number")
	}
	for _, word := range opaque.FindAll(b, -1) {
		if plain := decoded(word); bytes.Contains(bytes.ToLower(plain), []byte(x.mark)) {
			all = append(all, fmt.Sprintf("%s, which is %s", word, plain))
		}
	}
	for name, id := range x.refs {
		if bytes.Contains(b, []byte(`"`+id+`"`)) || bytes.Contains(b, []byte("/"+id)) {
			all = append(all, name+" ("+id+")")
		}
	}
	return all
}
