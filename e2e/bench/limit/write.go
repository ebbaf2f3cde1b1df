package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/e2e/bench/data"
)

// body is what LINE calls with, as far as it is needed.
type body struct {
	Events []struct {
		Timestamp int64
		EventID   string `json:"webhookEventId"`
		Source    struct {
			UserID string
		}
		Message struct {
			ID, Text, QuoteToken string
		}
	}
}

// received verifies and reads a body with one message.
func received(r *http.Request) (body, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return body{}, err
	}
	mac := hmac.New(sha256.New, []byte(data.ChannelSecret))
	mac.Write(raw)
	if !hmac.Equal([]byte(r.Header.Get("X-Line-Signature")), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))) {
		return body{}, errors.New("the signature does not fit")
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return body{}, err
	}
	if len(b.Events) != 1 {
		return body{}, errors.New("not one event")
	}
	return b, nil
}

// ids are numbers of messages to come, fetched a few hundred at a time, by the owner: a team's role inserts rows and does not look at sequences.
type ids struct {
	mu   sync.Mutex
	next []int64
}

func (s *server) messageID(ctx context.Context) (int64, error) {
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if len(s.ids.next) == 0 {
		rows, err := s.owner.Query(ctx, "SELECT nextval(pg_get_serial_sequence('messages', 'id')) FROM generate_series(1, 256)")
		if err != nil {
			return 0, err
		}
		if s.ids.next, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return 0, err
		}
	}
	id := s.ids.next[0]
	s.ids.next = s.ids.next[1:]
	return id, nil
}

// ingestSQL takes a message in: the mark against doubles, the message, the conversation moved up, its counter.
const ingestSQL = `WITH mark AS (INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, platform_message_id, raw, state, received_at, tried_at)
		VALUES ($1, $2, $3, 'message', $4, $5, 'DONE', $6, $6) ON CONFLICT DO NOTHING RETURNING id),
	was AS (SELECT c.id, c.unread FROM conversations c JOIN identities i ON i.team_id = c.team_id AND i.id = c.identity_id
		WHERE i.team_id = $1 AND i.channel_id = $2 AND i.platform_user_id = $7 AND EXISTS (SELECT 1 FROM mark) FOR UPDATE OF c),
	c AS (UPDATE conversations c SET version = c.version + 1, updated_at = $6, message_seq = c.message_seq + 1, unread = c.unread + 1, last_at = $6, last_message_id = $8,
		last_message_seq = c.message_seq + 1, last_message_kind = 'TEXT', last_message_sender = 'CONTACT', last_message_preview = left($9, 100), last_message_at = $6,
		waiting_since = COALESCE(c.waiting_since, $6), customer_at = $10 FROM was WHERE c.team_id = $1 AND c.id = was.id RETURNING c.*, was.unread AS was_unread),
	k AS (UPDATE conversation_counters k SET unread = k.unread + 1, unread_conversations = k.unread_conversations + CASE WHEN c.was_unread = 0 THEN 1 ELSE 0 END FROM c
		WHERE k.team_id = $1 AND k.status = c.status AND k.queue = '' AND k.follower_id = c.follower_id AND k.channel_id = c.channel_id AND k.kind = c.kind AND k.branch_id = c.branch_id
		AND k.region_id = c.region_id),
	m AS (INSERT INTO messages (id, team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, sender_name, identity_id, kind, text, platform_message_id, quote_token, platform_at)
		SELECT $8, $1, $6, $6, c.id, c.channel_id, c.message_seq, 'INBOUND', 'CONTACT', c.name, c.identity_id, 'TEXT', $9, $4, $11, $10 FROM c)`

// sameSQL writes what the product does beside it: the grams, and two events at the team's next places.
const sameSQL = ingestSQL + `,
	g AS (INSERT INTO team_search_messages (team_id, message_id, conversation_id, at, grams) SELECT $1, $8, c.id, $6, $12::integer[] FROM c),
	s AS (UPDATE streams SET seq = seq + 2 WHERE team_id = $1 AND EXISTS (SELECT 1 FROM c) RETURNING seq)
	INSERT INTO events (team_id, seq, kind, object_id, object_version, conversation_id, agent_id, body, at)
		SELECT $1, s.seq - 1, 'conversation.changed', c.id, c.version, c.id, 0, $13, $6 FROM c, s UNION ALL SELECT $1, s.seq, 'message.added', $8, 1, c.id, 0, $13, $6 FROM c, s`

// facets is what an event's body is about as long as.
const facets = `{"before":{"status":"IN_PROGRESS","kind":"ONE_ON_ONE","channel":1,"channelType":"LINE","follower":10,"contact":100,"tags":[1,2],"unread":1},` +
	`"after":{"status":"IN_PROGRESS","kind":"ONE_ON_ONE","channel":1,"channelType":"LINE","follower":10,"contact":100,"tags":[1,2],"unread":2},"actor":{"kind":"CONTACT","id":100}}`

