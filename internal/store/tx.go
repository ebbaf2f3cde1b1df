package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store/stmtcache"
	"github.com/switchyard-chat/switchyard/internal/tenant"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

type sqlTx = sql.Tx

// View is a consistent look at one team's rows. Its client is guarded and cannot write. It is used from one goroutine at a time.
type View struct {
	*ent.Client
	Team int64
	// Now is the time of the transaction: every row it writes carries this one.
	Now     time.Time
	dialect string
	conn    entsql.ExecQuerier
}

// Tx is a transaction on one team's rows. Its client is guarded. It is used from one goroutine at a time.
type Tx struct {
	View
	sql    *sql.Tx
	events []event.Event
	last   []func(context.Context) error
	after  []func()
	kept   map[any]any
	cursor event.Cursor
}

// Read calls f with a look at one moment of the team's rows: everything f reads, AsOf included, is of that moment. What f returns
// comes back.
func (db *DB) Read(ctx context.Context, team int64, f func(ctx context.Context, v *View) error) (err error) {
	ctx, step := trace.Start(ctx, trace.Client, "db read", trace.Number("team", team))
	defer func() { step.End(err) }()
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return outage(ctx, err)
	}
	defer conn.Close()
	begin := "BEGIN"
	if db.IsPostgres() {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; " + db.within(team)
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return outage(ctx, err)
	}
	// The end must come even when the caller has gone, or the connection would carry the transaction to its next user.
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	var asks entsql.ExecQuerier = conn
	if db.asked != nil {
		asks = heard{conn, db.asked}
	}
	v := &View{Team: team, Now: db.clock.Now(), dialect: db.dialect, conn: asks}
	v.Client = ent.NewClient(ent.Driver(joined{entsql.NewDriver(db.dialect, entsql.Conn{ExecQuerier: asks})}))
	if err := db.guard(v.Client, team, true); err != nil {
		return err
	}
	return outage(ctx, f(ctx, v))
}

