package delivery

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchyard-chat/switchyard/channels"
)

// metrics count what the workers do.
type metrics struct {
	tries *prometheus.CounterVec
	took  *prometheus.HistogramVec
	lag   *prometheus.HistogramVec
	given *prometheus.CounterVec
}

// newMetrics registers the metrics; a nil registerer keeps them to themselves.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_delivery_tries_total", Help: "Tries to send a message, by type of channel, outcome and failure code.",
		}, []string{"channel_type", "outcome", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "switchyard_delivery_try_seconds", Help: "How long the platform took to answer a try.", Buckets: prometheus.DefBuckets,
		}, []string{"channel_type"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "switchyard_delivery_lag_seconds", Help: "From a message's being queued to its first try.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300},
		}, []string{"channel_type"}),
		given: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchyard_delivery_failed_total", Help: "Messages that became FAILED, by type of channel and code.",
		}, []string{"channel_type", "code"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.tries, m.took, m.lag, m.given} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) try(t channels.Type, r channels.SendResult, took time.Duration) {
	m.tries.WithLabelValues(string(t), string(r.Outcome), r.Code).Inc()
	m.took.WithLabelValues(string(t)).Observe(took.Seconds())
}
