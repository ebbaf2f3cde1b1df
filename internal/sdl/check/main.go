// Command check judges graph/schema: descriptions, names and shapes, and what broke since the last release, which is kept in
// graph/schema.released.graphql. Run it from the project's root.
//
//	go run ./internal/sdl/check            prints what is wrong and fails
//	go run ./internal/sdl/check release    keeps the present schema as the released one
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/switchyard-chat/switchyard/internal/sdl"
)

const (
	folder   = "graph/schema"
	released = "graph/schema.released.graphql"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sdl:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	present, err := sdl.Load(os.DirFS(folder))
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "release" {
		return release(present)
	}
	if len(args) > 0 {
		return errors.New("usage: go run ./internal/sdl/check [release]")
	}
	found := sdl.Lint(present)
	text, err := os.ReadFile(released)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Println("sdl: nothing was released yet, so nothing can break")
	case err != nil:
		return err
	default:
		old, err := sdl.Parse(released, string(text))
		if err != nil {
			return err
		}
		for _, b := range sdl.Breaking(old, present) {
			found = append(found, "breaks clients of the last release: "+b)
		}
	}
	for _, line := range found {
		fmt.Println(line)
	}
	if len(found) > 0 {
		return fmt.Errorf("%d things to put right", len(found))
	}
	return nil
}

func release(present *ast.Schema) error {
	var b bytes.Buffer
	b.WriteString("# The schema as it was last released: what a client may rely on. Written by go run ./internal/sdl/check release\n\n")
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(present)
	return os.WriteFile(released, b.Bytes(), 0o644)
}
