package hook

import "slices"

// Operation is what somebody can do with deliveries that there are.
type Operation string

// The operations.
const (
	DoRetry    Operation = "retry"    // due now; one that had ended waits again, and its policy starts anew
	DoCancel   Operation = "cancel"   // not wanted any more
	DoPriority Operation = "priority" // waits with another priority
	DoReplay   Operation = "replay"   // a new delivery of the same event to the same hook
)

// Command is an operation with what it needs to know.
type Command struct {
	Operation Operation
	Priority  Priority // of DoPriority
	Key       string   // of DoReplay of one delivery: a repeat with it makes no other replay; empty if there is none
}

// States returns the states in which a delivery can be operated on so; none if
// there is no such operation.
func (o Operation) States() []State {
	switch o {
	case DoRetry:
		return []State{Waiting, Failed, Cancelled}
	case DoCancel, DoPriority:
		return []State{Waiting}
	case DoReplay:
		return []State{Delivered, Failed}
	}
	return nil
}

// Owes reports whether the operation makes deliveries wait, so that their hooks
// must be there.
func (o Operation) Owes() bool { return o == DoRetry || o == DoReplay }

// Frees reports whether the operation on d makes a delivery of its hook due: d, or
// the next of an ordered hook, whose turn it is when d is cancelled.
func (o Operation) Frees(d *Delivery) bool { return o.Owes() || o == DoCancel && d.Ordered }

// Skip says why an operation leaves a delivery alone: a State that it isn't for,
// or one of the reasons below.
type Skip string

// The reasons that are no states.
const (
	NoSkip      Skip = ""
	HookDeleted Skip = "hookDeleted" // nobody is to be told any more
	Gone        Skip = "gone"        // the delivery is not there any more
)

// Skips returns why the operation leaves a delivery in a state alone, NoSkip if
// it doesn't. HookThere says whether its hook isn't deleted.
func (o Operation) Skips(s State, hookThere bool) Skip {
	switch {
	case !slices.Contains(o.States(), s):
		return Skip(s)
	case o.Owes() && !hookThere:
		return HookDeleted
	}
	return NoSkip
}

// Refusal returns the error for somebody who wanted to operate on a delivery that
// the operation leaves alone.
func (o Operation) Refusal(why Skip) error {
	e := &Error{Fault: Conflict}
	switch why {
	case Skip(Waiting):
		e.Msg, e.German = "the delivery is waiting; it can be retried, which sends it now, cancelled, or given another priority",
			"Die Zustellung wartet noch; sie kann wiederholt, also sofort gesendet, abgebrochen oder anders priorisiert werden."
	case Skip(Sending):
		e.Msg, e.German = "the delivery is being sent, or is next, and is left to finish; look again when it has an outcome",
			"Die Zustellung wird gerade gesendet oder ist als Nächste an der Reihe; warten Sie das Ergebnis ab."
	case Skip(Delivered):
		e.Msg, e.German = "the delivery was delivered; it can be replayed, as a new delivery of the same event",
			"Die Zustellung ist angekommen; sie kann als neue Zustellung desselben Ereignisses nachgesendet werden."
	case Skip(Failed):
		e.Msg, e.German = "the delivery has failed; it can be retried, or replayed as a new delivery of the same event",
			"Die Zustellung ist fehlgeschlagen; sie kann wiederholt oder als neue Zustellung desselben Ereignisses nachgesendet werden."
	case Skip(Cancelled):
		e.Msg, e.German = "the delivery was cancelled; it can be retried, which makes it wait again",
			"Die Zustellung wurde abgebrochen; sie kann wiederholt werden und wartet dann wieder."
	case Skip(Merged):
		e.Msg, e.German = "the delivery was merged into another one, which stands for its event too; do it with that one, mergedInto",
			"Die Zustellung ist in einer anderen aufgegangen, die auch für ihr Ereignis steht; wenden Sie sich an diese (mergedInto)."
	case HookDeleted:
		e.Msg, e.German = "the delivery's hook was deleted, so nobody is to be told; set up a hook anew, and resend the entity",
			"Der Webhook der Zustellung wurde gelöscht, daher ist niemand zu benachrichtigen; richten Sie ihn neu ein und senden Sie das Objekt erneut."
	default:
		e.Fault, e.Msg, e.German = Missing, "there is no such delivery", "Diese Zustellung gibt es nicht."
	}
	return e
}
