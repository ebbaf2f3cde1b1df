// Package rig is what scenarios stand on: the program as an operator runs it, its databases and its Redis, which may be killed, a fake LINE,
// and clients that reconnect with their cursors. Nothing in it looks into a server: it speaks HTTP, signals and the platform's wire format.
package rig

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// The databases that a world may stand on.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// patience is how long anything here waits for what should happen soon.
const patience = time.Minute

// Program is a build of the server.
type Program string

// World is what one scenario runs in, on one database. Its methods may be called from several goroutines.
type World struct {
	// Database is SQLite or Postgres.
	Database string
	// IsShort says that the run is the one of every test run, not the one by hand.
	IsShort bool
	// Random is the only source of chance. The same seed gives the same.
	Random *random.Source
	// Folder is the world's own.
	Folder string
	// Bug is the planted bug that the tagged program is to show; "" is none.
	Bug string
	// Points are the fault points to die at; none is all that the scenario knows.
	Points []string
	// Patience is how long what should happen soon is awaited.
	Patience time.Duration
	// Release and Tagged are the program as it is shipped, and the one with fault points and planted bugs.
	Release, Tagged Program
	// Postgres and Redis are private; nil on SQLite.
	Postgres, Redis *service.Server
	// Line is the platform. It outlives every server.
	Line *fakeline.Server

	name, url  string
	mu         sync.Mutex
	env        []string
	ends       []func()
	violations []string
	counts     map[string]int
	out        io.Writer
}

// Options say how a world is made.
type Options struct {
	Database        string
	IsShort         bool
	Seed            uint64
	Bug             string
	Points          []string
	Release, Tagged Program
	Postgres, Redis *service.Server
	Out             io.Writer // what a scenario says while it runs
}

// New makes a world: an empty database, an empty Redis, a folder and a fake LINE. The caller closes it.
func New(ctx context.Context, o Options) (*World, error) {
	w := &World{Database: o.Database, IsShort: o.IsShort, Random: random.Seeded(o.Seed), Bug: o.Bug, Points: o.Points, Patience: patience,
		Release: o.Release, Tagged: o.Tagged, counts: map[string]int{}, out: o.Out}
	if w.Bug != "" {
		w.Patience = 2 * patience / 3 // more than a lease
	}
	if err := w.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *World) prepare(ctx context.Context, o Options) (err error) {
	if w.Folder, err = os.MkdirTemp("", "switchyard-torture-"); err != nil {
		return err
	}
	w.ends = append(w.ends, func() { _ = os.RemoveAll(w.Folder) })
	if w.Line, err = fakeline.Start(fakeline.Options{Random: random.Seeded(o.Seed + 1)}); err != nil {
		return err
	}
	w.ends = append(w.ends, w.Line.Stop)
	at := w.Line.BaseURLs()
	w.env = []string{
		"HOST=127.0.0.1", "LOG_LEVEL=ERROR", "SECRET_KEY=" + strings.Repeat("A", 43) + "=", "DATA_DIR=" + filepath.Join(w.Folder, "data"),
		"LINE_API_URL=" + at["api"], "LINE_DATA_URL=" + at["data"], "EGRESS_ALLOW=" + strings.TrimPrefix(at["api"], "http://") + "," + strings.TrimPrefix(at["data"], "http://"),
		// One agent here does the work of hundreds.
		"AGENT_COST_BURST=100000000", "AGENT_COST_PER_SECOND=1000000", "TEAM_COST_BURST=100000000", "TEAM_COST_PER_SECOND=1000000",
		"SESSIONS_PER_AGENT=10000", "SESSIONS_PER_TEAM=10000",
	}
	if w.Database != Postgres {
		return nil
	}
	w.Postgres, w.Redis = o.Postgres, o.Redis
	w.env = append(w.env, "REDIS_URL="+w.Redis.URL)
	if err := w.Empty(ctx); err != nil {
		return err
	}
	if code, said := w.Command(ctx, "migrate"); code != 0 {
		return fmt.Errorf("migrate: %s", said)
	}
	return nil
}

