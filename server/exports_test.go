package server

import (
	"context"
	"encoding/csv"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/origin"
)

// CONV-25: the link gives the table to be saved, kept nowhere on the way; a link that is not ours gives nothing.
func TestExportsAreServed(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		db := storetest.Open(t, dialect, store.Config{})
		adapters, err := channels.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		w := factory.New(t, db)
		admin := w.Agent(auth.Admin)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Role.Create().SetTeamID(tx.Team).SetRole(role.RoleADMIN).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		})
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Messages: 3})
		keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("5", 64)), random.New())
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		exports := conversation.NewExports(conversation.ExportConfig{Actions: conversation.New(db, adapters, nil, random.New(), nil), Signer: keys, PublicURL: server.URL})
		h := newFiles(nil, exports, nil, attempt.NewMemory(clock.Real{}), clock.Real{}, slog.New(slog.DiscardHandler))
		if err := h.routes(mux, origin.New(server.URL, nil).Guard); err != nil {
			t.Fatal(err)
		}
		at, _, _, err := exports.Link(t.Context(), admin, conversation.ExportInput{ConversationID: c.ID})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(method, at string) *http.Response {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, at, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = res.Body.Close() })
			return res
		}
		res := ask(http.MethodGet, at)
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		table, hasMark := strings.CutPrefix(string(body), "\ufeff")
		rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		if err != nil || len(rows) != 4 || !hasMark || res.StatusCode != http.StatusOK {
			t.Errorf("%d: %q, %v", res.StatusCode, rows, err)
		}
		for name, want := range map[string]string{"Content-Type": "text/csv; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		if got := res.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename=conversation-") {
			t.Errorf("it is given as %q", got)
		}
		for bad, want := range map[string]int{at + "0": http.StatusNotFound, strings.Split(at, "?")[0]: http.StatusNotFound, strings.Replace(at, "conv_", "file_", 1): http.StatusNotFound} {
			if got := ask(http.MethodGet, bad).StatusCode; got != want {
				t.Errorf("%s: %d", bad, got)
			}
		}
		if got := ask(http.MethodPost, at).StatusCode; got != http.StatusMethodNotAllowed {
			t.Errorf("a POST: %d", got)
		}
	})
}
