package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lastRule is how many rules each group has. Their ids run from 1 without gaps.
var lastRule = map[string]int{
	"CONV": 28, "COLL": 19, "GRP": 22, "MSG": 18, "CHAN": 18, "CONT": 20, "TICK": 5, "AUTO": 9, "PROD": 19, "COMM": 7, "RT": 10,
}

var (
	ruleHeading = regexp.MustCompile(`^## ([A-Z]+-\d+) · \S`)
	ruleFolder  = regexp.MustCompile("`([a-z][A-Za-z0-9_./-]*)`")
)

// Every rule of the product stands once in docs/rules, and says where it lives or with what it comes.
func TestEveryRuleHasItsPlace(t *testing.T) {
	t.Parallel()
	missing := map[string]bool{}
	for group, last := range lastRule {
		for n := 1; n <= last; n++ {
			missing[fmt.Sprintf("%s-%d", group, n)] = true
		}
	}
	if len(missing) != 175 {
		t.Fatalf("the list has %d ids", len(missing))
	}
	found, err := filepath.Glob("rules/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range found {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		id, status := "", 0
		end := func(at int) {
			if id != "" && status == 0 {
				t.Errorf("%s:%d: %s says neither Where nor Open", page, at, id)
			}
		}
		for i, line := range strings.Split(string(text), "\n") {
			switch {
			case strings.HasPrefix(line, "## "):
				end(i)
				m := ruleHeading.FindStringSubmatch(line)
				if m == nil {
					t.Errorf("%s:%d: a heading is `## ID · title`, not %q", page, i+1, line)
					id = ""
					continue
				}
				if id, status = m[1], 0; !missing[id] {
					t.Errorf("%s:%d: %s stands elsewhere too, or is no rule", page, i+1, id)
				}
				delete(missing, id)
			case strings.HasPrefix(line, "**Where:** "):
				status++
				places := ruleFolder.FindAllStringSubmatch(line, -1)
				if len(places) == 0 {
					t.Errorf("%s:%d: %s names no place in the code", page, i+1, id)
				}
				for _, m := range places {
					if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
						t.Errorf("%s:%d: there is no %s", page, i+1, m[1])
					}
				}
			case strings.HasPrefix(line, "**Open:** "):
				status++
			}
		}
		end(0)
	}
	for id := range missing {
		t.Errorf("no page of docs/rules has %s", id)
	}
}
