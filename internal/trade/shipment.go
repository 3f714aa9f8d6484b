package trade

import "encoding/json"

// Shipment is what supplier and buyer have said about a shipment, as it is now.
// Its JSON is what receivers know. A line or document is new or changed exactly
// when its Meta.LastUpdatedAt is that of the shipment; see package change.
type Shipment struct {
	ID                  string            `json:"id"`
	Identifiers         *Identifiers      `json:"identifiers,omitzero"`
	TransportMode       string            `json:"transportMode,omitzero"`
	SupplierShipment    *SupplierShipment `json:"supplierShipment,omitzero"`
	BuyerShipment       *BuyerShipment    `json:"buyerShipment,omitzero"`
	LoadCarriers        []json.RawMessage `json:"loadCarriers,omitzero"`
	Lines               []ShipmentLine    `json:"lines"` // unique by Key; their order means nothing
	Locations           *Locations        `json:"locations,omitzero"`
	Status              LogisticsStatus   `json:"status,omitzero"`
	ProcessStatus       ShipmentStatus    `json:"processStatus,omitzero"`
	ProcessStatusReason string            `json:"processStatusReason,omitzero"`
	Meta                Stamp             `json:"meta"`
	More                Unknown           `json:"-"`
}

// Identifiers are the names that carriers know a shipment by.
type Identifiers struct {
	BillOfLadingNumber    string  `json:"billOfLadingNumber,omitzero"`
	IMONumber             string  `json:"imoNumber,omitzero"`
	CarrierShipmentNumber string  `json:"carrierShipmentNumber,omitzero"`
	TrackingNumber        string  `json:"trackingNumber,omitzero"`
	More                  Unknown `json:"-"`
}

// SupplierShipment is the supplier's part of a shipment.
type SupplierShipment struct {
	CompanyID          string       `json:"companyId,omitzero"`
	SupplierParty      *Party       `json:"supplierParty,omitzero"`
	BuyerAccountNumber string       `json:"buyerAccountNumber,omitzero"`
	ShipmentNumber     string       `json:"shipmentNumber,omitzero"`
	InvoiceNumbers     []string     `json:"invoiceNumbers,omitzero"`
	Documents          []Attachment `json:"documents,omitzero"`
	Contacts           []Contact    `json:"contacts,omitzero"`
	More               Unknown      `json:"-"`
}

// BuyerShipment is the buyer's part of a shipment.
type BuyerShipment struct {
	CompanyID             string       `json:"companyId,omitzero"`
	BuyerParty            *Party       `json:"buyerParty,omitzero"`
	SupplierAccountNumber string       `json:"supplierAccountNumber,omitzero"`
	Documents             []Attachment `json:"documents,omitzero"`
	Contacts              []Contact    `json:"contacts,omitzero"`
	PurchaseOrderTerms    *OrderTerms  `json:"purchaseOrderTerms,omitzero"`
	More                  Unknown      `json:"-"`
}

// Party is the name and address of a company.
type Party struct {
	Names           []string `json:"names,omitzero"`
	AddressLines    []string `json:"addressLines,omitzero"`
	PostalCode      string   `json:"postalCode,omitzero"`
	City            string   `json:"city,omitzero"`
	CountryCodeISO2 string   `json:"countryCodeIso2,omitzero"`
	More            Unknown  `json:"-"`
}

// Locations are where a shipment starts and ends.
type Locations struct {
	Departure    *Destination  `json:"departure,omitzero"`
	Destinations []Destination `json:"destinations,omitzero"`
	More         Unknown       `json:"-"`
}

// ShipmentLine is what a shipment brings of one line of an order.
type ShipmentLine struct {
	PurchaseOrderNumber       string                `json:"purchaseOrderNumber,omitzero"`
	PurchaseOrderLinePosition string                `json:"purchaseOrderLinePosition,omitzero"`
	DeliverySchedulePosition  string                `json:"deliverySchedulePosition,omitzero"`
	Item                      *Item                 `json:"item,omitzero"`
	SupplierLine              *SupplierShipmentLine `json:"supplierLine,omitzero"`
	Meta                      Stamp                 `json:"meta"`
	More                      Unknown               `json:"-"`
}

// SupplierShipmentLine is how much of a line is sent and how much is still owed.
type SupplierShipmentLine struct {
	DespatchAdviceNumber       string  `json:"despatchAdviceNumber,omitzero"`
	DespatchAdviceLinePosition string  `json:"despatchAdviceLinePosition,omitzero"`
	DespatchQuantity           Decimal `json:"despatchQuantity,omitzero"`
	BackorderQuantity          Decimal `json:"backorderQuantity,omitzero"`
	More                       Unknown `json:"-"`
}

// LineKey is what tells the lines of a shipment apart: the entry of the delivery
// schedule and the line of the despatch advice.
type LineKey struct {
	Order, Position, Delivery, Advice, AdvicePosition string
}

// Key returns what tells the line from the others of its shipment.
func (l *ShipmentLine) Key() LineKey {
	k := LineKey{Order: l.PurchaseOrderNumber, Position: l.PurchaseOrderLinePosition, Delivery: l.DeliverySchedulePosition}
	if l.SupplierLine != nil {
		k.Advice, k.AdvicePosition = l.SupplierLine.DespatchAdviceNumber, l.SupplierLine.DespatchAdviceLinePosition
	}
	return k
}
