package limit_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/limit"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bucket"
	"github.com/switchyard-chat/switchyard/internal/clock"
)

func schema() *ast.Schema { return gen.NewExecutableSchema(gen.Config{}).Schema() }

func TestCost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query     string
		variables map[string]any
		want      int
	}{
		{"{ viewer { agent { id } } }", nil, 1},
		{"{ conversations(first: 50) { nodes { id } } }", nil, 6},
		{"{ conversations(last: 50) { nodes { id } } }", nil, 6},
		{"{ conversations(first: 50) { pinned { id } nodes { id } } }", nil, 7}, // ten are expected before the rows
		{"{ conversations { nodes { id } } }", nil, 3},                          // 25 where nothing is said
		{"query($n: Int) { conversations(first: $n) { nodes { id } } }", map[string]any{"n": json.Number("100")}, 11},
		{"{ conversations(first: 10) { edges { node { contact { id } } } } }", nil, 4},
		{"{ conversations(first: 100) { nodes { ...Row } } } fragment Row on Conversation { contact { id } tags { id } }", nil, 71},
		{"query($n: Int) { conversations(first: $n) { nodes { id } } }", map[string]any{"n": "100"}, 11}, // which the executor takes for 100
		{"{ ...S } fragment S on Query { __schema { ...T } } fragment T on __Schema { types { fields { name } } }", nil, 9},
		{introspection, nil, 354},
		{"query($i: [ID!]!) { nodes(ids: $i) { id } }", map[string]any{"i": []any{"a", "b", "c"}}, 1},
		{"{ __schema { types { fields { name } } } }", nil, 9},
		{`mutation { conversationFollow(input: {conversationId: "x"}) { conversation { id } } }`, nil, 3},
		{"{ conversations(first: 100000000) { nodes { contact { companies { id } } } } }", nil, 1 << 30},
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema(), c.query, rules.NewDefaultRules())
		if errs != nil {
			t.Fatalf("%s: %v", c.query, errs)
		}
		if got := limit.Cost(doc.Operations[0], doc.Fragments, c.variables); min(got, 1<<30) != c.want && !(c.want == 1<<30 && got > limit.MaxCost) {
			t.Errorf("%s costs %d, want %d", c.query, got, c.want)
		}
	}
}

