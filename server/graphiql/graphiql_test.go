package graphiql_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/switchyard-chat/switchyard/server/graphiql"
)

// setup gives a way to ask a handler of the given configuration.
func setup(t *testing.T, c graphiql.Config) func(method, target string, header http.Header) *http.Response {
	t.Helper()
	handler, err := graphiql.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	return func(method, target string, header http.Header) *http.Response {
		request := httptest.NewRequest(method, target, nil)
		for name, values := range header {
			request.Header[name] = values
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Result()
	}
}

func read(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var gzipped = http.Header{"Accept-Encoding": {"gzip, deflate, br"}}

func TestThePageMayAskNoOtherHost(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	for _, target := range []string{"/graphiql", "/graphiql/", "/graphiql/config.json", "/graphiql/nothing-here"} {
		header := ask(http.MethodGet, target, nil).Header
		directives := map[string]string{}
		for directive := range strings.SplitSeq(header.Get("Content-Security-Policy"), ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
			directives[name] = value
		}
		want := map[string]string{
			"default-src": "'none'", "script-src": "'self'", "worker-src": "'self'", "connect-src": "'self'",
			"style-src": "'self' 'unsafe-inline'", "img-src": "'self' data:", "font-src": "'self' data:",
			"base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
		}
		for name, value := range want {
			if directives[name] != value {
				t.Errorf("%s: %s is %q, want %q", target, name, directives[name], value)
			}
		}
		if len(directives) != len(want) {
			t.Errorf("%s: the policy has other directives than the expected: %v", target, directives)
		}
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", target, name, header.Get(name), value)
			}
		}
	}
}

func TestThePageNamesNoOtherHost(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	// What stands before the "//" of another host's address where a browser fetches what it finds there. Addresses in texts and
	// comments fetch nothing.
	fetches := regexp.MustCompile(`(?i)(?:` +
		`<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?` +
		`|@import\s*(?:url\()?["']?(?:https?:)?` +
		`|url\(\s*["']?(?:https?:)?` +
		`|\b(?:import|fetch|importScripts|Worker|SharedWorker|WebSocket|EventSource)\s*\(\s*["'` + "`" + `](?:https?:|wss?:)?` +
		`|\bfrom\s*["'](?:https?:)?` +
		`|\.(?:src|href)\s*=\s*["'` + "`" + `](?:https?:)?` +
		`)//$`)
	count := 0
	for _, name := range parts(t) {
		if !strings.Contains(".html.js.css.svg", path.Ext(name)) {
			continue
		}
		count++
		body := read(t, ask(http.MethodGet, "/graphiql/"+name, nil))
		if strings.Contains(body, "sourceMappingURL=") {
			t.Errorf("%s names a source map, which is not there", name)
		}
		for at := 0; ; at += 2 {
			next := strings.Index(body[at:], "//")
			if next < 0 {
				break
			}
			at += next
			if found := fetches.FindString(body[max(0, at-80) : at+2]); found != "" {
				t.Errorf("%s fetches from another host: %s%.40s", name, found, body[at+2:])
			}
		}
	}
	if count < 10 {
		t.Errorf("only %d parts were looked at: the page is not what this test expects", count)
	}
}

// parts gives the names of all files of the built page, as they are asked for.
func parts(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, strings.TrimSuffix(name, ".gz"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPartsAreSentCompressedToThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	plain := ask(http.MethodGet, "/graphiql/", nil)
	want := read(t, plain)
	if plain.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(want, "<!doctype html>") {
		t.Fatalf("the page is not plain for a client that takes nothing else: %.60q", want)
	}
	for header, compressed := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5": true, "*": true, "GZIP": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "*;q=0": false, "gzip;q=0, *": false,
	} {
		response := ask(http.MethodGet, "/graphiql/", http.Header{"Accept-Encoding": {header}})
		if got := response.Header.Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("Accept-Encoding %q: compressed is %v, want %v", header, got, compressed)
			continue
		}
		if response.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", header, response.Header.Get("Vary"))
		}
		if !compressed {
			continue
		}
		if response.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("Accept-Encoding %q: two different bodies have one ETag", header)
		}
		reader, err := gzip.NewReader(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		if string(body) != want {
			t.Errorf("Accept-Encoding %q: the compressed page differs from the plain one", header)
		}
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	page := read(t, ask(http.MethodGet, "/graphiql/", nil))
	script := regexp.MustCompile(`assets/[\w.-]+\.js`).FindString(page)
	if script == "" {
		t.Fatalf("the page names no script: %s", page)
	}
	for target, want := range map[string]string{
		"/graphiql/" + script:     "public, max-age=31536000, immutable",
		"/graphiql/":              "no-cache",
		"/graphiql/config.json":   "no-cache",
		"/graphiql/examples.json": "no-cache",
		"/graphiql/favicon.svg":   "no-cache",
	} {
		response := ask(http.MethodGet, target, gzipped)
		if got := response.Header.Get("Cache-Control"); response.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: %d, Cache-Control %q, want 200, %q", target, response.StatusCode, got, want)
		}
		etag := response.Header.Get("ETag")
		if etag == "" {
			t.Errorf("%s has no ETag", target)
		}
		again := ask(http.MethodGet, target, http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {etag}})
		if body := read(t, again); again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s, asked again with its ETag: %d and %d bytes, want 304 and none", target, again.StatusCode, len(body))
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	for _, c := range []struct {
		name, method, target string
		status               int
		header, value        string
	}{
		{"the page", "GET", "/graphiql/", 200, "Content-Type", "text/html; charset=utf-8"},
		{"its head", "HEAD", "/graphiql/", 200, "Content-Type", "text/html; charset=utf-8"},
		{"without the slash leads to the page, relative to any path in front", "GET", "/graphiql", 308, "Location", "graphiql/"},
		{"the icon", "GET", "/graphiql/favicon.svg", 200, "Content-Type", "image/svg+xml"},
		{"the configuration", "GET", "/graphiql/config.json", 200, "Content-Type", "application/json"},
		{"the licenses of what is bundled", "GET", "/graphiql/LICENSES.md", 200, "Content-Type", "text/markdown; charset=utf-8"},
		{"a part that is not there", "GET", "/graphiql/assets/nothing.js", 404, "", ""},
		{"a folder is no page", "GET", "/graphiql/assets/", 404, "", ""},
		{"the stored form is no address", "GET", "/graphiql/index.html.gz", 404, "", ""},
		{"no way out", "GET", "/graphiql/../graphiql.go", 404, "", ""},
		{"a neighbour", "GET", "/graphiqlx", 404, "", ""},
		{"nothing is written here", "POST", "/graphiql/", 405, "Allow", "GET, HEAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			response := ask(c.method, c.target, nil)
			if response.StatusCode != c.status {
				t.Fatalf("%s %s: %d, want %d", c.method, c.target, response.StatusCode, c.status)
			}
			if c.header != "" && response.Header.Get(c.header) != c.value {
				t.Errorf("%s is %q, want %q", c.header, response.Header.Get(c.header), c.value)
			}
		})
	}
}

