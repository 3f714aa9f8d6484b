package hook

import (
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// Revision is a new state of an entity, to be remembered with the events that led to
// it or are raised by it.
type Revision struct {
	// State has the version that follows the one before, or is zero if the events are
	// about one that is stored already.
	State trade.State
	// Acceptances are of the events. The first may have an idempotency key: if that is
	// a repeat, so is the whole, and nothing is stored.
	Acceptances []Acceptance
}

// Revised says what a request came to that changed an entity or told of it.
type Revised struct {
	State       trade.State // as the request left it
	Events      []Told
	Fingerprint []byte // of the request, if it had an idempotency key
}

// Told is an event that a change raised.
type Told struct {
	Event      trade.Event
	ReceivedAt time.Time
	Owed       int // deliveries the event caused
}
