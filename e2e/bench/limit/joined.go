package limit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
)

// joinedSQL takes several messages in at once. Rows are locked in the order of their ids, so that two of these statements wait for each
// other and never both.
const joinedSQL = `WITH r AS (SELECT DISTINCT ON (key) * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::timestamptz[], $11::text[])
		WITH ORDINALITY r (key, platform_id, raw, person, id, text, platform_at, quote, n) ORDER BY key, n),
	mark AS (INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, platform_message_id, raw, state, received_at, tried_at)
		SELECT $1, $2, key, 'message', platform_id, raw, 'DONE', $3, $3 FROM r ORDER BY key ON CONFLICT DO NOTHING RETURNING dedupe_key),
	was AS (SELECT c.id, c.unread, c.identity_id FROM conversations c WHERE c.team_id = $1 AND c.identity_id IN (SELECT i.id FROM identities i
		WHERE i.team_id = $1 AND i.channel_id = $2 AND i.platform_user_id IN (SELECT r.person FROM r JOIN mark ON mark.dedupe_key = r.key)) ORDER BY c.id FOR UPDATE),
	n AS (SELECT r.*, was.id AS conversation_id, row_number() OVER (PARTITION BY was.id ORDER BY r.n) AS place, count(*) OVER (PARTITION BY was.id) AS many
		FROM r JOIN mark ON mark.dedupe_key = r.key JOIN identities i ON i.team_id = $1 AND i.channel_id = $2 AND i.platform_user_id = r.person JOIN was ON was.identity_id = i.id),
	c AS (UPDATE conversations c SET version = c.version + n.many, updated_at = $3, message_seq = c.message_seq + n.many, unread = c.unread + n.many, last_at = $3, last_message_id = n.id,
		last_message_seq = c.message_seq + n.many, last_message_kind = 'TEXT', last_message_sender = 'CONTACT', last_message_preview = left(n.text, 100), last_message_at = $3,
		waiting_since = COALESCE(c.waiting_since, $3), customer_at = n.platform_at FROM n JOIN was ON was.id = n.conversation_id WHERE n.place = n.many AND c.team_id = $1 AND c.id = was.id
		RETURNING c.*, was.unread AS was_unread, n.many),
	sums AS (SELECT status, follower_id, channel_id, kind, branch_id, region_id, sum(many) AS unread, count(*) FILTER (WHERE was_unread = 0) AS fresh FROM c GROUP BY 1, 2, 3, 4, 5, 6),
	held AS (SELECT k.id, sums.unread, sums.fresh FROM conversation_counters k JOIN sums ON k.status = sums.status AND k.follower_id = sums.follower_id AND k.channel_id = sums.channel_id
		AND k.kind = sums.kind AND k.branch_id = sums.branch_id AND k.region_id = sums.region_id WHERE k.team_id = $1 AND k.queue = '' ORDER BY k.id FOR UPDATE OF k),
	k AS (UPDATE conversation_counters k SET unread = k.unread + held.unread, unread_conversations = k.unread_conversations + held.fresh FROM held WHERE k.team_id = $1 AND k.id = held.id)
	INSERT INTO messages (id, team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, sender_name, identity_id, kind, text, platform_message_id, quote_token, platform_at)
		SELECT n.id, $1, $3, $3, c.id, c.channel_id, c.message_seq - n.many + n.place, 'INBOUND', 'CONTACT', c.name, c.identity_id, 'TEXT', n.text, n.platform_id, n.quote, n.platform_at
		FROM n JOIN c ON c.id = n.conversation_id`

// Requests that come while both workers are at the database wait, and go together with those that wait too, most of them at once.
const (
	joiners   = 2
	mostAtOne = 64
)

// waiting is a request that waits to be joined with others.
type waiting struct {
	body body
	id   int64
	done chan error
}

// ingestJoined hands a webhook to the workers and answers when its message is committed.
func (s *server) ingestJoined(r *http.Request) ([]byte, error) {
	b, err := received(r)
	if err != nil {
		return nil, err
	}
	w := waiting{body: b, done: make(chan error, 1)}
	if w.id, err = s.messageID(r.Context()); err != nil {
		return nil, err
	}
	s.waiting <- w
	return nil, <-w.done
}

// join is a worker: it takes whoever waits into one statement. A request that is alone goes by the statement for one.
func (s *server) join(ctx context.Context) {
	for {
		var all []waiting
		select {
		case <-ctx.Done():
			return
		case w := <-s.waiting:
			all = append(all, w)
		}
	more:
		for len(all) < mostAtOne {
			select {
			case w := <-s.waiting:
				all = append(all, w)
			default:
				break more
			}
		}
		var err error
		if len(all) == 1 {
			err = s.takeOne(ctx, all[0].body, all[0].id, false)
		} else {
			err = s.takeAll(ctx, all)
		}
		for _, w := range all {
			w.done <- err
		}
	}
}

