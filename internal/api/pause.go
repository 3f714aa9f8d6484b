package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type pauseInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	Body    *pause
}

type pause struct {
	Until time.Time `json:"until,omitzero" doc:"When the pause ends by itself; left out: when somebody resumes."`
}

// maxPause bounds how far ahead a pause may end by itself.
const maxPause = 366 * 24 * time.Hour

func (s *Server) pauseTrigger(ctx context.Context, in *pauseInput) (*triggerOutput, error) {
	h, err := s.pause(ctx, hookName{in.Company, hook.Trigger, in.ID}, in.Body)
	if err != nil {
		return nil, err
	}
	return s.answerTrigger(ctx, h)
}

func (s *Server) resumeTrigger(ctx context.Context, in *triggerInput) (*triggerOutput, error) {
	h, err := s.resume(ctx, in.name())
	if err != nil {
		return nil, err
	}
	return s.answerTrigger(ctx, h)
}

// pause has a hook's deliveries wait, as in says, which may be nil.
func (s *Server) pause(ctx context.Context, n hookName, in *pause) (*hook.Hook, error) {
	var until time.Time
	if in != nil && !in.Until.IsZero() {
		until = in.Until.UTC().Truncate(time.Microsecond)
		var wrong problems
		if at := now(); !until.After(at) || until.After(at.Add(maxPause)) {
			wrong.add("until", "it is past, or more than a year ahead; write a time to come, or leave it out for a pause without end",
				"Der Zeitpunkt ist vergangen oder liegt mehr als ein Jahr voraus; geben Sie einen künftigen an, oder lassen Sie ihn weg für eine Pause ohne Ende.")
		}
		if err := wrong.err(); err != nil {
			return nil, err
		}
	}
	return s.setPause(ctx, "hook.pause", n, func(at time.Time) hook.Pause {
		return hook.Pause{Since: at, Until: until, By: actorOf(ctx).Name}
	})
}

// resume ends the pause of a hook.
func (s *Server) resume(ctx context.Context, n hookName) (*hook.Hook, error) {
	return s.setPause(ctx, "hook.resume", n, func(time.Time) hook.Pause { return hook.Pause{} })
}

// setPause stores the pause of a hook that as returns for the time of the change.
func (s *Server) setPause(ctx context.Context, action string, n hookName, as func(at time.Time) hook.Pause) (*hook.Hook, error) {
	shown := func(h *hook.Hook) any { return map[string]any{"paused": pausedOf(h.Pause, now())} }
	return s.changeNamedAs(ctx, action, shown, n, "", func(h *hook.Hook) error {
		h.Pause = as(h.UpdatedAt)
		return nil
	})
}
