package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/live"
)

func respond(_ context.Context, h http.Header, r *graphql.Response) {
	h.Set("Errors", strconv.Itoa(len(r.Errors)))
}

// sse is an open stream.
type sse struct {
	t    testing.TB
	resp *http.Response
	r    *bufio.Scanner
	stop context.CancelFunc
}

func (p place) stream(t testing.TB, query, token string) *sse {
	t.Helper()
	b, _ := json.Marshal(map[string]string{"query": query})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, r, stop, token)
}

func open(t testing.TB, r *http.Request, stop context.CancelFunc, token string) *sse {
	t.Helper()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	s := &sse{t: t, resp: resp, r: bufio.NewScanner(resp.Body), stop: stop}
	t.Cleanup(func() { stop(); _ = resp.Body.Close() })
	return s
}

// next gives the name and data of the next event; "" and the error at the end.
func (s *sse) next() (name, data string) {
	s.t.Helper()
	for s.r.Scan() {
		line := s.r.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			name = line[7:]
		case strings.HasPrefix(line, "data: "):
			data = line[6:]
		case line == "" && name != "":
			return name, data
		case line != "" && line != ":":
			s.t.Fatalf("a line %q", line)
		}
	}
	return "", ""
}

func (s *sse) want(name, contains string) string {
	s.t.Helper()
	got, data := s.next()
	if got != name || !strings.Contains(data, contains) {
		s.t.Fatalf("got %q %s, want %q with %s", got, data, name, contains)
	}
	return data
}

const said = `subscription { said { __typename cursor ... on Said { seq } ... on StreamEnded { reason resubscribe } } }`

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	t.Run("a subscription streams and nothing is held back", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		s := p.stream(t, said, "agent-7")
		if ct := s.resp.Header.Get("Content-Type"); !strings.HasPrefix(ct, "text/event-stream") || s.resp.Header.Get("Cache-Control") == "" {
			t.Errorf("%v", s.resp.Header)
		}
		s.want("next", `"Hello"`)
		for i := range 5 {
			p.Say(1)
			p.Hint(t.Context())
			s.want("next", `"seq":`+strconv.Itoa(i+1))
		}
	})
	t.Run("GET subscribes with a header and a cursor", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		p.Say(1)
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		query := strings.Replace(said, "said {", `said(after: "`+event.Cursor{Epoch: "first"}.String()+`") {`, 1)
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"?"+url.Values{"query": {query}}.Encode(), nil)
		s := open(t, r, stop, "agent-7")
		s.want("next", `"Hello"`)
		s.want("next", `"seq":1`)
	})
	t.Run("queries, errors and refusals are one next and complete", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		for query, contains := range map[string]string{
			`{ hello }`:                   `{"data":{"hello":"hello"}}`,
			`mutation { say(text: "a") }`: `{"data":{"say":1}}`,
			`{ nothing }`:                 `GRAPHQL_VALIDATION_FAILED`,
			`{ fails }`:                   `come back later`,
			`subscription { said(after: "x") { cursor } }`: `INVALID`,
		} {
			s := p.stream(t, query, "agent-7")
			s.want("next", contains)
			s.want("complete", "")
			if name, _ := s.next(); name != "" {
				t.Errorf("%s: %q after complete", query, name)
			}
		}
	})
	t.Run("no mutation by GET, no stream without a valid token", func(t *testing.T) {
		t.Parallel()
		p := setup(t, nil)
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"?"+url.Values{"query": {`mutation { say(text: "a") }`}}.Encode(), nil)
		s := open(t, r, func() {}, "agent-7")
		s.want("next", "needs POST")
		if s := p.stream(t, said, "sesame"); s.resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", s.resp.StatusCode)
		}
	})
	t.Run("the end is said as StreamEnded, then complete", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			end    func(place)
			token  string
			limits transport.Limits
			want   string
		}{
			"drain": {func(p place) { go p.Drain(context.Background()) }, "agent-7", transport.Limits{DrainSpread: time.Millisecond}, `"reason":"drain","resubscribe":true`},
			"revoked": {func(p place) {
				p.Set(7, transport.Revoked)
				p.Log.Append(event.Event{Kind: event.AuthChanged, AgentID: 7})
			}, "agent-7", transport.Limits{}, `"reason":"revoked","resubscribe":false`},
			"idle":      {func(place) {}, "agent-7", transport.Limits{Idle: 100 * time.Millisecond, Sweep: 10 * time.Millisecond}, `"reason":"idle","resubscribe":true`},
			"expired":   {func(place) {}, "agent-7/a/100ms", transport.Limits{Sweep: 10 * time.Millisecond}, `"reason":"token-expired","resubscribe":true`},
			"suspended": {func(p place) { p.CloseTeam(1) }, "agent-7", transport.Limits{}, `"reason":"team-suspended","resubscribe":false`},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := setup(t, func(tc *transport.Config, _ *live.Config) { tc.Limits = c.limits })
				s := p.stream(t, said, c.token)
				s.want("next", `"Hello"`)
				c.end(p)
				event, data := s.next()
				for strings.Contains(data, `"Tick"`) { // idleness is told before
					event, data = s.next()
				}
				if event != "next" || !strings.Contains(data, c.want) {
					t.Errorf("got %q %s, want %s", event, data, c.want)
				}
				s.want("complete", "")
				if name, _ := s.next(); name != "" {
					t.Errorf("%q after complete", name)
				}
			})
		}
	})
	t.Run("a client that leaves frees its place", func(t *testing.T) {
		t.Parallel()
		closed := make(chan string, 1)
		p := setup(t, func(c *transport.Config, _ *live.Config) {
			c.Hooks.Closed = func(kind, reason string) { closed <- kind + " " + reason }
		})
		s := p.stream(t, said, "agent-7")
		s.want("next", `"Hello"`)
		s.stop()
		if got := <-closed; got != "sse client" || p.Sessions(0) != 0 {
			t.Errorf("%s, %d left", got, p.Sessions(0))
		}
	})
}
