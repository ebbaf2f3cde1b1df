package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/switchyard-chat/switchyard/ent/migrations"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
)

// Migrate brings the database to the newest version; a second call does nothing. Several servers may call it at once on PostgreSQL.
func (db *DB) Migrate(ctx context.Context) error {
	m, done, err := db.migrator(ctx)
	if err != nil {
		return err
	}
	defer done()
	faultpoint.Hit("migrate/begun")
	if db.IsPostgres() {
		// Before anything is walled: where the roles cannot be made, the servers that run go on as they are.
		if err := db.makeRolesFirst(ctx); err != nil {
			return err
		}
	}
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate: %w", err)
	}
	faultpoint.Hit("migrate/tables-made")
	if err := db.migrateJobs(ctx); err != nil || !db.IsPostgres() {
		return err
	}
	return db.raise(ctx)
}

// migrator makes a migrator on a connection of its own.
func (db *DB) migrator(ctx context.Context) (*migrate.Migrate, func(), error) {
	folder, name := "sqlite", "sqlite"
	if db.IsPostgres() {
		folder, name = "postgres", "postgres"
	}
	files, err := iofs.New(migrations.FS, folder)
	if err != nil {
		return nil, nil, fmt.Errorf("read the migrations: %w", err)
	}
	var driver database.Driver
	done := func() {}
	if db.IsPostgres() {
		conn, err := db.login.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		done = func() { _ = conn.Close() }
		driver, err = postgres.WithConnection(ctx, conn, &postgres.Config{MultiStatementEnabled: false})
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("migrate: %w", err)
		}
	} else {
		// A whole file is one transaction, as on PostgreSQL.
		if driver, err = sqlite.WithInstance(db.login, &sqlite.Config{}); err != nil {
			return nil, nil, fmt.Errorf("migrate: %w", err)
		}
	}
	m, err := migrate.NewWithInstance("embedded", files, name, marking{driver, files})
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("migrate: %w", err)
	}
	return m, done, nil
}

// marking is a driver whose mark of a version that is not finished says that nothing of it was done: each file is one transaction, and the
// mark is taken away in it. So whoever was killed in the middle left nothing to be put right by hand.
type marking struct {
	database.Driver
	files source.Driver
}

// Run does a file and takes the mark away, in one transaction.
func (d marking) Run(file io.Reader) error {
	return d.Driver.Run(io.MultiReader(file, strings.NewReader("\n;\nUPDATE schema_migrations SET dirty = false;\n")))
}

// Version is what the database is at: the version before the one that was begun and not finished. It is asked under the lock of those who migrate.
func (d marking) Version() (version int, dirty bool, err error) {
	version, dirty, err = d.Driver.Version()
	if err != nil || !dirty || version < 0 {
		return version, dirty, err
	}
	before, err := d.files.Prev(uint(version)) //nolint:gosec // not negative
	if errors.Is(err, fs.ErrNotExist) {
		return database.NilVersion, false, nil
	}
	return int(before), false, err //nolint:gosec // a date
}

// migrateJobs brings the job queue's own tables to their newest version.
func (db *DB) migrateJobs(ctx context.Context) error {
	var err error
	if db.dialect == dialect.Postgres {
		var m *rivermigrate.Migrator[*sqlTx]
		if m, err = rivermigrate.New(riverdatabasesql.New(db.login), nil); err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
	} else {
		var m *rivermigrate.Migrator[*sqlTx]
		if m, err = rivermigrate.New(riversqlite.New(db.login), nil); err == nil {
			_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		}
	}
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
