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
	folder := "sqlite"
	if db.IsPostgres() {
		folder = "postgres"
	}
	names, err := fs.Glob(migrations.FS, folder+"/*.up.sql")
	if err != nil || len(names) == 0 {
		return false, errors.Join(err, errors.New("there are no migrations"))
	}
	newest, _, _ := strings.Cut(strings.TrimPrefix(names[len(names)-1], folder+"/"), "_")
	want, err := strconv.ParseInt(newest, 10, 64)
	if err != nil {
		return false, fmt.Errorf("read the version of a migration: %w", err)
	}
	var there bool
	query := "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'schema_migrations')"
	if !db.IsPostgres() {
		query = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations')"
	}
	if err := db.login.QueryRowContext(ctx, query).Scan(&there); err != nil || !there {
		return false, outage(ctx, err)
	}
	var at int64
	var dirty bool
	if err := db.login.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0), COALESCE(MAX(CASE WHEN dirty THEN 1 ELSE 0 END), 0) = 1 FROM schema_migrations").Scan(&at, &dirty); err != nil {
		return false, outage(ctx, err)
	}
	// One that was begun and not finished left nothing behind; the next migration does it.
	return at >= want && !dirty, nil
}
