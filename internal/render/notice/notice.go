// Package notice renders the body of a document webhook: a flat pointer to the
// document, which the receiver then downloads. It is pure.
package notice

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// Body returns the notice of e: a JSON object of nine strings in the order that
// receivers know. These are eventId (the delivery's ID, so that a receiver can
// drop repeats), timestamp (at, the time of the attempt, to the second, as
// local time in zone and without naming it), eventType, and from the event's
// data transactionStatus, orderId, itscopeOrderId, documentId, documentUrl and
// transactionId. Strings and numbers of the data leave as strings, digit for
// digit. What the data does not have, or has as null, is an empty string; but
// documentId and documentUrl are then left out, because a status can change
// without a document.
//
// Body fails, saying why in words, if the data is not a JSON object or one of
// those members is neither string, number nor null. The zone must not be nil.
func Body(e trade.Event, deliveryID uuid.UUID, at time.Time, zone *time.Location) ([]byte, error) {
	names := [...]string{"transactionStatus", "orderId", "itscopeOrderId", "documentId", "documentUrl", "transactionId"}
	var values [len(names)][]byte
	if len(e.Data) > 0 {
		if err := rawjson.Pick(e.Data, names[:], values[:]); err != nil {
			return nil, fmt.Errorf("the event's data is %w", err)
		}
	}
	size := 256 // the names, the ID, the time and the type
	for _, value := range values {
		size += len(value)
	}

	body := make([]byte, 0, size)
	body = append(body, `{"eventId":"`...)
	body = append(body, deliveryID.String()...)
	body = append(body, `","timestamp":"`...)
	body = at.In(zone).AppendFormat(body, "2006-01-02T15:04:05")
	body = append(body, `","eventType":`...)
	body = rawjson.AppendString(body, e.Type)
	for i, name := range names {
		text, err := contents(values[i])
		if err != nil {
			return nil, fmt.Errorf("%s in the event's data is %w", name, err)
		}
		if len(text) == 0 && (name == "documentId" || name == "documentUrl") {
			continue
		}
		body = append(body, `,"`...)
		body = append(body, name...)
		body = append(body, `":"`...)
		body = append(body, text...)
		body = append(body, '"')
	}
	return append(body, '}'), nil
}

// contents returns what stands between the quotes when a JSON value is written
// as a string.
func contents(value []byte) ([]byte, error) {
	if len(value) == 0 {
		return nil, nil
	}
	switch value[0] {
	case '"':
		return value[1 : len(value)-1], nil
	case 'n':
		return nil, nil
	case '{':
		return nil, errors.New("an object; it must be a string or a number")
	case '[':
		return nil, errors.New("an array; it must be a string or a number")
	case 't', 'f':
		return nil, errors.New("true or false; it must be a string or a number")
	}
	return value, nil
}
