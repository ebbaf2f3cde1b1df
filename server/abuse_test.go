package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	runtimemetrics "runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/limit"
	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bucket"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/live/toy"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/server/graphiql"
)

// The most that a document which asks for too much may take until it is refused.
const (
	abuseCPU   = 50 * time.Millisecond
	abuseBytes = 16 << 20
)

// abuse is a document that asks for too much.
type abuse struct {
	name      string
	document  string
	variables string // JSON, or nothing
}

// abuses makes the documents of testdata/abuse.txt.
func abuses() ([]abuse, error) {
	text, err := os.ReadFile(filepath.Join("testdata", "abuse.txt"))
	if err != nil {
		return nil, err
	}
	functions := template.FuncMap{
		"seq": func(n int) []int {
			all := make([]int, n)
			for i := range all {
				all[i] = i
			}
			return all
		},
		"rep": strings.Repeat,
		"inc": func(n int) int { return n + 1 },
		"mod": func(a, b int) int { return a % b },
		"nest4": func(n int) string {
			s := "name"
			for range n {
				s = strings.Repeat("ofType { "+s+" } ", 4)
			}
			return `__type(name: "Agent") { ` + s + "}"
		},
	}
	functions["rep"] = func(n int, s string) string { return strings.Repeat(s, n) }
	var all []abuse
	for _, family := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		head, rest, _ := strings.Cut(family, "\n")
		name, sizes, _ := strings.Cut(head, " | ")
		document, variables, _ := strings.Cut(rest, "\n--- variables\n")
		of := func(text string, n int) (string, error) {
			t, err := template.New(name).Funcs(functions).Parse(text)
			if err != nil {
				return "", err
			}
			var b strings.Builder
			err = t.Execute(&b, map[string]int{"N": n})
			return b.String(), err
		}
		for _, size := range strings.Fields(sizes) {
			n, err := strconv.Atoi(size)
			if err != nil {
				return nil, err
			}
			a := abuse{name: name + ", " + size}
			if a.document, err = of(document, n); err != nil {
				return nil, err
			}
			if a.variables, err = of(variables, n); err != nil {
				return nil, err
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// door is the API over every transport, with no desk behind it: a resolver that ran would be counted.
type door struct {
	handler  *transport.Handler
	hub      *live.Hub
	server   *httptest.Server
	executor graphql.GraphExecutor
	resolved atomic.Int64
}

func newDoor() *door {
	d := &door{}
	plenty := bucket.Limit{Burst: 1e12, PerSecond: 1e12}
	guard := limit.New(limit.Config{Buckets: bucket.NewMemory(clock.Real{}), Agent: plenty, Team: plenty, Address: plenty,
		Caller: func(context.Context) netip.Addr { return netip.IPv4Unspecified() }})
	silent := slog.New(slog.DiscardHandler)
	e := newExecutor(&graph.Resolver{Workspace: workspace.New(workspace.Config{Random: random.New()})}, guard, newMetrics(), silent)
	e.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
		if fc := graphql.GetFieldContext(ctx); fc.IsResolver || fc.Object == "__Schema" || fc.Object == "__Type" {
			d.resolved.Add(1)
		}
		return next(ctx)
	})
	d.executor = e
	d.hub = live.New(live.Config{Log: toy.NewLog(), Bus: &toy.Bus{}, Clock: clock.Real{}, Executor: e})
	d.handler = transport.New(transport.Config{Executor: e, Hub: d.hub, Clock: clock.Real{}, Limits: transport.Limits{PerAgent: 1000},
		Authenticate: func(ctx context.Context, _ string, _ *http.Request) (context.Context, transport.Identity, error) {
			return auth.With(ctx, auth.Principal{TeamID: 1, AgentID: 1, Role: auth.Admin}), transport.Identity{TeamID: 1, AgentID: 1}, nil
		}})
	d.server = httptest.NewServer(d.handler)
	return d
}

func (d *door) close() {
	d.server.Close()
	d.handler.Close()
	d.hub.Close()
}

// ask sends a document and gives the answer's text.
type ask func(d *door, a abuse) (string, error)

func (a abuse) request(extensions map[string]any) []byte {
	m := map[string]any{"query": a.document}
	if a.variables != "" {
		m["variables"] = json.RawMessage(a.variables)
	}
	if extensions != nil {
		m["extensions"] = extensions
	}
	// What is no JSON, as a value that is nested too deep for the encoder, goes as it is written.
	b, err := json.Marshal(m)
	if err != nil {
		q, _ := json.Marshal(a.document)
		b = fmt.Appendf(nil, `{"query":%s,"variables":%s}`, q, a.variables)
	}
	return b
}

func (d *door) send(method, query, accept string, body []byte) (string, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, d.server.URL+query, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// ways are all ways to the executor.
var ways = map[string]ask{
	"POST": func(d *door, a abuse) (string, error) {
		return d.send(http.MethodPost, "", "application/graphql-response+json", a.request(nil))
	},
	"GET": func(d *door, a abuse) (string, error) {
		q := url.Values{"query": {a.document}}
		if a.variables != "" {
			q.Set("variables", a.variables)
		}
		return d.send(http.MethodGet, "?"+q.Encode(), "application/json", nil)
	},
	"server-sent events": func(d *door, a abuse) (string, error) {
		return d.send(http.MethodPost, "", "text/event-stream", a.request(nil))
	},
	"a persisted query": func(d *door, a abuse) (string, error) {
		sum := sha256.Sum256([]byte(a.document))
		of := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}
		first, err := d.send(http.MethodPost, "", "application/json", a.request(of))
		if err != nil {
			return "", err
		}
		// What was refused was not kept, unless it is right by itself and only its variables are too much.
		again := a
		again.document = ""
		second, err := d.send(http.MethodPost, "", "application/json", again.request(of))
		if err == nil && !strings.Contains(second, `"errors"`) {
			return second, nil
		}
		return first, err
	},
	"WebSocket": func(d *door, a abuse) (string, error) {
		ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
		defer stop()
		c, res, err := websocket.Dial(ctx, d.server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			return "", err
		}
		_ = res.Body
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for _, m := range [][]byte{[]byte(`{"type":"connection_init"}`), fmt.Appendf(nil, `{"type":"subscribe","id":"1","payload":%s}`, a.request(nil))} {
			// What is too large is refused while it is still being sent.
			if err := c.Write(ctx, websocket.MessageText, m); err != nil {
				break
			}
		}
		for {
			_, b, err := c.Read(ctx)
			if err != nil {
				return `{"errors":[{"message":"closed"}],"close":` + strconv.Itoa(int(websocket.CloseStatus(err))) + `}`, nil
			}
			if !bytes.Contains(b, []byte("connection_ack")) {
				return string(b), nil
			}
		}
	},
}

// judgement is what became of a document.
type judgement struct {
	Name, Way, Said string
	Resolved        int64
	CPU             time.Duration
	Bytes           uint64
	Err             string
}

// spent is the processor time of this process, and the bytes that it has allocated so far.
func spent() (time.Duration, uint64) {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	s := []runtimemetrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	runtimemetrics.Read(s)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), s[0].Value.Uint64()
}

