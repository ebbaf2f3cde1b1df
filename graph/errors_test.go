package graph_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/graph"
)

// A request whose time ran out is told to come again, whatever the database called it; without that the same error is one of ours.
func TestPresentLateRequests(t *testing.T) {
	t.Parallel()
	cause := errors.New("pq: canceling statement due to user request (57014)")
	for name, c := range map[string]struct {
		limit       time.Duration
		code, level string
	}{"in time": {time.Hour, "INTERNAL", "ERROR"}, "late": {-time.Second, "UNAVAILABLE", "WARN"}} {
		ctx, cancel := context.WithTimeout(t.Context(), c.limit)
		defer cancel()
		var log bytes.Buffer
		got := graph.Present(slog.New(slog.NewTextHandler(&log, nil)))(ctx, cause)
		if got.Extensions["code"] != c.code || strings.Contains(got.Message, "57014") {
			t.Errorf("%s: %v %q", name, got.Extensions, got.Message)
		}
		if !strings.Contains(log.String(), "level="+c.level) {
			t.Errorf("%s: logged %s", name, log.String())
		}
	}
}
