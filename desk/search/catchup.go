package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	step        = 500                   // messages a transaction
	stepBetween = 20 * time.Millisecond // lets others write
	retryAfter  = time.Minute
)

// Run puts messages into the index that are not in it: those from before there was one, and those that a server of an older version wrote
// beside this one. It goes backwards from the newest, notes how far it has come, goes on from there the next time, and ends when it has
// looked at all. Several servers may run it at once: what two of them do is done once.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	for {
		err := s.CatchUp(ctx, func(ctx context.Context) error { return s.db.Clock().Sleep(ctx, stepBetween) })
		if err == nil || ctx.Err() != nil {
			return
		}
		log.WarnContext(ctx, "putting older messages into the search index", "error", err)
		if s.db.Clock().Sleep(ctx, retryAfter) != nil {
			return
		}
	}
}

// CatchUp is Run once. It rests after every step that wrote something.
func (s *Service) CatchUp(ctx context.Context, rest func(context.Context) error) error {
	var top int64
	all := s.db.Across(store.Indexing)
	if _, err := all.Find(ctx, "SELECT COALESCE(MAX(id), 0) FROM messages", nil, &top); err != nil {
		return fmt.Errorf("find the newest message: %w", err)
	}
	_, err := all.Exec(ctx, "INSERT INTO search_progress (id, low, high) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING", top, top)
	if err != nil {
		return fmt.Errorf("begin to note the progress: %w", err)
	}
	var low, high int64
	if found, err := all.Find(ctx, "SELECT low, high FROM search_progress WHERE id = 1", nil, &low, &high); err != nil || !found {
		return errors.Join(errors.New("read the progress"), err)
	}
	// What came since the last time first, then on where that ended.
	for at := top; at > high; at -= step {
		if err := s.step(ctx, rest, max(at-step, high), at); err != nil {
			return err
		}
	}
	if err := s.note(ctx, "UPDATE search_progress SET high = ? WHERE id = 1 AND high < ?", top); err != nil {
		return err
	}
	for ; low > 0; low = max(0, low-step) {
		if err := s.step(ctx, rest, max(0, low-step), low); err != nil {
			return err
		}
		if err := s.note(ctx, "UPDATE search_progress SET low = ? WHERE id = 1 AND low > ?", max(0, low-step)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) note(ctx context.Context, q string, at int64) error {
	if _, err := s.db.Across(store.Indexing).Exec(ctx, q, at, at); err != nil {
		return fmt.Errorf("note the progress: %w", err)
	}
	return nil
}

// step puts the messages with ids above from, to the last, into the index.
func (s *Service) step(ctx context.Context, rest func(context.Context) error, from, to int64) error {
	missing, err := s.missing(ctx, from, to)
	if err != nil || len(missing) == 0 {
		return err
	}
	for team, ids := range missing {
		_, err := s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
			// Held, so that what is unsent meanwhile waits, and then takes out what was put in here.
			if err := tx.Lock(ctx, message.Table, ids...); err != nil {
				return err
			}
			all, err := tx.Message.Query().Where(func(q *sql.Selector) { q.Where(inbox.Among(q.C(message.FieldID), ids)) }).All(ctx)
			if err != nil {
				return fmt.Errorf("read messages: %w", err)
			}
			return write(ctx, tx, all)
		})
		if err != nil {
			return err
		}
	}
	return rest(ctx)
}

// missing finds messages that are not in the index, by team: first by number over all teams, which takes those without a text along, then
// by text inside each.
func (s *Service) missing(ctx context.Context, from, to int64) (map[int64][]int64, error) {
	q := "NOT EXISTS (SELECT 1 FROM search_messages s WHERE s.rowid = m.id)"
	if s.db.IsPostgres() {
		q = "NOT EXISTS (SELECT 1 FROM search_messages s WHERE s.team_id = m.team_id AND s.message_id = m.id)"
	}
	rows, err := s.db.Across(store.Indexing).Query(ctx, "SELECT m.team_id, m.id FROM messages m WHERE m.id > ? AND m.id <= ? AND "+q, from, to)
	if err != nil {
		return nil, fmt.Errorf("find messages that are not in the index: %w", err)
	}
	missing := map[int64][]int64{}
	for rows.Next() {
		var team, id int64
		if err := rows.Scan(&team, &id); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		missing[team] = append(missing[team], id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for team, ids := range missing {
		err := s.db.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
			ids, err = v.Message.Query().Where(func(q *sql.Selector) { q.Where(inbox.Among(q.C(message.FieldID), ids)) }, message.TextNEQ("")).IDs(ctx)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("find messages that are not in the index: %w", err)
		}
		if missing[team] = ids; len(ids) == 0 {
			delete(missing, team)
		}
	}
	return missing, nil
}
