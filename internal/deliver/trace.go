package deliver

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Tracer follows deliveries through distributed traces.
type Tracer interface {
	// Attempt begins the span of an attempt of j to h at a time, and makes it what
	// j's event is a part of, for the receiver to see. The result ends the span.
	Attempt(j *hook.Job, h *hook.Hook, at time.Time) func(a *hook.Attempt, v hook.Verdict)
}

// trace begins the span of an attempt, if there is a Tracer.
func (e *Engine) trace(j *hook.Job, h *hook.Hook, at time.Time) func(a *hook.Attempt, v hook.Verdict) {
	if e.Tracer == nil {
		return func(*hook.Attempt, hook.Verdict) {}
	}
	return e.Tracer.Attempt(j, h, at)
}
