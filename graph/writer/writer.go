// Package writer writes what a query's resolver gave straight into bytes where that is all there is to do: gqlgen's executor makes a field context, a
// closure and a marshaller for every field of every row, which costs more than reading the rows. A model whose selected fields are all fields of
// plain structs, which take no arguments and ask nobody, needs none of that: its selection is laid out once per answer, as a plan, and each row is written
// along it. Everything else goes through the executor as ever. The bytes are the same either way.
package writer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/graph/scalar"
)

// Extension has the root fields of queries written by a plan where one can be made. It is used with executor.Use; the zero Extension is ready.
type Extension struct {
	// Planned is told of each root field whose answer was due, and whether a plan wrote it. Nil is allowed.
	Planned func(field string, isPlanned bool)
	// Compare is for tests: where it is set, the executor writes every answer too, and both ways' bytes are told. What goes out is the executor's.
	Compare func(field string, planned, executed []byte)

	models *models
}

var _ interface {
	graphql.HandlerExtension
	graphql.FieldInterceptor
	graphql.RootFieldInterceptor
} = (*Extension)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*Extension) ExtensionName() string { return "Writer" }

// Validate implements graphql.HandlerExtension: it takes in the schema.
func (e *Extension) Validate(s graphql.ExecutableSchema) error {
	e.models = newModels(s.Schema())
	return nil
}

// answer is where a root field's bytes are kept between the resolver's return and the executor's.
type answer struct {
	field string
	bytes []byte
}

type answerKey struct{}

// InterceptRootField implements graphql.RootFieldInterceptor. Where a plan wrote the answer, the executor was given a hollow value in its place, and what
// it made of that is dropped.
func (e *Extension) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil || op.Operation.Operation != ast.Query {
		return next(ctx)
	}
	a := &answer{field: graphql.GetRootFieldContext(ctx).Field.Alias}
	made := next(context.WithValue(ctx, answerKey{}, a))
	if a.bytes == nil {
		return made
	}
	if e.Compare != nil {
		var executed bytes.Buffer
		made.MarshalGQL(&executed)
		e.Compare(graphql.GetRootFieldContext(ctx).Object, a.bytes, executed.Bytes())
		return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(executed.Bytes()) })
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(a.bytes) })
}

// InterceptField implements graphql.FieldInterceptor.
func (e *Extension) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc.Object != "Query" {
		return next(ctx)
	}
	a, isQuery := ctx.Value(answerKey{}).(*answer)
	value, err := next(ctx)
	if !isQuery || err != nil || value == nil || a.field != fc.Field.Alias {
		return value, err
	}
	hollow, written, ok := e.write(graphql.GetOperationContext(ctx), fc.Field, value)
	if e.Planned != nil {
		e.Planned(fc.Field.Name, ok)
	}
	if !ok {
		return value, nil
	}
	a.bytes = written
	if e.Compare != nil {
		return value, nil
	}
	return hollow, nil
}

// write gives the bytes of a root field's value, and what the executor can take in its place without finding fault.
func (e *Extension) write(op *graphql.OperationContext, field graphql.CollectedField, value any) (hollow any, written []byte, ok bool) {
	v := reflect.ValueOf(value)
	if field.Definition == nil || len(field.Deferrables) > 0 {
		return nil, nil, false
	}
	c := compiler{op: op, models: e.models}
	put, ok := c.value(field.Definition.Type, v.Type(), field.Selections)
	if !ok {
		return nil, nil, false
	}
	hollow, ok = c.hollow(field.Definition.Type, v.Type(), field.Selections)
	if !ok {
		return nil, nil, false
	}
	b, err := put(make([]byte, 0, 1<<10), v)
	if err != nil {
		return nil, nil, false
	}
	return hollow, b, true
}

// put appends a value. Its error says that the value breaks the schema, which is for the executor to tell.
type put func(b []byte, v reflect.Value) ([]byte, error)

// errNull is the error of a null where the schema allows none.
var errNull = errors.New("writer: null where there must be something")

// compiler makes the plan of one answer. Each selection is laid out once for each type that it meets.
type compiler struct {
	op     *graphql.OperationContext
	models *models
}

// value makes the plan for a value of a GraphQL type that is kept in a Go type; false where the executor is needed.
func (c compiler) value(t *ast.Type, in reflect.Type, sel ast.SelectionSet) (put, bool) {
	if t.Elem != nil {
		return c.list(t, in, sel)
	}
	if in.Kind() == reflect.Pointer {
		of, ok := c.value(&ast.Type{NamedType: t.NamedType, NonNull: true}, in.Elem(), sel)
		if !ok {
			return nil, false
		}
		return func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return null(b, t)
			}
			return of(b, v.Elem())
		}, true
	}
	switch d := c.models.schema.Types[t.NamedType]; {
	case d == nil:
		return nil, false
	case d.Kind == ast.Object:
		return c.object(d, in, sel)
	case d.Kind == ast.Interface || d.Kind == ast.Union:
		return c.abstract(t, in, sel)
	case d.Kind == ast.Enum:
		return text, in.Kind() == reflect.String
	default:
		return leaf(t.NamedType, in)
	}
}

