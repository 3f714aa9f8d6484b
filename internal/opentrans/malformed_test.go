package opentrans_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/opentrans"
)

// small is a valid order; the tests below change one thing in it.
const small = `<?xml version="1.0"?>
<ORDER xmlns="http://www.opentrans.org/XMLSchema/2.1" xmlns:bme="http://www.bmecat.org/bmecat/2005" version="2.1" type="standard">
<ORDER_HEADER>
<ORDER_INFO>
<ORDER_ID>4711</ORDER_ID>
<ORDER_DATE>2026-11-20</ORDER_DATE>
<PARTIES>
<PARTY><bme:PARTY_ID>K1</bme:PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE></PARTY>
<PARTY><bme:PARTY_ID>L1</bme:PARTY_ID><PARTY_ROLE>supplier</PARTY_ROLE></PARTY>
</PARTIES>
<bme:CURRENCY>EUR</bme:CURRENCY>
</ORDER_INFO>
</ORDER_HEADER>
<ORDER_ITEM_LIST>
<ORDER_ITEM>
<LINE_ITEM_ID>1</LINE_ITEM_ID>
<PRODUCT_ID><bme:SUPPLIER_PID>A-1</bme:SUPPLIER_PID></PRODUCT_ID>
<QUANTITY>2</QUANTITY>
<bme:ORDER_UNIT>C62</bme:ORDER_UNIT>
<PRODUCT_PRICE_FIX><bme:PRICE_AMOUNT>9.90</bme:PRICE_AMOUNT></PRODUCT_PRICE_FIX>
<PRICE_LINE_AMOUNT>19.80</PRICE_LINE_AMOUNT>
</ORDER_ITEM>
<ORDER_ITEM>
<LINE_ITEM_ID>2</LINE_ITEM_ID>
<PRODUCT_ID><bme:SUPPLIER_PID>B-2</bme:SUPPLIER_PID></PRODUCT_ID>
<QUANTITY>1</QUANTITY>
<bme:ORDER_UNIT>C62</bme:ORDER_UNIT>
<PRICE_LINE_AMOUNT>5.00</PRICE_LINE_AMOUNT>
</ORDER_ITEM>
</ORDER_ITEM_LIST>
<ORDER_SUMMARY>
<TOTAL_ITEM_NUM>2</TOTAL_ITEM_NUM>
<TOTAL_AMOUNT>24.80</TOTAL_AMOUNT>
</ORDER_SUMMARY>
</ORDER>
`

type malformed struct {
	old, new string // what is changed in small; all of it if old is empty
	field    string // that the problem is about
	reason   string // exactly
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, tt := range malformedXML() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := tt.new
			if tt.old != "" {
				if !strings.Contains(small, tt.old) {
					t.Fatalf("%q is not in the document", tt.old)
				}
				in = strings.Replace(small, tt.old, tt.new, 1)
			}
			d, err := opentrans.Read(strings.NewReader(in), opentrans.Limits{Bytes: 100_000, Text: 2_000, Lines: 5, Depth: 12})
			wantProblem(t, err, tt.field, tt.reason)
			if d.Kind != "" {
				t.Errorf("a document was returned with the error: %+v", d)
			}
		})
	}
	if d, err := opentrans.Read(strings.NewReader(small), opentrans.Limits{}); err != nil || d.OrderID != "4711" {
		t.Errorf("the unchanged document: %+v, %v", d, err)
	}
}

// wantProblem expects an error with exactly one problem.
func wantProblem(t *testing.T, err error, field, reason string) {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	switch {
	case !ok:
		t.Fatalf("the error is %v, want a *hook.Error", err)
	case e.Fault != hook.Invalid || len(e.Problems) != 1:
		t.Fatalf("the error is %s %v, want one problem, %s: %s", e.Fault, err, field, reason)
	case e.Problems[0].Field != field || e.Problems[0].Reason != reason:
		t.Errorf("the problem is\n%s: %s\nwant\n%s: %s", e.Problems[0].Field, e.Problems[0].Reason, field, reason)
	}
}

