package trade

import (
	"encoding/json"
	"time"
)

// SampleState returns a realistic state of an order or a shipment, as its first
// version at a time; its IDs have SAMPLE in them. It has everything that an event can
// be about: lines with several deliveries, prices, notes and documents. Other kinds of
// entities have none.
func SampleState(kind EntityKind, at time.Time) State {
	at = at.UTC().Truncate(time.Millisecond)
	s := State{Entity: Entity{Kind: kind}, Version: 1, At: at}
	var all any
	switch kind { //nolint:exhaustive // the others have no states
	case KindOrder:
		o := sampleOrder(at)
		s.Entity.ID, s.Status, all = o.ID, string(o.Status.ProcessStatus), o
	case KindShipment:
		x := sampleShipment(at)
		s.Entity.ID, s.Status, all = x.ID, string(x.ProcessStatus), x
	default:
		return State{}
	}
	s.JSON, _ = json.Marshal(all) // which doesn't fail for these
	return s
}

// SampleScope returns what a sample of an event type is about in the state that
// SampleState returns: of an order, its first line, or all lines if it is about the
// order as a whole.
func SampleScope(eventType string) Scope {
	s := Scope{Version: 1}
	switch t, _ := TypeOf(eventType); {
	case t.Family != OrderEvents || t.Group == "contacts":
	case t.Group == "maintenance" || eventType == "OrderIssuedByBuyer":
		s.Lines = []string{sampleLine1, sampleLine2}
	default:
		s.Lines = []string{sampleLine1}
	}
	return s
}

// What samples of orders and shipments have in common.
const (
	sampleOrderNumber = "PO-SAMPLE-4711"
	sampleLine1       = "line-SAMPLE-1"
	sampleLine2       = "line-SAMPLE-2"
)

func sampleOrder(at time.Time) Order {
	return Order{
		ID: "order-SAMPLE-80417",
		BuyerOrder: &BuyerOrder{
			CompanyID: "buyer-SAMPLE", SupplierAccountNumber: "70045", PurchaseOrderNumber: sampleOrderNumber,
			Description: "Cordless drills for the Kassel branch",
			Destination: &Destination{
				Code: "KS-1", Names: []string{"Nordwind Handel GmbH"}, AddressLines: []string{"Hafenstr. 12"},
				PostalCode: "34125", City: "Kassel", CountryCodeISO2: "DE",
			},
			Contact:   &Contact{UserName: "Kim Example", Email: "kim@buyer.example"},
			Notes:     []string{"Please deliver to gate 3."},
			Documents: []Attachment{sampleDocument("DOC-SAMPLE-1", "terms.pdf", "Terms of delivery", at)},
			OrderType: "Purchase",
			Terms:     &OrderTerms{IncotermsCode: "DAP", Incoterms: "Delivered at place", PaymentTermsCode: "30", PaymentTerms: "30 days net"},
		},
		SupplierOrder: &SupplierOrder{CompanyID: "supplier-SAMPLE", BuyerAccountNumber: "10234"},
		Status:        OrderStatus{ProcessStatus: Issued, LogisticsStatus: Open},
		Version:       1,
		Lines: []Line{
			sampleOrderLine(sampleLine1, "10", Item{Number: "DRILL-18V-2AH", Name: "Cordless drill 18 V", PurchaseUnitOfMeasureISO: "PCE"}, "89.90", at),
			sampleOrderLine(sampleLine2, "20", Item{Number: "BIT-SET-32", Name: "Bit set, 32 pieces", PurchaseUnitOfMeasureISO: "PCE"}, "12.5", at),
		},
		LastUpdatedAt: at,
	}
}

