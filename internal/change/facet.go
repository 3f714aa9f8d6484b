package change

import (
	"bytes"
	"strings"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// line finds out what happened to a line, of which old is the state before, nil if
// there was none.
func (f *finding) line(old, now *trade.Line) {
	f.changed[now.ID] = old == nil || !unchanged(old, now)
	if old == nil {
		f.tell("OrderLinesIssuedByBuyer", now.ID)
	}
	if old == nil || !f.changed[now.ID] {
		return
	}
	told := false
	tell := func(name string) {
		f.tell(name, now.ID)
		told = true
	}
	process := step(old, now, f.by, !bytes.Equal(terms(old), terms(now)), !bytes.Equal(asked(old), asked(now)))
	if process != "" {
		tell(process)
	}
	if old.Status.LogisticsStatus != now.Status.LogisticsStatus {
		tell(arrived(now.Status.LogisticsStatus, f.by))
	} else if process == "" && !bytes.Equal(logistics(old), logistics(now)) {
		tell(f.by.or(Supplier).by("OrderLinesDeliveryScheduleLogisticsUpdated"))
	}
	if name := received(old.DeliveryHistory, now.DeliveryHistory); name != "" {
		tell(name)
	}
	if process == "" && f.details(old, now) {
		told = true
	}
	f.documents(buyerDocuments(old), buyerDocuments(now), supplierDocuments(old), supplierDocuments(now), now.ID)
	if !told && !same(plain(old), plain(now)) { // times of events, indicators, what is unknown
		tell(f.by.or(Buyer).by("OrderLinesUpdated"))
	}
}

// unchanged reports whether a line says the same as before. The order of its
// documents says nothing.
func unchanged(old, now *trade.Line) bool {
	return sameDocuments(buyerDocuments(old), buyerDocuments(now)) &&
		sameDocuments(supplierDocuments(old), supplierDocuments(now)) && same(plain(old), plain(now))
}

// plain is a line without documents.
func plain(l *trade.Line) trade.Line {
	line, buyer, supplier := *l, zero(l.BuyerLine), zero(l.SupplierLine)
	buyer.Documents, supplier.Documents = nil, nil
	line.BuyerLine, line.SupplierLine = &buyer, &supplier
	return line
}

// details finds out what the parties changed of their own parts of a line. It
// reports whether there was anything.
func (f *finding) details(old, now *trade.Line) bool {
	merged := !same(zero(old.MergedItemDetails), zero(now.MergedItemDetails))
	if merged {
		f.tell("OrderLinesItemDetailsChanged", now.ID)
	}
	was, is := plain(old), plain(now)
	buyer := old.LineType != now.LineType || !same(was.BuyerLine, is.BuyerLine) || removed(buyerDocuments(old), buyerDocuments(now))
	supplier := !same(was.SupplierLine, is.SupplierLine) || removed(supplierDocuments(old), supplierDocuments(now))
	f.updated(buyer, supplier, now.ID)
	return merged || buyer || supplier
}

// updated tells that the parts of the buyer and the supplier were changed, of a
// line or, without id, of the header.
func (f *finding) updated(buyer, supplier bool, id string) {
	switch {
	case !buyer && !supplier:
	case f.by != "":
		f.tell(f.by.by("OrderLinesUpdated"), id)
	default:
		if buyer {
			f.tell("OrderLinesUpdatedByBuyer", id)
		}
		if supplier {
			f.tell("OrderLinesUpdatedBySupplier", id)
		}
	}
}

// documents tells of documents that are new or others, of a line or, without id,
// of the header.
func (f *finding) documents(oldBuyer, nowBuyer, oldSupplier, nowSupplier []trade.Attachment, id string) {
	if attached(oldBuyer, nowBuyer) {
		f.tell("OrderDocumentsAttachedByBuyer", id)
	}
	if attached(oldSupplier, nowSupplier) {
		f.tell("OrderDocumentsAttachedBySupplier", id)
	}
}

// header finds out what happened to the order apart from its lines.
func (f *finding) header(old, now *trade.Order) {
	ob, nb, os, ns := zero(old.BuyerOrder), zero(now.BuyerOrder), zero(old.SupplierOrder), zero(now.SupplierOrder)
	f.documents(ob.Documents, nb.Documents, os.Documents, ns.Documents, "")
	if !same(zero(ob.Contact), zero(nb.Contact)) {
		f.tell("OrderContactReassignedByBuyer", "")
	}
	if !same(zero(os.Contact), zero(ns.Contact)) {
		f.tell("OrderContactReassignedBySupplier", "")
	}
	buyer, supplier := removed(ob.Documents, nb.Documents), removed(os.Documents, ns.Documents)
	ob.Documents, nb.Documents, os.Documents, ns.Documents = nil, nil, nil, nil
	ob.Contact, nb.Contact, os.Contact, ns.Contact = nil, nil, nil, nil
	f.updated(buyer || !same(ob, nb), supplier || !same(os, ns), "")
	if !f.told() && !same(rest(old), rest(now)) {
		f.tell(f.by.or(Buyer).by("OrderLinesUpdated"), "")
	}
}

// rest is the header without what is looked at by itself, comes from the lines, or
// doesn't count.
func rest(o *trade.Order) trade.Order {
	r := trade.Order{ID: o.ID, EventDates: o.EventDates, More: o.More}
	r.Indicators.More, r.Status.More = o.Indicators.More, o.Status.More
	return r
}

// told reports whether an event carries the order, and not only its documents.
func (f *finding) told() bool {
	for name := range f.lines {
		if !strings.HasPrefix(name, "OrderDocuments") {
			return true
		}
	}
	return false
}

// zero returns what p points to, a zero value if that is nothing.
func zero[T any](p *T) T {
	if p == nil {
		p = new(T)
	}
	return *p
}

// terms returns what is agreed on or issued of a line, without the logistics.
func terms(l *trade.Line) []byte {
	without := append(stamps(), logisticFields()...)
	b := openjson.Append(nil, l.DeliverySchedule, without...)
	return openjson.Append(b, trade.Line{ConfirmedLine: l.ConfirmedLine, Prices: l.Prices, ChargeLines: l.ChargeLines}, stamps()...)
}

// asked returns what one party asks of the other about a line.
func asked(l *trade.Line) []byte {
	b := openjson.Append(nil, l.DeliveryScheduleIncludingRequests, append(stamps(), logisticFields()...)...)
	b = openjson.Append(b, zero(l.PricesIncludingRequests))
	b = openjson.Append(b, zero(zero(l.BuyerLine).Requests), stamps()...)
	return openjson.Append(b, zero(zero(l.SupplierLine).Requests), stamps()...)
}

// issued returns the terms that the buyer asks for.
func issued(l *trade.Line) []byte {
	return confirmed(trade.ConfirmedLine{DeliverySchedule: l.DeliverySchedule, Prices: l.Prices, ChargeLines: l.ChargeLines})
}

// agreed returns the terms that a confirmed line says were agreed on.
func agreed(l *trade.Line) []byte {
	if l.ConfirmedLine == nil {
		return issued(l)
	}
	c := *l.ConfirmedLine
	c.More = nil
	if c.DeliverySchedule == nil {
		c.DeliverySchedule = l.DeliverySchedule
	}
	if c.Prices == nil {
		c.Prices = l.Prices
	}
	if c.ChargeLines == nil {
		c.ChargeLines = l.ChargeLines
	}
	return confirmed(c)
}

// confirmed compares the terms of one party with those of the other, who may count
// deliveries in another way.
func confirmed(c trade.ConfirmedLine) []byte {
	return openjson.Append(nil, c, append(append(stamps(), logisticFields()...), "position")...)
}

// logisticFields are the members of a delivery that are not agreed on but told.
func logisticFields() []string { return []string{"status", "etd", "eta", "transportMode"} }

// logistics returns how far the deliveries of a line have come.
func logistics(l *trade.Line) []byte {
	return openjson.Append(openjson.Append(nil, ways(l.DeliverySchedule)), ways(l.DeliveryScheduleIncludingRequests))
}

func ways(schedule []trade.Delivery) []trade.Delivery {
	way := make([]trade.Delivery, len(schedule))
	for i, d := range schedule {
		way[i] = trade.Delivery{Position: d.Position, Status: d.Status, ETD: d.ETD, ETA: d.ETA, TransportMode: d.TransportMode}
	}
	return way
}

// arrived names the step of a line's logistics.
func arrived(s trade.LogisticsStatus, by Party) string {
	switch {
	case s == trade.Open:
		return by.or(Buyer).by("OrderLinesMarkedAsOpen")
	case s == trade.Delivered:
		return by.or(Buyer).by("OrderLinesMarkedAsDelivered")
	case s == trade.Shipped && by != Supplier:
		return "OrderLinesShippedByBuyer"
	}
	return by.or(Supplier).by("OrderLinesDeliveryScheduleLogisticsUpdated")
}

// received names what happened to a history: it has grown, or is another one.
func received(old, now []trade.PastDelivery) string {
	switch {
	case same(old, now):
		return ""
	case len(now) > len(old) && same(old, now[:len(old)]):
		return "OrderLinesDeliveryHistoryAppendedByBuyer"
	}
	return "OrderLinesDeliveryHistorySetByBuyer"
}

func buyerDocuments(l *trade.Line) []trade.Attachment    { return zero(l.BuyerLine).Documents }
func supplierDocuments(l *trade.Line) []trade.Attachment { return zero(l.SupplierLine).Documents }
