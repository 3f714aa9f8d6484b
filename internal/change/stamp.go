package change

import (
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// A pool holds what there was before, by content, with its time of change. What is
// taken from it is there no more, so that a second document like the first is new.
type pool map[string][]time.Time

func (p pool) put(v any, at time.Time) {
	key := string(content(v))
	p[key] = append(p[key], at)
}

// take returns the time of change of what was there before and is like v.
func (p pool) take(v any) (time.Time, bool) {
	key := string(content(v))
	times := p[key]
	if len(times) == 0 {
		return time.Time{}, false
	}
	p[key] = times[1:]
	return times[0], true
}

func documentPool(documents []trade.Attachment) pool {
	p := make(pool, len(documents))
	for _, d := range documents {
		p.put(d, zero(d.Meta).LastUpdatedAt)
	}
	return p
}

// attached reports whether a document is new, or other than before.
func attached(old, now []trade.Attachment) bool {
	was := documentPool(old)
	return slices.ContainsFunc(now, func(d trade.Attachment) bool {
		_, ok := was.take(d)
		return !ok
	})
}

// removed reports whether documents were taken away and none attached.
func removed(old, now []trade.Attachment) bool { return attached(now, old) && !attached(old, now) }

// sameDocuments reports whether the documents are those of before, in any order.
func sameDocuments(old, now []trade.Attachment) bool {
	return len(old) == len(now) && !attached(old, now)
}

// stampDocuments returns the documents with their times of change.
func stampDocuments(old, now []trade.Attachment, at time.Time) []trade.Attachment {
	was := documentPool(old)
	stamped := slices.Clone(now)
	for i := range stamped {
		d := &stamped[i]
		meta := zero(d.Meta)
		meta.LastUpdatedAt = at
		if before, ok := was.take(*d); ok {
			meta.LastUpdatedAt = before
		}
		d.Meta = &meta
	}
	return stamped
}

// stampDeliveries returns the deliveries with their times of change.
func stampDeliveries(old, now []trade.Delivery, at time.Time) []trade.Delivery {
	was := make(pool, len(old))
	for _, d := range old {
		was.put(d, d.LastUpdatedAt)
	}
	stamped := slices.Clone(now)
	for i := range stamped {
		d := &stamped[i]
		if before, ok := was.take(*d); ok {
			d.LastUpdatedAt = before
		} else {
			d.LastUpdatedAt = at
		}
	}
	return stamped
}

// stampOrder gives an order that has changed at a time its version and times of
// change. The changed lines are those that are not as before.
func stampOrder(before, now *trade.Order, changed map[string]bool, at time.Time) {
	was := zero(before)
	now.Version, now.LastUpdatedAt = was.Version+1, at
	if now.BuyerOrder != nil {
		part := *now.BuyerOrder
		part.Documents = stampDocuments(zero(was.BuyerOrder).Documents, part.Documents, at)
		now.BuyerOrder = &part
	}
	if now.SupplierOrder != nil {
		part := *now.SupplierOrder
		part.Documents = stampDocuments(zero(was.SupplierOrder).Documents, part.Documents, at)
		now.SupplierOrder = &part
	}
	old := make(map[string]*trade.Line, len(was.Lines))
	for i := range was.Lines {
		old[was.Lines[i].ID] = &was.Lines[i]
	}
	for i := range now.Lines {
		l := &now.Lines[i]
		if o := old[l.ID]; o != nil && !changed[l.ID] {
			*l = *o
		} else {
			stampLine(zero(o), l, at)
		}
	}
}

// stampLine gives a line that is new or changed its times of change.
func stampLine(old trade.Line, now *trade.Line, at time.Time) {
	now.LastUpdatedAt = at
	now.DeliverySchedule = stampDeliveries(old.DeliverySchedule, now.DeliverySchedule, at)
	now.DeliveryScheduleIncludingRequests = stampDeliveries(old.DeliveryScheduleIncludingRequests, now.DeliveryScheduleIncludingRequests, at)
	if now.BuyerLine != nil {
		part := *now.BuyerLine
		part.Documents = stampDocuments(buyerDocuments(&old), part.Documents, at)
		now.BuyerLine = &part
	}
	if now.SupplierLine != nil {
		part := *now.SupplierLine
		part.Documents = stampDocuments(supplierDocuments(&old), part.Documents, at)
		now.SupplierLine = &part
	}
}
