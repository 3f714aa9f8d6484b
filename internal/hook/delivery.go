package hook

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// State is where a delivery stands. docs/delivery.md draws the moves.
type State string

// The states of a delivery.
const (
	Waiting   State = "waiting"   // until DueAt, or until there is room for it
	Sending   State = "sending"   // a node holds it: it is being sent, or is next
	Delivered State = "delivered" // the receiver accepted it
	Merged    State = "merged"    // another delivery stands for its event too
	Failed    State = "failed"    // given up; kept, and can be retried by a person
	Cancelled State = "cancelled" // by a person, or because its hook was deleted
)

// Delivery is one event owed to one hook: the queue's item.
type Delivery struct {
	ID        uuid.UUID // version 7; the webhook-id of every attempt
	Company   string
	HookID    uuid.UUID
	EventID   uuid.UUID // of the newest event that it stands for
	EventType string
	Entity    trade.Entity
	State     State
	Priority  Priority
	Attempt   int // number of the latest attempt begun, 0 before the first; the fence against late writers
	DueAt     time.Time
	CreatedAt time.Time
	SettledAt time.Time // when the latest attempt was judged; zero before
	Status    int       // HTTP status of the latest attempt; 0 if there was no response
	Size      int       // bytes of the event's data
	Reason    string    // why the delivery stands where it does, in words; empty if nothing went wrong
	TriesFrom int       // attempts made before somebody last had it tried again; 0 if nobody has
	RetriedAt time.Time // when that was; zero if nobody has
	ReplayOf  uuid.UUID // the delivery that this one repeats; zero if it is none

	Events     int       // how many it stands for: more than 1 when others were merged into it; EventID is of the newest
	MergedInto uuid.UUID // the delivery that stands for this one's event too, if State is Merged
	Unique     bool      // of a unique hook: while it waits, newer events of its entity are merged into it
	Ordered    bool      // of an ordered hook: those of one entity take turns
	Held       bool      // Waiting for its turn, so that DueAt is zero
}

// Tries returns how many of its attempts count for the retry policy, which
// starts anew when somebody has the delivery tried again.
func (d *Delivery) Tries() int { return d.Attempt - d.TriesFrom }

// Since returns the time from which the retry policy counts.
func (d *Delivery) Since() time.Time {
	if d.RetriedAt.IsZero() {
		return d.CreatedAt
	}
	return d.RetriedAt
}

// Grouped reports whether what becomes of the delivery depends on the others of
// its hook and entity.
func (d *Delivery) Grouped() bool { return d.Unique || d.Ordered }

// WebhookID is what the receiver knows the delivery by. It is the same in every
// attempt, so that a repeat is known as one, unless an event was merged into the
// delivery meanwhile: then there is something new to tell.
func (d *Delivery) WebhookID() string {
	if d.Events <= 1 {
		return d.ID.String()
	}
	return d.ID.String() + "-" + strconv.Itoa(d.Events)
}

// Job is a claimed delivery with all that is needed to send it.
type Job struct {
	Delivery Delivery
	Event    trade.Event
	State    *trade.State // of the event's entity, if it is at hand and the hook needs it
}

// Request is what is sent to a receiver, without credentials: send adds those.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// ErrorKind sorts what kept an attempt from being answered.
type ErrorKind string

// The kinds of attempt errors. An attempt that got a whole response has none,
// whatever its status.
const (
	NoError     ErrorKind = ""
	BadRender   ErrorKind = "render"    // the body or request could not be made
	BadAddress  ErrorKind = "address"   // the address guard refused, or the URL is unusable
	BadName     ErrorKind = "dns"       // the host name was not resolved
	BadConnect  ErrorKind = "connect"   // no connection was made
	BadToken    ErrorKind = "token"     // the token server gave no token (OAuth 2.0)
	BadTLS      ErrorKind = "tls"       // the handshake or the certificate
	TimedOut    ErrorKind = "timeout"   // no whole response in time
	BadResponse ErrorKind = "response"  // the connection broke, or what came was not HTTP
	Abandoned   ErrorKind = "abandoned" // the node stopped before it could tell
)

// Attempt is one HTTP request of a delivery, with its response.
type Attempt struct {
	DeliveryID   uuid.UUID
	Number       int // counted from 1
	HookVersion  int
	StartedAt    time.Time
	Method       string
	URL          string
	RequestHead  string // header lines as sent, "Name: value\n" each, credentials replaced
	BodySize     int    // bytes
	BodySHA256   [32]byte
	Status       int // 0 when no response came
	ResponseHead string
	ResponseBody []byte // its first MaxResponse bytes
	Error        ErrorKind
	Reason       string // what went wrong, in words, with the remedy where there is one
	Took         Timing
	TLS          string // the version that was agreed on, such as "TLS 1.3"; empty if none was; kept of a Test alone
}

// MaxResponse is how many bytes of a response's body are kept.
const MaxResponse = 16 << 10

// Timing says how long the parts of an attempt took; a part that did not happen
// (such as DNS on a kept connection) is zero.
type Timing struct {
	DNS       time.Duration
	Connect   time.Duration
	TLS       time.Duration
	FirstByte time.Duration // from the start to the first byte of the response
	Total     time.Duration
}

// Verdict is what an attempt means for its delivery.
type Verdict struct {
	State   State
	DueAt   time.Time // of the next attempt, when State is Waiting
	Reason  string    // in words, empty when delivered
	Alert   bool      // a person should look at it
	Disable bool      // the hook is to be disabled, since the receiver is gone for good
}

// Settlement is an attempt with its verdict, ready to be recorded.
type Settlement struct {
	Company string // of the delivery
	Attempt Attempt
	Verdict Verdict
	Alert   *Alert    // to be raised with it, if Verdict says so
	Grouped *Delivery // the delivery, if it is Grouped
}

// Acceptance is an event to be remembered with the deliveries it causes.
type Acceptance struct {
	Event trade.Event
	// IdempotencyKey makes a later event with the same key a repeat; empty if
	// there is none. So does Event.SourceID.
	IdempotencyKey string
	// Fingerprint tells whether a repeated IdempotencyKey came with the same
	// request.
	Fingerprint []byte
	// Deliveries are Waiting, or Sending with Attempt 1 if the node that accepts
	// has room for them.
	Deliveries []Delivery
}

// Receipt says what became of an acceptance.
type Receipt struct {
	EventID    uuid.UUID // of the first event, if this one is a repeat
	ReceivedAt time.Time
	Owed       int  // deliveries the event caused
	Repeated   bool // nothing was stored, since the event was there already
	Mismatched bool // the idempotency key was there already, for another request
}

// Want asks for due deliveries of a hook.
type Want struct {
	HookID uuid.UUID
	Limit  int // deliveries
	Bytes  int // of their events' data; the first delivery may exceed it
}

// Backlog says what waits for a hook.
type Backlog struct {
	HookID uuid.UUID
	DueAt  time.Time // the earliest time that one of its deliveries is due
}
