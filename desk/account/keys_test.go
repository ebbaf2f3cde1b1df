package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// A server that was started with another key looked well and could neither send nor take anything in.
func TestWrongKeyIsNoticed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if err := w.CheckKeys(t.Context()); err != nil {
			t.Errorf("without a channel: %v", err)
		}
		_, credentials := w.bot(1)
		if _, _, err := w.Connect(t.Context(), w.team("shop"), account.ConnectInput{Type: "LINE", Name: "Shop", Credentials: credentials}); err != nil {
			t.Fatal(err)
		}
		if err := w.CheckKeys(t.Context()); err != nil {
			t.Errorf("with its own key: %v", err)
		}
		other := strings.Repeat("2", 64)
		for keys, isRight := range map[string]bool{other: false, other + "," + key: true} {
			ring, err := seal.NewKeyring(seal.Hide(keys), random.New())
			if err != nil {
				t.Fatal(err)
			}
			config := w.config
			config.Keys = ring
			if err := account.New(config).CheckKeys(t.Context()); (err == nil) != isRight || err != nil && !strings.Contains(err.Error(), "SECRET_KEY") {
				t.Errorf("with other keys: %v", err)
			}
		}
	})
}

// A server whose database went away before the platform had called could verify nothing, and so take nothing into its spool. CHAN-9
func TestEntriesAreKnownWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		var keys []string
		for n := range 2 {
			_, credentials := w.bot(n + 1)
			c, _, err := w.Connect(ctx, boss, account.ConnectInput{Type: channels.LINE, Name: "Shop", Credentials: credentials})
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, c.WebhookKey)
		}
		away, cancel := context.WithDeadline(ctx, time.Unix(0, 0)) // the database answers nothing in time
		defer cancel()
		fresh := account.New(w.config)
		if _, err := fresh.ByWebhookKey(away, channels.LINE, keys[0]); err == nil {
			t.Fatal("a server that has read nothing knows a channel")
		}
		if err := fresh.Warm(ctx); err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			want, err := w.ByWebhookKey(ctx, channels.LINE, key)
			if err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(time.Minute)
			if got, err := fresh.ByWebhookKey(away, channels.LINE, key); err != nil || got.ChannelID != want.ChannelID || got.TeamID != boss.TeamID || len(got.Account.Credentials) == 0 {
				t.Errorf("after it has read the channels it knows %+v: %v", got, err)
			}
		}
		// What changes is read anew, and the other is still known.
		first, err := fresh.ByWebhookKey(ctx, channels.LINE, keys[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := fresh.Pause(ctx, boss, first.ChannelID); err != nil {
			t.Fatal(err)
		}
		if got, err := fresh.ByWebhookKey(ctx, channels.LINE, keys[0]); err != nil || got.State != channel.StatePAUSED {
			t.Errorf("a paused channel is known as %s: %v", got.State, err)
		}
		if _, err := fresh.ByWebhookKey(away, channels.LINE, keys[1]); err != nil {
			t.Errorf("the channel that did not change: %v", err)
		}
	})
}
