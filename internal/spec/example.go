package spec

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/entity"
	"github.com/waybillhq/waybill/internal/render/notice"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// Example is a body as it could be sent.
type Example struct {
	Name, Title string
	Body        []byte // JSON or, of tXML, XML
}

//nolint:gochecknoglobals // built on first use from constants and never changed after.
var examples = sync.OnceValue(func() []Example {
	body := func(name string, f order.Form) []byte {
		raw, err := order.Body(order.Event{Name: name, Order: sampleOrder(), Lines: []string{"10"}, Meta: sampleMeta()}, f)
		return must(raw, err)
	}
	dispatch, _ := trade.TypeOf("DELIVERY")
	created, _ := trade.TypeOf("OrderCreated")
	id := uuid.MustParse(sampleMessageID)
	event := trade.Event{ID: id, Type: "DELIVERY", OccurredAt: sampleTime(), Data: dispatch.Sample}
	told := must(notice.Body(event, id, sampleTime(), time.UTC))
	event = trade.Event{ID: id, Type: "OrderCreated", Shop: "12", OccurredAt: sampleTime(), Data: created.Sample}
	whole := bytes.Replace(openjson.Append(nil, sampleOrder()), []byte(`"orderId"`), []byte(`"id"`), 1)
	s := openjson.Append(nil, sampleShipment())
	return []Example{
		{"order", "A supplier has confirmed a line with two deliveries", body("OrderLinesConfirmedBySupplier", order.Form{})},
		{"single", "The same with one delivery per line", body("OrderLinesConfirmedBySupplier", order.Form{Single: true})},
		{"tXML", "The same as tXML", body("OrderLinesConfirmedBySupplier", order.Form{XML: true})},
		{"documents", "A buyer has attached a drawing to a line", body("OrderDocumentsAttachedByBuyer", order.Form{})},
		{"shipment", "A supplier has sent a part of an order", order.Shipment("ShipmentIssuedBySupplier", sampleShipment(), sampleMeta())},
		{"notice", "A dispatch notification is there", told},
		{"trigger", "An order was created", must(entity.Body(event, created))},
		{"wholeOrder", "An order", whole},
		{"orders", "The orders that have changed", page(whole)},
		{"wholeShipment", "A shipment", s},
		{"shipments", "The shipments that have changed", page(s)},
		{"metadata", "What is to be known of a file", []byte(`{"id":"` + sampleObjectID + `","filename":"DRW-6204-A.pdf","contentType":"application/pdf","downloadUrl":"https://waybill.example/v2/object-storage/document/` + sampleObjectID + `/content?company=nordwind&expires=1795376985000&signature=3t7awJ5MU9V7jaMCjjilLs9WI7Biojsh1wl_To6ItYM"}`)},
		{"poll", "What has changed since the last time", []byte(`{"filters":{"lastUpdatedAfter":"2026-11-22T11:00:00Z","status":{"processStatus":["InProgress","Confirmed"]}},"offset":0,"limit":100}`)},
	}
})

// page returns the answer to a poll that found one.
func page(one []byte) []byte {
	return slices.Concat([]byte(`{"data":[`), one, []byte(`],"total":1,"lastUpdatedAt":"`+sampleTime().Format(time.RFC3339Nano)+`"}`))
}

// Examples returns the examples of a specification, in order.
func (s *Spec) Examples() []Example {
	var some []Example
	for _, e := range examples() {
		if slices.Contains(s.shown, e.Name) {
			some = append(some, e)
		}
	}
	return some
}

// examplesOf returns the named examples as a document has them.
func examplesOf(names ...string) map[string]*huma.Example {
	some := make(map[string]*huma.Example, len(names))
	for _, e := range examples() {
		if slices.Contains(names, e.Name) {
			some[e.Name] = &huma.Example{Summary: e.Title, Value: json.RawMessage(e.Body)}
		}
	}
	return some
}

// must is for constants.
func must(raw []byte, err error) []byte {
	if err != nil {
		panic("spec: " + err.Error())
	}
	return raw
}

const (
	sampleOrderID    = "b1c6a8f0-PO4500017893"
	sampleShipmentID = "3f0c-SHP-2026-0071"
	sampleMessageID  = "019a7c1e-44d2-7b10-9f3e-2f6f5a0e9c11"
	sampleObjectID   = "67aa8ece-5d41-496f-a94c-483e360b833b"
)

func sampleTime() time.Time { return time.Date(2026, 11, 22, 11, 58, 12, 640e6, time.UTC) }

