package hook

import (
	"time"

	"github.com/google/uuid"
)

// Severity says how soon a person should look at an alert.
type Severity string

// The severities.
const (
	Information Severity = "information" // nothing need be done
	Warning     Severity = "warning"     // something should be done before it fails
	Failure     Severity = "error"       // something has failed
)

// AlertKind says what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	CertificateEnds AlertKind = "certificate.ends" // a hook's client certificate ends soon, or has ended
	DeliveryFailed  AlertKind = "delivery.failed"  // a hook's delivery was given up, or the hook's policy wants somebody to look
	HookDisabled    AlertKind = "hook.disabled"    // a hook was disabled, since its receiver is gone
)

// Alert is something that a person should look at. Its texts hold no secret.
type Alert struct {
	ID       uuid.UUID
	Company  string
	Kind     AlertKind
	Subject  string // ID of what it is about, such as a hook's
	Severity Severity
	Text     string // what it is and what to do, in a sentence
	German   string
	Level    int       // of a matter that gets worse: what is not worse than before is not raised again; 0: it always is
	Count    int       // how often it was raised
	FirstAt  time.Time // when it was raised first
	LastAt   time.Time // and last
	ClosedAt time.Time // when the cause was gone; zero while it is open
}

// AlertQuery asks for alerts of a company, newest first.
type AlertQuery struct {
	Company  string    // with Everyone, of all companies
	Everyone bool      // whosever they are
	Kind     AlertKind // empty: of any kind
	Open     bool      // only those whose cause isn't gone
	Before   uuid.UUID // the last of the page before; zero: from the newest
	Limit    int
}
