package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrBody means that a body is none of those that this package knows.
var ErrBody = errors.New("the body is neither a notice nor an event")

// Notice is the body of a document webhook: it points to a document, which is
// then downloaded.
type Notice struct {
	EventID           string `json:"eventId"`           // the delivery's ID, as in Webhook-Id
	Timestamp         string `json:"timestamp"`         // when the attempt was begun, such as "2026-10-17T11:01:36", without a zone; see SentAt
	EventType         string `json:"eventType"`         // such as "DELIVERY"
	TransactionStatus string `json:"transactionStatus"` // such as "ADVISED"
	OrderID           string `json:"orderId"`
	ITscopeOrderID    string `json:"itscopeOrderId"`
	DocumentID        string `json:"documentId,omitempty"`  // empty if there is no document: a status can change without one
	DocumentURL       string `json:"documentUrl,omitempty"` // empty if there is no document
	TransactionID     string `json:"transactionId"`
}

// SentAt returns the notice's time, which is local time in the zone that is set
// for the sender's company. When clocks go back an hour comes twice; Message's
// time has no such doubt.
func (n Notice) SentAt(zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation("2006-01-02T15:04:05", n.Timestamp, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("the notice's time is %.40q; it should look like 2006-01-02T15:04:05", n.Timestamp)
	}
	return at, nil
}

// Event is the body of a trigger's webhook: what happened, and the fields that
// belong to it.
type Event struct {
	Type       string          `json:"event"`      // such as "OrderCreated"
	ID         string          `json:"eventId"`    // the event's own ID, which all deliveries of it share
	OccurredAt time.Time       `json:"occurredAt"` // in UTC
	ShopID     ShopID          `json:"shopId"`     // empty if the event has no shop
	Data       json.RawMessage `json:"entityData"` // an object; its fields depend on the type
}

// ShopID is the ID of a shop. It comes as a number or as a string, and is the
// same text either way.
type ShopID string

// UnmarshalJSON reads a string, a number or null.
func (s *ShopID) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too
		*s = ShopID(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return errors.New("the shop's ID is neither a string nor a number")
	}
	*s = ShopID(number)
	return nil
}

// Decode returns what a body is: a Notice or an Event. The error is ErrBody if it
// is neither, or says what can't be read. Members that this package doesn't know
// are left out, since later versions may add some.
//
//	switch body := body.(type) {
//	case webhook.Notice:
//		…
//	case webhook.Event:
//		…
//	}
func Decode(body []byte) (any, error) {
	var either struct {
		Event     *string `json:"event"`     // an Event has it
		EventType *string `json:"eventType"` // a Notice has it
	}
	if err := json.Unmarshal(body, &either); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	switch {
	case either.Event != nil && either.EventType == nil:
		return decode[Event](body)
	case either.EventType != nil && either.Event == nil:
		return decode[Notice](body)
	}
	return nil, ErrBody
}

func decode[T any](body []byte) (any, error) {
	var decoded T
	if err := json.Unmarshal(body, &decoded); err != nil {
		return nil, fmt.Errorf("decoding a %T: %w", decoded, err)
	}
	return decoded, nil
}
