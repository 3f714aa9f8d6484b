package partner_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/spec/spectest"
)

// sample is an order or a shipment with all that there can be in one.
func sample(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "render", "order", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What is answered is as the specification says that receivers read.
func TestAnswersAreAsSpecified(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.putOrder(t, "acme", sample(t, "order.json"), time.Now().Add(-time.Hour))
		w.putShipment(t, "acme", sample(t, "shipment.json"), time.Now().Add(-time.Hour))
		orderID, shipmentID := w.poll(t, orderPoll, `{}`).ids(), w.poll(t, shipmentPoll, `{}`).ids()
		me := "acme:" + w.keys["acme reader"]
		for _, tt := range []struct{ method, path, body, as string }{
			{"GET", "/v2/order/" + url.PathEscape(orderID), "", "Order"},
			{"GET", "/v2/order/" + url.PathEscape(orderID) + "?lastUpdatedAfter=2100-01-01T00:00:00Z", "", "Order"},
			{"GET", "/v2/order/" + url.PathEscape(orderID) + "/single-delivery", "", "SingleOrder"},
			{"GET", "/v2/shipment/" + url.PathEscape(shipmentID), "", "Shipment"},
			{"POST", orderPoll, `{}`, "OrderPage"},
			{"POST", singlePoll, `{"limit":1}`, "SingleOrderPage"},
			{"POST", shipmentPoll, `{}`, "ShipmentPage"},
			{"POST", shipmentPoll, `{"offset":5}`, "ShipmentPage"},
			{"GET", metadataPath(w.document.ID), "", "FileMetadata"},
			{"GET", "/v2/order/nothing", "", "Problem"},
			{"POST", orderPoll, `{"limit":1000}`, "Problem"},
		} {
			schema := spectest.Component(t, "receiver-calls", tt.as, false)
			resp, body := w.send(t, tt.method, tt.path, tt.body, me)
			if err := schema.Check(body); err != nil {
				t.Errorf("%s %s = %d, not as %s says: %v", tt.method, tt.path, resp.status, tt.as, err)
			}
		}
	})
}
