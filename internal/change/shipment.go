package change

import (
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// Shipment compares the state of a shipment with the one before, nil if there was
// none, changed by a party at a time. It returns the state to remember and what
// happened, in the order of the catalogue; nothing if nothing has changed but the
// order of lines or documents, or times of change. Then the state is the one
// before.
//
// The process status is that of before where the state has none, at first Issued.
// The LastUpdatedAt of the shipment becomes at, or the millisecond after the one
// before if at isn't later. That of a line or document is the same exactly if it
// is new or changed; everything else keeps its own. Lines may be taken away.
//
// The states must be as ReadShipment returns them; state is not changed, but
// shares data with what is returned.
func Shipment(before *trade.Shipment, state trade.Shipment, by Party, at time.Time) (trade.Shipment, []Event) {
	now := state
	if now.ProcessStatus == "" {
		now.ProcessStatus = zero(before).ProcessStatus
	}
	if now.ProcessStatus == "" {
		now.ProcessStatus = trade.ShipmentIssued
	}
	if before == nil {
		stampShipment(&trade.Shipment{}, &now, later(at, time.Time{}))
		return now, []Event{{Type: "ShipmentIssuedBySupplier"}}
	}
	f := finding{by: by, lines: make(map[string][]string)}
	f.shipment(before, &now)
	if len(f.lines) == 0 {
		return *before, nil
	}
	stampShipment(before, &now, later(at, before.Meta.LastUpdatedAt))
	return now, f.events()
}

// shipment finds out what happened to a shipment. Its documents are told of by
// themselves; of the rest, the buyer's answer goes before new lines, and these
// before the header, since every body has everything.
func (f *finding) shipment(old, now *trade.Shipment) {
	oldSupplier, nowSupplier := zero(old.SupplierShipment).Documents, zero(now.SupplierShipment).Documents
	oldBuyer, nowBuyer := zero(old.BuyerShipment).Documents, zero(now.BuyerShipment).Documents
	if attached(oldBuyer, nowBuyer) {
		f.tell("ShipmentDocumentAttachedByBuyer", "")
	}
	if attached(oldSupplier, nowSupplier) {
		f.tell("ShipmentDocumentAttachedBySupplier", "")
	}
	switch {
	case old.ProcessStatus != now.ProcessStatus:
		f.tell(answer(now.ProcessStatus), "")
	case !sameLines(old.Lines, now.Lines):
		f.tell("ShipmentReissuedBySupplier", "")
	case !same(shipmentHeader(old), shipmentHeader(now)),
		removed(oldBuyer, nowBuyer), removed(oldSupplier, nowSupplier):
		f.tell("ShipmentHeaderUpdatedBySupplier", "")
	}
}

// answer names how a shipment has come to its process status.
func answer(s trade.ShipmentStatus) string {
	switch s {
	case trade.ShipmentApproved:
		return "ShipmentApprovedByBuyer"
	case trade.ShipmentRejected:
		return "ShipmentRejectedByBuyer"
	default:
		return "ShipmentReissuedBySupplier"
	}
}

// shipmentHeader is a shipment without its lines and documents.
func shipmentHeader(s *trade.Shipment) trade.Shipment {
	header, supplier, buyer := *s, zero(s.SupplierShipment), zero(s.BuyerShipment)
	supplier.Documents, buyer.Documents, header.Lines = nil, nil, nil
	header.SupplierShipment, header.BuyerShipment = &supplier, &buyer
	return header
}

// sameLines reports whether the lines are those of before, in any order.
func sameLines(old, now []trade.ShipmentLine) bool {
	if len(old) != len(now) {
		return false
	}
	was := linePool(old)
	return !slices.ContainsFunc(now, func(l trade.ShipmentLine) bool {
		_, ok := was.take(l)
		return !ok
	})
}

func linePool(lines []trade.ShipmentLine) pool {
	p := make(pool, len(lines))
	for _, l := range lines {
		p.put(l, l.Meta.LastUpdatedAt)
	}
	return p
}

// stampShipment gives a shipment that has changed at a time its times of change.
func stampShipment(before, now *trade.Shipment, at time.Time) {
	now.Meta.LastUpdatedAt = at
	was := linePool(before.Lines)
	now.Lines = slices.Clone(now.Lines)
	for i := range now.Lines {
		l := &now.Lines[i]
		l.Meta.LastUpdatedAt = at
		if same, ok := was.take(*l); ok {
			l.Meta.LastUpdatedAt = same
		}
	}
	if now.SupplierShipment != nil {
		part := *now.SupplierShipment
		part.Documents = stampDocuments(zero(before.SupplierShipment).Documents, part.Documents, at)
		now.SupplierShipment = &part
	}
	if now.BuyerShipment != nil {
		part := *now.BuyerShipment
		part.Documents = stampDocuments(zero(before.BuyerShipment).Documents, part.Documents, at)
		now.BuyerShipment = &part
	}
}
