// Package entity renders the default payload of a trigger's webhook: which
// entity the event is about, as the fields that its type has. It is pure.
package entity

import (
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// usualFields is how many values there is room for without an allocation: more
// than any type in the catalogue has.
const usualFields = 12

// Body returns the default payload of e, whose type is t, as the JSON object
// {"event","eventId","occurredAt","shopId","entityData"}: the type's name; the
// event's own ID, which all its deliveries share; the time in UTC (RFC 3339,
// with as much of a fraction as it has); the shop's ID, as a number if it looks
// like one (1 to 15 digits, the first not 0), null if the event has no shop;
// and an object of the type's fields, all of them and in order.
//
// A field's value is that of the member of e.Data with the same name, or else
// with one that differs only in case, as it is written there; null without one.
//
// Body fails, saying why in words, if the data is not a JSON object.
func Body(e trade.Event, t trade.EventType) ([]byte, error) {
	var room [usualFields][]byte
	values := room[:]
	if len(t.Fields) > len(values) {
		values = make([][]byte, len(t.Fields))
	}
	values = values[:len(t.Fields)]
	if len(e.Data) > 0 {
		if err := rawjson.Pick(e.Data, t.Fields, values); err != nil {
			return nil, fmt.Errorf("the event's data is %w", err)
		}
	}
	size := 192 + len(e.Shop) // the envelope
	for i, value := range values {
		size += len(t.Fields[i]) + len(value) + len(`"":null,`)
	}

	body := make([]byte, 0, size)
	body = append(body, `{"event":`...)
	body = rawjson.AppendString(body, t.Name)
	body = append(body, `,"eventId":"`...)
	body = append(body, e.ID.String()...)
	body = append(body, `","occurredAt":"`...)
	body = e.OccurredAt.UTC().AppendFormat(body, time.RFC3339Nano)
	body = append(body, `","shopId":`...)
	body = appendShop(body, e.Shop)
	body = append(body, `,"entityData":{`...)
	for i, value := range values {
		if i > 0 {
			body = append(body, ',')
		}
		body = rawjson.AppendString(body, t.Fields[i])
		body = append(body, ':')
		if value == nil {
			body = append(body, "null"...)
		} else {
			body = append(body, value...)
		}
	}
	return append(body, "}}"...), nil
}

func appendShop(dst []byte, id string) []byte {
	switch {
	case id == "":
		return append(dst, "null"...)
	case numeric(id):
		return append(dst, id...)
	default:
		return rawjson.AppendString(dst, id)
	}
}

// numeric reports whether id is the same after a receiver has read it as a
// number: 15 digits are what a 64-bit float holds exactly.
func numeric(id string) bool {
	if len(id) > 15 || id[0] == '0' {
		return false
	}
	for _, c := range []byte(id) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
