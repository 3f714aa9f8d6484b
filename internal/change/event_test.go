package change_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/trade"
)

type edits = []func(*trade.Order)

// orderCases has a case at least for each event that can be told from two states:
// the edits that make the state before, those that make the next of it, who made
// it, and what happened to which lines.
func orderCases() []struct {
	name        string
	before, now edits
	by          change.Party
	want        string
} {
	return slices.Concat(processCases(), requestCases(), otherCases())
}

type orderCase = struct {
	name        string
	before, now edits
	by          change.Party
	want        string
}

func processCases() []orderCase {
	const supplier, buyer = change.Supplier, change.Buyer
	return []orderCase{
		{"a line is added", nil, edits{func(o *trade.Order) { o.Lines = append(o.Lines, trade.Line{ID: "c"}) }}, "", "OrderLinesIssuedByBuyer c"},
		{"an issued line gets another date", nil, edits{rescheduled}, "", "OrderLinesReissuedByBuyer a"},
		{"a rejected line is issued again", edits{at(trade.Rejected)}, edits{at(trade.InProgress, trade.ReissuedRejectedLine)}, "", "OrderLinesReissuedByBuyer a"},
		{"a rejected line is back at issued", edits{at(trade.Rejected)}, edits{at(trade.Issued)}, "", "OrderLinesReissuedByBuyer a"},
		{"a confirmed line is back at issued", edits{at(trade.Confirmed)}, edits{at(trade.Issued)}, "", "OrderLinesReissuedByBuyer a"},
		{"the supplier accepts", nil, edits{at(trade.Confirmed)}, "", "OrderLinesAcceptedBySupplier a"},
		{"the supplier accepts and counts deliveries in another way", nil, edits{at(trade.Confirmed), in(func(l *trade.Line) {
			l.ConfirmedLine = &trade.ConfirmedLine{DeliverySchedule: []trade.Delivery{{Position: "10", Date: "2026-12-01", Quantity: "100"}, {Position: "20", Date: "2026-12-15", Quantity: "50.5"}}}
		})}, supplier, "OrderLinesAcceptedBySupplier a"},
		{"the supplier rejects", nil, edits{at(trade.Rejected)}, "", "OrderLinesRejectedBySupplier a"},
		{"the buyer confirms", nil, edits{at(trade.Confirmed)}, buyer, "OrderLinesConfirmedByBuyer a"},
		{"the buyer changes what is confirmed", edits{at(trade.Confirmed)}, edits{rescheduled}, "", "OrderLinesConfirmedByBuyer a"},
		{"the supplier confirms another date", nil, edits{at(trade.Confirmed), in(func(l *trade.Line) {
			l.ConfirmedLine = &trade.ConfirmedLine{DeliverySchedule: []trade.Delivery{{Date: "2026-12-08", Quantity: "150.5"}}}
		})}, "", "OrderLinesConfirmedBySupplier a"},
		{"the supplier changes what is confirmed", edits{at(trade.Confirmed)}, edits{rescheduled}, supplier, "OrderLinesConfirmedBySupplier a"},
		{"the buyer cancels", edits{at(trade.Confirmed)}, edits{at(trade.Cancelled)}, "", "OrderLinesCancelledByBuyer a"},
		{"the buyer takes it back", edits{at(trade.Cancelled)}, edits{at(trade.InProgress, trade.RevertedCancelledLine)}, "", "CancelledOrderLinesRevertedByBuyer a"},
		{"the buyer takes it back at once", edits{at(trade.Cancelled)}, edits{at(trade.Confirmed)}, "", "CancelledOrderLinesRevertedByBuyer a"},
		{"the buyer completes", edits{at(trade.Confirmed)}, edits{at(trade.Completed)}, "", "OrderLinesCompletedByBuyer a"},
		{"the buyer opens what was completed", edits{at(trade.Completed)}, edits{at(trade.InProgress, trade.RevertedCompletedLine)}, "", "CompletedOrderLinesRevertedByBuyer a"},
		{"two lines are cancelled at once", nil, edits{func(o *trade.Order) {
			o.Lines[0].Status.ProcessStatus, o.Lines[1].Status.ProcessStatus = trade.Cancelled, trade.Cancelled
		}}, "", "OrderLinesCancelledByBuyer a b"},
		{"one is confirmed and one rejected", nil, edits{func(o *trade.Order) {
			o.Lines[0].Status.ProcessStatus, o.Lines[1].Status.ProcessStatus = trade.Confirmed, trade.Rejected
		}}, "", "OrderLinesAcceptedBySupplier a; OrderLinesRejectedBySupplier b"},
	}
}

