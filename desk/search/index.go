package search

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// bucket is how many messages, in bits, share a salt on PostgreSQL. A gram's rows in the index are then few enough to be sorted, and the newest
// are looked at first.
const bucket = 14

// salt tells a team's grams apart from others', and on PostgreSQL those of a stretch of messages.
func salt(isPostgres bool, team, messageID int64) uint64 {
	if !isPostgres {
		return uint64(team) //nolint:gosec // ids are not negative
	}
	return uint64(team)<<32 | uint64(messageID>>bucket) //nolint:gosec // ids are not negative
}

// waiting are the transaction's messages that are to be in the index, by the place of each.
type waiting struct {
	all   []*ent.Message
	place map[int64]int
}

type waitingKey struct{}

// IndexIn puts a message that was written or whose text was changed into the index when the transaction ends: all of a transaction in one
// statement. A message that was unsent, or has no text, is in it no longer: the database itself takes a former text out.
func IndexIn(tx *store.Tx, m *ent.Message) {
	w := tx.Keep(waitingKey{}, func() any {
		w := &waiting{place: map[int64]int{}}
		tx.Last(func(ctx context.Context) error { return write(ctx, tx, w.all) })
		return w
	}).(*waiting)
	if i, ok := w.place[m.ID]; ok {
		w.all[i] = m
		return
	}
	w.place[m.ID] = len(w.all)
	w.all = append(w.all, m)
}

// most is how many messages a statement writes.
const most = 1000

// write puts messages into the index.
func write(ctx context.Context, tx *store.Tx, all []*ent.Message) error {
	for len(all) > most {
		if err := write(ctx, tx, all[:most]); err != nil {
			return err
		}
		all = all[most:]
	}
	var ids, conversations []int64
	var at, grams []string
	var args []any
	for _, m := range all {
		if m.Text == "" || m.UnsentAt != nil {
			continue
		}
		numbers := gram.Salted(gram.Of(text.Fold(m.Text)), salt(tx.IsPostgres(), tx.Team, m.ID))
		if len(numbers) == 0 {
			continue
		}
		ids = append(ids, m.ID)
		if tx.IsPostgres() {
			conversations, at = append(conversations, m.ConversationID), append(at, m.CreatedAt.UTC().Format(time.RFC3339Nano))
			grams = append(grams, gram.Array(numbers))
		} else {
			args = append(args, m.ID, gram.Words(numbers))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	if tx.IsPostgres() {
		_, err = tx.Exec(ctx, `INSERT INTO team_search_messages (team_id, message_id, conversation_id, at, grams)
			SELECT ?, m, c, a::timestamptz, g::integer[] FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[]) AS x (m, c, a, g)
			ON CONFLICT (team_id, message_id) DO UPDATE SET grams = excluded.grams`,
			tx.Team, pq.Array(ids), pq.Array(conversations), pq.Array(at), pq.Array(grams))
	} else {
		_, err = tx.Exec(ctx, "INSERT OR REPLACE INTO search_messages (rowid, grams) VALUES "+strings.TrimSuffix(strings.Repeat("(?,?),", len(ids)), ","), args...)
	}
	if err != nil {
		return fmt.Errorf("index messages: %w", err)
	}
	return nil
}

// Numbers are what the index on PostgreSQL holds of a message's text, for who fills it in bulk; none where nothing of it is to be found.
func Numbers(team, messageID int64, plain string) []int32 {
	return gram.Salted(gram.Of(text.Fold(plain)), salt(true, team, messageID))
}
