package search_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// benched is a team with many messages, and beside it one that holds a hundredth as many.
type benched struct {
	*world
	big, small     *factory.World
	boss, few, own auth.Principal // sees all; sees a hundredth; sees all of the small team
	scale          int
}

// benchWorld fills a database: SCALE messages (20,000 where it is not said), a tenth as many conversations, CONTACTS contacts.
func benchWorld(b *testing.B, dialect string) *benched {
	b.Helper()
	w := &benched{world: setup(b, dialect), scale: number("SCALE", 20_000)}
	w.big, w.small = w.World, factory.New(b, w.DB)
	w.boss, w.few = w.big.Agent(auth.Admin), w.big.Agent(auth.AgentRole)
	other := w.big.Agent(auth.AgentRole)
	w.own = w.small.Agent(auth.Admin)
	n := w.scale / 10
	first := w.people(b, w.big, w.channel, n, number("CONTACTS", n), other.AgentID, w.few.AgentID)
	line := w.small.Channel("LINE")
	w.World = w.small
	firstSmall := w.people(b, w.small, line, n/100, n/100, w.own.AgentID, w.own.AgentID)
	w.World = w.big
	r := random.Seeded(1)
	seq := map[int64]int64{}
	begun := time.Now()
	for from := 0; from < w.scale; from += 2000 {
		var mine, others []*ent.Message
		for i := from; i < min(from+2000, w.scale); i++ {
			m := &ent.Message{ID: int64(i) + 1, Text: corpus.Message(r.Int, i, w.scale), CreatedAt: w.clock.Now()}
			if r.Int(100) == 0 {
				m.ConversationID, m.ChannelID = firstSmall+int64(r.Int(n/100)), line.ID
				others = append(others, m)
			} else {
				m.ConversationID, m.ChannelID = first+int64(r.Int(n)), w.channel.ID
				mine = append(mine, m)
			}
			seq[m.ConversationID]++
			m.Seq = seq[m.ConversationID]
		}
		w.clock.Advance(time.Minute)
		w.store(b, w.big, mine)
		w.store(b, w.small, others)
	}
	b.Logf("%s: %d messages written and indexed in %s", dialect, w.scale, time.Since(begun).Round(time.Second))
	w.settle(b)
	return w
}

func number(name string, standard int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return standard
}

// people makes contacts, and conversations of the first of them: one in a hundred is the second agent's, the others the first's.
func (w *benched) people(b *testing.B, team *factory.World, ch *ent.Channel, conversations, contacts int, agent, few int64) int64 {
	b.Helper()
	r, n := random.Seeded(2), int64(0)
	var first int64
	for from := 0; from < max(contacts, conversations); from += 2000 {
		team.Write(func(ctx context.Context, tx *store.Tx) error {
			to := min(from+2000, max(contacts, conversations))
			var q strings.Builder
			var args []any
			names := make([]string, 0, 2000)
			for i := from; i < to; i++ {
				name := corpus.Name(r.Int)
				if i%50_000 == 777 {
					name = "Ｚoë 曇" + name
				}
				names = append(names, name)
				args = append(args, team.Team, tx.Now, tx.Now, name, name, text.Fold(name))
			}
			q.WriteString("INSERT INTO contacts (team_id, created_at, updated_at, first_name, name, name_folded) VALUES " + marks(6, len(names)) + " RETURNING id")
			rows, err := tx.Query(ctx, q.String(), args...)
			if err != nil {
				return err
			}
			var ids []int64
			for rows.Next() {
				var id int64
				if err := rows.Scan(&id); err != nil {
					return err
				}
				ids = append(ids, id)
			}
			if err := rows.Close(); err != nil {
				return err
			}
			args = args[:0]
			for i, id := range ids {
				if from+i >= conversations {
					break
				}
				who := agent
				if (from+i)%100 == 0 {
					who = few
				}
				args = append(args, team.Team, tx.Now, tx.Now, "LINE", "ONE_ON_ONE", "IN_PROGRESS", tx.Now, names[i], text.Fold(names[i]), ch.ID, id, who)
			}
			if len(args) == 0 {
				return nil
			}
			const columns = 12
			_, err = tx.Exec(ctx, `INSERT INTO conversations (team_id, created_at, updated_at, channel_type, kind, status, last_at, name, name_folded, channel_id, contact_id, follower_id)
				VALUES `+marks(columns, len(args)/columns), args...)
			n += int64(len(args) / columns)
			return err
		})
	}
	team.Write(func(ctx context.Context, tx *store.Tx) error {
		ids, err := tx.Conversation.Query().Order(ent.Asc("id")).Limit(1).IDs(ctx)
		if err == nil {
			first = ids[0]
		}
		return err
	})
	return first
}

