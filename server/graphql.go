package server

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/limit"
	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/graph/writer"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// newExecutor makes what runs GraphQL operations over the resolvers, on every transport.
func newExecutor(r *graph.Resolver, guard *limit.Guard, m *metrics, log *slog.Logger) *executor.Executor {
	e := executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: r}))
	e.SetErrorPresenter(graph.Present(log))
	e.SetRecoverFunc(func(ctx context.Context, p any) error {
		m.panics.Inc()
		log.ErrorContext(ctx, "a resolver panicked", "panic", fault.Panic(p), "request", event.Request(ctx), "stack", string(debug.Stack()))
		return fault.New(fault.Internal, "something went wrong on our side")
	})
	e.SetQueryCache(limit.Documents())
	e.SetParserTokenLimit(limit.Tokens)
	e.AroundResponses(traced)
	e.Use(doorkeeper{r.Workspace})
	e.Use(guard)
	e.Use(&strictness{})
	e.Use(&writer.Extension{})
	return e
}

// traced makes an operation a step, named as the client named it. What a live stream shows is executed outside of any request.
func traced(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := graphql.GetOperationContext(ctx)
	if op == nil || op.Operation == nil || op.Operation.Operation == ast.Subscription {
		return next(ctx)
	}
	name := op.Operation.Name
	if name == "" {
		name = "unnamed"
	}
	ctx, step := trace.Start(ctx, trace.Server, "graphql "+string(op.Operation.Operation)+" "+name)
	r := next(ctx)
	if r != nil && len(r.Errors) > 0 {
		code, _ := r.Errors[0].Extensions["code"].(string)
		step.Fail(code)
	}
	step.End(nil)
	return r
}

// authenticate finds out who calls, for the transports. A call without a token is nobody's and may ask for the ways in.
func authenticate(w *workspace.Service) transport.Authenticate {
	return func(ctx context.Context, token string, r *http.Request) (context.Context, transport.Identity, error) {
		from := workspace.Caller{Addr: caller(r.Context()), UserAgent: r.UserAgent()}
		if wish := wishes(ctx, r); len(wish) > 0 {
			from.Language = catalogue.Language(wish...)
		}
		ctx = workspace.WithCaller(ctx, from)
		if token == "" {
			return ctx, transport.Identity{Language: from.Language}, nil
		}
		p, until, err := w.Authenticate(ctx, token, from)
		if err != nil {
			return ctx, transport.Identity{}, err
		}
		return auth.With(ctx, p), identity(w, p, from, until), nil
	}
}

// wishes are the languages a client prefers, first the one it named when it connected.
func wishes(ctx context.Context, r *http.Request) []string {
	var all []string
	if l, ok := transport.Payload(ctx)["language"].(string); ok && l != "" {
		all = append(all, l)
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		if l, _, _ := strings.Cut(part, ";"); strings.TrimSpace(l) != "" && strings.TrimSpace(l) != "*" {
			all = append(all, strings.TrimSpace(l))
		}
	}
	return all
}

// identity is the principal as the transports see it.
func identity(w *workspace.Service, p auth.Principal, from workspace.Caller, until time.Time) transport.Identity {
	return transport.Identity{
		TeamID: p.TeamID, AgentID: p.Subject(), AuthVersion: p.AuthVersion, SessionKey: p.SessionKey, Language: p.Language, ExpiresAt: until,
		Own: transport.Own(p.Connections),
		Recheck: func(ctx context.Context) (transport.Check, error) {
			standing, fresh, err := w.Check(ctx, p, from)
			if err != nil {
				return transport.Check{}, err
			}
			switch standing {
			case workspace.Valid:
				return transport.Check{Standing: transport.Valid}, nil
			case workspace.Changed:
				return transport.Check{Standing: transport.Changed, Context: auth.With(ctx, fresh), Identity: identity(w, fresh, from, until)}, nil
			case workspace.Expired:
				return transport.Check{Standing: transport.Expired}, nil
			case workspace.Suspended:
				return transport.Check{Standing: transport.Suspended}, nil
			default:
				return transport.Check{Standing: transport.Revoked}, nil
			}
		},
	}
}
