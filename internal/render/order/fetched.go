package order

import (
	"bytes"
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// Fetched returns an order as receivers fetch it, as JSON, from its state as package
// change writes it. It is the state, but that its first member is called id in place of
// orderId, as those receivers know it; what a producer may have called id besides is
// left out. Of the lines it has those changed later than after; all, if that is zero.
func Fetched(state []byte, after time.Time) ([]byte, error) {
	var out object
	err := out.members(state, func(name string, value []byte) (string, []byte, error) {
		switch {
		case name == "orderId":
			return "id", value, nil
		case name == "id":
			return name, nil, nil
		case name == "lines" && !after.IsZero():
			return changed(name, value, after, orderStamp)
		}
		return name, value, nil
	})
	return out.bytes(), err
}

// FetchedSingle is Fetched for receivers that know one delivery per line.
func FetchedSingle(state []byte, after time.Time) ([]byte, error) {
	var o trade.Order
	if problems := openjson.Decode(state, &o); problems != nil {
		return nil, fmt.Errorf("%s %s", problems[0].Field, problems[0].Reason)
	}
	lines := o.Lines
	o.Lines = nil
	for i := range lines {
		if lines[i].LastUpdatedAt.After(after) || lines[i].LastUpdatedAt.IsZero() {
			o.Lines = append(o.Lines, lines[i])
		}
	}
	return Fetched(openjson.Append(nil, single(o)), time.Time{})
}

// FetchedShipment returns a shipment as receivers fetch it, as Fetched does an order.
// It is the state; of lines and documents it has those changed later than after.
func FetchedShipment(state []byte, after time.Time) ([]byte, error) {
	if after.IsZero() {
		return state, nil
	}
	var out object
	err := out.members(state, func(name string, value []byte) (string, []byte, error) {
		switch name {
		case "lines":
			return changed(name, value, after, shipmentStamp)
		case "supplierShipment", "buyerShipment":
			var party object
			err := party.members(value, func(name string, value []byte) (string, []byte, error) {
				if name == "documents" {
					return changed(name, value, after, shipmentStamp)
				}
				return name, value, nil
			})
			return name, party.bytes(), err
		}
		return name, value, nil
	})
	return out.bytes(), err
}

// orderStamp and shipmentStamp lead to when a part was changed.
func orderStamp(part []byte) []byte { return member(part, "lastUpdatedAt") }

func shipmentStamp(part []byte) []byte { return member(member(part, "meta"), "lastUpdatedAt") }

// member returns a member of a JSON object; nil if it has none, or is none.
func member(data []byte, name string) []byte {
	found := make([][]byte, 1)
	if rawjson.Pick(data, []string{name}, found) != nil {
		return nil
	}
	return found[0]
}

// changed returns, for the member of a name, the elements of a JSON array that were
// changed later than after. One that doesn't say when counts as changed.
func changed(name string, array []byte, after time.Time, stamp func([]byte) []byte) (string, []byte, error) {
	out := []byte{'['}
	err := rawjson.Elements(array, func(value []byte) {
		at, err := time.Parse(time.RFC3339, string(bytes.Trim(stamp(value), `"`)))
		if err == nil && !at.After(after) {
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, value...)
	})
	return name, append(out, ']'), err
}

// object is a JSON object that is being written.
type object struct{ out []byte }

// members adds the members of the object data under the names and with the values that
// each makes of them; nil leaves one out.
func (o *object) members(data []byte, each func(name string, value []byte) (string, []byte, error)) error {
	var wrong error
	err := rawjson.Members(data, func(key, value []byte) {
		if wrong != nil {
			return
		}
		var name string
		if name, value, wrong = each(string(key), value); value == nil || wrong != nil {
			return
		}
		if o.out == nil {
			o.out = append(make([]byte, 0, len(data)), '{')
		} else {
			o.out = append(o.out, ',')
		}
		o.out = append(rawjson.AppendString(o.out, name), ':')
		o.out = append(o.out, value...)
	})
	if err != nil {
		return err
	}
	return wrong
}

func (o *object) bytes() []byte {
	if o.out == nil {
		return []byte("{}")
	}
	return append(o.out, '}')
}
