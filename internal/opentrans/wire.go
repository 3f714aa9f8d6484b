package opentrans

import "encoding/xml"

// The namespaces of openTRANS 2.1 and of what it takes from BMEcat 2005.
const (
	Namespace       = "http://www.opentrans.org/XMLSchema/2.1"
	BMEcatNamespace = "http://www.bmecat.org/bmecat/2005"
	version         = "2.1"
	bme             = "bme:" // what stands before the names of BMEcat, here and in what is written
)

// The structs below and in wire_kinds.go are the elements of openTRANS 2.1 that
// have a place in Document, in the order of opentrans_2_1.xsd: encoding/xml writes
// them in that order, and a guard hands it what it reads by the same names. A tag
// "ot" tells the guard more:
//
//	required  the schema demands it
//	first     it may be repeated, once a language; the first one counts
//	written   it repeats what stands elsewhere, and is not read

// rootXML holds the attributes of every root element.
type rootXML struct {
	XMLNS   string `xml:"xmlns,attr"`
	BMEcat  string `xml:"xmlns:bme,attr"`
	Version string `xml:"version,attr"`
}

type controlXML struct {
	Generator   string   `xml:"GENERATOR_INFO,omitempty"`
	GeneratedAt DateTime `xml:"GENERATION_DATE,omitempty"`
}

type typedXML struct {
	Type  string `xml:"type,attr,omitempty"`
	Value string `xml:",chardata"`
}

type remarkXML struct {
	Type  string `xml:"type,attr,omitempty"`
	Value string `xml:",chardata"`
}

type partiesXML struct {
	Parties []partyXML `xml:"PARTY" ot:"required"`
}

type partyXML struct {
	IDs     []typedXML  `xml:"bme:PARTY_ID" ot:"required"`
	Roles   []string    `xml:"PARTY_ROLE"`
	Address *addressXML `xml:"ADDRESS" ot:"first"`
}

type addressXML struct {
	Name        string       `xml:"bme:NAME,omitempty" ot:"first"`
	Name2       string       `xml:"bme:NAME2,omitempty" ot:"first"`
	Name3       string       `xml:"bme:NAME3,omitempty" ot:"first"`
	Department  string       `xml:"bme:DEPARTMENT,omitempty" ot:"first"`
	Contacts    []contactXML `xml:"CONTACT_DETAILS"`
	Street      string       `xml:"bme:STREET,omitempty" ot:"first"`
	Zip         string       `xml:"bme:ZIP,omitempty" ot:"first"`
	City        string       `xml:"bme:CITY,omitempty" ot:"first"`
	State       string       `xml:"bme:STATE,omitempty" ot:"first"`
	Country     string       `xml:"bme:COUNTRY,omitempty" ot:"first"`
	CountryCode string       `xml:"bme:COUNTRY_CODED,omitempty"`
	VATID       string       `xml:"bme:VAT_ID,omitempty"`
	TaxNumber   string       `xml:"TAX_NUMBER,omitempty"`
	Phone       *typedXML    `xml:"bme:PHONE" ot:"first"`
	Fax         *typedXML    `xml:"bme:FAX" ot:"first"`
	Email       string       `xml:"bme:EMAIL,omitempty" ot:"first"`
	URL         string       `xml:"bme:URL,omitempty"`
}

type contactXML struct {
	Name      string     `xml:"bme:CONTACT_NAME" ot:"required first"`
	FirstName string     `xml:"bme:FIRST_NAME,omitempty" ot:"first"`
	Title     string     `xml:"bme:TITLE,omitempty" ot:"first"`
	Phone     *typedXML  `xml:"bme:PHONE" ot:"first"`
	Fax       *typedXML  `xml:"bme:FAX" ot:"first"`
	Emails    *emailsXML `xml:"bme:EMAILS"`
}

type emailsXML struct {
	Emails []string `xml:"bme:EMAIL"`
}

// orderPartiesXML says which of the parties is who.
type orderPartiesXML struct {
	Buyer            *typedXML           `xml:"bme:BUYER_IDREF"`
	Supplier         *typedXML           `xml:"bme:SUPPLIER_IDREF"`
	InvoiceRecipient *typedXML           `xml:"INVOICE_RECIPIENT_IDREF"`
	Shipment         *shipmentPartiesXML `xml:"SHIPMENT_PARTIES_REFERENCE"`
}

type shipmentPartiesXML struct {
	Delivery      *typedXML `xml:"DELIVERY_IDREF"`
	FinalDelivery *typedXML `xml:"FINAL_DELIVERY_IDREF"`
	Deliverer     *typedXML `xml:"DELIVERER_IDREF"`
}

type periodXML struct {
	Type  string   `xml:"type,attr,omitempty"`
	Start DateTime `xml:"DELIVERY_START_DATE" ot:"required"`
	End   DateTime `xml:"DELIVERY_END_DATE" ot:"required"`
}

// udxXML holds elements that are not in the schema. They have names of their own.
type udxXML struct {
	Fields []udxFieldXML `xml:",any"`
}

type udxFieldXML struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

