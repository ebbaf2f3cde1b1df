package limit

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// wheres are the views by what selects their rows, all but the place at which the page begins. The first argument is the team, the second the
// agent.
var wheres = map[string]string{
	"TEAM_IN_PROGRESS": "c.team_id = $1 AND c.status = 'IN_PROGRESS' AND c.queue = 'HUMAN' AND c.follower_id IS DISTINCT FROM $2::bigint AND (c.collaborator_ids @> to_jsonb($2::bigint)) IS NOT TRUE AND NOT c.is_archived",
}

// page is the end of every query of a page: it begins after a place and has a row more than it shows.
const page = " AND (c.last_at, c.id) < ($3, $4) ORDER BY c.last_at DESC, c.id DESC LIMIT 51"

// inboxArgs reads which page is asked for.
func inboxArgs(r *http.Request) (where string, args []any, err error) {
	where, ok := wheres[r.URL.Query().Get("view")]
	agent, err := number(r, "agent")
	at, err2 := moment(r, "at")
	id, err3 := number(r, "id")
	if id == 0 {
		id = math.MaxInt64
	}
	if err := errors.Join(err, err2, err3); err != nil || !ok {
		return "", nil, errors.Join(err, errors.New("the page is not known"))
	}
	return where, []any{team, agent, at, id}, nil
}

// unreadOf is what is unread in a conversation for an agent: each of several that work on it has a count of its own.
func unreadOf(agent string) string {
	return "CASE WHEN jsonb_array_length(COALESCE(c.collaborator_ids, '[]')) = 0 OR c.follower_id = " + agent + "::bigint THEN c.unread ELSE COALESCE((c.collaborator_unread ->> " + agent +
		"::bigint::text)::bigint, 0) END"
}

// inboxJSON has one statement build the whole answer.
func (s *server) inboxJSON(r *http.Request) ([]byte, error) {
	where, args, err := inboxArgs(r)
	if err != nil {
		return nil, err
	}
	return s.one(r.Context(), `SELECT json_build_object('pageInfo', json_build_object('hasNextPage', count(*) > 50), 'nodes', json_agg(x.node ORDER BY x.n) FILTER (WHERE x.n <= 50)) FROM (
		SELECT row_number() OVER (ORDER BY c.last_at DESC, c.id DESC) AS n, json_build_object('id', c.id, 'version', c.version, 'status', c.status, 'kind', c.kind,
			'channel', json_build_object('id', ch.id, 'name', ch.name), 'contact', (SELECT json_build_object('id', k.id, 'name', k.name) FROM contacts k WHERE k.team_id = c.team_id AND k.id = c.contact_id),
			'tags', COALESCE((SELECT json_agg(json_build_object('id', t.id, 'name', t.name) ORDER BY i.n) FROM jsonb_array_elements_text(c.tag_ids) WITH ORDINALITY i (id, n)
				JOIN tags t ON t.team_id = c.team_id AND t.id = i.id::bigint), '[]'),
			'lastMessage', (SELECT json_build_object('messageId', m.id, 'sender', m.sender, 'text', left(m.text, 100), 'at', m.created_at) FROM messages m WHERE m.team_id = c.team_id AND m.id = c.last_message_id),
			'lastAt', c.last_at, 'unreadCount', `+unreadOf("$2")+`,
			'follower', (SELECT json_build_object('id', a.id, 'name', a.name) FROM agents a WHERE a.team_id = c.team_id AND a.id = c.follower_id),
			'collaborators', COALESCE((SELECT json_agg(json_build_object('id', a.id, 'name', a.name) ORDER BY i.n) FROM jsonb_array_elements_text(c.collaborator_ids) WITH ORDINALITY i (id, n)
				JOIN agents a ON a.team_id = c.team_id AND a.id = i.id::bigint), '[]')) AS node
		FROM conversations c JOIN channels ch ON ch.team_id = c.team_id AND ch.id = c.channel_id WHERE `+where+page+`) x`, args...)
}

// inboxDenorm reads one wide row a conversation, and writes the answer from it and from the names in memory.
func (s *server) inboxDenorm(r *http.Request) ([]byte, error) {
	where, args, err := inboxArgs(r)
	if err != nil {
		return nil, err
	}
	b, n := append(make([]byte, 0, 32<<10), `{"nodes":[`...), 0
	err = s.ask(r.Context(), func(rows pgx.Rows) error {
		n++
		if n > 50 {
			return nil
		}
		var id, version, channel, contact, last, unread int64
		var status, kind, name, sender, text string
		var tags, with []byte
		var lastMessageAt, lastAt time.Time
		var follower *int64
		if err := rows.Scan(&id, &version, &status, &kind, &channel, &contact, &name, &tags, &last, &sender, &text, &lastMessageAt, &lastAt, &unread, &follower, &with); err != nil {
			return err
		}
		if n > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"id":`...), id, 10)
		b = strconv.AppendInt(append(b, `,"version":`...), version, 10)
		b = quoted(append(b, `,"status":`...), status)
		b = quoted(append(b, `,"kind":`...), kind)
		b = s.named(append(b, `,"channel":`...), "channels", channel)
		b = strconv.AppendInt(append(b, `,"contact":{"id":`...), contact, 10)
		b = append(quoted(append(b, `,"name":`...), name), '}')
		if b, err = s.list(append(b, `,"tags":`...), "tags", tags); err != nil {
			return err
		}
		b = strconv.AppendInt(append(b, `,"lastMessage":{"messageId":`...), last, 10)
		b = quoted(append(b, `,"sender":`...), sender)
		b = quoted(append(b, `,"text":`...), text)
		b = append(lastMessageAt.UTC().AppendFormat(append(b, `,"at":"`...), time.RFC3339Nano), `"}`...)
		b = append(lastAt.UTC().AppendFormat(append(b, `,"lastAt":"`...), time.RFC3339Nano), '"')
		b = strconv.AppendInt(append(b, `,"unreadCount":`...), unread, 10)
		if b = append(b, `,"follower":`...); follower == nil {
			b = append(b, `null`...)
		} else {
			b = s.named(b, "agents", *follower)
		}
		b, err = s.list(append(b, `,"collaborators":`...), "agents", with)
		b = append(b, '}')
		return err
	}, `SELECT c.id, c.version, c.status, c.kind, c.channel_id, c.contact_id, c.name, c.tag_ids, c.last_message_id, c.last_message_sender, c.last_message_preview, c.last_message_at, c.last_at,
		`+unreadOf("$2")+`, c.follower_id, c.collaborator_ids FROM conversations c WHERE `+where+page, args...)
	if err != nil {
		return nil, err
	}
	b = append(b, `],"pageInfo":{"hasNextPage":`...)
	return append(strconv.AppendBool(b, n > 50), `}}`...), nil
}

// named writes an object with its name.
func (s *server) named(b []byte, table string, id int64) []byte {
	b = strconv.AppendInt(append(b, `{"id":`...), id, 10)
	return append(quoted(append(b, `,"name":`...), s.names[table][id]), '}')
}

// list writes objects by a JSON list of their ids.
func (s *server) list(b []byte, table string, ids []byte) ([]byte, error) {
	b = append(b, '[')
	if len(ids) > 0 {
		var all []int64
		if err := json.Unmarshal(ids, &all); err != nil {
			return nil, err
		}
		for i, id := range all {
			if i > 0 {
				b = append(b, ',')
			}
			b = s.named(b, table, id)
		}
	}
	return append(b, ']'), nil
}

// quoted writes a text as JSON. Of signs that need more than a stroke there are none in the data.
func quoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
