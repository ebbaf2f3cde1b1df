package service

import (
	"context"
	"database/sql"
	"errors"

	"github.com/lib/pq"
)

// Sweep drops what the tests of a run left on a PostgreSQL server that is not ours to stop: the databases test_<run>_… and
// template_<run>_….
func Sweep(ctx context.Context, url, run string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer db.Close()
	var names []string
	err = db.QueryRowContext(ctx, `SELECT coalesce(array_agg(datname), '{}') FROM pg_database
		WHERE starts_with(datname, 'test_' || $1 || '_') OR starts_with(datname, 'template_' || $1 || '_')`, run).Scan(pq.Array(&names))
	if err != nil {
		return err
	}
	for _, name := range names {
		name = pq.QuoteIdentifier(name)
		_, unmark := db.ExecContext(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE false") // a template cannot be dropped
		_, drop := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		err = errors.Join(err, unmark, drop)
	}
	return err
}
