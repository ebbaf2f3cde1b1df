package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/profile"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

const (
	fixtureSecret = "fixture-line-channel-secret-01" // signs every fixture
	hookKey       = "hook-key"
	oneMessage    = `{"destination":"U1","events":[{"type":"message","mode":"active","timestamp":1750000000000,"webhookEventId":"01HOOK","deliveryContext":{"isRedelivery":false},` +
		`"source":{"type":"user","userId":"U00000000000000000000000000000009"},"message":{"type":"text","id":"m1","text":"secret words","quoteToken":"q"}}]}`
)

// hooks is the webhook entry of a team with a LINE channel.
type hooks struct {
	t        *testing.T
	db       *store.DB
	team     int64
	channel  int64
	accounts *account.Service
	entry    *webhooks
	mux      *http.ServeMux
	log      *bytes.Buffer
	metrics  *prometheus.Registry
}

func setupHooks(t *testing.T, db *store.DB) *hooks {
	t.Helper()
	h := &hooks{t: t, db: db, log: &bytes.Buffer{}, mux: http.NewServeMux(), metrics: prometheus.NewRegistry()}
	// Of LINE it is asked only whose account a token is of.
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"userId":"U1","basicId":"@shop","displayName":"Shop","chatMode":"bot","markAsReadMode":"manual"}`))
	}))
	t.Cleanup(platform.Close)
	gate, err := egress.New(egress.Options{Allow: []string{platform.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{})))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	if h.team, err = db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	h.accounts = account.New(account.Config{DB: db, Adapters: adapters, Keys: keys, Random: random.New(), PublicURL: "http://127.0.0.1:1",
		BaseURLs: map[channels.Type]map[string]string{channels.LINE: {"api": platform.URL, "data": platform.URL}}})
	_, err = db.Write(t.Context(), h.team, func(ctx context.Context, tx *store.Tx) error {
		c, err := h.accounts.CreateIn(ctx, tx, event.Actor{Kind: event.BySystem}, account.NewChannel{
			Type: channels.LINE, Name: "LINE", Info: channels.AccountInfo{PlatformID: "U1"}, WebhookKey: hookKey,
			Credentials: channels.Credentials{line.ChannelID: "1", line.ChannelSecret: fixtureSecret, line.ChannelAccessToken: "t"},
		})
		if err == nil {
			h.channel = c.ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// As a server does before it is ready: a busy machine may take longer to find a channel for the first time than a webhook waits.
	if err := h.accounts.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The questions to the platform are queued and, since the queue is not started, never asked.
	queue, err := job.New(db, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{profile.PersonTask: nil, profile.GroupTask: nil, profile.MemberTask: nil})
	if err != nil {
		t.Fatal(err)
	}
	contacts, groups := contact.New(db), group.New(db)
	asks := profile.New(profile.Config{DB: db, Adapters: adapters, Accounts: h.accounts, Contacts: contacts, Groups: groups, Queue: queue})
	in := inbound.New(inbound.Config{DB: db, Contacts: contacts, Groups: groups, Adapters: adapters, Files: filetest.New(t, db, adapters, h.accounts).Service,
		Fetcher: asks, Queue: queue})
	h.entry = newWebhooks(h.accounts, adapters, in, nil, clock.Real{}, slog.New(slog.NewTextHandler(h.log, nil)), h.metrics)
	h.mux.Handle("POST /webhooks/{type}/{key}", h.entry)
	return h
}

func signed(body string) string {
	mac := hmac.New(sha256.New, []byte(fixtureSecret))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post calls the webhook.
func (h *hooks) post(path, body, signature string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(body))
	if signature != "" {
		r.Header.Set("x-line-signature", signature)
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return w
}

// counted reads a counter of a type of channel and a result.
func (h *hooks) counted(name, channelType, result string) float64 {
	h.t.Helper()
	families, err := h.metrics.Gather()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == name && l[0].GetValue() == channelType && l[1].GetValue() == result {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// count counts rows.
func (h *hooks) count(table string) (n int) {
	h.t.Helper()
	if err := h.db.SQL().QueryRowContext(h.t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// CHAN-9: each of LINE's bodies, signed by LINE's own rules, is acknowledged once it is stored, and stored once however often it comes.
func TestWebhookFixtures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := setupHooks(t, db)
		metas, err := filepath.Glob("../channels/line/testdata/*.meta.json")
		if err != nil || len(metas) == 0 {
			t.Fatalf("no fixtures: %v", err)
		}
		rows := func() string {
			return fmt.Sprint(h.count("inbound_events"), h.count("messages"), h.count("conversations"), h.count("contacts"), h.count("events"))
		}
		for _, path := range metas {
			var meta struct {
				HTTP   struct{ Headers map[string]string }
				Expect struct {
					HTTPStatus int `json:"http_status"`
					Events     []struct {
						DedupeKey string `json:"dedupe_key"`
					}
				}
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &meta); err != nil {
				t.Fatal(err)
			}
			body, err := os.ReadFile(strings.TrimSuffix(path, ".meta.json") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			name, signature := filepath.Base(path), meta.HTTP.Headers["x-line-signature"]
			if w := h.post("/webhooks/line/"+hookKey, string(body), signature); w.Code != meta.Expect.HTTPStatus {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			for _, e := range meta.Expect.Events {
				var state string
				err := db.SQL().QueryRowContext(t.Context(), db.Rebind("SELECT state FROM inbound_events WHERE dedupe_key = ?"), e.DedupeKey).Scan(&state)
				if err != nil || state == "FAILED" {
					t.Errorf("%s: event %s is kept as %q, %v", name, e.DedupeKey, state, err)
				}
			}
			before := rows()
			if w := h.post("/webhooks/line/"+hookKey, string(body), signature); w.Code != http.StatusOK {
				t.Errorf("%s again: %d", name, w.Code)
			}
			if after := rows(); after != before {
				t.Errorf("%s again: rows %s, before %s", name, after, before)
			}
		}
	})
}

// CHAN-9: what is not the platform's body for a living channel is refused and leaves no trace but a metric. Who guesses addresses cannot tell
// an unknown one from a deleted channel's.
func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := setupHooks(t, db)
		deep := strings.Replace(oneMessage, `"mode":"active"`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40), 1)
		many := `{"destination":"U1","events":[` + strings.TrimSuffix(strings.Repeat(`{"type":"x"},`, maxEvents+1), ",") + `]}`
		large := `{"destination":"U1","events":[],"x":"` + strings.Repeat("a", maxBody) + `"}`
		for name, c := range map[string]struct {
			path, body, signature string
			code                  int
			result                string
		}{
			"not signed":          {"/webhooks/line/" + hookKey, oneMessage, "", http.StatusUnauthorized, "forged"},
			"signed by another":   {"/webhooks/line/" + hookKey, oneMessage, base64.StdEncoding.EncodeToString(make([]byte, 32)), http.StatusUnauthorized, "forged"},
			"changed by a space":  {"/webhooks/line/" + hookKey, oneMessage + " ", signed(oneMessage), http.StatusUnauthorized, "forged"},
			"an unknown address":  {"/webhooks/line/other", oneMessage, signed(oneMessage), http.StatusNotFound, "unknown"},
			"an unknown platform": {"/webhooks/icq/" + hookKey, oneMessage, signed(oneMessage), http.StatusNotFound, "unknown"},
			"no JSON":             {"/webhooks/line/" + hookKey, "hello", signed("hello"), http.StatusBadRequest, "malformed"},
			"nothing":             {"/webhooks/line/" + hookKey, "", signed(""), http.StatusBadRequest, "malformed"},
			"no body of LINE's":   {"/webhooks/line/" + hookKey, "{}", signed("{}"), http.StatusBadRequest, "malformed"},
			"too deep":            {"/webhooks/line/" + hookKey, deep, signed(deep), http.StatusBadRequest, "malformed"},
			"too many events":     {"/webhooks/line/" + hookKey, many, signed(many), http.StatusBadRequest, "malformed"},
			"too large":           {"/webhooks/line/" + hookKey, large, signed(large), http.StatusRequestEntityTooLarge, "too large"},
		} {
			label := "LINE"
			if strings.Contains(c.path, "icq") {
				label = "other"
			}
			before := h.counted("switchyard_webhook_bodies_total", label, c.result)
			if w := h.post(c.path, c.body, c.signature); w.Code != c.code {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			if got := h.counted("switchyard_webhook_bodies_total", label, c.result) - before; got != 1 {
				t.Errorf("%s: counted %v times as %s", name, got, c.result)
			}
		}
		for _, table := range []string{"inbound_events", "contacts", "identities", "conversations", "messages"} {
			if n := h.count(table); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
		if h.log.Len() > 0 {
			t.Errorf("logged: %s", h.log)
		}
		unknown := h.post("/webhooks/line/other", oneMessage, signed(oneMessage))
		if _, _, err := h.accounts.Delete(t.Context(), auth.Principal{TeamID: h.team, AgentID: 1, Role: auth.Admin}, h.channel); err != nil {
			t.Fatal(err)
		}
		if gone := h.post("/webhooks/line/"+hookKey, oneMessage, signed(oneMessage)); gone.Code != unknown.Code || gone.Body.String() != unknown.Body.String() {
			t.Errorf("a deleted channel answers %d %s, an unknown one %d %s", gone.Code, gone.Body, unknown.Code, unknown.Body)
		}
	})
}

// CHAN-9: the same body from several connections at once is done once, and each of them is told that it was taken.
func TestWebhookAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := setupHooks(t, db)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if w := h.post("/webhooks/line/"+hookKey, oneMessage, signed(oneMessage)); w.Code != http.StatusOK {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		all.Wait()
		if n := h.count("messages"); n != 1 {
			t.Errorf("%d messages", n)
		}
		applied, twice := h.counted("switchyard_webhook_events_total", "LINE", "applied"), h.counted("switchyard_webhook_events_total", "LINE", "duplicate")
		if applied != 1 || twice != 7 {
			t.Errorf("counted %v applied, %v duplicate", applied, twice)
		}
	})
}

// A body that was announced and never came kept its connection for ever.
func TestWebhookSlowBody(t *testing.T) {
	t.Parallel()
	h := setupHooks(t, storetest.Open(t, "sqlite3", store.Config{}))
	s := httptest.NewServer(h.mux)
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(clock.Real{}.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST /webhooks/line/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", hookKey); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusRequestTimeout {
		t.Errorf("answered %d", r.StatusCode)
	}
}

// CHAN-9: while the database cannot be used the platform is told to come again, within the time it waits, and what it then brings again is
// done once. Nobody's words are logged.
func TestWebhookWithoutDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := setupHooks(t, db)
		tx, err := db.SQL().BeginTx(t.Context(), &sql.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if db.IsPostgres() {
			if _, err := tx.ExecContext(t.Context(), "LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"); err != nil {
				t.Fatal(err)
			}
		}
		// The database is held until the answer is there: nothing but the entry's own limit ends the wait. LINE waits two seconds.
		if answerWithin >= 2*time.Second {
			t.Errorf("a webhook may wait for %v", answerWithin)
		}
		if w := h.post("/webhooks/line/"+hookKey, oneMessage, signed(oneMessage)); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if n := h.count("messages"); n != 0 {
			t.Errorf("%d messages of a body that was refused", n)
		}
		for range 2 {
			if w := h.post("/webhooks/line/"+hookKey, oneMessage, signed(oneMessage)); w.Code != http.StatusOK {
				t.Errorf("again: %d %s", w.Code, w.Body)
			}
		}
		if n := h.count("messages"); n != 1 {
			t.Errorf("%d messages", n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if w := h.post("/webhooks/line/"+hookKey, oneMessage, signed(oneMessage)); w.Code != http.StatusServiceUnavailable {
			t.Errorf("without a database: %d %s", w.Code, w.Body)
		}
		for _, private := range []string{"secret words", "U00000000000000000000000000000009", fixtureSecret, hookKey} {
			if strings.Contains(h.log.String(), private) {
				t.Errorf("%q is in the log: %s", private, h.log)
			}
		}
	})
}
