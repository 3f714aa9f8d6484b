package opentrans

import "encoding/xml"

type orderXML struct {
	XMLName xml.Name `xml:"ORDER"`
	rootXML
	Type   string         `xml:"type,attr"`
	Header orderHeaderXML `xml:"ORDER_HEADER" ot:"required"`
	List   orderListXML   `xml:"ORDER_ITEM_LIST" ot:"required"`
	Sum    amountXML      `xml:"ORDER_SUMMARY" ot:"required"`
}

type orderHeaderXML struct {
	Control *controlXML  `xml:"CONTROL_INFO"`
	Info    orderInfoXML `xml:"ORDER_INFO" ot:"required"`
}

type orderInfoXML struct {
	OrderID        string                `xml:"ORDER_ID" ot:"required"`
	Date           DateTime              `xml:"ORDER_DATE" ot:"required"`
	DeliveryDate   *periodXML            `xml:"DELIVERY_DATE"`
	Language       string                `xml:"bme:LANGUAGE,omitempty" ot:"first"`
	Parties        partiesXML            `xml:"PARTIES" ot:"required"`
	Customer       *customerReferenceXML `xml:"CUSTOMER_ORDER_REFERENCE"`
	References     orderPartiesXML       `xml:"ORDER_PARTIES_REFERENCE" ot:"written"`
	Currency       string                `xml:"bme:CURRENCY,omitempty"`
	PartialAllowed flag                  `xml:"PARTIAL_SHIPMENT_ALLOWED,omitempty"`
	Remarks        []remarkXML           `xml:"REMARKS"`
	Extensions     *udxXML               `xml:"HEADER_UDX"`
}

type orderListXML struct {
	Items []orderItemXML `xml:"ORDER_ITEM" ot:"required"`
}

type orderItemXML struct {
	headXML
	Price        *priceXML       `xml:"PRODUCT_PRICE_FIX"`
	Amount       Decimal         `xml:"PRICE_LINE_AMOUNT,omitempty"`
	DeliveryDate *periodXML      `xml:"DELIVERY_DATE"`
	Partial      *partialListXML `xml:"PARTIAL_DELIVERY_LIST"`
	tailXML
}

// amountXML is the summary of orders and quotations.
type amountXML struct {
	Items  count   `xml:"TOTAL_ITEM_NUM" ot:"required"`
	Amount Decimal `xml:"TOTAL_AMOUNT,omitempty"`
}

type responseXML struct {
	XMLName xml.Name `xml:"ORDERRESPONSE"`
	rootXML
	Header responseHeaderXML `xml:"ORDERRESPONSE_HEADER" ot:"required"`
	List   responseListXML   `xml:"ORDERRESPONSE_ITEM_LIST" ot:"required"`
	Sum    responseSumXML    `xml:"ORDERRESPONSE_SUMMARY" ot:"required"`
}

type responseHeaderXML struct {
	Control *controlXML     `xml:"CONTROL_INFO"`
	Info    responseInfoXML `xml:"ORDERRESPONSE_INFO" ot:"required"`
}

type responseInfoXML struct {
	OrderID         string          `xml:"ORDER_ID" ot:"required"`
	Date            DateTime        `xml:"ORDERRESPONSE_DATE" ot:"required"`
	OrderDate       DateTime        `xml:"ORDER_DATE,omitempty"`
	PlatformOrderID string          `xml:"ALT_CUSTOMER_ORDER_ID,omitempty" ot:"first"`
	SupplierOrderID string          `xml:"SUPPLIER_ORDER_ID,omitempty"`
	DeliveryDate    *periodXML      `xml:"DELIVERY_DATE"`
	Language        string          `xml:"bme:LANGUAGE,omitempty" ot:"first"`
	Parties         partiesXML      `xml:"PARTIES" ot:"required"`
	References      orderPartiesXML `xml:"ORDER_PARTIES_REFERENCE" ot:"written"`
	Currency        string          `xml:"bme:CURRENCY,omitempty"`
	Remarks         []remarkXML     `xml:"REMARKS"`
	Extensions      *udxXML         `xml:"HEADER_UDX"`
}

type responseListXML struct {
	Items []orderItemXML `xml:"ORDERRESPONSE_ITEM" ot:"required"`
}

