package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows. Labels hold routes, kinds and codes, never ids.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.HistogramVec
	sessions  *prometheus.GaugeVec
	closed    *prometheus.CounterVec
	frames    *prometheus.CounterVec
	sent      *prometheus.CounterVec
	rendered  prometheus.Histogram
	panics    prometheus.Counter
	logErrors prometheus.Counter
}

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := promauto.With(r)
	return &metrics{
		registry: r,
		requests: f.NewHistogramVec(prometheus.HistogramOpts{Name: "switchyard_http_request_seconds", Help: "How long requests took, by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route", "status"}),
		sessions:  f.NewGaugeVec(prometheus.GaugeOpts{Name: "switchyard_live_connections", Help: "Open live connections, by kind."}, []string{"kind"}),
		closed:    f.NewCounterVec(prometheus.CounterOpts{Name: "switchyard_live_closed_total", Help: "Live connections closed, by kind and reason."}, []string{"kind", "reason"}),
		frames:    f.NewCounterVec(prometheus.CounterOpts{Name: "switchyard_live_frames_total", Help: "Frames written to live connections, by kind."}, []string{"kind"}),
		sent:      f.NewCounterVec(prometheus.CounterOpts{Name: "switchyard_live_bytes_total", Help: "Bytes written to live connections, by kind."}, []string{"kind"}),
		rendered:  f.NewHistogram(prometheus.HistogramOpts{Name: "switchyard_live_render_seconds", Help: "How long it took to load, execute and serialise one event for a group.", Buckets: prometheus.ExponentialBuckets(.0001, 3, 10)}),
		panics:    f.NewCounter(prometheus.CounterOpts{Name: "switchyard_panics_total", Help: "Panics that were caught."}),
		logErrors: f.NewCounter(prometheus.CounterOpts{Name: "switchyard_log_read_errors_total", Help: "Failures to read the event log or to show one of its events."}),
	}
}

func (m *metrics) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
