package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/writer"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team behind the API: queries through the executor, subscriptions through the hub.
type world struct {
	*factory.World
	resolver *graph.Resolver
	exec     *executor.Executor
	hub      *live.Hub
	inbox    *inbox.Service
	files    *filetest.Shelf
	keys     *seal.Keyring
	asked    func(string) // every statement of a read
}

// each runs a test on both databases, each time in a fresh world.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) { test(t, newWorld(t, dialect)) })
}

func newWorld(t testing.TB, dialect string) *world {
	t.Helper()
	w := &world{asked: func(string) {}}
	b := bus.NewMemory()
	db := storetest.Open(t, dialect, store.Config{
		Asked:     func(q string) { w.asked(q) },
		Committed: func(team int64, at event.Cursor) { _ = live.Announce(context.Background(), b, team, at) },
	})
	adapters, err := channels.NewRegistry(line.New(&http.Client{}), foreseen{can: channels.Foreseen()[channels.Facebook]}, foreseen{can: channels.Foreseen()[channels.WhatsApp]})
	if err != nil {
		t.Fatal(err)
	}
	w.files = filetest.New(t, db, adapters, nil)
	w.World, w.inbox = factory.New(t, db), inbox.New(db, adapters)
	here := presence.New(b, clock.Real{})
	w.resolver = &graph.Resolver{DB: db, Bus: b, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
		Inbox: w.inbox, Presence: here, Contacts: contact.New(db), Accounts: account.New(account.Config{DB: db, Adapters: adapters}), Files: w.files.Service, Actions: conversation.New(db, adapters, w.files.Service, random.Seeded(1), nil)}
	queue, err := job.New(db, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{conversation.BulkTask: nil, group.LeaveTask: nil}) // never started: tests do the work
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("4", 64)), random.Seeded(4))
	if err != nil {
		t.Fatal(err)
	}
	w.keys = keys
	w.resolver.Automation = automation.New(automation.Config{DB: db, Files: w.files.Service, Random: random.Seeded(2), Keys: keys})
	w.resolver.SavedReplies, w.resolver.Saved = savedreply.New(db, w.files.Service), conversation.NewSaved(w.resolver.Actions, w.resolver.Automation)
	w.resolver.SavedViews = savedview.New(db)
	w.resolver.Departures = conversation.NewDepartures(w.resolver.Actions, queue)
	w.resolver.Bulk = conversation.NewBulk(w.resolver.Actions, queue, slog.New(slog.DiscardHandler))
	w.resolver.Workspace = workspace.New(workspace.Config{DB: db, Random: random.Seeded(1), Attempts: attempt.NewMemory(clock.Real{}), Release: w.resolver.Actions.Release,
		ReleaseGroups: w.resolver.Actions.ReleaseGroups})
	if w.resolver.Pushes, err = push.New(push.Config{DB: db, Keys: keys, Random: random.Seeded(5), Check: func(context.Context, string) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver})
	w.exec = executor.New(schema)
	w.exec.Use(compared(t))
	w.exec.SetErrorPresenter(graph.Present(slog.New(slog.DiscardHandler)))
	w.hub = live.New(live.Config{Log: db, Bus: b, Clock: clock.Real{}, Executor: w.exec, IsViewerDependent: graph.ViewerCheck(schema.Schema()),
		Poll: 5 * time.Millisecond, Tick: 10 * time.Millisecond, Coalesce: 5 * time.Millisecond})
	t.Cleanup(func() {
		w.hub.Close()
		here.Close()
		_ = b.Close()
	})
	return w
}

// compared has every answer of a query written both ways, by a plan and by the executor: they are the same bytes.
func compared(t testing.TB) *writer.Extension {
	return &writer.Extension{Compare: func(field string, planned, executed []byte) {
		if !bytes.Equal(planned, executed) {
			t.Errorf("%s is written in two ways:\n  by a plan: %s\n  executed:  %s", field, planned, executed)
		}
	}}
}

// failing is a test or a property.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// query executes an operation for a principal and reads its data.
func (w *world) query(t failing, p auth.Principal, query string, vars map[string]any, data any) graphqlErrors {
	t.Helper()
	ctx := graphql.StartOperationTrace(auth.With(context.Background(), p))
	op, errs := w.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: wire(t, vars)})
	if errs != nil {
		t.Fatalf("%v", errs)
	}
	next, ctx := w.exec.DispatchOperation(ctx, op)
	r := next(ctx)
	if data != nil && len(r.Data) > 0 {
		if err := json.Unmarshal(r.Data, data); err != nil {
			t.Fatalf("%s: %v", r.Data, err)
		}
	}
	var out graphqlErrors
	for _, e := range r.Errors {
		code, _ := e.Extensions["code"].(string)
		out = append(out, code)
	}
	return out
}