func TestConfigurationReachesThePage(t *testing.T) {
	t.Parallel()
	account := graphiql.Account{Team: "demo", Email: "admin@demo.example", Password: "only a demo", Role: "ADMIN"}
	example := graphiql.Example{Title: "Who am I", Document: "{ viewer { id } }", Variables: "{}"}
	ask := setup(t, graphiql.Config{
		Endpoint: "/api", Schema: "/api.graphql", DemoAccounts: []graphiql.Account{account}, Examples: []graphiql.Example{example},
	})
	config := read(t, ask(http.MethodGet, "/graphiql/config.json", nil))
	want := `{"endpoint":"../api","schema":"../api.graphql","demoAccounts":[` +
		`{"team":"demo","email":"admin@demo.example","password":"only a demo","role":"ADMIN"}]}`
	if config != want {
		t.Errorf("config.json is %s, want %s", config, want)
	}
	list := read(t, ask(http.MethodGet, "/graphiql/examples.json", nil))
	want = `[{"title":"Who am I","document":"{ viewer { id } }","variables":"{}"}]`
	if list != want {
		t.Errorf("examples.json is %s, want %s", list, want)
	}
}

func TestWithoutDemoDataNoAccountIsShown(t *testing.T) {
	t.Parallel()
	ask := setup(t, graphiql.Config{})
	config := read(t, ask(http.MethodGet, "/graphiql/config.json", nil))
	if want := `{"endpoint":"../graphql","schema":"../schema.graphql","demoAccounts":[]}`; config != want {
		t.Errorf("config.json is %s, want %s", config, want)
	}
}

func TestExamplesAreOneValidNamedOperationEach(t *testing.T) {
	t.Parallel()
	examples, err := graphiql.Examples()
	if err != nil {
		t.Fatal(err)
	}
	schema := loadSchema(t)
	titles, operations := map[string]bool{}, map[string]bool{}
	for _, example := range examples {
		if titles[example.Title] {
			t.Errorf("two examples are called %q", example.Title)
		}
		titles[example.Title] = true
		document, problems := gqlparser.LoadQueryWithRules(schema, example.Document, rules.NewDefaultRules())
		if len(problems) > 0 {
			t.Errorf("%s: %v", example.Title, problems)
			continue
		}
		if len(document.Operations) != 1 || document.Operations[0].Name == "" || operations[document.Operations[0].Name] {
			t.Errorf("%s: want one operation with a name of its own", example.Title)
			continue
		}
		operation := document.Operations[0]
		operations[operation.Name] = true
		if example.Document != strings.TrimLeft(example.Document, "\n ") {
			t.Errorf("%s: the text begins with an empty line", example.Title)
		}
		variables := map[string]any{}
		if example.Variables != "" {
			if err := json.Unmarshal([]byte(example.Variables), &variables); err != nil {
				t.Errorf("%s: variables: %v", example.Title, err)
			}
		}
		for name := range variables {
			if operation.VariableDefinitions.ForName(name) == nil {
				t.Errorf("%s: $%s is given and not declared", example.Title, name)
			}
		}
		if _, err := validator.VariableValues(schema, operation, variables); err != nil {
			t.Errorf("%s: variables: %v", example.Title, err)
		}
	}
}

// loadSchema reads the schema that the examples are for.
func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	names, err := filepath.Glob("../../graph/schema/*.graphql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no schema was found: %v", err)
	}
	sources := make([]*ast.Source, len(names))
	for i, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources[i] = &ast.Source{Name: name, Input: string(body)}
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
