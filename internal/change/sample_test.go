package change_test

import (
	"slices"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/trade"
)

// The samples that connectors are tried out with are as good as what producers send.
func TestSampleStatesAreGood(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 19, 0, 0, 123_456_789, time.UTC)
	s := trade.SampleState(trade.KindOrder, at)
	o, err := change.ReadOrder(s.JSON)
	if err != nil {
		t.Fatal(err)
	}
	if s.Entity.ID != o.ID || s.Version != 1 || !s.At.Equal(o.LastUpdatedAt) || s.Status != "Issued" {
		t.Errorf("the state is %+v, want that of order %s at %s", s, o.ID, o.LastUpdatedAt)
	}
	var ids []string
	for i := range o.Lines {
		ids = append(ids, o.Lines[i].ID)
	}
	stamped, events, err := change.Order(nil, o, "", at)
	if err != nil || len(events) == 0 || events[0].Type != "OrderIssuedByBuyer" || stamped.ID != o.ID {
		t.Errorf("as a new order it is %v, %v, want OrderIssuedByBuyer first", events, err)
	}
	for _, e := range trade.Catalogue() {
		scope := trade.SampleScope(e.Name)
		for _, id := range scope.Lines {
			if !slices.Contains(ids, id) {
				t.Errorf("a sample of %s is about the line %s, which isn't there", e.Name, id)
			}
		}
		if wants := e.Family == trade.OrderEvents && e.Group != "contacts"; wants != (len(scope.Lines) > 0) {
			t.Errorf("a sample of %s is about the lines %v", e.Name, scope.Lines)
		}
	}
	x, err := change.ReadShipment(trade.SampleState(trade.KindShipment, at).JSON)
	if err != nil || len(x.Lines) != 2 || !x.Meta.LastUpdatedAt.Equal(at.Truncate(time.Millisecond)) {
		t.Errorf("the shipment is %+v, %v, want one with two lines, of that time", x, err)
	}
	if none := trade.SampleState(trade.KindTicket, at); none.JSON != nil {
		t.Errorf("the state of a ticket is %s, want none", none.JSON)
	}
}
