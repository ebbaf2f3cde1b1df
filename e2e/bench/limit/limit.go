// Package limit is what answers could cost at least: the same answers as the product's from the same tables and behind the same walls, by
// statements and JSON written by hand, without GraphQL, rights or anything else that could be wished for.
package limit

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

// server answers. Names of agents, tags and channels are held in memory: they change seldom.
type server struct {
	pool  *pgxpool.Pool
	redis *redis.Client
	names map[string]map[int64]string // by table and id
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
	s := &server{names: map[string]map[int64]string{}}
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

// answers are all that the limit answers, by path.
func (s *server) answers() map[string]func(*http.Request) ([]byte, error) {
	return map[string]func(*http.Request) ([]byte, error){
		"GET /inbox/json":   s.inboxJSON,
		"GET /inbox/denorm": s.inboxDenorm,
	}
}

// remember reads the names.
func (s *server) remember(ctx context.Context) error {
	for _, table := range []string{"agents", "tags", "channels"} {
		rows, err := s.pool.Query(ctx, "SELECT id, name FROM "+table)
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
	return nil
}

// team is the team that is asked about.
const team = int64(1)

// ask runs a query of a team's rows.
func (s *server) ask(ctx context.Context, read func(pgx.Rows) error, query string, args ...any) error {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
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
