package opentrans

// wire is a document as it is in XML.
type wire interface {
	// document returns it as a Document, and how many lines it says it has.
	document() (Document, count)
	// take fills it with d.
	take(d *Document)
}

func newWire(k Kind) wire {
	switch k {
	case Order:
		return &orderXML{}
	case OrderResponse:
		return &responseXML{}
	case Delivery:
		return &deliveryXML{}
	case Invoice:
		return &invoiceXML{}
	case Quotation:
		return &quotationXML{}
	}
	return nil
}

func (x *orderXML) document() (Document, count) {
	info := x.Header.Info
	d := Document{
		Kind: Order, Type: x.Type, Date: info.Date, OrderID: info.OrderID, Language: info.Language, Currency: info.Currency,
		DeliveryDate: maybe(info.DeliveryDate, period), PartialAllowed: info.PartialAllowed.bool(),
		Parties: each(info.Parties.Parties, party), Remarks: each(info.Remarks, remark),
		Lines: each(x.List.Items, orderItemXML.line), Totals: &Totals{Amount: x.Sum.Amount},
	}
	if info.Customer != nil {
		d.CustomerOrderID = info.Customer.OrderID
	}
	d.takeControl(x.Header.Control)
	d.takeExtensions(info.Extensions)
	return d, x.Sum.Items
}

func (x *orderXML) take(d *Document) {
	x.rootXML, x.Type = newRoot(), d.Type
	if x.Type == "" {
		x.Type = standardOrder
	}
	x.Header = orderHeaderXML{Control: controlOf(d), Info: orderInfoXML{
		OrderID: d.OrderID, Date: d.Date, DeliveryDate: maybe(d.DeliveryDate, periodOf), Language: d.Language,
		Parties: partiesOf(d), Customer: orNil(customerReferenceXML{OrderID: d.CustomerOrderID}), References: orderPartiesOf(d),
		Currency: d.Currency, PartialAllowed: flagOf(d.PartialAllowed), Remarks: each(d.Remarks, remarkOf),
		Extensions: extensionsOf(d, true),
	}}
	x.List.Items = each(d.Lines, orderItemOf)
	x.Sum = amountXML{Items: count(len(d.Lines)), Amount: d.totals().Amount}
}

func (x *responseXML) document() (Document, count) {
	info := x.Header.Info
	d := Document{
		Kind: OrderResponse, Date: info.Date, OrderID: info.OrderID, OrderDate: info.OrderDate,
		PlatformOrderID: info.PlatformOrderID, SupplierOrderID: info.SupplierOrderID, Language: info.Language, Currency: info.Currency,
		DeliveryDate: maybe(info.DeliveryDate, period), Parties: each(info.Parties.Parties, party),
		Remarks: each(info.Remarks, remark), Lines: each(x.List.Items, orderItemXML.line),
		Totals: &Totals{Amount: x.Sum.Amount},
	}
	d.Totals.take(x.Sum.Charges)
	d.takeControl(x.Header.Control)
	d.takeExtensions(info.Extensions)
	return d, x.Sum.Items
}

func (x *responseXML) take(d *Document) {
	x.rootXML = newRoot()
	x.Header = responseHeaderXML{Control: controlOf(d), Info: responseInfoXML{
		OrderID: d.OrderID, Date: d.Date, OrderDate: d.OrderDate, PlatformOrderID: d.PlatformOrderID,
		SupplierOrderID: d.SupplierOrderID, DeliveryDate: maybe(d.DeliveryDate, periodOf), Language: d.Language,
		Parties: partiesOf(d), References: orderPartiesOf(d), Currency: d.Currency, Remarks: each(d.Remarks, remarkOf),
		Extensions: extensionsOf(d, false),
	}}
	x.List.Items = each(d.Lines, orderItemOf)
	t := d.totals()
	x.Sum = responseSumXML{Items: count(len(d.Lines)), Amount: t.Amount, Charges: chargesOf(t.Charges, t.ChargesAmount)}
}

func (x *deliveryXML) document() (Document, count) {
	info := x.Header.Info
	d := Document{
		Kind: Delivery, Number: info.Number, Date: info.Date, Language: info.Language,
		DeliveryDate: maybe(info.DeliveryDate, period), Parties: each(info.Parties.Parties, party),
		Shipment: &Shipment{ID: info.ShipmentID, TrackingURL: info.TrackingURL},
		Remarks:  each(info.Remarks, remark), Lines: each(x.List.Items, deliveryItemXML.line),
	}
	if l := info.Logistics; l != nil && l.Packages != nil {
		d.Shipment.Packages = each(l.Packages.Packages, packageOf)
	}
	d.OrderID = d.orderOfLines()
	d.takeControl(x.Header.Control)
	d.takeExtensions(info.Extensions)
	return d, x.Sum.Items
}

func (x *deliveryXML) take(d *Document) {
	var s Shipment
	if d.Shipment != nil {
		s = *d.Shipment
	}
	x.rootXML = newRoot()
	x.Header = deliveryHeaderXML{Control: controlOf(d), Info: deliveryInfoXML{
		Number: d.Number, Date: d.Date, Language: d.Language, DeliveryDate: maybe(d.DeliveryDate, periodOf),
		Parties: partiesOf(d), Supplier: reference(d, roleSupplier), Buyer: reference(d, roleBuyer),
		References: shipmentPartiesOf(d), ShipmentID: s.ID, TrackingURL: s.TrackingURL, Logistics: logisticsOf(s.Packages),
		Remarks: each(d.Remarks, remarkOf), Extensions: extensionsOf(d, true),
	}}
	x.List.Items = each(d.Lines, deliveryItemOf(d))
	x.Sum.Items = count(len(d.Lines))
}

