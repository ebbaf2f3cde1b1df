package profile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// How long things are kept that are kept for a time only.
const (
	RawFor            = 30 * 24 * time.Hour // bodies of inbound events; the mark against doing them twice stays
	IdempotencyFor    = 7 * 24 * time.Hour
	EventsFor         = 7 * 24 * time.Hour // subscriptions are promised a day
	EarlyEffectsFor   = 7 * 24 * time.Hour
	upkeepEvery       = time.Hour
	upkeepBatch       = 1000
	upkeepBetween     = 10 * time.Millisecond // lets others write between two batches
	upkeepFirstWithin = time.Minute
)

// Upkeep forgets what is kept for a time only. Every server may have one: what two of them forget at once is forgotten once.
type Upkeep struct {
	db     *store.DB
	clock  clock.Clock
	random *random.Source
	log    *slog.Logger

	mu      sync.Mutex
	cut     context.CancelFunc
	done    chan struct{}
	stopped bool

	// aged is up to which event the raw bodies were emptied, by team and state: what is older is not looked at again.
	aged map[agedKey]int64
}

type agedKey struct {
	team  int64
	state string
}

// NewUpkeep makes the upkeep; it does nothing before Start.
func NewUpkeep(db *store.DB, r *random.Source, log *slog.Logger) *Upkeep {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Upkeep{db: db, clock: db.Clock(), random: r, log: log, aged: map[agedKey]int64{}}
}

// Start begins: soon for the first time, then every hour. A second call does nothing.
func (u *Upkeep) Start(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done != nil || u.stopped {
		return nil
	}
	u.done = make(chan struct{})
	ctx, u.cut = context.WithCancel(context.WithoutCancel(ctx))
	go u.run(ctx)
	return nil
}

// Stop ends it; what is under way is cut off and done another time. A second call does nothing.
func (u *Upkeep) Stop(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stopped = true
	if u.done != nil {
		u.cut()
		<-u.done
	}
	return nil
}

func (u *Upkeep) run(ctx context.Context) {
	defer close(u.done)
	wait := u.random.Jitter(upkeepFirstWithin) // servers that start together do not all begin together
	for u.clock.Sleep(ctx, wait) == nil {
		if err := u.Once(ctx); err != nil && !errors.Is(err, context.Canceled) {
			u.log.WarnContext(ctx, "upkeep", "error", err)
		}
		wait = upkeepEvery
	}
}

// Once forgets everything that is due now, team by team. One team's failure does not keep the others.
func (u *Upkeep) Once(ctx context.Context) error {
	teams, err := u.db.Across(store.Teams).Teams(ctx, "SELECT id FROM teams")
	if err != nil {
		return fmt.Errorf("list teams: %w", err)
	}
	var errs []error
	for _, team := range teams {
		for _, f := range []func(context.Context, int64) error{u.raw, u.keys, u.events, u.early} {
			if err := f(ctx, team); err != nil {
				errs = append(errs, fmt.Errorf("team %d: %w", team, err))
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return errors.Join(errs...)
}

// repeat does a batch after another until there is nothing left to do.
func (u *Upkeep) repeat(ctx context.Context, team int64, batch func(ctx context.Context, tx *store.Tx) (more bool, err error)) error {
	for more := true; more; {
		_, err := u.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) (err error) {
			more, err = batch(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
		if more {
			if err := u.clock.Sleep(ctx, upkeepBetween); err != nil {
				return err
			}
		}
	}
	return nil
}

// raw empties the bodies of inbound events. It walks along the index of states and ids, which grow with time.
func (u *Upkeep) raw(ctx context.Context, team int64) error {
	for _, state := range []string{"DONE", "IGNORED", "FAILED"} {
		at := agedKey{team, state}
		err := u.repeat(ctx, team, func(ctx context.Context, tx *store.Tx) (bool, error) {
			last, isFull, err := run(ctx, tx, tx.Now.Add(-RawFor), "SELECT id, received_at FROM inbound_events WHERE team_id = ? AND state = ? AND id > ? ORDER BY id LIMIT ?",
				team, state, u.aged[at], upkeepBatch)
			if err != nil || last == 0 {
				return false, err
			}
			if _, err := tx.Exec(ctx, "UPDATE inbound_events SET raw = '' WHERE team_id = ? AND state = ? AND id > ? AND id <= ? AND raw <> ''",
				team, state, u.aged[at], last); err != nil {
				return false, fmt.Errorf("empty raw bodies: %w", err)
			}
			tx.AfterCommit(func() { u.aged[at] = last })
			return isFull, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// events forgets the beginning of the team's log, and never a part behind something that stays: who reads on from there finds out that it
// misses something.
func (u *Upkeep) events(ctx context.Context, team int64) error {
	return u.repeat(ctx, team, func(ctx context.Context, tx *store.Tx) (bool, error) {
		last, isFull, err := run(ctx, tx, tx.Now.Add(-EventsFor), "SELECT seq, at FROM events WHERE team_id = ? ORDER BY seq LIMIT ?", team, upkeepBatch)
		if err != nil || last == 0 {
			return false, err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM events WHERE team_id = ? AND seq <= ?", team, last); err != nil {
			return false, fmt.Errorf("forget events: %w", err)
		}
		return isFull, nil
	})
}

// run reads numbers and times in order and gives the last number before the first time that is not before a moment, 0 for none; isFull says
// that there may be more.
func run(ctx context.Context, tx *store.Tx, before time.Time, q string, args ...any) (last int64, isFull bool, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return 0, false, fmt.Errorf("look for what is old: %w", err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var number int64
		var at time.Time
		if err := rows.Scan(&number, &at); err != nil {
			return 0, false, err
		}
		if !at.Before(before) {
			return last, false, rows.Err()
		}
		last = number
	}
	return last, n == upkeepBatch, rows.Err()
}

func (u *Upkeep) keys(ctx context.Context, team int64) error {
	return u.old(ctx, team, "idempotency_keys", IdempotencyFor)
}

func (u *Upkeep) early(ctx context.Context, team int64) error {
	return u.old(ctx, team, "early_effects", EarlyEffectsFor)
}

// old deletes the rows of a table that were made too long ago.
func (u *Upkeep) old(ctx context.Context, team int64, table string, keptFor time.Duration) error {
	return u.repeat(ctx, team, func(ctx context.Context, tx *store.Tx) (bool, error) {
		n, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE team_id = ? AND id IN (SELECT id FROM "+table+" WHERE team_id = ? AND created_at < ? ORDER BY id LIMIT ?)",
			team, team, tx.Now.Add(-keptFor), upkeepBatch)
		if err != nil {
			return false, fmt.Errorf("forget rows of %s: %w", table, err)
		}
		return n == upkeepBatch, nil
	})
}