func malformedXML() map[string]malformed {
	root := between("<ORDER ", ">")
	return map[string]malformed{
		"nothing": {
			"", "",
			"",
			"line 1, column 1: the document is empty; send XML that begins with <ORDER …> or another document of openTRANS 2.1",
		},
		"white space only": {
			"", " \n\t ",
			"",
			"line 2, column 3: the document is empty; send XML that begins with <ORDER …> or another document of openTRANS 2.1",
		},
		"a sentence": {
			"", "Please send 2 monitors.",
			"",
			`line 1, column 1: the document begins with "Please send 2 monitors.", not with an element; send XML that begins with <ORDER …> or another document of openTRANS 2.1`,
		},
		"JSON": {
			"", `{"kind":"ORDER"}`,
			"",
			`line 1, column 1: the document begins with "{\"kind\":\"ORDER\"}", not with an element; send XML that begins with <ORDER …> or another document of openTRANS 2.1`,
		},
		"an EDIFACT message": {
			"", "UNA:+.? 'UNB+UNOC:3+4012345000009:14'",
			"",
			`line 1, column 1: the document begins with "UNA:+.? 'UNB+UNOC:3+4012345000009:14'", not with an element; send XML that begins with <ORDER …> or another document of openTRANS 2.1`,
		},
		"UTF-16": {
			"", "\xff\xfe<\x00O\x00",
			"",
			"line 1, column 1: the document is in UTF-16 or UTF-32, or it is no text at all; send it in UTF-8",
		},
		"UTF-16 without a mark": {
			"", "\x00<\x00O",
			"",
			"line 1, column 1: the document is in UTF-16 or UTF-32, or it is no text at all; send it in UTF-8",
		},
		"another encoding": {
			`<?xml version="1.0"?>`, `<?xml version="1.0" encoding="windows-1252"?>`,
			"",
			`line 1, column 46: the encoding "windows-1252" is not read; send the document in UTF-8`,
		},
		"an encoding that isn't true": {
			`<?xml version="1.0"?>`, `<?xml version="1.0" encoding="US-ASCII"?><!--ü-->`,
			"",
			"line 1, column 46: there is a character that is not ASCII, though the document says that it is; send it in UTF-8",
		},
		"Latin-1 that is called UTF-8": {
			"4711", "M\xfcller",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 5, column 17: it is not well-formed XML (invalid UTF-8); correct what wrote it",
		},
		"XML 1.1": {
			`<?xml version="1.0"?>`, `<?xml version="1.1"?>`,
			"",
			`line 1, column 22: it is not XML 1.0 (unsupported version "1.1"; only version 1.0 is supported); correct what wrote it`,
		},
		"an entity bomb": {
			`<?xml version="1.0"?>`, `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>`,
			"",
			"line 1, column 1: there is a document type declaration (<!DOCTYPE …>), which could define entities and name other files; take it out",
		},
		"an external entity": {
			`<?xml version="1.0"?>`, `<!DOCTYPE ORDER [<!ENTITY x SYSTEM "file:///etc/passwd">]>`,
			"",
			"line 1, column 1: there is a document type declaration (<!DOCTYPE …>), which could define entities and name other files; take it out",
		},
		"an external DTD": {
			`<?xml version="1.0"?>`, `<!DOCTYPE ORDER SYSTEM "https://evil.example/order.dtd">`,
			"",
			"line 1, column 1: there is a document type declaration (<!DOCTYPE …>), which could define entities and name other files; take it out",
		},
		"a declaration inside": {
			"<PARTIES>", `<!ENTITY x "y"><PARTIES>`,
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 7, column 1: there is a document type declaration (<!ENTITY …>), which could define entities and name other files; take it out",
		},
		"a declaration with a long name": {
			"<PARTIES>", "<!" + strings.Repeat("x", 1000) + "><PARTIES>",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 7, column 1: there is a document type declaration (<!XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX …>), which could define entities and name other files; take it out",
		},
		"an extension with a long name": {
			"</ORDER_INFO>", "<HEADER_UDX><UDX." + strings.Repeat("x", 1000) + ">1</UDX." + strings.Repeat("x", 1000) + "></HEADER_UDX></ORDER_INFO>",
			"extensions[0].name",
			`line 3, column 1: "UDX.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is no name of an extension; begin it with UDX. and go on with letters, digits, points, hyphens and underscores`,
		},
		"an unknown entity": {
			"4711", "4711&nbsp;",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			`line 5, column 21: the entity "&nbsp;" is not defined in XML; write the character itself`,
		},
		"deep nesting": {
			"<PARTIES>", strings.Repeat("<A>", 20),
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 7, column 28: elements are nested deeper than 12, which no document of openTRANS needs; send the document itself",
		},
		"deep nesting of what is known": {
			"", root + strings.Repeat("<ORDER_HEADER>", 20),
			"ORDER/ORDER_HEADER",
			"line 1, column 285: elements are nested deeper than 12, which no document of openTRANS needs; send the document itself",
		},
		"too many lines": {
			"<ORDER_ITEM_LIST>", "<ORDER_ITEM_LIST>" + strings.Repeat(between("<ORDER_ITEM>", "</ORDER_ITEM>"), 5),
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[6]",
			"line 50, column 1: there are more than 5; send them in several documents",
		},
		"a long text": {
			"4711", strings.Repeat("4", 3000),
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 5, column 2011: a text, tag or comment is longer than 2000 bytes; shorten it, and send files as documents of their own",
		},
		"a long comment": {
			"<PARTIES>", "<!--" + strings.Repeat("x", 3000) + "--><PARTIES>",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 7, column 2002: a text, tag or comment is longer than 2000 bytes; shorten it, and send files as documents of their own",
		},
		"a long text in pieces": {
			"4711", strings.Repeat("4", 1500) + "<!-- -->" + strings.Repeat("4", 1500),
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_ID",
			"line 5, column 1: its text is longer than 2000 bytes; shorten it",
		},
		"a long ID": {
			"4711", strings.Repeat("ü", 251),
			"orderId",
			"line 3, column 1: it has 251 characters, and can have 250; shorten it",
		},
		"cut off": {
			"", small[:600],
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/PRODUCT_ID",
			"line 17, column 55: the document ends in the middle; send all of it",
		},
		"a tag that isn't closed": {
			"</PARTIES>", "",
			"ORDER/ORDER_HEADER/ORDER_INFO/PARTIES",
			"line 12, column 14: it is not well-formed XML (element <PARTIES> closed by </ORDER_INFO>); correct what wrote it",
		},
		"an attribute without quotes": {
			`version="2.1"`, `version=2.1`,
			"",
			"line 2, column 110: it is not well-formed XML (unquoted or missing attribute value in element); correct what wrote it",
		},
		"a bare ampersand": {
			"A-1", "A&B",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/PRODUCT_ID",
			`line 17, column 34: there is a bare & ("&B"); write &amp; for it`,
		},
		"a name that is none": {
			"<PARTIES>", "<\xb8>",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 7, column 3: it is not well-formed XML (invalid XML name: \uFFFD); correct what wrote it",
		},
		"a control character": {
			"4711", "47\x0111",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 5, column 16: it is not well-formed XML (illegal character code U+0001); correct what wrote it",
		},
		"no namespace": {
			` xmlns="http://www.opentrans.org/XMLSchema/2.1"`, "",
			"ORDER",
			`line 2, column 1: it is in no namespace; write <ORDER xmlns="http://www.opentrans.org/XMLSchema/2.1" …>`,
		},
		"the namespace of openTRANS 1.0": {
			"/XMLSchema/2.1", "/XMLSchema/1.0",
			"ORDER",
			`line 2, column 1: it is in the namespace "http://www.opentrans.org/XMLSchema/1.0"; only openTRANS 2.1 is read, xmlns="http://www.opentrans.org/XMLSchema/2.1"`,
		},
		"version 1.0": {
			`version="2.1"`, `version="1.0"`,
			"ORDER",
			`line 2, column 1: the version is "1.0"; only openTRANS 2.1 is read, version="2.1"`,
		},
		"no version": {
			` version="2.1"`, ``,
			"ORDER",
			`line 2, column 1: the attribute version is missing; write version="2.1"`,
		},
		"no type": {
			` type="standard"`, ``,
			"ORDER",
			`line 2, column 1: the attribute type is missing; write type="standard"`,
		},
		"an unknown type": {
			`type="standard"`, `type="expres"`,
			"type",
			`line 3, column 1: "expres" is not known there (did you mean express?); write one of standard, express, release, consignment`,
		},
		"another document": {
			"", `<RFQ xmlns="http://www.opentrans.org/XMLSchema/2.1" version="2.1"/>`,
			"RFQ",
			`line 1, column 1: "RFQ" is not a document that is read; send ORDER, ORDERRESPONSE, DISPATCHNOTIFICATION, INVOICE or QUOTATION`,
		},
		"a misspelt root": {
			"", `<ORDER_RESPONSE xmlns="http://www.opentrans.org/XMLSchema/2.1" version="2.1"/>`,
			"ORDER_RESPONSE",
			`line 1, column 1: "ORDER_RESPONSE" is not a document that is read (did you mean ORDERRESPONSE?); send ORDER, ORDERRESPONSE, DISPATCHNOTIFICATION, INVOICE or QUOTATION`,
		},
		"two documents": {
			"</ORDER>\n", "</ORDER>\n<ORDER/>",
			"",
			"line 36, column 1: there is more after the end of the document; send one document at a time",
		},
		"text after the end": {
			"</ORDER>\n", "</ORDER>\nthanks",
			"",
			"line 35, column 9: there is more after the end of the document; send one document at a time",
		},
		"a leaf of BMEcat without its prefix": {
			"<bme:CURRENCY>EUR</bme:CURRENCY>", "<CURRENCY>EUR</CURRENCY>",
			"ORDER/ORDER_HEADER/ORDER_INFO/CURRENCY",
			`line 11, column 1: it is in the namespace "http://www.opentrans.org/XMLSchema/2.1", and belongs to http://www.bmecat.org/bmecat/2005; write <bme:CURRENCY> with xmlns:bme="http://www.bmecat.org/bmecat/2005"`,
		},
		"an element with a prefix too many": {
			"<ORDER_ID>4711</ORDER_ID>", "<bme:ORDER_ID>4711</bme:ORDER_ID>",
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_ID",
			`line 5, column 1: it is in the namespace "http://www.bmecat.org/bmecat/2005", and belongs to http://www.opentrans.org/XMLSchema/2.1; write <ORDER_ID>`,
		},
		"a prefix that isn't declared": {
			"<bme:CURRENCY>EUR</bme:CURRENCY>", "<bmx:CURRENCY>EUR</bmx:CURRENCY>",
			"ORDER/ORDER_HEADER/ORDER_INFO/CURRENCY",
			`line 11, column 1: the prefix "bmx" is not declared; write <bme:CURRENCY> with xmlns:bme="http://www.bmecat.org/bmecat/2005"`,
		},
		"an element of no namespace": {
			"<bme:CURRENCY>EUR</bme:CURRENCY>", `<CURRENCY xmlns="">EUR</CURRENCY>`,
			"ORDER/ORDER_HEADER/ORDER_INFO/CURRENCY",
			`line 11, column 1: it is in no namespace, and belongs to http://www.bmecat.org/bmecat/2005; write <bme:CURRENCY> with xmlns:bme="http://www.bmecat.org/bmecat/2005"`,
		},
		"no order ID": {
			"<ORDER_ID>4711</ORDER_ID>", "",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 4, column 1: ORDER_ID is missing or empty; add it, in the namespace http://www.opentrans.org/XMLSchema/2.1",
		},
		"an empty order ID": {
			"4711", "  ",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			"line 4, column 1: ORDER_ID is missing or empty; add it, in the namespace http://www.opentrans.org/XMLSchema/2.1",
		},
		"two order IDs": {
			"<ORDER_DATE>", "<ORDER_ID>4712</ORDER_ID><ORDER_DATE>",
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_ID",
			"line 6, column 1: it is there twice; leave only one",
		},
		"no unit": {
			"<bme:ORDER_UNIT>C62</bme:ORDER_UNIT>", "",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]",
			"line 15, column 1: ORDER_UNIT is missing or empty; add it, in the namespace http://www.bmecat.org/bmecat/2005",
		},
		"no summary": {
			between("<ORDER_SUMMARY>", "</ORDER_SUMMARY>"), "",
			"ORDER",
			"line 2, column 1: ORDER_SUMMARY is missing or empty; add it, in the namespace http://www.opentrans.org/XMLSchema/2.1",
		},
		"no lines": {
			between("<ORDER_ITEM_LIST>", "</ORDER_ITEM_LIST>"), "<ORDER_ITEM_LIST/>",
			"ORDER/ORDER_ITEM_LIST",
			"line 14, column 1: ORDER_ITEM is missing or empty; add it, in the namespace http://www.opentrans.org/XMLSchema/2.1",
		},
		"text between elements": {
			"<PARTIES>", "lines:<PARTIES>",
			"ORDER/ORDER_HEADER/ORDER_INFO",
			`line 7, column 1: there is the text "lines:" between elements; put it into an element, or take it out`,
		},
		"an element in a text": {
			"4711", "<b>4711</b>",
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_ID",
			`line 5, column 1: it holds the element "b", but can only hold text`,
		},
		"a quantity in words": {
			"<QUANTITY>2<", "<QUANTITY>two<",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/QUANTITY",
			`line 18, column 1: "two" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a decimal comma": {
			"9.90", "9,90",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/PRODUCT_PRICE_FIX/PRICE_AMOUNT",
			`line 20, column 20: "9,90" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a number with too many digits": {
			"9.90", "9.9012345678901",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/PRODUCT_PRICE_FIX/PRICE_AMOUNT",
			`line 20, column 20: "9.9012345678901" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"not a number": {
			"9.90", "NaN",
			"ORDER/ORDER_ITEM_LIST/ORDER_ITEM[1]/PRODUCT_PRICE_FIX/PRICE_AMOUNT",
			`line 20, column 20: "NaN" is not a number; write at most 18 digits and, after a point, 12, such as 12.50`,
		},
		"a German date": {
			"2026-11-20", "20.11.2026",
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_DATE",
			`line 6, column 1: "20.11.2026" is not a time; write it as 2026-11-22 or 2026-11-22T09:30:15, if you like with an offset such as +01:00`,
		},
		"a day that isn't": {
			"2026-11-20", "2026-02-29",
			"ORDER/ORDER_HEADER/ORDER_INFO/ORDER_DATE",
			`line 6, column 1: "2026-02-29" is not a time; write it as 2026-11-22 or 2026-11-22T09:30:15, if you like with an offset such as +01:00`,
		},
		"a count in words": {
			"<TOTAL_ITEM_NUM>2<", "<TOTAL_ITEM_NUM>two<",
			"ORDER/ORDER_SUMMARY/TOTAL_ITEM_NUM",
			`line 32, column 1: "two" is not a whole number; write digits only, such as 3`,
		},
		"a wrong count": {
			"<TOTAL_ITEM_NUM>2<", "<TOTAL_ITEM_NUM>3<",
			"ORDER/ORDER_SUMMARY/TOTAL_ITEM_NUM",
			"line 31, column 1: it says that there are 3 items, and there are 2; correct it, or send all items",
		},
		"a wrong total": {
			"24.80", "28.40",
			"totals.amount",
			"line 31, column 1: it is 28.40, but the lines add up to 24.80; correct it",
		},
		"a wrong line amount": {
			"<QUANTITY>2<", "<QUANTITY>3<",
			"lines[0].amount",
			"line 15, column 1: it is 19.80, but 3 × 9.90 is 29.70; correct one of them",
		},
		"a negative quantity": {
			"<QUANTITY>1<", "<QUANTITY>-1<",
			"lines[1].quantity",
			"line 23, column 1: -1 is less than 0; write how many units",
		},
		"an unknown role": {
			"supplier<", "suplier<",
			"parties[1].roles[0]",
			`line 9, column 1: "suplier" is not known there (did you mean supplier?); write one of buyer, supplier, delivery, invoice_recipient, invoice_issuer, final_delivery, deliverer, central_regulator, customer, document_creator, intermediary, ipp_operator, manufacturer, marketplace, payer, remittee, standardization_body, trustedthirdparty, other`,
		},
		"no buyer": {
			">buyer<", ">payer<",
			"parties",
			"line 3, column 1: none has the role buyer; add it to the one that has it",
		},
		"a currency that is none": {
			"EUR", "Euro",
			"currency",
			`line 3, column 1: "Euro" is no currency; write its three letters, such as EUR`,
		},
		"a line ID twice": {
			"<LINE_ITEM_ID>2<", "<LINE_ITEM_ID>1<",
			"lines[1].id",
			`line 23, column 1: "1" is the ID of lines[0] too; give each line its own`,
		},
		"a line without a product": {
			"<bme:SUPPLIER_PID>B-2</bme:SUPPLIER_PID>", "",
			"lines[1].product",
			"line 23, column 1: it is missing; every ORDER has it",
		},
		"a flag that is none": {
			"</ORDER_INFO>", "<PARTIAL_SHIPMENT_ALLOWED>ja</PARTIAL_SHIPMENT_ALLOWED></ORDER_INFO>",
			"ORDER/ORDER_HEADER/ORDER_INFO/PARTIAL_SHIPMENT_ALLOWED",
			`line 12, column 1: "ja" is neither true nor false; write one of them`,
		},
	}
}

// between returns the first part of small that begins and ends so.
func between(from, to string) string {
	s := small[strings.Index(small, from):]
	return s[:strings.Index(s, to)+len(to)]
}
