package tracing

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybillhq/waybill/internal/hook"
)

// lateAfter is when attempts no longer belong to the trace of their event, which
// would go on for days: they begin one of their own, with a link to that.
const lateAfter = time.Minute

func endAccept(span trace.Span, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError { // only these are ours, says OpenTelemetry of servers
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// Attempt begins the span of an attempt of j to h at a time, and makes it what j's
// event is a part of, for the receiver to see. It returns what ends the span.
func (t *Tracer) Attempt(j *hook.Job, h *hook.Hook, at time.Time) func(a *hook.Attempt, v hook.Verdict) {
	if t.provider == nil {
		return func(*hook.Attempt, hook.Verdict) {}
	}
	event := spanOf(j.Event.Trace)
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(at), trace.WithAttributes(
			attribute.String("waybill.company", j.Delivery.Company),
			attribute.String("waybill.event.type", j.Delivery.EventType),
			attribute.String("waybill.event.id", j.Delivery.EventID.String()),
			attribute.String("waybill.hook.id", h.ID.String()),
			attribute.String("waybill.hook.kind", string(h.Kind)),
			attribute.String("waybill.delivery.id", j.Delivery.ID.String()),
			attribute.Int("waybill.attempt", j.Delivery.Attempt),
		),
	}
	if event.IsSampled() && at.Sub(j.Event.ReceivedAt) > lateAfter {
		options = append(options, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: event}))
	}
	_, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), event), "deliver "+j.Delivery.EventType, options...)
	j.Event.Trace = traceOf(span.SpanContext())
	return func(a *hook.Attempt, v hook.Verdict) { endAttempt(span, a, v) }
}

func endAttempt(span trace.Span, a *hook.Attempt, v hook.Verdict) {
	if span.IsRecording() {
		span.SetAttributes(attribute.String("waybill.state", string(v.State)))
		switch {
		case a.Error != hook.NoError:
			span.SetAttributes(attribute.String("error.type", string(a.Error)))
		case v.State != hook.Delivered:
			span.SetAttributes(attribute.String("error.type", strconv.Itoa(a.Status)))
		}
		if a.Method != "" {
			span.SetAttributes(attribute.String("http.request.method", a.Method))
		}
		if a.Status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", a.Status))
		}
		if v.State != hook.Delivered {
			span.SetStatus(codes.Error, "")
		}
	}
	span.End(trace.WithTimestamp(a.StartedAt.Add(a.Took.Total)))
}
