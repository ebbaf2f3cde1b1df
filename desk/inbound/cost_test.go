package inbound_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// TestCost counts the statements of a message: few, and hardly more for ten in one body, or the platform's two seconds would be spent waiting
// for the database (CHAN-9).
func TestCost(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		var mu sync.Mutex
		var told []string
		w := setupWith(t, dialect, store.Config{Told: func(q string) {
			mu.Lock()
			told = append(told, q)
			mu.Unlock()
		}})
		w.receive(w.says(user("Umia"), "first"))
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Update().SetProfileFetchedAt(tx.Now).Exec(ctx)
		})
		cost := func(events ...channels.Event) int {
			mu.Lock()
			told = nil
			mu.Unlock()
			if _, err := w.inbound.Receive(t.Context(), inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: events}); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			return len(told)
		}
		// The eleventh makes the texts of the transaction searchable, however many they are.
		if n := cost(w.says(user("Umia"), "second")); n > 11 {
			t.Errorf("a message costs %d statements:\n%s", n, strings.Join(told, "\n"))
		}
		ten := make([]channels.Event, 10)
		for i := range ten {
			ten[i] = w.says(user("Umia"), "more")
		}
		if n := cost(ten...); n > 40 {
			t.Errorf("ten messages cost %d statements", n)
		}
		again := cost(ten...)
		if again > 2 {
			t.Errorf("what was done already costs %d statements", again)
		}
	})
}

// BenchmarkReceive compares taking messages in with a limit in the same run: one statement by hand that inserts the mark and the message and
// moves the conversation, and does nothing else.
func BenchmarkReceive(b *testing.B) {
	for _, dialect := range []string{"sqlite", "postgres"} {
		for _, flights := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/receive/%d", dialect, flights), func(b *testing.B) {
				w := busy(b, dialect)
				run(b, flights, func(ctx context.Context, n int64) error {
					who := fmt.Sprint("U", n%100)
					at := w.clock.Now()
					e := channels.Event{Kind: channels.MessageReceived, DedupeKey: fmt.Sprint("bench-", n), Peer: &channels.Peer{Type: channels.PeerUser, ID: who},
						SenderID: who, OccurredAt: at, MessageID: fmt.Sprint("bench-", n), Raw: []byte(`{"type":"message"}`),
						Content: &channels.Content{Kind: channels.Text, Text: "請問我的訂單什麼時候會到?"}}
					_, err := w.inbound.Receive(ctx, inbound.Body{Team: w.Team, ChannelID: w.ChannelID, Type: channels.LINE, Events: []channels.Event{e}})
					return err
				})
			})
			b.Run(fmt.Sprintf("%s/limit/%d", dialect, flights), func(b *testing.B) {
				w := busy(b, dialect)
				run(b, flights, w.limit)
			})
		}
	}
}

// busy is a world with a hundred customers whose profiles are known.
func busy(b *testing.B, dialect string) *world {
	b.Helper()
	w := setup(b, dialect)
	for i := range 100 {
		w.receive(w.says(user(fmt.Sprint("U", i)), "hello"))
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Identity.Update().SetProfileFetchedAt(tx.Now).Exec(ctx)
	})
	return w
}

func run(b *testing.B, flights int, do func(context.Context, int64) error) {
	b.Helper()
	var n atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range flights {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if err := do(b.Context(), i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// limit takes a message in with as little as can be: on PostgreSQL one statement, on SQLite three in a transaction.
func (w *world) limit(ctx context.Context, n int64) error {
	now := w.clock.Now()
	id := 1 + n%100
	message := `INSERT INTO messages (team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, kind, text, platform_message_id)
		SELECT team_id, updated_at, updated_at, id, channel_id, message_seq, 'INBOUND', 'CONTACT', 'TEXT', 'hello', `
	if w.DB.IsPostgres() {
		_, err := w.DB.SQL().ExecContext(ctx, `WITH mark AS (INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, raw, state, received_at, tried_at)
				VALUES ($1, $2, $3, 'message', '{"type":"message"}', 'DONE', $4, $4) ON CONFLICT DO NOTHING RETURNING id),
			c AS (UPDATE conversations SET version = version + 1, updated_at = $4, message_seq = message_seq + 1, unread = unread + 1, last_at = $4,
				last_message_preview = 'hello' WHERE team_id = $1 AND id = $5 AND EXISTS (SELECT 1 FROM mark) RETURNING *),
			e AS (INSERT INTO events (team_id, seq, kind, object_id, object_version, conversation_id, body, at)
				SELECT team_id, 1000000 + $6::bigint, 'message.added', id, 1, id, '{}', updated_at FROM c)
			`+message+"$3 FROM c", w.Team, w.ChannelID, fmt.Sprint("bench-", n), now, id, n)
		return err
	}
	_, err := w.DB.Write(ctx, w.Team, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO inbound_events (team_id, channel_id, dedupe_key, kind, raw, state, received_at, tried_at)
			VALUES (?, ?, ?, 'message', '{"type":"message"}', 'DONE', ?, ?) ON CONFLICT DO NOTHING`, w.Team, w.ChannelID, fmt.Sprint("bench-", n), now, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = version + 1, updated_at = ?, message_seq = message_seq + 1, unread = unread + 1, last_at = ?,
			last_message_preview = 'hello' WHERE team_id = ? AND id = ?`, now, now, w.Team, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, message+"? FROM conversations WHERE team_id = ? AND id = ?", fmt.Sprint("bench-", n), w.Team, id)
		return err
	})
	return err
}