type productXML struct {
	SupplierPID      *typedXML        `xml:"bme:SUPPLIER_PID"`
	LotNumbers       []string         `xml:"LOT_NUMBER"`
	SerialNumbers    []string         `xml:"SERIAL_NUMBER"`
	InternationalPID []typedXML       `xml:"bme:INTERNATIONAL_PID"`
	BuyerPID         []typedXML       `xml:"bme:BUYER_PID"`
	Description      string           `xml:"bme:DESCRIPTION_SHORT,omitempty" ot:"first"`
	LongDescription  string           `xml:"bme:DESCRIPTION_LONG,omitempty" ot:"first"`
	Manufacturer     *manufacturerXML `xml:"MANUFACTURER_INFO"`
}

type manufacturerXML struct {
	ID  string `xml:"bme:MANUFACTURER_IDREF" ot:"required"`
	PID string `xml:"bme:MANUFACTURER_PID" ot:"required"`
}

// headXML is what every item begins with.
type headXML struct {
	ID       string     `xml:"LINE_ITEM_ID" ot:"required"`
	Product  productXML `xml:"PRODUCT_ID" ot:"required"`
	Quantity Decimal    `xml:"QUANTITY" ot:"required"`
	Unit     string     `xml:"bme:ORDER_UNIT" ot:"required"`
}

// tailXML is what every item ends with.
type tailXML struct {
	Remarks    []remarkXML `xml:"REMARKS"`
	Extensions *udxXML     `xml:"ITEM_UDX"`
}

type priceXML struct {
	Amount  Decimal       `xml:"bme:PRICE_AMOUNT" ot:"required"`
	Charges *chargesXML   `xml:"ALLOW_OR_CHARGES_FIX"`
	Taxes   []taxXML      `xml:"TAX_DETAILS_FIX"`
	Per     Decimal       `xml:"bme:PRICE_QUANTITY,omitempty"`
	Base    *priceBaseXML `xml:"PRICE_BASE_FIX"`
}

type priceBaseXML struct {
	Value  Decimal `xml:"PRICE_UNIT_VALUE" ot:"required"`
	Unit   string  `xml:"bme:PRICE_UNIT" ot:"required"`
	Factor Decimal `xml:"bme:PRICE_UNIT_FACTOR,omitempty"`
}

type taxXML struct {
	Category string  `xml:"bme:TAX_CATEGORY,omitempty"`
	Type     string  `xml:"bme:TAX_TYPE,omitempty"`
	Rate     Decimal `xml:"bme:TAX,omitempty"`
	Amount   Decimal `xml:"TAX_AMOUNT,omitempty"`
	Base     Decimal `xml:"TAX_BASE,omitempty"`
}

type partialListXML struct {
	Parts []partialXML `xml:"PARTIAL_DELIVERY" ot:"required"`
}

type partialXML struct {
	Quantity     Decimal    `xml:"QUANTITY" ot:"required"`
	DeliveryDate *periodXML `xml:"DELIVERY_DATE"`
}

type customerReferenceXML struct {
	OrderID string `xml:"ORDER_ID,omitempty"`
}

type orderReferenceXML struct {
	OrderID string   `xml:"ORDER_ID" ot:"required"`
	LineID  string   `xml:"LINE_ITEM_ID" ot:"required"`
	Date    DateTime `xml:"ORDER_DATE,omitempty"`
}

type supplierReferenceXML struct {
	OrderID string `xml:"SUPPLIER_ORDER_ID" ot:"required"`
	LineID  string `xml:"SUPPLIER_ORDER_ITEM_ID" ot:"required"`
}

type deliveryReferenceXML struct {
	Number string     `xml:"DELIVERYNOTE_ID,omitempty"`
	LineID string     `xml:"LINE_ITEM_ID,omitempty"`
	Date   *periodXML `xml:"DELIVERY_DATE"`
}

type logisticsXML struct {
	Packages *packagesXML `xml:"PACKAGE_INFO"`
}

type packagesXML struct {
	Packages []packageXML `xml:"PACKAGE" ot:"required"`
}

type packageXML struct {
	IDs         []typedXML     `xml:"PACKAGE_ID"`
	Description string         `xml:"PACKAGE_DESCR,omitempty" ot:"first"`
	Units       Decimal        `xml:"PACKAGE_ORDER_UNIT_QUANTITY,omitempty"`
	Count       Decimal        `xml:"PACKAGE_QUANTITY,omitempty"`
	Dimensions  *dimensionsXML `xml:"PACKAGE_DIMENSIONS"`
}

type dimensionsXML struct {
	Weight Decimal `xml:"bme:WEIGHT,omitempty"`
}

type chargesXML struct {
	Charges []chargeXML `xml:"ALLOW_OR_CHARGE" ot:"required"`
	Amount  Decimal     `xml:"ALLOW_OR_CHARGES_TOTAL_AMOUNT,omitempty"`
}

type chargeXML struct {
	Kind        string          `xml:"type,attr"`
	Name        string          `xml:"ALLOW_OR_CHARGE_NAME,omitempty" ot:"first"`
	Type        string          `xml:"ALLOW_OR_CHARGE_TYPE,omitempty"`
	Description string          `xml:"ALLOW_OR_CHARGE_DESCR,omitempty" ot:"first"`
	Value       *chargeValueXML `xml:"ALLOW_OR_CHARGE_VALUE"`
}

type chargeValueXML struct {
	Factor Decimal `xml:"AOC_PERCENTAGE_FACTOR,omitempty"`
	Amount Decimal `xml:"AOC_MONETARY_AMOUNT,omitempty"`
}
