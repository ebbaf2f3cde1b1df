package graph_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/writer"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// limitInbox is the same page as one hand-written statement that builds the whole answer: what a page could cost at least.
const limitInbox = `SELECT json_agg(x) FROM (
	SELECT c.id, c.version, c.name, c.picture_url, c.status, c.queue, c.kind, c.tag_ids, c.last_at, c.unread, c.waiting_since, c.is_starred, c.has_phone,
		json_build_object('id', ch.id, 'name', ch.name, 'type', ch.type, 'state', ch.state) AS channel,
		(SELECT json_build_object('id', k.id, 'name', k.name, 'tags', k.tag_ids) FROM contacts k WHERE k.team_id = c.team_id AND k.id = c.contact_id) AS contact,
		(SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'colour', t.colour)) FROM tags t WHERE t.team_id = c.team_id AND c.tag_ids @> to_jsonb(t.id)) AS tags,
		(SELECT json_build_object('id', a.id, 'name', a.name) FROM agents a WHERE a.team_id = c.team_id AND a.id = c.follower_id) AS follower,
		(SELECT json_build_object('id', m.id, 'kind', m.kind, 'sender', m.sender, 'text', left(m.text, 100), 'at', m.created_at) FROM messages m
			WHERE m.team_id = c.team_id AND m.id = c.last_message_id) AS last_message
	FROM conversations c JOIN channels ch ON ch.team_id = c.team_id AND ch.id = c.channel_id
	WHERE c.team_id = $1 AND c.status = 'IN_PROGRESS' AND c.queue = 'HUMAN' AND NOT c.is_archived ORDER BY c.last_at DESC, c.id DESC LIMIT 51) x`

// limitHistory is the history page the same way.
const limitHistory = `SELECT json_agg(x) FROM (
	SELECT m.id, m.version, m.seq, m.sender, m.kind, m.text, m.content, m.created_at, m.delivery,
		(SELECT json_build_object('id', a.id, 'name', a.name) FROM agents a WHERE a.team_id = m.team_id AND a.id = m.agent_id) AS agent,
		(SELECT count(*) FROM attempts t WHERE t.team_id = m.team_id AND t.message_id = m.id) AS attempts
	FROM messages m WHERE m.team_id = $1 AND m.conversation_id = $2 ORDER BY m.seq DESC LIMIT 50) x`

// BenchmarkPages measures an inbox page and a history page of 50 through the executor against the hand-written limit, in turn in the same run
// (W1, W2): the ratio is what counts, never the time.
func BenchmarkPages(b *testing.B) {
	w := newWorld(b, "postgres")
	boss := w.Agent(auth.Admin)
	line, tags := w.Channel("LINE"), []int64{w.Tag("vip"), w.Tag("new"), w.Tag("late")}
	var history int64
	for range 20 {
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range 500 {
				s := factory.Spec{Messages: 1, Tags: tags}
				if i%2 == 0 {
					s.Status, s.Follower = "IN_PROGRESS", boss.AgentID
				}
				c, err := w.ConversationIn(ctx, tx, line, s)
				if err != nil {
					return err
				}
				history = c.ID
			}
			return nil
		})
	}
	for range 4 {
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			c, err := w.ConversationIn(ctx, tx, line, factory.Spec{Messages: 2500})
			if err != nil {
				return err
			}
			history = c.ID
			return nil
		})
	}
	if _, err := w.DB.SQL().ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	const inbox = `{ conversations(view: ALL, first: 50, filter: {statuses: [IN_PROGRESS]}) { pageInfo { hasNextPage endCursor } nodes { id version name pictureUrl status queue kind
		channel { id name type state } contact { id name tagCount } tags { id name colour } follower { id name } collaborators { id name }
		lastMessage { messageId kind sender text at } lastAt unreadCount waitingSince isStarred hasPhone } } }`
	const messages = `query($id: ID!) { messages(conversationId: $id, last: 50) { pageInfo { hasPreviousPage startCursor } nodes { id version seq sender senderName kind
		content { ... on TextContent { text } } createdAt delivery agent { id name } attempts } } }`
	b.Run("inbox", func(b *testing.B) { w.compare(b, boss, inbox, nil, limitInbox, w.Team) })
	b.Run("history", func(b *testing.B) {
		w.compare(b, boss, messages, map[string]any{"id": conv(history)}, limitHistory, w.Team, history)
	})
	b.Run("counts", func(b *testing.B) {
		w.compare(b, boss, `{ inboxCounts { unreadMessages views { view count unreadMessages } } }`, nil,
			"SELECT sum(unread) FROM conversation_counters WHERE team_id = $1 AND (status = 'PENDING' OR follower_id = $2)", w.Team, boss.AgentID)
	})
}

// compare runs an operation and the limit in turn and reports how many times the limit's time it takes.
func (w *world) compare(b *testing.B, p auth.Principal, query string, vars map[string]any, limit string, args ...any) {
	statement, err := w.DB.SQL().PrepareContext(b.Context(), limit)
	if err != nil {
		b.Fatal(err)
	}
	defer statement.Close()
	var ours, plain, limits time.Duration
	run := func(e *executor.Executor) time.Duration {
		start := time.Now()
		ctx := graphql.StartOperationTrace(auth.With(b.Context(), p))
		op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: vars})
		if errs != nil {
			b.Fatal(errs)
		}
		next, ctx := e.DispatchOperation(ctx, op)
		if r := next(ctx); len(r.Errors) > 0 || len(r.Data) == 0 {
			b.Fatal(r.Errors)
		}
		return time.Since(start)
	}
	written := executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver}))
	written.SetQueryCache(lru.New[*ast.QueryDocument](10))
	written.Use(&writer.Extension{})
	bare := executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver}))
	bare.SetQueryCache(lru.New[*ast.QueryDocument](10))
	once := func() {
		ours += run(written)
		plain += run(bare)
		start := time.Now()
		var answer sql.RawBytes
		rows, err := statement.QueryContext(b.Context(), args...)
		if err != nil {
			b.Fatal(err)
		}
		if !rows.Next() {
			b.Fatal(rows.Err())
		}
		if err := rows.Scan(&answer); err != nil || len(answer) == 0 {
			b.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			b.Fatal(err)
		}
		limits += time.Since(start)
	}
	for range 20 { // plans and caches
		once()
	}
	ours, plain, limits = 0, 0, 0
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
	b.ReportMetric(float64(ours)/float64(limits), "×limit")
	b.ReportMetric(float64(plain)/float64(limits), "×limit-executor")
	b.ReportMetric(float64(plain)/float64(ours), "executor/ours")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/ours")
	b.ReportMetric(float64(limits.Microseconds())/float64(b.N), "µs/limit")
}
