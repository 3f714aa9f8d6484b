package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// failedAlert words the alert about a delivery that was given up, or that the
// hook's policy wants somebody to look at.
func failedAlert(j hook.Job, h *hook.Hook, v hook.Verdict, at time.Time) *hook.Alert {
	a := &hook.Alert{
		Company: h.Company, Kind: hook.DeliveryFailed, Subject: h.ID.String(), Severity: hook.Failure, LastAt: at,
		Text: fmt.Sprintf("a delivery of the hook %q (%s of %s) was given up: %s",
			h.Title, j.Delivery.EventType, j.Delivery.Entity.ID, v.Reason),
		German: fmt.Sprintf("Eine Zustellung des Webhooks „%s“ (%s zu %s) wurde aufgegeben: %s",
			h.Title, j.Delivery.EventType, j.Delivery.Entity.ID, v.Reason),
	}
	if v.State == hook.Waiting {
		a.Severity = hook.Warning
		a.Text = fmt.Sprintf("a delivery of the hook %q (%s of %s) fails and is retried: %s",
			h.Title, j.Delivery.EventType, j.Delivery.Entity.ID, v.Reason)
		a.German = fmt.Sprintf("Eine Zustellung des Webhooks „%s“ (%s zu %s) schlägt fehl und wird wiederholt: %s",
			h.Title, j.Delivery.EventType, j.Delivery.Entity.ID, v.Reason)
	}
	return a
}

// disableGone disables the hooks whose receivers have said that they are gone for
// good. If that fails, the next of the hook's deliveries that finds it out does it.
func (e *Engine) disableGone(ctx context.Context, part []result) {
	for i := range part {
		s := &part[i].settlement
		h := e.Queue.Directory().Hooks[part[i].job.Delivery.HookID]
		if !s.Verdict.Disable || h == nil || !h.Enabled || h.Version != s.Attempt.HookVersion {
			continue
		}
		at := s.Attempt.StartedAt.Add(s.Attempt.Took.Total)
		err := e.Queue.DisableHook(ctx, *h, at, hook.Alert{
			Company: h.Company, Kind: hook.HookDisabled, Subject: h.ID.String(), Severity: hook.Failure, LastAt: at,
			Text: fmt.Sprintf("the hook %q was disabled, since its receiver answered 410: it is gone for good; "+
				"correct the URL and enable the hook, or delete it", h.Title),
			German: fmt.Sprintf("Der Webhook „%s“ wurde deaktiviert, da sein Empfänger mit 410 geantwortet hat: Es gibt ihn nicht mehr. "+
				"Korrigieren Sie die URL und aktivieren Sie den Webhook, oder löschen Sie ihn.", h.Title),
		})
		if err != nil {
			e.Log.ErrorContext(ctx, "a hook whose receiver is gone was not disabled", "hook", h.ID, "err", err)
		}
	}
}
