package server

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/trace"
)

// newTracer makes what records traces; nil where no collector is set.
func newTracer(ctx context.Context, c config.Config, log *slog.Logger) (*trace.Tracer, error) {
	if c.TraceURL == "" {
		return nil, nil //nolint:nilnil // the nil tracer records nothing
	}
	u, err := url.Parse(c.TraceURL)
	if err != nil {
		return nil, err
	}
	// The operator names the collector: it may stand beside us.
	gate, err := egress.New(egress.Options{Allow: []string{u.Host}})
	if err != nil {
		return nil, err
	}
	return trace.New(ctx, trace.Options{
		URL: c.TraceURL, Headers: c.TraceHeaders, Ratio: c.TraceRatio, Version: version(), Log: log,
		Client: gate.Client(egress.Limits{Timeout: 10 * time.Second, KeepAlive: true}),
	})
}
