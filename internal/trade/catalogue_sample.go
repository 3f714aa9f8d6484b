package trade

import (
	"bytes"
	"encoding/json"
)

// sample returns realistic Data of an event of the named type: a JSON object
// with each of the given fields, in order.
func sample(eventType string, fields []string) json.RawMessage {
	values := sampleValues()
	data := []byte{'{'}
	for i, field := range fields {
		value, ok := values[eventType+"."+field]
		if !ok {
			value = values[field]
		}
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, '"')
		data = append(data, field...)
		data = append(data, `":`...)
		data = append(data, value...)
	}
	return append(data, '}')
}

// sampleServer is what URLs in samples begin with.
const sampleServer = "https://waybill.example"

// SampleAt is Sample with URLs of the server that people reach by the given URL.
func (t EventType) SampleAt(publicURL string) json.RawMessage {
	return bytes.ReplaceAll(t.Sample, []byte(`"`+sampleServer+`/`), []byte(`"`+publicURL+`/`))
}

// sampleValues returns a JSON value for each field that occurs in the catalogue.
// An entry "Type.Field" goes before "Field".
func sampleValues() map[string]string {
	const documents = `"` + sampleServer + `/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/`
	return map[string]string{
		// Documents: identifiers are texts there, and known for samples by all receivers.
		"orderId":           `"123-SAMPLE-456"`,
		"itscopeOrderId":    `"SAMPLE-123456-789"`,
		"documentId":        `"123456789"`,
		"transactionId":     `"123456789-1234-5678-9123-12SAMPLE4567"`,
		"ORDER.documentUrl": documents + `ORDER.xml"`, "ORDER.transactionStatus": `"ARRIVED"`,
		"ORDERRESPONSE.documentUrl": documents + `ORDERRESPONSE.xml"`, "ORDERRESPONSE.transactionStatus": `"PROCESSING"`,
		"DELIVERY.documentUrl": documents + `DISPATCHNOTIFICATION.xml"`, "DELIVERY.transactionStatus": `"ADVISED"`,
		"INVOICE.documentUrl": documents + `INVOICE.xml"`, "INVOICE.transactionStatus": `"INVOICED"`,

		"OrderId":        `80417`,
		"OrderCode":      `"SO-2026-004711"`,
		"OrderCommentId": `31206`,
		"CustomerRating": `4`,

		"OrderReturnId":   `5230`,
		"OrderReturnCode": `"RMA-2026-0092"`,

		"InvoiceId":   `61055`,
		"InvoiceCode": `"INV-2026-003218"`,

		"OrderShipmentId":   `72981`,
		"OrderShipmentCode": `"SO-2026-004711-1"`,
		"ParcelId":          `93340`,
		"TrackingCode":      `"00340434161094042557"`,

		"PurchaseOrderId":   `4402`,
		"PurchaseOrderCode": `"BUY-2026-00317"`,
		"SupplierId":        `118`,
		"WarehouseId":       `3`,

		"ProductId":                 `20514`,
		"ProductCode":               `"DRILL-18V-2AH"`,
		"ProductPackageId":          `20977`,
		"ProductSelectionProductId": `41863`,
		"ProductGroupId":            `215`,
		"ProductGroupName":          `"Cordless drills"`,
		"Id":                        `1207`,
		"Code":                      `"VOLTAGE"`,
		"Name":                      `"Nordhammer"`,

		"ShopId":      `12`,
		"ShopGroupId": `2`,

		"TicketId":                   `15822`,
		"TicketCode":                 `"T-2026-01944"`,
		"HandlingEmployeeGroupId":    `7`,
		"HandlingEmployeeId":         `64`,
		"OldHandlingEmployeeGroupId": `5`,
		"OldHandlingEmployeeId":      `41`,

		"TicketIncomingMessage.TicketMessageDirection":  `"Incoming"`,
		"TicketOutcomingMessage.TicketMessageDirection": `"Outcoming"`,
	}
}
