// Package opentrans reads and writes the documents that orders consist of:
// ORDER, ORDERRESPONSE, DISPATCHNOTIFICATION, INVOICE and QUOTATION of openTRANS
// 2.1, in the manner of platforms that connect dealers with distributors, and the
// same as JSON. Document is the one model for all of them. The package is pure:
// readers and writers are given to it.
package opentrans

import "strings"

// Kind is what a document is, by the name that the API and events have for it.
type Kind string

// The kinds of documents.
const (
	Order         Kind = "ORDER"
	OrderResponse Kind = "ORDERRESPONSE"
	Delivery      Kind = "DELIVERY"
	Invoice       Kind = "INVOICE"
	Quotation     Kind = "QUOTATION"
)

// Kinds returns all kinds, in the order in which a deal has them after its
// quotation.
func Kinds() []Kind { return []Kind{Order, OrderResponse, Delivery, Invoice, Quotation} }

// Root returns the name of the document's root element, which is also what files
// of it are called: that of the kind, but DISPATCHNOTIFICATION for a delivery.
func (k Kind) Root() string {
	if k == Delivery {
		return "DISPATCHNOTIFICATION"
	}
	return string(k)
}

// Document is a document of any kind. Its JSON form is accepted as an upload. Of
// the fields that a kind doesn't have in openTRANS, none may be set; docs/opentrans.md
// has the table. Texts have no white space around them, and what is empty is not
// there.
type Document struct {
	Kind   Kind     `json:"kind"`
	Type   string   `json:"type,omitempty"`             // of an order: express, release or consignment, "" for a standard one; of an invoice: invoice, credit_memo …
	Number string   `json:"number,omitempty" max:"250"` // of a delivery, invoice or quotation
	Date   DateTime `json:"date,omitempty"`             // of the document itself; of an order, when it was placed

	OrderID         string   `json:"orderId,omitempty" max:"250"`         // the customer's ID of the order
	PlatformOrderID string   `json:"platformOrderId,omitempty" max:"250"` // the platform's
	SupplierOrderID string   `json:"supplierOrderId,omitempty" max:"250"` // the supplier's
	CustomerOrderID string   `json:"customerOrderId,omitempty" max:"250"` // of an order: the one that the customer's own customer knows
	OrderDate       DateTime `json:"orderDate,omitempty"`                 // when the order was placed that a response or invoice is about
	TransactionID   string   `json:"transactionId,omitempty" max:"250"`
	Status          string   `json:"status,omitempty" max:"250"` // of the transaction, such as ADVISED

	Language       string   `json:"language,omitempty"` // ISO 639-2, such as "deu"
	Currency       string   `json:"currency,omitempty"` // ISO 4217, such as "EUR"
	Generator      string   `json:"generator,omitempty" max:"250"`
	GeneratedAt    DateTime `json:"generatedAt,omitempty"`
	ValidFrom      DateTime `json:"validFrom,omitempty"`  // of a quotation
	ValidUntil     DateTime `json:"validUntil,omitempty"` // of a quotation
	DeliveryDate   *Period  `json:"deliveryDate,omitempty"`
	DeliveryNote   string   `json:"deliveryNote,omitempty" max:"250"` // of an invoice: the number of the delivery it is for
	PartialAllowed *bool    `json:"partialAllowed,omitempty"`         // of an order: whether it may come in parts

	Parties    []Party     `json:"parties,omitempty"`
	Shipment   *Shipment   `json:"shipment,omitempty"` // of a delivery
	Remarks    []Remark    `json:"remarks,omitempty"`
	Extensions []Extension `json:"extensions,omitempty"`
	Lines      []Line      `json:"lines,omitempty"`
	Totals     *Totals     `json:"totals,omitempty"`
}

// Party is who buys, supplies, gets or pays.
type Party struct {
	Roles   []string  `json:"roles,omitempty" enum:"role"` // buyer, supplier, delivery, invoice_recipient, invoice_issuer …
	IDs     []TypedID `json:"ids"`
	Address *Address  `json:"address,omitempty"`
}

// TypedID is an identifier with the kind of identifier it is: of a party, such as
// supplier_specific (the supplier's number of it), buyer_specific, gln or duns; of
// a product, such as ean, gtin or upc.
type TypedID struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value" max:"250"`
}

