package account_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/account"
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