func (c compiler) list(t *ast.Type, in reflect.Type, sel ast.SelectionSet) (put, bool) {
	if in.Kind() != reflect.Slice {
		return nil, false
	}
	of, ok := c.value(t.Elem, in.Elem(), sel)
	if !ok {
		return nil, false
	}
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() && !t.NonNull {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		var err error
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = of(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}, true
}

// part is a field of an object: its name with the colon, where its value is, and how that is written.
type part struct {
	name  string
	index []int
	put   put
}

func (c compiler) object(d *ast.Definition, in reflect.Type, sel ast.SelectionSet) (put, bool) {
	m := c.models.of(in)
	if in.Kind() != reflect.Struct || m == nil || m.name != d.Name {
		return nil, false
	}
	var parts []part
	seen := map[string]bool{}
	for _, f := range graphql.CollectFields(c.op, sel, m.satisfies) {
		if seen[f.Alias] {
			continue
		}
		seen[f.Alias] = true
		p := part{name: string(quoted(nil, f.Alias)) + ":"}
		if f.Name == "__typename" {
			name := string(quoted(nil, d.Name))
			p.put = func(b []byte, _ reflect.Value) ([]byte, error) { return append(b, name...), nil }
			parts = append(parts, p)
			continue
		}
		field, ok := m.fields[f.Name]
		if !ok || f.Definition == nil || len(f.Definition.Arguments) > 0 || len(f.Deferrables) > 0 {
			return nil, false
		}
		p.index = field.Index
		if p.put, ok = c.value(f.Definition.Type, field.Type, f.Selections); !ok {
			return nil, false
		}
		parts = append(parts, p)
	}
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '{')
		var err error
		for i := range parts {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, parts[i].name...)
			of := v
			if parts[i].index != nil {
				of = v.FieldByIndex(parts[i].index)
			}
			if b, err = parts[i].put(b, of); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}, true
}

// abstract makes the plan for each concrete type when the first value of it comes.
func (c compiler) abstract(t *ast.Type, in reflect.Type, sel ast.SelectionSet) (put, bool) {
	if m := c.models.of(in); m != nil { // a root field's value is told by what it is
		return c.object(c.models.schema.Types[m.name], in, sel)
	}
	if in.Kind() != reflect.Interface {
		return nil, false
	}
	plans := map[reflect.Type]put{}
	return func(b []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return null(b, t)
		}
		v = v.Elem()
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return null(b, t)
			}
			v = v.Elem()
		}
		plan, ok := plans[v.Type()]
		if !ok {
			if m := c.models.of(v.Type()); m != nil {
				plan, _ = c.object(c.models.schema.Types[m.name], v.Type(), sel)
			}
			plans[v.Type()] = plan
		}
		if plan == nil {
			return nil, fmt.Errorf("writer: %s has no plan", v.Type())
		}
		return plan(b, v)
	}, true
}

// leaf is how a scalar is written; false for one that only the executor knows.
func leaf(name string, in reflect.Type) (put, bool) {
	switch {
	case name == "DateTime" && in == reflect.TypeFor[time.Time]():
		return func(b []byte, v reflect.Value) ([]byte, error) {
			if v.CanAddr() { // without a copy
				return scalar.AppendDateTime(b, *v.Addr().Interface().(*time.Time)), nil
			}
			return scalar.AppendDateTime(b, v.Interface().(time.Time)), nil
		}, true
	case in.Kind() == reflect.String && (name == "String" || name == "ID" || name == "Date" || name == "Decimal" || name == "Cursor"):
		return text, true
	case in.Kind() == reflect.Int && name == "Int" || in.Kind() == reflect.Int64 && name == "Int":
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }, true
	case in.Kind() == reflect.Float64 && name == "Float":
		return func(b []byte, v reflect.Value) ([]byte, error) {
			if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, errors.New("writer: a number that JSON cannot hold")
			}
			return fmt.Appendf(b, "%g", v.Float()), nil
		}, true
	case in.Kind() == reflect.Bool && name == "Boolean":
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }, true
	}
	return nil, false
}

func text(b []byte, v reflect.Value) ([]byte, error) { return quoted(b, v.String()), nil }

func null(b []byte, t *ast.Type) ([]byte, error) {
	if t.NonNull {
		return nil, errNull
	}
	return append(b, "null"...), nil
}

// quoted appends a JSON string as gqlgen writes one.
func quoted(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\n':
			b = append(b, '\\', 'n')
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		from = i + 1
	}
	return append(append(b, s[from:]...), '"')
}

// hollow gives a value of the type that the executor can write without finding fault with it, in next to no time: nothing where that is
// allowed, an empty list, an object without rows.
func (c compiler) hollow(t *ast.Type, in reflect.Type, sel ast.SelectionSet) (any, bool) {
	if !t.NonNull {
		return nil, true
	}
	empty := reflect.Zero(in)
	if in.Kind() == reflect.Pointer {
		empty = reflect.New(in.Elem())
		in = in.Elem()
	}
	return empty.Interface(), c.isWhole(t, in, sel)
}

// isWhole says whether the empty value of a type has something wherever the schema wants it.
func (c compiler) isWhole(t *ast.Type, in reflect.Type, sel ast.SelectionSet) bool {
	if !t.NonNull || t.Elem != nil {
		return true
	}
	d, m := c.models.schema.Types[t.NamedType], c.models.of(in)
	if d.Kind == ast.Enum || d.Kind == ast.Scalar {
		return in.Kind() != reflect.Pointer
	}
	if in.Kind() != reflect.Struct || m == nil {
		return false
	}
	for _, f := range graphql.CollectFields(c.op, sel, m.satisfies) {
		if f.Name == "__typename" {
			continue
		}
		if !c.isWhole(f.Definition.Type, m.fields[f.Name].Type, f.Selections) {
			return false
		}
	}
	return true
}
