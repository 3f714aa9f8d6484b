package opentrans_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/opentrans"
)

// smallJSON is what small says.
const smallJSON = `{"kind": "ORDER", "orderId": "4711", "date": "2026-11-20", "currency": "EUR",
"parties": [{"roles": ["buyer"], "ids": [{"value": "K1"}]}, {"roles": ["supplier"], "ids": [{"value": "L1"}]}],
"lines": [{"id": "1", "product": {"supplierPid": "A-1"}, "quantity": 2, "unit": "C62", "price": {"amount": 9.90}, "amount": "19.80"},
{"id": "2", "product": {"supplierPid": "B-2"}, "quantity": "1", "unit": "C62", "amount": 5.00}],
"totals": {"amount": 24.80}}`

type malformedText struct{ in, field, reason string }

func TestReadJSON(t *testing.T) {
	t.Parallel()
	d, err := opentrans.ReadJSON(strings.NewReader(smallJSON), opentrans.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := mustRead(t, []byte(small))
	if got, want := string(mustWrite(t, d)), string(mustWrite(t, want)); got != want {
		t.Errorf("the JSON form of a document is another one:\n%s\nwant\n%s", got, want)
	}
}

func TestReadJSONTakesNothingForNull(t *testing.T) {
	t.Parallel()
	in := strings.Replace(smallJSON, `"currency": "EUR"`,
		`"currency": " EUR\n", "type": "standard", "status": null, "remarks": [], "shipment": {}, "language": "", "deliveryDate": null`, 1)
	d, err := opentrans.ReadJSON(strings.NewReader(in), opentrans.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(mustWrite(t, d)), string(mustWrite(t, mustRead(t, []byte(small)))); got != want {
		t.Errorf("what is empty is in the document:\n%s\nwant\n%s", got, want)
	}
}

func TestMalformedJSON(t *testing.T) {
	t.Parallel()
	for name, tt := range malformedJSON() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := opentrans.ReadJSON(strings.NewReader(tt.in), opentrans.Limits{Bytes: 100_000, Text: 2_000, Lines: 5})
			wantProblem(t, err, tt.field, tt.reason)
		})
	}
}

