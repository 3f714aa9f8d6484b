package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type triggerHealth struct {
	State        string    `json:"state" enum:"closed,open,half-open" doc:"Of the circuit. Closed: deliveries are sent. Open: the receiver keeps failing, and deliveries wait without using up attempts. Half-open: the same, and a probe is due."`
	FailingSince time.Time `json:"failingSince,omitzero" doc:"While it is open: when the receiver began to fail."`
	LastSuccess  time.Time `json:"lastSuccess,omitzero" doc:"The last success that was known when the circuit opened or closed."`
	NextProbe    time.Time `json:"nextProbe,omitzero" doc:"While it is open: when a delivery is sent to see whether the receiver works."`
	Reason       string    `json:"reason,omitempty" doc:"While it is open: what went wrong last."`
	Paused       *paused   `json:"paused,omitempty" doc:"That deliveries wait though events are accepted; left out while they are sent."`
}

type paused struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero" doc:"When it ends by itself, if it does."`
	By    string    `json:"by,omitempty" doc:"Who paused it."`
}

// pausedOf returns what is shown of a pause at a time, nil if there is none then.
func pausedOf(p hook.Pause, at time.Time) *paused {
	if !p.Active(at) {
		return nil
	}
	return &paused{Since: p.Since, Until: p.Until, By: p.By}
}

// healthOf returns what is shown at a time of how a hook is.
func healthOf(h *hook.Hook, n hook.Health, at time.Time) *triggerHealth {
	out := &triggerHealth{State: string(hook.CircuitClosed), LastSuccess: n.LastSuccess, Paused: pausedOf(h.Pause, at)}
	if n.State != hook.CircuitOpen {
		return out
	}
	out.State, out.FailingSince, out.NextProbe, out.Reason = string(n.State), n.FailingSince, n.NextProbe, n.Reason
	if !n.NextProbe.After(at) {
		out.State = "half-open"
	}
	return out
}

// answerTrigger answers with a trigger and how it is.
func (s *Server) answerTrigger(ctx context.Context, h *hook.Hook) (*triggerOutput, error) {
	known, err := s.Store.Healths(ctx, h.Company, h.ID)
	if err != nil {
		return nil, err
	}
	var n hook.Health
	if len(known) > 0 {
		n = known[0]
	}
	out := &triggerOutput{ETag: etag(h), Body: triggerOf(h)}
	out.Body.Health = healthOf(h, n, now())
	return out, nil
}
