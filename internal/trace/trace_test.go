package trace_test

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/trace"
)

func TestWithoutTracer(t *testing.T) {
	t.Parallel()
	var none *trace.Tracer
	ctx, step := trace.Start(none.With(t.Context()), trace.Server, "a")
	step.Note(trace.Text("k", "v"))
	step.Rename("b")
	step.Fail("CODE")
	step.End(errors.New("x"))
	if ctx != t.Context() || trace.Parent(ctx) != "" || trace.ID(ctx) != "" || none.Close(ctx) != nil {
		t.Error("something is recorded without a tracer")
	}
}

func TestParents(t *testing.T) {
	t.Parallel()
	tracer, err := trace.New(t.Context(), trace.Options{URL: "http://127.0.0.1:1", Ratio: 1, Client: &http.Client{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := tracer.With(t.Context())
	if same, _ := trace.Start(ctx, trace.Client, "poll"); trace.IsOn(same) {
		t.Error("what belongs to nothing begins a trace")
	}
	in, step := trace.Start(ctx, trace.Server, "request")
	defer step.End(nil)
	parent := trace.Parent(in)
	later, next := trace.Start(trace.Continue(ctx, parent), trace.Consumer, "task")
	defer next.End(nil)
	if trace.ID(later) == "" || trace.ID(later) != trace.ID(in) || trace.Parent(later) == parent {
		t.Errorf("the task is in trace %q, the request in %q", trace.ID(later), trace.ID(in))
	}
	for _, wrong := range []string{"", "x", "00-zz-yy-01", parent + "x"} {
		alone, end := trace.Start(trace.Continue(ctx, wrong), trace.Consumer, "task")
		if id := trace.ID(alone); id == "" || id == trace.ID(in) {
			t.Errorf("%q leads to trace %q", wrong, id)
		}
		end.End(nil)
	}
}

func TestWrongCollector(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"", "collector", "http://", "%"} {
		if _, err := trace.New(t.Context(), trace.Options{URL: at, Client: &http.Client{}, Log: slog.New(slog.DiscardHandler)}); err == nil {
			t.Errorf("%q is taken for an address", at)
		}
	}
}
