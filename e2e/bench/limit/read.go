package limit

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// history is a page of a conversation's messages, built by one statement.
func (s *server) history(r *http.Request) ([]byte, error) {
	id, err := number(r, "conversation")
	before, err2 := number(r, "before")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if before == 0 {
		before = math.MaxInt64
	}
	return s.one(r.Context(), `SELECT json_build_object('nodes', json_agg(x ORDER BY x.seq)) FROM (SELECT m.id, m.version, m.seq, m.sender, m.sender_name AS "senderName", m.kind,
		json_build_object('text', m.text) AS content, m.created_at AS "createdAt", nullif(m.delivery, 'NONE') AS delivery,
		(SELECT json_build_object('id', a.id, 'name', a.name) FROM agents a WHERE a.team_id = m.team_id AND a.id = m.agent_id) AS agent,
		(SELECT count(*) FROM attempts t WHERE t.team_id = m.team_id AND t.message_id = m.id) AS attempts
		FROM conversations c JOIN messages m ON m.team_id = c.team_id AND m.conversation_id = c.id WHERE c.team_id = $1 AND c.id = $2 AND m.seq < $3 ORDER BY m.seq DESC LIMIT 50) x`, team, id, before)
}

// sideSQL is a narrow table of contacts with the fields of this very filter as columns, and one index that answers it.
const sideSQL = `CREATE SCHEMA IF NOT EXISTS bench;
	CREATE TABLE IF NOT EXISTS bench.side (team_id bigint, city text COLLATE "C", name_folded text COLLATE "C", contact_id bigint, spent double precision, tags bigint[], name text);
	INSERT INTO bench.side SELECT k.team_id, c.key_value, k.name_folded, k.id, s.number_value, ARRAY(SELECT jsonb_array_elements_text(k.tag_ids)::bigint), k.name
		FROM contacts k JOIN custom_field_values c ON c.team_id = k.team_id AND c.contact_id = k.id AND c.field_id = 1
		JOIN custom_field_values s ON s.team_id = k.team_id AND s.contact_id = k.id AND s.field_id = 2 WHERE NOT EXISTS (SELECT 1 FROM bench.side);
	CREATE INDEX IF NOT EXISTS side_answers ON bench.side (team_id, city, name_folded, contact_id) INCLUDE (spent, tags, name);
	GRANT USAGE ON SCHEMA bench TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA bench TO PUBLIC; ANALYZE bench.side`

