// Package sdl judges the GraphQL schema as text: that everything is described and named as the API's conventions say, and that nothing a
// client relies on went away unannounced.
package sdl

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Load reads all *.graphql files of a folder as one schema. The error names the file and the line where it is no schema.
func Load(folder fs.FS) (*ast.Schema, error) {
	names, err := fs.Glob(folder, "*.graphql")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there are no *.graphql files")
	}
	sources := make([]*ast.Source, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		sources[i] = &ast.Source{Name: name, Input: string(text)}
	}
	return parse(sources...)
}

// Parse reads one text as a schema. The name is for errors.
func Parse(name, text string) (*ast.Schema, error) {
	return parse(&ast.Source{Name: name, Input: text})
}

func parse(sources ...*ast.Source) (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return schema, nil
}

// own gives the types of a schema that are not GraphQL's, by name.
func own(s *ast.Schema) []*ast.Definition {
	var all []*ast.Definition
	for _, d := range s.Types {
		if !d.BuiltIn {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ownDirectives gives the directives of a schema that are not GraphQL's, by name.
func ownDirectives(s *ast.Schema) []*ast.DirectiveDefinition {
	var all []*ast.DirectiveDefinition
	for _, d := range s.Directives {
		if d.Position == nil || d.Position.Src == nil || !d.Position.Src.BuiltIn {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *ast.DirectiveDefinition) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func isDeprecated(directives ast.DirectiveList) bool { return directives.ForName("deprecated") != nil }

// isMeta says whether a field is GraphQL's own, such as __schema.
func isMeta(name string) bool { return strings.HasPrefix(name, "__") }
