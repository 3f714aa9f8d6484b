package retry

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Signal is what an attempt tells of the receiver, whatever it means for the
// delivery.
type Signal int

// The signals.
const (
	NoSignal Signal = iota // nothing, as no request was made
	Well                   // it answers, be it that it refuses the delivery
	Troubled               // it is out of order, or wants fewer requests
)

// Signal returns what an attempt tells of the receiver. An answer by which the
// policy decides at once, such as 400 or 500 of hook.StatusRules, is one of a
// receiver that works; so are 3xx and 4xx of any policy, but for those that say
// "not now".
func (p Policy) Signal(a *hook.Attempt) Signal {
	switch a.Error {
	case hook.NoError:
	case hook.BadRender, hook.Abandoned:
		return NoSignal
	default:
		return Troubled
	}
	if !alwaysTemporary(a.Status) && a.Status < 500 {
		return Well
	}
	switch p.meaning(a) {
	case hook.MeansDelivered, hook.MeansFailed:
		return Well
	case hook.MeansTemporary, hook.MeansAlert:
	}
	return Troubled
}

// Rest returns for how long a receiver that answered 429 or 503 at now wants no
// request at all, by Retry-After: at most 24 hours, and 0 if it didn't say.
func Rest(a *hook.Attempt, now time.Time) time.Duration {
	if a.Error != hook.NoError || a.Status != 429 && a.Status != 503 {
		return 0
	}
	value, _ := field(a.ResponseHead, "Retry-After")
	wait, _ := retryAfter(value, now)
	return wait
}
