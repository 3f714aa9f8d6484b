package tracing

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybillhq/waybill/internal/trade"
)

const (
	maxParent = 200 // bytes; later versions of the recommendation may have more than the 55 of now
	maxState  = 512 // bytes; so much should be passed on at least, says W3C Trace Context of tracestate
)

// Read returns the trace context of a request, the zero value if it has none or
// one that is not valid. A tracestate that is not valid, or too long, is left out.
func Read(h http.Header) trade.Trace {
	parents := h["Traceparent"]
	if len(parents) == 0 {
		return trade.Trace{}
	}
	t := trade.Trace{Parent: parents[0]}
	if len(parents) > 1 || len(t.Parent) > maxParent || strings.ContainsFunc(t.Parent, unprintable) || strings.ContainsAny(t.Parent, " \t") || !spanOf(t).IsValid() {
		return trade.Trace{}
	}
	state := strings.Join(h["Tracestate"], ",")
	if _, err := trace.ParseTraceState(state); err == nil && len(state) <= maxState && !strings.ContainsFunc(state, unprintable) {
		t.State = state
	}
	return t
}

// unprintable reports whether r can't be in a header's value.
func unprintable(r rune) bool { return (r < ' ' || r > '~') && r != '\t' }

// spanOf returns the span that t names, which is not valid if it names none.
func spanOf(t trade.Trace) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), &carrier{t})
	return trace.SpanContextFromContext(ctx)
}

// traceOf returns what names a span.
func traceOf(s trace.SpanContext) trade.Trace {
	var c carrier
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(context.Background(), s), &c)
	return c.Trace
}

// carrier lets package propagation read and write a Trace.
type carrier struct{ trade.Trace }

const parentKey, stateKey = "traceparent", "tracestate"

// Get returns a header.
func (c *carrier) Get(key string) string {
	switch key {
	case parentKey:
		return c.Parent
	case stateKey:
		return c.State
	}
	return ""
}

// Set sets a header.
func (c *carrier) Set(key, value string) {
	switch key {
	case parentKey:
		c.Parent = value
	case stateKey:
		c.State = value
	}
}

// Keys returns the names of the headers.
func (*carrier) Keys() []string { return []string{parentKey, stateKey} }
