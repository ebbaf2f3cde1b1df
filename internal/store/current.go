package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/ent/migrations"
)

// IsCurrent says whether the database is at this program's version, or at a newer one that was migrated to while servers of this one
// still run.
func (db *DB) IsCurrent(ctx context.Context) (bool, error) {
	at, want, err := db.versions(ctx)
	return err == nil && at >= want, err
}

// versions are the database's, 0 where it has none or one that was begun and not finished, and this program's.
func (db *DB) versions(ctx context.Context) (at, want int64, err error) {
	folder := "sqlite"
	if db.IsPostgres() {
		folder = "postgres"
	}
	names, err := fs.Glob(migrations.FS, folder+"/*.up.sql")
	if err != nil || len(names) == 0 {
		return 0, 0, errors.Join(err, errors.New("there are no migrations"))
	}
	newest, _, _ := strings.Cut(strings.TrimPrefix(names[len(names)-1], folder+"/"), "_")
	if want, err = strconv.ParseInt(newest, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("read the version of a migration: %w", err)
	}
	var there bool
	query := "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'schema_migrations')"
	if !db.IsPostgres() {
		query = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations')"
	}
	if err := db.login.QueryRowContext(ctx, query).Scan(&there); err != nil || !there {
		return 0, want, outage(ctx, err)
	}
	var dirty bool
	if err := db.login.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0), COALESCE(MAX(CASE WHEN dirty THEN 1 ELSE 0 END), 0) = 1 FROM schema_migrations").Scan(&at, &dirty); err != nil {
		return 0, 0, outage(ctx, err)
	}
	// One that was begun and not finished left nothing behind; the next migration does it.
	if dirty {
		at = 0
	}
	return at, want, nil
}
