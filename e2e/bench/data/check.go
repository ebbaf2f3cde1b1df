package data

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/desk/search"
)

// Check compares what is kept twice: counters with a recount, rows with their messages, grams with texts. Of what is much it looks at samples.
func Check(ctx context.Context, url string, s Size) error {
	return connected(ctx, url, func(ctx context.Context, c *pgx.Conn) error { return s.check(ctx, c) })
}

func (s Size) check(ctx context.Context, c *pgx.Conn) error {
	if err := recount(ctx, c); err != nil {
		return err
	}
	for _, x := range []struct{ what, query string }{
		{"rows that do not show their newest message", `SELECT count(*) FROM conversations c WHERE c.id % $1 = 0 AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.team_id = c.team_id
			AND m.id = c.last_message_id AND m.conversation_id = c.id AND m.seq = c.message_seq AND m.seq = c.last_message_seq AND m.created_at = c.last_at AND m.created_at = c.last_message_at
			AND m.sender = c.last_message_sender AND left(m.text, 50) = left(c.last_message_preview, 50))`},
		{"conversations with gaps", `SELECT count(*) FROM conversations c WHERE c.id % $1 = 0 AND (SELECT (count(*), min(seq), max(seq)) FROM messages m
			WHERE m.team_id = c.team_id AND m.conversation_id = c.id) IS DISTINCT FROM (c.message_seq, 1::bigint, c.message_seq)`},
		{"unread that is not what came after what was read", `SELECT count(*) FROM conversations c WHERE c.id % $1 = 0 AND c.unread <> (SELECT count(*) FROM messages m
			WHERE m.team_id = c.team_id AND m.conversation_id = c.id AND m.seq > c.read_seq AND m.direction = 'INBOUND')`},
		{"rows that differ from their contacts", `SELECT count(*) FROM conversations c JOIN contacts k ON k.team_id = c.team_id AND k.id = c.contact_id WHERE c.id % $1 = 0 AND (c.name <> k.name
			OR c.name_folded <> k.name_folded OR c.tag_ids IS DISTINCT FROM k.tag_ids OR c.has_phone <> EXISTS (SELECT 1 FROM contact_phones p WHERE p.team_id = k.team_id AND p.contact_id = k.id)
			OR COALESCE(jsonb_array_length(k.tag_ids), 0) <> (SELECT count(*) FROM taggings t WHERE t.team_id = k.team_id AND t.contact_id = k.id))`},
		{"tags that count other contacts than they have", `SELECT count(*) FROM tags t WHERE t.contact_count <> (SELECT count(*) FROM taggings g WHERE g.team_id = t.team_id AND g.tag_id = t.id)`},
		{"followers and collaborators that are no participants", `SELECT count(*) FROM conversations c WHERE c.id % $1 = 0
			AND (SELECT count(*) FROM participants p WHERE p.team_id = c.team_id AND p.conversation_id = c.id)
			<> CASE WHEN c.follower_id IS NULL THEN 0 ELSE 1 END + COALESCE(jsonb_array_length(c.collaborator_ids), 0)`},
		{"names whose grams the triggers would write otherwise", `SELECT count(*) FROM contacts k JOIN search_names s ON s.kind = 1 AND s.id = k.id WHERE k.id % $1 = 0
			AND s.grams <> search_grams(1, k.team_id, k.name_folded || E'\n' || k.note_folded || E'\n' || k.membership_folded)`},
		{"references to what is not there", `SELECT count(*) FROM messages m WHERE m.id % $1 = 0 AND (NOT EXISTS (SELECT 1 FROM conversations c WHERE c.team_id = m.team_id AND c.id = m.conversation_id
			AND c.channel_id = m.channel_id) OR m.agent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.team_id = m.team_id AND a.id = m.agent_id)
			OR m.identity_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.team_id = m.team_id AND i.id = m.identity_id AND i.channel_id = m.channel_id))`},
	} {
		// A prime, so that samples are of every kind.
		const sample = 97
		var args []any
		if slices.Contains([]byte(x.query), '$') {
			args = append(args, max(1, min(sample, s.Conversations/500)))
		}
		var n int
		if err := c.QueryRow(ctx, x.query, args...).Scan(&n); err != nil {
			return fmt.Errorf("look for %s: %w", x.what, err)
		}
		if n > 0 {
			return fmt.Errorf("there are %d %s", n, x.what)
		}
	}
	return checkGrams(ctx, c, s)
}

// checkGrams compares the grams of samples with what the program would write.
func checkGrams(ctx context.Context, c *pgx.Conn, s Size) error {
	var messages, indexed int
	if err := c.QueryRow(ctx, "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM search_messages)").Scan(&messages, &indexed); err != nil {
		return err
	}
	if messages != s.Messages || indexed != s.Messages {
		return fmt.Errorf("there are %d messages and the grams of %d, there should be %d", messages, indexed, s.Messages)
	}
	rows, err := c.Query(ctx, `SELECT m.team_id, m.id, m.text, s.grams FROM messages m JOIN search_messages s ON s.team_id = m.team_id AND s.message_id = m.id
		WHERE m.id % $1 = 0`, max(1, s.Messages/1000))
	if err != nil {
		return err
	}
	var team, id int64
	var text string
	var grams []int32
	_, err = pgx.ForEachRow(rows, []any{&team, &id, &text, &grams}, func() error {
		if !slices.Equal(grams, search.Numbers(team, id, text)) {
			return fmt.Errorf("the grams of message %d are not those of its text", id)
		}
		return nil
	})
	return err
}

// Recount compares the counters of conversations with a recount.
func Recount(ctx context.Context, url string) error {
	return connected(ctx, url, recount)
}

func recount(ctx context.Context, c *pgx.Conn) error {
	var n int
	if err := c.QueryRow(ctx, `SELECT count(*) FROM (SELECT team_id, channel_id, kind, status, CASE status WHEN 'PENDING' THEN queue ELSE '' END AS queue,
			COALESCE(follower_id, 0) AS follower_id, count(*) AS n, count(*) FILTER (WHERE unread > 0) AS with_unread, sum(unread) AS unread FROM conversations WHERE NOT is_archived
			GROUP BY 1, 2, 3, 4, 5, 6) r FULL JOIN (SELECT * FROM conversation_counters WHERE n <> 0) c USING (team_id, channel_id, kind, status, queue, follower_id)
			WHERE (r.n, r.with_unread, r.unread) IS DISTINCT FROM (c.n, c.unread_conversations, c.unread)`).Scan(&n); err != nil {
		return fmt.Errorf("recount: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("%d counters differ from a recount", n)
	}
	return nil
}

// Count is how many messages there are.
func Count(ctx context.Context, url string) (n int64, err error) {
	err = connected(ctx, url, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT count(*) FROM messages").Scan(&n)
	})
	return n, err
}

// Drained waits until nothing waits to be sent.
func Drained(ctx context.Context, url string) error {
	return connected(ctx, url, func(ctx context.Context, c *pgx.Conn) error {
		for {
			var waits bool
			if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM lanes WHERE waiting > 0)").Scan(&waits); err != nil || !waits {
				return err
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

func connected(ctx context.Context, url string, f func(context.Context, *pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return f(ctx, c)
}
