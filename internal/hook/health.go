package hook

import (
	"time"

	"github.com/google/uuid"
)

// DisableAfter says for how long a hook may fail without any success before it is
// disabled: 0, as long as the server allows, or NeverDisable.
type DisableAfter time.Duration

// NeverDisable is the DisableAfter of a hook that is never disabled for failing.
const NeverDisable DisableAfter = -1

// Or returns for how long the hook may fail when the server allows so long, 0 if
// for ever.
func (d DisableAfter) Or(server time.Duration) time.Duration {
	switch {
	case d == NeverDisable:
		return 0
	case d > 0:
		return time.Duration(d)
	}
	return server
}

// CircuitState says whether a hook's receiver is sent to.
type CircuitState string

// The states of a circuit.
const (
	CircuitClosed CircuitState = "closed" // it is sent to
	CircuitOpen   CircuitState = "open"   // it keeps failing, so that only a probe goes out now and then
)

// Health is what all nodes know of a hook's receiver. It is noted when the circuit
// opens or closes and after each probe, not with each delivery.
type Health struct {
	HookID       uuid.UUID
	Company      string
	At           time.Time // when this was seen; not stored
	State        CircuitState
	FailingSince time.Time // when the first of the failures was that opened the circuit; zero while it is closed
	LastSuccess  time.Time // as far as it was known when this was noted; zero if it wasn't
	NextProbe    time.Time // while the circuit is open
	Reason       string    // of the last failure, in words; empty while the circuit is closed
}
