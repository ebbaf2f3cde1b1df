package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// CHAN-1
func TestConnect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		_, credentials := w.bot(1)
		in := account.ConnectInput{Type: channels.LINE, Name: " 官方帳號 ", Credentials: credentials, IdempotencyKey: "k"}
		c, at, err := w.Connect(ctx, boss, in)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != "官方帳號" || c.State != channel.StateCONNECTED || c.PlatformID != fmt.Sprintf("U%032x", 1) || c.AccountName != "Shop 1" || c.AccountHandle != "@shop1" || at.Seq == 0 {
			t.Errorf("connected %+v", c)
		}
		if len(c.WebhookKey) < 43 || account.WebhookURL(w.config.PublicURL, c) != "http://127.0.0.1:1/webhooks/line/"+c.WebhookKey {
			t.Errorf("the webhook is %s", account.WebhookURL(w.config.PublicURL, c))
		}
		o, err := w.Load(ctx, boss.TeamID, c.ID)
		if err != nil || o.Account.Credentials[line.ChannelAccessToken] != "token-canary-1" || o.Account.PlatformID != c.PlatformID || o.Account.BaseURLs["api"] != w.line.URL() || !o.Sends() {
			t.Errorf("a sender gets %+v: %v", o, err)
		}
		// Sealed for this channel, and shown nowhere.
		if shown := fmt.Sprintf("%+v %#v %v", o, o, c); strings.Contains(shown, "canary") {
			t.Errorf("credentials are shown: %s", shown)
		}
		if strings.Contains(string(c.Credentials), "canary") {
			t.Error("credentials are kept as they are")
		}
		other, err := seal.NewKeyring(seal.Hide(key), random.New())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Open(c.Credentials, fmt.Sprintf("channel:%d:%d", boss.TeamID, c.ID+1)); err == nil {
			t.Error("credentials open for another channel")
		}
		// The same key asks the platform nothing and gives the channel again.
		asked := len(w.line.Requests().Requests())
		again, _, err := w.Connect(ctx, boss, in)
		if err != nil || again.ID != c.ID || len(w.line.Requests().Requests()) != asked {
			t.Errorf("the same key gives %+v: %v", again, err)
		}
		in.Name = "Other"
		_, _, err = w.Connect(ctx, boss, in)
		wantCode(t, "the same key with another name", err, "CONFLICT")
	})
}

func TestConnectRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		_, credentials := w.bot(1)
		good := func() account.ConnectInput {
			c := channels.Credentials{}
			for k, v := range credentials {
				c[k] = v
			}
			return account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: c}
		}
		for field, spoil := range map[string]func(*account.ConnectInput){
			"name":         func(in *account.ConnectInput) { in.Name = strings.Repeat("名", 41) },
			"type":         func(in *account.ConnectInput) { in.Type = channels.Telegram },
			"credentials":  func(in *account.ConnectInput) { delete(in.Credentials, line.ChannelSecret) },
			"credentials ": func(in *account.ConnectInput) { in.Credentials["password"] = "x" },
			"name ":        func(in *account.ConnectInput) { in.Name = "a\nb" },
		} {
			in := good()
			spoil(&in)
			if _, _, err := w.Connect(ctx, boss, in); err == nil || fault.As(err).Field != strings.TrimSpace(field) {
				t.Errorf("a wrong %s gives %v", field, err)
			}
		}
		wrong := good()
		wrong.Credentials[line.ChannelAccessToken] = "no-such-token"
		_, _, err := w.Connect(ctx, boss, wrong)
		wantCode(t, "credentials that LINE does not accept", err, "CREDENTIALS")
		if strings.Contains(err.Error(), "no-such-token") {
			t.Errorf("the error repeats the token: %v", err)
		}
		if err := w.line.Faults().Add(fake.Fault{Kind: fake.ErrorBefore, Operation: fakeline.Info}); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.Connect(ctx, boss, good())
		wantCode(t, "a LINE that fails", err, "PLATFORM")
		agent := boss
		agent.Role = auth.Supervisor
		_, _, err = w.Connect(ctx, agent, good())
		wantCode(t, "somebody who is no ADMIN", err, "FORBIDDEN")
		token := boss
		token.AgentID, token.TokenID, token.Scopes = 0, 1, []auth.Scope{auth.ReadWorkspace}
		_, _, err = w.Connect(ctx, token, good())
		wantCode(t, "an integration without the scope", err, "FORBIDDEN")
		// Nothing of it is left: the account can be connected.
		in := good()
		in.Name = strings.Repeat("名", 40)
		if _, _, err := w.Connect(ctx, boss, in); err != nil {
			t.Errorf("after all refusals: %v", err)
		}
	})
}

