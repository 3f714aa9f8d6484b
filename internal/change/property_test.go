package change_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

func pick[T ~string](t *rapid.T, values []string, label string) T {
	return T(rapid.SampledFrom(values).Draw(t, label))
}

// anyDeliveries draws a schedule.
func anyDeliveries(t *rapid.T) []trade.Delivery {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trade.Delivery {
		return trade.Delivery{
			Date:     trade.Date(fmt.Sprintf("2026-12-%02d", rapid.IntRange(1, 3).Draw(t, "day"))),
			Quantity: trade.Decimal(strconv.Itoa(rapid.IntRange(1, 3).Draw(t, "quantity"))),
			Status:   pick[trade.LogisticsStatus](t, append(trade.Open.Values()[:5], ""), "delivery"),
		}
	}), 0, 4).Draw(t, "schedule")
}

func anyDocuments(t *rapid.T) []trade.Attachment {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trade.Attachment {
		return trade.Attachment{Code: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "code")}
	}), 0, 3).Draw(t, "documents")
}

// anyLine draws a line as a producer could send it.
func anyLine(t *rapid.T, id string) trade.Line {
	l := trade.Line{ID: id, DeliverySchedule: anyDeliveries(t)}
	l.Status.ProcessStatus = pick[trade.ProcessStatus](t, append(trade.Issued.Values(), ""), "process")
	l.Status.InProgressStatus = pick[trade.InProgressStatus](t, append(trade.OpenSupplierProposal.Values(), ""), "progress")
	l.Status.LogisticsStatus = pick[trade.LogisticsStatus](t, append(trade.Open.Values(), ""), "logistics")
	if rapid.Bool().Draw(t, "buyer") {
		l.BuyerLine = &trade.BuyerLine{Description: rapid.SampledFrom([]string{"", "x"}).Draw(t, "text"), Documents: anyDocuments(t)}
	}
	if rapid.Bool().Draw(t, "supplier") {
		l.SupplierLine = &trade.SupplierLine{Description: rapid.SampledFrom([]string{"", "x"}).Draw(t, "text"), Documents: anyDocuments(t)}
	}
	if rapid.Bool().Draw(t, "history") {
		l.DeliveryHistory = []trade.PastDelivery{{Quantity: "1"}}
	}
	if rapid.Bool().Draw(t, "unknown") {
		l.More = trade.Unknown{"extra": []byte(`"e"`)}
	}
	return l
}

// anyOrder draws an order with all the given lines and perhaps more.
func anyOrder(t *rapid.T, lines int) trade.Order {
	o := trade.Order{ID: "o", BuyerOrder: &trade.BuyerOrder{Documents: anyDocuments(t), Notes: rapid.SliceOfN(rapid.Just("n"), 0, 1).Draw(t, "notes")}}
	for i := range lines + rapid.IntRange(0, 2).Draw(t, "more lines") {
		o.Lines = append(o.Lines, anyLine(t, fmt.Sprint("line ", i)))
	}
	return o
}

// next draws a state that follows another: some lines are others.
func next(t *rapid.T, before trade.Order) trade.Order {
	now := again(t, before)
	drawn := anyOrder(t, len(before.Lines))
	for i := range now.Lines {
		if rapid.Bool().Draw(t, "edit") {
			now.Lines[i] = drawn.Lines[i]
		}
	}
	now.Lines = append(now.Lines, drawn.Lines[len(now.Lines):]...)
	if rapid.Bool().Draw(t, "edit header") {
		now.BuyerOrder = drawn.BuyerOrder
	}
	return now
}

func text(v any) string { return string(openjson.Append(nil, v)) }

func apply(t *rapid.T, before *trade.Order, state trade.Order, at time.Time) (trade.Order, []change.Event) {
	now, events, err := change.Order(before, state, pick[change.Party](t, []string{"", "buyer", "supplier"}, "by"), at)
	if err != nil {
		t.Fatalf("Order = %v", err)
	}
	return now, events
}

func TestTheSameStateTwiceIsNoChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := anyOrder(t, 2)
		before, _ := apply(t, nil, state, day(1))
		for _, same := range []trade.Order{state, again(t, state), again(t, before)} {
			slices.Reverse(same.Lines)
			slices.Reverse(same.BuyerOrder.Documents)
			now, events := apply(t, &before, same, day(2))
			if len(events) > 0 || text(now) != text(before) {
				t.Fatalf("the same state again has the events %v, from\n%s to\n%s", events, text(before), text(now))
			}
		}
	})
}

// The lines that events name are exactly those that are new or say something else,
// and these alone have the order's time of change.
func TestAffectedLinesAreTheChangedOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, _ := apply(t, nil, anyOrder(t, 2), day(1))
		now, events := apply(t, &before, next(t, before), day(2))
		told := make(map[string]bool)
		for _, e := range events {
			for _, id := range e.Lines {
				told[id] = true
			}
			if sub := e.Lines; len(sub) > len(now.Lines) || len(slices.Compact(slices.Clone(sub))) != len(sub) {
				t.Errorf("the event %v names a line twice", e)
			}
		}
		for i, l := range now.Lines {
			changed := i >= len(before.Lines) || !sameLine(before.Lines[i], l)
			if told[l.ID] != changed || l.LastUpdatedAt.Equal(now.LastUpdatedAt) != changed && len(events) > 0 {
				t.Errorf("line %s, changed: %v, told of: %v, at %v of an order at %v, by %v, from\n%s to\n%s", l.ID, changed, told[l.ID],
					l.LastUpdatedAt, now.LastUpdatedAt, events, text(before), text(now))
			}
			delete(told, l.ID)
		}
		if len(told) > 0 {
			t.Errorf("events %v name lines that aren't there", events)
		}
		if len(events) > 0 && (now.Version != before.Version+1 || !now.LastUpdatedAt.Equal(day(2))) {
			t.Errorf("version %d at %v follows version %d at %v", now.Version, now.LastUpdatedAt, before.Version, before.LastUpdatedAt)
		}
	})
}

// sameLine compares lines in another way than the package does: documents sorted,
// times of change taken out by hand, parts that say nothing left out.
func sameLine(a, b trade.Line) bool {
	bare := func(l trade.Line) string {
		l.LastUpdatedAt = time.Time{}
		l.DeliverySchedule = slices.Clone(l.DeliverySchedule)
		for i := range l.DeliverySchedule {
			l.DeliverySchedule[i].LastUpdatedAt = time.Time{}
		}
		var documents []string
		var buyer trade.BuyerLine
		var supplier trade.SupplierLine
		if l.BuyerLine != nil {
			buyer = *l.BuyerLine
		}
		if l.SupplierLine != nil {
			supplier = *l.SupplierLine
		}
		for _, d := range buyer.Documents {
			documents = append(documents, "b"+d.Code)
		}
		for _, d := range supplier.Documents {
			documents = append(documents, "s"+d.Code)
		}
		slices.Sort(documents)
		buyer.Documents, supplier.Documents = nil, nil
		l.BuyerLine, l.SupplierLine = &buyer, &supplier
		return text(l) + fmt.Sprint(documents)
	}
	return bare(a) == bare(b)
}

// What is delivered, put into the receiver's old copy, gives the order as it is.
func TestAffectedLinesBringAnOldCopyUpToDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, _ := apply(t, nil, anyOrder(t, 1), day(1))
		copied := again(t, before)
		for i := range rapid.IntRange(1, 4).Draw(t, "changes") {
			now, events := apply(t, &before, next(t, before), day(2+i))
			for _, e := range events {
				lines := copied.Lines
				copied = now
				copied.Lines = lines
				for _, l := range now.Lines {
					if !slices.Contains(e.Lines, l.ID) {
						continue
					}
					if at := slices.IndexFunc(copied.Lines, func(c trade.Line) bool { return c.ID == l.ID }); at >= 0 {
						copied.Lines[at] = l
					} else {
						copied.Lines = append(copied.Lines, l)
					}
				}
			}
			if text(copied) != text(now) {
				t.Fatalf("after %v the copy is\n%s, the order\n%s", events, text(copied), text(now))
			}
			before = now
		}
	})
}

