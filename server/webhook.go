package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/faultpoint"
	"github.com/switchyard-chat/switchyard/internal/jsontext"
	"github.com/switchyard-chat/switchyard/internal/spool"
)

const (
	maxBody   = 1 << 20 // bytes
	maxDepth  = 32
	maxEvents = 1000
	// answerWithin is how long a body may take: LINE counts more than 2 seconds as a failure.
	answerWithin = 1800 * time.Millisecond
)

// webhooks takes what platforms call with: verified on the raw bytes, stored in one transaction, and only then acknowledged (CHAN-9).
type webhooks struct {
	accounts *account.Service
	adapters *channels.Registry
	inbound  *inbound.Service
	spool    *spool.Spool // nil: a body is refused while the database is away
	clock    clock.Clock
	log      *slog.Logger

	spooled prometheus.Gauge
	bodies  *prometheus.CounterVec
	events  *prometheus.CounterVec
	seconds prometheus.Histogram
}

func newWebhooks(a *account.Service, r *channels.Registry, in *inbound.Service, keep *spool.Spool, c clock.Clock, log *slog.Logger, to prometheus.Registerer) *webhooks {
	f := promauto.With(to)
	return &webhooks{
		accounts: a, adapters: r, inbound: in, spool: keep, clock: c, log: log,
		spooled: f.NewGauge(prometheus.GaugeOpts{Name: "switchyard_webhook_spool_records", Help: "Webhook bodies that wait on this server's disk for the database."}),
		bodies:  f.NewCounterVec(prometheus.CounterOpts{Name: "switchyard_webhook_bodies_total", Help: "Webhook bodies, by type of channel and what became of them."}, []string{"channel_type", "result"}),
		events:  f.NewCounterVec(prometheus.CounterOpts{Name: "switchyard_webhook_events_total", Help: "Inbound events, by type of channel and what became of them."}, []string{"channel_type", "result"}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "switchyard_webhook_seconds", Help: "From a webhook's first byte to its answer.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 2}}),
	}
}

// ServeHTTP answers 200 once the events are stored, 400 for what is no body of the platform, 401 for one that is not signed by it, 404 for
// an address that belongs to no channel, 408 for one that does not come, 413 for one that is too large, 503 while the database is away and there is no spool. What is not 200 leaves no trace but
// a metric, and may be sent again.
func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lap := h.clock.Stopwatch()
	kind := channels.Type(strings.ToUpper(r.PathValue("type")))
	label := string(kind)
	if _, err := h.adapters.Get(kind); err != nil {
		label = "other" // the label's values are ours, not a stranger's
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	code, result := h.receive(ctx, kind, r.PathValue("key"), w, r)
	h.bodies.WithLabelValues(label, result).Inc()
	h.seconds.Observe(lap().Seconds())
	if code == http.StatusOK {
		w.WriteHeader(code)
		return
	}
	write(w, code, map[string]string{"error": http.StatusText(code)})
}

// receive gives the status and what became of the body, for the metric.
func (h *webhooks) receive(ctx context.Context, kind channels.Type, key string, w http.ResponseWriter, r *http.Request) (int, string) {
	adapter, err := h.adapters.Get(kind)
	if err != nil || adapter.Capability().IsOwn {
		return http.StatusNotFound, "unknown"
	}
	body, err := readBody(w, r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "too large"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "slow"
	case err != nil:
		return http.StatusBadRequest, "broken"
	}
	find, cancel := context.WithTimeout(ctx, hurry)
	to, err := h.accounts.ByWebhookKey(find, kind, key)
	cancel()
	if err != nil {
		return h.failed(ctx, err)
	}
	if err := adapter.Verify(to.Account, r.Header, body); err != nil {
		return http.StatusUnauthorized, "forged"
	}
	faultpoint.Hit("webhook/verified")
	if !isShallow(body) {
		return http.StatusBadRequest, "malformed"
	}
	events, err := adapter.Parse(to.Account, body)
	if err != nil || len(events) > maxEvents {
		return http.StatusBadRequest, "malformed"
	}
	got, isKept, err := h.take(ctx, inbound.Body{Team: to.TeamID, ChannelID: to.ChannelID, Type: kind, Events: events}, key, body)
	if err != nil {
		return h.failed(ctx, err)
	}
	faultpoint.Hit("webhook/before-answer")
	if isKept {
		return http.StatusOK, "spooled"
	}
	h.count(kind, got)
	return http.StatusOK, "taken"
}

func (h *webhooks) count(kind channels.Type, got inbound.Result) {
	for result, n := range map[string]int{"applied": got.Applied, "duplicate": got.Duplicate, "ignored": got.Ignored, "failed": got.Failed} {
		h.events.WithLabelValues(string(kind), result).Add(float64(n))
	}
}

// readBody reads what a stranger sends, in bounded time: who trickles a body must not keep a connection for ever.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	c := http.NewResponseController(w)
	// What is no connection has no deadline.
	_ = c.SetReadDeadline(clock.Real{}.Now().Add(answerWithin))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		_ = c.SetReadDeadline(time.Time{})
	}
	return body, err
}

// failed maps an error to a status: what a platform can do about it is to send again, or nothing.
func (h *webhooks) failed(ctx context.Context, err error) (int, string) {
	switch fault.Of(err) {
	case fault.NotFound:
		return http.StatusNotFound, "unknown"
	case fault.Unavailable:
		h.log.WarnContext(ctx, "a webhook could not be stored", "error", err, "request", event.Request(ctx))
		return http.StatusServiceUnavailable, "unavailable"
	case fault.Invalid:
		return http.StatusBadRequest, "malformed"
	default:
		h.log.ErrorContext(ctx, "a webhook could not be stored", "error", err, "request", event.Request(ctx))
		return http.StatusServiceUnavailable, "unavailable"
	}
}

// isShallow says whether the body is JSON that is nested no deeper than any platform's.
func isShallow(body []byte) bool { return jsontext.Within(body, maxDepth, maxBody) && json.Valid(body) }
