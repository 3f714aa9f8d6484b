package hook

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Often says how often somebody is told of alerts.
type Often string

// How often somebody is told.
const (
	Never  Often = "never"
	AtOnce Often = "at-once"
	Hourly Often = "hourly" // on the hour, of what is new
	Daily  Often = "daily"  // at an hour of theirs, of what is new
)

// Choice says which alerts somebody is told of.
type Choice struct {
	Severity Severity    // the least
	Kinds    []AlertKind // none: all
}

// Wants reports whether somebody is to be told of a. Nobody is told that they, or
// others, could not be told.
func (c *Choice) Wants(a *Alert) bool {
	return a.Kind != NotificationFailed && a.Severity.Reaches(c.Severity) && (len(c.Kinds) == 0 || slices.Contains(c.Kinds, a.Kind))
}

// Subscription says what a user is told of, by e-mail. The zero value of Often
// stands for Never.
type Subscription struct {
	Choice
	Often    Often
	Hour     int       // 0 to 23, of Daily, in the time zone of the user's company; UTC for the operator's people
	SentAt   time.Time // of the latest mail that was sent; the store fills it in
	FailedAt time.Time // when one could not be, if none was sent since
}

// Subscriber is a user who is told of alerts.
type Subscriber struct {
	Subscription
	User     uuid.UUID
	Company  string // empty for the operator's people, who are told of all companies' alerts
	Email    string
	Language string // "en" or "de"
}

// ChannelKind says what a channel leads to.
type ChannelKind string

// The kinds of channels.
const (
	WebhookChannel ChannelKind = "webhook" // whatever takes our JSON
	SlackChannel   ChannelKind = "slack"   // an incoming webhook of Slack, or what is compatible
	TeamsChannel   ChannelKind = "teams"   // a webhook of Microsoft Teams
)

// Channel is where a company is told of alerts at once, besides its users.
type Channel struct {
	ID        uuid.UUID
	Company   string
	Version   int // counts the changes from 1
	Kind      ChannelKind
	Title     string
	Enabled   bool
	Language  string // "en" or "de"
	Choice    Choice
	URL       Secret   // https; whoever knows it may post there
	Key       Secret   // of WebhookChannel: "whsec_" and base64; empty if requests are not signed
	Locked    []string // which of URLSecret and MACSecret are there and can't be opened; the store keeps them
	CreatedAt time.Time
	UpdatedAt time.Time
	SentAt    time.Time // when somebody was told last; the store fills in this and the next two
	FailedAt  time.Time // when that failed, if nobody was told since
	Failure   string    // why, in words
}

// The names of a channel's secrets, in Locked.
const (
	URLSecret = "url"
	MACSecret = "key"
)

// Notification is an alert that a user or channel is to be told of.
type Notification struct {
	ID        uuid.UUID
	Recipient uuid.UUID // a user's or channel's ID
	Alert     Alert     // as it is when the notification is claimed
	Turn      int       // of the alert, of which to tell
	DueAt     time.Time
	Since     time.Time // when it was due at first
	Attempt   int       // number of the latest begun; the fence against late writers
}

// Message is what a recipient is told at once. It has a Subscriber or a Channel;
// neither if there is nobody any more.
type Message struct {
	Subscriber    *Subscriber
	Channel       *Channel
	Notifications []Notification // at least one
}

// Mail is an e-mail in plain text and in HTML, which say the same.
type Mail struct {
	ID      string // tells a mail that is sent again from another: letters, digits and hyphens
	To      string // an address, without a name
	Subject string
	Text    string
	HTML    string
}
