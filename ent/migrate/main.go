// Migrate writes and checks the versioned migrations of both databases. To a new table of teams it adds row-level security on PostgreSQL.
//
//	go run ./ent/migrate diff NAME    writes what ent/schema has and the migrations have not, as NAME, for both databases
//	go run ./ent/migrate hash         notes that a migration was written or changed by hand
//	go run ./ent/migrate check        replays the migrations from nothing and fails when they do not end at ent/schema
//
// PostgreSQL is reached at DATABASE_URL (a database of its own is made and dropped there); without it only SQLite is done by
// diff, and check fails.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	atlasschema "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/lib/pq"
	"modernc.org/sqlite"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/migrate"
)

const folder = "ent/migrations"

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatalf("migrate: %v", err)
	}
}

func run(ctx context.Context, args []string) error {
	// Atlas opens its development database by this name.
	sql.Register("sqlite3", &sqlite.Driver{})
	switch {
	case len(args) == 2 && args[0] == "diff":
		return both(ctx, func(d string, db *entsql.Driver) error { return diff(ctx, d, db, filepath.Join(folder, d), args[1]) })
	case len(args) == 1 && args[0] == "hash":
		return errors.Join(hash(filepath.Join(folder, "sqlite")), hash(filepath.Join(folder, "postgres")))
	case len(args) == 1 && args[0] == "check":
		return both(ctx, func(d string, db *entsql.Driver) error { return check(ctx, d, db) })
	}
	return errors.New("usage: go run ./ent/migrate diff NAME | hash | check")
}

// both calls f with an empty database of each dialect.
func both(ctx context.Context, f func(dialect string, db *entsql.Driver) error) error {
	lite, err := sql.Open("sqlite3", "file:migrate?mode=memory&cache=shared&_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	defer lite.Close()
	if err := f("sqlite", entsql.OpenDB(dialect.SQLite, lite)); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	at := os.Getenv("DATABASE_URL")
	if at == "" {
		return errors.New("postgres: set DATABASE_URL to a server on which a database may be made")
	}
	db, drop, err := scratch(ctx, at)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer drop()
	if err := f("postgres", entsql.OpenDB(dialect.Postgres, db)); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// scratch makes an empty database beside the given one.
func scratch(ctx context.Context, at string) (*sql.DB, func(), error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, nil, errors.New("DATABASE_URL is not an address")
	}
	admin, err := sql.Open("postgres", at)
	if err != nil {
		return nil, nil, err
	}
	name := "switchyard_migrate_" + strconv.Itoa(os.Getpid())
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+name); err != nil {
		return nil, nil, err
	}
	u.Path = "/" + name
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		return nil, nil, err
	}
	return db, func() {
		_ = db.Close()
		if _, err := admin.ExecContext(context.WithoutCancel(ctx), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			log.Printf("drop %s: %v", name, err)
		}
		_ = admin.Close()
	}, nil
}

// diff writes the difference between the migrations in dir and the schema as new files.
func diff(ctx context.Context, d string, db *entsql.Driver, dir, name string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	local, err := sqltool.NewGolangMigrateDir(dir)
	if err != nil {
		return err
	}
	migrator, err := schema.NewMigrate(db,
		schema.WithDir(local),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithFormatter(sqltool.GolangMigrateFormatter),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithDiffHook(walls(d)),
	)
	if err != nil {
		return err
	}
	before, err := filepath.Glob(filepath.Join(dir, "*.up.sql"))
	if err != nil {
		return err
	}
	if err := migrator.NamedDiff(ctx, name, migrate.Tables...); err != nil && !errors.Is(err, atlas.ErrNoPlan) {
		return err
	}
	if d != "postgres" {
		return nil
	}
	after, err := filepath.Glob(filepath.Join(dir, "*.up.sql"))
	if err != nil {
		return err
	}
	for _, f := range after {
		if !slices.Contains(before, f) {
			if err := secure(f); err != nil {
				return err
			}
		}
	}
	return hash(dir)
}

