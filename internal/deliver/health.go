package deliver

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	warnBefore = 24 * time.Hour // a hook is disabled, an alert says so
	heardFor   = 10 * time.Minute
)

// noteTurn has what a lane's circuit has come to stored soon, for all nodes.
func (e *Engine) noteTurn(l *lane, now time.Time) {
	if l.hook == nil {
		return
	}
	n := hook.Health{HookID: l.hookID, Company: l.hook.Company, At: now, State: hook.CircuitClosed, LastSuccess: l.circuit.success}
	if c := &l.circuit; c.open {
		n.State, n.FailingSince, n.NextProbe, n.Reason = hook.CircuitOpen, c.since, c.probe, c.reason
	}
	e.turned[l.hookID] = n
	wake(e.soon)
}

// noteTurns stores the turns of circuits there have been. What can't be stored is
// kept for the next time.
func (e *Engine) noteTurns(ctx context.Context) error {
	e.mu.Lock()
	turned := e.turned
	e.turned = make(map[uuid.UUID]hook.Health)
	e.mu.Unlock()
	var errs []error
	for id, n := range turned {
		if err := e.noteHealth(ctx, n); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(turned, id)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.Copy(turned, e.turned) // what is newer
	e.turned = turned
	return errors.Join(errs...)
}

func (e *Engine) noteHealth(ctx context.Context, n hook.Health) error {
	h := e.Queue.Directory().Hooks[n.HookID]
	if h == nil || !h.Enabled {
		return nil
	}
	if n.State == hook.CircuitClosed {
		e.Log.InfoContext(ctx, "a hook's receiver works again", "company", h.Company, "hook", h.ID)
		return e.Queue.NoteHealth(ctx, n, nil)
	}
	e.Log.WarnContext(ctx, "a hook's receiver keeps failing and is only probed", "company", h.Company, "hook", h.ID,
		"failing_since", n.FailingSince, "next_probe", n.NextProbe, "reason", n.Reason)
	return e.Queue.NoteHealth(ctx, n, failingAlert(h, n, time.Time{}))
}

// tendHealth goes by what other nodes have noted of receivers, and disables the
// hooks that have failed for too long.
func (e *Engine) tendHealth(ctx context.Context) error {
	if err := e.noteTurns(ctx); err != nil {
		return err
	}
	now := time.Now()
	all, err := e.Queue.AllHealths(ctx, now.Add(-heardFor))
	if err != nil {
		return err
	}
	hooks := e.Queue.Directory().Hooks
	maps.DeleteFunc(e.warned, func(id uuid.UUID, _ time.Time) bool { return hooks[id] == nil })
	var errs []error
	for _, n := range all {
		h := hooks[n.HookID]
		if h == nil {
			continue
		}
		if h.Enabled {
			e.adopt(n, now)
		}
		if n.State == hook.CircuitOpen {
			errs = append(errs, e.judgeFailing(ctx, h, n, now))
		}
	}
	return errors.Join(errs...)
}

// adopt brings a lane in line with what all nodes know of its receiver. What this
// node has seen by itself later counts more.
func (e *Engine) adopt(n hook.Health, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, newer := e.turned[n.HookID]; newer {
		return
	}
	l := e.lanes[n.HookID]
	switch {
	case n.State == hook.CircuitClosed:
		if l != nil && l.circuit.open && n.LastSuccess.After(l.circuit.turned) {
			l.circuit.probe = now // it worked from another node
			e.freshen(l, now)
		}
	case l != nil && l.circuit.success.After(n.FailingSince):
		if !l.circuit.open {
			e.noteTurn(l, now) // it works from here
		}
	case l == nil || l.circuit.failures == 0:
		l = e.laneOf(n.HookID)
		l.circuit = circuit{
			open: true, failures: openAfter, since: n.FailingSince, success: n.LastSuccess,
			turned: now, wait: firstProbe, probe: n.NextProbe, reason: n.Reason,
		}
		e.putDown(l)
		e.freshen(l, now)
	}
}

// judgeFailing disables a hook whose receiver has failed for too long, or tells
// people that this is about to happen.
func (e *Engine) judgeFailing(ctx context.Context, h *hook.Hook, n hook.Health, now time.Time) error {
	n.At = now
	end := disableAt(h, n, e.DisableAfter)
	closed := hook.Health{HookID: h.ID, Company: h.Company, At: now, State: hook.CircuitClosed}
	switch {
	case !h.Enabled:
		return e.Queue.NoteHealth(ctx, closed, nil) // so that it begins anew
	case end.IsZero() || !h.Sends(now) || now.Before(end.Add(-warnBefore)):
		return nil
	case now.Before(end):
		if e.warned[h.ID].Equal(end) {
			return nil
		}
		if err := e.Queue.WarnFailing(ctx, h.ID, *failingAlert(h, n, end)); err != nil {
			return err
		}
		e.warned[h.ID] = end
		return nil
	}
	delete(e.warned, h.ID)
	e.Log.WarnContext(ctx, "a hook is disabled, since its receiver has failed for too long", "company", h.Company, "hook", h.ID)
	if err := e.Queue.DisableHook(ctx, *h, now, disabledAlert(h, n, now)); err != nil {
		return err
	}
	return e.Queue.NoteHealth(ctx, closed, nil)
}

// disableAt returns when a hook whose receiver is failing is to be disabled if
// nothing changes; zero if never. Whoever changes or pauses the hook meanwhile gets
// the whole time again.
func disableAt(h *hook.Hook, n hook.Health, server time.Duration) time.Time {
	after := h.Disable.Or(server)
	if after == 0 {
		return time.Time{}
	}
	return later(later(n.FailingSince, h.UpdatedAt), h.Pause.Until).Add(after)
}