// Address is where a party is, and who to speak to there.
type Address struct {
	Name        string    `json:"name,omitempty"`
	Name2       string    `json:"name2,omitempty"`
	Name3       string    `json:"name3,omitempty"`
	Department  string    `json:"department,omitempty"`
	Contacts    []Contact `json:"contacts,omitempty"`
	Street      string    `json:"street,omitempty"`
	Zip         string    `json:"zip,omitempty"`
	City        string    `json:"city,omitempty"`
	State       string    `json:"state,omitempty"`
	Country     string    `json:"country,omitempty"`
	CountryCode string    `json:"countryCode,omitempty"` // ISO 3166-1 alpha-2, such as "DE"
	VATID       string    `json:"vatId,omitempty"`
	TaxNumber   string    `json:"taxNumber,omitempty"`
	Phone       string    `json:"phone,omitempty"`
	Fax         string    `json:"fax,omitempty"`
	Email       string    `json:"email,omitempty"`
	URL         string    `json:"url,omitempty"`
}

// Contact is a person or an office.
type Contact struct {
	Name      string   `json:"name"` // the last name, or all of it
	FirstName string   `json:"firstName,omitempty"`
	Title     string   `json:"title,omitempty"`
	Phone     string   `json:"phone,omitempty"`
	Fax       string   `json:"fax,omitempty"`
	Emails    []string `json:"emails,omitempty"`
}

// Period is when something is to come: from Start to End, which may be the same.
type Period struct {
	Type  string   `json:"type,omitempty" enum:"period"` // "fixed", or "optional" for a wish; "" means fixed
	Start DateTime `json:"start"`
	End   DateTime `json:"end"`
}

// Shipment is how the goods of a delivery travel.
type Shipment struct {
	ID          string    `json:"id,omitempty"` // the carrier's, by which it is tracked
	TrackingURL string    `json:"trackingUrl,omitempty"`
	Packages    []Package `json:"packages,omitempty"`
}

// Package is one package, or several of a kind.
type Package struct {
	IDs         []TypedID `json:"ids,omitempty"` // such as of type sscc
	Description string    `json:"description,omitempty"`
	Units       Decimal   `json:"units,omitempty"`  // order units in it
	Count       Decimal   `json:"count,omitempty"`  // packages
	Weight      Decimal   `json:"weight,omitempty"` // in kg
}

// Remark is a note to people, or one with a type that systems know.
type Remark struct {
	Type string `json:"type,omitempty"` // such as general, transport, invoice
	Text string `json:"text" max:"64000"`
}

// Extension is a field that openTRANS hasn't, by agreement between those who use
// it: a child of HEADER_UDX or ITEM_UDX that holds nothing but text.
type Extension struct {
	Name  string `json:"name"` // begins with "UDX."
	Value string `json:"value" max:"64000"`
}

// Line is one item of a document.
type Line struct {
	ID                string             `json:"id" max:"50"`
	Type              string             `json:"type,omitempty" enum:"item"` // of an invoice: order_item, extra_item or pledge_item
	Product           Product            `json:"product"`
	Quantity          Decimal            `json:"quantity"`
	Unit              string             `json:"unit"` // UN/ECE Recommendation 20, such as "C62" for pieces
	Price             *Price             `json:"price,omitempty"`
	Amount            Decimal            `json:"amount,omitempty"` // of the whole line, without tax
	DeliveryDate      *Period            `json:"deliveryDate,omitempty"`
	PartialDeliveries []PartialDelivery  `json:"partialDeliveries,omitempty"` // instead of DeliveryDate
	DeliveryCompleted *bool              `json:"deliveryCompleted,omitempty"` // of a delivery: nothing more will come
	Order             *OrderReference    `json:"order,omitempty"`             // of a delivery or an invoice
	SupplierOrder     *SupplierReference `json:"supplierOrder,omitempty"`     // of a delivery or an invoice
	Delivery          *DeliveryReference `json:"delivery,omitempty"`          // of an invoice
	Remarks           []Remark           `json:"remarks,omitempty"`
	Extensions        []Extension        `json:"extensions,omitempty"`
}

