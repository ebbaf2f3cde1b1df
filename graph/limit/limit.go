package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bucket"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// Config is what operations are bounded by.
type Config struct {
	Buckets bucket.Store
	// Agent bounds an agent or an integration, Team all of a team together, Address those who are not signed in, by where they call from: units of cost.
	Agent, Team, Address bucket.Limit
	// Caller is the address that a request comes from.
	Caller func(ctx context.Context) netip.Addr
	// Trusted are the only documents that agents may use, by the SHA-256 of their text in hexadecimal; nil lets every document in. Integrations
	// write their own queries, and those who are not signed in the ways in.
	Trusted map[string]string
}

// Guard bounds operations on every transport: their shape, their cost, and what their caller has left. It is an extension of the executor, to be
// used after the one that says who may ask at all.
type Guard struct {
	Config
	shapes *Cache[struct{}] // documents whose shape was right, by their hash
	texts  *Cache[string]   // persisted queries, by their hash
}

// The bounds of what is remembered.
const (
	cached      = 10_000
	cachedBytes = 16 << 20
)

// New makes a guard.
func New(c Config) *Guard {
	return &Guard{
		Config: c,
		shapes: NewCache(cached, cachedBytes, func(key string, _ struct{}) int { return 2 * len(key) }),
		texts:  NewCache(cached, cachedBytes, func(key, text string) int { return len(key) + len(text) }),
	}
}

// Documents is a cache of parsed documents for the executor, bounded in number and in bytes of text: what is parsed takes many times its text.
func Documents() graphql.Cache[*ast.QueryDocument] {
	return NewCache(1000, 4<<20, func(text string, _ *ast.QueryDocument) int { return len(text) })
}

// ExtensionName implements graphql.HandlerExtension.
func (*Guard) ExtensionName() string { return "Limit" }

// Validate implements graphql.HandlerExtension.
func (*Guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator: it finds the text of a persisted query and bounds the shape of every
// text before it is validated.
func (g *Guard) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if live.IsRendering(ctx) {
		return nil
	}
	if err := g.resolve(ctx, p); err != nil {
		return err
	}
	if err := variables(p.Variables); err != nil {
		return err
	}
	hash := hashOf(p.Query)
	if _, ok := g.shapes.Get(ctx, hash); ok {
		return nil
	}
	if err := Shape(p.Query); err != nil {
		return err
	}
	g.shapes.Add(ctx, hash, struct{}{})
	return nil
}

// Listed is how many items a list in a variable may have.
const Listed = 1000

// variables refuses values that are nested too deep or that hold too long a list: what reads and checks them calls itself for every level, and no
// field takes so many at once.
func variables(all map[string]any) *gqlerror.Error {
	for _, v := range all {
		if err := variable(v, 1); err != nil {
			return err
		}
	}
	return nil
}

