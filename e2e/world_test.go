package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
	"github.com/switchyard-chat/switchyard/ent/migrations"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

// world is a running server with the demo team, and the simulated people who write to it.
type world struct {
	URL      string
	Platform string // the fake LINE that the server sends to
	env      []string
	stop     func()
}

// each runs a test on both databases: SQLite with the bus in the process, PostgreSQL with Redis.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		test(t, start(t, environment(t, dialect)))
	})
}

// environment is that of a server with the demo team on a database of its own.
func environment(t testing.TB, dialect string) []string {
	t.Helper()
	if dialect == "postgres" {
		return settings(t, t.TempDir(), testkit.Database(t, seeded(t, dialect)))
	}
	path := testkit.File(t, seeded(t, dialect))
	folder := filepath.Dir(path)
	if err := os.Rename(path, filepath.Join(folder, store.File)); err != nil {
		t.Fatal(err)
	}
	return settings(t, folder, "")
}

// empty is the environment of a server whose database has its tables and no team.
func empty(t testing.TB, dialect string) []string {
	t.Helper()
	if dialect == "postgres" {
		return settings(t, t.TempDir(), storetest.URL(t))
	}
	return settings(t, t.TempDir(), "")
}

func settings(t testing.TB, folder, database string) []string {
	t.Helper()
	env := []string{"HOST=127.0.0.1", "PORT=0", "LOG_LEVEL=ERROR", "DATA_DIR=" + folder, "SECRET_KEY=" + strings.Repeat("A", 43) + "="}
	if database != "" {
		redis, _ := testkit.Redis(t)
		env = append(env, "DATABASE_URL="+database, "REDIS_URL="+redis)
	}
	return env
}

// seeded is the template of databases with the demo team. A server makes it, once.
func seeded(t testing.TB, dialect string) testkit.Template {
	t.Helper()
	sources := fstest.MapFS{}
	for _, from := range []fs.FS{migrations.FS, os.DirFS("../server/demo")} {
		if err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			b, err := fs.ReadFile(from, path)
			sources[path] = &fstest.MapFile{Data: b}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return testkit.Template{Name: "demo", Migrations: sources, Migrate: func(ctx context.Context, at string) error {
		env := []string{"HOST=127.0.0.1", "PORT=0", "SECRET_KEY=" + strings.Repeat("A", 43) + "="}
		if dialect == "postgres" {
			folder, err := os.MkdirTemp("", "switchyard-seed-") // the demo team has files; no test opens them
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(folder) }()
			return seed(ctx, append(env, "DATABASE_URL="+at, "DATA_DIR="+folder))
		}
		folder := filepath.Dir(at)
		if err := seed(ctx, append(env, "DATA_DIR="+folder)); err != nil {
			return err
		}
		return os.Rename(filepath.Join(folder, store.File), at)
	}}
}

// seed runs a demo server until it is ready.
func seed(ctx context.Context, env []string) error {
	c, err := config.Read(env)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return server.Run(ctx, server.Options{Config: c, IsDemo: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler), Ready: func(server.Running) { cancel() }})
}

// start runs a demo server until the test ends.
func start(t *testing.T, env []string) *world {
	t.Helper()
	return run(t, env, true)
}

// run runs a server until the test ends.
func run(t *testing.T, env []string, isDemo bool) *world {
	t.Helper()
	c, err := config.Read(env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan server.Running, 1), make(chan error, 1)
	go func() {
		ended <- server.Run(ctx, server.Options{Config: c, IsDemo: isDemo, Out: io.Discard, Log: testLog(t), Ready: func(r server.Running) { ready <- r }})
	}()
	w := &world{env: env}
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the server ended with: %v", err)
			}
		})
	}
	select {
	case r := <-ready:
		w.URL, w.Platform = r.URL, r.PlatformURL
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(w.stop)
	return w
}

// agent is a signed-in agent; without a token it is nobody.
type agent struct {
	t       *testing.T
	w       *world
	token   string
	refresh string
	ID      string
}

// signIn signs a demo agent in.
func (w *world) signIn(t *testing.T, email string) *agent {
	t.Helper()
	return w.signInWith(t, demo.Team, email, demo.Password)
}

func (w *world) signInWith(t *testing.T, team, email, password string) *agent {
	t.Helper()
	a := &agent{t: t, w: w}
	r := a.do(`mutation($i: SignInInput!) { signIn(input: $i) { accessToken refreshToken viewer { id } userErrors { message } } }`,
		map[string]any{"i": map[string]any{"team": team, "email": email, "password": password}})
	a.token, a.refresh, a.ID = str(r, "signIn.accessToken"), str(r, "signIn.refreshToken"), str(r, "signIn.viewer.id")
	if a.token == "" {
		t.Fatalf("cannot sign in: %v", r)
	}
	return a
}

