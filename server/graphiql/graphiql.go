// Package graphiql is the page at /graphiql for the people who write queries: GraphiQL with a sign-in box, the operations of the
// main tasks, and live subscriptions. Everything it shows comes from the binary; its Content-Security-Policy lets the browser
// ask no other host for anything.
//
// The page is built from app/ into dist/ by `npm ci && npm run build`, and dist/ is committed, so that a build of the server
// needs nothing but Go.
package graphiql

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
)

// Path is where the page lives. A server routes Path and everything below it to Handler.
const Path = "/graphiql"

//go:embed dist
var dist embed.FS

//go:embed examples.json
var examples []byte

// Config is what a server tells its page. All of it is readable by anyone who can open the page.
type Config struct {
	// Endpoint is where operations go, over HTTP and WebSocket alike, as a path on the same host. Empty is /graphql.
	Endpoint string
	// Schema is where the schema's text is, for documentation and completion before anyone has signed in. Empty is /schema.graphql.
	// Where nothing is there, the page asks the endpoint by introspection.
	Schema string
	// DemoAccounts are offered in the sign-in box, passwords included. Only a server with demo data has any.
	DemoAccounts []Account
	// Examples fill the page's menu in this order, and the first one its first tab. Nil is Examples().
	Examples []Example
}

// Account is a demo account that the sign-in box fills in on a click.
type Account struct {
	Team     string `json:"team"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// Example is an operation of one main task.
//
// In Variables, "{{Conversation}}" stands for the id of the first object with that __typename in the latest result that had one,
// so an example about a conversation works right after the one that lists them; "{{new}}" stands for a new random key.
type Example struct {
	Title     string `json:"title"`
	Document  string `json:"document"`
	Variables string `json:"variables"` // a JSON object; empty for none
}

// Examples gives the operations of the main tasks that this schema can do, in the order of the menu.
func Examples() ([]Example, error) {
	var list []struct {
		Title     string          `json:"title"`
		Document  []string        `json:"document"`
		Variables json.RawMessage `json:"variables"`
	}
	if err := json.Unmarshal(examples, &list); err != nil {
		return nil, fmt.Errorf("read examples.json: %w", err)
	}
	out := make([]Example, len(list))
	for i, e := range list {
		out[i] = Example{Title: e.Title, Document: strings.Join(e.Document, "\n") + "\n"}
		if len(e.Variables) == 0 {
			continue
		}
		variables, err := indent(e.Variables)
		if err != nil {
			return nil, fmt.Errorf("read examples.json: variables of %q: %w", e.Title, err)
		}
		out[i].Variables = variables
	}
	return out, nil
}

// Handler serves the page and its parts at Path and below. It answers GET and HEAD, needs no authentication, and changes
// nothing. An error means that the binary was built wrongly.
func Handler(c Config) (http.Handler, error) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded page: %w", err)
	}
	files, err := load(root)
	if err != nil {
		return nil, fmt.Errorf("load the embedded page: %w", err)
	}
	if files["index.html"] == nil {
		return nil, fmt.Errorf("load the embedded page: no index.html in dist")
	}
	list := c.Examples
	if list == nil {
		if list, err = Examples(); err != nil {
			return nil, err
		}
	}
	if files["examples.json"], err = document(list); err != nil {
		return nil, fmt.Errorf("write examples.json: %w", err)
	}
	if files["config.json"], err = document(page{
		Endpoint:     fallback(c.Endpoint, "/graphql"),
		Schema:       fallback(c.Schema, "/schema.graphql"),
		DemoAccounts: append([]Account{}, c.DemoAccounts...),
	}); err != nil {
		return nil, fmt.Errorf("write config.json: %w", err)
	}
	return handler{files: files}, nil
}

// page is config.json, as the page reads it. Its addresses are relative to the page's own, for servers behind a proxy that adds
// a path in front.
type page struct {
	Endpoint     string    `json:"endpoint"`
	Schema       string    `json:"schema"`
	DemoAccounts []Account `json:"demoAccounts"`
}

func fallback(path, otherwise string) string {
	if path == "" {
		path = otherwise
	}
	return ".." + path
}

type handler struct{ files map[string]*file }

// policy allows this host alone. Styles may be inline because the editor measures and colours text with them; scripts may not.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")

	name, below := strings.CutPrefix(r.URL.Path, Path+"/")
	if !below && r.URL.Path != Path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The page is read with GET.", http.StatusMethodNotAllowed)
		return
	}
	if !below {
		// The page names its parts relative to itself, so its address must end in a slash. The redirect is relative too: see page.
		header.Set("Location", strings.TrimPrefix(Path, "/")+"/")
		header.Set("Cache-Control", "no-cache")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	if name == "" {
		name = "index.html"
	}
	file := h.files[name]
	if file == nil {
		http.NotFound(w, r)
		return
	}
	file.serve(w, r)
}
