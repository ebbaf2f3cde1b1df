package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/trace"
	"github.com/switchyard-chat/switchyard/server/origin"
)

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identified gives every request an id: the caller's own where it has the form of one, else a new one.
func identified(r *random.Source, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		id := req.Header.Get(origin.RequestHeader)
		if !requestID.MatchString(id) {
			id = r.UUID()
		}
		w.Header().Set(origin.RequestHeader, id)
		next.ServeHTTP(w, req.WithContext(event.WithRequest(req.Context(), id)))
	})
}

// observed logs and measures every request, and turns a panic into 500 without showing it. Paths are logged by their pattern, so that no
// key and no id is in a log.
func observed(log *slog.Logger, c clock.Clock, m *metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lap := c.Stopwatch()
		var step trace.Step
		if isTraced(r) {
			var ctx context.Context
			ctx, step = trace.Start(trace.Continue(r.Context(), r.Header.Get("Traceparent")), trace.Server, r.Method)
			r = r.WithContext(ctx)
		}
		out := &recorded{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.ErrorContext(r.Context(), "a request panicked", "request", event.Request(r.Context()), "panic", fault.Panic(p), "stack", string(debug.Stack()))
				if out.status == 0 {
					http.Error(out, "something went wrong on our side; the request id is in X-Request-Id", http.StatusInternalServerError)
				}
			}
			took := lap()
			pattern := r.Pattern
			if pattern == "" {
				pattern = "none"
			}
			if strings.Contains(pattern, " ") {
				step.Rename(pattern) // it names the method
			} else {
				step.Rename(r.Method + " " + pattern)
			}
			step.Note(trace.Number("http.response.status_code", int64(out.code())))
			if out.code() >= http.StatusInternalServerError {
				step.Fail(http.StatusText(out.code()))
			}
			step.End(nil)
			m.request(pattern, out.code(), took)
			level := slog.LevelDebug
			if out.code() >= 500 {
				level = slog.LevelWarn
			}
			log.Log(r.Context(), level, "request", "request", event.Request(r.Context()), "method", r.Method, "route", pattern, "status", out.code(), "ms", took.Milliseconds(), "trace", trace.ID(r.Context()))
		}()
		next.ServeHTTP(out, r)
	})
}

// isTraced says whether a request is a step worth recording: probes are none, and a live connection has no end to wait for.
func isTraced(r *http.Request) bool {
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return false
	}
	return r.Header.Get("Upgrade") == "" && !strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// recorded remembers the status of an answer.
type recorded struct {
	http.ResponseWriter
	status int
}

func (w *recorded) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorded) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flushing, deadlines and hijacking.
func (w *recorded) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorded) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

type addressKey struct{}

// addressed finds out who calls: the peer, or behind trusted proxies the nearest address in X-Forwarded-For that is none of them.
func addressed(proxies []netip.Prefix, next http.Handler) http.Handler {
	trusted := func(a netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		a, _ := netip.ParseAddr(host)
		a = a.Unmap()
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(a); i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			a = hop.Unmap()
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, a)))
	})
}

// caller is the address that addressed found.
func caller(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(addressKey{}).(netip.Addr)
	return a
}