func requestCases() []orderCase {
	const supplier, buyer = change.Supplier, change.Buyer
	proposed, asksBuyer, asksSupplier := at(trade.InProgress, trade.OpenSupplierProposal), at(trade.InProgress, trade.OpenBuyerReopenRequest), at(trade.InProgress, trade.OpenSupplierReopenRequest)
	shipping := at(trade.InProgress, trade.OpenShipmentRescheduleRequest)
	confirmed := at(trade.Confirmed)
	return []orderCase{
		{"the supplier proposes", nil, edits{proposed}, "", "OrderChangesProposedBySupplier a"},
		{"the supplier proposes, without a word what", nil, edits{at(trade.InProgress)}, "", "OrderChangesProposedBySupplier a"},
		{"the supplier proposes something else", edits{proposed}, edits{asked(trade.RequestOpen)}, "", "OrderChangesProposedBySupplier a"},
		{"the buyer approves", edits{proposed}, edits{confirmed, rescheduled}, "", "OrderChangesProposalApprovedByBuyer a"},
		{"the buyer does not approve", edits{proposed}, edits{at(trade.InProgress, trade.RejectedSupplierProposal)}, "", "OrderChangesProposalRejectedByBuyer a"},
		{"the supplier takes the proposal back", edits{proposed}, edits{at(trade.Issued)}, supplier, "OrderLinesUpdatedBySupplier a"},
		{"the buyer asks to reopen", edits{confirmed}, edits{asksBuyer}, "", "OrderLinesReopenRequestedByBuyer a"},
		{"the buyer takes it back", edits{asksBuyer}, edits{confirmed}, buyer, "OrderLinesReopenRequestRevertedByBuyer a"},
		{"the buyer's request is closed", edits{asksBuyer}, edits{confirmed, asked(trade.RequestClosed)}, "", "OrderLinesReopenRequestRevertedByBuyer a"},
		{"the supplier approves", edits{asksBuyer}, edits{confirmed, rescheduled}, "", "OrderLinesReopenRequestApprovedBySupplier a"},
		{"the supplier approves in words", edits{asksBuyer}, edits{confirmed, asked(trade.RequestApproved)}, "", "OrderLinesReopenRequestApprovedBySupplier a"},
		{"the supplier does not approve", edits{asksBuyer}, edits{confirmed}, supplier, "OrderLinesReopenRequestRejectedBySupplier a"},
		{"the supplier asks to reopen", edits{confirmed}, edits{asksSupplier}, "", "OrderLinesReopenRequestedBySupplier a"},
		{"the supplier asks, without a word what", edits{confirmed}, edits{at(trade.InProgress)}, supplier, "OrderLinesReopenRequestedBySupplier a"},
		{"the supplier takes it back", edits{asksSupplier}, edits{confirmed}, supplier, "OrderLinesReopenRequestRevertedBySupplier a"},
		{"the buyer approves the request", edits{asksSupplier}, edits{confirmed, rescheduled}, "", "OrderLinesReopenRequestApprovedByBuyer a"},
		{"the buyer does not approve the request", edits{asksSupplier}, edits{confirmed, asked(trade.RequestRejected)}, "", "OrderLinesReopenRequestRejectedByBuyer a"},
		{"the buyer asks to reconfirm", edits{confirmed}, edits{at(trade.InProgress, trade.OpenReconfirmationRequest)}, "", "OrderLinesReconfirmationRequestedByBuyer a"},
		{"the supplier reconfirms", edits{at(trade.InProgress, trade.OpenReconfirmationRequest)}, edits{confirmed}, "", "OrderLinesReconfirmedBySupplier a"},
		{"a shipment needs other dates", edits{confirmed}, edits{shipping}, "", "OrderLinesShipmentRescheduleRequestedBySupplier a"},
		{"the buyer approves them", edits{shipping}, edits{confirmed, rescheduled}, "", "OrderLinesShipmentRescheduleApprovedByBuyer a"},
		{"the buyer approves them in words", edits{shipping}, edits{at(trade.InProgress, trade.ApprovedDeliverySchedule)}, "", "OrderLinesShipmentRescheduleApprovedByBuyer a"},
		{"the buyer does not approve them", edits{shipping}, edits{confirmed}, "", "OrderLinesShipmentRescheduleRejectedByBuyer a"},
	}
}

