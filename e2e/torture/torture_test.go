package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page that says what is proved names what there is.
func TestPageIsTheCodes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	about := []string{"| scenario | on | what stands when it ends well |", "|---|---|---|"}
	for _, s := range scenarios() {
		on := "both"
		if len(s.Databases) > 0 {
			on = strings.Join(s.Databases, ", ")
		}
		about = append(about, fmt.Sprintf("| `%s` | %s | %s |", s.Name, on, s.Proves))
	}
	mistakes := []string{"| planted bug | found by | what goes wrong |", "|---|---|---|"}
	for _, b := range planted() {
		mistakes = append(mistakes, fmt.Sprintf("| `%s` | `%s` | %s |", b.Name, b.Scenario, b.Does))
	}
	for part, rows := range map[string][]string{"scenarios": about, "bugs": mistakes} {
		want := "<!-- " + part + " -->\n" + strings.Join(rows, "\n") + "\n<!-- /" + part + " -->"
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/reliability.md should hold:\n%s", want)
		}
	}
}

// sources gives the first group of a pattern wherever it stands in a source file that is not a test.
func sources(t *testing.T, pattern string) []string {
	t.Helper()
	exp := regexp.MustCompile(pattern)
	found := map[string]bool{}
	for _, top := range []string{"desk", "ent/schema", "graph", "internal", "server"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range exp.FindAllStringSubmatch(string(b), -1) {
				found[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Every mistake that the program can be told to make has a scenario that must find it, and the other way round.
func TestEveryBugIsLookedFor(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, b := range planted() {
		listed = append(listed, b.Name)
		i := slices.IndexFunc(scenarios(), func(s Scenario) bool { return s.Name == b.Scenario })
		if i < 0 || !scenarios()[i].on(b.database()) {
			t.Errorf("%s is meant for %q, which does not run on %s", b.Name, b.Scenario, b.database())
		}
	}
	slices.Sort(listed)
	if in := sources(t, `planted\.Is\("([^"]+)"\)`); !slices.Equal(in, slices.Compact(listed)) {
		t.Errorf("planted in the source are %q, listed are %q", in, listed)
	}
}

// Every fault point is died at.
func TestEveryPointIsDiedAt(t *testing.T) {
	t.Parallel()
	traffic, stop := points()
	listed := slices.Concat(traffic, stop, spoolPoints(), migratePoints())
	slices.Sort(listed)
	if in := sources(t, `faultpoint\.(?:Hit|Wrap)\("([^"]+)"`); !slices.Equal(in, slices.Compact(listed)) {
		t.Errorf("points in the source are %q, listed are %q", in, listed)
	}
}

// Whoever runs the short form each day has seen every planted bug after a while.
func TestRotation(t *testing.T) {
	t.Parallel()
	all := planted()
	seen := map[string]int{}
	for day := range len(all) {
		for _, b := range rotate(all, 3, day) {
			seen[b.Name]++
		}
	}
	for _, b := range all {
		if seen[b.Name] != 3 {
			t.Errorf("%s was shown %d times in %d days", b.Name, seen[b.Name], len(all))
		}
	}
}
