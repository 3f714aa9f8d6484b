package hook

import "github.com/waybillhq/waybill/internal/trade"

// Revision is a new state of an entity, to be remembered with the events that it
// raises.
type Revision struct {
	// State has the version that follows the one before, or is zero if the events are
	// about one that is stored already.
	State trade.State
	// Acceptances are of the events. The first may have an idempotency key: if that is
	// a repeat, so is the whole, and nothing is stored.
	Acceptances []Acceptance
}

// Revised says what became of a request to change an entity, or to tell of it.
type Revised struct {
	State       trade.State // as the request left it
	Events      []Told      // that it raised
	Repeated    bool        // it was done already, by the idempotency key
	Fingerprint []byte      // of the request, if it had a key
}

// Created reports whether the request added the entity: the events that come with a
// state occurred when it came to be so.
func (r *Revised) Created() bool {
	return r.State.Version == 1 && len(r.Events) > 0 && r.Events[0].Event.OccurredAt.Equal(r.State.At)
}

// Told is an event that was accepted.
type Told struct {
	Event trade.Event
	Owed  int // deliveries the event caused
}
