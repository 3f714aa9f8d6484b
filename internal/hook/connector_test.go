package hook_test

import (
	"slices"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestEachEventOfOrdersAndShipmentsBelongsToOneConnector(t *testing.T) {
	t.Parallel()
	for _, e := range trade.Catalogue() {
		var kinds []hook.Kind
		for _, k := range append(hook.Connectors(), hook.Trigger, hook.Documents) {
			if slices.Contains(k.EventNames(), e.Name) {
				kinds = append(kinds, k)
			}
		}
		want := 0
		if e.Family == trade.OrderEvents || e.Family == trade.ShipmentEvents {
			want = 1
		}
		if len(kinds) != want {
			t.Errorf("%s belongs to the connectors %v, want %d", e.Name, kinds, want)
		} else if want == 1 && kinds[0].EntityKind() != e.Entity {
			t.Errorf("%s is about a %s, and its connector %s about a %s", e.Name, e.Entity, kinds[0], kinds[0].EntityKind())
		}
	}
}

func TestDefaultEventsOfConnectors(t *testing.T) {
	t.Parallel()
	for kind, want := range map[hook.Kind][2]int{hook.Orders: {43, 38}, hook.OrderDocuments: {2, 2}, hook.Shipments: {8, 8}, hook.Trigger: {0, 0}} {
		all, usual := kind.EventNames(), kind.DefaultEventNames()
		if got := [2]int{len(all), len(usual)}; got != want {
			t.Errorf("%s has %d events, %d of them by default, want %d and %d", kind, got[0], got[1], want[0], want[1])
		}
		for _, name := range usual {
			if !slices.Contains(all, name) {
				t.Errorf("%s is a default of %s, and not one of its events", name, kind)
			}
		}
	}
	// What a buyer's system must hear of, since only the supplier knows it.
	for _, name := range []string{"OrderLinesAcceptedBySupplier", "OrderChangesProposedBySupplier", "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier", "OrderResentByBuyer"} {
		if !slices.Contains(hook.Orders.DefaultEventNames(), name) {
			t.Errorf("%s is not told of by default", name)
		}
	}
}