// post sends one operation and gives the whole answer.
func (a *agent) post(query string, variables map[string]any) (map[string]any, int) {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.w.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "en")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		a.t.Fatal(err)
	}
	return out, res.StatusCode
}

// do sends one operation and gives its data; errors fail the test.
func (a *agent) do(query string, variables map[string]any) map[string]any {
	a.t.Helper()
	out, _ := a.post(query, variables)
	if out["errors"] != nil {
		a.t.Fatalf("%s\nerrors: %v", query, out["errors"])
	}
	data, _ := out["data"].(map[string]any)
	return data
}

// stream is one live subscription over graphql-transport-ws.
type stream struct {
	t    *testing.T
	conn *websocket.Conn
	mu   sync.Mutex
	got  []map[string]any // the field's value of each frame
	more chan struct{}
	err  error
}

// subscribe starts a subscription and waits for its Hello.
func (a *agent) subscribe(query string, variables map[string]any) *stream {
	a.t.Helper()
	s := a.dial(map[string]any{"authorization": "Bearer " + a.token})
	s.send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": query, "variables": variables}})
	s.await("Hello", func(f map[string]any) bool { return f["__typename"] == "Hello" })
	return s
}

// dial opens a socket that begins with the payload.
func (a *agent) dial(payload map[string]any) *stream {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(a.w.URL, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		a.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	s := &stream{t: a.t, conn: conn, more: make(chan struct{}, 1)}
	a.t.Cleanup(func() { _ = conn.CloseNow() })
	s.send(map[string]any{"type": "connection_init", "payload": payload})
	s.send(map[string]any{"type": "ping"})
	go s.read()
	return s
}

func (s *stream) send(m map[string]any) {
	s.t.Helper()
	if m["type"] == "subscribe" {
		// Subscribing before the acknowledgement is a mistake of the client.
		deadline := time.After(patience)
		for !s.acknowledged() {
			select {
			case <-s.more:
			case <-deadline:
				s.t.Fatal("no connection_ack")
			}
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.conn.Write(context.Background(), websocket.MessageText, b); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stream) acknowledged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got) > 0 && s.got[0]["type"] == "connection_ack"
}

func (s *stream) read() {
	for {
		_, b, err := s.conn.Read(context.Background())
		s.mu.Lock()
		if err != nil {
			s.err = err
		} else {
			var m struct {
				Type    string `json:"type"`
				Payload struct {
					Data map[string]map[string]any `json:"data"`
				} `json:"payload"`
			}
			switch uerr := json.Unmarshal(b, &m); {
			case m.Type == "next" && uerr == nil:
				for _, v := range m.Payload.Data {
					s.got = append(s.got, v)
				}
			case m.Type == "connection_ack":
				s.got = append(s.got, map[string]any{"type": m.Type})
			case m.Type == "error", m.Type == "complete":
				s.got = append(s.got, map[string]any{"type": m.Type, "raw": string(b)})
			}
		}
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// frames are all frames until now.
func (s *stream) frames() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]any(nil), s.got...)
}

// await waits for a frame that fits and gives it.
func (s *stream) await(what string, fits func(map[string]any) bool) map[string]any {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		for _, f := range s.frames() {
			if fits(f) {
				return f
			}
		}
		s.mu.Lock()
		err := s.err
		s.mu.Unlock()
		if err != nil {
			s.t.Fatalf("the socket closed while waiting for %s: %v; got %v", what, err, s.frames())
		}
		select {
		case <-s.more:
		case <-deadline:
			s.t.Fatalf("no %s came; got %v", what, s.frames())
		}
	}
}

// events is one live subscription over server-sent events.
type events struct {
	t     *testing.T
	lines chan string // what stands in data; closed at the end
}

// listen starts a subscription over server-sent events.
func (a *agent) listen(query string, variables map[string]any) *events {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.w.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+a.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	e := &events{t: a.t, lines: make(chan string, 1000)}
	go func() {
		defer close(e.lines)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				e.lines <- data
			}
		}
	}()
	return e
}

// until waits for what holds a word and gives it.
func (e *events) until(word string) string {
	e.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-e.lines:
			if !ok {
				e.t.Fatalf("the stream ended without %s", word)
			}
			if strings.Contains(line, word) {
				return line
			}
		case <-deadline:
			e.t.Fatalf("no %s came", word)
		}
	}
}

// deliveries are what the fake LINE accepted for a recipient.
func (w *world) deliveries(t *testing.T, to string) []fake.Delivery {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Platform+"/_fake/log?to="+to, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Deliveries []fake.Delivery `json:"deliveries"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Deliveries
}

// What reads a value out of an answer by its path.
var at, str, num = rig.At, rig.Str, rig.Num

// testLog shows a server's warnings in the test's own output.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
