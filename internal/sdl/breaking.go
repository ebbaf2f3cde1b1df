package sdl

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Breaking gives what a client of the released schema can no longer do with the present one, each as a line. What was @deprecated in the
// release, and what could be reached through it alone, may go.
func Breaking(released, present *ast.Schema) []string {
	b := &breaking{present: present}
	reached := reach(released)
	for _, old := range own(released) {
		if !reached[old.Name] {
			continue
		}
		now := present.Types[old.Name]
		switch {
		case now == nil:
			b.report("%s is gone", old.Name)
		case now.Kind != old.Kind:
			b.report("%s was %s and is %s", old.Name, old.Kind, now.Kind)
		default:
			b.definition(old, now)
		}
	}
	for _, old := range ownDirectives(released) {
		now := present.Directives[old.Name]
		if now == nil {
			if isForOperations(old) {
				b.report("@%s is gone", old.Name)
			}
			continue
		}
		for _, l := range old.Locations {
			if isExecutable(l) && !slices.Contains(now.Locations, l) {
				b.report("@%s may no longer stand at %s", old.Name, l)
			}
		}
		b.arguments("@"+old.Name, old.Arguments, now.Arguments)
	}
	slices.Sort(b.found)
	return b.found
}

// isForOperations says whether clients write the directive: the others are the server's own business.
func isForOperations(d *ast.DirectiveDefinition) bool {
	return slices.ContainsFunc(d.Locations, isExecutable)
}

func isExecutable(l ast.DirectiveLocation) bool {
	switch l {
	case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField, ast.LocationFragmentDefinition,
		ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
		return true
	}
	return false
}

// reach gives the types that an operation can touch without anything deprecated.
func reach(s *ast.Schema) map[string]bool {
	reached := map[string]bool{}
	var visit func(name string)
	arguments := func(all ast.ArgumentDefinitionList) {
		for _, a := range all {
			if !isDeprecated(a.Directives) {
				visit(a.Type.Name())
			}
		}
	}
	visit = func(name string) {
		d := s.Types[name]
		if d == nil || reached[name] {
			return
		}
		reached[name] = true
		for _, f := range d.Fields {
			if !isMeta(f.Name) && !isDeprecated(f.Directives) {
				visit(f.Type.Name())
				arguments(f.Arguments)
			}
		}
		for _, name := range d.Interfaces {
			visit(name)
		}
		for _, possible := range s.GetPossibleTypes(d) {
			visit(possible.Name)
		}
	}
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		if root != nil {
			visit(root.Name)
		}
	}
	for _, d := range s.Directives {
		arguments(d.Arguments)
	}
	return reached
}

type breaking struct {
	present *ast.Schema
	found   []string
}

func (b *breaking) report(format string, args ...any) {
	b.found = append(b.found, fmt.Sprintf(format, args...))
}

func (b *breaking) definition(old, now *ast.Definition) {
	for _, v := range old.EnumValues {
		if now.EnumValues.ForName(v.Name) == nil && !isDeprecated(v.Directives) {
			b.report("%s.%s is gone", old.Name, v.Name)
		}
	}
	for _, member := range old.Types {
		if !slices.Contains(now.Types, member) {
			b.report("%s is no longer one of %s", member, old.Name)
		}
	}
	for _, face := range old.Interfaces {
		if !slices.Contains(now.Interfaces, face) {
			b.report("%s is no longer a %s", old.Name, face)
		}
	}
	for _, f := range old.Fields {
		if isMeta(f.Name) || isDeprecated(f.Directives) {
			continue
		}
		what := old.Name + "." + f.Name
		is := now.Fields.ForName(f.Name)
		switch {
		case is == nil:
			b.report("%s is gone", what)
		case old.Kind == ast.InputObject:
			b.input(what, f.Type, is.Type, f.DefaultValue, is.DefaultValue)
		default:
			if !gives(is.Type, f.Type) {
				b.report("%s was %s and is %s", what, f.Type, is.Type)
			}
			b.arguments(what, f.Arguments, is.Arguments)
		}
	}
	if old.Kind == ast.InputObject {
		for _, f := range now.Fields {
			if old.Fields.ForName(f.Name) == nil && isRequired(f.Type, f.DefaultValue) {
				b.report("%s.%s is new and required", old.Name, f.Name)
			}
		}
	}
}

func (b *breaking) arguments(of string, old, now ast.ArgumentDefinitionList) {
	for _, a := range old {
		if isDeprecated(a.Directives) {
			continue
		}
		what := of + "(" + a.Name + ")"
		is := now.ForName(a.Name)
		if is == nil {
			b.report("%s is gone", what)
			continue
		}
		b.input(what, a.Type, is.Type, a.DefaultValue, is.DefaultValue)
	}
	for _, a := range now {
		if old.ForName(a.Name) == nil && isRequired(a.Type, a.DefaultValue) {
			b.report("%s(%s) is new and required", of, a.Name)
		}
	}
}

// input judges what a client gives: it must still be taken, and leaving it out must still mean the same.
func (b *breaking) input(what string, old, now *ast.Type, oldDefault, nowDefault *ast.Value) {
	outer := *now
	if !old.NonNull || oldDefault != nil {
		// What could be left out may be required only where a default stands in.
		if isRequired(now, nowDefault) {
			b.report("%s was optional and is required", what)
		}
		outer.NonNull = outer.NonNull && old.NonNull
	}
	if !gives(old, &outer) {
		b.report("%s was %s and is %s", what, old, now)
	}
	if oldDefault != nil && (nowDefault == nil || oldDefault.String() != nowDefault.String()) {
		b.report("%s has no longer the default %s", what, oldDefault)
	}
}

func isRequired(t *ast.Type, byDefault *ast.Value) bool { return t.NonNull && byDefault == nil }

// gives says whether every value of type t is one of type wanted.
func gives(t, wanted *ast.Type) bool {
	if wanted.NonNull && !t.NonNull {
		return false
	}
	if (t.Elem == nil) != (wanted.Elem == nil) {
		return false
	}
	if t.Elem != nil {
		return gives(t.Elem, wanted.Elem)
	}
	return t.NamedType == wanted.NamedType
}
