// Package trace shows where a request's time goes, from a platform's webhook to the delivery of the answer, as OpenTelemetry traces. The tracer travels in
// the context: what is traced is what runs in a context into which a Tracer was put, and nothing costs anything where none was.
//
// A trace holds names of steps, ids, numbers and codes of ours; never content, addresses with ids in them, or credentials.
package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Kind says what part a step plays.
type Kind = trace.SpanKind

// The kinds of step: answering a request, asking somebody else, taking up work that was written down, and everything in between.
const (
	Server   = trace.SpanKindServer
	Client   = trace.SpanKindClient
	Consumer = trace.SpanKindConsumer
	Internal = trace.SpanKindInternal
)

// Attr is something that is known of a step.
type Attr = attribute.KeyValue

// Text is an attribute that is a text of ours, such as a code.
func Text(key, value string) Attr { return attribute.String(key, value) }

// Number is an attribute that is a number, such as an id of ours.
func Number(key string, value int64) Attr { return attribute.Int64(key, value) }

// Options say where traces go.
type Options struct {
	// URL is the collector's address for OTLP over HTTP, as http://collector:4318; "/v1/traces" is added where it has no path.
	URL string
	// Headers go with every call, such as an API key's.
	Headers map[string]string
	// Ratio of the traces that are recorded, 0 to 1.
	Ratio float64
	// Version is the running program's.
	Version string
	// Client makes the calls.
	Client *http.Client
	Log    *slog.Logger
}

// Tracer records traces and sends them to a collector. It is safe for concurrent use. The nil Tracer records nothing.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

const name = "github.com/switchyard-chat/switchyard"

// New makes a tracer. A collector that is away costs the traces of that time and nothing else.
func New(ctx context.Context, o Options) (*Tracer, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("the collector's address is no address")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()), otlptracehttp.WithHeaders(o.Headers), otlptracehttp.WithHTTPClient(o.Client))
	if err != nil {
		return nil, fmt.Errorf("reach the collector: %w", err)
	}
	of := resource.NewSchemaless(attribute.String("service.name", "switchyard"), attribute.String("service.version", o.Version))
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(quiet{exporter, o.Log}, sdk.WithBatchTimeout(time.Second)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Ratio),
			// Whether a stranger's trace is recorded is not the stranger's decision.
			sdk.WithRemoteParentSampled(sdk.TraceIDRatioBased(o.Ratio)), sdk.WithRemoteParentNotSampled(sdk.TraceIDRatioBased(o.Ratio)))),
		sdk.WithResource(of),
	)
	return &Tracer{provider: p, tracer: p.Tracer(name)}, nil
}

// quiet tells the log, and not OpenTelemetry's global handler, that a collector is away.
type quiet struct {
	*otlptrace.Exporter
	log *slog.Logger
}

// ExportSpans implements sdk.SpanExporter.
func (q quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := q.Exporter.ExportSpans(ctx, spans); err != nil {
		q.log.WarnContext(ctx, "traces could not be sent", "spans", len(spans), "error", err)
	}
	return nil
}

// Close sends what is recorded, until the context ends. A second call does nothing.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

type tracerKey struct{}

// With puts the tracer into the context: from here on steps are recorded.
func (t *Tracer) With(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, tracerKey{}, t)
}

// Step is something under way.
type Step struct{ span trace.Span }

// Start begins a step of the trace that the context is in. A Server's and a Consumer's step begins a new trace where there is none; any other
// then does nothing, so that what a server asks by itself all day fills no collector. The step is ended with End. Where no tracer is in the
// context it does nothing.
func Start(ctx context.Context, kind Kind, name string, attrs ...Attr) (context.Context, Step) {
	t, _ := ctx.Value(tracerKey{}).(*Tracer)
	if t == nil || kind != Server && kind != Consumer && !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, Step{}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	return ctx, Step{span}
}

// IsOn says whether steps are recorded in this context.
func IsOn(ctx context.Context) bool { return trace.SpanFromContext(ctx).IsRecording() }

// Note adds what became known of the step.
func (s Step) Note(attrs ...Attr) {
	if s.span != nil {
		s.span.SetAttributes(attrs...)
	}
}

// Rename gives the step the name that became known on the way.
func (s Step) Rename(name string) {
	if s.span != nil {
		s.span.SetName(name)
	}
}

// Fail says that the step failed, under a code of ours.
func (s Step) Fail(code string) {
	if s.span != nil {
		s.span.SetStatus(codes.Error, code)
	}
}

// End ends the step. An error makes it a failed one; its kind and code are recorded, its text is not.
func (s Step) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		kind := string(fault.Of(err))
		switch {
		case errors.Is(err, context.Canceled):
			kind = "cancelled"
		case errors.Is(err, context.DeadlineExceeded):
			kind = "timeout"
		}
		s.span.SetStatus(codes.Error, kind)
		s.span.SetAttributes(attribute.String("error.type", kind))
	}
	s.span.End()
}

// Parent is the present step for what is written down and done later, as W3C's traceparent; empty where nothing is recorded.
func Parent(ctx context.Context) string {
	if !IsOn(ctx) {
		return ""
	}
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c["traceparent"]
}

// Continue puts the context into the trace of a traceparent; of one that is none, it gives the context as it is.
func Continue(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
}

// ID is the present trace's id, for logs; empty where nothing is recorded.
func ID(ctx context.Context) string {
	if !IsOn(ctx) {
		return ""
	}
	return trace.SpanFromContext(ctx).SpanContext().TraceID().String()
}