func otherCases() []orderCase {
	const supplier, buyer = change.Supplier, change.Buyer
	received := in(func(l *trade.Line) { l.DeliveryHistory = []trade.PastDelivery{{Date: "2026-12-01", Quantity: "40"}} })
	return []orderCase{
		{"the buyer describes a line", nil, edits{in(func(l *trade.Line) { l.BuyerLine.Description = "as last time" })}, "", "OrderLinesUpdatedByBuyer a"},
		{"the supplier describes a line", nil, edits{in(func(l *trade.Line) { l.SupplierLine.Description = "as last time" })}, "", "OrderLinesUpdatedBySupplier a"},
		{"both describe it", nil, edits{in(func(l *trade.Line) { l.BuyerLine.Description, l.SupplierLine.Description = "x", "y" })}, "", "OrderLinesUpdatedByBuyer a; OrderLinesUpdatedBySupplier a"},
		{"the buyer says what both say", nil, edits{in(func(l *trade.Line) { l.BuyerLine.Description, l.SupplierLine.Description = "x", "y" })}, buyer, "OrderLinesUpdatedByBuyer a"},
		{"the order is described", nil, edits{func(o *trade.Order) { o.BuyerOrder.Description = "x" }}, "", "OrderLinesUpdatedByBuyer"},
		{"a field that is unknown changes", nil, edits{in(func(l *trade.Line) { l.More = trade.Unknown{"cost": []byte("5")} })}, supplier, "OrderLinesUpdatedBySupplier a"},
		{"an unknown field of the header changes", nil, edits{func(o *trade.Order) { o.More = trade.Unknown{"cost": []byte("5")} }}, "", "OrderLinesUpdatedByBuyer"},
		{"a delivery becomes overdue", nil, edits{in(func(l *trade.Line) { l.Indicators.DeliveryOverdue = true })}, "", "OrderLinesUpdatedByBuyer a"},
		{"the item is described in detail", nil, edits{in(func(l *trade.Line) { l.MergedItemDetails = &trade.ItemDetails{NetWeight: "0.25"} })}, "", "OrderLinesItemDetailsChanged a"},
		{"the buyer opens what was shipped", edits{moved(trade.Shipped)}, edits{moved(trade.Open)}, "", "OrderLinesMarkedAsOpenByBuyer a"},
		{"the supplier opens what was shipped", edits{moved(trade.Shipped)}, edits{moved(trade.Open)}, supplier, "OrderLinesMarkedAsOpenBySupplier a"},
		{"a line is shipped", nil, edits{moved(trade.Shipped)}, "", "OrderLinesShippedByBuyer a"},
		{"the supplier says that it is shipped", nil, edits{moved(trade.Shipped)}, supplier, "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier a"},
		{"a line is delivered", nil, edits{moved(trade.Delivered)}, "", "OrderLinesMarkedAsDeliveredByBuyer a"},
		{"the supplier says that it is delivered", nil, edits{moved(trade.Delivered)}, supplier, "OrderLinesMarkedAsDeliveredBySupplier a"},
		{"a line is produced", nil, edits{moved(trade.Produced)}, "", "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier a"},
		{"a delivery will arrive later", nil, edits{in(func(l *trade.Line) { l.DeliverySchedule[1].ETA = "2026-12-16" })}, buyer, "OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer a"},
		{"a delivery is shipped, the rest isn't", nil, edits{in(func(l *trade.Line) { l.DeliverySchedule[1].Status = trade.Shipped })}, "", "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier a"},
		{"something was received", nil, edits{received}, "", "OrderLinesDeliveryHistoryAppendedByBuyer a"},
		{"more was received", edits{received}, edits{in(func(l *trade.Line) {
			l.DeliveryHistory = append(l.DeliveryHistory, trade.PastDelivery{Date: "2026-12-02", Quantity: "60"})
		})}, "", "OrderLinesDeliveryHistoryAppendedByBuyer a"},
		{"less was received than was said", edits{received}, edits{in(func(l *trade.Line) { l.DeliveryHistory[0].Quantity = "39" })}, "", "OrderLinesDeliveryHistorySetByBuyer a"},
		{"the buyer has another contact", nil, edits{func(o *trade.Order) { o.BuyerOrder.Contact = &trade.Contact{Email: "piet@buyer.example"} }}, "", "OrderContactReassignedByBuyer"},
		{"the supplier has none any more", nil, edits{func(o *trade.Order) { o.SupplierOrder.Contact = nil }}, "", "OrderContactReassignedBySupplier"},
		{"the buyer attaches a document", nil, edits{func(o *trade.Order) { o.BuyerOrder.Documents = append(o.BuyerOrder.Documents, document()...) }}, "", "OrderDocumentsAttachedByBuyer"},
		{"a document is another one", nil, edits{func(o *trade.Order) { o.BuyerOrder.Documents[0].Revision = "4" }}, "", "OrderDocumentsAttachedByBuyer"},
		{"a document is taken away", nil, edits{func(o *trade.Order) { o.BuyerOrder.Documents = nil }}, "", "OrderLinesUpdatedByBuyer"},
		{"the supplier attaches a document to a line", nil, edits{in(func(l *trade.Line) { l.SupplierLine.Documents = document() })}, "", "OrderDocumentsAttachedBySupplier a"},
		{"a document of a line is taken away", edits{in(func(l *trade.Line) { l.SupplierLine.Documents = document() })}, edits{in(func(l *trade.Line) { l.SupplierLine.Documents = nil })}, "", "OrderLinesUpdatedBySupplier a"},
		{"a document comes with a price", nil, edits{in(func(l *trade.Line) { l.BuyerLine.Documents, l.Prices.NetPrice = document(), nil })}, "", "OrderLinesReissuedByBuyer a; OrderDocumentsAttachedByBuyer a"},
	}
}

