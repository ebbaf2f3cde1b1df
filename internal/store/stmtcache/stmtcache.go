// Package stmtcache makes lib/pq prepare each statement once per connection. lib/pq by itself asks the server to parse a statement with
// arguments every time, which costs a round trip and a plan; with the cache it is two to three times as fast and on par with pgx, in
// transactions too, and nothing above it changes.
//
// It needs a connection to a server of its own: behind a pooler that hands the server to others between transactions, prepared statements
// are lost, and the cache must be left out.
package stmtcache

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"
)

// maxArgs is how many arguments a statement may have to be kept: lists of so many values seldom come in the same length again, and
// would only push others out.
const maxArgs = 128

// New returns a connector whose connections keep up to n prepared statements each, the most recently used ones. The connector must be
// lib/pq's. Statements without arguments go through unprepared, in one round trip as before; so does COPY and what the caller prepares
// himself. It panics where n is below 1.
func New(c driver.Connector, n int) driver.Connector {
	if n < 1 {
		panic("stmtcache: a cache needs room for one statement")
	}
	return &connector{Connector: c, n: n}
}

type connector struct {
	driver.Connector
	n int
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	in, ok := raw.(inner)
	if !ok {
		_ = raw.Close()
		return nil, fmt.Errorf("stmtcache: %T is not a connection of lib/pq", raw)
	}
	return &conn{inner: in, n: c.n, byQuery: map[string]*list.Element{}, recent: list.New()}, nil
}

// inner is what a connection of lib/pq can do.
type inner interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Tx // the transaction that is open on it
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what a prepared statement of lib/pq can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type entry struct {
	query string
	statement
}

// conn is one connection with its cache. database/sql never calls it from two goroutines at once.
type conn struct {
	inner
	n       int
	byQuery map[string]*list.Element
	recent  *list.List // of entry, the most recently used first
	inTx    bool
	isBusy  bool // rows are open: the wire is theirs
	isSpent bool // a cancelled statement's cancellation may still be on its way
}