func sampleOrderLine(id, position string, item Item, price Decimal, at time.Time) Line {
	const week = 7 // days
	deliveries := []Delivery{
		{Position: "1", Date: sampleDay(at, 2*week), Quantity: "40", Status: Open, LastUpdatedAt: at},
		{Position: "2", Date: sampleDay(at, 4*week), Quantity: "60", Status: Open, LastUpdatedAt: at},
	}
	net := Price{PriceInTransactionCurrency: &Money{Value: price, CurrencyISO: "EUR"}}
	prices := &Prices{NetPrice: &net, PriceUnitOfMeasureISO: "PCE", PriceUnitQuantity: "1"}
	return Line{
		ID: id, LineType: "Item",
		BuyerLine: &BuyerLine{
			Position: position, Item: &item,
			Documents: []Attachment{sampleDocument("DOC-SAMPLE-"+position, "drawing.pdf", "Drawing", at)},
		},
		SupplierLine:     &SupplierLine{SalesOrderNumber: "SO-SAMPLE-17", SalesOrderPosition: position},
		DeliverySchedule: deliveries, DeliveryScheduleIncludingRequests: deliveries,
		Prices: prices, PricesIncludingRequests: prices,
		Status:        LineStatus{ProcessStatus: Issued, LogisticsStatus: Open},
		LastUpdatedAt: at,
	}
}

func sampleShipment(at time.Time) Shipment {
	stamp := Stamp{LastUpdatedAt: at}
	line := func(position, number, name string, quantity Decimal) ShipmentLine {
		return ShipmentLine{
			PurchaseOrderNumber: sampleOrderNumber, PurchaseOrderLinePosition: position, DeliverySchedulePosition: "1",
			Item:         &Item{Number: number, Name: name, PurchaseUnitOfMeasureISO: "PCE"},
			SupplierLine: &SupplierShipmentLine{DespatchAdviceNumber: "DA-SAMPLE-9", DespatchAdviceLinePosition: position, DespatchQuantity: quantity, BackorderQuantity: "0"},
			Meta:         stamp,
		}
	}
	return Shipment{
		ID:            "shipment-SAMPLE-72981",
		Identifiers:   &Identifiers{CarrierShipmentNumber: "CS-SAMPLE-55", TrackingNumber: "00340434161094SAMPLE"},
		TransportMode: "Road",
		SupplierShipment: &SupplierShipment{
			CompanyID: "supplier-SAMPLE", BuyerAccountNumber: "10234", ShipmentNumber: "DN-SAMPLE-9", InvoiceNumbers: []string{"INV-SAMPLE-3218"},
			SupplierParty: &Party{Names: []string{"Bohrwerk AG"}, AddressLines: []string{"Industriestr. 4"}, PostalCode: "44139", City: "Dortmund", CountryCodeISO2: "DE"},
			Documents:     []Attachment{sampleDocument("DOC-SAMPLE-9", "packing-list.pdf", "Packing list", at)},
		},
		BuyerShipment: &BuyerShipment{CompanyID: "buyer-SAMPLE", SupplierAccountNumber: "70045"},
		Lines: []ShipmentLine{
			line("10", "DRILL-18V-2AH", "Cordless drill 18 V", "40"),
			line("20", "BIT-SET-32", "Bit set, 32 pieces", "40"),
		},
		Locations: &Locations{
			Departure:    &Destination{Names: []string{"Bohrwerk AG"}, City: "Dortmund", CountryCodeISO2: "DE"},
			Destinations: []Destination{{Code: "KS-1", Names: []string{"Nordwind Handel GmbH"}, City: "Kassel", CountryCodeISO2: "DE"}},
		},
		Status: Shipped, ProcessStatus: "Issued", Meta: stamp,
	}
}

func sampleDocument(code, name, description string, at time.Time) Attachment {
	return Attachment{
		Code: code, Revision: "A", Name: name, Description: description, Type: "General",
		ObjectID: "object-" + code, Meta: &Stamp{LastUpdatedAt: at},
	}
}

// sampleDay returns the day that is so many after a time.
func sampleDay(at time.Time, days int) Date {
	return Date(at.AddDate(0, 0, days).Format(time.DateOnly))
}
