package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// open are the root fields that need no sign-in: the ways in themselves.
var open = map[string]bool{
	"__typename": true, "signIn": true, "sessionRefresh": true, "invitationAccept": true, "passwordResetRequest": true, "passwordResetComplete": true,
}

// doorkeeper refuses an operation of nobody before any resolver runs, unless all it asks for is a way in, and one of an integration that is
// over its rate. The schema is shown to those who are signed in, and to everybody as a file.
type doorkeeper struct{ workspace *workspace.Service }

// ExtensionName implements graphql.HandlerExtension.
func (doorkeeper) ExtensionName() string { return "Doorkeeper" }

// Validate implements graphql.HandlerExtension.
func (doorkeeper) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator. It comes after validation and before execution, on every transport.
func (d doorkeeper) MutateOperationContext(ctx context.Context, rc *graphql.OperationContext) *gqlerror.Error {
	if live.IsRendering(ctx) {
		return nil
	}
	p, err := auth.From(ctx)
	rc.DisableIntrospection = err != nil
	if err == nil {
		err = d.workspace.Admit(ctx, p)
	} else if everyFieldIsOpen(rc.Operation.SelectionSet, rc.Doc.Fragments) {
		return nil
	}
	if err != nil {
		return gqlerror.WrapPath(nil, err)
	}
	return nil
}

func everyFieldIsOpen(set ast.SelectionSet, fragments ast.FragmentDefinitionList) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !open[s.Name] {
				return false
			}
		case *ast.InlineFragment:
			if !everyFieldIsOpen(s.SelectionSet, fragments) {
				return false
			}
		case *ast.FragmentSpread:
			f := fragments.ForName(s.Name)
			if f == nil || !everyFieldIsOpen(f.SelectionSet, fragments) {
				return false
			}
		}
	}
	return true
}
