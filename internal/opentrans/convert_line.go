package opentrans

func (x headXML) line() Line {
	return Line{ID: x.ID, Product: x.Product.product(), Quantity: x.Quantity, Unit: x.Unit}
}

func headOf(l Line) headXML {
	return headXML{ID: l.ID, Product: productOf(l.Product), Quantity: l.Quantity, Unit: l.Unit}
}

func (x tailXML) take(l *Line) {
	l.Remarks, l.Extensions = each(x.Remarks, remark), extensions(x.Extensions)
}

func tailOf(l Line) tailXML {
	return tailXML{Remarks: each(l.Remarks, remarkOf), Extensions: udx(l.Extensions)}
}

func (x productXML) product() Product {
	return Product{
		SupplierPID: value(x.SupplierPID), LotNumbers: x.LotNumbers, SerialNumbers: x.SerialNumbers,
		InternationalPID: each(x.InternationalPID, typedID), BuyerPID: each(x.BuyerPID, typedID),
		Description: x.Description, LongDescription: x.LongDescription,
		Manufacturer: maybe(x.Manufacturer, func(m manufacturerXML) Manufacturer { return Manufacturer(m) }),
	}
}

func productOf(p Product) productXML {
	return productXML{
		SupplierPID: typed(supplierSpecific, p.SupplierPID), LotNumbers: p.LotNumbers, SerialNumbers: p.SerialNumbers,
		InternationalPID: each(p.InternationalPID, typedIDOf), BuyerPID: each(p.BuyerPID, typedIDOf),
		Description: p.Description, LongDescription: p.LongDescription,
		Manufacturer: maybe(p.Manufacturer, func(m Manufacturer) manufacturerXML { return manufacturerXML(m) }),
	}
}

func (x priceXML) price() Price {
	p := Price{
		Amount: x.Amount, Per: x.Per, Taxes: each(x.Taxes, tax),
		Base: maybe(x.Base, func(b priceBaseXML) PriceBase { return PriceBase(b) }),
	}
	if x.Charges != nil {
		p.Charges, p.ChargesAmount = each(x.Charges.Charges, charge), x.Charges.Amount
	}
	return p
}

func priceOf(p Price) priceXML {
	return priceXML{
		Amount: p.Amount, Charges: chargesOf(p.Charges, p.ChargesAmount), Taxes: each(p.Taxes, taxOf), Per: p.Per,
		Base: maybe(p.Base, func(b PriceBase) priceBaseXML { return priceBaseXML(b) }),
	}
}

func charge(x chargeXML) Charge {
	c := Charge{Kind: x.Kind, Type: x.Type, Name: x.Name, Description: x.Description}
	if x.Value != nil {
		c.Amount, c.Factor = x.Value.Amount, x.Value.Factor
	}
	return c
}

func chargesOf(charges []Charge, amount Decimal) *chargesXML {
	if len(charges) == 0 {
		return nil
	}
	return &chargesXML{Amount: amount, Charges: each(charges, func(c Charge) chargeXML {
		return chargeXML{
			Kind: c.Kind, Name: c.Name, Type: c.Type, Description: c.Description,
			Value: orNil(chargeValueXML{Factor: c.Factor, Amount: c.Amount}),
		}
	})}
}

func partials(x *partialListXML) []PartialDelivery {
	if x == nil {
		return nil
	}
	return each(x.Parts, func(p partialXML) PartialDelivery {
		return PartialDelivery{Quantity: p.Quantity, DeliveryDate: maybe(p.DeliveryDate, period)}
	})
}

func partialsOf(parts []PartialDelivery) *partialListXML {
	if len(parts) == 0 {
		return nil
	}
	return &partialListXML{Parts: each(parts, func(p PartialDelivery) partialXML {
		return partialXML{Quantity: p.Quantity, DeliveryDate: maybe(p.DeliveryDate, periodOf)}
	})}
}

func orderReference(x orderReferenceXML) OrderReference        { return OrderReference(x) }
func orderReferenceOf(r OrderReference) orderReferenceXML      { return orderReferenceXML(r) }
func supplierOrder(x supplierReferenceXML) SupplierReference   { return SupplierReference(x) }
func supplierOrderOf(r SupplierReference) supplierReferenceXML { return supplierReferenceXML(r) }

// line returns the item of an order, a response or a quotation as a line.
func (x orderItemXML) line() Line {
	l := x.headXML.line()
	l.Price, l.Amount = maybe(x.Price, priceXML.price), x.Amount
	l.DeliveryDate, l.PartialDeliveries = maybe(x.DeliveryDate, period), partials(x.Partial)
	x.take(&l)
	return l
}

func orderItemOf(l Line) orderItemXML {
	return orderItemXML{
		headXML: headOf(l), Price: maybe(l.Price, priceOf), Amount: l.Amount,
		DeliveryDate: maybe(l.DeliveryDate, periodOf), Partial: partialsOf(l.PartialDeliveries), tailXML: tailOf(l),
	}
}

func (x deliveryItemXML) line() Line {
	l := x.headXML.line()
	l.PartialDeliveries, l.DeliveryCompleted = partials(x.Partial), x.Completed.bool()
	l.Order, l.SupplierOrder = maybe(x.Order, orderReference), maybe(x.SupplierOrder, supplierOrder)
	x.take(&l)
	return l
}

func deliveryItemOf(d *Document) func(Line) deliveryItemXML {
	to := shipmentPartiesOf(d)
	return func(l Line) deliveryItemXML {
		return deliveryItemXML{
			headXML: headOf(l), Partial: partialsOf(l.PartialDeliveries), Completed: flagOf(l.DeliveryCompleted),
			Order: maybe(l.Order, orderReferenceOf), SupplierOrder: maybe(l.SupplierOrder, supplierOrderOf),
			References: to, tailXML: tailOf(l),
		}
	}
}

func (x invoiceItemXML) line() Line {
	l := x.headXML.line()
	l.Type, l.Price, l.Amount = x.Type, maybe(x.Price, priceXML.price), x.Amount
	l.Order, l.SupplierOrder = maybe(x.Order, orderReference), maybe(x.SupplierOrder, supplierOrder)
	l.Delivery = maybe(x.Delivery, func(r deliveryReferenceXML) DeliveryReference {
		return DeliveryReference{Number: r.Number, LineID: r.LineID, Date: maybe(r.Date, period)}
	})
	x.take(&l)
	return l
}

func invoiceItemOf(l Line) invoiceItemXML {
	return invoiceItemXML{
		Type: l.Type, headXML: headOf(l), Price: maybe(l.Price, priceOf), Amount: l.Amount,
		Order: maybe(l.Order, orderReferenceOf), SupplierOrder: maybe(l.SupplierOrder, supplierOrderOf),
		Delivery: maybe(l.Delivery, func(r DeliveryReference) deliveryReferenceXML {
			return deliveryReferenceXML{Number: r.Number, LineID: r.LineID, Date: maybe(r.Date, periodOf)}
		}),
		tailXML: tailOf(l),
	}
}

func (f flag) bool() *bool {
	if f == "" {
		return nil
	}
	b := f == "true"
	return &b
}

func flagOf(b *bool) flag {
	switch {
	case b == nil:
		return ""
	case *b:
		return "true"
	}
	return "false"
}
