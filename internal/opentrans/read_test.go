package opentrans_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/opentrans"
)

// TestReadTakesWhatMeansTheSame changes how small is written, and not what it says.
func TestReadTakesWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	latin := func(s string) string {
		var b []byte
		for _, r := range s {
			b = append(b, byte(r))
		}
		return string(b)
	}
	named := strings.Replace(small, "<bme:PARTY_ID>K1</bme:PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE>",
		"<bme:PARTY_ID>K1</bme:PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE><ADDRESS><bme:NAME>Größmann</bme:NAME></ADDRESS>", 1)
	want, wantNamed := mustRead(t, []byte(small)), mustRead(t, []byte(named))
	for name, tt := range map[string]struct {
		in   string
		want opentrans.Document
	}{
		"no declaration":             {strings.Replace(small, `<?xml version="1.0"?>`, "", 1), want},
		"a byte order mark":          {"\xef\xbb\xbf" + small, want},
		"carriage returns":           {strings.ReplaceAll(small, "\n", "\r\n"), want},
		"all in one line":            {strings.ReplaceAll(small, "\n", ""), want},
		"a style sheet":              {strings.Replace(small, "?>", `?><?xml-stylesheet href="order.xsl"?>`, 1), want},
		"comments everywhere":        {strings.ReplaceAll(small, "<", "<!-- <x> & --><")[len("<!-- <x> & -->"):], want},
		"comments after the end":     {small + "<!-- thanks -->\n<?done?>\n", want},
		"CDATA":                      {strings.Replace(small, "4711", "<![CDATA[47]]>11", 1), want},
		"characters by number":       {strings.Replace(small, "4711", "&#52;&#x37;11", 1), want},
		"another prefix":             {strings.NewReplacer("bme:", "katalog:", ":bme=", ":katalog=").Replace(small), want},
		"prefixes for openTRANS":     {prefixed(small), want},
		"another prefix inside":      {strings.Replace(small, "<bme:CURRENCY>EUR</bme:CURRENCY>", `<b:CURRENCY xmlns:b="http://www.bmecat.org/bmecat/2005">EUR</b:CURRENCY>`, 1), want},
		"the namespace anew":         {strings.Replace(small, "<bme:CURRENCY>EUR</bme:CURRENCY>", `<CURRENCY xmlns="http://www.bmecat.org/bmecat/2005">EUR</CURRENCY>`, 1), want},
		"unknown elements":           {strings.Replace(small, "<PARTIES>", "<MIME_INFO><MIME><ORDER_ID>1</ORDER_ID></MIME></MIME_INFO><x:Y xmlns:x='urn:x'>z<PARTIES/></x:Y><PARTIES>", 1), want},
		"unknown attributes":         {strings.Replace(small, "<ORDER_ID>", `<ORDER_ID a="b" bme:type="c" xml:lang="de">`, 1), want},
		"elements out of order":      {strings.Replace(strings.Replace(small, "<bme:CURRENCY>EUR</bme:CURRENCY>\n", "", 1), "<ORDER_ID>", "<bme:CURRENCY>EUR</bme:CURRENCY><ORDER_ID>", 1), want},
		"references to parties":      {strings.Replace(small, "<bme:CURRENCY>", "<ORDER_PARTIES_REFERENCE><bme:BUYER_IDREF>X</bme:BUYER_IDREF></ORDER_PARTIES_REFERENCE><bme:CURRENCY>", 1), want},
		"empty elements":             {strings.Replace(small, "<PARTIES>", "<DELIVERY_DATE><DELIVERY_START_DATE>2026-11-20</DELIVERY_START_DATE><DELIVERY_END_DATE>2026-11-20</DELIVERY_END_DATE></DELIVERY_DATE><bme:LANGUAGE/><CUSTOMER_ORDER_REFERENCE/><HEADER_UDX/><PARTIES>", 1), withPeriod(want)},
		"an extension with parts":    {strings.Replace(small, "</ORDER_INFO>", "<HEADER_UDX><UDX.X>a<B>c</B></UDX.X><UDX.Y/><Z>1</Z></HEADER_UDX></ORDER_INFO>", 1), want},
		"roles in capitals":          {strings.Replace(small, ">buyer<", ">Buyer<", 1), want},
		"Latin-1":                    {latin(strings.Replace(named, `version="1.0"`, `version="1.0" encoding="iso-8859-1"`, 1)), wantNamed},
		"UTF-8 by name":              {strings.Replace(named, `version="1.0"`, `version="1.0" encoding="utf-8" standalone="yes"`, 1), wantNamed},
		"ASCII":                      {strings.Replace(strings.Replace(named, "ößm", "&#246;&#xDF;m", 1), `version="1.0"`, `version="1.0" encoding="us-ascii"`, 1), wantNamed},
		"the first of two languages": {strings.Replace(named, "</bme:NAME>", "</bme:NAME><bme:NAME lang='eng'>Groessmann</bme:NAME>", 1), wantNamed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, mustRead(t, []byte(tt.in))); diff != "" {
				t.Errorf("it is read as another document (-want +got):\n%s", diff)
			}
		})
	}
}

// prefixed gives elements of openTRANS a prefix, and those of BMEcat none.
func prefixed(s string) string {
	s = strings.NewReplacer("</bme:", "</#", "<bme:", "<#", "</", "</ot:", "<?", "<?", "<", "<ot:").Replace(s)
	s = strings.NewReplacer("</#", "</", "<#", "<").Replace(s)
	return strings.NewReplacer(`xmlns="`, `xmlns:ot="`, `xmlns:bme="`, `xmlns="`).Replace(s)
}

func withPeriod(d opentrans.Document) opentrans.Document {
	d.DeliveryDate = &opentrans.Period{Start: "2026-11-20", End: "2026-11-20"}
	return d
}

// TestReadKeepsDigits makes sure that no amount goes through a floating-point number.
func TestReadKeepsDigits(t *testing.T) {
	t.Parallel()
	in := strings.NewReplacer("9.90", "0.100000000001", "19.80", "0.200000000002", "24.80", "5.200000000002").Replace(small)
	d := mustRead(t, []byte(in))
	if got := d.Lines[0].Price.Amount; got != "0.100000000001" {
		t.Errorf("the price is %s, want each digit of it", got)
	}
	if got := d.Totals.Amount; got != "5.200000000002" {
		t.Errorf("the total is %s, want each digit of it", got)
	}
}

func TestParty(t *testing.T) {
	t.Parallel()
	d := mustRead(t, sample(t, "order.xml"))
	if p, ok := d.Party("invoice_recipient"); !ok || p.IDs[0].Value != "K-88231" {
		t.Errorf("who gets the invoice is %+v, %t, want the buyer", p, ok)
	}
	if p, ok := d.Party("payer"); ok {
		t.Errorf("who pays is %+v, want nobody", p)
	}
}
