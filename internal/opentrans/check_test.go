package opentrans_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/opentrans"
)

// changed reads the sample of a kind, changes it and returns what Check finds, one
// problem a line.
func changed(t *testing.T, kind opentrans.Kind, change func(d *opentrans.Document)) string {
	t.Helper()
	d := mustRead(t, sample(t, strings.ToLower(kind.Root())+".xml"))
	change(&d)
	err := opentrans.Check(d)
	if written := opentrans.Write(io.Discard, d); (err == nil) != (written == nil) {
		t.Errorf("Check says %v, and Write %v", err, written)
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		if err != nil {
			t.Errorf("the error is %v, want a *hook.Error", err)
		}
		return ""
	}
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.Field+": "+p.Reason)
	}
	return strings.Join(lines, "\n")
}

func TestCheckAddsUp(t *testing.T) {
	t.Parallel()
	type document = opentrans.Document
	for name, tt := range map[string]struct {
		kind   opentrans.Kind
		change func(d *document)
		want   string
	}{
		"an order as it is":    {opentrans.Order, func(*document) {}, ""},
		"an invoice as it is":  {opentrans.Invoice, func(*document) {}, ""},
		"no total":             {opentrans.Order, func(d *document) { d.Totals = nil }, ""},
		"a line without price": {opentrans.Order, func(d *document) { d.Lines[0].Price = nil }, ""},
		"a line without amount, so that nobody knows the sum": {opentrans.Order, func(d *document) {
			d.Lines[0].Amount, d.Totals.Amount = "", "1.00"
		}, ""},
		"an amount of a cent less": {opentrans.Order, func(d *document) {
			d.Lines[0].Amount, d.Totals.Amount = "1637.99", "3270.74"
		}, ""},
		"an amount of two cents less": {opentrans.Order, func(d *document) {
			d.Lines[0].Amount, d.Totals.Amount = "1637.98", "3270.73"
		}, "lines[0].amount: it is 1637.98, but 12.0 × 136.5 is 1638.00; correct one of them"},
		"the price of a hundred taken for that of one": {opentrans.Order, func(d *document) {
			d.Lines[1].Amount, d.Totals.Amount = "47475.00", "50271.00"
		}, "lines[1].amount: it is 47475.00, but 250 × 189.90 / 100 is 474.75; correct one of them"},
		"an order's total": {
			opentrans.Order, func(d *document) { d.Totals.Amount = "3270.57" },
			"totals.amount: it is 3270.57, but the lines add up to 3270.75; correct it",
		},
		"a response's total without its charges": {opentrans.OrderResponse, func(d *document) { d.Totals.Amount = "2112.75" }, ""},
		"a response's total": {
			opentrans.OrderResponse, func(d *document) { d.Totals.Amount = "2112.57" },
			"totals.amount: it is 2112.57, but the lines add up to 2112.75; correct it",
		},
		"the sum of charges": {
			opentrans.OrderResponse, func(d *document) { d.Totals.ChargesAmount = "4.80" },
			"totals.chargesAmount: it is 4.80, but the charges add up to 8.40; correct it\n" +
				"totals.amount: it is 2121.15, but the lines add up to 2112.75; correct it",
		},
		"a charge that doesn't say how much it is": {opentrans.OrderResponse, func(d *document) {
			d.Totals.Charges[0].Amount, d.Totals.ChargesAmount, d.Totals.Amount = "", "", "2112.75"
		}, ""},
		"an invoice's goods": {opentrans.Invoice, func(d *document) {
			d.Totals.Goods, d.Totals.Amount = "1891.70", "2242.96"
		}, "totals.goods: it is 1891.70, but the lines add up to 1819.70; correct it"},
		"an invoice's total": {
			opentrans.Invoice, func(d *document) { d.Totals.Amount = "2179.06" },
			"totals.amount: it is 2179.06, but goods, extra value, charges and taxes add up to 2170.96; correct it",
		},
		"an invoice's total without its tax": {
			opentrans.Invoice, func(d *document) { d.Totals.Amount = "1828.10" },
			"totals.amount: it is 1828.10, but goods, extra value, charges and taxes add up to 2170.96; correct it",
		},
		"extra value that is among the lines": {opentrans.Invoice, func(d *document) {
			d.Totals.Goods, d.Totals.Extra = "1782.32", "37.38"
		}, ""},
		"an allowance": {opentrans.Invoice, func(d *document) {
			d.Totals.Charges = append(d.Totals.Charges, opentrans.Charge{Kind: "allowance", Factor: "0.02"})
			d.Totals.ChargesAmount, d.Totals.Amount = "-27.99", "2134.57"
		}, ""},
		"a surcharge taken for an allowance": {
			opentrans.Invoice, func(d *document) { d.Totals.Charges[0].Kind = "allowance" },
			"totals.chargesAmount: it is 8.4, but the charges add up to -8.40; correct it",
		},
		"a tax that was rounded with each line": {opentrans.Invoice, func(d *document) {
			d.Totals.Taxes[0].Amount, d.Totals.Amount = "340.27", "2170.99"
		}, ""},
		"a tax": {opentrans.Invoice, func(d *document) {
			d.Totals.Taxes[1].Amount, d.Totals.Amount = "26.20", "2194.54"
		}, "totals.taxes[1].amount: it is 26.20, but 37.38 × 0.07 is 2.6166; correct one of them"},
		"a tax that doesn't say how much it is": {opentrans.Invoice, func(d *document) {
			d.Totals.Taxes[0].Amount, d.Totals.Amount = "", "1.00"
		}, ""},
		"a credit memo with less than nothing": {opentrans.Invoice, func(d *document) {
			l := d.Lines[2]
			l.Quantity, l.Amount = "-1", "-37.38"
			d.Type, d.Lines = "credit_memo", []opentrans.Line{l}
			d.Totals = &opentrans.Totals{Goods: "-37.38", Amount: "-40.00", Taxes: []opentrans.Tax{{Amount: "-2.62"}}}
		}, ""},
		"the price of another unit": {opentrans.Quotation, func(d *document) { d.Lines[1].Price.Amount = "61.20" }, ""},
		"amounts beyond those of float64": {opentrans.Order, func(d *document) {
			d.Lines = d.Lines[:1]
			d.Lines[0].Quantity, d.Lines[0].Price.Amount = "1", "90071992547409.93"
			d.Lines[0].Amount, d.Totals.Amount = "90071992547409.93", "90071992547409.95"
		}, "totals.amount: it is 90071992547409.95, but the lines add up to 90071992547409.93; correct it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := changed(t, tt.kind, tt.change); got != tt.want {
				t.Errorf("Check says\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestCheckKnowsWhatKindsHave(t *testing.T) {
	t.Parallel()
	type document = opentrans.Document
	withoutRoles := func(d *document) {
		for i := range d.Parties {
			d.Parties[i].Roles = nil
		}
	}
	for name, tt := range map[string]struct {
		kind   opentrans.Kind
		change func(d *document)
		want   string
	}{
		"an order without its ID, date and lines": {
			opentrans.Order, func(d *document) { d.OrderID, d.Date, d.Lines, d.Totals = "", "", nil, nil },
			"date: it is missing; every ORDER has it\norderId: it is missing; every ORDER has it\nlines: it is missing; every ORDER has it",
		},
		"a response with a number": {
			opentrans.OrderResponse, func(d *document) { d.Number = "1" },
			"number: no ORDERRESPONSE has it; leave it out",
		},
		"a delivery without its number": {
			opentrans.Delivery, func(d *document) { d.Number = "" },
			"number: it is missing; every DELIVERY has it",
		},
		"a delivery without its order": {
			opentrans.Delivery, func(d *document) { d.Lines[0].Order = nil },
			"lines[0].order: it is missing; every DELIVERY has it",
		},
		"a delivery of another order": {
			opentrans.Delivery, func(d *document) { d.OrderID = "PO-1" },
			`orderId: it is "PO-1", but the first line is of the order "PO-4500017893"; write the same`,
		},
		"a delivery with prices": {
			opentrans.Delivery, func(d *document) { d.Lines[1].Price = &opentrans.Price{Amount: "1"} },
			"lines[1].price: no DELIVERY has it; leave it out",
		},
		"a delivery with totals": {
			opentrans.Delivery, func(d *document) { d.Totals = &opentrans.Totals{Amount: "1"} },
			"totals: no DELIVERY has it; leave it out",
		},
		"an invoice without totals": {
			opentrans.Invoice, func(d *document) { d.Totals = nil },
			"totals: it is missing; every INVOICE has it",
		},
		"an invoice without taxes": {
			opentrans.Invoice, func(d *document) { d.Totals.Taxes = nil },
			"totals.taxes: it is missing; every INVOICE has it",
		},
		"an invoice of no order": {opentrans.Invoice, func(d *document) {
			d.OrderID, d.PlatformOrderID, d.SupplierOrderID, d.OrderDate, d.Lines[0].Order = "", "", "", "", nil
		}, ""},
		"an invoice with the platform's ID alone": {
			opentrans.Invoice, func(d *document) { d.OrderID = "" },
			"orderId: it is missing, though there is more about the order; add it",
		},
		"an invoice of another type": {
			opentrans.Invoice, func(d *document) { d.Type = "credit_memos" },
			`type: "credit_memos" is not known there (did you mean credit_memo?); write one of invoice, invoice_copy, credit_memo, advice_of_amendment`,
		},
		"a quotation without its currency": {
			opentrans.Quotation, func(d *document) { d.Currency = "" },
			"currency: it is missing; every QUOTATION has it",
		},
		"a quotation with shipment": {
			opentrans.Quotation, func(d *document) { d.Shipment = &opentrans.Shipment{ID: "1"} },
			"shipment: no QUOTATION has it; leave it out",
		},
		"an order without roles": {
			opentrans.Order, withoutRoles,
			"parties: none has the role buyer; add it to the one that has it\nparties: none has the role supplier; add it to the one that has it",
		},
		"a delivery without roles": {
			opentrans.Delivery, withoutRoles,
			"parties: none has the role supplier; add it to the one that has it\nparties: none has the role delivery or buyer; add it to the one that has it",
		},
		"an invoice without roles": {
			opentrans.Invoice, withoutRoles,
			"parties: none has the role invoice_issuer or supplier; add it to the one that has it\n" +
				"parties: none has the role invoice_recipient or buyer; add it to the one that has it",
		},
		"a party without an ID": {
			opentrans.Order, func(d *document) { d.Parties[1].IDs = nil },
			"parties[1].ids: it is missing; add it",
		},
		"a number that is none": {
			opentrans.Order, func(d *document) { d.Lines[0].Quantity = "12,0" },
			`lines[0].quantity: "12,0" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a number that is written otherwise": {
			opentrans.Order, func(d *document) { d.Lines[0].Quantity = "+12" },
			`lines[0].quantity: "+12" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"white space around a text": {
			opentrans.Order, func(d *document) { d.OrderID += "\n" },
			"orderId: there is white space around it; take it out",
		},
		"a text that is not UTF-8": {
			opentrans.Order, func(d *document) { d.Remarks[1].Text = "M\xfcller" },
			"remarks[1].text: it is not UTF-8; send it in UTF-8",
		},
		"a text with a null": {
			opentrans.Order, func(d *document) { d.Remarks[1].Text = "a\x00b" },
			"remarks[1].text: there is a character in it that XML can't have; take it out",
		},
		"a text in several lines": {opentrans.Order, func(d *document) { d.Remarks[1].Text = "a\r\n\tb" }, ""},
		"an empty part": {
			opentrans.Order, func(d *document) { d.Lines[0].Product.SerialNumbers = []string{"1", ""} },
			"lines[0].product.serialNumbers[1]: it is empty; leave it out",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := changed(t, tt.kind, tt.change); got != tt.want {
				t.Errorf("Check says\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestCheckTellsOfTwentyProblemsAtMost(t *testing.T) {
	t.Parallel()
	got := changed(t, opentrans.Order, func(d *opentrans.Document) {
		d.Lines = make([]opentrans.Line, 1000)
	})
	if n := strings.Count(got, "\n") + 1; n != 20 {
		t.Errorf("Check tells of %d problems, want 20", n)
	}
}
