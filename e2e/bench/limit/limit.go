// Package limit is what answers could cost at least: the same answers as the product's from the same tables and behind the same walls, by
// statements and JSON written by hand, without GraphQL, rights or anything else that could be wished for.
package limit

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
	"github.com/redis/go-redis/v9"
)

// server answers. Names of agents, tags and channels are held in memory: they change seldom.
type server struct {
	pool  *pgxpool.Pool
	owner *pgxpool.Pool // of the tables: it makes the limit's own
	plain *sql.DB       // the same as pool, as most programs have it
	redis *redis.Client
	names map[string]map[int64]string // by table and id
	ends  [2]int64                    // the first and last message of the index
	ids   ids
	// waiting are requests that are to be joined.
	waiting chan waiting
}

// Run serves until the context ends.
func Run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("limit", flag.ContinueOnError)
	database, bus, listen := f.String("database", "", "PostgreSQL"), f.String("redis", "", "Redis"), f.String("listen", "", "where it answers")
	if err := f.Parse(args); err != nil {
		return err
	}
	c, err := pgxpool.ParseConfig(*database)
	if err != nil {
		return err
	}
	c.MaxConns = 20
	s := &server{names: map[string]map[int64]string{}, waiting: make(chan waiting, 1024)}
	// It works as the role for which row-level security holds, as the product's server does.
	if s.owner, err = pgxpool.New(ctx, *database); err != nil {
		return err
	}
	defer s.owner.Close()
	role, err := Role(ctx, s.owner)
	if err != nil {
		return err
	}
	c.ConnConfig.RuntimeParams["role"] = role
	if s.plain, err = plain(*database, role); err != nil {
		return err
	}
	defer s.plain.Close()
	if s.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return err
	}
	defer s.pool.Close()
	o, err := redis.ParseURL(*bus)
	if err != nil {
		return err
	}
	s.redis = redis.NewClient(o)
	defer s.redis.Close()
	if err := s.remember(ctx); err != nil {
		return err
	}
	for range joiners {
		go s.join(ctx)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	for path, answer := range s.answers() {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			b, err := answer(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(b)
		})
	}
	h := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = h.Close()
	}()
	if err := h.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Role is as whom the product's server works in a database for one team: row-level security holds for it.
func Role(ctx context.Context, owner interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (role string, err error) {
	err = owner.QueryRow(ctx, "SELECT tableowner || '_team' FROM pg_tables WHERE schemaname = 'public' AND tablename = 'messages'").Scan(&role)
	return role, err
}

// plain opens the database for a role as most programs do.
func plain(database, role string) (*sql.DB, error) {
	c, err := pq.NewConfig(database)
	if err != nil {
		return nil, err
	}
	if c.Runtime == nil {
		c.Runtime = map[string]string{}
	}
	c.Runtime["role"] = role
	connector, err := pq.NewConnectorConfig(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	return db, nil
}

// answers are all that the limit answers, by path.
func (s *server) answers() map[string]func(*http.Request) ([]byte, error) {
	return map[string]func(*http.Request) ([]byte, error){
		"GET /inbox/json":     s.inboxJSON,
		"GET /inbox/denorm":   s.inboxDenorm,
		"GET /history":        s.history,
		"GET /contacts":       s.contacts,
		"GET /search/buckets": s.buckets,
		"GET /search/like":    s.like,
		"POST /totals":        s.makeTotals,
		"GET /total":          s.total,
		"POST /ingest/plain":  s.ingest(false),
		"POST /ingest/same":   s.ingest(true),
		"POST /ingest/joined": s.ingestJoined,
		"POST /ingest/steps":  s.ingestSteps,
		"POST /send":          s.send,
	}
}

// remember reads the names.
func (s *server) remember(ctx context.Context) error {
	for _, table := range []string{"agents", "tags", "channels"} {
		rows, err := s.owner.Query(ctx, "SELECT id, name FROM "+table)
		if err != nil {
			return err
		}
		all := map[int64]string{}
		var id int64
		var name string
		if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			all[id] = name
			return nil
		}); err != nil {
			return err
		}
		s.names[table] = all
	}
	for _, q := range []string{sideSQL, lanesSQL} {
		if err := s.make(ctx, q); err != nil {
			return err
		}
	}
	return s.owner.QueryRow(ctx, "SELECT COALESCE(min(message_id), 0), COALESCE(max(message_id), 0) FROM search_messages WHERE team_id = $1", team).Scan(&s.ends[0], &s.ends[1])
}

// team is the team that is asked about.
const team = int64(1)

// within begins a transaction that sees the team's rows alone, as the product's do.
var within = fmt.Sprintf("SET LOCAL app.team = '%d'", team)

// walled sends a statement between the beginning and the end of a transaction that names its team, all in one trip.
func (s *server) walled(ctx context.Context, begin, query string, args []any, read func(pgx.Rows) error) error {
	return s.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) (err error) {
		b := &pgx.Batch{}
		b.Queue(begin)
		b.Queue(within)
		b.Queue(query, args...).Query(read)
		b.Queue("COMMIT")
		err = c.SendBatch(ctx, b).Close()
		if err != nil {
			_, _ = c.Exec(ctx, "ROLLBACK")
		}
		return err
	})
}

// ask runs a query of the team's rows.
func (s *server) ask(ctx context.Context, read func(pgx.Rows) error, query string, args ...any) error {
	return s.walled(ctx, "BEGIN READ ONLY", query, args, func(rows pgx.Rows) error {
		for rows.Next() {
			if err := read(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// do runs a statement that writes the team's rows, and commits it.
func (s *server) do(ctx context.Context, query string, args ...any) error {
	return s.walled(ctx, "BEGIN", query, args, func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	})
}

// make runs statements that make a limit's own tables.
func (s *server) make(ctx context.Context, all string) error {
	for _, q := range statements(all) {
		if _, err := s.owner.Exec(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// one reads the one value of the one row of a query, built by the database.
func (s *server) one(ctx context.Context, query string, args ...any) ([]byte, error) {
	var b []byte
	err := s.ask(ctx, func(r pgx.Rows) error {
		b = append(b, r.RawValues()[0]...)
		return nil
	}, query, args...)
	return b, err
}

// number reads a number of the address; 0 where it is not there.
func number(r *http.Request, name string) (int64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// moment reads a time of the address; the far future where it is not there.
func moment(r *http.Request, name string) (time.Time, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), nil
	}
	return time.Parse(time.RFC3339Nano, s)
}
