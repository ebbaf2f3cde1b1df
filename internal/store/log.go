package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// DB is the log of every team.
var _ event.Log = (*DB)(nil)

// alone is a query of numbers as a transaction by itself, in one trip: what is sent together without arguments is one, and ends with its
// last statement, whether well or not.
func (db *DB) alone(team int64, query string) string {
	if !db.IsPostgres() {
		return query
	}
	return db.within(team) + "; " + query
}

// Head implements event.Log.
func (db *DB) Head(ctx context.Context, team int64) (event.Cursor, error) {
	var c event.Cursor
	err := db.read.QueryRowContext(ctx, db.alone(team, fmt.Sprintf("SELECT epoch, seq FROM streams WHERE team_id = %d", team))).Scan(&c.Epoch, &c.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.Missing("the team")
	}
	return c, outage(ctx, err)
}

// After implements event.Log.
func (db *DB) After(ctx context.Context, team, seq int64, limit int) ([]event.Event, error) {
	rows, err := db.read.QueryContext(ctx, db.alone(team, fmt.Sprintf(`SELECT seq, kind, object_id, object_version, conversation_id, agent_id, body, at
		FROM events WHERE team_id = %d AND seq > %d ORDER BY seq LIMIT %d`, team, seq, limit)))
	if err != nil {
		return nil, outage(ctx, err)
	}
	defer rows.Close()
	events := make([]event.Event, 0, min(limit, 64))
	for rows.Next() {
		e := event.Event{TeamID: team}
		var kind, body string
		if err := rows.Scan(&e.Seq, &kind, &e.ObjectID, &e.ObjectVersion, &e.ConversationID, &e.AgentID, &body, &e.At); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		e.Kind, e.At = event.Kind(kind), e.At.UTC()
		if err := e.Decode(body); err != nil {
			return nil, fmt.Errorf("read event %d: %w", e.Seq, err)
		}
		events = append(events, e)
	}
	return events, outage(ctx, rows.Err())
}

// Oldest implements event.Log.
func (db *DB) Oldest(ctx context.Context, team int64) (int64, error) {
	var oldest int64
	err := db.read.QueryRowContext(ctx, db.alone(team, fmt.Sprintf(`SELECT COALESCE((SELECT MIN(seq) FROM events WHERE team_id = %d), s.seq + 1)
		FROM streams s WHERE s.team_id = %d`, team, team))).Scan(&oldest)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.Missing("the team")
	}
	return oldest, outage(ctx, err)
}

// Heads implements event.Log.
func (db *DB) Heads(ctx context.Context, known map[int64]int64) (map[int64]int64, error) {
	if len(known) == 0 {
		return nil, nil
	}
	args := make([]any, 0, len(known))
	for team := range known {
		args = append(args, team)
	}
	marks := strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")
	rows, err := db.Across(Heads).Query(ctx, "SELECT team_id, seq FROM streams WHERE team_id IN ("+marks+")", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := map[int64]int64{}
	for rows.Next() {
		var team, seq int64
		if err := rows.Scan(&team, &seq); err != nil {
			return nil, err
		}
		if seq > known[team] {
			heads[team] = seq
		}
	}
	return heads, outage(ctx, rows.Err())
}

// isMistake says whether a connection was refused for what DATABASE_URL says: the role or its password, or the database's name. A server that
// runs waits until somebody has put that right on the other side; one that starts says it.
func isMistake(err error) bool {
	var p *pq.Error
	return errors.As(err, &p) && (strings.HasPrefix(string(p.Code), "28") || p.Code == "3D000")
}

// isAway says whether an error means that the database cannot be reached, rather than that it refused something.
func isAway(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return true
	}
	var n net.Error
	if errors.As(err, &n) {
		return true
	}
	var l *sqlite.Error
	if errors.As(err, &l) {
		switch l.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL:
			return true
		}
		return false
	}
	if again(err) { // asked for more often than it was tried
		return true
	}
	var p *pq.Error
	if !errors.As(err, &p) {
		return false
	}
	if p.Fatal() {
		return true // the session is over, or did not begin: connections are refused for now, all are taken, the password is another
	}
	switch p.Code {
	case "57014", "55P03", "25P03": // a statement, a lock or a transaction took too long, or an administrator cut it off
		return true
	}
	// 57P: the server shuts down or starts; 53: out of connections, memory or disk; 08: the connection broke.
	return strings.HasPrefix(string(p.Code), "57P") || strings.HasPrefix(string(p.Code), "53") || strings.HasPrefix(string(p.Code), "08")
}
