package live

import "github.com/vektah/gqlparser/v2/ast"

// ViewerCheck says whether an operation selects a field whose value depends on who looks.
type ViewerCheck func(doc *ast.QueryDocument, op *ast.OperationDefinition) bool

// ViewerFields makes the check from the schema: fields that carry the directive (such as @viewer) depend on who looks. A field of an interface does where
// it does in any of the types behind it.
func ViewerFields(schema *ast.Schema, directive string) ViewerCheck {
	marked := map[string]map[string]bool{}
	mark := func(typ, field string) {
		if marked[typ] == nil {
			marked[typ] = map[string]bool{}
		}
		marked[typ][field] = true
	}
	for name, def := range schema.Types {
		for _, f := range def.Fields {
			if f.Directives.ForName(directive) == nil {
				continue
			}
			mark(name, f.Name)
			for _, i := range def.Interfaces {
				mark(i, f.Name)
			}
			// An interface that carries the directive speaks for the types behind it.
			for _, t := range schema.PossibleTypes[name] {
				mark(t.Name, f.Name)
			}
		}
	}
	return func(doc *ast.QueryDocument, op *ast.OperationDefinition) bool {
		seen := map[string]bool{}
		var selects func(set ast.SelectionSet) bool
		selects = func(set ast.SelectionSet) bool {
			for _, sel := range set {
				switch sel := sel.(type) {
				case *ast.Field:
					if sel.ObjectDefinition != nil && marked[sel.ObjectDefinition.Name][sel.Name] || selects(sel.SelectionSet) {
						return true
					}
				case *ast.InlineFragment:
					if selects(sel.SelectionSet) {
						return true
					}
				case *ast.FragmentSpread:
					if seen[sel.Name] {
						continue
					}
					seen[sel.Name] = true
					if f := doc.Fragments.ForName(sel.Name); f != nil && selects(f.SelectionSet) {
						return true
					}
				}
			}
			return false
		}
		return selects(op.SelectionSet)
	}
}