func written(events []change.Event) string {
	texts := make([]string, len(events))
	for i, e := range events {
		texts[i] = strings.Join(append([]string{e.Type}, e.Lines...), " ")
	}
	return strings.Join(texts, "; ")
}

func TestWhatHappenedToAnOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range orderCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := first(t, order(t, plainOrder, tt.before...))
			next := again(t, before)
			for _, edit := range tt.now {
				edit(&next)
			}
			_, events, err := change.Order(&before, next, tt.by, day(2))
			if got := written(events); err != nil || got != tt.want {
				t.Errorf("what happened is %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestFirstStateOfAnOrderIsIssued(t *testing.T) {
	t.Parallel()
	_, events, err := change.Order(nil, order(t, plainOrder), "", day(1))
	if got, want := written(events), "OrderIssuedByBuyer a b"; err != nil || got != want {
		t.Errorf("what happened is %q, %v; want %q", got, err, want)
	}
}

// Every event of orders is told from two states, but for a manual "send it again".
func TestEveryEventOfOrdersHasACase(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"OrderIssuedByBuyer": true, "OrderResentByBuyer": true, "OrderResentBySupplier": true}
	for _, tt := range orderCases() {
		for event := range strings.SplitSeq(tt.want, "; ") {
			name, _, _ := strings.Cut(event, " ")
			seen[name] = true
		}
	}
	for _, e := range trade.Catalogue() {
		if e.Family == trade.OrderEvents && !seen[e.Name] {
			t.Errorf("no case has the event %s", e.Name)
		}
		delete(seen, e.Name)
	}
	for name := range seen {
		t.Errorf("the catalogue has no event %q", name)
	}
}

