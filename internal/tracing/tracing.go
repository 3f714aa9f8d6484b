// Package tracing follows events through distributed traces (W3C Trace Context):
// from the producer's request, by way of the attempts of their deliveries, to the
// receivers. If it is to, it tells a collector of them by OpenTelemetry; else it
// only passes on what producers send. Nothing that it tells is a secret, a body or
// a URL.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybillhq/waybill/internal/trade"
)

// Options say where spans are told.
type Options struct {
	Endpoint string // the URL of OTLP over HTTP; empty: as the environment says (OTEL_EXPORTER_OTLP_ENDPOINT)
	Version  string // of Waybill
	Log      *slog.Logger
}

// Tracer begins spans. The zero value records none, but passes traces on. It is
// safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider // nil: nothing is recorded
	tracer   trace.Tracer
}

// Open returns a Tracer that sends what it records in the background, if there is
// somewhere to send it. What can't be sent in time is dropped. The OTEL_*
// variables of the environment say how, as OpenTelemetry specifies them. Close it
// when done.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	if !on(o.Endpoint) {
		return &Tracer{}, nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if value := os.Getenv(name); value != "" && value != "http/protobuf" {
			return nil, fmt.Errorf("%s is %q: traces can be sent by http/protobuf alone; leave it out, and name the collector's port for HTTP, mostly 4318", name, value)
		}
	}
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(o.Endpoint))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "waybill"), attribute.String("service.version", o.Version),
	), resource.WithFromEnv()) // which goes before
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err), exporter.Shutdown(ctx))
	}
	t := &Tracer{provider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&told{exporter, o.Log}), sdktrace.WithResource(about),
	)}
	t.tracer = t.provider.Tracer("github.com/waybillhq/waybill")
	return t, nil
}

// on reports whether spans are to be recorded: if somebody says where they go, and
// nobody says that they are not to.
func on(endpoint string) bool {
	somewhere := endpoint != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	return somewhere && os.Getenv("OTEL_SDK_DISABLED") != "true" && os.Getenv("OTEL_TRACES_EXPORTER") != "none"
}

// Close sends what is left to be sent, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// On reports whether spans are recorded.
func (t *Tracer) On() bool { return t.provider != nil }

// told is an exporter that logs what it could not send, since a missing span is no
// reason to stop.
type told struct {
	sdktrace.SpanExporter
	log *slog.Logger
}

// ExportSpans sends spans.
func (e *told) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.WarnContext(ctx, "spans were not sent", "spans", len(spans), "err", err)
	}
	return nil
}

// Accept begins the span of a request by which a company's events come, at a route
// of the API. It returns what the events are a part of, and what ends the span with
// the status of the answer. If nothing is recorded, they are a part of what the
// producer says, unchanged.
func (t *Tracer) Accept(company, route string, h http.Header) (trade.Trace, func(status int)) {
	from := Read(h)
	if t.provider == nil {
		return from, ignore
	}
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), spanOf(from))
	_, span := t.tracer.Start(ctx, "POST "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", http.MethodPost), attribute.String("http.route", route),
		attribute.String("waybill.company", company),
	))
	return traceOf(span.SpanContext()), func(status int) { endAccept(span, status) }
}

func ignore(int) {}