// Write calls f in a transaction of the team and commits it. The events that f emitted are written last, in one dense run of the
// team's sequence; the cursor is the position after them (the zero Cursor where f emitted none). Nothing happened when an error comes back. f may be called again when the
// database asks for it (a deadlock, a serialisation failure), so it must not keep anything from a failed call.
func (db *DB) Write(ctx context.Context, team int64, f func(ctx context.Context, tx *Tx) error) (_ event.Cursor, err error) {
	ctx, step := trace.Start(ctx, trace.Client, "db write", trace.Number("team", team))
	defer func() { step.End(err) }()
	const tries = 5
	for n := 1; ; n++ {
		tx, err := db.writeOnce(ctx, team, f)
		if err == nil {
			db.finish(tx)
			return tx.cursor, nil
		}
		if n == tries || !again(err) || ctx.Err() != nil {
			return event.Cursor{}, outage(ctx, err)
		}
		if err := db.clock.Sleep(ctx, time.Duration(n*n)*5*time.Millisecond); err != nil {
			return event.Cursor{}, err
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, team int64, f func(context.Context, *Tx) error) (*Tx, error) {
	t, err := db.write.BeginTx(stmtcache.First(ctx, db.within(team)), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.Rollback() }()
	return db.work(ctx, t, team, f)
}

// within is the statement that tells PostgreSQL whose rows a transaction is about, by which its policies judge every row. It ends with the
// transaction, so that nothing of it is left for the connection's next user.
func (db *DB) within(team int64) string {
	if db.unwalled {
		return ""
	}
	return "SET LOCAL app.team = '" + strconv.FormatInt(team, 10) + "'"
}

// guard puts the first wall around a client.
func (db *DB) guard(c *ent.Client, team int64, readOnly bool) error {
	if db.unguarded {
		return tenant.Unguarded(c, team, readOnly)
	}
	return tenant.Guard(c, team, readOnly)
}

// work calls f in a transaction that has begun, writes what f emitted, and commits.
func (db *DB) work(ctx context.Context, t *sql.Tx, team int64, f func(context.Context, *Tx) error) (*Tx, error) {
	var asks entsql.ExecQuerier = t
	if db.told != nil {
		asks = heard{t, db.told}
	}
	tx := &Tx{sql: t, View: View{Team: team, Now: db.clock.Now(), dialect: db.dialect, conn: asks}}
	tx.Client = ent.NewClient(ent.Driver(joined{entsql.NewDriver(db.dialect, entsql.Conn{ExecQuerier: asks})}))
	if err := db.guard(tx.Client, team, false); err != nil {
		return nil, err
	}
	if err := f(ctx, tx); err != nil {
		return nil, err
	}
	if err := tx.end(ctx, db); err != nil {
		return nil, err
	}
	return tx, nil
}

// end does a transaction's last work, writes its events and commits.
func (tx *Tx) end(ctx context.Context, db *DB) error {
	if planted.Is("counters-outside-transaction") || planted.Is("events-outside-transaction") || planted.Is("publish-before-commit") ||
		planted.Is("order-by-serial-id") {
		return tx.endWrongly(ctx, db)
	}
	for i := 0; i < len(tx.last); i++ {
		if err := tx.last[i](ctx); err != nil {
			return err
		}
	}
	if db.emitted != nil && len(tx.events) > 0 {
		if err := db.emitted(ctx, tx, tx.events); err != nil {
			return err
		}
	}
	if err := tx.writeEvents(ctx); err != nil {
		return err
	}
	faultpoint.Hit("store/before-commit")
	if err := tx.sql.Commit(); err != nil {
		return err
	}
	faultpoint.Hit("store/after-commit")
	return nil
}

// finish tells of a transaction that was committed.
func (db *DB) finish(tx *Tx) {
	if db.committed != nil && tx.cursor.Epoch != "" {
		db.committed(tx.Team, tx.cursor)
	}
	for _, g := range tx.after {
		g()
	}
}

// SQL is the transaction itself, for the machinery that shares it: the job queue, statements with conditions that ent cannot say.
// What runs through it names the team itself.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// Emit adds an event to those that are written when the transaction commits. Team, time and sequence number are filled in.
func (tx *Tx) Emit(e event.Event) { tx.events = append(tx.events, e) }

// Last has f called when the transaction's work is done, before its events are written: for rows that many transactions share and that
// should be locked as late as can be.
func (tx *Tx) Last(f func(context.Context) error) { tx.last = append(tx.last, f) }

// Keep gives the value kept in the transaction under a key, made by make the first time.
func (tx *Tx) Keep(key any, make func() any) any {
	v, ok := tx.kept[key]
	if !ok {
		v = make()
		if tx.kept == nil {
			tx.kept = map[any]any{}
		}
		tx.kept[key] = v
	}
	return v
}

// AfterCommit has f called once the transaction is committed, and never if it is not. f must not fail anything that matters.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Lock locks rows of a table until the transaction ends, in the order of their ids, so that two transactions cannot wait for each other.
// Ids that are not the team's lock nothing. SQLite has one writer at a time and needs no locks.
func (tx *Tx) Lock(ctx context.Context, table string, ids ...int64) error {
	return tx.lock(ctx, "UPDATE", table, ids)
}

// Hold locks rows as Lock does, but together with others who hold them, and with those whose rows refer to them: nobody locks or changes them
// until the transaction ends.
func (tx *Tx) Hold(ctx context.Context, table string, ids ...int64) error {
	return tx.lock(ctx, "SHARE", table, ids)
}

// Claim locks rows as Lock does, but beside those whose rows refer to them: a transaction that writes such a row is not in the way.
func (tx *Tx) Claim(ctx context.Context, table string, ids ...int64) error {
	return tx.lock(ctx, "NO KEY UPDATE", table, ids)
}

func (tx *Tx) lock(ctx context.Context, strength, table string, ids []int64) error {
	if tx.dialect != dialect.Postgres || len(ids) == 0 {
		return nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	q := "SELECT id FROM " + pq.QuoteIdentifier(table) + " WHERE team_id = $1 AND id = ANY($2) ORDER BY id FOR " + strength
	rows, err := tx.conn.QueryContext(ctx, q, tx.Team, pq.Array(ids))
	if err != nil {
		return fmt.Errorf("lock %s: %w", table, err)
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("lock %s: %w", table, err)
	}
	return nil
}

// Exec runs a statement with ? marks and gives the number of rows it touched. It must name the team itself.
func (tx *Tx) Exec(ctx context.Context, q string, args ...any) (int64, error) {
	r, err := tx.conn.ExecContext(ctx, rebind(tx.dialect, q), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Query runs a query with ? marks. It must name the team itself. The rows are closed by the caller, before anything else is asked.
func (v *View) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return v.conn.QueryContext(ctx, rebind(v.dialect, q), args...)
}

// IsPostgres says in which dialect a query is understood.
func (v *View) IsPostgres() bool { return v.dialect == dialect.Postgres }

// AsOf is the position of the team's log at the moment of the look: a subscription from here misses nothing and repeats nothing.
func (v *View) AsOf(ctx context.Context) (event.Cursor, error) {
	c := event.Cursor{}
	rows, err := v.Query(ctx, "SELECT epoch, seq FROM streams WHERE team_id = ?", v.Team)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	if !rows.Next() {
		return c, errors.Join(rows.Err(), fault.Missing("the team"))
	}
	err = rows.Scan(&c.Epoch, &c.Seq)
	return c, err
}

// writeEvents takes the team's next sequence numbers and writes the events. It is the transaction's last work: the row lock that makes
// commit order equal sequence order is held no longer than the commit.
func (tx *Tx) writeEvents(ctx context.Context) error {
	if len(tx.events) == 0 {
		return nil
	}
	c, err := tx.takeNumbers(ctx)
	if err != nil {
		return err
	}
	return tx.insertEvents(ctx, c)
}

// takeNumbers takes as many of the team's sequence numbers as there are events, and gives the last.
func (tx *Tx) takeNumbers(ctx context.Context) (event.Cursor, error) {
	var c event.Cursor
	rows, err := tx.Query(ctx, "UPDATE streams SET seq = seq + ? WHERE team_id = ? RETURNING epoch, seq", len(tx.events), tx.Team)
	if err != nil {
		return c, fmt.Errorf("take sequence numbers: %w", err)
	}
	if rows.Next() {
		err = rows.Scan(&c.Epoch, &c.Seq)
	} else {
		err = sql.ErrNoRows
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return c, fmt.Errorf("take sequence numbers: %w", err)
	}
	return c, nil
}

// insertEvents writes the events under numbers that end with the cursor's.
func (tx *Tx) insertEvents(ctx context.Context, c event.Cursor) error {
	const columns = 9
	first := c.Seq - int64(len(tx.events)) + 1
	// SQLite takes at most 32,766 values in a statement, PostgreSQL 65,535.
	for from := 0; from < len(tx.events); from += 1000 {
		part := tx.events[from:min(from+1000, len(tx.events))]
		args := make([]any, 0, len(part)*columns)
		for i, e := range part {
			if e.RequestID == "" {
				e.RequestID = event.Request(ctx)
			}
			body, err := e.Encode()
			if err != nil {
				return fmt.Errorf("write event %s: %w", e.Kind, err)
			}
			args = append(args, tx.Team, first+int64(from+i), string(e.Kind), e.ObjectID, e.ObjectVersion, e.ConversationID, e.AgentID, body, tx.Now)
		}
		marks := strings.TrimSuffix(strings.Repeat("(?,?,?,?,?,?,?,?,?),", len(part)), ",")
		_, err := tx.conn.ExecContext(ctx, rebind(tx.dialect,
			"INSERT INTO events (team_id, seq, kind, object_id, object_version, conversation_id, agent_id, body, at) VALUES "+marks), args...)
		if err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
	tx.cursor = c
	return nil
}

// again says whether the database asks for the transaction to be run once more.
func again(err error) bool {
	var p *pq.Error
	return errors.As(err, &p) && (p.Code == "40001" || p.Code == "40P01")
}

// outage gives an error that says the database is away its kind, and one about a text with a character that PostgreSQL keeps in no text
// (0, which SQLite takes) the kind of a wrong input; it leaves every other as it is.
func outage(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	if isAway(err) {
		return fault.Wrap(err, fault.Unavailable, "the database cannot be reached just now; try again in a moment").After(time.Second)
	}
	var p *pq.Error
	if errors.As(err, &p) && p.Code == "22021" {
		return fault.Wrap(err, fault.Invalid, "a text holds a character that cannot be kept")
	}
	return err
}

// heard tells of every query before it is sent.
type heard struct {
	entsql.ExecQuerier
	asked func(string)
}

// QueryContext implements entsql.ExecQuerier.
func (h heard) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	h.asked(q)
	return h.ExecQuerier.QueryContext(ctx, q, args...)
}

// ExecContext implements entsql.ExecQuerier.
func (h heard) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	h.asked(q)
	return h.ExecQuerier.ExecContext(ctx, q, args...)
}

// joined is a transaction that ent takes for a database: it neither begins nor ends one.
type joined struct{ *entsql.Driver }

// Tx gives the transaction itself.
func (d joined) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx gives the transaction itself.
func (d joined) BeginTx(context.Context, *entsql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

// Close does nothing: who opened the transaction ends it.
func (joined) Close() error { return nil }
