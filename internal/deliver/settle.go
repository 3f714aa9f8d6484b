package deliver

import (
	"context"
	"slices"
	"time"

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
			if rest, err := e.settleAll(ctx, batch); err != nil {
				e.putBack(rest)
				return
			}
		}
	}
}

// settleAll stores results. While the store fails, it tries again; when ctx has
// ended, it returns what is left and the store's last error.
func (e *Engine) settleAll(ctx context.Context, batch []result) ([]result, error) {
	err := e.insist(ctx, func() error {
		var err error
		batch, err = e.settleBatch(ctx, batch)
		return err
	})
	return batch, err
}

// insist has the store do something. While that fails, it tries again, waiting
// longer each time; when ctx has ended, it returns the last error.
func (e *Engine) insist(ctx context.Context, step func() error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := step()
		if err == nil || ctx.Err() != nil {
			return err
		}
		e.Log.ErrorContext(ctx, "what became of deliveries was not recorded and is tried again", "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
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
	wake(e.settle)
}

// finish passes a result on to the settler.
func (e *Engine) finish(l *lane, r result) {
	kept := r.kept()
	e.kept += kept
	e.hold(l, kept)
	if e.done = append(e.done, r); len(e.done) == 1 {
		wake(e.settle)
	}
}

// settleBatch stores results and gives back their room, part by part. It
// returns those that are left when the store fails.
func (e *Engine) settleBatch(ctx context.Context, batch []result) ([]result, error) {
	for len(batch) > 0 {
		part, rest := alike(batch)
		if err := e.settlePart(ctx, part); err != nil {
			return batch, err
		}
		e.settled(part) //nolint:contextcheck // flights have the context of the lease
		batch = rest
	}
	return nil, nil
}

// alike splits a batch into what one call of the store can take with its first
// result, and the others.
func alike(batch []result) (part, rest []result) {
	like := func(r *result) bool { return r.node == batch[0].node && r.back == batch[0].back }
	n := 1
	for n < len(batch) && n < settleRows && like(&batch[n]) {
		n++
	}
	if n == len(batch) || n == settleRows {
		return batch[:n], batch[n:]
	}
	part = slices.Clone(batch[:n])
	for i := n; i < len(batch); i++ {
		if len(part) < settleRows && like(&batch[i]) {
			part = append(part, batch[i])
		} else {
			rest = append(rest, batch[i])
		}
	}
	return part, rest
}

// settlePart stores results that are alike.
func (e *Engine) settlePart(ctx context.Context, part []result) error {
	if part[0].back {
		ds := make([]hook.Delivery, len(part))
		for i := range part {
			ds[i] = part[i].job.Delivery
		}
		return e.Queue.HandBack(ctx, part[0].node, ds)
	}
	ss := make([]hook.Settlement, len(part))
	for i := range part {
		ss[i] = part[i].settlement
	}
	held, err := e.Queue.Settle(ctx, part[0].node, ss)
	if err == nil {
		e.logLost(ctx, ss, held)
		e.observe(part, held)
		e.disableGone(ctx, part)
	}
	return err
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
	paused := !e.open(now)
	for i := range batch {
		r := &batch[i]
		l := e.laneOf(r.job.Delivery.HookID)
		switch {
		case r.back:
			e.leftToStore(l, now, now)
		case r.settlement.Verdict.State == hook.Waiting:
			e.leftToStore(l, r.settlement.Verdict.DueAt, now)
		case r.job.Delivery.Ordered: // it may be the next one's turn
			e.leftToStore(l, now, now)
		}
		kept := r.kept()
		e.kept -= kept
		e.release(l, sizeOf(&r.job.Delivery)+kept)
	}
	if paused && e.open(now) {
		e.resume()
	}
}
