package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	graphql "github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/migrate"
	"github.com/switchyard-chat/switchyard/internal/sdl"
)

// platform is the name of the platform in a word of code or text: not a line of text, nor who is online.
var platform = regexp.MustCompile(`(^|[^A-Z])LINE|\b[lL]ine(Group|Room|Member|Bot|User|Chat)`)

// GRP-22: nothing is named after LINE but its adapter and what lists the platforms: no type, field or value of the API, no table or column, no name and no text in the desk, the
// automation or the API's code.
func TestNothingIsNamedAfterOnePlatform(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")

	s, err := sdl.Load(os.DirFS(filepath.Join(root, "graph", "schema")))
	if err != nil {
		t.Fatal(err)
	}
	lists := []string{"ChannelType.LINE", "CredentialInput.name"} // what platforms there are, and what their credentials are called
	members := 0
	named := func(what string, words ...string) {
		members++
		if !slices.Contains(lists, what) && platform.MatchString(strings.Join(append(words, what), " ")) {
			t.Errorf("the schema's %s is named after the platform: %q", what, words)
		}
	}
	arguments := func(of string, all graphql.ArgumentDefinitionList) {
		for _, a := range all {
			named(of+"("+a.Name+")", a.Description)
		}
	}
	for name, d := range s.Types {
		if d.BuiltIn {
			continue
		}
		named(name, d.Description)
		for _, f := range d.Fields {
			named(name+"."+f.Name, f.Description)
			arguments(name+"."+f.Name, f.Arguments)
		}
		for _, v := range d.EnumValues {
			named(name+"."+v.Name, v.Description)
		}
	}
	if members < 1000 {
		t.Errorf("only %d names of the schema were looked at", members)
	}

	for _, table := range migrate.Tables {
		for _, name := range append([]string{table.Name}, columns(table.Name)...) {
			if slices.Contains(strings.Split(name, "_"), "line") {
				t.Errorf("%s has %s, which is named after the platform", table.Name, name)
			}
		}
	}

	// What lists the platforms by name: which there are, on which several agents work together (COLL-1), and what arrives, in the rule's words (CONV-3).
	isList := []string{"ent/schema/channel.go", "desk/conversation/decide.go", "internal/catalogue/entries.go", "desk/inbound/transition.go"}
	files := 0
	for _, folder := range []string{"desk", "graph", "automation", "ent/schema", "internal/event", "internal/catalogue"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			isTests := strings.HasSuffix(d.Name(), "test") || d.Name() == "factory"
			if err == nil && d.IsDir() && (isTests || d.Name() == "gen") {
				return fs.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return words(path, func(word string) {
				if platform.MatchString(word) && !slices.Contains(isList, filepath.ToSlash(rel)) {
					t.Errorf("%s: %s is named after the platform", rel, word)
				}
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 200 {
		t.Errorf("only %d files were looked at", files)
	}
}

func columns(table string) []string {
	var all []string
	for _, t := range migrate.Tables {
		if t.Name == table {
			for _, c := range t.Columns {
				all = append(all, c.Name)
			}
		}
	}
	return all
}

// words calls f with each name and each text of a Go file; its comments, which may cite a platform's page, are none.
func words(path string, f func(word string)) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			f(n.Name)
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				f(n.Value)
			}
		}
		return true
	})
	return nil
}
