package deliver

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render"
	"github.com/waybillhq/waybill/internal/retry"
	"github.com/waybillhq/waybill/internal/sign"
)

// fly makes one attempt after another for a lane until it is empty.
func (e *Engine) fly(l *lane, node uuid.UUID, j hook.Job) {
	for ok := true; ok; {
		r := e.attempt(node, j)
		node, j, ok = e.next(l, r)
	}
}

// next passes a result on to the settler and returns the lane's next job, or
// false if this flight is over.
func (e *Engine) next(l *lane, r result) (uuid.UUID, hook.Job, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.finish(l, r)
	l.flying--
	e.learn(l, &r, now)
	if e.open(now) && l.queued > 0 && l.flying < e.width(l) && !e.waits(l, now) {
		j, _ := l.pop()
		l.flying++
		e.noteBegun(l, now)
		e.grow(l, now)
		return e.node, j, true
	}
	e.flying--
	if l.giving && l.flying == 0 {
		l.giving, e.unshared = false, true
		wake(e.soon)
	}
	return uuid.Nil, hook.Job{}, false
}

// attempt renders and signs a job, has it sent, and judges what came of it. A
// job whose hook is gone, switched off or lacks a secret is handed back, and so is
// one that others may have taken over.
func (e *Engine) attempt(node uuid.UUID, j hook.Job) result {
	r := result{node: node, job: j}
	taken, ok := e.load(node, &j)
	if !ok {
		r.back = true
		return r
	}
	defer taken.leave()
	d := e.Queue.Directory()
	h := d.Hooks[j.Delivery.HookID]
	start := time.Now()
	if h == nil || !h.Sends(start) {
		r.back = true
		return r
	}
	ctx, mine := e.holds(node, h, start)
	if !mine {
		r.back = true
		return r
	}
	r.kind = h.Kind
	policy := retry.Of(h.Retry)
	end := e.trace(&j, h, start)
	a := e.send(ctx, j, h, d, policy, start, &taken)
	a.DeliveryID, a.Number, a.HookVersion = j.Delivery.ID, j.Delivery.Attempt, h.Version
	counted := a
	counted.Number = j.Delivery.Tries()
	v := policy.Judge(counted, j.Delivery.Since(), a.StartedAt.Add(a.Took.Total), rand.Float64())
	end(&a, v)
	r.signal, r.rest = policy.Signal(&a), retry.Rest(&a, time.Now())
	r.settlement = hook.Settlement{Company: j.Delivery.Company, Attempt: a, Verdict: v}
	if j.Delivery.Grouped() {
		grouped := j.Delivery
		r.settlement.Grouped = &grouped
	}
	if v.Alert {
		r.settlement.Alert = failedAlert(j, h, v, a.StartedAt.Add(a.Took.Total))
	}
	e.logAttempt(ctx, j, a, v)
	return r
}

// send makes the request of a job. If the job's last attempt was abandoned, there
// is none left to make.
func (e *Engine) send(ctx context.Context, j hook.Job, h *hook.Hook, d *hook.Directory, p retry.Policy, start time.Time, taken *room) hook.Attempt {
	if most := p.Attempts(); most > 0 && j.Delivery.Tries() > most {
		return hook.Attempt{StartedAt: start, Error: hook.Abandoned, Reason: "nothing was sent: at its last attempt, the node that was sending it stopped"}
	}
	req, err := request(j, h, d, start)
	if err != nil {
		return unsent(start, err)
	}
	e.rendered(ctx, taken, h, len(req.Body))
	return e.Sender.Send(ctx, req, h, d.Defaults[h.Company])
}

// request renders and signs what is sent of a job.
func request(j hook.Job, h *hook.Hook, d *hook.Directory, start time.Time) (hook.Request, error) {
	req, err := render.Delivery(j, h, d.Companies[j.Delivery.Company], start)
	if err == nil {
		err = sign.Sign(&req, h.Signing)
	}
	return req, err
}

// unsent is the attempt of a job that request fails for.
func unsent(start time.Time, err error) hook.Attempt {
	return hook.Attempt{StartedAt: start, Error: hook.BadRender, Reason: err.Error()}
}

func (e *Engine) logAttempt(ctx context.Context, j hook.Job, a hook.Attempt, v hook.Verdict) {
	level := slog.LevelDebug
	if v.State != hook.Delivered {
		level = slog.LevelWarn
	}
	if !e.Log.Enabled(ctx, level) {
		return
	}
	e.Log.LogAttrs(ctx, level, "delivery attempted",
		slog.String("company", j.Delivery.Company), slog.String("delivery", j.Delivery.ID.String()),
		slog.String("hook", j.Delivery.HookID.String()), slog.String("event_type", j.Delivery.EventType),
		slog.Int("attempt", a.Number), slog.Int("status", a.Status), slog.Duration("took", a.Took.Total),
		slog.String("state", string(v.State)), slog.String("reason", v.Reason))
}
