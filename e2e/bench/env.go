package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	_ "github.com/lib/pq" // for questions to the database beside what is measured

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// durable are the settings of PostgreSQL as docs/performance.md says: commits reach the disk, and a plan runs in one process.
var durable = []string{
	"fsync=on", "synchronous_commit=on", "full_page_writes=on", "jit=off", "max_parallel_workers_per_gather=0", "shared_buffers=2GB",
	"max_wal_size=8GB", "checkpoint_timeout=30min", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "random_page_cost=1.1", "effective_cache_size=8GB",
}

// Env is where workloads run: servers, data, and the report.
type Env struct {
	Folder  string // for files of the run
	Program string // our server's program
	Self    string // this program, which is the limit too
	Redis   string
	Scale   int // conversations
	Base    int // conversations of the smaller database, against which growth is measured
	Effort  Effort
	Report  *Report
	// Small is the form for CI: few rounds over little data, no peers.
	Small bool

	// Peers is the folder of the outside peers' programs; empty measures without them.
	Peers string

	demos      int    // databases of the demo team that were made
	postgres   string // of the superuser, with the database postgres
	postmaster int
	profile    string // of our server, where one is asked for
	named      string // the workloads that were asked for, as they were named
	only       string // part of the names of comparisons; empty is all
	platform   *platform
	worlds     map[int]*World
	stops      []func()
}

// World is a loaded database with our server and the limit on it, each in a process of its own.
type World struct {
	data.Size
	URL    string // of the database
	Server *Process
	Limit  *Process
	Peer   *Process // PostGraphile, where outside peers are asked for and a workload has it
}

// wants says whether a comparison is asked for.
func (e *Env) wants(name string) bool { return e.only == "" || strings.Contains(name, e.only) }

// Stop ends everything that was started.
func (e *Env) Stop() {
	for i := len(e.stops) - 1; i >= 0; i-- {
		e.stops[i]()
	}
	e.stops = nil
}

// Later has f called by Stop, the last one first.
func (e *Env) Later(f func()) { e.stops = append(e.stops, f) }

