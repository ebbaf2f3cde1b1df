package search

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// candidate is a message that may hold what is searched for.
type candidate struct {
	id, conversation int64
	at               time.Time
}

// walk goes over the candidates, newest first.
type walk struct {
	v *store.View
	// grams are looked up; where there are none, as of punctuation alone, every message is a candidate, and a page stops all the same.
	grams []gram.Gram
	// conversation is the only one that is looked at; 0 for all. Its messages are all candidates: they are few beside the team's.
	conversation int64
	from, to     *time.Time // nil for any time
	before       int64      // what is not looked at yet has smaller ids
	isDone       bool

	hasEnds bool
	low     int64 // PostgreSQL: the team's first message in the index
}

// next gives the next candidates, at most n; fewer only where there are no more.
func (w *walk) next(ctx context.Context, n int) ([]candidate, error) {
	var all []candidate
	var err error
	switch {
	case w.conversation != 0:
		all, err = w.ask(ctx, `SELECT id, conversation_id, created_at FROM messages WHERE team_id = ? AND conversation_id = ? AND id < ?`+
			w.within("created_at")+` AND text <> '' ORDER BY seq DESC LIMIT ?`, w.args(n, w.v.Team, w.conversation, w.before)...)
	case len(w.grams) == 0:
		all, err = w.ask(ctx, `SELECT id, conversation_id, created_at FROM messages WHERE team_id = ? AND id < ?`+w.within("created_at")+
			` AND text <> '' ORDER BY id DESC LIMIT ?`, w.args(n, w.v.Team, w.before)...)
	case w.v.IsPostgres():
		return w.buckets(ctx, n)
	default:
		all, err = w.ask(ctx, `SELECT m.id, m.conversation_id, m.created_at FROM search_messages s CROSS JOIN messages m
			WHERE search_messages MATCH ? AND s.rowid < ? AND m.id = s.rowid AND m.team_id = ?`+w.within("m.created_at")+` ORDER BY s.rowid DESC LIMIT ?`,
			w.args(n, gram.Match(gram.Salted(w.grams, salt(false, w.v.Team, 0))), w.before, w.v.Team)...)
	}
	if err != nil {
		return nil, err
	}
	w.isDone = len(all) < n
	if len(all) > 0 {
		w.before = all[len(all)-1].id
	}
	return all, nil
}

// stretch is how many buckets a statement walks.
const stretch = 128

// buckets asks PostgreSQL. The newest bucket comes first and the walk ends when enough was found; of each bucket the index gives all that may
// hold the part, and they are sorted. OFFSET 0 keeps the planner from walking
// over the messages instead, and + 0 from joining the index of grams with the primary key, which holds all the team's.
func (w *walk) buckets(ctx context.Context, n int) ([]candidate, error) {
	if err := w.ends(ctx); err != nil {
		return nil, err
	}
	var all []candidate
	for !w.isDone && len(all) < n {
		if w.before <= w.low {
			w.isDone = true
			break
		}
		newest := (w.before - 1) >> bucket
		oldest := max(newest-stretch+1, w.low>>bucket)
		arrays := make([]string, 0, newest-oldest+1)
		for b := newest; b >= oldest; b-- {
			arrays = append(arrays, gram.Array(gram.Salted(w.grams, salt(true, w.v.Team, b<<bucket))))
		}
		found, err := w.ask(ctx, `SELECT h.message_id, h.conversation_id, h.at FROM unnest(?::text[]) WITH ORDINALITY AS b (grams, n)
			CROSS JOIN LATERAL (SELECT s.message_id, s.conversation_id, s.at FROM team_search_messages s
				WHERE s.grams @> b.grams::integer[] AND s.team_id + 0 = ? AND s.message_id + 0 < ?`+w.within("s.at")+`
				ORDER BY s.message_id DESC OFFSET 0) h LIMIT ?`, w.args(n-len(all), pq.Array(arrays), w.v.Team, w.before)...)
		if err != nil {
			return nil, err
		}
		isFull := len(found) == n-len(all)
		all = append(all, found...)
		if isFull {
			w.before = all[len(all)-1].id
			break
		}
		w.before = oldest << bucket
	}
	return all, nil
}

// ends finds where the team's messages begin and end.
func (w *walk) ends(ctx context.Context) error {
	if w.hasEnds {
		return nil
	}
	rows, err := w.v.Query(ctx, `SELECT COALESCE((SELECT min(message_id) FROM team_search_messages WHERE team_id = ?), 0),
		COALESCE((SELECT max(message_id) FROM team_search_messages WHERE team_id = ?), 0)`, w.v.Team, w.v.Team)
	if err != nil {
		return fmt.Errorf("search messages: %w", err)
	}
	defer rows.Close()
	var high int64
	if rows.Next() {
		err = rows.Scan(&w.low, &high)
	}
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		return fmt.Errorf("search messages: %w", err)
	}
	w.hasEnds, w.before = true, min(w.before, high+1)
	return nil
}

// within is the condition on the time.
func (w *walk) within(column string) string {
	s := ""
	if w.from != nil {
		s += " AND " + column + " >= ?"
	}
	if w.to != nil {
		s += " AND " + column + " < ?"
	}
	return s
}

// args are the arguments with those of within and the limit after them.
func (w *walk) args(limit int, args ...any) []any {
	if w.from != nil {
		args = append(args, w.from.UTC())
	}
	if w.to != nil {
		args = append(args, w.to.UTC())
	}
	return append(args, limit)
}

func (w *walk) ask(ctx context.Context, q string, args ...any) ([]candidate, error) {
	rows, err := w.v.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("search messages: %w", err)
	}
	defer rows.Close()
	var all []candidate
	for rows.Next() {
		var c candidate
		if err := rows.Scan(&c.id, &c.conversation, &c.at); err != nil {
			return nil, fmt.Errorf("search messages: %w", err)
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("search messages: %w", err)
	}
	return all, nil
}
