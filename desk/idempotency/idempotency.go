// Package idempotency lets a caller repeat a creating mutation: the same key with the same input gives the object that it made the first
// time, and never a second one.
package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/idempotencykey"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Kept is how long a key is remembered.
const Kept = 7 * 24 * time.Hour

// maxKey is the most characters of a key.
const maxKey = 200

// Once calls create the first time that the caller uses the key, and afterwards gives what it made then: replayed says so. Of several that
// use one key at once the unique index decides who makes it; the others wait for that one to commit and replay it. An empty key calls create
// every time.
//
// operation names the mutation and input is what it was given, without the key. A key that was used with another operation or input is a fault of kind
// Conflict. Where create fails nothing is remembered.
func Once(ctx context.Context, tx *store.Tx, caller, key, operation string, input any, create func() (int64, error)) (id int64, replayed bool, err error) {
	if key == "" {
		id, err = create()
		return id, false, err
	}
	hash, err := digest(key, operation, input)
	if err != nil {
		return 0, false, err
	}
	// The row comes before the object: whoever comes second waits here, and makes nothing that would have to be undone.
	n, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (team_id, caller, "key", operation, input_hash, object_id, created_at)
		VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT (team_id, caller, "key") DO NOTHING`, tx.Team, caller, key, operation, hash, tx.Now)
	if err != nil {
		return 0, false, fmt.Errorf("take idempotency key: %w", err)
	}
	if n == 0 {
		id, _, err = find(ctx, &tx.View, caller, key, hash)
		return id, true, err
	}
	if id, err = create(); err != nil {
		return 0, false, err
	}
	if _, err := tx.Exec(ctx, `UPDATE idempotency_keys SET object_id = ? WHERE team_id = ? AND caller = ? AND "key" = ?`, id, tx.Team, caller, key); err != nil {
		return 0, false, fmt.Errorf("keep idempotency key: %w", err)
	}
	return id, false, nil
}

// Find gives what the caller's key made, without making anything: for mutations that do something slow before Once. It is false where the
// key is new or empty. Another operation or input is a fault of kind Conflict, as in Once.
func Find(ctx context.Context, v *store.View, caller, key, operation string, input any) (int64, bool, error) {
	if key == "" {
		return 0, false, nil
	}
	hash, err := digest(key, operation, input)
	if err != nil {
		return 0, false, err
	}
	return find(ctx, v, caller, key, hash)
}

func find(ctx context.Context, v *store.View, caller, key, hash string) (int64, bool, error) {
	k, err := v.IdempotencyKey.Query().Where(idempotencykey.Caller(caller), idempotencykey.Key(key)).Only(ctx)
	if ent.IsNotFound(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read idempotency key: %w", err)
	}
	if k.InputHash != hash {
		return 0, false, fault.New(fault.Conflict, "this idempotency key was used with other input; use a new key for a new request").
			WithCode("CONFLICT", nil)
	}
	return k.ObjectID, true, nil
}

// digest is the fingerprint of an operation with its input.
func digest(key, operation string, input any) (string, error) {
	if n := len([]rune(key)); n > maxKey {
		return "", fault.Input("idempotencyKey", "an idempotency key has at most %d characters", maxKey)
	}
	b, err := json.Marshal(input)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", operation, err)
	}
	sum := sha256.Sum256(append([]byte(operation+"\n"), b...))
	return hex.EncodeToString(sum[:]), nil
}

// Purge forgets the keys of all teams that are older than Kept, and gives how many. Afterwards such a key is new.
func Purge(ctx context.Context, db *store.DB) (int64, error) {
	before := db.Clock().Now().Add(-Kept)
	teams, err := db.Across(store.Expiry).Teams(ctx, "SELECT DISTINCT team_id FROM idempotency_keys WHERE created_at < ?", before)
	if err != nil {
		return 0, fmt.Errorf("purge idempotency keys: %w", err)
	}
	var n int64
	for _, team := range teams {
		var gone int
		if _, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
			gone, err = tx.IdempotencyKey.Delete().Where(idempotencykey.CreatedAtLT(before)).Exec(ctx)
			return err
		}); err != nil {
			return n, fmt.Errorf("purge idempotency keys: %w", err)
		}
		n += int64(gone)
	}
	return n, nil
}
