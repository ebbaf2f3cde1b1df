package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CHAN-3
func TestDisconnectAndReconnect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		_, credentials := w.bot(1)
		_, others := w.bot(2)
		c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // nobody is told twice
			if _, err := w.db.Write(ctx, boss.TeamID, func(ctx context.Context, tx *store.Tx) error {
				return w.MarkDisconnectedIn(ctx, tx, c.ID, channels.CodeCredentialsRevoked)
			}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.Get(ctx, boss, c.ID)
		if err != nil || got.State != channel.StateDISCONNECTED || got.StateReason != channels.CodeCredentialsRevoked {
			t.Errorf("disconnected %+v: %v", got, err)
		}
		told, err := w.people.Notifications(ctx, boss, false, page.Window{Limit: 10})
		if err != nil || len(told.Rows) != 1 || *told.Rows[0].ChannelID != c.ID {
			t.Fatalf("administrators are told %+v: %v", told.Rows, err)
		}
		if text := catalogue.Text("en", told.Rows[0].Code, told.Rows[0].Params); text != "The channel “Shop” is disconnected: the platform no longer accepts the credentials" {
			t.Errorf("administrators read %q", text)
		}
		if o, err := w.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); err != nil || o.State != channel.StateDISCONNECTED {
			t.Errorf("a disconnected channel's webhook: %v", err)
		}
		_, _, err = w.Resume(ctx, boss, c.ID)
		wantCode(t, "resuming a disconnected channel", err, "CHANNEL_UNAVAILABLE")
		_, _, err = w.Reconnect(ctx, boss, c.ID, others)
		if fault.As(err).Field != "credentials" {
			t.Errorf("another account's credentials: %v", err)
		}
		back, _, err := w.Reconnect(ctx, boss, c.ID, credentials)
		if err != nil || back.State != channel.StateCONNECTED || back.StateReason != "" || back.WebhookKey != c.WebhookKey || back.ID != c.ID {
			t.Errorf("reconnected %+v: %v", back, err)
		}
	})
}

// CHAN-10, CHAN-3
func TestCheck(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		bot, credentials := w.bot(1)
		c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		got, at, err := w.Check(ctx, boss, c.ID)
		if err != nil || at.Seq == 0 || got.CheckedAt == nil {
			t.Fatalf("checked %+v: %v", got, err)
		}
		lines := map[string]channels.CheckStatus{}
		for _, l := range account.Checks(got) {
			lines[l.Name] = l.Status
			if l.Text == "" {
				t.Errorf("%s says nothing", l.Name)
			}
		}
		if lines[line.CheckCredentials] != channels.CheckOK || lines[line.CheckWebhookURL] != channels.CheckFailed || lines[line.CheckGroupChats] != channels.CheckUnknown {
			t.Errorf("the check says %v", lines)
		}
		bot.Revoke()
		got, _, err = w.Check(ctx, boss, c.ID)
		if err != nil || got.State != channel.StateDISCONNECTED {
			t.Fatalf("with credentials revoked: %+v: %v", got, err)
		}
		for _, l := range account.Checks(got) {
			if l.Name == line.CheckCredentials && l.Status != channels.CheckFailed {
				t.Errorf("the check says %+v", l)
			}
		}
		if err := w.line.Faults().Add(fake.Fault{Kind: fake.ErrorBefore, Operation: fakeline.Info}); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.Check(ctx, boss, c.ID)
		wantCode(t, "a LINE that fails", err, "PLATFORM")
	})
}

func TestWebhookEntry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		_, credentials := w.bot(1)
		c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := account.New(w.config) // another server
		if _, err := elsewhere.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Delete(ctx, boss, c.ID); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		for name, s := range map[string]*account.Service{"this": w.Service, "another": elsewhere} {
			if _, err := s.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s server still opens a deleted channel's webhook: %v", name, err)
			}
		}
		for _, wrong := range []string{"", "x", strings.Repeat("x", 10_000)} {
			if _, err := w.ByWebhookKey(ctx, channels.LINE, wrong); !fault.Is(err, fault.NotFound) {
				t.Errorf("the key %.10q gives %v", wrong, err)
			}
		}
	})
}

func TestWebhookKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		_, credentials := w.bot(1)
		c, _, err := w.Connect(t.Context(), boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ByWebhookKey(t.Context(), channels.Facebook, c.WebhookKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("as Facebook's it gives %v", err)
		}
	})
}

func TestSeen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		_, credentials := w.bot(1)
		c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []time.Duration{0, 10 * time.Second, 20 * time.Second} {
			w.clock.Advance(step)
			if _, err := w.db.Write(ctx, boss.TeamID, func(ctx context.Context, tx *store.Tx) error { return account.SeenIn(ctx, tx, c.ID) }); err != nil {
				t.Fatal(err)
			}
			got, err := w.Get(ctx, boss, c.ID)
			if err != nil || got.LastEventAt == nil || !got.LastEventAt.Equal(w.clock.Now().Truncate(time.Minute)) || got.Version != c.Version {
				t.Errorf("at %v it was seen at %v, version %d: %v", w.clock.Now(), got.LastEventAt, got.Version, err)
			}
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, stranger := w.team("shop"), w.team("other")
		for n := range 4 {
			_, credentials := w.bot(n)
			c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: fmt.Sprint("Shop ", n), Credentials: credentials})
			if err != nil {
				t.Fatal(err)
			}
			switch n {
			case 1:
				_, _, err = w.Pause(ctx, boss, c.ID)
			case 2:
				_, _, err = w.Delete(ctx, boss, c.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		agent := auth.Principal{TeamID: boss.TeamID, AgentID: boss.AgentID, Role: auth.Sales}
		for _, c := range []struct {
			p    auth.Principal
			f    account.Filter
			w    page.Window
			want string
		}{
			{agent, account.Filter{}, page.Window{Limit: 10}, "0 1 3"},
			{agent, account.Filter{IncludeDeleted: true}, page.Window{Limit: 10}, "0 1 2 3"},
			{agent, account.Filter{States: []channel.State{channel.StatePAUSED}}, page.Window{Limit: 10}, "1"},
			{agent, account.Filter{Types: []channels.Type{channels.Facebook}}, page.Window{Limit: 10}, ""},
			{agent, account.Filter{}, page.Window{Limit: 2}, "0 1"},
			{agent, account.Filter{}, page.Window{Limit: 2, IsBackward: true}, "1 3"},
			{stranger, account.Filter{IncludeDeleted: true}, page.Window{Limit: 10}, ""},
		} {
			got, err := w.List(ctx, c.p, c.f, c.w)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, row := range got.Rows {
				names = append(names, strings.TrimPrefix(row.Name, "Shop "))
			}
			if s := strings.Join(names, " "); s != c.want {
				t.Errorf("%+v %+v gives %q, not %q", c.f, c.w, s, c.want)
			}
		}
		none := auth.Principal{TeamID: boss.TeamID, TokenID: 1, Role: auth.Admin, Scopes: []auth.Scope{auth.ReadContacts}}
		_, err := w.List(ctx, none, account.Filter{}, page.Window{Limit: 10})
		wantCode(t, "an integration without the scope", err, "FORBIDDEN")
	})
}
