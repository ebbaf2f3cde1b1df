package server

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/live"
)

// strictness holds the values of variables to the letter of the specification where the parser does not: a @oneOf input has exactly one
// field and it is not null, an enum's value is written as in the schema, a String is a string. What is written into the document itself is
// held to it already.
type strictness struct{ schema *ast.Schema }

// ExtensionName implements graphql.HandlerExtension.
func (*strictness) ExtensionName() string { return "Strictness" }

// Validate implements graphql.HandlerExtension.
func (s *strictness) Validate(schema graphql.ExecutableSchema) error {
	s.schema = schema.Schema()
	return nil
}

// MutateOperationContext implements graphql.OperationContextMutator.
func (s *strictness) MutateOperationContext(ctx context.Context, rc *graphql.OperationContext) *gqlerror.Error {
	if live.IsRendering(ctx) { // it was looked at when the stream began
		return nil
	}
	for _, v := range rc.Operation.VariableDefinitions {
		value, ok := rc.Variables[v.Variable]
		if !ok {
			continue
		}
		if err := s.check(v.Type, value, ast.Path{ast.PathName("variable"), ast.PathName(v.Variable)}); err != nil {
			errcode.Set(err, errcode.ValidationFailed)
			return err
		}
	}
	return nil
}

var article = map[string]string{"Int": "an Int", "Float": "a Float"}

func (s *strictness) check(t *ast.Type, value any, path ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		all, ok := value.([]any)
		if !ok {
			return s.check(t.Elem, value, path) // one stands for a list of one
		}
		for i, one := range all {
			if err := s.check(t.Elem, one, append(path, ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	}
	def := s.schema.Types[t.NamedType]
	if def == nil {
		return nil
	}
	switch def.Kind {
	case ast.Scalar:
		_, isNumber := value.(json.Number) // which is text to the parser
		_, isText := value.(string)
		switch {
		case def.Name == "String" && (isNumber || !isText):
			return gqlerror.ErrorPathf(path, "a String is needed")
		case (def.Name == "Int" || def.Name == "Float") && isText:
			return gqlerror.ErrorPathf(path, "%s is needed, not a text that spells one", article[def.Name])
		}
	case ast.Enum:
		name, _ := value.(string)
		if !slices.ContainsFunc(def.EnumValues, func(v *ast.EnumValueDefinition) bool { return v.Name == name }) {
			return gqlerror.ErrorPathf(path, "this is no value of %s", def.Name)
		}
	case ast.InputObject:
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		if def.Directives.ForName("oneOf") != nil {
			for _, one := range fields {
				if len(fields) != 1 || one == nil {
					return gqlerror.ErrorPathf(path, "%s needs exactly one field, and it cannot be null", def.Name)
				}
			}
			if len(fields) == 0 {
				return gqlerror.ErrorPathf(path, "%s needs exactly one field", def.Name)
			}
		}
		for _, f := range def.Fields {
			if err := s.check(f.Type, fields[f.Name], append(path, ast.PathName(f.Name))); err != nil {
				return err
			}
		}
	}
	return nil
}
