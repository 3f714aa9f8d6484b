package trade_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/trade"
)

func TestWhatAnEntityIsResentBy(t *testing.T) {
	t.Parallel()
	for latest, want := range map[string]string{
		"OrderIssuedByBuyer": "OrderResentByBuyer", "OrderLinesConfirmedBySupplier": "OrderResentBySupplier",
		"OrderLinesItemDetailsChanged": "OrderResentByBuyer", "OrderResentBySupplier": "OrderResentBySupplier",
		"ShipmentIssuedBySupplier": "ShipmentResentByBuyer", "OrderCreated": "OrderChanged",
		"ShipmentShipped": "ShipmentChanged", "NewParcelAdded": "ParcelChanged", "ORDERRESPONSE": "ORDERRESPONSE",
		"ProductDeleted": "ProductChanged", "NewShopSaved": "NewShopSaved", "TicketIncomingMessage": "TicketChanged",
	} {
		latestType, ok := trade.TypeOf(latest)
		if got := trade.ResendType(latestType); !ok || got != want {
			t.Errorf("ResendType(%s) = %s, want %s", latest, got, want)
		}
	}
}

// What is resent is an event of the same kind of entity, rendered in the same way.
func TestEveryEntityCanBeResent(t *testing.T) {
	t.Parallel()
	for _, latest := range trade.Catalogue() {
		name := trade.ResendType(latest)
		got, ok := trade.TypeOf(name)
		if !ok || got.Entity != latest.Entity || got.Family != latest.Family {
			t.Errorf("ResendType(%s) = %s of %s, %s; want one of %s, %s", latest.Name, name, got.Family, got.Entity, latest.Family, latest.Entity)
		}
		if again := trade.ResendType(got); again != name && !strings.HasPrefix(name, "OrderResent") {
			t.Errorf("what is resent as %s is resent as %s the next time", name, again)
		}
	}
}