type responseSumXML struct {
	Items   count       `xml:"TOTAL_ITEM_NUM" ot:"required"`
	Amount  Decimal     `xml:"TOTAL_AMOUNT,omitempty"`
	Charges *chargesXML `xml:"ALLOW_OR_CHARGES_FIX"`
}

type deliveryXML struct {
	XMLName xml.Name `xml:"DISPATCHNOTIFICATION"`
	rootXML
	Header deliveryHeaderXML `xml:"DISPATCHNOTIFICATION_HEADER" ot:"required"`
	List   deliveryListXML   `xml:"DISPATCHNOTIFICATION_ITEM_LIST" ot:"required"`
	Sum    countXML          `xml:"DISPATCHNOTIFICATION_SUMMARY" ot:"required"`
}

type deliveryHeaderXML struct {
	Control *controlXML     `xml:"CONTROL_INFO"`
	Info    deliveryInfoXML `xml:"DISPATCHNOTIFICATION_INFO" ot:"required"`
}

type deliveryInfoXML struct {
	Number       string             `xml:"DISPATCHNOTIFICATION_ID" ot:"required"`
	Date         DateTime           `xml:"DISPATCHNOTIFICATION_DATE,omitempty"`
	Language     string             `xml:"bme:LANGUAGE,omitempty" ot:"first"`
	DeliveryDate *periodXML         `xml:"DELIVERY_DATE"`
	Parties      partiesXML         `xml:"PARTIES" ot:"required"`
	Supplier     *typedXML          `xml:"bme:SUPPLIER_IDREF" ot:"written"`
	Buyer        *typedXML          `xml:"bme:BUYER_IDREF" ot:"written"`
	References   shipmentPartiesXML `xml:"SHIPMENT_PARTIES_REFERENCE" ot:"written"`
	ShipmentID   string             `xml:"SHIPMENT_ID,omitempty"`
	TrackingURL  string             `xml:"TRACKING_TRACING_URL,omitempty"`
	Logistics    *logisticsXML      `xml:"LOGISTIC_DETAILS_INFO"`
	Remarks      []remarkXML        `xml:"REMARKS"`
	Extensions   *udxXML            `xml:"HEADER_UDX"`
}

type deliveryListXML struct {
	Items []deliveryItemXML `xml:"DISPATCHNOTIFICATION_ITEM" ot:"required"`
}

type deliveryItemXML struct {
	headXML
	Partial       *partialListXML       `xml:"PARTIAL_DELIVERY_LIST"`
	Completed     flag                  `xml:"DELIVERY_COMPLETED,omitempty"`
	Order         *orderReferenceXML    `xml:"ORDER_REFERENCE" ot:"required"`
	SupplierOrder *supplierReferenceXML `xml:"SUPPLIER_ORDER_REFERENCE"`
	References    shipmentPartiesXML    `xml:"SHIPMENT_PARTIES_REFERENCE" ot:"written"`
	tailXML
}

type countXML struct {
	Items count `xml:"TOTAL_ITEM_NUM" ot:"required"`
}

type invoiceXML struct {
	XMLName xml.Name `xml:"INVOICE"`
	rootXML
	Header invoiceHeaderXML `xml:"INVOICE_HEADER" ot:"required"`
	List   invoiceListXML   `xml:"INVOICE_ITEM_LIST" ot:"required"`
	Sum    invoiceSumXML    `xml:"INVOICE_SUMMARY" ot:"required"`
}

type invoiceHeaderXML struct {
	Control *controlXML    `xml:"CONTROL_INFO"`
	Info    invoiceInfoXML `xml:"INVOICE_INFO" ot:"required"`
	History *historyXML    `xml:"ORDER_HISTORY"`
}

