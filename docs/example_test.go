package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// example is one operation of docs/api, written as docs/api/README.md says.
type example struct {
	page string // the file's name
	line int
	name string
	as   string // whose token is sent
	// during names the subscription of the same page that is open meanwhile.
	during    string
	isInvalid bool // the schema refuses it, and that is what it shows
	saves     []save
	expects   []expectation
	document  string
	variables string   // JSON
	responses []string // JSON; of a subscription its frames in order
}

// save keeps a value of an answer for later examples of the page, which write it as {{name}}.
type save struct{ name, path string }

// expectation is what must hold of an answer, beyond its shape.
type expectation struct{ path, op, want string }

var (
	commentStart = regexp.MustCompile(`^<!--\s*(example:.*)$`)
	expectLine   = regexp.MustCompile(`^(\S+)\s+(=|!=|exists)\s*(.*)$`)
	placeholder  = regexp.MustCompile(`\{\{([a-zA-Z0-9]+)\}\}`)
)

// pages gives the names of the pages of examples.
func pages(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("api/*.md")
	if err != nil || len(all) == 0 {
		t.Fatalf("no pages of examples: %v", err)
	}
	return all
}

// readExamples reads the examples of a page in their order.
func readExamples(t *testing.T, page string) []*example {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []*example
	var current *example
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); i++ {
		at := i + 1
		if m := commentStart.FindStringSubmatch(lines[i]); m != nil {
			words := m[1]
			for !strings.Contains(words, "-->") {
				if i++; i == len(lines) {
					t.Fatalf("%s:%d: the comment does not end", page, at)
				}
				words += "\n" + lines[i]
			}
			current = &example{page: page, line: at, as: "admin", variables: "{}"}
			if err := current.read(strings.TrimSuffix(strings.TrimSpace(words), "-->")); err != nil {
				t.Fatalf("%s:%d: %v", page, at, err)
			}
			all = append(all, current)
			continue
		}
		info, isFence := strings.CutPrefix(lines[i], "```")
		if !isFence {
			continue
		}
		var body []string
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			body = append(body, lines[i])
		}
		content := strings.Join(body, "\n")
		switch info {
		case "graphql":
			if current == nil || current.document != "" {
				t.Fatalf("%s:%d: a graphql block needs its own example comment", page, at)
			}
			current.document = content
		case "json variables":
			if current == nil || current.document == "" || current.variables != "{}" {
				t.Fatalf("%s:%d: variables follow the operation they are for, once", page, at)
			}
			current.variables = content
		case "json response":
			if current == nil || current.document == "" {
				t.Fatalf("%s:%d: a response follows the operation it is of", page, at)
			}
			current.responses = append(current.responses, content)
		}
	}
	for _, e := range all {
		if e.document == "" {
			t.Fatalf("%s:%d: the example %s has no operation", page, e.line, e.name)
		}
	}
	return all
}

// read takes the words of the comment.
func (e *example) read(words string) error {
	for _, line := range strings.FieldsFunc(words, func(r rune) bool { return r == '\n' || r == ';' }) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if key = strings.TrimSpace(key); key == "" && !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch key {
		case "example":
			e.name = value
		case "as":
			e.as = value
		case "during":
			e.during = value
		case "invalid":
			e.isInvalid = value == "true"
		case "save":
			name, path, ok := strings.Cut(value, "=")
			if !ok {
				return fmt.Errorf("save is `name = path`, not %q", value)
			}
			e.saves = append(e.saves, save{strings.TrimSpace(name), strings.TrimSpace(path)})
		case "expect":
			m := expectLine.FindStringSubmatch(value)
			if m == nil {
				return fmt.Errorf("expect is `path = JSON`, `path != JSON` or `path exists`, not %q", value)
			}
			if m[2] != "exists" && !json.Valid([]byte(m[3])) {
				return fmt.Errorf("%q is no JSON", m[3])
			}
			e.expects = append(e.expects, expectation{m[1], m[2], m[3]})
		default:
			return fmt.Errorf("there is no word %q for examples", key)
		}
	}
	if e.name == "" {
		return fmt.Errorf("an example has a name")
	}
	return nil
}