func malformedJSON() map[string]malformedText {
	with := func(old, replacement string) string {
		if !strings.Contains(smallJSON, old) {
			panic(old + " is not in the document")
		}
		return strings.Replace(smallJSON, old, replacement, 1)
	}
	return map[string]malformedText{
		"nothing": {
			"",
			"",
			"the document is empty; send a JSON object",
		},
		"XML": {
			"<ORDER/>",
			"",
			"it is not JSON, at byte 1 (invalid character '<' looking for beginning of value); correct what wrote it",
		},
		"a list": {
			"[]",
			"",
			"it is a list; write an object, in braces",
		},
		"null": {
			"null",
			"",
			"it is null; write an object, in braces",
		},
		"cut off": {
			smallJSON[:300],
			"lines[0].price",
			"the document ends in the middle; send all of it",
		},
		"cut off between fields": {
			`{"kind": "ORDER",`,
			"",
			"the document ends in the middle; send all of it",
		},
		"two documents": {
			smallJSON + smallJSON,
			"",
			"there is more after the end of the document; send one document at a time",
		},
		"a bracket too many": {
			smallJSON + "]",
			"",
			"it is not JSON, at byte 449 (invalid character ']' looking for beginning of value); correct what wrote it",
		},
		"no comma": {
			with(`"4711",`, `"4711"`),
			"",
			`it is not JSON, at byte 36 (invalid character '"' after object key:value pair); correct what wrote it`,
		},
		"a misspelt field": {
			with(`"orderId"`, `"orderID"`),
			"orderID",
			"there is no such field (did you mean orderId?); leave it out",
		},
		"an unknown field": {
			with(`"orderId"`, `"priority": 1, "orderId"`),
			"priority",
			"there is no such field; leave it out",
		},
		"a misspelt field in a line": {
			with(`"unit"`, `"units"`),
			"lines[0].units",
			"there is no such field (did you mean unit?); leave it out",
		},
		"a field twice": {
			with(`"orderId": "4711"`, `"orderId": "4711", "orderId": "4712"`),
			"orderId",
			"it is there twice; leave only one",
		},
		"a number for a text": {
			with(`"4711"`, `4711`),
			"orderId",
			"it is a number; write a text, in quotes",
		},
		"a text for a list": {
			with(`["buyer"]`, `"buyer"`),
			"parties[0].roles",
			"it is a text; write a list, in brackets",
		},
		"a list for an object": {
			with(`{"amount": 24.80}`, `[24.80]`),
			"totals",
			"it is a list; write an object, in braces",
		},
		"an object for a number": {
			with(`24.80`, `{"eur": 24.80}`),
			"totals.amount",
			"it is an object; write a number",
		},
		"a text for a flag": {
			with(`"currency"`, `"partialAllowed": "yes", "currency"`),
			"partialAllowed",
			"it is a text; write true or false",
		},
		"true for a number": {
			with(`24.80`, `true`),
			"totals.amount",
			"it is true or false; write a number",
		},
		"a number in words": {
			with(`"quantity": 2`, `"quantity": "two"`),
			"lines[0].quantity",
			`"two" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a number with a large exponent": {
			with(`"quantity": 2`, `"quantity": 2e400`),
			"lines[0].quantity",
			`"2e400" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a German date": {
			with(`2026-11-20`, `20.11.2026`),
			"date",
			`"20.11.2026" is not a time; write it as 2026-11-22 or 2026-11-22T09:30:15, if you like with an offset such as +01:00`,
		},
		"no kind": {
			with(`"kind": "ORDER", `, ``),
			"kind",
			"it is missing; write ORDER, ORDERRESPONSE, DELIVERY, INVOICE or QUOTATION",
		},
		"the name of the root element": {
			with(`"kind": "ORDER"`, `"kind": "DISPATCHNOTIFICATION"`),
			"kind",
			`"DISPATCHNOTIFICATION" is not a kind of document; write DELIVERY`,
		},
		"an unknown kind": {
			with(`"kind": "ORDER"`, `"kind": "ORDERRESPONS"`),
			"kind",
			`"ORDERRESPONS" is not a kind of document (did you mean ORDERRESPONSE?); write ORDER, ORDERRESPONSE, DELIVERY, INVOICE or QUOTATION`,
		},
		"a field of another kind": {
			with(`"currency"`, `"number": "1", "currency"`),
			"number",
			"no ORDER has it; leave it out",
		},
		"a total of another kind": {
			with(`{"amount": 24.80}`, `{"goods": 24.80}`),
			"totals.goods",
			"no ORDER has it; leave it out",
		},
		"no product": {
			with(`"product": {"supplierPid": "A-1"}, `, ``),
			"lines[0].product",
			"it is missing; every ORDER has it",
		},
		"a price without its amount": {
			with(`"price": {"amount": 9.90}`, `"price": {"per": 1}`),
			"lines[0].price.amount",
			"it is missing; add it",
		},
		"too many lines": {
			with(`"lines": [`, `"lines": [`+strings.Repeat(`{},`, 5)),
			"lines[5]",
			"there are more than 5; send them in several documents",
		},
		"a long text": {
			with(`4711`, strings.Repeat("4", 3000)),
			"orderId",
			"a text or a run of white space is longer than 2000 bytes; shorten it, and send files as documents of their own",
		},
		"a character that XML hasn't": {
			with(`4711`, `47\u000011`),
			"orderId",
			"there is a character in it that XML can't have; take it out",
		},
		"a long ID": {
			with(`4711`, strings.Repeat("ü", 251)),
			"orderId",
			"it has 251 characters, and can have 250; shorten it",
		},
		"white space for ever": {
			strings.Repeat(" ", 5000),
			"",
			"a text or a run of white space is longer than 2000 bytes; shorten it, and send files as documents of their own",
		},
		"a reserved extension": {
			with(`"currency"`, `"extensions": [{"name": "UDX.WAYBILL.STATUS", "value": "SENT"}], "currency"`),
			"extensions",
			"UDX.WAYBILL.STATUS has a field of its own; write platformOrderId, transactionId or status",
		},
		"an extension with a wrong name": {
			with(`"currency"`, `"extensions": [{"name": "STATUS", "value": "SENT"}], "currency"`),
			"extensions[0].name",
			`"STATUS" is no name of an extension; begin it with UDX. and go on with letters, digits, points, hyphens and underscores`,
		},
		"two delivery dates": {
			with(`"amount": "19.80"`, `"amount": "19.80", "deliveryDate": {"start": "2026-11-24", "end": "2026-11-24"}, "partialDeliveries": [{"quantity": 1}]`),
			"lines[0].partialDeliveries",
			"there is a deliveryDate too; leave one of them out",
		},
		"parts that are more than the line": {
			with(`"amount": "19.80"`, `"amount": "19.80", "partialDeliveries": [{"quantity": 1.5}, {"quantity": 1}]`),
			"lines[0].partialDeliveries",
			"they add up to 2.50, but the line's quantity is 2; correct one of them",
		},
		"a price for no units": {
			with(`{"amount": 9.90}`, `{"amount": 9.90, "per": 0}`),
			"lines[0].price.per",
			"0 is not more than 0; write how many units the price is for",
		},
		"a country with three letters": {
			with(`"ids": [{"value": "K1"}]`, `"ids": [{"value": "K1"}], "address": {"countryCode": "DEU"}`),
			"parties[0].address.countryCode",
			`"DEU" is no country; write its two letters, such as DE`,
		},
		"a language with two letters": {
			with(`"currency"`, `"language": "de", "currency"`),
			"language",
			`"de" is no language; write its three letters, such as deu`,
		},
	}
}
