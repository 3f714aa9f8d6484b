package opentrans_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/opentrans"
)

// TestEveryDocumentIsReadAsItWasWritten draws documents of all kinds, with fields
// that are there or not, and reads them in both forms.
func TestEveryDocumentIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(opentrans.Kinds()).Draw(rt, "kind")
		wantSame(rt, document(draw{rt}, kind))
	})
}

// draw draws parts of documents.
type draw struct{ *rapid.T }

func (d draw) chance() bool            { return rapid.Bool().Draw(d.T, "there") }
func (d draw) n(most int) int          { return rapid.IntRange(0, most).Draw(d.T, "n") }
func (d draw) one(of ...string) string { return rapid.SampledFrom(of).Draw(d.T, "one") }

// text draws a text that may stand in an element: not empty, nothing around it.
func (d draw) text() string {
	runes := rapid.SampledFrom([]rune("aZ09 äößÄÜ€„“–漢🚚<>&\"'`]\r\n\t;%/=\u00a0\u0085.-_{}"))
	s := rapid.StringOfN(runes, 1, 20, -1).Draw(d.T, "text")
	if s = strings.TrimSpace(s); s == "" {
		return "x"
	}
	return s
}

// maybe draws a text or nothing.
func (d draw) maybe() string {
	if d.chance() {
		return d.text()
	}
	return ""
}

func (d draw) texts() []string { return several(d, d.text) }

// several draws up to three things, nil for none.
func several[T any](d draw, one func() T) []T {
	var list []T
	for range d.n(3) {
		list = append(list, one())
	}
	return list
}

// pointer draws a thing or nothing.
func pointer[T any](d draw, one func() T) *T {
	if !d.chance() {
		return nil
	}
	v := one()
	return &v
}

func (d draw) time() opentrans.DateTime {
	day := fmt.Sprintf("%04d-%02d-%02d", 1900+d.n(200), 1+d.n(11), 1+d.n(27))
	switch d.n(3) {
	case 0:
		return opentrans.DateTime(day)
	case 1:
		return opentrans.DateTime(fmt.Sprintf("%sT%02d:%02d", day, d.n(23), d.n(59)))
	case 2:
		return opentrans.DateTime(fmt.Sprintf("%sT%02d:%02d:%02d.%03dZ", day, d.n(23), d.n(59), d.n(59), d.n(999)))
	}
	return opentrans.DateTime(fmt.Sprintf("%sT%02d:%02d:%02d-%02d:%02d", day, d.n(23), d.n(59), d.n(59), d.n(12), d.n(59)))
}

func (d draw) maybeTime() opentrans.DateTime {
	if d.chance() {
		return d.time()
	}
	return ""
}

func (d draw) decimal() opentrans.Decimal {
	s := strconv.Itoa(d.n(1_000_000))
	if d.chance() {
		s += fmt.Sprintf(".%0*d", 1+d.n(5), d.n(9))
	}
	return opentrans.Decimal(s)
}

func (d draw) maybeDecimal() opentrans.Decimal {
	if d.chance() {
		return d.decimal()
	}
	return ""
}

func (d draw) period() opentrans.Period {
	return opentrans.Period{Type: d.one("", "fixed", "optional"), Start: d.time(), End: d.time()}
}

func (d draw) id() opentrans.TypedID { return opentrans.TypedID{Type: d.maybe(), Value: d.text()} }

func (d draw) remark() opentrans.Remark { return opentrans.Remark{Type: d.maybe(), Text: d.text()} }

func (d draw) extension() opentrans.Extension {
	return opentrans.Extension{Name: "UDX." + d.one("A", "ACME.x-1", "Z_9", "WAYBILL.OTHER"), Value: d.text()}
}

func (d draw) party() opentrans.Party {
	p := opentrans.Party{
		IDs: append(several(d, d.id), d.id()),
		Address: &opentrans.Address{
			Name: d.maybe(), Name2: d.maybe(), Name3: d.maybe(), Department: d.maybe(), Street: d.maybe(), Zip: d.maybe(),
			City: d.text(), State: d.maybe(), Country: d.maybe(), CountryCode: d.one("", "DE", "CH-ZH"), VATID: d.maybe(),
			TaxNumber: d.maybe(), Phone: d.maybe(), Fax: d.maybe(), Email: d.maybe(), URL: d.maybe(),
			Contacts: several(d, func() opentrans.Contact {
				return opentrans.Contact{
					Name: d.text(), FirstName: d.maybe(), Title: d.maybe(), Phone: d.maybe(), Fax: d.maybe(), Emails: d.texts(),
				}
			}),
		},
	}
	if d.chance() {
		p.Address = nil
	}
	return p
}

func (d draw) tax() opentrans.Tax {
	return opentrans.Tax{Category: d.maybe(), Type: d.text(), Rate: opentrans.Decimal(d.one("", "0.19", "0.07", "0"))}
}

func (d draw) product() opentrans.Product {
	return opentrans.Product{
		SupplierPID: d.text(), LotNumbers: d.texts(), SerialNumbers: d.texts(), InternationalPID: several(d, d.id),
		BuyerPID: several(d, d.id), Description: d.maybe(), LongDescription: d.maybe(),
		Manufacturer: pointer(d, func() opentrans.Manufacturer {
			return opentrans.Manufacturer{ID: d.text(), PID: d.text()}
		}),
	}
}

