package writer

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// models knows the Go types of the schema's objects, each from its first answer on.
type models struct {
	schema *ast.Schema
	byType sync.Map // of reflect.Type to *shape, nil for a type that is no object
}

// shape is what an object's Go type looks like.
type shape struct {
	name      string                         // of the GraphQL type
	satisfies []string                       // the names by which a fragment may mean it
	fields    map[string]reflect.StructField // by the field's GraphQL name
}

func newModels(s *ast.Schema) *models { return &models{schema: s} }

// of gives the shape of a Go type; nil where it is not the model of an object.
func (m *models) of(t reflect.Type) *shape {
	if known, ok := m.byType.Load(t); ok {
		return known.(*shape)
	}
	made, _ := m.byType.LoadOrStore(t, m.shape(t))
	return made.(*shape)
}

func (m *models) shape(t reflect.Type) *shape {
	if t.Kind() != reflect.Struct {
		return nil
	}
	d := m.schema.Types[t.Name()]
	if d == nil || d.Kind != ast.Object {
		return nil
	}
	s := &shape{name: d.Name, satisfies: []string{d.Name}, fields: map[string]reflect.StructField{}}
	for _, i := range m.schema.GetImplements(d) {
		if !slices.Contains(s.satisfies, i.Name) {
			s.satisfies = append(s.satisfies, i.Name)
		}
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && d.Fields.ForName(name) != nil {
			s.fields[name] = f
		}
	}
	return s
}
