// Package store opens the database, migrates it, and is the only way to it: Read gives a consistent view of one team, Write a transaction
// of one team whose events are written last and whose hints go out after the commit. PostgreSQL and SQLite behave alike.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
)

// File is the name of SQLite's file in its folder.
const File = "switchyard.db"

// Config says where the database is.
type Config struct {
	// URL is postgres://… for PostgreSQL. Empty means SQLite in Folder.
	URL string
	// Folder holds SQLite's file switchyard.db and its lock. It is made when it is missing.
	Folder string
	// Unsafe lets SQLite answer before the disk has: for tests, which lose nothing when the machine stops.
	Unsafe bool
	// MaxConns bounds the connections to PostgreSQL; 0 is 20, and 2 is the least.
	MaxConns int
	Clock    clock.Clock
	Log      *slog.Logger
	// Unguarded leaves the guard out of the client, so that PostgreSQL's row-level security alone narrows what is read and written: for
	// the tests that prove that it does. No setting reaches it, and with SQLite, which has no second wall, Open refuses it.
	Unguarded bool
	// Committed is called after every commit that wrote events, with the team's new position. It must not block. Nil is allowed.
	Committed func(team int64, at event.Cursor)
	// Emitted is called in every transaction that emitted events, after its work and before they are written: for what must happen because of them. Its
	// error undoes the transaction. Nil is allowed.
	Emitted func(ctx context.Context, tx *Tx, events []event.Event) error
	// Asked is called for every statement of a Read before it is sent, for those who count them. It must not block. Nil is allowed.
	Asked func(statement string)
	// Told is Asked for the statements of a Write, those that its events cost included; beginning and commit are not counted.
	Told func(query string)
}

// DB is the opened database. It is safe for concurrent use.
type DB struct {
	dialect string  // dialect.Postgres or dialect.SQLite
	write   *sql.DB // of a team's transactions
	read    *sql.DB
	// acrossWrite and acrossRead are those of Across, and login is the one that DATABASE_URL names, for migrations.
	acrossWrite, acrossRead, login *sql.DB
	names                          namer
	clock                          clock.Clock
	random                         *random.Source
	log                            *slog.Logger
	committed                      func(int64, event.Cursor)
	emitted                        func(context.Context, *Tx, []event.Event) error
	asked                          func(string)
	told                           func(string)
	unguarded                      bool
	unwalled                       bool // of a benchmark, which asks what the second wall costs
	lock                           *os.File
}

// Open opens the database; it migrates nothing. A second process on the same SQLite folder is refused. Where PostgreSQL does not answer, or
// takes no connections, the fault is of kind Unavailable.
func Open(ctx context.Context, c Config) (*DB, error) {
	db := &DB{random: random.New(), clock: c.Clock, log: c.Log, committed: c.Committed, emitted: c.Emitted, asked: c.Asked, told: c.Told, unguarded: c.Unguarded}
	if db.clock == nil {
		db.clock = clock.Real{}
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if c.URL == "" && c.Unguarded {
		return nil, errors.New("SQLite has no row-level security: it is not opened without the guard")
	}
	if c.URL == "" {
		err = db.openSQLite(c.Folder, c.Unsafe)
	} else {
		err = db.openPostgres(c)
	}
	if err != nil {
		return nil, err
	}
	// As which role the others work is told by the tables, which may not be there yet.
	if err := db.login.PingContext(ctx); err != nil {
		_ = db.Close()
		if !isMistake(err) {
			err = outage(ctx, err)
		}
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return db, nil
}

func (db *DB) openSQLite(folder string, unsafe bool) error {
	db.dialect = dialect.SQLite
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(folder, "switchyard.lock"))
	if err != nil {
		return err
	}
	db.lock = lock
	sync := "synchronous(FULL)"
	if unsafe {
		sync = "synchronous(OFF)"
	}
	dsn := func(pragmas ...string) string {
		q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"}}
		q["_pragma"] = append([]string{"busy_timeout(10000)", "journal_mode(WAL)", sync, "foreign_keys(1)", "cache_size(-32000)"}, pragmas...)
		return "file:" + (&url.URL{Path: filepath.Join(folder, File)}).EscapedPath() + "?" + q.Encode()
	}
	if db.write, err = sql.Open("sqlite", dsn()); err != nil {
		return err
	}
	// One writer: SQLite has one anyway, and waiting for it in Go keeps order and costs no busy time-out.
	db.write.SetMaxOpenConns(1)
	readers := strings.Replace(dsn("query_only(1)"), "_txlock=immediate", "_txlock=deferred", 1)
	if db.read, err = sql.Open("sqlite", readers); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	db.acrossWrite, db.acrossRead, db.login = db.write, db.read, db.write
	return nil
}

// Dialect is "postgres" or "sqlite3", as ent calls them.
func (db *DB) Dialect() string { return db.dialect }

// IsPostgres says whether this is PostgreSQL, which several servers may share.
func (db *DB) IsPostgres() bool { return db.dialect == dialect.Postgres }

// Clock is the clock the store was opened with.
func (db *DB) Clock() clock.Clock { return db.clock }

// SQL is the pool of the role that DATABASE_URL names, before which no wall stands: for migrations, and for tests that look at what is
// there. A test of the imports says that nothing else calls it.
func (db *DB) SQL() *sql.DB { return db.login }

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return err
	}
	return db.read.PingContext(ctx)
}

// Close closes the database; a second call does nothing.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write, db.acrossRead, db.acrossWrite, db.login} {
		if pool != nil { // closing twice does nothing
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
		db.lock = nil
	}
	return errors.Join(errs...)
}

// Rebind writes a query with ? marks in the words of the dialect. The query must not hold a question mark inside a text.
func (db *DB) Rebind(q string) string { return rebind(db.dialect, q) }

func rebind(d, q string) string {
	if d != dialect.Postgres {
		return q
	}
	var b strings.Builder
	b.Grow(len(q) + 16)
	n := 0
	for i := range len(q) {
		if q[i] == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteByte(q[i])
	}
	return b.String()
}