// services starts PostgreSQL and Redis, or takes the PostgreSQL of this machine at a superuser's address, whose loaded databases are used again.
func (e *Env) services(ctx context.Context, given string) error {
	e.postgres = given
	if given == "" {
		p, err := service.PostgresWith(ctx, durable...)
		if err != nil {
			return err
		}
		e.Later(p.Stop)
		e.postgres = p.URL
	}
	r, err := service.Redis(ctx)
	if err != nil {
		return err
	}
	e.Later(r.Stop)
	e.Redis = r.URL
	if e.platform, err = startPlatform(); err != nil {
		return err
	}
	e.Later(e.platform.Stop)
	db, err := sql.Open("postgres", e.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	var backend int
	if err := db.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	s, err := statOf(backend)
	if err != nil {
		return fmt.Errorf("PostgreSQL must run on this machine: %w", err)
	}
	e.postmaster = s.parent
	return e.facts(ctx, db)
}

// databaseCPU is the processor time that PostgreSQL has had.
func (e *Env) databaseCPU() (time.Duration, error) { return familyCPU(e.postmaster) }

// DatabaseURL is the address of a database of the server.
func (e *Env) DatabaseURL(name string) string {
	u, err := url.Parse(e.postgres)
	if err != nil {
		return e.postgres // it was connected to
	}
	u.Path = "/" + name
	return u.String()
}

// World gives the database with so many conversations, loaded where it is not there yet, and starts our server and the limit on it.
func (e *Env) World(ctx context.Context, conversations int) (*World, error) {
	if w := e.worlds[conversations]; w != nil {
		return w, nil
	}
	w := &World{Size: data.SizeOf(conversations)}
	name := fmt.Sprintf("bench_%d", conversations)
	w.URL = e.DatabaseURL(name)
	if err := e.loaded(ctx, name, w); err != nil {
		return nil, err
	}
	var err error
	if w.Server, err = e.Serve(ctx, w.URL); err != nil {
		return nil, err
	}
	port, err := Port()
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("127.0.0.1:%d", port)
	w.Limit, err = Start(ctx, e.Folder, fmt.Sprintf("limit-%d", conversations), "http://"+at, []string{"GOMAXPROCS=" + os.Getenv("GOMAXPROCS")}, Answers("http://"+at+"/ready"),
		e.Self, "limit", "-database", w.URL, "-redis", e.Redis, "-listen", at)
	if err != nil {
		return nil, err
	}
	e.Later(w.Limit.Stop)
	if e.worlds == nil {
		e.worlds = map[int]*World{}
	}
	e.worlds[conversations] = w
	return w, nil
}

// version names the law by which databases are filled: one that was filled by another is filled again.
const version = "switchyard bench 2"

// loaded loads a database where it is not there.
func (e *Env) loaded(ctx context.Context, name string, w *World) error {
	db, err := sql.Open("postgres", e.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	var is sql.NullString
	err = db.QueryRowContext(ctx, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name).Scan(&is)
	if err == nil && is.String == version {
		// It may have been filled before the tables changed.
		return data.Migrate(ctx, w.URL)
	}
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	begun := time.Now()
	t := Table{Title: fmt.Sprintf("Loading %s conversations, %s messages", count(w.Conversations), count(w.Messages)), Columns: []string{"step", "seconds"}}
	if err := data.Load(ctx, w.URL, w.Size, func(step string, took time.Duration) {
		t.Rows = append(t.Rows, []string{step, fmt.Sprintf("%.1f", took.Seconds())})
		fmt.Fprintf(os.Stderr, "bench: loaded %s in %s\n", step, rounded(took))
	}); err != nil {
		return err
	}
	if err := data.Check(ctx, w.URL, w.Size); err != nil {
		return err
	}
	var size int64
	if err := db.QueryRowContext(ctx, "SELECT pg_database_size($1)", name).Scan(&size); err != nil {
		return err
	}
	t.Rows = append(t.Rows, []string{"all, with the check", fmt.Sprintf("%.1f", time.Since(begun).Seconds())})
	t.Note = fmt.Sprintf("The database has %s MB.", count(int(size>>20)))
	e.Report.AddTable(t)
	_, err = db.ExecContext(ctx, "COMMENT ON DATABASE "+name+" IS '"+version+"'")
	return err
}

// Serve starts our server on a database until Stop. More settings win over those of the benchmark, which lets one agent ask without end.
func (e *Env) Serve(ctx context.Context, database string, settings ...string) (*Process, error) {
	port, err := Port()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(e.Folder, "server-")
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	const endless = "1000000000"
	env := []string{"HOST=127.0.0.1", fmt.Sprintf("PORT=%d", port), "DATABASE_URL=" + database, "REDIS_URL=" + e.Redis, "DATA_DIR=" + folder,
		"SECRET_KEY=" + data.SecretKey, "LOG_LEVEL=ERROR", "AGENT_COST_BURST=" + endless, "AGENT_COST_PER_SECOND=" + endless, "TEAM_COST_BURST=" + endless,
		"TEAM_COST_PER_SECOND=" + endless, "SESSIONS_PER_AGENT=100000", "SESSIONS_PER_TEAM=1000000",
		"LINE_API_URL=" + e.platform.BaseURLs()["api"], "LINE_DATA_URL=" + e.platform.BaseURLs()["data"], "EGRESS_ALLOW=127.0.0.1"}
	if e.profile != "" {
		env = append(env, profileVariable+"="+e.profile)
	}
	p, err := Start(ctx, folder, "switchyard", at, append(env, settings...), Answers(at+"/readyz"), e.Program, "serve")
	if err != nil {
		return nil, err
	}
	e.Later(p.Stop)
	return p, nil
}