// abuseAlone is in the environment of the process that judges the documents: nothing else runs in it, so that what it uses is what they cost.
const abuseAlone = "SWITCHYARD_ABUSE"

func judgeAbuse() error {
	all, err := abuses()
	if err != nil {
		return err
	}
	d := newDoor()
	defer d.close()
	out := json.NewEncoder(os.Stdout)
	names := []string{"POST", "GET", "server-sent events", "a persisted query", "WebSocket"}
	for _, way := range names { // what is made at the first request is nobody's cost
		if _, err := ways[way](d, abuse{document: "{ __typename }"}); err != nil {
			return err
		}
	}
	d.resolved.Store(0)
	for _, a := range all {
		for _, way := range names {
			var j judgement
			// Another try where it took too much: the kernel may have charged this process for what it did for another.
			for range 3 {
				cpu, n := spent()
				before := d.resolved.Load()
				said, err := ways[way](d, a)
				cpu2, n2 := spent()
				j = judgement{Name: a.name, Way: way, Said: said, Resolved: d.resolved.Load() - before, CPU: cpu2 - cpu, Bytes: n2 - n}
				if err != nil {
					j.Err = err.Error()
				}
				if j.CPU <= abuseCPU && j.Bytes <= abuseBytes {
					break
				}
			}
			if len(j.Said) > 20_000 {
				j.Said = j.Said[:20_000]
			}
			if err := out.Encode(j); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	if os.Getenv(abuseAlone) != "" {
		if err := judgeAbuse(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// leak is what no text of an error may hold: where and of what the server is made.
var leak = regexp.MustCompile(`goroutine|\.go:|runtime error|/root|/home|reflect|panic|json:|json\.|gqlgen|gqlparser|map\[|nil pointer|SELECT |sql|int64|interface|struct`)

// RT-6: at least 300 documents that ask for too much are refused over every transport before any resolver runs, each for little, and with a text that
// tells nothing of the server.
func TestAbusiveDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	all, err := abuses()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 300 {
		t.Errorf("%d documents, and there should be 300", len(all))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), abuseAlone+"=1", "GOMAXPROCS=2")
	var said, wrong bytes.Buffer
	c.Stdout, c.Stderr = &said, &wrong
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, wrong.Bytes())
	}
	n := 0
	var most judgement
	var widest uint64
	for dec := json.NewDecoder(&said); ; n++ {
		var j judgement
		if err := dec.Decode(&j); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		at := j.Name + " by " + j.Way
		isRefused := strings.Contains(j.Said, `"errors":[{`) || strings.Contains(j.Said, `"type":"error"`)
		switch {
		case j.Err != "":
			t.Errorf("%s: %s", at, j.Err)
		case !isRefused || j.Resolved != 0:
			t.Errorf("%s is not refused: %d resolvers ran, %.300s", at, j.Resolved, j.Said)
		case j.CPU > abuseCPU*slowdown:
			t.Errorf("%s took %v", at, j.CPU)
		case j.Bytes > abuseBytes:
			t.Errorf("%s took %d KiB", at, j.Bytes>>10)
		case leak.MatchString(j.Said):
			t.Errorf("%s tells %q: %.300s", at, leak.FindString(j.Said), j.Said)
		case len(j.Said) > 8<<10:
			t.Errorf("%s is answered with %d bytes", at, len(j.Said))
		}
		if j.CPU > most.CPU {
			most = j
		}
		widest = max(widest, j.Bytes)
	}
	if n != len(all)*len(ways) {
		t.Errorf("%d of %d were judged", n, len(all)*len(ways))
	}
	t.Logf("%d documents over %d transports: at most %v (%s by %s) and %d KiB", len(all), len(ways), most.CPU, most.Name, most.Way, widest>>10)
}

// Requests that are no single operation, or that lie about themselves, are refused before anything of them runs, and what they say is not repeated.
func TestAbusiveRequestsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDoor()
	t.Cleanup(d.close)
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	canary := `{ viewer { agent { canary: id } } }`
	for name, c := range map[string]struct {
		method, query, body string
	}{
		"a batch":                           {"POST", "", `[{"query":"{ canary: __typename }"},{"query":"{ canary: __typename }"}]`},
		"a batch of one":                    {"POST", "", `[{"query":"{ canary: __typename }"}]`},
		"two requests after one another":    {"POST", "", `{"query":"{ canary: __typename }"}{"query":"{ canary: __typename }"}`},
		"a query in a list":                 {"POST", "", `{"query":["{ canary: __typename }"]}`},
		"a query that is an object":         {"POST", "", `{"query":{"canary":1}}`},
		"no query":                          {"POST", "", `{"canary":1}`},
		"nothing":                           {"POST", "", ``},
		"null":                              {"POST", "", `null`},
		"a mark of byte order":              {"POST", "", "\ufeff" + `{"query":"{ canary: __typename }"}`},
		"UTF-16":                            {"POST", "", "{\x00\"\x00q\x00"},
		"what is no UTF-8":                  {"POST", "", "{\"query\":\"{ canary\xff: __typename }\"}"},
		"variables in a list":               {"POST", "", `{"query":"{ __typename }","variables":["canary"]}`},
		"variables that are text":           {"POST", "", `{"query":"{ __typename }","variables":"canary"}`},
		"extensions in a list":              {"POST", "", `{"query":"{ __typename }","extensions":["canary"]}`},
		"a name that is a number":           {"POST", "", `{"query":"{ __typename }","operationName":1}`},
		"JSON that is nested too deep":      {"POST", "", `{"query":"{ __typename }","variables":{"canary":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}}`},
		"extensions that are nested deep":   {"POST", "", `{"query":"{ __typename }","extensions":{"canary":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100) + `}}`},
		"more values than may be":           {"POST", "", `{"query":"{ __typename }","variables":{"canary":[` + strings.Repeat("1,", 20_000) + `1]}}`},
		"a body that is too large":          {"POST", "", `{"query":"{ __typename }","variables":{"canary":"` + strings.Repeat("x", 300<<10) + `"}}`},
		"a hash that is not the text's":     {"POST", "", `{"query":"` + canary + `","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hash("{ viewer { role } }") + `"}}}`},
		"a hash of another kind":            {"POST", "", `{"query":"` + canary + `","extensions":{"persistedQuery":{"version":2,"sha256Hash":"` + hash(canary) + `"}}}`},
		"a hash that is too short":          {"POST", "", `{"query":"` + canary + `","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hash(canary)[:62] + `"}}}`},
		"a hash that is a list":             {"POST", "", `{"query":"` + canary + `","extensions":{"persistedQuery":{"version":1,"sha256Hash":["` + hash(canary) + `"]}}}`},
		"a hash with a path":                {"POST", "", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"../../canary"}}}`},
		"a hash that nobody sent a text of": {"POST", "", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hash("canary") + `"}}}`},
		"persisted in a list":               {"POST", "", `{"query":"` + canary + `","extensions":{"persistedQuery":["canary"]}}`},
		"a mutation by GET":                 {"GET", "?" + url.Values{"query": {`mutation { signOut { canary: __typename } }`}}.Encode(), ""},
		"a subscription by GET":             {"GET", "?" + url.Values{"query": {`subscription { unreadCounts { canary: cursor } }`}}.Encode(), ""},
		"a subscription by POST":            {"POST", "", `{"query":"subscription { unreadCounts { canary: cursor } }"}`},
		"variables of GET that are a list":  {"GET", "?" + url.Values{"query": {`{ __typename }`}, "variables": {`["canary"]`}}.Encode(), ""},
		"another operation than there is":   {"POST", "", `{"query":"query A { viewer { role } } query B { viewer { role } }","operationName":"a"}`},
		"an operation of a fragment's name": {"POST", "", `{"query":"query A { ...F } fragment F on Query { viewer { role } }","operationName":"F"}`},
	} {
		said, err := d.send(c.method, c.query, "application/json", []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(said, `"errors":[{`) || strings.Contains(said, "canary") || leak.MatchString(said) {
			t.Errorf("%s: %.300s", name, said)
		}
	}
	if n := d.resolved.Load(); n != 0 {
		t.Errorf("%d resolvers ran", n)
	}
}

