// Package schema is the API's schema, written by hand, a file a concept.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed *.graphql
var files embed.FS

// Text is the whole schema as one document, the base first: what is served at /schema.graphql.
func Text() ([]byte, error) {
	names, err := fs.Glob(files, "*.graphql")
	if err != nil {
		return nil, fmt.Errorf("list the schema: %w", err)
	}
	var all []byte
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		all = slices.Concat(all, b, []byte("\n"))
	}
	return all, nil
}