// line draws a line of a kind, with an amount in cents that fits.
func (d draw) line(kind opentrans.Kind, number int, order string) (opentrans.Line, int) {
	quantity, price := d.n(1000), d.n(100_000)
	l := opentrans.Line{
		ID: strconv.Itoa(number), Product: d.product(), Quantity: opentrans.Decimal(strconv.Itoa(quantity)), Unit: d.text(),
		Remarks: several(d, d.remark), Extensions: several(d, d.extension),
	}
	if kind == opentrans.Delivery || kind == opentrans.Invoice {
		l.Order = pointer(d, func() opentrans.OrderReference {
			return opentrans.OrderReference{OrderID: order, LineID: "1", Date: d.maybeTime()}
		})
		l.SupplierOrder = pointer(d, func() opentrans.SupplierReference {
			return opentrans.SupplierReference{OrderID: d.text(), LineID: d.text()}
		})
	}
	if kind == opentrans.Delivery {
		l.Order = &opentrans.OrderReference{OrderID: order, LineID: "1"}
		l.DeliveryCompleted = pointer(d, d.chance)
		return l, 0
	}
	l.Price = &opentrans.Price{Amount: cents(price), Per: opentrans.Decimal(d.one("", "1")), Taxes: several(d, d.tax)}
	l.Amount = cents(quantity * price)
	if kind == opentrans.Invoice {
		l.Type = d.one("", "order_item")
		l.Delivery = pointer(d, func() opentrans.DeliveryReference {
			return opentrans.DeliveryReference{Number: d.text(), LineID: d.maybe(), Date: pointer(d, d.period)}
		})
		return l, quantity * price
	}
	if d.chance() {
		l.DeliveryDate = pointer(d, d.period)
	} else {
		l.PartialDeliveries = []opentrans.PartialDelivery{{Quantity: l.Quantity, DeliveryDate: pointer(d, d.period)}}
	}
	return l, quantity * price
}

func cents(n int) opentrans.Decimal { return opentrans.Decimal(fmt.Sprintf("%d.%02d", n/100, n%100)) }

func document(d draw, kind opentrans.Kind) opentrans.Document {
	doc := opentrans.Document{
		Kind: kind, Date: d.time(), PlatformOrderID: d.maybe(), TransactionID: d.maybe(), Status: d.maybe(),
		Language: d.one("", "deu"), Generator: d.maybe(), GeneratedAt: d.maybeTime(), DeliveryDate: pointer(d, d.period),
		Remarks: several(d, d.remark), Extensions: several(d, d.extension),
	}
	for _, roles := range [][]string{{"buyer", "invoice_recipient"}, {"supplier"}, {"delivery"}, {"deliverer", "other"}} {
		p := d.party()
		p.Roles = roles
		doc.Parties = append(doc.Parties, p)
	}
	order, sum := d.text(), 0
	for i := range 1 + d.n(3) {
		l, amount := d.line(kind, i, order)
		doc.Lines, sum = append(doc.Lines, l), sum+amount
	}
	doc.Totals = pointer(d, func() opentrans.Totals { return opentrans.Totals{Amount: cents(sum)} })
	if kind != opentrans.Quotation {
		doc.OrderID = order
	}
	if kind != opentrans.Delivery {
		doc.Currency = "EUR"
	}
	switch kind {
	case opentrans.Order:
		doc.Type, doc.CustomerOrderID, doc.PartialAllowed = d.one("", "express"), d.maybe(), pointer(d, d.chance)
	case opentrans.OrderResponse:
		doc.OrderDate, doc.SupplierOrderID = d.maybeTime(), d.maybe()
	case opentrans.Delivery:
		doc.Number, doc.Totals = d.text(), nil
		doc.Shipment = pointer(d, func() opentrans.Shipment {
			return opentrans.Shipment{ID: d.text(), TrackingURL: d.maybe(), Packages: several(d, func() opentrans.Package {
				return opentrans.Package{
					IDs: several(d, d.id), Description: d.text(), Units: d.maybeDecimal(), Count: d.maybeDecimal(), Weight: d.maybeDecimal(),
				}
			})}
		})
	case opentrans.Invoice:
		invoice(d, &doc, sum)
	case opentrans.Quotation:
		doc.Number, doc.ValidFrom, doc.ValidUntil = d.text(), d.maybeTime(), d.maybeTime()
	}
	return doc
}

// invoice draws what invoices alone have, for lines that cost so many cents.
func invoice(d draw, doc *opentrans.Document, sum int) {
	doc.Number, doc.Type, doc.DeliveryNote = d.text(), d.one("", "invoice", "credit_memo"), d.maybe()
	doc.OrderDate, doc.SupplierOrderID = d.maybeTime(), d.maybe()
	extra, freight, rebate, vat := d.n(500), d.n(5000), d.n(2000), d.n(1_000_000)
	doc.Totals = &opentrans.Totals{
		Goods: cents(sum), Extra: cents(extra), Amount: cents(sum + extra + freight + 5000 - rebate + vat),
		Charges: []opentrans.Charge{
			{Kind: "surcharge", Type: "freight", Name: d.maybe(), Description: d.maybe(), Amount: cents(freight + 5000)},
			{Kind: "allowance", Amount: cents(rebate)},
		},
		ChargesAmount: opentrans.Decimal(d.one("", string(cents(freight+5000-rebate)))),
		Taxes:         []opentrans.Tax{{Type: d.maybe(), Rate: "0.19", Amount: cents(vat)}},
	}
}