// ingest takes a webhook in by one statement, and tells so over Redis.
func (s *server) ingest(isSame bool) func(*http.Request) ([]byte, error) {
	return func(r *http.Request) ([]byte, error) {
		b, err := received(r)
		if err != nil {
			return nil, err
		}
		id, err := s.messageID(r.Context())
		if err != nil {
			return nil, err
		}
		return nil, s.takeOne(r.Context(), b, id, isSame)
	}
}

// takeOne takes a message in.
func (s *server) takeOne(ctx context.Context, b body, id int64, isSame bool) error {
	e := b.Events[0]
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	args := []any{team, data.LargeChannel, e.EventID, e.Message.ID, string(raw), time.Now(), e.Source.UserID, id, e.Message.Text, time.UnixMilli(e.Timestamp), e.Message.QuoteToken}
	query := ingestSQL + " SELECT 1"
	if isSame {
		query, args = sameSQL, append(args, search.Numbers(team, id, e.Message.Text), facets)
	}
	if err := s.do(ctx, query, args...); err != nil {
		return err
	}
	return s.redis.Publish(ctx, hints, id).Err()
}

// lanesSQL is a table like that of the lanes: in the product's own our server would find what it should send.
const lanesSQL = `CREATE SCHEMA IF NOT EXISTS bench; CREATE TABLE IF NOT EXISTS bench.lanes (LIKE lanes INCLUDING ALL);
	GRANT USAGE ON SCHEMA bench TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA bench TO PUBLIC`

// sendSQL writes an agent's answer: the message, the conversation, its counter, its lane, and two events.
const sendSQL = `WITH was AS (SELECT c.id, c.unread FROM conversations c WHERE c.team_id = $1 AND c.id = $2 FOR UPDATE),
	c AS (UPDATE conversations c SET version = c.version + 1, updated_at = $3, message_seq = c.message_seq + 1, unread = 0, read_seq = c.message_seq + 1, last_at = $3, last_message_id = $4,
		last_message_seq = c.message_seq + 1, last_message_kind = 'TEXT', last_message_sender = 'AGENT', last_message_preview = left($5, 100), last_message_at = $3, waiting_since = NULL
		FROM was WHERE c.team_id = $1 AND c.id = was.id RETURNING c.*, was.unread AS was_unread),
	k AS (UPDATE conversation_counters k SET unread = k.unread - c.was_unread, unread_conversations = k.unread_conversations - CASE WHEN c.was_unread > 0 THEN 1 ELSE 0 END FROM c
		WHERE c.was_unread > 0 AND k.team_id = $1 AND k.status = c.status AND k.queue = '' AND k.follower_id = c.follower_id AND k.channel_id = c.channel_id AND k.kind = c.kind
		AND k.branch_id = c.branch_id AND k.region_id = c.region_id),
	m AS (INSERT INTO messages (id, team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, sender_name, agent_id, kind, text, delivery, retry_key, author, client_message_id)
		SELECT $4, $1, $3, $3, c.id, c.channel_id, c.message_seq, 'OUTBOUND', 'AGENT', 'agent', $6, 'TEXT', $5, 'SENT', $7, 'agent:limit', $7 FROM c),
	g AS (INSERT INTO team_search_messages (team_id, message_id, conversation_id, at, grams) SELECT $1, $4, c.id, $3, $8::integer[] FROM c),
	l AS (INSERT INTO bench.lanes (team_id, waiting, due_at, lease_until, conversation_id, channel_id) SELECT $1, 1, $3, $3, c.id, c.channel_id FROM c
		ON CONFLICT (team_id, conversation_id) DO UPDATE SET waiting = bench.lanes.waiting + 1),
	s AS (UPDATE streams SET seq = seq + 2 WHERE team_id = $1 RETURNING seq)
	INSERT INTO events (team_id, seq, kind, object_id, object_version, conversation_id, agent_id, body, at)
		SELECT $1, s.seq - 1, 'conversation.changed', c.id, c.version, c.id, 0, $9, $3 FROM c, s UNION ALL SELECT $1, s.seq, 'message.added', $4, 1, c.id, 0, $9, $3 FROM c, s`

// send writes an agent's answer by one statement.
func (s *server) send(r *http.Request) ([]byte, error) {
	conversation, err := number(r, "conversation")
	if err != nil {
		return nil, err
	}
	id, err := s.messageID(r.Context())
	if err != nil {
		return nil, err
	}
	const text = "您的訂單今天下午就會寄出，請稍候"
	if err := s.do(r.Context(), sendSQL, team, conversation, time.Now(), id, text, data.Boss, r.URL.Query().Get("key"), search.Numbers(team, id, text), facets); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"id":%d}`, id), s.redis.Publish(r.Context(), hints, id).Err()
}
