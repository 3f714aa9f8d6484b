package deliver

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// settleRows bounds how many attempts are settled in one call.
const settleRows = 2048

// settleLoop stores results as they come, many at a time, until ctx ends. While
// the store fails, they are kept and tried again.
func (e *Engine) settleLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.settle:
		}
		for batch := e.results(); len(batch) > 0; batch = e.results() {
			for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
				err := e.settleBatch(ctx, batch)
				if err == nil {
					break
				}
				e.Log.ErrorContext(ctx, "attempts were not recorded and are tried again", "attempts", len(batch), "err", err)
				select {
				case <-ctx.Done():
					e.putBack(batch)
					return
				case <-time.After(wait):
				}
			}
		}
	}
}

func (e *Engine) results() []result {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(e.done), settleRows)
	batch := e.done[:n:n]
	e.done = e.done[n:]
	if len(e.done) == 0 {
		e.done = nil
	}
	return batch
}

// putBack leaves results to whoever settles next.
func (e *Engine) putBack(batch []result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = append(slices.Clip(batch), e.done...)
}

// settleBatch stores results and gives back their room.
func (e *Engine) settleBatch(ctx context.Context, batch []result) error {
	settlements := make(map[uuid.UUID][]hook.Settlement, 1)
	var backs map[uuid.UUID][]hook.Delivery
	for _, r := range batch {
		if !r.back {
			settlements[r.node] = append(settlements[r.node], r.settlement)
			continue
		}
		if backs == nil {
			backs = make(map[uuid.UUID][]hook.Delivery)
		}
		backs[r.node] = append(backs[r.node], r.job.Delivery)
	}
	for node, ss := range settlements {
		held, err := e.Queue.Settle(ctx, node, ss)
		if err != nil {
			return err
		}
		e.logLost(ctx, ss, held)
	}
	for node, ds := range backs {
		if err := e.Queue.HandBack(ctx, node, ds); err != nil {
			return err
		}
	}
	e.settled(batch)
	return nil
}

// logLost tells of attempts that another node has taken over meanwhile.
func (e *Engine) logLost(ctx context.Context, ss []hook.Settlement, held []bool) {
	for i, ok := range held {
		if !ok {
			e.Log.WarnContext(ctx, "a delivery was no longer held when its attempt was settled",
				"delivery", ss[i].Attempt.DeliveryID, "attempt", ss[i].Attempt.Number)
		}
	}
}

// settled gives back the room of results and notes which deliveries wait now.
func (e *Engine) settled(batch []result) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range batch {
		l := e.laneOf(r.job.Delivery.HookID)
		if !r.back && r.settlement.Verdict.State == hook.Waiting {
			e.leftToStore(l, r.settlement.Verdict.DueAt, now)
		}
		e.release(l, sizeOf(&r.job.Delivery))
	}
}
