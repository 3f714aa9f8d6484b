package hook

import "github.com/google/uuid"

// Test is an attempt that somebody made to try out what a hook's settings do,
// stored or not. It belongs to no delivery, so it is neither queued nor tried again
// nor counted among what was delivered.
type Test struct {
	ID        uuid.UUID // version 7; the webhook-id of the request
	Company   string
	Kind      Kind      // of the hook
	HookID    uuid.UUID // zero if the hook isn't stored yet
	EventType string    // of the sample that was sent
	By        string    // who made it, as the audit log names them
	Attempt   Attempt   // without DeliveryID
	Verdict   Verdict   // what the attempt would mean for a delivery
}

// KeptTests is how many tests of a company's hooks of a kind are kept.
const KeptTests = 100

// TestQuery asks for tests of a company's hooks of a kind, newest first.
type TestQuery struct {
	Company string
	Kind    Kind
	Before  uuid.UUID // only those with a lower ID; zero: from the newest
	Limit   int
}
