// Package arch holds the shape of the code as rules that a test enforces: which folder may import which, and which package alone may ask
// for the time, dial out, make up a value, touch the file system, or write the event log.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of our module.
const Module = "github.com/switchyard-chat/switchyard"

// Check reads every Go file below root, the module's folder, and gives the violations, each as a line "file:line: text", sorted. Files that
// cannot be read or parsed are an error. Test files follow the import rule with some leave and nothing else; generated code follows the
// import rule alone.
func Check(root string, table []Layer, singles []Single) ([]string, error) {
	c := &check{root: root, table: table, files: token.NewFileSet(), packages: map[string]bool{}}
	for _, s := range singles {
		r := rule{Single: s, used: map[string]bool{}}
		for _, w := range s.Words {
			exp, err := regexp.Compile(w)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.What, err)
			}
			r.words = append(r.words, exp)
		}
		c.rules = append(c.rules, r)
	}
	if err := fs.WalkDir(os.DirFS(root), ".", c.visit); err != nil {
		return nil, err
	}
	for _, r := range c.rules {
		for pkg := range r.Except {
			if c.packages[pkg] && !r.used[pkg] {
				c.found = append(c.found, fmt.Sprintf("internal/arch: the leave of %s to %s is not needed", pkg, r.What))
			}
		}
	}
	slices.Sort(c.found)
	return slices.Compact(c.found), nil
}

type rule struct {
	Single
	words []*regexp.Regexp
	used  map[string]bool
}

type check struct {
	root     string
	table    []Layer
	rules    []rule
	files    *token.FileSet
	packages map[string]bool
	found    []string
}

func (c *check) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		if base := entry.Name(); name != "." && (base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules") {
			return fs.SkipDir
		}
		return nil
	}
	pkg := path.Dir(name)
	if path.Ext(name) != ".go" || pkg == "." {
		return nil
	}
	source, err := parser.ParseFile(c.files, filepath.Join(c.root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	c.packages[pkg] = true
	isTest := strings.HasSuffix(name, "_test.go")
	c.imports(pkg, source, isTest)
	if !isTest && !forTests(pkg) && !slices.Contains(strings.Split(pkg, "/"), "gen") {
		c.singles(pkg, source)
	}
	return nil
}

// forTests says whether a package exists for tests alone.
func forTests(pkg string) bool {
	return match("e2e/...", pkg) || strings.HasSuffix(pkg, "test") && match("internal/...", pkg)
}

func (c *check) report(at token.Pos, format string, args ...any) {
	p := c.files.Position(at)
	name, err := filepath.Rel(c.root, p.Filename)
	if err != nil {
		name = p.Filename
	}
	c.found = append(c.found, fmt.Sprintf("%s:%d: %s", filepath.ToSlash(name), p.Line, fmt.Sprintf(format, args...)))
}

func (c *check) imports(pkg string, source *ast.File, isTest bool) {
	layer, known := c.layer(pkg)
	if !known {
		c.report(source.Package, "%s belongs to no folder of the architecture", pkg)
		return
	}
	may := layer.May
	if isTest {
		may = slices.Concat(may, inTests())
	}
	for _, i := range source.Imports {
		to, ours := strings.CutPrefix(unquote(i.Path.Value), Module+"/")
		if !ours || to == pkg {
			continue
		}
		if !slices.ContainsFunc(may, func(pattern string) bool { return match(pattern, to) }) {
			c.report(i.Pos(), "%s may not import %s: %s %s", pkg, to, layer.Folder, layer.Why)
		}
		if match("internal/testkit/...", to) && !isTest && !forTests(pkg) && !match("internal/testkit/...", pkg) {
			c.report(i.Pos(), "%s is for tests", to)
		}
	}
}

func (c *check) layer(pkg string) (found Layer, known bool) {
	for _, l := range c.table {
		if match(l.Folder, pkg) && (!known || len(l.Folder) > len(found.Folder)) {
			found, known = l, true
		}
	}
	return found, known
}

// match says whether a package is in a pattern of Go's form.
func match(pattern, pkg string) bool {
	folder, below := strings.CutSuffix(pattern, "...")
	if !below {
		return pattern == pkg
	}
	return folder == "" || strings.HasPrefix(pkg+"/", folder)
}

// singles reports what only one package may do.
func (c *check) singles(pkg string, source *ast.File) {
	names := map[string]string{} // what the file calls a package → its path
	for _, i := range source.Imports {
		to := unquote(i.Path.Value)
		name := path.Base(to)
		if strings.Trim(name, "0123456789") == "v" { // a major version
			name = path.Base(path.Dir(to))
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		names[strings.TrimPrefix(name, "go-")] = to
		c.use(pkg, i.Pos(), to+".*")
	}
	ast.Inspect(source, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
				c.use(pkg, n.Pos(), names[x.Name]+"."+n.Sel.Name)
			}
		case *ast.CompositeLit:
			c.value(pkg, names, n.Type)
		case *ast.ValueSpec:
			c.value(pkg, names, n.Type)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && len(n.Args) == 1 {
				c.value(pkg, names, n.Args[0])
			}
			c.call(pkg, n)
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				c.text(pkg, n)
			}
		}
		return true
	})
}

// value reports that a value of a type is made.
func (c *check) value(pkg string, names map[string]string, of ast.Expr) {
	s, ok := of.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != "" {
		c.use(pkg, of.Pos(), names[x.Name]+"."+s.Sel.Name+"{}")
	}
}

func (c *check) use(pkg string, at token.Pos, what string) {
	for i := range c.rules {
		if slices.Contains(c.rules[i].Uses, what) {
			c.done(&c.rules[i], pkg, at, strings.TrimSuffix(what, ".*"))
		}
	}
}

func (c *check) call(pkg string, n *ast.CallExpr) {
	method, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	var of string
	switch x := method.X.(type) {
	case *ast.SelectorExpr:
		of = x.Sel.Name
	case *ast.Ident:
		of = x.Name
	}
	for i := range c.rules {
		if slices.Contains(c.rules[i].Calls, of+"."+method.Sel.Name) {
			c.done(&c.rules[i], pkg, n.Pos(), of+"."+method.Sel.Name)
		}
	}
}

func (c *check) text(pkg string, n *ast.BasicLit) {
	text := unquote(n.Value)
	for i := range c.rules {
		for _, w := range c.rules[i].words {
			if found := w.FindString(text); found != "" {
				c.done(&c.rules[i], pkg, n.Pos(), strconv.Quote(found))
			}
		}
	}
}

// done judges that a package does what the rule is about.
func (c *check) done(r *rule, pkg string, at token.Pos, what string) {
	r.used[pkg] = true
	if pkg == r.Home || r.Except[pkg] != "" {
		return
	}
	// The words of a rule are found in the rules' own table as well.
	if pkg == "internal/arch" && len(r.Words) > 0 {
		return
	}
	c.report(at, "%s: only %s may %s", what, r.Home, r.What)
}

func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}
