package stmtcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/internal/store/stmtcache"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// setup gives a pool over a database of the test's own, whose connections keep n statements, and one connection of it.
func setup(t *testing.T, n int) (*sql.DB, *sql.Conn) {
	t.Helper()
	c, err := pq.NewConnector(testkit.Database(t, testkit.Template{}))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(stmtcache.New(c, n))
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	exec(t, conn, "CREATE TABLE things (id int PRIMARY KEY, name text)")
	exec(t, conn, "INSERT INTO things SELECT i, 'thing ' || i FROM generate_series(1, 1000) i")
	return db, conn
}

type querier interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func exec(t *testing.T, q querier, statement string, args ...any) {
	t.Helper()
	if _, err := q.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// pid tells connections apart.
const pid = "SELECT pg_backend_pid()"

func truth(t *testing.T, q querier, query string) (is bool) {
	t.Helper()
	if err := q.QueryRowContext(t.Context(), query).Scan(&is); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return is
}

func number(t *testing.T, q querier, query string, args ...any) (n int) {
	t.Helper()
	if err := q.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// held are the statements that the server holds for the connection. It is asked without arguments, which prepares nothing.
func held(t *testing.T, q querier) (queries []string) {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), "SELECT statement FROM pg_prepared_statements ORDER BY statement")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		queries = append(queries, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return queries
}

func want(t *testing.T, q querier, queries ...string) {
	t.Helper()
	slices.Sort(queries)
	if got := held(t, q); !slices.Equal(got, queries) {
		t.Errorf("the server holds %q, want %q", got, queries)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	const one, two, three = "SELECT id FROM things WHERE id = $1", "SELECT id + 1 FROM things WHERE id = $1", "UPDATE things SET name = $1 WHERE id = $2"
	t.Run("a statement is prepared once, for queries and for changes", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		for i := 1; i <= 5; i++ {
			if n := number(t, c, one, i); n != i {
				t.Errorf("got %d, want %d", n, i)
			}
			exec(t, c, three, fmt.Sprint("new ", i), i)
		}
		want(t, c, one, three)
		if n := number(t, c, "SELECT count(*) FROM things WHERE name LIKE 'new %'"); n != 5 {
			t.Errorf("%d rows were changed", n)
		}
	})
	t.Run("the least recently used statement goes first", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 2)
		number(t, c, one, 1)
		number(t, c, two, 1)
		number(t, c, one, 2)
		exec(t, c, three, "x", 1)
		want(t, c, one, three)
		if n := number(t, c, two, 7); n != 8 {
			t.Errorf("prepared again it says %d", n)
		}
		want(t, c, two, three)
	})
	t.Run("what has no arguments, or very many, is not kept", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 2)
		number(t, c, "SELECT count(*) FROM things")
		exec(t, c, "UPDATE things SET name = name WHERE id = 1; UPDATE things SET name = name WHERE id = 2")
		marks, args := make([]string, 200), make([]any, 200)
		for i := range marks {
			marks[i], args[i] = fmt.Sprintf("$%d", i+1), i+1
		}
		in := "SELECT count(*) FROM things WHERE id IN (" + strings.Join(marks, ",") + ")"
		if n := number(t, c, in, args...); n != 200 {
			t.Errorf("got %d", n)
		}
		want(t, c)
	})
	t.Run("a wrong statement is an error of its own each time and is not kept", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 2)
		for range 2 {
			var e *pq.Error
			if _, err := c.ExecContext(t.Context(), "SELECT nothing FROM things WHERE id = $1", 1); !errors.As(err, &e) || e.Code != "42703" {
				t.Errorf("got %v", err)
			}
			if _, err := c.ExecContext(t.Context(), "INSERT INTO things VALUES ($1, 'twice')", 1); !errors.As(err, &e) || e.Code != "23505" {
				t.Errorf("got %v", err)
			}
		}
		number(t, c, one, 1)
		want(t, c, one, "INSERT INTO things VALUES ($1, 'twice')")
	})
	t.Run("arrays, nothing, bytes and times pass as without the cache", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		at := time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)
		for range 2 {
			if n := number(t, c, "SELECT count(*) FROM things WHERE id = ANY($1)", pq.Array([]int{1, 2, 3})); n != 3 {
				t.Errorf("an array finds %d", n)
			}
			var null *string
			var raw []byte
			var back time.Time
			row := c.QueryRowContext(t.Context(), "SELECT $1::text, $2::bytea, $3::timestamptz", nil, []byte{0, 255}, at)
			if err := row.Scan(&null, &raw, &back); err != nil || null != nil || string(raw) != "\x00\xff" || !back.Equal(at) {
				t.Errorf("got %v, %v, %v, %v", null, raw, back, err)
			}
		}
	})
	t.Run("what the caller prepares himself is his", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 1)
		s, err := c.PrepareContext(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		number(t, c, two, 1)
		exec(t, c, three, "x", 1)
		var n int
		if err := s.QueryRowContext(t.Context(), 5).Scan(&n); err != nil || n != 5 {
			t.Errorf("got %d, %v", n, err)
		}
		want(t, c, one, three)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		want(t, c, three)
	})
	t.Run("column types are told as without the cache", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 1)
		rows, err := c.QueryContext(t.Context(), "SELECT id, name FROM things WHERE id = $1", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		types, err := rows.ColumnTypes()
		if err != nil || types[0].DatabaseTypeName() != "INT4" || types[1].DatabaseTypeName() != "TEXT" {
			t.Errorf("got %v, %v", types, err)
		}
	})
}