func sampleMeta() trade.Meta {
	return trade.Meta{
		MessageID: sampleMessageID, Source: trade.Source{TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", CompanyID: "nordwind"},
		CreatedDateTime: sampleTime(),
	}
}

func sampleOrder() trade.Order {
	issued := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	schedule := []trade.Delivery{
		{Position: "1", Date: "2026-12-01", Quantity: "100", Status: trade.Open, ETA: "2026-12-01", LastUpdatedAt: issued},
		{Position: "2", Date: "2026-12-15", Quantity: "50.5", Status: trade.Open, LastUpdatedAt: sampleTime()},
	}
	prices := &trade.Prices{
		NetPrice: &trade.Price{
			PriceInTransactionCurrency: &trade.Money{Value: "1.2", CurrencyISO: "EUR"},
			PriceInBaseCurrency:        &trade.Money{Value: "1.2", CurrencyISO: "EUR"},
		},
		PriceUnitOfMeasureISO: "PCE", PriceUnitQuantity: "1",
	}
	return trade.Order{
		ID: sampleOrderID,
		BuyerOrder: &trade.BuyerOrder{
			CompanyID: "nordwind", SupplierAccountNumber: "540830", PurchaseOrderNumber: "PO4500017893", Description: "Spare parts for line 2",
			Destination: &trade.Destination{
				Code: "WH-1", Names: []string{"Nordwind Handel", "Warehouse 1"}, AddressLines: []string{"Hafenstraße 7"},
				PostalCode: "20457", City: "Hamburg", CountryCodeISO2: "DE",
			},
			Contact:    &trade.Contact{UserName: "Jana Petersen", Email: "jana@nordwind.example"},
			Properties: []trade.Property{{Key: "costCentre", Value: "4711"}}, Notes: []string{"Deliver at gate 3"},
			OrderType: "Purchase", Terms: &trade.OrderTerms{IncotermsCode: "DAP", PaymentTerms: "30 days net"},
		},
		SupplierOrder: &trade.SupplierOrder{CompanyID: "lagerwerk", BuyerAccountNumber: "NW-77", Contact: &trade.Contact{Email: "sales@lagerwerk.example"}},
		Status:        trade.OrderStatus{ProcessStatus: trade.Confirmed, LogisticsStatus: trade.Open},
		Version:       3, LastUpdatedAt: sampleTime(),
		Lines: []trade.Line{{
			ID: "10", LineType: "Item",
			BuyerLine: &trade.BuyerLine{
				Position: "00010", Description: "Ball bearing",
				Item: &trade.Item{Number: "6204-2RS", Revision: "A", Name: "Ball bearing 6204", PurchaseUnitOfMeasureISO: "PCE", SupplierItemNumber: "LW-6204"},
				Documents: []trade.Attachment{{
					Code: "DRW-6204", Revision: "A", Type: "Drawing", ObjectID: sampleObjectID, Meta: &trade.Stamp{LastUpdatedAt: issued},
				}},
			},
			SupplierLine:     &trade.SupplierLine{SalesOrderNumber: "SO-2026-88", SalesOrderPosition: "1"},
			ConfirmedLine:    &trade.ConfirmedLine{DeliverySchedule: schedule, Prices: prices},
			DeliverySchedule: schedule, DeliveryScheduleIncludingRequests: schedule, Prices: prices, PricesIncludingRequests: prices,
			Status:        trade.LineStatus{ProcessStatus: trade.Confirmed, LogisticsStatus: trade.Open},
			LastUpdatedAt: sampleTime(),
		}},
	}
}

func sampleShipment() trade.Shipment {
	now := trade.Stamp{LastUpdatedAt: sampleTime()}
	line := func(position int, sent, owed trade.Decimal) trade.ShipmentLine {
		return trade.ShipmentLine{
			PurchaseOrderNumber: "PO4500017893", PurchaseOrderLinePosition: "000" + strconv.Itoa(position), DeliverySchedulePosition: "1",
			Item: &trade.Item{Number: "6204-2RS", Name: "Ball bearing 6204", PurchaseUnitOfMeasureISO: "PCE"},
			SupplierLine: &trade.SupplierShipmentLine{
				DespatchAdviceNumber: "DA-2026-12", DespatchAdviceLinePosition: strconv.Itoa(position / 10), DespatchQuantity: sent, BackorderQuantity: owed,
			},
			Meta: now,
		}
	}
	return trade.Shipment{
		ID:            sampleShipmentID,
		Identifiers:   &trade.Identifiers{CarrierShipmentNumber: "C-71", TrackingNumber: "00340434161094042557"},
		TransportMode: "30",
		SupplierShipment: &trade.SupplierShipment{
			CompanyID: "lagerwerk", SupplierParty: &trade.Party{Names: []string{"Lagerwerk GmbH"}, City: "Bremen", CountryCodeISO2: "DE"},
			BuyerAccountNumber: "NW-77", ShipmentNumber: "S-55", InvoiceNumbers: []string{"INV-2026-3218"},
			Documents: []trade.Attachment{{Code: "DN-55", Type: "DespatchAdvice", ObjectID: sampleObjectID, Meta: &now}},
		},
		BuyerShipment: &trade.BuyerShipment{CompanyID: "nordwind", SupplierAccountNumber: "540830", PurchaseOrderTerms: &trade.OrderTerms{IncotermsCode: "DAP"}},
		Lines:         []trade.ShipmentLine{line(10, "60", "40"), line(20, "1", "")},
		Locations:     &trade.Locations{Departure: &trade.Destination{City: "Bremen", CountryCodeISO2: "DE"}, Destinations: []trade.Destination{{Code: "WH-1", City: "Hamburg", CountryCodeISO2: "DE"}}},
		Status:        trade.Shipped, ProcessStatus: trade.ShipmentIssued, Meta: now,
	}
}