func marks(columns, rows int) string {
	return strings.TrimSuffix(strings.Repeat("("+strings.TrimSuffix(strings.Repeat("?,", columns), ",")+"),", rows), ",")
}

// store writes messages, and their grams as desk/conversation does.
func (w *benched) store(b *testing.B, team *factory.World, all []*ent.Message) {
	b.Helper()
	team.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := insert(ctx, tx, all); err != nil {
			return err
		}
		for _, m := range all {
			search.IndexIn(tx, m)
		}
		return nil
	})
}

// insert writes messages without their grams.
func insert(ctx context.Context, tx *store.Tx, all []*ent.Message) error {
	if len(all) == 0 {
		return nil
	}
	const columns = `INSERT INTO messages (id, team_id, created_at, updated_at, conversation_id, channel_id, seq, direction, sender, kind, text) `
	if tx.IsPostgres() {
		var ids, conversations, seqs []int64
		var texts, at []string
		for _, m := range all {
			ids, conversations, seqs, texts, at = append(ids, m.ID), append(conversations, m.ConversationID), append(seqs, m.Seq), append(texts, m.Text),
				append(at, m.CreatedAt.Format(time.RFC3339Nano))
		}
		_, err := tx.Exec(ctx, columns+`SELECT i, ?, a::timestamptz, a::timestamptz, c, ?, s, 'INBOUND', 'CONTACT', 'TEXT', t
			FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[]) AS x (i, c, s, t, a)`,
			tx.Team, all[0].ChannelID, pq.Array(ids), pq.Array(conversations), pq.Array(seqs), pq.Array(texts), pq.Array(at))
		return err
	}
	var args []any
	for _, m := range all {
		args = append(args, m.ID, tx.Team, m.CreatedAt, m.CreatedAt, m.ConversationID, m.ChannelID, m.Seq, "INBOUND", "CONTACT", "TEXT", m.Text)
	}
	_, err := tx.Exec(ctx, columns+"VALUES "+marks(11, len(all)), args...)
	return err
}