// takeAll takes messages in by one statement, and tells so over Redis in one trip.
func (s *server) takeAll(ctx context.Context, all []waiting) error {
	var keys, platformIDs, raws, persons, texts, quotes []string
	var ids []int64
	var times []time.Time
	for _, w := range all {
		e := w.body.Events[0]
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		keys, platformIDs, raws, persons = append(keys, e.EventID), append(platformIDs, e.Message.ID), append(raws, string(raw)), append(persons, e.Source.UserID)
		ids, texts, times, quotes = append(ids, w.id), append(texts, e.Message.Text), append(times, time.UnixMilli(e.Timestamp)), append(quotes, e.Message.QuoteToken)
	}
	if err := s.do(ctx, joinedSQL, team, data.LargeChannel, time.Now(), keys, platformIDs, raws, persons, ids, texts, times, quotes); err != nil {
		return err
	}
	pipe := s.redis.Pipeline()
	for _, id := range ids {
		pipe.Publish(ctx, hints, id)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// hints is where it is told that there is something new.
var hints = "bench:" + strconv.FormatInt(team, 10)

// ingestSteps takes a webhook in as a program over gqlgen and ent does by default: statement by statement, five in a transaction, each a trip of its
// own or two, through database/sql and lib/pq.
func (s *server) ingestSteps(r *http.Request) ([]byte, error) {
	b, err := received(r)
	if err != nil {
		return nil, err
	}
	tx, err := s.plain.BeginTx(r.Context(), nil)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(r.Context(), within); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	message, err := steps(r.Context(), tx, b)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil || message == 0 {
		return nil, err
	}
	return nil, s.redis.Publish(r.Context(), hints, message).Err()
}

// steps are the five statements. They give the message's id, 0 where it was there already.
func steps(ctx context.Context, tx *sql.Tx, b body) (message int64, err error) {
	e := b.Events[0]
	raw, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	now, at := time.Now(), time.UnixMilli(e.Timestamp)
	mark, err := tx.ExecContext(ctx, `INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, platform_message_id, raw, state, received_at, tried_at)
		VALUES ($1, $2, $3, 'message', $4, $5, 'DONE', $6, $6) ON CONFLICT DO NOTHING`, team, data.LargeChannel, e.EventID, e.Message.ID, string(raw), now)
	if err != nil {
		return 0, err
	}
	if n, err := mark.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	var id, identity, channel, seq, fresh int64
	var status, kind, name, branch, region string
	var follower *int64
	if err := tx.QueryRowContext(ctx, `SELECT c.id, c.identity_id, c.channel_id, c.message_seq + 1, CASE WHEN c.unread = 0 THEN 1 ELSE 0 END, c.status, c.kind, c.name, c.follower_id, c.branch_id, c.region_id
		FROM conversations c JOIN identities i ON i.team_id = c.team_id AND i.id = c.identity_id WHERE i.team_id = $1 AND i.channel_id = $2 AND i.platform_user_id = $3 FOR UPDATE OF c`,
		team, data.LargeChannel, e.Source.UserID).Scan(&id, &identity, &channel, &seq, &fresh, &status, &kind, &name, &follower, &branch, &region); err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, `INSERT INTO messages (team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, sender_name, identity_id, kind, text,
		platform_message_id, quote_token, platform_at) VALUES ($1, $2, $2, $3, $4, $5, 'INBOUND', 'CONTACT', $6, $7, 'TEXT', $8, $9, $10, $11) RETURNING id`,
		team, now, id, channel, seq, name, identity, e.Message.Text, e.Message.ID, e.Message.QuoteToken, at).Scan(&message); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE conversations SET version = version + 1, updated_at = $3, message_seq = $4, unread = unread + 1, last_at = $3, last_message_id = $5, last_message_seq = $4,
		last_message_kind = 'TEXT', last_message_sender = 'CONTACT', last_message_preview = left($6, 100), last_message_at = $3, waiting_since = COALESCE(waiting_since, $3), customer_at = $7
		WHERE team_id = $1 AND id = $2`, team, id, now, seq, message, e.Message.Text, at); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE conversation_counters SET unread = unread + 1, unread_conversations = unread_conversations + $8 WHERE team_id = $1 AND status = $2 AND queue = ''
		AND follower_id = $3 AND channel_id = $4 AND kind = $5 AND branch_id = $6 AND region_id = $7`, team, status, follower, channel, kind, branch, region, fresh)
	return message, err
}
