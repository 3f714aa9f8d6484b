package intake

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// outcome is what a change comes to.
type outcome struct {
	state  trade.State
	fresh  bool            // the state is a new one
	events []change.Event  // what happened; nothing, if nothing has changed
	data   json.RawMessage // of the events: what the default payload of triggers has
}

func (c *Change) compareOrders(before trade.State, raw []byte, at time.Time) (outcome, error) {
	old, read, err := readBoth(before, func() (trade.Order, error) { return change.ReadOrderOf(c.Entity.ID, raw) }, change.ReadOrder)
	if err != nil {
		return outcome{}, err
	}
	now, events, err := change.Order(old, read, c.By, at)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{state: before, fresh: len(events) > 0, events: events, data: orderData(&now)}
	if o.fresh {
		o.state = trade.State{
			Company: c.Company, Entity: c.Entity, Version: before.Version + 1, Status: string(now.Status.ProcessStatus),
			At: now.LastUpdatedAt, JSON: change.WriteOrder(now),
		}
	}
	if c.EventType == "" {
		return o, c.checkLines()
	}
	named, err := change.Named(now, change.Event{Type: c.EventType, Lines: c.Lines})
	o.events = []change.Event{named}
	return o, err
}

func (c *Change) compareShipments(before trade.State, raw []byte, at time.Time) (outcome, error) {
	old, read, err := readBoth(before, func() (trade.Shipment, error) { return change.ReadShipmentOf(c.Entity.ID, raw) }, change.ReadShipment)
	if err != nil {
		return outcome{}, err
	}
	now, events := change.Shipment(old, read, c.By, at)
	o := outcome{state: before, fresh: len(events) > 0, events: events, data: shipmentData(&now)}
	if o.fresh {
		o.state = trade.State{
			Company: c.Company, Entity: c.Entity, Version: before.Version + 1, Status: string(now.ProcessStatus),
			At: now.Meta.LastUpdatedAt, JSON: change.WriteShipment(now),
		}
	}
	if c.EventType != "" {
		if err := change.NamedShipment(c.EventType); err != nil {
			return outcome{}, err
		}
		o.events = []change.Event{{Type: c.EventType}}
	}
	return o, c.checkLines()
}

// checkLines returns an error if lines are named that can't be.
func (c *Change) checkLines() error {
	switch {
	case len(c.Lines) == 0:
		return nil
	case c.Entity.Kind == trade.KindShipment:
		return hook.InvalidField("line", "a shipment is told of as a whole; leave it out")
	default:
		return hook.InvalidField("line", "there is no eventName that the line is for; name the event too, or leave it out")
	}
}

// readBoth reads what an entity is to be and, at the same time, what it was: nil if it
// wasn't there.
func readBoth[T any](before trade.State, readNew func() (T, error), readOld func([]byte) (T, error)) (old *T, read T, err error) {
	var stored T
	var broken error
	var reading sync.WaitGroup
	if before.Version > 0 {
		old = &stored
		reading.Go(func() { stored, broken = readOld(before.JSON) })
	}
	read, err = readNew()
	reading.Wait()
	if err == nil && broken != nil { // which is no fault of the caller
		err = &hook.Error{Fault: hook.Internal, Msg: "a stored state can't be read", Err: broken}
	}
	return old, read, err
}

// orderData returns the fields of an order's events.
func orderData(o *trade.Order) json.RawMessage {
	code := ""
	if o.BuyerOrder != nil {
		code = o.BuyerOrder.PurchaseOrderNumber
	}
	data := appendID([]byte(`{"OrderId":`), o.ID)
	return append(appendText(append(data, `,"OrderCode":`...), code), '}')
}

// shipmentData returns the fields of a shipment's events. It says which orders it is
// of by their purchase order numbers; of several, the first is taken.
func shipmentData(s *trade.Shipment) json.RawMessage {
	order, number := "", ""
	if len(s.Lines) > 0 {
		order = s.Lines[0].PurchaseOrderNumber
	}
	if s.SupplierShipment != nil {
		number = s.SupplierShipment.ShipmentNumber
	}
	data := appendText([]byte(`{"OrderId":null,"OrderCode":`), order)
	data = appendID(append(data, `,"OrderShipmentId":`...), s.ID)
	return append(appendText(append(data, `,"OrderShipmentCode":`...), number), '}')
}

// appendText appends a text as JSON, an empty one as null.
func appendText(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return rawjson.AppendString(dst, s)
}

// appendID appends an ID as a number if it looks like one, as receivers of triggers
// know them, and else as a text: of 1 to 15 digits, which a 64-bit float holds exactly.
func appendID(dst []byte, id string) []byte {
	if n, err := strconv.ParseUint(id, 10, 64); err == nil && len(id) <= 15 && strconv.FormatUint(n, 10) == id {
		return append(dst, id...)
	}
	return rawjson.AppendString(dst, id)
}
