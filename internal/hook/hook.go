// Package hook is the vocabulary of who is told, and of what became of it:
// hooks, deliveries, attempts and verdicts, and the words for what goes wrong.
package hook

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// Kind tells hooks apart by the way they are set up.
type Kind string

// The kinds of hooks.
const (
	Trigger        Kind = "trigger"         // set up for event types, one by one
	Documents      Kind = "document"        // for one kind of document; see Directory.DocumentHooks
	Orders         Kind = "orders"          // a connector: is sent the affected lines of orders
	OrderDocuments Kind = "order-documents" // a connector: is sent what documents orders have
	Shipments      Kind = "shipments"       // a connector: is sent whole shipments
)

// Hook says who is told, of what, and how.
type Hook struct {
	ID         uuid.UUID
	Company    string
	Kind       Kind
	Version    int // counts the hook's states from 1; an attempt names the one it used
	Title      string
	Enabled    bool
	Pending    bool     // of a document hook: somebody has enabled it without a URL, so that it isn't Enabled yet
	EventTypes []string // names from the catalogue; at least one, but of a connector that isn't Enabled
	URL        string   // https; see CheckURL; a document hook or connector may have none while it isn't Enabled; that of a GET connector has a place for the ID
	Auth       Auth
	Signing    Signing
	Client     Certificate // what is shown to the receiver
	Retry      Retry
	Queue      Queue
	Connector  Connector // of the kinds in Connectors
	Limits     Limits
	Pause      Pause
	Disable    DisableAfter
	Priority   Priority
	HTTP2      bool     // offer HTTP/2 as well as HTTP/1.1
	Locked     []string // names of secrets that are there and can't be opened; the store keeps them
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// The names of a hook's secrets, in Locked.
const (
	AuthSecret    = "auth"
	HMACSecret    = "hmac"
	ClientSecret  = "client"  // the private key of Client
	CompanySecret = "company" // of the company's default credentials
)

// KeySecret is the name of the secret of a signing key.
func KeySecret(id string) string { return "key:" + id }

// Sends reports whether the hook's deliveries are sent at now; else they wait.
func (h *Hook) Sends(now time.Time) bool {
	return h.Enabled && len(h.Locked) == 0 && !h.Pause.Active(now)
}

// Secret is a text that must never be shown. Formatting and logging hide it;
// convert it to a string to use it.
type Secret string

// String hides the secret.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Priority orders deliveries: a higher one is claimed and sent first.
type Priority int

// The five levels of priority.
const (
	Lowest Priority = iota
	Low
	Normal
	High
	Highest
)

// Ageing is how long a delivery must wait to go as early as one that has just
// come and is one level of priority higher. So a higher priority goes first, but
// the lowest doesn't wait for ever.
const Ageing = 10 * time.Minute

// Rank orders deliveries that are due: the one with the earliest rank goes first.
func Rank(due time.Time, p Priority) time.Time { return due.Add(-time.Duration(p) * Ageing) }

// Queue says how the deliveries of one entity wait for each other. The zero value
// means that they don't. Its JSON is how it is stored.
type Queue struct {
	Unique  bool          `json:"unique,omitempty"`  // a new event is merged into the delivery that waits, if there is one
	Collect time.Duration `json:"collect,omitempty"` // of a unique hook: so long after the first event, more are waited for
	Ordered bool          `json:"ordered,omitempty"` // one is sent at a time, in the order of their events
}

// Directory is the companies and hooks that Waybill serves at one moment. It is
// shared and never changed; a change makes a new one with a higher Version.
type Directory struct {
	Version   int64
	Companies map[string]trade.Company // by ID
	Defaults  map[string]Defaults      // by company; most have none
	Hooks     map[uuid.UUID]*Hook      // by ID, without deleted ones
}
