// Package schema is the API's schema, written by hand, a file a concept.
package schema

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

//go:embed *.graphql
var files embed.FS

// Text is the whole schema as one document: what is served at /schema.graphql. Each type stands once and whole, without `extend`: Relay's compiler takes
// what extends a type for the client's own, and asks no server for it.
func Text() ([]byte, error) {
	names, err := fs.Glob(files, "*.graphql")
	if err != nil {
		return nil, fmt.Errorf("list the schema: %w", err)
	}
	var sources []*ast.Source
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(b)})
	}
	whole, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("understand the schema: %w", err)
	}
	var b bytes.Buffer
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(whole)
	return b.Bytes(), nil
}