// secure adds row-level security to the team-owned tables that a migration for PostgreSQL makes. Their end is that of the table.
func secure(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const all = "current_setting('app.across', true) = 'on'"
	const mine = "team_id = nullif(current_setting('app.team', true), '')::bigint"
	for _, made := range regexp.MustCompile(`(?m)^CREATE TABLE "(\w+)" \(.*"team_id" `).FindAllSubmatch(text, -1) {
		text = fmt.Appendf(text, "-- %[1]s: a transaction sees and writes its team's rows alone\nALTER TABLE %[1]q ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"+
			"CREATE POLICY \"team\" ON %[1]q USING (%[2]s) WITH CHECK (%[2]s);\n"+
			"CREATE POLICY \"keeper\" ON %[1]q TO CURRENT_USER USING (%[3]s) WITH CHECK (%[3]s);\n", made[1], mine, all)
	}
	return os.WriteFile(file, text, 0o644)
}

// hash writes the sums of the migrations in dir anew.
func hash(dir string) error {
	local, err := sqltool.NewGolangMigrateDir(dir)
	if err != nil {
		return err
	}
	sum, err := local.Checksum()
	if err != nil {
		return err
	}
	return atlas.WriteSumFile(local, sum)
}

// check copies the migrations, asks for a difference and fails when there is one.
func check(ctx context.Context, d string, db *entsql.Driver) error {
	dir, err := os.MkdirTemp("", "switchyard-migrations")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(folder, d))); err != nil {
		return err
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if err := diff(ctx, d, db, dir, "drift"); err != nil {
		return err
	}
	after, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(before) == 0 || len(after) != len(before) {
		for _, f := range after {
			if strings.Contains(f.Name(), "_drift.up") {
				b, _ := os.ReadFile(filepath.Join(dir, f.Name()))
				return fmt.Errorf("the schema has what the migrations have not; run: go run ./ent/migrate diff NAME\n%s", b)
			}
		}
		return errors.New("there are no migrations")
	}
	log.Printf("%s: %d migration files replayed from nothing end at the schema (%s)", d, len(before)-1, time.Now().UTC().Format(time.DateOnly))
	return nil
}

// walls is the hook that changes the wanted schema before it is compared: foreign keys between a team's tables become composite, so
// that a row can never refer to another team's; events get their primary key; folded columns are compared as bytes.
func walls(d string) schema.DiffHook {
	return func(next schema.Differ) schema.Differ {
		return schema.DiffFunc(func(current, desired *atlasschema.Schema) ([]atlasschema.Change, error) {
			kept := current.Tables[:0:0]
			for _, t := range current.Tables {
				// Tables that only migrations know (search indexes, jobs) are left alone.
				if _, ok := desired.Table(t.Name); ok {
					kept = append(kept, t)
				}
			}
			current.Tables = kept
			for _, t := range desired.Tables {
				compose(t)
				if t.Name == "events" {
					team, _ := t.Column("team_id")
					seq, _ := t.Column("seq")
					t.PrimaryKey = atlasschema.NewPrimaryKey(team, seq)
					seq.Attrs = nil // not counted by the database
					// SQLite reports a key in the order of the table's columns.
					t.Columns[0], t.Columns[1] = team, seq
				}
				if t.Name == "streams" {
					team, _ := t.Column("team_id")
					team.Attrs = nil
				}
				if d == "postgres" {
					collate(t)
				}
			}
			return next.Diff(current, desired)
		})
	}
}

// compose makes the foreign keys between team-owned tables composite. An optional reference is cleared by the desk, never by the
// database: ON DELETE SET NULL would clear team_id too.
func compose(t *atlasschema.Table) {
	own, ok := t.Column("team_id")
	if !ok {
		return
	}
	for _, fk := range t.ForeignKeys {
		team, ok := fk.RefTable.Column("team_id")
		if !ok || len(fk.Columns) != 1 {
			continue
		}
		fk.Columns = []*atlasschema.Column{own, fk.Columns[0]}
		fk.RefColumns = []*atlasschema.Column{team, fk.RefColumns[0]}
		if fk.OnDelete == atlasschema.SetNull {
			fk.OnDelete = atlasschema.NoAction
		}
	}
}

// collate makes PostgreSQL compare folded and key columns as bytes, as SQLite and memory do.
func collate(t *atlasschema.Table) {
	for _, c := range t.Columns {
		if strings.HasSuffix(c.Name, "_folded") || c.Name == "key_value" || c.Name == "text_value" || c.Name == "set_value" || c.Name == "birth_at" {
			c.SetCollation("C")
		}
	}
}