// What a request gives as variables is bounded before anything reads it.
func TestVariables(t *testing.T) {
	t.Parallel()
	nested := func(n int) any {
		var v any = "x"
		for i := range n {
			if i%2 == 0 {
				v = []any{v}
			} else {
				v = map[string]any{"a": v}
			}
		}
		return v
	}
	g := limit.New(limit.Config{})
	for _, c := range []struct {
		name  string
		value any
		about string
	}{
		{"as deep as may be", nested(limit.Nesting), ""},
		{"too deep", nested(limit.Nesting + 1), "levels"},
		{"as long as may be", make([]any, limit.Listed), ""},
		{"too long", map[string]any{"a": make([]any, limit.Listed+1)}, "items"},
	} {
		err := g.MutateOperationParameters(t.Context(), &graphql.RawParams{Query: "{ a }", Variables: map[string]any{"v": c.value}})
		switch {
		case c.about == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.about != "" && (err == nil || err.Extensions["code"] != "QUERY_TOO_COMPLEX" || !strings.Contains(err.Message, c.about)):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Fragments that spread one another twice are counted once each.
func TestCostOfFragmentsThatDouble(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{ conversations(first: 1) { nodes { ...F0 } } }")
	for i := range 60 {
		b.WriteString(strings.ReplaceAll(" fragment F# on Conversation { a: contact { id } ...F@ ...F@ }", "#", strconv.Itoa(i)))
		s := strings.ReplaceAll(b.String(), "@", strconv.Itoa(i+1))
		b.Reset()
		b.WriteString(s)
	}
	b.WriteString(" fragment F60 on Conversation { id }")
	doc, errs := gqlparser.LoadQueryWithRules(schema(), b.String(), rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	if got := limit.Cost(doc.Operations[0], doc.Fragments, nil); got <= limit.MaxCost {
		t.Errorf("it costs %d", got)
	}
}

// world is an executor with a guard; its operations are not executed.
type world struct {
	executor *executor.Executor
	guard    *limit.Guard
	clock    *clock.Manual
}

func setup(c limit.Config) *world {
	w := &world{clock: clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
	c.Buckets = bucket.NewMemory(w.clock)
	c.Caller = func(context.Context) netip.Addr { return netip.MustParseAddr("192.0.2.1") }
	w.guard = limit.New(c)
	w.executor = executor.New(gen.NewExecutableSchema(gen.Config{}))
	w.executor.SetQueryCache(limit.Documents())
	w.executor.SetParserTokenLimit(limit.Tokens)
	w.executor.Use(w.guard)
	return w
}

// ask gives the code under which a request is refused; "" where it may be executed.
func (w *world) ask(ctx context.Context, p graphql.RawParams) string {
	ctx = graphql.StartOperationTrace(ctx)
	_, errs := w.executor.CreateOperationContext(ctx, &p)
	if len(errs) == 0 {
		return ""
	}
	code, _ := errs[0].Extensions["code"].(string)
	if code == "" {
		return errs[0].Message
	}
	return code
}

func of(burst, rate float64) bucket.Limit { return bucket.Limit{Burst: burst, PerSecond: rate} }

func TestRates(t *testing.T) {
	t.Parallel()
	w := setup(limit.Config{Agent: of(20, 1), Team: of(30, 1), Address: of(1, 1)})
	as := func(team, agent int64) context.Context {
		return auth.With(t.Context(), auth.Principal{TeamID: team, AgentID: agent})
	}
	page := graphql.RawParams{Query: "{ conversations(first: 100) { nodes { id } } }"} // 11
	for i, step := range []struct {
		who  context.Context
		want bool
	}{{as(1, 1), true}, {as(1, 1), false}, {as(1, 2), true}, {as(1, 3), false}, {as(2, 1), true}, {t.Context(), false}} {
		if got := w.ask(step.who, page); (got == "") != step.want {
			t.Errorf("request %d: %q", i+1, got)
		}
	}
	w.clock.Advance(11 * time.Second)
	if got := w.ask(as(1, 1), page); got != "" {
		t.Errorf("after some time: %q", got)
	}
	var huge strings.Builder
	for i := range 7 {
		huge.WriteString(" a" + strconv.Itoa(i) + ": conversations(first: 100) { nodes { collaborators { id } tags { id } contact { companies { id } } } }")
	}
	if got := w.ask(as(3, 1), graphql.RawParams{Query: "{" + huge.String() + "}"}); got != "QUERY_TOO_COMPLEX" {
		t.Errorf("what costs too much: %q", got)
	}
}

// An operation whose errors took back all that it had read got back what it cost, and could be asked without end.
func TestErrorsKeepTheCost(t *testing.T) {
	t.Parallel()
	w := setup(limit.Config{Agent: of(20, 1), Team: of(30, 1), Address: of(1, 1)})
	ctx := graphql.StartOperationTrace(auth.With(t.Context(), auth.Principal{TeamID: 1, AgentID: 1}))
	rc, errs := w.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: "{ conversations(first: 100) { nodes { id } } }"})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := w.guard.InterceptResponse(graphql.WithOperationContext(ctx, rc), func(context.Context) *graphql.Response {
		return &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{gqlerror.Errorf("no")}}
	})
	cost, _ := r.Extensions["cost"].(map[string]any)
	if cost["actual"] != 11 || cost["remaining"] != 9 {
		t.Errorf("it costs %v", cost)
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func named(text, h string) graphql.RawParams {
	return graphql.RawParams{Query: text, Extensions: map[string]any{"persistedQuery": map[string]any{"version": json.Number("1"), "sha256Hash": h}}}
}

func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	w := setup(limit.Config{Agent: of(1000, 1), Team: of(1000, 1), Address: of(1000, 1)})
	const good, bad = "{ viewer { agent { id } } }", "{ nonsense }"
	for i, c := range []struct {
		ask  graphql.RawParams
		want string
	}{
		{named("", hash(good)), "PERSISTED_QUERY_NOT_FOUND"},
		{named(good, hash(bad)), "GRAPHQL_VALIDATION_FAILED"},
		{named(good, hash(good)), ""},
		{named("", hash(good)), ""},
		{named("", strings.ToUpper(hash(good))), ""},
		{named(bad, hash(bad)), "GRAPHQL_VALIDATION_FAILED"},
		{named("", hash(bad)), "PERSISTED_QUERY_NOT_FOUND"}, // what is not valid is not remembered
		{named("", "xyz"), "GRAPHQL_VALIDATION_FAILED"},
		{graphql.RawParams{Query: good, Extensions: map[string]any{"persistedQuery": "x"}}, "GRAPHQL_VALIDATION_FAILED"},
	} {
		if got := w.ask(t.Context(), c.ask); got != c.want {
			t.Errorf("request %d: %q, want %q", i+1, got, c.want)
		}
	}
}

func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	const listed, other = "{ viewer { agent { id } } }", "{ viewer { agent { name } } }"
	for _, file := range []string{`{"` + hash(listed) + `": "` + listed + `"}`, `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "` + hash(listed) + `", "name": "X", "type": "query", "body": "` + listed + `"}]}`} {
		trusted, err := limit.ReadTrusted([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		w := setup(limit.Config{Agent: of(1000, 1), Team: of(1000, 1), Address: of(1000, 1), Trusted: trusted})
		agent := auth.With(t.Context(), auth.Principal{TeamID: 1, AgentID: 1})
		partner := auth.With(t.Context(), auth.Principal{TeamID: 1, TokenID: 1})
		for i, c := range []struct {
			who  context.Context
			ask  graphql.RawParams
			want string
		}{
			{agent, named("", hash(listed)), ""},
			{agent, graphql.RawParams{Query: listed}, ""},
			{agent, graphql.RawParams{Query: other}, "QUERY_NOT_TRUSTED"},
			{agent, named(other, hash(listed)), "QUERY_NOT_TRUSTED"},
			{agent, named("", hash(other)), "QUERY_NOT_TRUSTED"},
			{partner, graphql.RawParams{Query: other}, ""},
			{t.Context(), graphql.RawParams{Query: other}, ""},
		} {
			if got := w.ask(c.who, c.ask); got != c.want {
				t.Errorf("request %d: %q, want %q", i+1, got, c.want)
			}
		}
	}
	for _, wrong := range []string{"", "[]", `{"x": "{ a }"}`, `{"` + hash("{") + `": "{"}`, `{"operations": 1}`} {
		if _, err := limit.ReadTrusted([]byte(wrong)); err == nil {
			t.Errorf("%s is taken for a list", wrong)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := limit.NewCache(3, 160, func(_, v string) int { return len(v) })
	ctx := t.Context()
	for _, k := range []string{"a", "b", "c"} {
		c.Add(ctx, k, "0123456789")
	}
	c.Get(ctx, "a")
	c.Add(ctx, "d", "0123456789")
	c.Add(ctx, "large", strings.Repeat("x", 11))
	for k, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "large": false} {
		if _, ok := c.Get(ctx, k); ok != want {
			t.Errorf("%s is kept: %v", k, ok)
		}
	}
}
