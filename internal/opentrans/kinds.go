package opentrans

// shape says which fields the documents of a kind have: names in JSON, with an
// exclamation mark for those that must be there.
type shape struct{ document, line, totals string }

func shapeOf(k Kind) (shape, bool) {
	const (
		header    = "kind! platformOrderId transactionId status language generator generatedAt deliveryDate parties! remarks extensions lines! "
		item      = "id! product! quantity! unit! remarks extensions partialDeliveries "
		orderItem = item + "price amount deliveryDate"
	)
	switch k {
	case Order:
		return shape{header + "type date! orderId! customerOrderId currency partialAllowed totals", orderItem, "amount"}, true
	case OrderResponse:
		return shape{header + "date! orderId! orderDate supplierOrderId currency totals", orderItem, "amount charges chargesAmount"}, true
	case Delivery:
		return shape{header + "number! date orderId! shipment", item + "deliveryCompleted order! supplierOrder", ""}, true
	case Invoice:
		return shape{
			header + "type number! date! orderId orderDate supplierOrderId currency! deliveryNote totals!",
			"id! product! quantity! unit! remarks extensions type price! amount! order supplierOrder delivery",
			"goods! extra charges chargesAmount taxes! amount!",
		}, true
	case Quotation:
		return shape{header + "number! date! currency! validFrom validUntil totals", orderItem, "amount"}, true
	}
	return shape{}, false
}

// values returns what the schema lets a field have: one with the tag enum, or the
// type of a document.
func values(enum string) []string {
	switch enum {
	case string(Order):
		return []string{standardOrder, "express", "release", "consignment"}
	case string(Invoice):
		return []string{"invoice", "invoice_copy", "credit_memo", "advice_of_amendment"}
	case "item":
		return []string{"order_item", "extra_item", "pledge_item"}
	case "period":
		return []string{"fixed", "optional"}
	case "charge":
		return []string{surcharge, allowance}
	case "role":
		return []string{
			roleBuyer, roleSupplier, roleDelivery, roleRecipient, roleIssuer, roleFinalDelivery, roleDeliverer, "central_regulator",
			"customer", "document_creator", "intermediary", "ipp_operator", "manufacturer", "marketplace", "payer", "remittee",
			"standardization_body", "trustedthirdparty", "other",
		}
	}
	return nil
}
