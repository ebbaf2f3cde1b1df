package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// selected gives the fields of a type that the operation selects anywhere below the field that is being resolved. A list reads what is selected
// in batches of its own, so that no field of a row asks the database. Fields that @skip or @include leave out count as selected: to read too
// much is no mistake.
func selected(ctx context.Context, typ string) map[string]bool {
	fields := map[string]bool{}
	f := graphql.GetFieldContext(ctx)
	if f == nil || f.Field.Field == nil {
		return fields
	}
	doc := graphql.GetOperationContext(ctx).Doc
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if s.ObjectDefinition != nil && s.ObjectDefinition.Name == typ {
					fields[s.Name] = true
				}
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if d := doc.Fragments.ForName(s.Name); d != nil && !seen[s.Name] {
					seen[s.Name] = true
					walk(d.SelectionSet)
				}
			}
		}
	}
	walk(f.Field.SelectionSet)
	return fields
}
