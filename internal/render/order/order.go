// Package order renders the bodies of order and shipment webhooks, in JSON and in
// plain XML, and the URLs of those that are sent as GET without a body. It is pure.
//
// Who renders an attempt reads the version of the order or shipment that the event
// names, and hands it over whole together with the IDs of the affected lines and
// what is to be said of the message; the hook's settings are a Form. The bodies'
// types, OrderBody and ShipmentBody, are what a specification for receivers can be
// made from.
package order

import (
	"fmt"
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// Event is what is told of an order.
type Event struct {
	Name  string      // a type of the order family
	Order trade.Order // as it was then, with all lines
	Lines []string    // the IDs of the affected lines
	Meta  trade.Meta  // of the message
}

// Form is how a receiver wants to be told of orders. The zero value is JSON with
// delivery schedules.
type Form struct {
	XML    bool // tXML in place of JSON
	Single bool // one delivery per line: lines with several are split
	Simple bool // with Single, by its older name, simpleOrderEvent
}

// ContentType is the media type of a body in this form.
func (f Form) ContentType() string {
	if f.XML {
		return "application/xml"
	}
	return "application/json"
}

// OrderBody is the body of an order webhook. It has one of the four events.
type OrderBody struct {
	EventName                string       `json:"eventName"`
	OrderEvent               *trade.Order `json:"orderEvent,omitzero"`
	SingleDeliveryOrderEvent *SingleOrder `json:"singleDeliveryOrderEvent,omitzero"`
	SimpleOrderEvent         *SingleOrder `json:"simpleOrderEvent,omitzero"`
	OrderDocumentsEvent      *trade.Order `json:"orderDocumentsEvent,omitzero"`
	Meta                     trade.Meta   `json:"meta"`
}

// ShipmentBody is the body of a shipment webhook.
type ShipmentBody struct {
	EventName string         `json:"eventName"`
	Shipment  trade.Shipment `json:"shipment"`
	Meta      trade.Meta     `json:"meta"`
}

// Body returns the body of an order webhook: the order with the affected lines
// alone. An event of documents has of order and lines only what names them and
// their documents, whatever the form says of deliveries. Documents are pointers;
// their content is never a part.
//
// Body fails, saying why in words, if an affected line isn't in the order.
func Body(e Event, f Form) ([]byte, error) {
	o, err := affected(e)
	if err != nil {
		return nil, err
	}
	body := OrderBody{EventName: e.Name, Meta: e.Meta}
	switch {
	case strings.HasPrefix(e.Name, "OrderDocuments"):
		body.OrderDocumentsEvent = documents(o)
	case f.Single && f.Simple:
		body.SimpleOrderEvent = single(o)
	case f.Single:
		body.SingleDeliveryOrderEvent = single(o)
	default:
		body.OrderEvent = &o
	}
	raw := openjson.Append(nil, body)
	if f.XML {
		return XML(Root, raw)
	}
	return raw, nil
}

// Shipment returns the body of a shipment webhook, as JSON: the shipment with all
// its lines and documents.
func Shipment(name string, s trade.Shipment, meta trade.Meta) []byte {
	return openjson.Append(nil, ShipmentBody{EventName: name, Shipment: s, Meta: meta})
}

// affected returns the order of e with the affected lines alone.
func affected(e Event) (trade.Order, error) {
	o := e.Order
	o.Lines = make([]trade.Line, 0, len(e.Lines))
	wanted := make(map[string]bool, len(e.Lines))
	for _, id := range e.Lines {
		wanted[id] = true
	}
	for i := range e.Order.Lines {
		if l := e.Order.Lines[i]; wanted[l.ID] {
			o.Lines = append(o.Lines, l)
			delete(wanted, l.ID)
		}
	}
	for _, id := range e.Lines {
		if wanted[id] {
			return trade.Order{}, fmt.Errorf("line %.80q of the event is not in this version of the order", id)
		}
	}
	meta := e.Meta
	if o.Meta != nil {
		meta.More = o.Meta.More
	}
	o.Meta = &meta
	return o, nil
}

// documents returns what of an order names it, its lines and their documents.
func documents(o trade.Order) *trade.Order {
	d := trade.Order{
		ID: o.ID, Indicators: o.Indicators, Status: o.Status, Version: o.Version, Meta: o.Meta, LastUpdatedAt: o.LastUpdatedAt,
		Lines: slices.Clone(o.Lines),
	}
	if b := o.BuyerOrder; b != nil {
		d.BuyerOrder = &trade.BuyerOrder{
			CompanyID: b.CompanyID, SupplierAccountNumber: b.SupplierAccountNumber, PurchaseOrderNumber: b.PurchaseOrderNumber, Documents: b.Documents,
		}
	}
	if s := o.SupplierOrder; s != nil {
		d.SupplierOrder = &trade.SupplierOrder{CompanyID: s.CompanyID, BuyerAccountNumber: s.BuyerAccountNumber, Documents: s.Documents}
	}
	for i, l := range d.Lines {
		line := trade.Line{ID: l.ID, Indicators: l.Indicators, Status: l.Status, LastUpdatedAt: l.LastUpdatedAt}
		if b := l.BuyerLine; b != nil {
			line.BuyerLine = &trade.BuyerLine{Position: b.Position, Item: b.Item, Documents: b.Documents}
		}
		if s := l.SupplierLine; s != nil {
			line.SupplierLine = &trade.SupplierLine{
				SalesOrderNumber: s.SalesOrderNumber, SalesOrderPosition: s.SalesOrderPosition, Documents: s.Documents,
			}
		}
		d.Lines[i] = line
	}
	return &d
}
