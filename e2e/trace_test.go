package e2e_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// spans is a collector: it takes OTLP over HTTP and keeps what it was sent.
type spans struct {
	mu  sync.Mutex
	all []*otlp.Span
	// auth are the keys that came with the calls.
	auth []string
}

func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	var in collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(raw, &in)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "not a trace", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth = append(s.auth, r.Header.Get("X-Key"))
	for _, of := range in.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// path is the names of a span and of those above it, the span first.
func (s *spans) path(leaf *otlp.Span) []string {
	names := []string{leaf.Name}
	for up := leaf; len(up.ParentSpanId) > 0; {
		i := slices.IndexFunc(s.all, func(x *otlp.Span) bool {
			return string(x.SpanId) == string(up.ParentSpanId) && string(x.TraceId) == string(up.TraceId)
		})
		if i < 0 {
			return append(names, "?")
		}
		up = s.all[i]
		names = append(names, up.Name)
	}
	return names
}

// has says whether there is a span that began with leaf, below steps that begin with those given, from near to far, others between them allowed.
func (s *spans) has(leaf string, above ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.all {
		if !strings.HasPrefix(x.Name, leaf) {
			continue
		}
		rest := above
		for _, name := range s.path(x)[1:] {
			if len(rest) > 0 && strings.HasPrefix(name, rest[0]) {
				rest = rest[1:]
			}
		}
		if len(rest) == 0 {
			return true
		}
	}
	return false
}

// A trace leads from the webhook to what it caused, and from the answer's mutation to its delivery; it holds no content and no secret.
func TestTraces(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		var got spans
		sink := httptest.NewServer(&got)
		t.Cleanup(sink.Close)
		env := append(environment(t, dialect), "OTEL_EXPORTER_OTLP_ENDPOINT="+sink.URL, "OTEL_EXPORTER_OTLP_HEADERS=X-Key=collector-key")
		w := start(t, env)
		amy := w.signIn(t, "agent@demo.example")
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567bb"}
		inbox := amy.subscribe(watchInbox, map[string]any{"v": "PENDING_HUMAN"})
		if code := c.write(demo.Lines[0].Secret, c.event("930000000000000001", "canary 金絲雀", nil)); code != http.StatusOK {
			t.Fatal(code)
		}
		id := str(inbox.await("entry", func(f map[string]any) bool { return str(f, "conversation.lastMessage.text") == "canary 金絲雀" }), "conversation.id")
		if r := amy.do(follow, map[string]any{"c": id}); str(r, "conversationFollow.conversation.status") != "IN_PROGRESS" {
			t.Fatalf("follow: %v", r)
		}
		if r := amy.do(answer, map[string]any{"c": id, "t": "canary answered", "k": "t-1"}); !isOnItsWay(r) {
			t.Fatalf("send: %v", r)
		}
		testkit.Await(t, "the webhook's trace", func() bool { return got.has("db write", "inbound", "POST /webhooks/{type}/{key}") })
		testkit.Await(t, "the profile's task in the webhook's trace", func() bool {
			return got.has("GET 127.0.0.1", "task profile.fetch", "inbound", "POST /webhooks/{type}/{key}")
		})
		testkit.Await(t, "the delivery in the answer's trace", func() bool {
			return got.has("POST 127.0.0.1", "deliver", "graphql mutation", "POST /graphql")
		})
		w.stop()
		got.mu.Lock()
		defer got.mu.Unlock()
		for _, x := range got.all {
			if s := x.String(); strings.Contains(s, "canary") || strings.Contains(s, demo.Lines[0].Key) || strings.Contains(s, c.user) {
				t.Errorf("a trace tells too much: %s", s)
			}
			if len(x.ParentSpanId) == 0 && strings.HasPrefix(x.Name, "db ") {
				t.Errorf("what the server asks by itself is a trace: %s", x.Name)
			}
		}
		if !slices.Contains(got.auth, "collector-key") || slices.Contains(got.auth, "") {
			t.Errorf("the keys were %q", got.auth)
		}
	})
}