// errBusy is what lib/pq says of its own statements; a prepared one would read the other's rows.
var errBusy = errors.New("stmtcache: the rows of an earlier query on this connection are still open")

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.isBusy {
		return nil, errBusy
	}
	var got driver.Rows
	var err error
	if uncached(args) {
		got, err = c.inner.QueryContext(ctx, query, args)
	} else {
		err = c.prepared(ctx, query, func(s statement) (err error) {
			got, err = s.QueryContext(ctx, args)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	all, ok := got.(pqRows)
	if !ok {
		_ = got.Close()
		return nil, fmt.Errorf("stmtcache: %T are not rows of lib/pq", got)
	}
	c.isBusy = true
	return &rows{pqRows: all, c: c, ctx: ctx}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.isBusy {
		return nil, errBusy
	}
	if uncached(args) {
		result, err := c.inner.ExecContext(ctx, query, args)
		c.follow(ctx, query, err)
		return result, err
	}
	var result driver.Result
	err := c.prepared(ctx, query, func(s statement) (err error) {
		result, err = s.ExecContext(ctx, args)
		c.note(ctx)
		return err
	})
	return result, err
}

func uncached(args []driver.NamedValue) bool { return len(args) == 0 || len(args) > maxArgs }

// prepared runs a statement, and once more with a new plan where the table changed under the old one. In a transaction the failure
// already ended it, so that only the next attempt of the caller can succeed.
func (c *conn) prepared(ctx context.Context, query string, run func(statement) error) error {
	for again := false; ; again = true {
		s, err := c.statement(ctx, query)
		if err != nil {
			return err
		}
		err = run(s)
		if err == nil {
			return nil
		}
		c.note(ctx)
		if !isStale(err) {
			return err
		}
		c.drop(query)
		if c.inTx || again {
			return err
		}
	}
}

// statement gives the prepared statement of a query, which becomes the most recently used one.
func (c *conn) statement(ctx context.Context, query string) (statement, error) {
	if e, ok := c.byQuery[query]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(entry).statement, nil
	}
	prepared, err := c.inner.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(statement)
	if !ok {
		_ = prepared.Close()
		return nil, fmt.Errorf("stmtcache: %T is not a statement of lib/pq", prepared)
	}
	c.byQuery[query] = c.recent.PushFront(entry{query, s})
	if c.recent.Len() > c.n {
		c.drop(c.recent.Back().Value.(entry).query)
	}
	return s, nil
}

func (c *conn) drop(query string) {
	e, ok := c.byQuery[query]
	if !ok {
		return
	}
	delete(c.byQuery, query)
	// It fails only where the connection is lost, and the statement with it.
	_ = c.recent.Remove(e).(entry).Close()
}

// isStale says whether the server wants the statement prepared anew: its result has another shape since a migration
// (feature_not_supported), or the server forgot it (invalid_sql_statement_name).
func isStale(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && (e.Code == "0A000" || e.Code == "26000")
}

// note marks the connection as spent where the statement's context ended: lib/pq then asked the server to cancel, and that may hit the
// next statement instead. A connection of its own is given up by lib/pq for the same reason, but not one with a prepared statement.
func (c *conn) note(ctx context.Context) {
	if ctx.Err() != nil {
		c.isSpent = true
	}
}

// follow keeps account of transactions that are begun and ended by a statement.
func (c *conn) follow(ctx context.Context, query string, err error) {
	switch {
	case strings.HasPrefix(query, "BEGIN"):
		c.inTx = true
	case query == "COMMIT", query == "ROLLBACK":
		c.inTx = false
	default:
		return
	}
	if err != nil {
		// Whether the transaction is open is anybody's guess, and the next user must not be in it.
		c.isSpent = true
	}
	c.note(ctx)
}

type firstKey struct{}

// First has the transactions that BeginTx begins under this context do a statement first, in the round trip of the beginning. It must
// neither need arguments nor give rows.
func First(ctx context.Context, statement string) context.Context {
	return context.WithValue(ctx, firstKey{}, statement)
}

// BeginTx implements driver.ConnBeginTx. lib/pq's own takes no statement along. It also watches the context for as long as the transaction
// lasts, which statements and database/sql do anyway, and then gives the connection up.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	begin := "BEGIN"
	switch level := sql.IsolationLevel(options.Isolation); level {
	case sql.LevelDefault:
	case sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable:
		begin += " ISOLATION LEVEL " + strings.ToUpper(level.String())
	default:
		return nil, fmt.Errorf("stmtcache: isolation level %s is not supported", level)
	}
	if options.ReadOnly {
		begin += " READ ONLY"
	}
	if first, ok := ctx.Value(firstKey{}).(string); ok {
		begin += "; " + first
	}
	if _, err := c.ExecContext(ctx, begin, nil); err != nil {
		return nil, err
	}
	return tx{c.inner, c}, nil
}

// ResetSession implements driver.SessionResetter. A connection on which a transaction was left open is given up: it would carry the
// transaction, and the team it is for, to its next user.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.isSpent || c.inTx {
		return driver.ErrBadConn
	}
	return c.inner.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.isSpent && !c.inTx && c.inner.IsValid() }

type tx struct {
	driver.Tx
	c *conn
}

// Commit implements driver.Tx.
func (t tx) Commit() error {
	t.c.inTx = false
	return t.Tx.Commit()
}

// Rollback implements driver.Tx.
func (t tx) Rollback() error {
	t.c.inTx = false
	return t.Tx.Rollback()
}

// pqRows is what rows of lib/pq can do.
type pqRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypePrecisionScale
}

// rows hold the connection until they are closed.
type rows struct {
	pqRows
	c   *conn
	ctx context.Context // database/sql gives it to the query and not to Close
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.pqRows.Close()
	r.c.note(r.ctx)
	r.c.isBusy = false
	return err
}