func TestChangedTable(t *testing.T) {
	t.Parallel()
	const all = "SELECT * FROM things WHERE id = $1"
	columns := func(t *testing.T, q querier) (int, error) {
		t.Helper()
		rows, err := q.QueryContext(t.Context(), all, 1)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		names, err := rows.Columns()
		return len(names), err
	}
	t.Run("a statement whose table changed is prepared anew without an error", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		if n, err := columns(t, c); n != 2 || err != nil {
			t.Fatalf("%d columns, %v", n, err)
		}
		exec(t, db, "ALTER TABLE things ADD COLUMN colour text")
		if n, err := columns(t, c); n != 3 || err != nil {
			t.Errorf("%d columns, %v", n, err)
		}
		exec(t, db, "ALTER TABLE things DROP COLUMN colour")
		exec(t, c, "UPDATE things SET name = $1 WHERE id = $2", "x", 1)
		if n, err := columns(t, c); n != 2 || err != nil {
			t.Errorf("%d columns, %v", n, err)
		}
	})
	t.Run("in a transaction it fails once, and the next transaction succeeds", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		if _, err := columns(t, c); err != nil {
			t.Fatal(err)
		}
		exec(t, db, "ALTER TABLE things ADD COLUMN colour text")
		for attempt, fails := range []bool{true, false} {
			tx, err := c.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var e *pq.Error
			n, err := columns(t, tx)
			if fails && (!errors.As(err, &e) || e.Code != "0A000") || !fails && (err != nil || n != 3) {
				t.Errorf("attempt %d: %d columns, %v", attempt+1, n, err)
			}
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("a statement that the server forgot is prepared anew", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		const one, change = "SELECT id FROM things WHERE id = $1", "UPDATE things SET name = $1 WHERE id = $2"
		number(t, c, one, 1)
		exec(t, c, change, "x", 1)
		exec(t, c, "DEALLOCATE ALL")
		want(t, c)
		if n := number(t, c, one, 2); n != 2 {
			t.Errorf("got %d", n)
		}
		exec(t, c, change, "y", 2)
		want(t, c, one, change)
	})
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	const add = "INSERT INTO things VALUES ($1, $2)"
	t.Run("commit keeps, rollback undoes, and statements outlive both", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		for id, keep := range map[int]bool{5001: true, 5002: false} {
			tx, err := c.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, tx, add, id, "x")
			if keep {
				err = tx.Commit()
			} else {
				err = tx.Rollback()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := number(t, c, "SELECT count(*) FROM things WHERE id > 5000"); n != 1 {
			t.Errorf("%d rows", n)
		}
		want(t, c, add)
	})
	t.Run("after a failure the transaction is over, and a savepoint saves it", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		tx, err := c.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		exec(t, tx, "SAVEPOINT here")
		if _, err := tx.ExecContext(t.Context(), add, 1, "twice"); err == nil {
			t.Fatal("the same key twice")
		}
		var e *pq.Error
		if _, err := tx.ExecContext(t.Context(), add, 6000, "x"); !errors.As(err, &e) || e.Code != "25P02" {
			t.Errorf("got %v", err)
		}
		exec(t, tx, "ROLLBACK TO SAVEPOINT here")
		exec(t, tx, add, 6000, "x")
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
	t.Run("the isolation level and read only are the server's", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		tx, err := c.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		var level string
		if err := tx.QueryRowContext(t.Context(), "SHOW transaction_isolation").Scan(&level); err != nil || level != "repeatable read" {
			t.Errorf("%q, %v", level, err)
		}
		var e *pq.Error
		if _, err := tx.ExecContext(t.Context(), add, 7000, "x"); !errors.As(err, &e) || e.Code != "25006" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a statement goes along with the beginning and ends with the transaction", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 10)
		const say = "SELECT coalesce(current_setting('things.say', true), '') = 'hello'"
		for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
			tx, err := c.BeginTx(stmtcache.First(t.Context(), "SET LOCAL things.say = 'hello'"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !truth(t, tx, say) {
				t.Error("it is not said in the transaction")
			}
			if err := end(tx); err != nil {
				t.Fatal(err)
			}
			if truth(t, c, say) {
				t.Error("it is still said after the transaction")
			}
		}
	})
	t.Run("where that statement fails nothing has begun, and the connection is not used again", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		before := number(t, db, pid)
		if _, err := db.BeginTx(stmtcache.First(t.Context(), "SET LOCAL nothing"), nil); err == nil {
			t.Fatal("it began")
		}
		if after := number(t, db, pid); after == before {
			t.Error("the connection is used again")
		}
	})
	t.Run("a connection that is given back with an open transaction is not used again", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		before := number(t, c, pid)
		exec(t, c, "BEGIN; SET LOCAL things.say = 'hello'")
		_ = c.Close()
		db.SetMaxOpenConns(1)
		if after := number(t, db, pid); after == before {
			t.Error("the connection is used again")
		}
	})
	t.Run("a transaction whose context ends is rolled back and leaves nothing on its connection", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		_ = c.Close()
		db.SetMaxOpenConns(1)
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := db.BeginTx(stmtcache.First(ctx, "SET LOCAL things.say = 'hello'"), nil)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, add, 8000, "x")
		cancel()
		if n := number(t, db, "SELECT count(*) FROM things WHERE id = 8000 OR current_setting('things.say', true) = 'hello'"); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("COPY goes through untouched", func(t *testing.T) {
		t.Parallel()
		_, c := setup(t, 1)
		tx, err := c.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		in, err := tx.PrepareContext(t.Context(), "COPY things (id, name) FROM STDIN")
		if err != nil {
			t.Fatal(err)
		}
		for id := 9001; id <= 9100; id++ {
			if _, err := in.ExecContext(t.Context(), id, "copied"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := in.ExecContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if n := number(t, c, "SELECT count(*) FROM things WHERE name = $1", "copied"); n != 100 {
			t.Errorf("%d rows were copied", n)
		}
	})
}

// Two queries at once on one connection would read each other's rows: the second is refused, and the connection stays whole.
func TestOpenRows(t *testing.T) {
	t.Parallel()
	const some, one = "SELECT id FROM things WHERE id > $1", "SELECT id FROM things WHERE id = $1"
	for name, first := range map[string]func(querier) (*sql.Rows, error){
		"prepared": func(q querier) (*sql.Rows, error) { return q.QueryContext(t.Context(), some, 0) },
		"plain":    func(q querier) (*sql.Rows, error) { return q.QueryContext(t.Context(), "SELECT id FROM things") },
	} {
		t.Run("behind open "+name+" rows everything is refused until they are closed", func(t *testing.T) {
			t.Parallel()
			_, c := setup(t, 1)
			tx, err := c.BeginTx(context.WithoutCancel(t.Context()), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			rows, err := first(tx)
			if err != nil || !rows.Next() {
				t.Fatal(err)
			}
			if _, err := tx.QueryContext(t.Context(), one, 1); err == nil {
				t.Error("a second prepared query ran")
			}
			if _, err := tx.ExecContext(t.Context(), "UPDATE things SET name = $1", "x"); err == nil {
				t.Error("a prepared change ran")
			}
			if _, err := tx.ExecContext(t.Context(), "UPDATE things SET name = 'x'"); err == nil {
				t.Error("a plain change ran")
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			if n := number(t, tx, one, 3); n != 3 {
				t.Errorf("got %d", n)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(context.Context, querier) error{
		"change": func(ctx context.Context, q querier) error {
			_, err := q.ExecContext(ctx, "SELECT pg_sleep($1)", 60)
			return err
		},
		"query": func(ctx context.Context, q querier) error {
			rows, err := q.QueryContext(ctx, "SELECT pg_sleep($1)", 60)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		},
	} {
		t.Run("a "+name+" that is given up ends at once and its connection is not used again", func(t *testing.T) {
			t.Parallel()
			db, c := setup(t, 10)
			before := number(t, c, pid)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- run(ctx, c) }()
			testkit.Await(t, "the server runs it", func() bool {
				return number(t, db, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'") == 1
			})
			cancel()
			if err := <-ended; err == nil {
				t.Error("it ended well")
			}
			if err := c.Close(); err != nil && !errors.Is(err, driver.ErrBadConn) {
				t.Error(err)
			}
			db.SetMaxIdleConns(1)
			for range 5 {
				if after := number(t, db, pid); after == before {
					t.Fatal("the connection is used again")
				}
			}
		})
	}
	t.Run("a query that ended well keeps its connection when its context ends later", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 10)
		before := number(t, c, pid)
		ctx, cancel := context.WithCancel(t.Context())
		var n int
		if err := c.QueryRowContext(ctx, "SELECT id FROM things WHERE id = $1", 4).Scan(&n); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if after := number(t, db, pid); after != before {
			t.Error("the connection was given up")
		}
	})
}

func TestPool(t *testing.T) {
	t.Parallel()
	t.Run("many goroutines share a pool", func(t *testing.T) {
		t.Parallel()
		db, _ := setup(t, 3)
		db.SetMaxOpenConns(4)
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 50 {
					id := (g*50+i)%1000 + 1
					// Six different statements over room for three: eviction goes on all the time.
					query := fmt.Sprintf("SELECT id + %d FROM things WHERE id = $1", i%6)
					var n int
					if err := db.QueryRowContext(t.Context(), query, id).Scan(&n); err != nil || n != id+i%6 {
						t.Errorf("got %d, %v; want %d", n, err, id+i%6)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("a server that is gone is an error, and the next connection works", func(t *testing.T) {
		t.Parallel()
		db, c := setup(t, 3)
		number(t, c, "SELECT id FROM things WHERE id = $1", 1)
		exec(t, db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		var n int
		if err := c.QueryRowContext(t.Context(), "SELECT id FROM things WHERE id = $1", 1).Scan(&n); err == nil {
			t.Error("the ended connection answers")
		}
		_ = c.Close()
		if n := number(t, db, "SELECT id FROM things WHERE id = $1", 2); n != 2 {
			t.Errorf("got %d", n)
		}
	})
	t.Run("a cache without room is refused", func(t *testing.T) {
		t.Parallel()
		defer func() {
			if recover() == nil {
				t.Error("New returned")
			}
		}()
		stmtcache.New(nil, 0)
	})
}
