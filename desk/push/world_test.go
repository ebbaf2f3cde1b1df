package push_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team whose agents are pushed to, with a clock that stands still. Tasks are done when the test says so.
type world struct {
	*factory.World
	*push.Service
	t      *testing.T
	clock  *clock.Manual
	people *workspace.Service
	at     *receiver

	mu        sync.Mutex
	tasks     []job.Task
	connected map[int64]bool
}

// EnqueueIn implements push.Queue.
func (w *world) EnqueueIn(_ context.Context, _ *store.Tx, t job.Task) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = append(w.tasks, t)
	return nil
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := &world{t: t, clock: clock.NewManual(time.Date(2026, 5, 1, 8, 30, 0, 0, time.UTC)), connected: map[int64]bool{}, at: newReceiver(t)}
		db := storetest.Open(t, dialect, store.Config{Clock: w.clock, Emitted: func(ctx context.Context, tx *store.Tx, events []event.Event) error {
			if w.Service == nil {
				return nil
			}
			return w.TakeIn(ctx, tx, events)
		}})
		w.World = factory.New(t, db)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for _, r := range auth.Roles {
				if err := tx.Role.Create().SetTeamID(tx.Team).SetRole(role.Role(r)).SetPermissions([]string{"SEND_MESSAGES"}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		none := func(context.Context, *store.Tx, int64, event.Actor) (int, error) { return 0, nil }
		w.people = workspace.New(workspace.Config{DB: db, Random: random.Seeded(1), Attempts: attempt.NewMemory(w.clock), Release: none, ReleaseGroups: none})
		keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("4", 64)), random.New())
		if err != nil {
			t.Fatal(err)
		}
		gate, err := egress.New(egress.Options{Allow: []string{strings.TrimPrefix(w.at.URL, "http://")}})
		if err != nil {
			t.Fatal(err)
		}
		w.Service, err = push.New(push.Config{
			DB: db, Keys: keys, Random: random.Seeded(2), Queue: w, Client: gate.Client(egress.Limits{Timeout: time.Second}), Check: gate.Check, Contact: "https://desk.example",
			IsConnected: func(_ context.Context, _, agent int64) (bool, error) { return w.connected[agent], nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, w)
	})
}

// member makes an agent who is signed in and reads the language.
func (w *world) member(r auth.Role, language string) auth.Principal {
	w.t.Helper()
	p := w.Agent(r)
	p.Language, p.SessionKey = language, random.New().UUID()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Agent.UpdateOneID(p.AgentID).SetLanguage(language).Exec(ctx); err != nil {
			return err
		}
		return tx.Session.Create().SetTeamID(tx.Team).SetAgentID(p.AgentID).SetFamily(p.SessionKey).SetAccessHash(random.New().UUID()).SetRefreshHash(random.New().UUID()).
			SetAccessExpiresAt(tx.Now.Add(time.Hour)).SetRefreshExpiresAt(tx.Now.Add(30 * 24 * time.Hour)).SetCreatedAt(tx.Now).Exec(ctx)
	})
	return p
}

// tell tells an agent something.
func (w *world) tell(agent int64, n workspace.Notice) {
	w.t.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return workspace.NotifyIn(ctx, tx, event.Actor{Kind: event.BySystem}, []int64{agent}, n)
	})
}

