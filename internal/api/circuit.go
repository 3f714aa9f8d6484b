package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type triggerHealth struct {
	Paused *paused `json:"paused,omitempty" doc:"That deliveries wait though events are accepted; left out while they are sent."`
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

// answerTrigger answers with a trigger and how it is.
func (s *Server) answerTrigger(_ context.Context, h *hook.Hook) (*triggerOutput, error) {
	out := &triggerOutput{ETag: etag(h), Body: triggerOf(h)}
	out.Body.Health = &triggerHealth{Paused: pausedOf(h.Pause, now())}
	return out, nil
}
