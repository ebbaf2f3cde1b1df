// Package docs_test keeps the documentation true: tables that repeat the code are compared with it, links lead somewhere, every rule has
// its place, and every example of the API fits the schema and is run.
package docs_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/switchyard-chat/switchyard/internal/arch"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// part gives what stands between <!-- name --> and <!-- /name --> in a file.
func part(t *testing.T, file, name string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- "+name+" -->\n")
	inner, _, end := strings.Cut(rest, "<!-- /"+name+" -->")
	if !ok || !end {
		t.Fatalf("%s has no part %q", file, name)
	}
	return strings.TrimSpace(inner)
}

func TestSettingsTableIsTheCodes(t *testing.T) {
	t.Parallel()
	rows := []string{"| setting | default | what it is |", "|---|---|---|"}
	for _, s := range config.Settings() {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", s.Name, value, strings.ReplaceAll(s.Doc, "|", `\|`)))
	}
	if want := strings.Join(rows, "\n"); part(t, "operations.md", "settings") != want {
		t.Errorf("the table of settings in docs/operations.md should be:\n%s", want)
	}
}

// What sees beyond one team is a list that people read, too.
func TestUsesTableIsTheCodes(t *testing.T) {
	t.Parallel()
	rows := []string{"| use | reads | changes | because |", "|---|---|---|---|"}
	for _, u := range store.Uses() {
		var reads, changes []string
		for _, n := range u.Needs {
			reads = append(reads, n.Table)
			if len(n.Changes) > 0 {
				changes = append(changes, n.Table)
			}
		}
		rows = append(rows, strings.ReplaceAll(fmt.Sprintf("| %s | %s | %s | %s |", u.Name, strings.Join(reads, ", "), strings.Join(changes, ", "), u.Why), "|  |", "| |"))
	}
	const page = "decisions/0018-row-level-security.md"
	if want := strings.Join(rows, "\n"); part(t, page, "uses") != want {
		t.Errorf("the table of uses in docs/%s should be:\n%s", page, want)
	}
}

// The table of metrics, the dashboard and the code name the same ones.
func TestMetricsAreTheCodes(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`switchyard_[a-z_]+[a-z]`)
	code := map[string]bool{}
	if err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`Name:\s+"(switchyard_[a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			code[m[1]] = true
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	operations, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(operations), "\n## Metrics\n")
	table, _, _ = strings.Cut(table, "\n## ")
	told := map[string]bool{}
	for _, m := range name.FindAllString(table, -1) {
		told[m] = true
	}
	if !maps.Equal(code, told) {
		t.Errorf("the code has %v, docs/operations.md tells of %v", slices.Sorted(maps.Keys(code)), slices.Sorted(maps.Keys(told)))
	}
	dashboard, err := os.ReadFile("grafana/switchyard.json")
	if err != nil || !json.Valid(dashboard) {
		t.Fatalf("the dashboard is no JSON: %v", err)
	}
	for _, m := range name.FindAllString(string(dashboard), -1) {
		if m = strings.TrimSuffix(strings.TrimSuffix(m, "_bucket"), "_count"); !code[m] {
			t.Errorf("the dashboard shows %s, which the code has not", m)
		}
	}
}

func TestImportTableIsTheCodes(t *testing.T) {
	t.Parallel()
	rows := []string{"| folder | may import, of ours | because it |", "|---|---|---|"}
	for _, l := range arch.Table() {
		may := "nothing"
		if len(l.May) > 0 {
			may = "`" + strings.Join(l.May, "`, `") + "`"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", l.Folder, may, l.Why))
	}
	if want := strings.Join(rows, "\n"); part(t, "architecture.md", "imports") != want {
		t.Errorf("the import table in docs/architecture.md should be:\n%s", want)
	}
}

var (
	link     = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)\)`)
	codeSpan = regexp.MustCompile("`[^`]*`")
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
)

// texts gives the project's pages, from the project's root.
func texts(t *testing.T) []string {
	t.Helper()
	all := []string{"../README.md", "../CHANGELOG.md"}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(name) == ".md" {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// prose gives a page without its code.
func prose(text string) string {
	var out []string
	isCode := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			isCode = !isCode
			continue
		}
		if !isCode && !strings.HasPrefix(line, "    ") {
			out = append(out, codeSpan.ReplaceAllString(line, ""))
		}
	}
	return strings.Join(out, "")
}

// anchors gives what links to parts of a page may name, as the usual hosts make it of headings.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(strings.TrimSpace(m[1])) {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				b.WriteRune(r)
			case r == ' ':
				b.WriteRune('-')
			}
		}
		all = append(all, b.String())
	}
	return all
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, page := range texts(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range link.FindAllStringSubmatch(prose(string(text)), -1) {
			to := m[1]
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			name, anchor, _ := strings.Cut(to, "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, to)
				continue
			}
			if anchor == "" {
				continue
			}
			other, err := os.ReadFile(target)
			if err != nil || !slices.Contains(anchors(string(other)), anchor) {
				t.Errorf("%s: %s has no heading for #%s", page, target, anchor)
			}
		}
	}
}
