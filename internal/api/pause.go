package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type pauseInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	Body    *struct {
		Until time.Time `json:"until,omitzero" doc:"When the pause ends by itself; left out: when somebody resumes."`
	} `nameHint:"Pause"`
}

// maxPause bounds how far ahead a pause may end by itself.
const maxPause = 366 * 24 * time.Hour

func (s *Server) pauseTrigger(ctx context.Context, in *pauseInput) (*triggerOutput, error) {
	var until time.Time
	if in.Body != nil && !in.Body.Until.IsZero() {
		until = in.Body.Until.UTC().Truncate(time.Microsecond)
		var wrong problems
		if at := now(); !until.After(at) || until.After(at.Add(maxPause)) {
			wrong.add("until", "it is past, or more than a year ahead; write a time to come, or leave it out for a pause without end",
				"Der Zeitpunkt ist vergangen oder liegt mehr als ein Jahr voraus; geben Sie einen künftigen an, oder lassen Sie ihn weg für eine Pause ohne Ende.")
		}
		if err := wrong.err(); err != nil {
			return nil, err
		}
	}
	return s.setPause(ctx, "hook.pause", in.Company, in.ID, func(at time.Time) hook.Pause {
		return hook.Pause{Since: at, Until: until, By: actorOf(ctx).Name}
	})
}

func (s *Server) resumeTrigger(ctx context.Context, in *triggerInput) (*triggerOutput, error) {
	return s.setPause(ctx, "hook.resume", in.Company, in.ID, func(time.Time) hook.Pause { return hook.Pause{} })
}

// setPause stores the pause of a trigger that as returns for the time of the change.
func (s *Server) setPause(ctx context.Context, action, company, id string, as func(at time.Time) hook.Pause) (*triggerOutput, error) {
	shown := func(h *hook.Hook) any { return map[string]any{"paused": pausedOf(h.Pause, now())} }
	h, err := s.changeTriggerAs(ctx, action, shown, company, id, "", func(h *hook.Hook) error {
		h.Pause = as(h.UpdatedAt)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.answerTrigger(ctx, h)
}