type invoiceInfoXML struct {
	Number       string      `xml:"INVOICE_ID" ot:"required"`
	Date         DateTime    `xml:"INVOICE_DATE" ot:"required"`
	Type         string      `xml:"INVOICE_TYPE,omitempty"`
	DeliveryNote string      `xml:"DELIVERYNOTE_ID,omitempty"`
	DeliveryDate *periodXML  `xml:"DELIVERY_DATE"`
	Language     string      `xml:"bme:LANGUAGE,omitempty" ot:"first"`
	Parties      partiesXML  `xml:"PARTIES" ot:"required"`
	Issuer       *typedXML   `xml:"INVOICE_ISSUER_IDREF" ot:"written"`
	Recipient    *typedXML   `xml:"INVOICE_RECIPIENT_IDREF" ot:"written"`
	Buyer        *typedXML   `xml:"bme:BUYER_IDREF" ot:"written"`
	Supplier     *typedXML   `xml:"bme:SUPPLIER_IDREF" ot:"written"`
	Currency     string      `xml:"bme:CURRENCY" ot:"required"`
	Remarks      []remarkXML `xml:"REMARKS"`
	Extensions   *udxXML     `xml:"HEADER_UDX"`
}

type historyXML struct {
	OrderID         string   `xml:"ORDER_ID" ot:"required"`
	PlatformOrderID string   `xml:"ALT_CUSTOMER_ORDER_ID,omitempty" ot:"first"`
	SupplierOrderID string   `xml:"SUPPLIER_ORDER_ID,omitempty"`
	OrderDate       DateTime `xml:"ORDER_DATE,omitempty"`
}

type invoiceListXML struct {
	Items []invoiceItemXML `xml:"INVOICE_ITEM" ot:"required"`
}

type invoiceItemXML struct {
	Type string `xml:"type,attr,omitempty"`
	headXML
	Price         *priceXML             `xml:"PRODUCT_PRICE_FIX" ot:"required"`
	Amount        Decimal               `xml:"PRICE_LINE_AMOUNT" ot:"required"`
	Order         *orderReferenceXML    `xml:"ORDER_REFERENCE"`
	SupplierOrder *supplierReferenceXML `xml:"SUPPLIER_ORDER_REFERENCE"`
	Delivery      *deliveryReferenceXML `xml:"DELIVERY_REFERENCE"`
	tailXML
}

type invoiceSumXML struct {
	Items   count       `xml:"TOTAL_ITEM_NUM" ot:"required"`
	Goods   Decimal     `xml:"NET_VALUE_GOODS" ot:"required"`
	Extra   Decimal     `xml:"NET_VALUE_EXTRA,omitempty"`
	Amount  Decimal     `xml:"TOTAL_AMOUNT" ot:"required"`
	Charges *chargesXML `xml:"ALLOW_OR_CHARGES_FIX"`
	Taxes   taxesXML    `xml:"TOTAL_TAX" ot:"required"`
}

type taxesXML struct {
	Taxes []taxXML `xml:"TAX_DETAILS_FIX" ot:"required"`
}

type quotationXML struct {
	XMLName xml.Name `xml:"QUOTATION"`
	rootXML
	Header quotationHeaderXML `xml:"QUOTATION_HEADER" ot:"required"`
	List   quotationListXML   `xml:"QUOTATION_ITEM_LIST" ot:"required"`
	Sum    amountXML          `xml:"QUOTATION_SUMMARY" ot:"required"`
}

type quotationHeaderXML struct {
	Control *controlXML      `xml:"CONTROL_INFO"`
	Info    quotationInfoXML `xml:"QUOTATION_INFO" ot:"required"`
}

type quotationInfoXML struct {
	Number       string          `xml:"QUOTATION_ID" ot:"required"`
	Date         DateTime        `xml:"QUOTATION_DATE" ot:"required"`
	ValidFrom    DateTime        `xml:"bme:VALID_START_DATE,omitempty"`
	ValidUntil   DateTime        `xml:"bme:VALID_END_DATE,omitempty"`
	DeliveryDate *periodXML      `xml:"DELIVERY_DATE"`
	Language     string          `xml:"bme:LANGUAGE,omitempty" ot:"first"`
	Parties      partiesXML      `xml:"PARTIES" ot:"required"`
	References   orderPartiesXML `xml:"ORDER_PARTIES_REFERENCE" ot:"written"`
	Currency     string          `xml:"bme:CURRENCY" ot:"required"`
	Remarks      []remarkXML     `xml:"REMARKS"`
	Extensions   *udxXML         `xml:"HEADER_UDX"`
}

type quotationListXML struct {
	Items []orderItemXML `xml:"QUOTATION_ITEM" ot:"required"`
}