func (x *invoiceXML) document() (Document, count) {
	info, sum := x.Header.Info, x.Sum
	d := Document{
		Kind: Invoice, Type: info.Type, Number: info.Number, Date: info.Date, DeliveryNote: info.DeliveryNote,
		Language: info.Language, Currency: info.Currency, DeliveryDate: maybe(info.DeliveryDate, period),
		Parties: each(info.Parties.Parties, party), Remarks: each(info.Remarks, remark),
		Lines:  each(x.List.Items, invoiceItemXML.line),
		Totals: &Totals{Goods: sum.Goods, Extra: sum.Extra, Amount: sum.Amount, Taxes: each(sum.Taxes.Taxes, tax)},
	}
	d.Totals.take(sum.Charges)
	if h := x.Header.History; h != nil {
		d.OrderID, d.PlatformOrderID, d.SupplierOrderID, d.OrderDate = h.OrderID, h.PlatformOrderID, h.SupplierOrderID, h.OrderDate
	} else {
		d.OrderID = d.orderOfLines()
	}
	d.takeControl(x.Header.Control)
	d.takeExtensions(info.Extensions)
	return d, sum.Items
}

func (x *invoiceXML) take(d *Document) {
	x.rootXML = newRoot()
	x.Header = invoiceHeaderXML{Control: controlOf(d), Info: invoiceInfoXML{
		Number: d.Number, Date: d.Date, Type: d.Type, DeliveryNote: d.DeliveryNote,
		DeliveryDate: maybe(d.DeliveryDate, periodOf), Language: d.Language, Parties: partiesOf(d),
		Issuer: reference(d, roleIssuer, roleSupplier), Recipient: reference(d, roleRecipient, roleBuyer),
		Buyer: reference(d, roleBuyer), Supplier: reference(d, roleSupplier), Currency: d.Currency,
		Remarks: each(d.Remarks, remarkOf), Extensions: extensionsOf(d, false),
	}}
	x.Header.History = orNil(historyXML{
		OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID, SupplierOrderID: d.SupplierOrderID, OrderDate: d.OrderDate,
	})
	x.List.Items = each(d.Lines, invoiceItemOf)
	t := d.totals()
	x.Sum = invoiceSumXML{
		Items: count(len(d.Lines)), Goods: t.Goods, Extra: t.Extra, Amount: t.Amount,
		Charges: chargesOf(t.Charges, t.ChargesAmount), Taxes: taxesXML{Taxes: each(t.Taxes, taxOf)},
	}
}

func (x *quotationXML) document() (Document, count) {
	info := x.Header.Info
	d := Document{
		Kind: Quotation, Number: info.Number, Date: info.Date, ValidFrom: info.ValidFrom, ValidUntil: info.ValidUntil,
		Language: info.Language, Currency: info.Currency, DeliveryDate: maybe(info.DeliveryDate, period),
		Parties: each(info.Parties.Parties, party), Remarks: each(info.Remarks, remark),
		Lines: each(x.List.Items, orderItemXML.line), Totals: &Totals{Amount: x.Sum.Amount},
	}
	d.takeControl(x.Header.Control)
	d.takeExtensions(info.Extensions)
	return d, x.Sum.Items
}

func (x *quotationXML) take(d *Document) {
	x.rootXML = newRoot()
	x.Header = quotationHeaderXML{Control: controlOf(d), Info: quotationInfoXML{
		Number: d.Number, Date: d.Date, ValidFrom: d.ValidFrom, ValidUntil: d.ValidUntil,
		DeliveryDate: maybe(d.DeliveryDate, periodOf), Language: d.Language, Parties: partiesOf(d),
		References: orderPartiesOf(d), Currency: d.Currency, Remarks: each(d.Remarks, remarkOf), Extensions: extensionsOf(d, true),
	}}
	x.List.Items = each(d.Lines, orderItemOf)
	x.Sum = amountXML{Items: count(len(d.Lines)), Amount: d.totals().Amount}
}

func partiesOf(d *Document) partiesXML { return partiesXML{Parties: each(d.Parties, partyOf)} }

// totals returns d's totals, which may be none.
func (d *Document) totals() Totals {
	if d.Totals == nil {
		return Totals{}
	}
	return *d.Totals
}

func (t *Totals) take(x *chargesXML) {
	if x != nil {
		t.Charges, t.ChargesAmount = each(x.Charges, charge), x.Amount
	}
}

// orderOfLines returns the order that the first line is of, "" if it doesn't say.
func (d *Document) orderOfLines() string {
	if len(d.Lines) == 0 || d.Lines[0].Order == nil {
		return ""
	}
	return d.Lines[0].Order.OrderID
}

func packageOf(x packageXML) Package {
	p := Package{IDs: each(x.IDs, typedID), Description: x.Description, Units: x.Units, Count: x.Count}
	if x.Dimensions != nil {
		p.Weight = x.Dimensions.Weight
	}
	return p
}

func logisticsOf(packages []Package) *logisticsXML {
	if len(packages) == 0 {
		return nil
	}
	return &logisticsXML{Packages: &packagesXML{Packages: each(packages, func(p Package) packageXML {
		return packageXML{
			IDs: each(p.IDs, typedIDOf), Description: p.Description, Units: p.Units, Count: p.Count,
			Dimensions: orNil(dimensionsXML{Weight: p.Weight}),
		}
	})}}
}
