// Package walls proves that teams are walled off from each other: what a team's people can name, ask for, send or open never touches another
// team. What has to be tried is read off the GraphQL schema and the tables, so that nothing new goes untried.
package walls_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server"
)

// secretKey is the server's SECRET_KEY.
var secretKey = strings.Repeat("5ec2e7", 10) + "5ec2"

// world is a running server with two furnished teams: amber, which tries, and cobalt, of which nothing may be seen or touched.
type world struct {
	t             testing.TB
	dialect       string
	url           string
	database      string  // its address; empty for SQLite
	db            *sql.DB // past all walls
	line          *fakeline.Server
	amber, cobalt *team
	log           *heap // what the server logs, at its most talkative
	opened        func(*store.Config)
	stop          func()
}

// newWorld furnishes a database of the dialect and starts a server on it, with the settings beside its own.
func newWorld(t *testing.T, dialect string, settings ...string) *world {
	t.Helper()
	return newWorldWith(t, dialect, nil, settings...)
}

// newWorldWith is newWorld whose server opens the database as opened says; nil is as ever.
func newWorldWith(t *testing.T, dialect string, opened func(*store.Config), settings ...string) *world {
	t.Helper()
	w := &world{t: t, dialect: dialect, log: &heap{}, opened: opened}
	folder := t.TempDir()
	env := []string{
		"HOST=127.0.0.1", "PORT=0", "LOG_LEVEL=ERROR", "SECRET_KEY=" + secretKey, "EGRESS_ALLOW=127.0.0.0/8", "SESSIONS_PER_AGENT=1000",
		"AGENT_COST_BURST=100000000", "TEAM_COST_BURST=100000000", "ADDRESS_COST_BURST=100000000",
	}
	c := store.Config{Unsafe: true}
	if dialect == "postgres" {
		c.URL = storetest.URL(t)
		w.database = c.URL
		redis, _ := testkit.Redis(t)
		env = append(env, "DATABASE_URL="+c.URL, "REDIS_URL="+redis)
	} else {
		c.Folder = storetest.Folder(t)
		folder = c.Folder
	}
	env = append(env, "DATA_DIR="+folder)
	var err error
	if w.line, err = fakeline.Start(fakeline.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.line.Stop)
	env = append(env, "LINE_API_URL="+w.line.BaseURLs()["api"], "LINE_DATA_URL="+w.line.BaseURLs()["data"])
	w.open(c)
	w.furnish(c, filepath.Join(folder, "files"))
	w.run(append(env, settings...))
	return w
}

// open opens the database beside the server, as nobody of the program does: no wall is in the way.
func (w *world) open(c store.Config) {
	w.t.Helper()
	var err error
	if c.URL != "" {
		w.db, err = sql.Open("postgres", c.URL)
	} else {
		q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)"}}
		w.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(c.Folder, store.File)}).EscapedPath()+"?"+q.Encode())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.db.Close() })
}

// within opens the database beside the server as open does, for writing in one team: what a team's names are found by is written by triggers, through a
// view that asks for the team.
func (w *world) within(team int64) *sql.DB {
	w.t.Helper()
	if w.dialect != "postgres" {
		return w.db
	}
	u, err := url.Parse(w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", fmt.Sprintf("-c app.team=%d", team))
	u.RawQuery = q.Encode()
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

// run runs the server until the test ends.
func (w *world) run(env []string) {
	t := w.t
	t.Helper()
	c, err := config.Read(env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan server.Running, 1), make(chan error, 1)
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	go func() {
		ended <- server.Run(ctx, server.Options{Config: c, Database: w.opened, Out: io.Discard, Log: log, Ready: func(r server.Running) { ready <- r }})
	}()
	select {
	case r := <-ready:
		w.url = r.URL
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
		if t.Failed() {
			for line := range bytes.Lines(w.log.bytes()) {
				if bytes.Contains(line, []byte("level=WARN")) || bytes.Contains(line, []byte("level=ERROR")) {
					t.Logf("%s", line)
				}
			}
		}
	})
	t.Cleanup(w.stop)
}

// heap keeps what is written, for a look at it afterwards.
type heap struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (h *heap) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.Write(b)
}

func (h *heap) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.all.Bytes())
}

// keys seals as the server does.
func keys(t testing.TB) *seal.Keyring {
	t.Helper()
	k, err := seal.NewKeyring(seal.Hide(secretKey), random.New())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// call is one request.
type call struct {
	method, path, token string
	header              map[string]string
	body                []byte
}

// send sends a request and gives the whole answer, its status and headers.
func (w *world) send(c call) ([]byte, int, http.Header) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if c.method == "" {
		c.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, c.method, w.url+c.path, bytes.NewReader(c.body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "en")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return b, res.StatusCode, res.Header
}

// ask sends an operation for who holds the token and gives the answer as it came.
func (w *world) ask(token, query string, variables map[string]any) []byte {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		w.t.Fatal(err)
	}
	b, _, _ := w.send(call{path: "/graphql", token: token, header: map[string]string{"Content-Type": "application/json"}, body: body})
	return b
}

// moving is what of an answer is another each time: the request's id, what the caller has left, and when a token was used.
var moving = regexp.MustCompile(`"__typename":"Job","id":"job_[^"]*"|"createdAt":"[^"]*","endedAt":"[^"]*"|"userErrors":\[\],"cursor":"[^"]*"|"requestId":"[^"]*"|"lastUsedAt":"[^"]*"|"remaining":[0-9]+|"actual":[0-9]+|until=[0-9]+|sig=[A-Za-z0-9_-]+`)

// still is an answer without what is another each time.
func still(b []byte) string { return moving.ReplaceAllString(string(b), "*") }
