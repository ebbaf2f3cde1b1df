package transport_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/graph/transport/internal/toyserver"
	"github.com/switchyard-chat/switchyard/internal/live"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(readers); spec != "" {
		read(spec)
		return
	}
	goleak.VerifyTestMain(m)
}

// newToy makes a toy server.
var newToy = toyserver.New

// place is a toy server at an address.
type place struct {
	*toyserver.Server
	url   string
	stuck *atomic.Int64 // writes that have been under way for long
}

func setup(t testing.TB, change func(*transport.Config, *live.Config)) place {
	t.Helper()
	s := toyserver.New(change)
	at := httptest.NewUnstartedServer(s)
	l := &narrow{Listener: at.Listener}
	at.Listener = l
	at.Start()
	t.Cleanup(func() {
		s.Close()
		at.CloseClientConnections()
		at.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return place{s, at.URL, &l.stuck}
}

// narrow is a listener whose connections hold little, and that sees when a write is stuck.
type narrow struct {
	net.Listener
	stuck atomic.Int64
}

func (l *narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	return &narrowConn{c, l}, nil
}

type narrowConn struct {
	net.Conn
	l *narrow
}

func (c *narrowConn) Write(b []byte) (int, error) {
	long := time.AfterFunc(100*time.Millisecond, func() { c.l.stuck.Add(1) })
	defer func() {
		if !long.Stop() {
			c.l.stuck.Add(-1)
		}
	}()
	return c.Conn.Write(b)
}

type reply struct {
	status int
	header http.Header
	body   string
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

func send(t testing.TB, method, address, body string, header map[string]string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{status: resp.StatusCode, header: resp.Header, body: string(b)}
	_ = json.Unmarshal(b, &got)
	return got
}

const modern = "application/graphql-response+json"

func TestHTTP(t *testing.T) {
	t.Parallel()
	p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.Request = 50 * time.Millisecond })
	get := func(params url.Values) string { return p.url + "?" + params.Encode() }
	type h = map[string]string
	for name, c := range map[string]struct {
		method, url, body string
		header            h
		status            int
		contains          string
		hides             string
	}{
		"a query by POST":                        {"POST", p.url, `{"query":"{ hello(name: \"Mei\") }"}`, nil, 200, `{"data":{"hello":"hello Mei"}}`, ""},
		"a query by GET":                         {"GET", get(url.Values{"query": {"query($n: String) { hello(name: $n) }"}, "variables": {`{"n":"Jun"}`}}), "", nil, 200, `hello Jun`, ""},
		"a mutation by POST":                     {"POST", p.url, `{"query":"mutation { say(text: \"a\") }"}`, nil, 200, `{"data":{"say":1}}`, ""},
		"no mutation by GET":                     {"GET", get(url.Values{"query": {`mutation { say(text: "a") }`}}), "", nil, 405, "needs POST", ""},
		"a subscription needs a stream":          {"POST", p.url, `{"query":"subscription { typing { cursor } }"}`, nil, 406, typeStreamText, ""},
		"another method":                         {"PUT", p.url, "", nil, 405, "", ""},
		"another content type":                   {"POST", p.url, "query=x", h{"Content-Type": "application/x-www-form-urlencoded"}, 415, "application/json", "query=x"},
		"another charset":                        {"POST", p.url, `{"query":"{ hello }"}`, h{"Content-Type": "application/json; charset=big5"}, 415, "UTF-8", ""},
		"an Accept that nothing fits":            {"POST", p.url, `{"query":"{ hello }"}`, h{"Accept": "image/png"}, 406, "", ""},
		"q decides":                              {"POST", p.url, `{"query":"{ nothing }"}`, h{"Accept": "application/json;q=0.5, " + modern}, 400, "", ""},
		"a body that is no JSON is not echoed":   {"POST", p.url, `{"query": sesame`, nil, 400, "not a GraphQL request", "sesame"},
		"text after the JSON is refused":         {"POST", p.url, `{"query":"{ hello }"} sesame`, nil, 400, "not a GraphQL request", "sesame"},
		"a body that is too large":               {"POST", p.url, `{"query":"` + strings.Repeat(" ", 256<<10) + `{ hello }"}`, nil, 413, "too large", ""},
		"no query":                               {"POST", p.url, `{}`, nil, 400, "has no query", ""},
		"an unknown enum value":                  {"POST", p.url, `{"query":"{ color(is: BLUE) }"}`, h{"Accept": modern}, 400, "GRAPHQL_VALIDATION_FAILED", `"data"`},
		"an unknown enum value in a variable":    {"POST", p.url, `{"query":"query($c: Color!) { color(is: $c) }","variables":{"c":"BLUE"}}`, nil, 200, "GRAPHQL_VALIDATION_FAILED", `"data"`},
		"a missing variable":                     {"POST", p.url, `{"query":"query($c: ID!) { node(id: $c) }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED", `"data"`},
		"an error of a resolver beside the data": {"POST", p.url, `{"query":"{ hello fails }"}`, h{"Accept": modern}, 200, "come back later", ""},
		"a panic says nothing":                   {"POST", p.url, `{"query":"{ hello panics }"}`, nil, 200, "INTERNAL", "secret"},
		"a request ends after its time":          {"POST", p.url, `{"query":"{ waits }"}`, nil, 200, "it took too long", ""},
		"a bad token":                            {"POST", p.url, `{"query":"{ hello }"}`, h{"Authorization": "Bearer sesame"}, 401, "UNAUTHENTICATED", "sesame"},
		"a good token":                           {"POST", p.url, `{"query":"{ agent }"}`, h{"Authorization": "Bearer agent-7"}, 200, `{"agent":7}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, c.method, c.url, c.body, c.header)
			if got.status != c.status || !strings.Contains(got.body, c.contains) || c.hides != "" && strings.Contains(got.body, c.hides) {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	t.Run("an answer that is too large is not sent, but what a mutation did is told", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Limits.Answer = 20 })
		for query, want := range map[string]string{
			`{ hello }`: `"data":{"hello"`, `{ hello(name: \"Mei from the south\") }`: "QUERY_TOO_COMPLEX",
			`mutation { a: say(text: \"a\") b: say(text: \"b\") }`: `"data":{"a"`,
		} {
			if got := send(t, "POST", p.url, `{"query":"`+query+`"}`, nil); got.status != 200 || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %s", query, got.status, got.body)
			}
		}
	})
	t.Run("headers of the answer can be set", func(t *testing.T) {
		t.Parallel()
		p := setup(t, func(c *transport.Config, _ *live.Config) { c.Respond = respond })
		if got := send(t, "POST", p.url, `{"query":"{ nothing }"}`, nil); got.header.Get("Errors") != "1" || got.header.Get("Vary") != "Accept" {
			t.Errorf("%v", got.header)
		}
	})
}

const typeStreamText = "text/event-stream"
