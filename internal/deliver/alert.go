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

// failingAlert words the alert about a hook whose circuit is open and, unless end
// is zero, which is to be disabled then.
func failingAlert(h *hook.Hook, n hook.Health, end time.Time) *hook.Alert {
	a := &hook.Alert{
		Company: h.Company, Kind: hook.HookFailing, Subject: h.ID.String(), Severity: hook.Failure, Level: 1, LastAt: n.At,
		Text: fmt.Sprintf("the receiver of the hook %q has failed since %s, and only probes are sent to it: %s; "+
			"its deliveries wait until it works again", h.Title, english(n.FailingSince), n.Reason),
		German: fmt.Sprintf("Der Empfänger des Webhooks „%s“ ist seit %s gestört und wird nur noch gelegentlich versucht: %s. "+
			"Die Zustellungen warten, bis er wieder funktioniert.", h.Title, german(n.FailingSince), n.Reason),
	}
	if !end.IsZero() {
		a.Level = 2
		a.Text = fmt.Sprintf("the hook %q will be disabled on %s, since its receiver has failed since %s: %s; "+
			"mend the receiver, or correct the hook", h.Title, english(end), english(n.FailingSince), n.Reason)
		a.German = fmt.Sprintf("Der Webhook „%s“ wird am %s deaktiviert, da sein Empfänger seit %s gestört ist: %s. "+
			"Beheben Sie die Störung des Empfängers, oder korrigieren Sie den Webhook.", h.Title, german(end), german(n.FailingSince), n.Reason)
	}
	return a
}

// disabledAlert words the alert that a hook was disabled for failing too long.
func disabledAlert(h *hook.Hook, n hook.Health, at time.Time) hook.Alert {
	return hook.Alert{
		Company: h.Company, Kind: hook.HookDisabled, Subject: h.ID.String(), Severity: hook.Failure, LastAt: at,
		Text: fmt.Sprintf("the hook %q was disabled, since its receiver has failed since %s: %s; "+
			"enable it when the receiver works, and what waits is sent", h.Title, english(n.FailingSince), n.Reason),
		German: fmt.Sprintf("Der Webhook „%s“ wurde deaktiviert, da sein Empfänger seit %s gestört ist: %s. "+
			"Aktivieren Sie ihn, wenn der Empfänger wieder funktioniert; was wartet, wird dann gesendet.", h.Title, german(n.FailingSince), n.Reason),
	}
}

func english(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

func german(t time.Time) string { return t.UTC().Format("02.01.2006, 15:04 UTC") }
