package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
	"github.com/waybillhq/waybill/internal/trade"
)

// Tester tries hooks out: it sends what a delivery would send, without there being
// one. It is safe for concurrent use.
type Tester struct {
	Directory func() *hook.Directory // the companies and hooks at this moment
	Sender    Sender
	Log       *slog.Logger
}

// Test sends a sample event of one of h's types, about a state of its entity if h
// needs one, to h, as the first attempt of a delivery would be sent, and marked by
// the header Webhook-Test, and returns what came of it and what it would mean for a
// delivery. The hook needn't be stored, nor
// enabled. Nothing is queued, stored, retried or counted; of the test, the caller
// fills in By. The error is that no ID could be made.
func (t *Tester) Test(ctx context.Context, h *hook.Hook, sample trade.Event, state *trade.State) (hook.Test, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return hook.Test{}, fmt.Errorf("make an ID: %w", err)
	}
	start := time.Now()
	j := hook.Job{Event: sample, State: state, Delivery: hook.Delivery{
		ID: id, Company: h.Company, HookID: h.ID, EventID: sample.ID, EventType: sample.Type, Entity: sample.Entity,
		State: hook.Sending, Priority: h.Priority, Attempt: 1, CreatedAt: start, Size: len(sample.Data), Events: 1,
	}}
	a := t.send(ctx, j, h, start)
	a.Number, a.HookVersion, a.StartedAt = 1, h.Version, a.StartedAt.UTC().Truncate(time.Microsecond)
	const middle = 0.5 // of chance: a test is not spread
	v := retry.Of(h.Retry).Judge(a, start, a.StartedAt.Add(a.Took.Total), middle)
	t.Log.InfoContext(ctx, "hook tested", "company", h.Company, "hook_kind", h.Kind, "event_type", sample.Type, "test", id,
		"status", a.Status, "took", a.Took.Total, "reason", v.Reason)
	return hook.Test{ID: id, Company: h.Company, Kind: h.Kind, HookID: h.ID, EventType: sample.Type, Attempt: a, Verdict: v}, nil
}

func (t *Tester) send(ctx context.Context, j hook.Job, h *hook.Hook, start time.Time) hook.Attempt {
	d := t.Directory()
	req, err := request(j, h, d, start)
	if err != nil {
		return unsent(start, err)
	}
	req.Header["Webhook-Test"] = []string{"true"}
	return t.Sender.Send(ctx, req, h, d.Defaults[h.Company])
}
