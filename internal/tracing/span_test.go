package tracing

import (
	"testing"
	"time"

	"github.com/google/uuid"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestALateAttemptHasATraceOfItsOwn(t *testing.T) {
	t.Parallel()
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	event := trade.Trace{Parent: "00-" + id + "-00f067aa0ba902b7-01", State: "rojo=1"}
	unsampled := trade.Trace{Parent: "00-" + id + "-00f067aa0ba902b7-00", State: "rojo=1"}
	for name, tt := range map[string]struct {
		event trade.Trace
		after time.Duration
		own   bool // a trace of its own
		links int
		spans int // recorded
	}{
		"soon":                    {event, time.Minute, false, 0, 1},
		"late":                    {event, time.Minute + 1, true, 1, 1},
		"late, but not sampled":   {unsampled, time.Hour, false, 0, 0},
		"late, and of no event's": {trade.Trace{}, time.Hour, true, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans := tracetest.NewInMemoryExporter()
			provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
			tracer := &Tracer{provider: provider, tracer: provider.Tracer("test")}
			received := time.Now()
			at := received.Add(tt.after)
			j := hook.Job{Event: trade.Event{ReceivedAt: received, Trace: tt.event}}
			end := tracer.Attempt(&j, &hook.Hook{ID: uuid.Max}, at)
			end(&hook.Attempt{StartedAt: at, Status: 200, Took: hook.Timing{Total: time.Second}}, hook.Verdict{State: hook.Delivered})

			sent := spanOf(j.Event.Trace)
			if own := sent.TraceID().String() != id; own != tt.own || !sent.IsValid() {
				t.Errorf("the receiver is sent %q, want a trace of its own: %t", j.Event.Trace, tt.own)
			}
			if (j.Event.Trace.State == "") != tt.own {
				t.Errorf("the receiver is sent the state %q, want it only with the producer's trace", j.Event.Trace.State)
			}
			got := spans.GetSpans()
			if len(got) != tt.spans {
				t.Fatalf("%d spans are recorded, want %d", len(got), tt.spans)
			}
			for _, s := range got {
				if len(s.Links) != tt.links || len(s.Links) > 0 && s.Links[0].SpanContext.TraceID().String() != id {
					t.Errorf("it has the links %v, want %d to the event's trace", s.Links, tt.links)
				}
				if took := s.EndTime.Sub(s.StartTime); took != time.Second {
					t.Errorf("it took %v, want the attempt's second", took)
				}
			}
		})
	}
}

// The environment is the process's, so these are not run at once.
//
//nolint:paralleltest // it changes the environment.
func TestTheEnvironmentSaysWhetherSpansAreRecorded(t *testing.T) {
	for name, tt := range map[string]struct {
		endpoint string
		env      map[string]string
		want     bool
		wrong    bool
	}{
		"nothing":                       {"", nil, false, false},
		"a setting":                     {"http://127.0.0.1:1/v1/traces", nil, true, false},
		"an endpoint":                   {"", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, false},
		"an endpoint for traces":        {"", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, true, false},
		"a setting, and that it is off": {"http://127.0.0.1:1/v1/traces", map[string]string{"OTEL_SDK_DISABLED": "true"}, false, false},
		"a setting, and no exporter":    {"http://127.0.0.1:1/v1/traces", map[string]string{"OTEL_TRACES_EXPORTER": "none"}, false, false},
		"a protocol that we don't have": {"http://127.0.0.1:1/v1/traces", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range tt.env {
				t.Setenv(key, value)
			}
			tracer, err := Open(t.Context(), Options{Endpoint: tt.endpoint})
			if (err != nil) != tt.wrong {
				t.Fatalf("Open = %v, want an error: %t", err, tt.wrong)
			}
			if err != nil {
				return
			}
			if tracer.On() != tt.want {
				t.Errorf("On = %t, want %t", tracer.On(), tt.want)
			}
			if err := tracer.Close(t.Context()); err != nil {
				t.Errorf("Close = %v, want nil", err)
			}
		})
	}
}
