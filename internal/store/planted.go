package store

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store/stmtcache"
)

// This file holds mistakes that only the program built for torture can make.

// endWrongly ends a transaction in two.
func (tx *Tx) endWrongly(ctx context.Context, db *DB) error {
	last := func() error {
		for i := 0; i < len(tx.last); i++ {
			if err := tx.last[i](ctx); err != nil {
				return err
			}
		}
		return nil
	}
	own, conn := tx.sql, tx.conn
	// apart does a part in a transaction of its own.
	apart := func(part func() error) error {
		t, err := db.write.BeginTx(stmtcache.First(ctx, db.within(tx.Team)), nil)
		if err != nil {
			return err
		}
		defer func() { _ = t.Rollback() }()
		tx.sql, tx.conn = t, entsql.ExecQuerier(t)
		defer func() { tx.sql, tx.conn = own, conn }()
		if err := part(); err != nil {
			return err
		}
		return t.Commit()
	}
	commit := func() error {
		faultpoint.Hit("store/before-commit")
		if err := own.Commit(); err != nil {
			return err
		}
		faultpoint.Hit("store/after-commit")
		return nil
	}
	events := func() error { return tx.writeEvents(ctx) }
	switch {
	case planted.Is("order-by-serial-id"):
		// The numbers are taken for good, as a sequence gives them, whatever becomes of the transaction and of those beside it.
		var c event.Cursor
		take := func() (err error) {
			c, err = tx.takeNumbers(ctx)
			return err
		}
		if len(tx.events) == 0 {
			return inTurn(last, commit)
		}
		insert := func() error { return tx.insertEvents(ctx, c) }
		stumble := func() error { return db.clock.Sleep(ctx, db.random.Jitter(10*time.Millisecond)) }
		return inTurn(last, func() error { return apart(take) }, insert, stumble, commit)
	case planted.Is("counters-outside-transaction"):
		return inTurn(events, commit, func() error { return apart(last) })
	case planted.Is("events-outside-transaction"):
		return inTurn(last, commit, func() error { return apart(events) })
	default: // publish before commit
		return inTurn(last, func() error { return apart(events) }, commit)
	}
}

func inTurn(all ...func() error) error {
	for _, f := range all {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
