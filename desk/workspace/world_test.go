package workspace_test

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// password is everybody's.
const password = "correct horse battery"

// office is where everybody sits.
var office = workspace.Caller{Addr: netip.MustParseAddr("203.0.113.7"), UserAgent: "test"}

// world is a workspace on a database of its own, with a clock that stands still.
type world struct {
	*workspace.Service
	t        *testing.T
	db       *store.DB
	clock    *clock.Manual
	released []int64 // agents whose conversations were given back
	// ungrouped are agents whose groups were given back.
	ungrouped []int64
	mu        sync.Mutex
}

// each runs a test on both databases. adjust may change the configuration.
func each(t *testing.T, test func(t *testing.T, w *world), adjust ...func(*workspace.Config)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) { test(t, newWorld(t, dialect, adjust...)) })
}

func newWorld(t *testing.T, dialect string, adjust ...func(*workspace.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(time.Date(2026, 5, 1, 8, 30, 0, 0, time.UTC))}
	w.db = storetest.Open(t, dialect, store.Config{Clock: w.clock})
	c := workspace.Config{
		DB: w.db, Random: random.New(), Attempts: attempt.NewMemory(w.clock), LinkURL: "https://desk.example/enter",
		PasswordCost: workspace.PasswordCost{MemoryKiB: 64, Passes: 1}, Log: slog.New(slog.DiscardHandler),
		Release: func(_ context.Context, _ *store.Tx, id int64, _ event.Actor) (int, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.released = append(w.released, id)
			return 3, nil
		},
		ReleaseGroups: func(_ context.Context, _ *store.Tx, id int64, _ event.Actor) (int, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ungrouped = append(w.ungrouped, id)
			return 1, nil
		},
	}
	for _, f := range adjust {
		f(&c)
	}
	w.Service = workspace.New(c)
	return w
}

// person is somebody who signed in.
type person struct {
	workspace.Grant
	auth.Principal
	email string
}

// team makes a team whose ADMIN has accepted the invitation.
func (w *world) team(slug string) person {
	w.t.Helper()
	made, err := w.CreateTeam(w.t.Context(), workspace.TeamInput{Slug: slug, Name: "Team " + slug, AdminEmail: "Boss@" + slug + ".example", AdminName: "Boss"})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.accept(made.Token, "Boss@"+slug+".example")
}

func (w *world) accept(token seal.Secret, email string) person {
	w.t.Helper()
	g, err := w.Accept(w.t.Context(), office, workspace.AcceptInput{Token: token, Password: seal.Hide(password)})
	if err != nil {
		w.t.Fatal(err)
	}
	return person{Grant: g, Principal: w.principal(g), email: email}
}

// member invites somebody who accepts.
func (w *world) member(by person, name string, role auth.Role) person {
	w.t.Helper()
	email := name + "@example.com"
	got, err := w.Invite(w.t.Context(), by.Principal, workspace.InviteInput{Email: email, Name: name, Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.accept(tokenOf(w.t, got.Link), email)
}

func (w *world) principal(g workspace.Grant) auth.Principal {
	w.t.Helper()
	p, _, err := w.Authenticate(w.t.Context(), g.AccessToken.Reveal(), office)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// signIn signs somebody in with a password.
func (w *world) signIn(team, email, pass string) (workspace.Grant, error) {
	return w.SignIn(w.t.Context(), office, workspace.SignInInput{Team: team, Email: email, Password: seal.Hide(pass)})
}

// events are the team's events of a kind after a position.
func (w *world) events(team int64, kind event.Kind) []event.Event {
	w.t.Helper()
	all, err := w.db.After(w.t.Context(), team, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []event.Event
	for _, e := range all {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// tokenOf takes the token out of a link.
func tokenOf(t *testing.T, link seal.Secret) seal.Secret {
	t.Helper()
	l := link.Reveal()
	for i := len(l) - 1; i >= 0; i-- {
		if l[i] == '=' {
			return seal.Hide(l[i+1:])
		}
	}
	t.Fatalf("no token in the link")
	return seal.Secret{}
}

// wantCode demands a fault with a code.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if err == nil || fault.As(err).Code != code {
		t.Errorf("%s: got %v, not %s", what, err, code)
	}
}

// wantKind demands a fault of a kind.
func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, not %s", what, err, kind)
	}
}
