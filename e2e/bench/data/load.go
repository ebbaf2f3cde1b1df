package data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/internal/store"
)

// Load makes the tables and fills them. The database must be empty, and url a superuser's, who may leave triggers out. tell is told of each step.
func Load(ctx context.Context, url string, s Size, tell func(step string, took time.Duration)) error {
	if err := opened(ctx, url, func(db *store.DB) error { return prepare(ctx, db) }); err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	l := &load{Size: s, c: c}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"plan", l.plan}, {"leave indexes out", l.begin}, {"workspace", l.workspace}, {"contacts", l.contacts}, {"conversations", l.conversations},
		{"messages", l.messages}, {"grams of messages", l.grams}, {"grams of names", l.names}, {"indexes", l.indexes}, {"vacuum", l.end},
	} {
		begun := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("load %s: %w", step.name, err)
		}
		tell(step.name, time.Since(begun))
	}
	return nil
}

// Migrate brings the tables of a loaded database to the present.
func Migrate(ctx context.Context, url string) error {
	return opened(ctx, url, func(db *store.DB) error { return db.Migrate(ctx) })
}

func opened(ctx context.Context, url string, f func(*store.DB) error) error {
	db, err := store.Open(ctx, store.Config{URL: url, MaxConns: 2, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

// prepare makes the tables and the teams, as the program does.
func prepare(ctx context.Context, db *store.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := newTeam(ctx, db, "large", Large); err != nil {
		return err
	}
	return newTeam(ctx, db, "small", SmallTeam)
}

func newTeam(ctx context.Context, db *store.DB, name string, want int64) error {
	got, err := db.CreateTeam(ctx, store.NewTeam{Slug: name, Name: name, Language: "en", TimeZone: "Asia/Taipei", Country: "TW", JoinsNames: true})
	if err == nil && got != want {
		err = fmt.Errorf("team %s has the id %d: the database was not empty", name, got)
	}
	return err
}

type load struct {
	Size
	c    *pgx.Conn
	kept []string // statements that make the indexes again
	// By conversation, from 0: its first, second and last message, and the last two directions' last.
	first, second, last, lastIn []int64
	seq                         []int64
	tally                       map[likeness]*tally
	tagged                      map[int64]int64
}

type likeness struct {
	team, channel, follower int64
	status, queue, kind     string
}

type tally struct{ n, unreadConversations, unread int64 }

func (l *load) all() int64 { return int64(l.Conversations + l.Small) }

func (l *load) plan(context.Context) error {
	n := l.all()
	l.first, l.second, l.last, l.lastIn, l.seq = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	l.tally, l.tagged = map[likeness]*tally{}, map[int64]int64{}
	return l.each(func(m said) error {
		i := m.conversation - 1
		switch m.seq {
		case 1:
			l.first[i] = m.k
		case 2:
			l.second[i] = m.k
		}
		if m.seq != l.seq[i]+1 {
			return fmt.Errorf("message %d has the place %d after %d", m.k, m.seq, l.seq[i])
		}
		l.last[i], l.seq[i] = m.k, m.seq
		if m.isIn() {
			l.lastIn[i] = m.k
		}
		return nil
	})
}

// bulky are the tables whose indexes are made once the rows are there.
var bulky = []string{"contacts", "contact_phones", "contact_emails", "identities", "conversations", "participants", "taggings", "custom_field_values", "messages",
	"attempts", "search_messages", "search_names"}

// begin leaves out what costs with every row: triggers, foreign keys, and the indexes that no foreign key needs.
func (l *load) begin(ctx context.Context) error {
	for _, q := range []string{"SET session_replication_role = replica", "SET synchronous_commit = off", "SET maintenance_work_mem = '1GB'", "SET work_mem = '256MB'"} {
		if _, err := l.c.Exec(ctx, q); err != nil {
			return err
		}
	}
	rows, err := l.c.Query(ctx, `SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) t) AND NOT EXISTS (SELECT 1 FROM pg_constraint x WHERE x.conindid = i.indexrelid)`, bulky)
	if err != nil {
		return err
	}
	var names []string
	var name, statement string
	if _, err := pgx.ForEachRow(rows, []any{&name, &statement}, func() error {
		names, l.kept = append(names, pgx.Identifier{name}.Sanitize()), append(l.kept, statement)
		return nil
	}); err != nil {
		return err
	}
	_, err = l.c.Exec(ctx, "DROP INDEX "+strings.Join(names, ", "))
	return err
}

func (l *load) indexes(ctx context.Context) error {
	for _, q := range l.kept {
		if _, err := l.c.Exec(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	// The next row of each table gets the number after those that were given.
	_, err := l.c.Exec(ctx, `DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES' LOOP
			EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), GREATEST((SELECT COALESCE(MAX(id), 0) FROM %I), 0) + 1, false)', quote_ident(t), t);
		END LOOP; END $$`)
	return err
}

func (l *load) end(ctx context.Context) error {
	_, err := l.c.Exec(ctx, "VACUUM (ANALYZE, FREEZE)")
	return err
}