// settle does what the database does by itself in time, and tells how large the index is.
func (w *benched) settle(b *testing.B) {
	b.Helper()
	if !w.DB.IsPostgres() {
		if _, err := w.DB.SQL().ExecContext(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
		var index, all int64
		if err := w.DB.SQL().QueryRowContext(b.Context(), `SELECT (SELECT sum(length(block)) FROM search_messages_data),
			(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)`).Scan(&index, &all); err != nil {
			b.Fatal(err)
		}
		b.Logf("index of messages %d MB, the whole database %d MB", index>>20, all>>20)
		return
	}
	if _, err := w.DB.SQL().ExecContext(b.Context(), "VACUUM (ANALYZE) search_messages, messages, conversations, contacts, search_names"); err != nil {
		b.Fatal(err)
	}
	var index, rows, messages int64
	if err := w.DB.SQL().QueryRowContext(b.Context(), `SELECT pg_relation_size('search_messages_grams'), pg_total_relation_size('search_messages') - pg_relation_size('search_messages_grams'),
		pg_total_relation_size('messages')`).Scan(&index, &rows, &messages); err != nil {
		b.Fatal(err)
	}
	b.Logf("GIN index %d MB, its table %d MB; messages with their own indexes %d MB", index>>20, rows>>20, messages>>20)
}

// timed reports the median and the 99th percentile.
func timed(b *testing.B, f func() int) {
	b.Helper()
	f()
	took, found := make([]time.Duration, 0, b.N), 0
	for b.Loop() {
		begun := time.Now()
		found = f()
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	ms := func(at int) float64 { return float64(took[at].Microseconds()) / 1000 }
	b.ReportMetric(ms(len(took)/2), "p50-ms")
	b.ReportMetric(ms((len(took)*99)/100), "p99-ms")
	b.ReportMetric(float64(found), "found")
}

// BenchmarkSearch measures every class of term, as an agent who sees all, one who sees a hundredth, and in a team that holds a hundredth of the
// messages (W4); contacts and conversations by name (W3); and what a message costs with its grams and without. SCALE is how many messages,
// CONTACTS how many contacts.
func BenchmarkSearch(b *testing.B) {
	for _, dialect := range []string{"sqlite", "postgres"} {
		b.Run(dialect, func(b *testing.B) {
			w := benchWorld(b, dialect)
			b.Run("messages", func(b *testing.B) { w.messages(b) })
			b.Run("names", func(b *testing.B) { w.names(b) })
			b.Run("insert", func(b *testing.B) { w.insert(b) })
		})
	}
}

func (w *benched) messages(b *testing.B) {
	for _, c := range []struct{ class, term string }{
		{"1-common", "訂"}, {"1-rare", "曇"}, {"1-absent", "蠡"},
		{"2-common", corpus.Common}, {"2-medium", corpus.Medium}, {"2-rare-old", corpus.Rare}, {"2-absent", corpus.Absent},
		{"4-common", corpus.CommonLong}, {"4-medium", corpus.MediumLong}, {"4-rare-old", corpus.RareLong}, {"4-absent", corpus.AbsentLong},
		{"latin", corpus.Latin}, {"worst-apart", corpus.Apart},
	} {
		for _, who := range []struct {
			name  string
			p     auth.Principal
			world *factory.World
		}{{"sees-all", w.boss, w.big}, {"sees-1-percent", w.few, w.big}, {"small-team", w.own, w.small}} {
			b.Run(c.class+"/"+who.name, func(b *testing.B) {
				w.World = who.world
				defer func() { w.World = w.big }()
				timed(b, func() int { return len(w.page(who.p, search.Input{Text: c.term, First: 20}).Hits) })
			})
		}
	}
}

func (w *benched) names(b *testing.B) {
	box, contacts := inbox.New(w.DB, nil), contact.New(w.DB)
	for _, c := range []struct{ class, term string }{{"common", "林"}, {"medium", "林家豪"}, {"rare", "zoë 曇"}, {"absent", "蠡測"}} {
		b.Run("conversations/"+c.class, func(b *testing.B) {
			timed(b, func() int {
				l, err := box.List(b.Context(), w.boss, inbox.ListInput{View: inbox.All, Search: c.term, Sort: inbox.ByLastMessage, IsDescending: true, Window: page.Window{Limit: 25}})
				if err != nil {
					b.Fatal(err)
				}
				return len(l.All)
			})
		})
		b.Run("contacts/"+c.class, func(b *testing.B) {
			timed(b, func() int {
				l, err := contacts.List(b.Context(), w.boss, contact.Query{Criteria: contact.Criteria{Text: &c.term}, Sort: contact.ByName}, page.Window{Limit: 25})
				if err != nil {
					b.Fatal(err)
				}
				return len(l.Contacts)
			})
		})
	}
}

// insert commits a message at a time.
func (w *benched) insert(b *testing.B) {
	r, next, conversation := random.Seeded(3), int64(w.scale), w.conversation(b)
	for _, isIndexed := range []bool{false, true, false, true} {
		b.Run(fmt.Sprintf("indexed=%v", isIndexed), func(b *testing.B) {
			timed(b, func() int {
				next++
				m := &ent.Message{ID: next, ConversationID: conversation, ChannelID: w.channel.ID, Seq: next, Text: corpus.Message(r.Int, int(next), w.scale), CreatedAt: w.clock.Now()}
				w.big.Write(func(ctx context.Context, tx *store.Tx) error {
					if isIndexed {
						search.IndexIn(tx, m)
					}
					return insert(ctx, tx, []*ent.Message{m})
				})
				return 1
			})
		})
	}
}

func (w *benched) conversation(b *testing.B) int64 {
	b.Helper()
	return w.conversations()[0].ID
}