// What we tell people to ask is let through: every operation of docs/api that is not shown being refused, and every example of GraphiQL.
func TestOurOwnOperationsAreLetThrough(t *testing.T) {
	t.Parallel()
	d := newDoor()
	t.Cleanup(d.close)
	ctx := auth.With(t.Context(), auth.Principal{TeamID: 1, AgentID: 1, Role: auth.Admin})
	n := 0
	try := func(at, document, variables string) {
		n++
		p := &graphql.RawParams{Query: document}
		d := d.executor
		if variables != "" {
			if err := json.Unmarshal([]byte(variables), &p.Variables); err != nil {
				t.Errorf("%s: %v", at, err)
				return
			}
		}
		for _, err := range func() []string {
			_, errs := d.CreateOperationContext(graphql.StartOperationTrace(ctx), p)
			var all []string
			for _, e := range errs {
				all = append(all, fmt.Sprint(e.Extensions["code"], " ", e.Message))
			}
			return all
		}() {
			t.Errorf("%s: %s", at, err)
		}
	}
	examples, err := graphiql.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		try(e.Title, e.Document, e.Variables)
	}
	pages, err := filepath.Glob("../docs/api/*.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)<!-- example: ([^\n]*)\n(.*?)-->\n```graphql\n(.*?)```(?:\n+```json variables\n(.*?)```)?")
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range example.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[2], "invalid") {
				continue
			}
			try(filepath.Base(page)+": "+m[1], m[3], regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(m[4], "x"))
		}
	}
	if n < 50 {
		t.Errorf("only %d operations were tried", n)
	}
}
