package trade

import "time"

// Attachment is what an order or a shipment says of a document that belongs to it. It
// points to a file, which is never sent along: ObjectID names it in the object
// storage, or URL says where it is. With neither there is no file.
type Attachment struct {
	Code        string  `json:"code,omitzero"`
	Revision    string  `json:"revision,omitzero"`
	Name        string  `json:"name,omitzero"`
	Description string  `json:"description,omitzero"`
	Type        string  `json:"type,omitzero"`
	ObjectID    string  `json:"objectId,omitzero"`
	URL         string  `json:"url,omitzero"`
	Meta        *Stamp  `json:"meta,omitzero"`
	More        Unknown `json:"-"`
}

// Stamp says when a part of an order or a shipment was last changed. Waybill
// gives it.
type Stamp struct {
	LastUpdatedAt time.Time `json:"lastUpdatedAt,omitzero"`
	More          Unknown   `json:"-"`
}

// Meta says which message a body is and where it comes from.
type Meta struct {
	MessageID       string    `json:"messageId"`
	Source          Source    `json:"source"`
	CreatedDateTime time.Time `json:"createdDateTime"`
	More            Unknown   `json:"-"`
}

// Source says who caused a message.
type Source struct {
	TraceID   string  `json:"traceId,omitzero"`
	UserID    string  `json:"userId,omitzero"`
	CompanyID string  `json:"companyId,omitzero"`
	More      Unknown `json:"-"`
}

// EventDates are the times of what happened, by names that the platform chooses.
type EventDates struct {
	More Unknown `json:"-"`
}

// Property is a field of a party's own.
type Property struct {
	Key   string  `json:"key"`
	Value string  `json:"value"`
	More  Unknown `json:"-"`
}

// Contact is the person to talk to.
type Contact struct {
	UserName    string  `json:"userName,omitzero"`
	Email       string  `json:"email,omitzero"`
	PhoneNumber string  `json:"phoneNumber,omitzero"`
	More        Unknown `json:"-"`
}

// Destination is where goods go to or come from.
type Destination struct {
	Code            string   `json:"code,omitzero"`
	Names           []string `json:"names,omitzero"`
	AddressLines    []string `json:"addressLines,omitzero"`
	PostalCode      string   `json:"postalCode,omitzero"`
	City            string   `json:"city,omitzero"`
	CountryCodeISO2 string   `json:"countryCodeIso2,omitzero"`
	CountryName     string   `json:"countryName,omitzero"`
	More            Unknown  `json:"-"`
}

// OrderTerms are the terms of an order.
type OrderTerms struct {
	Incoterms        string  `json:"incoterms,omitzero"`
	IncotermsCode    string  `json:"incotermsCode,omitzero"`
	PaymentTerms     string  `json:"paymentTerms,omitzero"`
	PaymentTermsCode string  `json:"paymentTermsCode,omitzero"`
	More             Unknown `json:"-"`
}

// LineTerms names the contract that a line belongs to.
type LineTerms struct {
	ContractNumber   string  `json:"contractNumber,omitzero"`
	ContractPosition string  `json:"contractPosition,omitzero"`
	More             Unknown `json:"-"`
}

// BuyerIndicators are what the buyer says of a line.
type BuyerIndicators struct {
	NoDeliveryExpected bool    `json:"noDeliveryExpected,omitzero"`
	Delivered          bool    `json:"delivered,omitzero"`
	More               Unknown `json:"-"`
}

// Item is what is bought.
type Item struct {
	Number                   string  `json:"number,omitzero"`
	Revision                 string  `json:"revision,omitzero"`
	Name                     string  `json:"name,omitzero"`
	PurchaseUnitOfMeasureISO string  `json:"purchaseUnitOfMeasureIso,omitzero"`
	SupplierItemNumber       string  `json:"supplierItemNumber,omitzero"`
	More                     Unknown `json:"-"`
}

// ItemDetails are what buyer and supplier together know of an item.
type ItemDetails struct {
	CountryOfOriginCodeISO2   string      `json:"countryOfOriginCodeIso2,omitzero"`
	CombinedNomenclatureCode  string      `json:"combinedNomenclatureCode,omitzero"`
	NetWeight                 Decimal     `json:"netWeight,omitzero"`
	NetWeightUnitOfMeasureISO string      `json:"netWeightUnitOfMeasureIso,omitzero"`
	DangerousGoodsCodeUNECE   string      `json:"dangerousGoodsCodeUnece,omitzero"`
	SerialNumber              string      `json:"serialNumber,omitzero"`
	BatchNumber               string      `json:"batchNumber,omitzero"`
	Dimensions                []Dimension `json:"dimensions,omitzero"`
	More                      Unknown     `json:"-"`
}

// Dimension is a measure of an item.
type Dimension struct {
	More Unknown `json:"-"`
}

// Prices are the prices of a line: net, or gross with a discount.
type Prices struct {
	GrossPrice            *Price  `json:"grossPrice,omitzero"`
	DiscountPercentage    Decimal `json:"discountPercentage,omitzero"`
	NetPrice              *Price  `json:"netPrice,omitzero"`
	PriceUnitOfMeasureISO string  `json:"priceUnitOfMeasureIso,omitzero"`
	PriceUnitQuantity     Decimal `json:"priceUnitQuantity,omitzero"` // how much is had for the price
	More                  Unknown `json:"-"`
}

// Price is a price in the supplier's currency and in the buyer's.
type Price struct {
	PriceInTransactionCurrency *Money  `json:"priceInTransactionCurrency,omitzero"`
	PriceInBaseCurrency        *Money  `json:"priceInBaseCurrency,omitzero"`
	More                       Unknown `json:"-"`
}

// Money is an amount of a currency (ISO 4217).
type Money struct {
	Value       Decimal `json:"value,omitzero"`
	CurrencyISO string  `json:"currencyIso,omitzero"`
	More        Unknown `json:"-"`
}

// ChargeLine is a cost besides the prices of a line.
type ChargeLine struct {
	Position              string  `json:"position,omitzero"`
	ChargeTypeCode        string  `json:"chargeTypeCode,omitzero"` // UNCL 7161
	ChargeDescription     string  `json:"chargeDescription,omitzero"`
	Quantity              Decimal `json:"quantity,omitzero"`
	Price                 *Price  `json:"price,omitzero"`
	PriceUnitOfMeasureISO string  `json:"priceUnitOfMeasureIso,omitzero"`
	More                  Unknown `json:"-"`
}