// Product says by several names which product a line is about.
type Product struct {
	SupplierPID      string        `json:"supplierPid,omitempty"`
	LotNumbers       []string      `json:"lotNumbers,omitempty"`
	SerialNumbers    []string      `json:"serialNumbers,omitempty"`
	InternationalPID []TypedID     `json:"internationalPids,omitempty"` // such as of type ean
	BuyerPID         []TypedID     `json:"buyerPids,omitempty"`
	Description      string        `json:"description,omitempty"`
	LongDescription  string        `json:"longDescription,omitempty"`
	Manufacturer     *Manufacturer `json:"manufacturer,omitempty"`
}

// Manufacturer is who makes a product, and what it is called there.
type Manufacturer struct {
	ID  string `json:"id"`
	PID string `json:"pid"`
}

// Price is what a number of units costs, without tax.
type Price struct {
	Amount        Decimal    `json:"amount"`
	Per           Decimal    `json:"per,omitempty"`           // units that cost Amount; "" means 1
	Charges       []Charge   `json:"charges,omitempty"`       // which Amount doesn't have in it, and the line's amount has
	ChargesAmount Decimal    `json:"chargesAmount,omitempty"` // of Charges: surcharges less allowances
	Base          *PriceBase `json:"base,omitempty"`          // if the price is one of another unit than the line's
	Taxes         []Tax      `json:"taxes,omitempty"`
}

// PriceBase says how the price of a unit, such as a metre, follows from that of
// another one, such as 100 kg of copper.
type PriceBase struct {
	Value  Decimal `json:"value"` // the price of one Unit
	Unit   string  `json:"unit"`
	Factor Decimal `json:"factor,omitempty"` // units of the line in one Unit
}

// Tax is a tax that is due on something.
type Tax struct {
	Category string  `json:"category,omitempty"` // such as standard_rate
	Type     string  `json:"type,omitempty"`     // such as vat
	Rate     Decimal `json:"rate,omitempty"`     // as a factor: 0.19 is 19 %
	Amount   Decimal `json:"amount,omitempty"`
	Base     Decimal `json:"base,omitempty"` // what it was calculated of
}

// PartialDelivery is a part of a line that comes by itself.
type PartialDelivery struct {
	Quantity     Decimal `json:"quantity"`
	DeliveryDate *Period `json:"deliveryDate,omitempty"`
}

// OrderReference names a line of the customer's order.
type OrderReference struct {
	OrderID string   `json:"orderId" max:"250"`
	LineID  string   `json:"lineId" max:"50"`
	Date    DateTime `json:"date,omitempty"` // of the order
}

// SupplierReference names a line of the supplier's own order.
type SupplierReference struct {
	OrderID string `json:"orderId" max:"250"`
	LineID  string `json:"lineId" max:"50"`
}

// DeliveryReference names a line of a delivery.
type DeliveryReference struct {
	Number string  `json:"number,omitempty" max:"250"`
	LineID string  `json:"lineId,omitempty" max:"50"`
	Date   *Period `json:"date,omitempty"`
}

// Totals are the sums of a document. Orders, responses and quotations have Amount,
// the sum of their lines; responses also have Charges; invoices have all.
type Totals struct {
	Goods         Decimal  `json:"goods,omitempty"` // of the lines, without tax
	Extra         Decimal  `json:"extra,omitempty"` // such as pledges, without tax
	Charges       []Charge `json:"charges,omitempty"`
	ChargesAmount Decimal  `json:"chargesAmount,omitempty"` // of Charges: surcharges less allowances
	Taxes         []Tax    `json:"taxes,omitempty"`
	Amount        Decimal  `json:"amount,omitempty"` // of an invoice: with everything
}

// Charge is what is added to a total, or taken off.
type Charge struct {
	Kind        string  `json:"kind" enum:"charge"` // surcharge or allowance
	Type        string  `json:"type,omitempty"`     // such as freight
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description,omitempty"`
	Amount      Decimal `json:"amount,omitempty"` // either this
	Factor      Decimal `json:"factor,omitempty"` // or this, of the goods: 0.02 is 2 %
}

// Party returns the first party that has the role, and whether there is one.
func (d *Document) Party(role string) (Party, bool) {
	for _, p := range d.Parties {
		for _, r := range p.Roles {
			if strings.EqualFold(r, role) {
				return p, true
			}
		}
	}
	return Party{}, false
}