func TestWhatHappenedToAShipment(t *testing.T) {
	t.Parallel()
	type edits = []func(*trade.Shipment)
	answered := func(s trade.ShipmentStatus) func(*trade.Shipment) {
		return func(sh *trade.Shipment) { sh.ProcessStatus = s }
	}
	seen := map[string]bool{"ShipmentIssuedBySupplier": true, "ShipmentResentByBuyer": true}
	for _, tt := range []struct {
		name        string
		before, now edits
		want        string
	}{
		{"nothing", nil, nil, ""},
		{"lines in another order", nil, edits{func(s *trade.Shipment) { slices.Reverse(s.Lines) }}, ""},
		{"the buyer approves", nil, edits{answered(trade.ShipmentApproved)}, "ShipmentApprovedByBuyer"},
		{"the buyer rejects", nil, edits{answered(trade.ShipmentRejected)}, "ShipmentRejectedByBuyer"},
		{"it is issued again", edits{answered(trade.ShipmentRejected)}, edits{answered(trade.ShipmentIssued)}, "ShipmentReissuedBySupplier"},
		{"a quantity changes", nil, edits{func(s *trade.Shipment) {
			s.Lines[0].SupplierLine.DespatchQuantity = "99"
			s.TransportMode = "40"
		}}, "ShipmentReissuedBySupplier"},
		{"a line is taken away", nil, edits{func(s *trade.Shipment) { s.Lines = s.Lines[:1] }}, "ShipmentReissuedBySupplier"},
		{"the way changes", nil, edits{func(s *trade.Shipment) { s.TransportMode = "40" }}, "ShipmentHeaderUpdatedBySupplier"},
		{"it has arrived", nil, edits{func(s *trade.Shipment) { s.Status = trade.Delivered }}, "ShipmentHeaderUpdatedBySupplier"},
		{"a document is taken away", nil, edits{func(s *trade.Shipment) { s.SupplierShipment.Documents = nil }}, "ShipmentHeaderUpdatedBySupplier"},
		{"the buyer attaches a document", nil, edits{func(s *trade.Shipment) { s.BuyerShipment.Documents = document() }}, "ShipmentDocumentAttachedByBuyer"},
		{"the supplier attaches one, and the way changes", nil, edits{func(s *trade.Shipment) {
			s.SupplierShipment.Documents = append(s.SupplierShipment.Documents, document()...)
			s.TransportMode = "40"
		}}, "ShipmentHeaderUpdatedBySupplier; ShipmentDocumentAttachedBySupplier"},
	} {
		before, events := change.Shipment(nil, shipment(t, tt.before...), "", day(1))
		if diff := cmp.Diff([]change.Event{{Type: "ShipmentIssuedBySupplier"}}, events); diff != "" {
			t.Fatal(diff)
		}
		_, events = change.Shipment(&before, shipment(t, append(tt.before, tt.now...)...), "", day(2))
		if got := written(events); got != tt.want {
			t.Errorf("%s: what happened is %q, want %q", tt.name, got, tt.want)
		}
		for event := range strings.SplitSeq(tt.want, "; ") {
			seen[event] = true
		}
	}
	for _, e := range trade.Catalogue() {
		if e.Family == trade.ShipmentEvents && !seen[e.Name] {
			t.Errorf("no case has the event %s", e.Name)
		}
	}
}