func variable(v any, depth int) *gqlerror.Error {
	switch v := v.(type) {
	case map[string]any:
		if depth > Nesting {
			return tooDeep()
		}
		for _, one := range v {
			if err := variable(one, depth+1); err != nil {
				return err
			}
		}
	case []any:
		switch {
		case depth > Nesting:
			return tooDeep()
		case len(v) > Listed:
			return tooMuch("a list in a variable has at most %d items, one here has %d; split it", Listed, len(v))
		}
		for _, one := range v {
			if err := variable(one, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// persisted is what a client says of a query whose text it need not send again.
type persisted struct {
	Hash    string
	Version int64
}

// note is the key under which the extensions and statistics of an operation hold what is ours.
const note = "switchyard.limit"

// resolve gives a request that names a document by its hash the text, and refuses a document that is not among the trusted ones where only those
// are let in.
func (g *Guard) resolve(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	named, err := read(p.Extensions)
	if err != nil {
		return err
	}
	agent, who := auth.From(ctx)
	if who == nil && agent.AgentID != 0 && g.Trusted != nil {
		hash := named.Hash
		if p.Query != "" {
			hash = hashOf(p.Query)
		}
		text, ok := g.Trusted[hash]
		if !ok {
			return refuse("QUERY_NOT_TRUSTED", "this server runs only the documents that its operator listed; this one is not among them")
		}
		p.Query = text
		return nil
	}
	switch {
	case named.Hash == "":
		return nil
	case p.Query == "":
		text, ok := g.Trusted[named.Hash]
		if !ok {
			text, ok = g.texts.Get(ctx, named.Hash)
		}
		if !ok {
			// The words that clients wait for to send the text too.
			return refuse("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
		}
		p.Query = text
	case hashOf(p.Query) != named.Hash:
		return refuse("GRAPHQL_VALIDATION_FAILED", "the sha256Hash is not that of the query")
	}
	return nil
}

func refuse(code, text string) *gqlerror.Error {
	e := gqlerror.Errorf("%s", text)
	e.Extensions = map[string]any{"code": code}
	return e
}

// read reads what the request's extensions say of a persisted query.
func read(extensions map[string]any) (persisted, *gqlerror.Error) {
	v, ok := extensions["persistedQuery"]
	if !ok || v == nil {
		return persisted{}, nil
	}
	of, ok := v.(map[string]any)
	hash, isText := of["sha256Hash"].(string)
	hash = strings.ToLower(hash)
	if _, err := hex.DecodeString(hash); !ok || !isText || err != nil || len(hash) != sha256.Size*2 || fmt.Sprint(of["version"]) != "1" {
		return persisted{}, refuse("GRAPHQL_VALIDATION_FAILED", `extensions.persistedQuery must be {"version": 1, "sha256Hash": "<64 hexadecimal digits>"}`)
	}
	return persisted{Hash: hash, Version: 1}, nil
}

// charge is what was taken for an operation.
type charge struct {
	requested int
	claims    []bucket.Claim
	left      float64
}

// MutateOperationContext implements graphql.OperationContextMutator: it bounds the cost of a validated operation and takes it from what the
// caller and the caller's team have left. A persisted query is remembered only here, once it is known to be valid.
func (g *Guard) MutateOperationContext(ctx context.Context, rc *graphql.OperationContext) *gqlerror.Error {
	if live.IsRendering(ctx) {
		return nil
	}
	if named, err := read(rc.Extensions); err == nil && named.Hash != "" {
		g.texts.Add(ctx, named.Hash, rc.RawQuery)
	}
	c := &charge{requested: Cost(rc.Operation, rc.Doc.Fragments, rc.Variables)}
	if c.requested > MaxCost {
		e := tooMuch("this operation may cost %d, and at most %d is allowed: ask for fewer rows, or for less of each", c.requested, MaxCost)
		e.Extensions["cost"] = map[string]any{"requested": c.requested, "limit": MaxCost}
		return e
	}
	if p, err := auth.From(ctx); err == nil {
		c.claims = []bucket.Claim{
			{Key: p.Key() + "@" + fmt.Sprint(p.TeamID), Limit: g.Agent},
			{Key: "team:" + fmt.Sprint(p.TeamID), Limit: g.Team},
		}
	} else {
		c.claims = []bucket.Claim{{Key: "address:" + attempt.Household(g.Caller(ctx)).String(), Limit: g.Address}}
	}
	a := g.Buckets.Take(ctx, float64(c.requested), c.claims...)
	if a.Wait > 0 {
		err := fault.New(fault.Throttled, "too much was asked for at once; this costs %d and %d is left", c.requested, int(max(0, a.Left))).After(a.Wait)
		return gqlerror.WrapPath(nil, err)
	}
	c.left = a.Left
	rc.Stats.SetExtension(note, c)
	return nil
}

// InterceptResponse implements graphql.ResponseInterceptor: it says what the operation cost and gives back what it did not need.
func (g *Guard) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	rc := graphql.GetOperationContext(ctx)
	if r == nil || rc == nil || rc.Operation == nil || rc.Operation.Operation == ast.Subscription || live.IsRendering(ctx) {
		return r
	}
	c, ok := rc.Stats.GetExtension(note).(*charge)
	if !ok {
		return r
	}
	got := objects(r.Data)
	if rc.Operation.Operation == ast.Mutation {
		got += mutationNodes * len(rc.Operation.SelectionSet)
	}
	actual := min(c.requested, Units(got))
	if len(r.Errors) > 0 {
		actual = c.requested // what an error took back may have been done all the same
	}
	if back := c.requested - actual; back > 0 {
		g.Buckets.Give(ctx, float64(back), c.claims...)
		c.left += float64(back)
	}
	if r.Extensions == nil {
		r.Extensions = map[string]any{}
	}
	r.Extensions["cost"] = map[string]any{"requested": c.requested, "actual": actual, "remaining": int(c.left)}
	return r
}