// work does the tasks that are due, each twice, as a queue may that could not note a success; those that come of them wait.
func (w *world) work() int {
	w.t.Helper()
	w.mu.Lock()
	var due, rest []job.Task
	for _, t := range w.tasks {
		if t.RunAt.After(w.clock.Now()) {
			rest = append(rest, t)
		} else {
			due = append(due, t)
		}
	}
	w.tasks = rest
	w.mu.Unlock()
	for _, t := range due {
		raw, err := json.Marshal(t.Args)
		if err != nil {
			w.t.Fatal(err)
		}
		for range 2 {
			if err := w.Work(w.t.Context(), w.Team, raw); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return len(due)
}

// waits says for when the next task is.
func (w *world) waits() time.Duration {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.tasks) != 1 {
		w.t.Fatalf("%d tasks wait, not 1", len(w.tasks))
	}
	return w.tasks[0].RunAt.Sub(w.clock.Now())
}

// deliveries are all there are, in order.
func (w *world) deliveries() []*ent.PushDelivery {
	w.t.Helper()
	var all []*ent.PushDelivery
	if err := w.DB.Read(w.t.Context(), w.Team, func(ctx context.Context, v *store.View) (err error) {
		all, err = v.PushDelivery.Query().Order(ent.Asc("id")).All(ctx)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// receiver is a push service and a team's own server: what it takes is kept, and what it answers is told.
type receiver struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	got    []taken
	answer func(w http.ResponseWriter, r *http.Request)
}

// taken is a request as it came.
type taken struct {
	path   string
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, taken{q.URL.Path, q.Header, b})
		answer := r.answer
		r.mu.Unlock()
		answer(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int, header ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "because")
	}
}

// take gives what came since the last time.
func (r *receiver) take() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.got
	r.got = nil
	return all
}

// browser holds the keys of a subscription, as a browser does.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
	in   push.DeviceInput
}

func (w *world) browser(name string) *browser {
	w.t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{key: key, auth: random.New().Bytes(16)}
	b.in = push.DeviceInput{Endpoint: w.at.URL + "/" + name, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(b.auth), UserAgent: "Firefox"}
	return b
}

// read decrypts what a push service handed on, by RFC 8188 and RFC 8291.
func (b *browser) read(t *testing.T, x taken) push.Letter {
	t.Helper()
	if x.header.Get("Content-Encoding") != "aes128gcm" || len(x.body) > 4096 {
		t.Fatalf("%d bytes of encoding %q", len(x.body), x.header.Get("Content-Encoding"))
	}
	salt, size, n := x.body[:16], binary.BigEndian.Uint32(x.body[16:20]), int(x.body[20])
	sender, sealed := x.body[21:21+n], x.body[21+n:]
	if int(size) < len(sealed) {
		t.Fatalf("a record of %d bytes holds %d", size, len(sealed))
	}
	from, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := b.key.ECDH(from)
	if err != nil {
		t.Fatal(err)
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		k, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	ikm := derive(shared, b.auth, "WebPush: info\x00"+string(b.key.PublicKey().Bytes())+string(sender), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), sealed, nil)
	if err != nil {
		t.Fatalf("it does not open: %v", err)
	}
	text, padding, ok := bytes.Cut(plain, []byte{2})
	if !ok || len(bytes.Trim(padding, "\x00")) > 0 {
		t.Fatalf("the record does not end as the last one does")
	}
	var l push.Letter
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return l
}

// isSigned checks the signature of RFC 8292, by the key that the browser subscribed with.
func isSigned(t *testing.T, x taken, audience, public string) {
	t.Helper()
	rest, ok := strings.CutPrefix(x.header.Get("Authorization"), "vapid t=")
	token, key, ok2 := strings.Cut(rest, ", k=")
	if !ok || !ok2 || key != public {
		t.Fatalf("signed as %q, not with %s", x.header.Get("Authorization"), public)
	}
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	part := func(n int) []byte {
		b, err := base64.RawURLEncoding.DecodeString(parts[n])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sum, mark := sha256.Sum256([]byte(parts[0]+"."+parts[1])), part(2)
	if len(mark) != 64 || !ecdsa.Verify(point, sum[:], new(big.Int).SetBytes(mark[:32]), new(big.Int).SetBytes(mark[32:])) {
		t.Error("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(part(1), &claims); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(time.Unix(claims.Exp, 0)); claims.Aud != audience || claims.Sub != "https://desk.example" || left <= 0 || left > 24*time.Hour {
		t.Errorf("it claims %+v", claims)
	}
}
