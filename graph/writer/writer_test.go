package writer

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/scalar"
)

// Each scalar is written as gqlgen writes it.
func TestScalars(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		typ   string
		value any
		as    graphql.Marshaler
	}{
		"a text":                  {"String", "請問 \"A\" \\ / \b\f\n\r\t\x00\x1f\x7f\u2028 </script>", graphql.MarshalString("請問 \"A\" \\ / \b\f\n\r\t\x00\x1f\x7f\u2028 </script>")},
		"a text that is no UTF-8": {"String", "a\xffb\xc3", graphql.MarshalString("a\xffb\xc3")},
		"an id":                   {"ID", "cnv_1", graphql.MarshalID("cnv_1")},
		"a whole number":          {"Int", math.MinInt64, graphql.MarshalInt64(math.MinInt64)},
		"a fraction":              {"Float", 121.5654, graphql.MarshalFloat(121.5654)},
		"a very small fraction":   {"Float", 1e-9, graphql.MarshalFloat(1e-9)},
		"a claim":                 {"Boolean", true, graphql.MarshalBoolean(true)},
		"a moment":                {"DateTime", time.Date(2026, 1, 31, 8, 15, 30, 123456789, time.FixedZone("", 8*3600)), scalar.MarshalDateTime(time.Date(2026, 1, 31, 8, 15, 30, 123456789, time.FixedZone("", 8*3600)))},
		"a day":                   {"Date", "2026-01-31", scalar.MarshalDate("2026-01-31")},
		"a decimal":               {"Decimal", "-12.50", scalar.MarshalDecimal("-12.50")},
		"a position":              {"Cursor", "AbC", scalar.MarshalCursor("AbC")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			put, ok := leaf(one.typ, reflect.TypeOf(one.value))
			if !ok {
				t.Fatalf("%s has no plan", one.typ)
			}
			got, err := put(nil, reflect.ValueOf(one.value))
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			one.as.MarshalGQL(&want)
			if string(got) != want.String() {
				t.Errorf("%s, but gqlgen writes %s", got, want.String())
			}
		})
	}
}

// What only the executor knows, or can find fault with, is left to it.
func TestLeftToTheExecutor(t *testing.T) {
	t.Parallel()
	t.Run("a scalar that is not known here", func(t *testing.T) {
		t.Parallel()
		if _, ok := leaf("JSON", reflect.TypeOf("")); ok {
			t.Error("it is written")
		}
	})
	t.Run("a number that JSON cannot hold", func(t *testing.T) {
		t.Parallel()
		put, _ := leaf("Float", reflect.TypeOf(0.0))
		if _, err := put(nil, reflect.ValueOf(math.NaN())); err == nil {
			t.Error("it is written")
		}
	})
	t.Run("null where the schema wants something", func(t *testing.T) {
		t.Parallel()
		c := compiler{models: newModels(&ast.Schema{Types: map[string]*ast.Definition{"String": {Kind: ast.Scalar, Name: "String"}}})}
		for _, isRequired := range []bool{false, true} {
			put, ok := c.value(&ast.Type{NamedType: "String", NonNull: isRequired}, reflect.TypeOf((*string)(nil)), nil)
			if !ok {
				t.Fatal("there is no plan")
			}
			b, err := put(nil, reflect.ValueOf((*string)(nil)))
			if (err != nil) != isRequired || !isRequired && string(b) != "null" {
				t.Errorf("required %t: %s, %v", isRequired, b, err)
			}
		}
	})
}

// A field with a resolver of its own asks somebody. A plan knows such fields by their arguments; this is where a resolver without any would be noticed.
func TestResolversHaveArguments(t *testing.T) {
	t.Parallel()
	schema := gen.NewExecutableSchema(gen.Config{}).Schema()
	root := reflect.TypeFor[gen.ResolverRoot]()
	checked := 0
	for i := range root.NumMethod() {
		name := root.Method(i).Name
		if name == "Query" || name == "Mutation" || name == "Subscription" {
			continue
		}
		object := schema.Types[name]
		if object == nil {
			t.Fatalf("there is no type %s", name)
		}
		resolver := root.Method(i).Type.Out(0)
		for j := range resolver.NumMethod() {
			checked++
			var found *ast.FieldDefinition
			for _, f := range object.Fields {
				if equalFold(f.Name, resolver.Method(j).Name) {
					found = f
				}
			}
			if found == nil || len(found.Arguments) == 0 {
				t.Errorf("%s.%s has a resolver and no arguments: a plan would read the model's field and ask nobody", name, resolver.Method(j).Name)
			}
		}
	}
	if checked == 0 {
		t.Fatal("no resolver of an object was looked at")
	}
}

func equalFold(a, b string) bool { return bytes.EqualFold([]byte(a), []byte(b)) }
