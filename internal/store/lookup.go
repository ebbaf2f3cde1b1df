package store

import (
	"context"
	"database/sql"
	"errors"
)

// Lookup finds one row for a secret that tells the team: a token's hash, a webhook's key. The query has ? marks and is not narrowed to a
// team. It says whether there is a row, whose values are then in the pointers.
func (db *DB) Lookup(ctx context.Context, q string, args []any, into ...any) (bool, error) {
	err := db.read.QueryRowContext(ctx, db.Rebind(q), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, outage(ctx, err)
}