// Documents and deliveries of a line keep their time of change until they are
// others; none is later than its line's, which isn't later than the order's.
func TestTimesOfChangeNeverGoBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, _ := apply(t, nil, anyOrder(t, 1), day(1))
		now, events := apply(t, &before, next(t, before), rapid.SampledFrom([]time.Time{day(1), day(2), {}}).Draw(t, "at"))
		if now.LastUpdatedAt.After(before.LastUpdatedAt) != (len(events) > 0) {
			t.Errorf("with the events %v the time of change goes from %v to %v", events, before.LastUpdatedAt, now.LastUpdatedAt)
		}
		for i, l := range now.Lines {
			if l.LastUpdatedAt.After(now.LastUpdatedAt) || i < len(before.Lines) && l.LastUpdatedAt.Before(before.Lines[i].LastUpdatedAt) {
				t.Errorf("a line goes to %v in an order at %v", l.LastUpdatedAt, now.LastUpdatedAt)
			}
			for j, d := range l.DeliverySchedule {
				kept := i < len(before.Lines) && slices.ContainsFunc(before.Lines[i].DeliverySchedule, func(o trade.Delivery) bool { return text(o) == text(d) })
				if d.LastUpdatedAt.After(l.LastUpdatedAt) || !kept && !d.LastUpdatedAt.Equal(now.LastUpdatedAt) {
					t.Errorf("delivery %d of line %s has the time %v, the line %v, the order %v", j, l.ID, d.LastUpdatedAt, l.LastUpdatedAt, now.LastUpdatedAt)
				}
			}
		}
	})
}

// anyShipment draws a shipment.
func anyShipment(t *rapid.T) trade.Shipment {
	s := trade.Shipment{ID: "s", TransportMode: rapid.SampledFrom([]string{"30", "40"}).Draw(t, "mode")}
	for i := range rapid.IntRange(0, 3).Draw(t, "lines") {
		s.Lines = append(s.Lines, trade.ShipmentLine{
			PurchaseOrderNumber: fmt.Sprint("PO ", i),
			SupplierLine:        &trade.SupplierShipmentLine{DespatchQuantity: trade.Decimal(strconv.Itoa(rapid.IntRange(1, 2).Draw(t, "quantity")))},
		})
	}
	s.SupplierShipment = &trade.SupplierShipment{Documents: anyDocuments(t)}
	s.BuyerShipment = &trade.BuyerShipment{Documents: anyDocuments(t)}
	s.ProcessStatus = pick[trade.ShipmentStatus](t, append(trade.ShipmentIssued.Values(), ""), "process")
	return s
}

// The rule that receivers of shipments go by: new or changed is exactly what has
// the time of the shipment.
func TestLinesAndDocumentsOfAShipmentHaveItsTimeExactlyIfTheyAreNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, _ := change.Shipment(nil, anyShipment(t), "", day(1))
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			now, events := change.Shipment(&before, anyShipment(t), "", rapid.SampledFrom([]time.Time{day(1), day(2), day(3)}).Draw(t, "at"))
			if len(events) == 0 {
				if text(now) != text(before) {
					t.Fatalf("without an event %s becomes %s", text(before), text(now))
				}
				continue
			}
			old := make(map[string]int)
			for _, p := range parts(before) {
				old[p.content]++
			}
			fresh := make(map[string]int)
			for _, p := range parts(now) {
				old[p.content]--
				if p.at.Equal(now.Meta.LastUpdatedAt) {
					fresh[p.content]++
				}
			}
			for content, n := range old {
				if want := max(0, -n); fresh[content] != want {
					t.Fatalf("%d of %s are new by their time, want %d, from\n%s to\n%s", fresh[content], content, want, text(before), text(now))
				}
			}
			before = now
		}
	})
}

type part struct {
	content string
	at      time.Time
}

// parts are what a shipment has of lines and documents.
func parts(s trade.Shipment) []part {
	var all []part
	for _, l := range s.Lines {
		at := l.Meta.LastUpdatedAt
		l.Meta = trade.Stamp{}
		all = append(all, part{"line " + text(l), at})
	}
	for i, documents := range [][]trade.Attachment{s.SupplierShipment.Documents, s.BuyerShipment.Documents} {
		for _, d := range documents {
			all = append(all, part{fmt.Sprint("document ", i, d.Code), d.Meta.LastUpdatedAt})
		}
	}
	return all
}