// contacts are the first 50 by name of a city, whose name begins so, that spent so much and carry the tag.
func (s *server) contacts(r *http.Request) ([]byte, error) {
	q := r.URL.Query()
	spent, err := number(r, "spent")
	tag, err2 := number(r, "tag")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	prefix := text.Fold(q.Get("prefix"))
	b, n := append(make([]byte, 0, 8<<10), `{"nodes":[`...), 0
	err = s.ask(r.Context(), func(rows pgx.Rows) error {
		var id, tags int64
		var name string
		if err := rows.Scan(&id, &name, &tags); err != nil {
			return err
		}
		if n++; n > 50 {
			return nil
		}
		if n > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"id":`...), id, 10)
		b = quoted(append(b, `,"name":`...), name)
		b = append(strconv.AppendInt(append(b, `,"tagCount":`...), tags, 10), '}')
		return nil
	}, `SELECT contact_id, name, cardinality(tags) FROM bench.side WHERE team_id = $1 AND city = $2 AND name_folded >= $3 AND name_folded < $4 AND spent >= $5 AND tags @> ARRAY[$6::bigint]
		ORDER BY name_folded, contact_id LIMIT 51`, team, q.Get("city"), prefix, text.Next(prefix), float64(spent), tag)
	if err != nil {
		return nil, err
	}
	b = append(b, `],"pageInfo":{"hasNextPage":`...)
	return append(strconv.AppendBool(b, n > 50), `}}`...), nil
}

// buckets finds the newest 20 messages that hold a text by the product's own index, in one statement: the newest bucket first, the text itself
// looked at again.
func (s *server) buckets(r *http.Request) ([]byte, error) {
	term := text.Fold(r.URL.Query().Get("text"))
	asked := gram.Asked(term)
	low, high := s.ends[0], s.ends[1]
	// As desk/search salts them.
	const bucket = 14
	var arrays []string
	for b := high >> bucket; b >= low>>bucket; b-- {
		arrays = append(arrays, gram.Array(gram.Salted(asked, uint64(team)<<32|uint64(b)))) //nolint:gosec // ids are not negative
	}
	return s.found(r, `SELECT h.message_id, h.at, m.conversation_id, c.name, m.text FROM unnest($2::text[]) WITH ORDINALITY AS b (grams, n)
		CROSS JOIN LATERAL (SELECT s.message_id, s.at FROM team_search_messages s WHERE s.grams @> b.grams::integer[] ORDER BY s.message_id DESC OFFSET 0) h
		JOIN messages m ON m.team_id = $1 AND m.id = h.message_id JOIN conversations c ON c.team_id = $1 AND c.id = m.conversation_id
		WHERE strpos(lower(m.text), $3) > 0 LIMIT 20`, team, arrays, term)
}

// like finds them by looking at the messages, newest first.
func (s *server) like(r *http.Request) ([]byte, error) {
	return s.found(r, `SELECT m.id, m.created_at, m.conversation_id, c.name, m.text FROM messages m JOIN conversations c ON c.team_id = $1 AND c.id = m.conversation_id
		WHERE m.team_id = $1 AND m.text LIKE '%' || $2 || '%' ORDER BY m.id DESC LIMIT 20`, team, r.URL.Query().Get("text"))
}

// found writes messages.
func (s *server) found(r *http.Request, query string, args ...any) ([]byte, error) {
	type conversation struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	type message struct {
		ID int64 `json:"id"`
	}
	type node struct {
		Message      message      `json:"message"`
		Conversation conversation `json:"conversation"`
		Excerpt      string       `json:"excerpt"`
	}
	all := []node{}
	err := s.ask(r.Context(), func(rows pgx.Rows) error {
		var n node
		var at any
		if err := rows.Scan(&n.Message.ID, &at, &n.Conversation.ID, &n.Conversation.Name, &n.Excerpt); err != nil {
			return err
		}
		all = append(all, n)
		return nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"nodes": all})
}

// totalsSQL is a row an agent with its unread total.
var totalsSQL = `CREATE SCHEMA IF NOT EXISTS bench;
	DROP TABLE IF EXISTS bench.totals; CREATE TABLE bench.totals (team_id bigint, agent_id bigint, unread bigint, PRIMARY KEY (team_id, agent_id));
	INSERT INTO bench.totals SELECT a.team_id, a.id, (SELECT COALESCE(sum(` + unreadOf("a.id") + `), 0) FROM conversations c WHERE c.team_id = a.team_id AND NOT c.is_archived AND (c.status = 'PENDING'
		OR c.status = 'IN_PROGRESS' AND (c.follower_id = a.id OR c.collaborator_ids @> to_jsonb(a.id)))) FROM agents a WHERE a.team_id = 1 AND a.id <= 2;
	GRANT USAGE ON SCHEMA bench TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA bench TO PUBLIC; ANALYZE bench.totals`

// makeTotals makes the totals as they are now.
func (s *server) makeTotals(r *http.Request) ([]byte, error) {
	return nil, s.make(r.Context(), totalsSQL)
}

// total is an agent's unread total, kept in one row.
func (s *server) total(r *http.Request) ([]byte, error) {
	agent, err := number(r, "agent")
	if err != nil {
		return nil, err
	}
	var unread int64
	err = s.ask(r.Context(), func(rows pgx.Rows) error { return rows.Scan(&unread) }, "SELECT unread FROM bench.totals WHERE team_id = $1 AND agent_id = $2", team, agent)
	return append(strconv.AppendInt([]byte(`{"unreadMessages":`), unread, 10), '}'), err
}

// statements are those of a text, apart.
func statements(s string) []string {
	all := strings.Split(s, ";")
	out := all[:0]
	for _, x := range all {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}