// wire gives variables as they come off the wire.
func wire(t failing, vars map[string]any) map[string]any {
	t.Helper()
	b, err := json.Marshal(vars)
	if err != nil {
		t.Fatalf("%v", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v", err)
	}
	return out
}

// graphqlErrors are the codes of an answer's errors.
type graphqlErrors []string

// stream is a subscription of one principal. rights may be changed while it is open.
type stream struct {
	*live.Subscription
	principal auth.Principal
	wake      chan struct{}
	last      string // the newest cursor
}

func (s *stream) ctx() context.Context { return auth.With(context.Background(), s.principal) }

// subscribe opens a subscription; refused holds the codes where it is not.
func (w *world) subscribe(t failing, p auth.Principal, query string, vars map[string]any) (s *stream, refused graphqlErrors) {
	t.Helper()
	s = &stream{principal: p, wake: make(chan struct{}, 1)}
	ctx := graphql.StartOperationTrace(s.ctx())
	op, errs := w.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: wire(t, vars)})
	if errs != nil {
		t.Fatalf("%v", errs)
	}
	sub, r := w.hub.Open(ctx, op, live.Viewer{TeamID: p.TeamID, AgentID: p.AgentID, Language: p.Language}, func() {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	})
	if r != nil {
		for _, e := range r.Errors {
			code, _ := e.Extensions["code"].(string)
			refused = append(refused, code)
		}
		return nil, refused
	}
	s.Subscription = sub
	return s, nil
}

// open is subscribe where it must succeed; the stream is closed with the test.
func (w *world) open(t *testing.T, p auth.Principal, query string, vars map[string]any) *stream {
	t.Helper()
	s, refused := w.subscribe(t, p, query, vars)
	if refused != nil {
		t.Fatalf("refused: %v", refused)
	}
	t.Cleanup(s.Close)
	return s
}

// frame is what tests read of a frame.
type frame struct {
	Type           string `json:"__typename"`
	Cursor         string
	Recovered      bool
	Reason, Resync string
	Resubscribe    bool
	ConversationID string
	Conversation   *struct {
		ID, Name, Status string
		Version          int
		UnreadCount      int
		IsPinned         bool
		Follower         *struct{ ID string }
		Collaborators    []struct{ ID string }
		Contact          *struct {
			Name   string
			Phones []struct{ Typed string }
		}
		ViewerCan *struct{ Follow struct{ Allowed bool } }
	}
	Message *struct {
		ID, SenderName  string
		Seq             int
		ClientMessageID *string
		Content         struct {
			Text       string
			Attachment struct{ URL, SignedURL string }
		}
	}
	Draft *struct {
		Text     string
		Version  int
		IsShared bool
	}
	Counts *struct {
		UnreadMessages int
		Views          []struct {
			View  string
			Count int
		}
		SavedViews []struct {
			SavedViewID                string
			Count, UnreadConversations int
			IsAtLeast                  bool
		}
	}
	Notification *struct{ ID, Text string }
	Job          *struct {
		State string
		Done  int
	}
	Group           *struct{ Name, Note, State string }
	Viewing, Typing []struct{ ID string }
	isLast          bool
}

// next waits for the next frame.
func (s *stream) next(t failing) frame {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if f, ok := s.Next(s.ctx()); ok {
			if len(f.Payload) == 0 {
				if f.Last {
					return frame{isLast: true}
				}
				continue
			}
			var p struct{ Data map[string]frame }
			if err := json.Unmarshal(f.Payload, &p); err != nil {
				t.Fatalf("%s: %v", f.Payload, err)
			}
			for _, x := range p.Data {
				x.isLast, s.last = f.Last, x.Cursor
				return x
			}
			t.Fatalf("no data: %s", f.Payload)
		}
		select {
		case <-s.wake:
		case <-limit:
			t.Fatalf("no frame")
		}
	}
}

// want waits for the next frame that is no tick, which must be of the type.
func (s *stream) want(t failing, typ string) frame {
	t.Helper()
	for {
		f := s.next(t)
		if f.Type == "Tick" && typ != "Tick" {
			continue
		}
		if f.Type != typ {
			t.Fatalf("got %+v, want %s", f, typ)
		}
		return f
	}
}

// until gives all frames up to the one whose cursor is the position or beyond: a tick, where nothing else is shown.
func (s *stream) until(t failing, at event.Cursor) []frame {
	t.Helper()
	var all []frame
	for {
		if c, err := event.ParseCursor(s.last); err == nil && c.Seq >= at.Seq {
			return all
		}
		f := s.next(t)
		if f.Type != "Tick" {
			all = append(all, f)
		}
		if f.isLast {
			return all
		}
	}
}

// head is where the team's log stands.
func (w *world) head(t failing) event.Cursor {
	t.Helper()
	at, err := w.DB.Head(context.Background(), w.Team)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return at
}
