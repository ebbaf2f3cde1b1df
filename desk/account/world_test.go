package account_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

const key = "1111111111111111111111111111111111111111111111111111111111111111"

// world is channels on a database of its own, with a fake LINE.
type world struct {
	*account.Service
	t      *testing.T
	db     *store.DB
	clock  *clock.Manual
	people *workspace.Service
	line   *fakeline.Server
	config account.Config
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := &world{t: t, clock: clock.NewManual(time.Date(2026, 5, 1, 8, 30, 40, 0, time.UTC))}
		w.db = storetest.Open(t, dialect, store.Config{Clock: w.clock})
		var err error
		if w.line, err = fakeline.Start(fakeline.Options{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.line.Stop)
		gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8"}})
		if err != nil {
			t.Fatal(err)
		}
		adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{})), webchat.New())
		if err != nil {
			t.Fatal(err)
		}
		w.people = workspace.New(workspace.Config{
			DB: w.db, Random: random.New(), Attempts: attempt.NewMemory(w.clock), PasswordCost: workspace.PasswordCost{MemoryKiB: 64, Passes: 1},
			Release:       func(context.Context, *store.Tx, int64, event.Actor) (int, error) { return 0, nil },
			ReleaseGroups: func(context.Context, *store.Tx, int64, event.Actor) (int, error) { return 0, nil },
		})
		keys, err := seal.NewKeyring(seal.Hide(key), random.New())
		if err != nil {
			t.Fatal(err)
		}
		w.config = account.Config{
			DB: w.db, Adapters: adapters, Keys: keys, Random: random.New(), PublicURL: "http://127.0.0.1:1",
			BaseURLs: map[channels.Type]map[string]string{channels.LINE: w.line.BaseURLs()}, Log: slog.New(slog.DiscardHandler),
		}
		w.Service = account.New(w.config)
		test(t, w)
	})
}

// team makes a team and gives its ADMIN.
func (w *world) team(slug string) auth.Principal {
	w.t.Helper()
	made, err := w.people.CreateTeam(w.t.Context(), workspace.TeamInput{Slug: slug, Name: slug, AdminEmail: "boss@" + slug + ".example"})
	if err != nil {
		w.t.Fatal(err)
	}
	g, err := w.people.Accept(w.t.Context(), workspace.Caller{}, workspace.AcceptInput{Token: made.Token, Password: seal.Hide("correct horse battery")})
	if err != nil {
		w.t.Fatal(err)
	}
	p, _, err := w.people.Authenticate(w.t.Context(), g.AccessToken.Reveal(), workspace.Caller{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// bot adds an account to the fake LINE.
func (w *world) bot(n int) (*fakeline.Bot, channels.Credentials) {
	setup := fakeline.Setup{
		UserID: fmt.Sprintf("U%032x", n), ChannelID: fmt.Sprint(1000 + n), ChannelSecret: fmt.Sprintf("secret-canary-%d", n),
		AccessToken: fmt.Sprintf("token-canary-%d", n), BasicID: fmt.Sprintf("@shop%d", n), DisplayName: fmt.Sprintf("Shop %d", n),
	}
	return w.line.AddBot(setup), channels.Credentials{
		line.ChannelID: setup.ChannelID, line.ChannelSecret: setup.ChannelSecret, line.ChannelAccessToken: setup.AccessToken,
	}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if err == nil || fault.As(err).Code != code {
		t.Errorf("%s: got %v, not %s", what, err, code)
	}
}