// CHAN-2
func TestOneAccountIsOneChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		teams := []auth.Principal{w.team("one"), w.team("two")}
		_, credentials := w.bot(1)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		ids := make([]int64, 8)
		for i := range errs {
			wg.Go(func() {
				c, _, err := w.Connect(ctx, teams[i%2], account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
				if errs[i] = err; err == nil {
					ids[i] = c.ID
				}
			})
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			if err == nil {
				if winner >= 0 {
					t.Error("two connected one account")
				}
				winner = i
			} else {
				wantCode(t, "a second connection", err, "CONFLICT")
			}
		}
		if winner < 0 {
			t.Fatal("nobody connected the account")
		}
		// Deleting frees the account, for any team.
		if _, _, err := w.Delete(ctx, teams[winner%2], ids[winner]); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Connect(ctx, teams[1-winner%2], account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials}); err != nil {
			t.Errorf("after deletion: %v", err)
		}
	})
}

// CHAN-4
func TestPauseResumeDelete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, stranger := w.team("shop"), w.team("other")
		_, credentials := w.bot(1)
		c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); err != nil {
			t.Fatal(err)
		}
		paused, at, err := w.Pause(ctx, boss, c.ID)
		if err != nil || paused.State != channel.StatePAUSED || paused.Version != c.Version+1 || at.Seq == 0 {
			t.Errorf("paused %+v: %v", paused, err)
		}
		// It goes on receiving; the entry of this server knows at once.
		if o, err := w.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); err != nil || o.Sends() || o.ChannelID != c.ID || o.TeamID != boss.TeamID || o.Account.Credentials[line.ChannelSecret] != "secret-canary-1" {
			t.Errorf("the webhook of a paused channel finds %+v: %v", o, err)
		}
		if again, at, err := w.Pause(ctx, boss, c.ID); err != nil || again.Version != paused.Version || at.Seq != 0 {
			t.Errorf("pausing twice does something: %v", err)
		}
		resumed, _, err := w.Resume(ctx, boss, c.ID)
		if err != nil || resumed.State != channel.StateCONNECTED {
			t.Errorf("resumed %+v: %v", resumed, err)
		}
		name := "Renamed"
		if got, _, err := w.Update(ctx, boss, c.ID, &name); err != nil || got.Name != name {
			t.Errorf("renamed %+v: %v", got, err)
		}
		// Another team's does not exist; who is no ADMIN reads only.
		agent := boss
		agent.Role = auth.AgentRole
		for what, f := range map[string]func(auth.Principal) error{
			"update":    func(p auth.Principal) error { _, _, err := w.Update(ctx, p, c.ID, &name); return err },
			"pause":     func(p auth.Principal) error { _, _, err := w.Pause(ctx, p, c.ID); return err },
			"resume":    func(p auth.Principal) error { _, _, err := w.Resume(ctx, p, c.ID); return err },
			"check":     func(p auth.Principal) error { _, _, err := w.Check(ctx, p, c.ID); return err },
			"reconnect": func(p auth.Principal) error { _, _, err := w.Reconnect(ctx, p, c.ID, credentials); return err },
			"delete":    func(p auth.Principal) error { _, _, err := w.Delete(ctx, p, c.ID); return err },
		} {
			wantCode(t, what+" another team's channel", f(stranger), "NOT_FOUND")
			wantCode(t, what+" as an agent", f(agent), "FORBIDDEN")
		}
		if _, err := w.Get(ctx, agent, c.ID); err != nil {
			t.Errorf("an agent reads: %v", err)
		}
		deleted, _, err := w.Delete(ctx, boss, c.ID)
		if err != nil || deleted.DeletedAt == nil || deleted.Claim != nil || len(deleted.Credentials) != 0 {
			t.Errorf("deleted %+v: %v", deleted, err)
		}
		if _, err := w.ByWebhookKey(ctx, channels.LINE, c.WebhookKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("the webhook of a deleted channel: %v", err)
		}
		_, err = w.Load(ctx, boss.TeamID, c.ID)
		wantCode(t, "a sender asks for a deleted channel", err, "CHANNEL_UNAVAILABLE")
		for what, f := range map[string]func() error{
			"pause":     func() error { _, _, err := w.Pause(ctx, boss, c.ID); return err },
			"check":     func() error { _, _, err := w.Check(ctx, boss, c.ID); return err },
			"reconnect": func() error { _, _, err := w.Reconnect(ctx, boss, c.ID, credentials); return err },
		} {
			wantCode(t, what+" a deleted channel", f(), "CHANNEL_UNAVAILABLE")
		}
		if again, at, err := w.Delete(ctx, boss, c.ID); err != nil || again.Version != deleted.Version || at.Seq != 0 {
			t.Errorf("deleting twice does something: %v", err)
		}
		// The history stays.
		if got, err := w.Get(ctx, agent, c.ID); err != nil || got.Name != name {
			t.Errorf("a deleted channel is gone: %v", err)
		}
	})
}
