package hook

import "time"

// WhyWaits says in words, at a time, what holds up a delivery that waits, besides the
// time at which it is due: its hook h, which may be nil, the circuit of that, as n
// tells, or the turn of another. It is empty if nothing does, or if the delivery
// doesn't wait.
func WhyWaits(d *Delivery, h *Hook, n Health, at time.Time) string {
	switch {
	case d.State != Waiting:
		return ""
	case h == nil:
		return "its hook was deleted; it is cancelled soon"
	case !h.Enabled:
		return "its hook is disabled; it waits until the hook is enabled"
	case len(h.Locked) > 0:
		return "a secret of its hook cannot be opened with this server's key set; " +
			"it waits until the right key set is there, or the secret is set anew"
	case h.Pause.Active(at) && h.Pause.Until.IsZero():
		return "its hook is paused; it waits until somebody resumes the hook"
	case h.Pause.Active(at):
		return "its hook is paused until " + h.Pause.Until.UTC().Format(time.RFC3339) + "; it waits until then, or until somebody resumes the hook"
	case n.State == CircuitOpen:
		return "the receiver of its hook keeps failing, so that only a probe is sent now and then; it waits until the receiver works again"
	case d.Held:
		return "an earlier delivery of the same entity is not done yet; it is sent after that"
	}
	return ""
}

// Explain completes the reason of a delivery with what holds it up, as WhyWaits says.
// What came of its latest attempt follows.
func (d *Delivery) Explain(h *Hook, n Health, at time.Time) {
	why := WhyWaits(d, h, n, at)
	switch {
	case why == "":
	case d.Reason == "":
		d.Reason = why
	default:
		d.Reason = why + "; the latest attempt: " + d.Reason
	}
}