// Empty gives the servers and commands from now on another database, without a table.
func (w *World) Empty(ctx context.Context) error {
	name := "torture_" + fmt.Sprintf("%08x", uint32(random.New().Uint64()))
	if w.Database != Postgres {
		w.Set("DATA_DIR=" + filepath.Join(w.Folder, name))
		return nil
	}
	if err := w.Admin(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	u, err := url.Parse(w.Postgres.URL)
	if err != nil {
		return err
	}
	u.Path = "/" + name
	w.name, w.url = name, u.String()
	w.Set("DATABASE_URL=" + w.url)
	return nil
}

// Name is the name of the PostgreSQL database.
func (w *World) Name() string { return w.name }

// Admin runs a statement as the PostgreSQL's administrator, in no database of ours.
func (w *World) Admin(ctx context.Context, statement string, args ...any) error {
	db, err := sql.Open("postgres", w.Postgres.URL)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(err, db.Close())
}

// Close ends all that the world started. The second time it does nothing.
func (w *World) Close() error {
	w.mu.Lock()
	ends := w.ends
	w.ends = nil
	w.mu.Unlock()
	for _, end := range slices.Backward(ends) {
		end()
	}
	return nil
}

// atEnd has f called when the world is closed, before what was started earlier is ended.
func (w *World) atEnd(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, f)
}

// Set adds settings for the servers and commands that are started from now on; a later one of the same name wins.
func (w *World) Set(env ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.env = append(slices.Clip(w.env), env...)
}

// Unset takes a setting away.
func (w *World) Unset(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.env = slices.DeleteFunc(slices.Clone(w.env), func(s string) bool { return strings.HasPrefix(s, name+"=") })
}

// Setting is the value of a setting.
func (w *World) Setting(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Backward(w.env) {
		if v, ok := strings.CutPrefix(s, name+"="); ok {
			return v
		}
	}
	return ""
}

func (w *World) environment() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(slices.Clone(w.env), "PATH="+os.Getenv("PATH"), "TMPDIR="+os.TempDir())
}

// program is the build that servers run when nothing else is asked for: the shipped one, unless a bug is to be shown.
func (w *World) program() Program {
	if w.Bug != "" {
		return w.Tagged
	}
	return w.Release
}

// Command runs a command of the program as it is shipped to its end and gives its exit code and all it said. On SQLite no server may run.
func (w *World) Command(ctx context.Context, args ...string) (code int, said string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := exec.CommandContext(ctx, string(w.Release), args...)
	c.Env = w.environment()
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		return -1, err.Error()
	}
	return c.ProcessState.ExitCode(), string(out)
}

// Open opens the world's database for plain SQL, without the right to change anything. The caller closes it.
func (w *World) Open() (*sql.DB, error) {
	if w.Database == Postgres {
		return sql.Open("postgres", w.url+"&default_transaction_read_only=on")
	}
	path := filepath.Join(w.Setting("DATA_DIR"), "switchyard.db")
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(10000)")
}

// Violate notes that something was promised and is not so. The scenario goes on: there may be more to learn.
func (w *World) Violate(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// Violations are all that were noted.
func (w *World) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// Count adds to a figure of the table of results.
func (w *World) Count(what string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what] += n
}

// Counts are the figures.
func (w *World) Counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}

// Say tells whoever watches how far a scenario is.
func (w *World) Say(format string, args ...any) {
	_, _ = fmt.Fprintf(w.out, "    "+format+"\n", args...)
}

// Await returns once the condition holds, and fails where it does not come to hold within the world's patience. What says what is awaited, as in
// "everything is sent".
func (w *World) Await(ctx context.Context, what string, holds func() bool) error {
	return w.Follow(ctx, what, holds, func() int64 { return 0 })
}

// Follow is Await for what takes as long as it takes: it fails only where the measure has stood still for so long.
func (w *World) Follow(ctx context.Context, what string, holds func() bool, measure func() int64) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	last, since := measure(), time.Now()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
		if now := measure(); now != last {
			last, since = now, time.Now()
		} else if time.Since(since) > w.Patience {
			return fmt.Errorf("%s: not so after %v", what, w.Patience)
		}
	}
	return nil
}

// Flush empties Redis.
func (w *World) Flush(ctx context.Context) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(w.Redis.URL, "redis://"))
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "FLUSHALL\r\n"); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 64))
	return err
}
