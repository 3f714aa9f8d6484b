package hook

import (
	"slices"
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

// Reaches reports whether s is as severe as least, or more.
func (s Severity) Reaches(least Severity) bool {
	order := []Severity{Information, Warning, Failure}
	return slices.Index(order, s) >= slices.Index(order, least)
}

// AlertKind says what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	CertificateEnds AlertKind = "certificate.ends" // a hook's client certificate ends soon, or has ended
	DeliveryFailed  AlertKind = "delivery.failed"  // a hook's delivery was given up, or the hook's policy wants somebody to look
	HookDisabled    AlertKind = "hook.disabled"    // a hook was disabled, since its receiver is gone, or has failed for too long
	HookFailing     AlertKind = "hook.failing"     // a hook's circuit is open, since its receiver keeps failing

	NotificationFailed AlertKind = "notification.failed" // somebody could not be told of alerts; nobody is told of that
)

// ByMail is the subject of NotificationFailed about e-mail; else it is a channel's ID.
const ByMail = "email"

// TellableKinds returns the kinds of alerts that people can be told of.
func TellableKinds() []AlertKind {
	return []AlertKind{CertificateEnds, DeliveryFailed, HookFailing, HookDisabled}
}

// AlertState is where an alert stands.
type AlertState string

// The states of an alert.
const (
	AlertOpen         AlertState = "open"
	AlertAcknowledged AlertState = "acknowledged" // somebody looks at it; open again if it gets worse
	AlertClosed       AlertState = "closed"       // its cause is gone, or a person says so
)

// Alert is something that a person should look at. Its texts hold no secret.
type Alert struct {
	ID       uuid.UUID
	Company  string
	Kind     AlertKind
	Subject  string   // ID of what it is about, such as a hook's
	Severity Severity // the worst since it is open
	Text     string   // what it is and what to do, in a sentence
	German   string
	Level    int       // of a matter that gets worse: what is not worse than before is not raised again; 0: it always is
	Count    int       // how often it was raised
	Turn     int       // how often it has opened or got worse, which people are told of
	FirstAt  time.Time // when it was raised first
	LastAt   time.Time // and last
	ClosedAt time.Time // when it was closed; zero while it isn't
	ClosedBy string    // the person or key; empty if Waybill found the cause gone

	Acknowledged Acknowledgement // the zero value while nobody has
}

// Acknowledgement says that a person looks at an alert.
type Acknowledgement struct {
	By   string // the person or key
	At   time.Time
	Note string // for others; may be empty
}

// State returns where the alert stands.
func (a *Alert) State() AlertState {
	switch {
	case !a.ClosedAt.IsZero():
		return AlertClosed
	case !a.Acknowledged.At.IsZero():
		return AlertAcknowledged
	default:
		return AlertOpen
	}
}

// AlertQuery asks for alerts of a company, newest first.
type AlertQuery struct {
	Company  string     // with Everyone, of all companies
	Everyone bool       // whosever they are
	Kind     AlertKind  // empty: of any kind
	Severity Severity   // empty: of any severity
	Subject  string     // empty: of any subject
	State    AlertState // empty: in any state
	Open     bool       // only those that aren't closed
	Before   uuid.UUID  // the last of the page before; zero: from the newest
	Limit    int
}
