package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// The times of a server that waits for its database.
const (
	firstPause   = 250 * time.Millisecond // between two tries, twice as long each time
	longestPause = 5 * time.Second
	remindEvery  = 30 * time.Second
)

// patience is with a database that is away while the server starts.
type patience struct {
	lasts time.Duration
	clock clock.Clock
	log   *slog.Logger
}

// newPatience is what the settings say. The embedded database is a file: who waits for it waits for nothing.
func newPatience(c config.Config, log *slog.Logger) *patience {
	p := &patience{lasts: c.DatabaseWait, clock: clock.Real{}, log: log}
	if c.DatabaseURL == "" {
		p.lasts = 0
	}
	return p
}

// with does what needs the database, again and again while that is away, for as long as the patience lasts. What fails for another reason fails
// at once.
func (p *patience) with(ctx context.Context, do func() error) error {
	began := p.clock.Now()
	pause, reminded := firstPause, time.Time{}
	for {
		err := do()
		now := p.clock.Now()
		if !fault.Is(err, fault.Unavailable) || now.Sub(began) >= p.lasts {
			if err == nil && !reminded.IsZero() {
				p.log.InfoContext(ctx, "the database answers; the server starts")
			}
			return err
		}
		if now.Sub(reminded) >= remindEvery {
			p.log.WarnContext(ctx, "the database does not answer: the server waits for it and takes nothing meanwhile. Look whether PostgreSQL runs and takes "+
				"connections, and whether DATABASE_URL names it", "waited", now.Sub(began).Round(time.Second), "gives_up_after", p.lasts, "error", err)
			reminded = now
		}
		if err := p.clock.Sleep(ctx, min(pause, p.lasts)); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// front is what the server answers: that it is alive and not ready until it has started, and then everything.
type front struct {
	waiting http.Handler
	started atomic.Pointer[http.Handler]
}

func newFront(h *health) *front {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.alive)
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		write(w, http.StatusServiceUnavailable, map[string]string{"error": "this server is starting; try again in a moment"})
	})
	return &front{waiting: mux}
}

// open hands over to what the server answers.
func (f *front) open(h http.Handler) { f.started.Store(&h) }

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := f.started.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	f.waiting.ServeHTTP(w, r)
}
