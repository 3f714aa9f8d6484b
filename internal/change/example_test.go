package change_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/trade"
)

// plainOrder is an order of two lines, the first with two deliveries.
const plainOrder = `{
  "orderId": "NL-8e71",
  "buyerOrder": {"companyId": "buyer-1", "purchaseOrderNumber": "PO0123456789", "description": "Bearings", "contact": {"email": "jan@buyer.example"},
    "documents": [{"code": "GTC", "revision": "3", "name": "Terms", "url": "https://buyer.example/gtc.pdf"}]},
  "supplierOrder": {"companyId": "supplier-1", "contact": {"email": "eva@supplier.example"}},
  "lines": [
    {"id": "a", "lineType": "Item", "buyerLine": {"position": "0001", "item": {"number": "123456", "name": "Bearing"}}, "supplierLine": {"salesOrderNumber": "SO-1"},
     "deliverySchedule": [{"position": "1", "date": "2026-12-01", "quantity": 100}, {"position": "2", "date": "2026-12-15", "quantity": 50.5}],
     "prices": {"netPrice": {"priceInTransactionCurrency": {"value": 1.20, "currencyIso": "EUR"}}, "priceUnitQuantity": 1}},
    {"id": "b", "buyerLine": {"position": "0002"}, "deliverySchedule": [{"date": "2026-12-01", "quantity": 1}]}
  ]
}`

const plainShipment = `{
  "id": "SHP-7", "identifiers": {"trackingNumber": "00340434161094042557"}, "transportMode": "30",
  "supplierShipment": {"companyId": "supplier-1", "shipmentNumber": "S-55", "documents": [{"code": "DN-1", "objectId": "67aa8ece-5d41-496f-a94c-483e360b833b"}]},
  "buyerShipment": {"companyId": "buyer-1"},
  "lines": [
    {"purchaseOrderNumber": "PO0123456789", "purchaseOrderLinePosition": "0001", "deliverySchedulePosition": "1", "supplierLine": {"despatchQuantity": 100}},
    {"purchaseOrderNumber": "PO0123456789", "purchaseOrderLinePosition": "0002", "supplierLine": {"despatchQuantity": 1}}
  ]
}`

func day(n int) time.Time { return time.Date(2026, 11, n, 8, 30, 0, 123e6, time.UTC) }

// failer is what *testing.T, *rapid.T and *testing.B have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// order reads an order and makes edits to it.
func order(t failer, raw string, edits ...func(*trade.Order)) trade.Order {
	t.Helper()
	o, err := change.ReadOrder([]byte(raw))
	if err != nil {
		t.Fatalf("ReadOrder = %v", err)
	}
	for _, edit := range edits {
		edit(&o)
	}
	return o
}

// first returns the first state of an order.
func first(t failer, state trade.Order) trade.Order {
	t.Helper()
	now, _, err := change.Order(nil, state, "", day(1))
	if err != nil {
		t.Fatalf("Order = %v", err)
	}
	return now
}

// again returns a copy of a state that shares nothing with it.
func again(t failer, o trade.Order) trade.Order {
	t.Helper()
	return order(t, string(change.WriteOrder(o)))
}

func shipment(t *testing.T, edits ...func(*trade.Shipment)) trade.Shipment {
	t.Helper()
	s, err := change.ReadShipment([]byte(plainShipment))
	if err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

// in edits the line with ID a.
func in(edit func(*trade.Line)) func(*trade.Order) {
	return func(o *trade.Order) { edit(&o.Lines[0]) }
}

// at puts the line with ID a into statuses.
func at(process trade.ProcessStatus, in ...trade.InProgressStatus) func(*trade.Order) {
	return func(o *trade.Order) {
		o.Lines[0].Status.ProcessStatus, o.Lines[0].Status.InProgressStatus = process, ""
		for _, s := range in {
			o.Lines[0].Status.InProgressStatus = s
		}
	}
}

// moved puts the line with ID a into a logistics status.
func moved(s trade.LogisticsStatus) func(*trade.Order) {
	return in(func(l *trade.Line) { l.Status.LogisticsStatus = s })
}

// rescheduled moves the first delivery of the line with ID a to another day.
func rescheduled(o *trade.Order) { o.Lines[0].DeliverySchedule[0].Date = "2027-01-04" }

// asked has a request of one party to reopen the line.
func asked(status trade.RequestStatus) func(*trade.Order) {
	return in(func(l *trade.Line) {
		l.BuyerLine.Requests = &trade.Requests{ReopenRequest: &trade.Request{Status: status}}
		l.SupplierLine.Requests = &trade.Requests{ReopenRequest: &trade.Request{Status: status}}
	})
}

func document() []trade.Attachment { return []trade.Attachment{{Code: "D"}} }
