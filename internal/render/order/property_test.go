package order_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// anySchedule draws deliveries with or without positions.
func anySchedule(t *rapid.T) []trade.Delivery {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) trade.Delivery {
		return trade.Delivery{
			Position: rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "position"),
			Quantity: trade.Decimal(strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "quantity"))),
		}
	}), 0, 5).Draw(t, "schedule")
}

func sum(deliveries ...*trade.Delivery) *big.Rat {
	total := new(big.Rat)
	for _, d := range deliveries {
		if d != nil {
			n, _ := new(big.Rat).SetString(string(d.Quantity))
			total.Add(total, n)
		}
	}
	return total
}

func pointers(schedule []trade.Delivery) []*trade.Delivery {
	var all []*trade.Delivery
	for i := range schedule {
		all = append(all, &schedule[i])
	}
	return all
}

// Put together again, in any order, the split lines have what the line had.
func TestSplittingLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := trade.Line{
			ID: "a", BuyerLine: &trade.BuyerLine{Position: "10"}, DeliverySchedule: anySchedule(t), DeliveryScheduleIncludingRequests: anySchedule(t),
			ConfirmedLine: &trade.ConfirmedLine{DeliverySchedule: anySchedule(t)}, ChargeLines: []trade.ChargeLine{{Position: "1"}},
		}
		lines := order.Split(&l)
		var schedule, requested, confirmed []*trade.Delivery
		charges := 0
		for i, s := range lines {
			schedule = append(schedule, s.StatusLine.ScheduledDelivery)
			requested = append(requested, s.StatusLine.ScheduledDeliveryInclRequests)
			if s.ConfirmedLine != nil {
				confirmed = append(confirmed, s.ConfirmedLine.ScheduledDelivery)
			}
			charges += len(s.StatusLine.ChargeLines)
			position, original := "10", "10"
			if i > 0 {
				position = ""
			}
			if len(lines) == 1 {
				original = ""
			}
			if b := s.BuyerLine; b.Position != position || b.OriginalPosition != original || s.ID != "a" {
				t.Errorf("line %d of %d has the ID %s, the position %q, of %q originally; want a, %q, %q", i, len(lines), s.ID, b.Position, b.OriginalPosition, position, original)
			}
		}
		for _, tt := range []struct {
			name string
			was  []trade.Delivery
			is   []*trade.Delivery
		}{{"schedule", l.DeliverySchedule, schedule}, {"requests", l.DeliveryScheduleIncludingRequests, requested}, {"agreement", l.ConfirmedLine.DeliverySchedule, confirmed}} {
			there := slices.DeleteFunc(tt.is, func(d *trade.Delivery) bool { return d == nil })
			if len(there) != len(tt.was) || sum(there...).Cmp(sum(pointers(tt.was)...)) != 0 {
				t.Errorf("the %s of %v is split into %v", tt.name, tt.was, text(lines))
			}
		}
		if longest := max(1, len(l.DeliverySchedule), len(l.DeliveryScheduleIncludingRequests), len(l.ConfirmedLine.DeliverySchedule)); charges != 1 || len(lines) < longest {
			t.Errorf("there are %d charges in %d lines; want 1 in at least %d", charges, len(lines), longest)
		}
	})
}

func text(v any) string { return string(openjson.Append(nil, v)) }

// leaves lists the texts of a JSON value in order, as XML has them.
func leaves(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, leaves(v[name])...)
		}
		if all == nil {
			return []string{""} // an element with nothing in it
		}
		return all
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, leaves(e)...)
		}
		return all
	}
	return []string{fmt.Sprint(v)}
}

// contents lists the texts of an XML document that aren't those of elements with
// others in them; it fails unless the document is well-formed.
func contents(raw []byte) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	var all []string
	var within []bool // whether the element has others
	var last strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if len(within) > 0 {
				within[len(within)-1] = true
			}
			within = append(within, false)
			last.Reset()
		case xml.CharData:
			last.Write(token)
		case xml.EndElement:
			if !within[len(within)-1] {
				all = append(all, last.String())
			}
			within = within[:len(within)-1]
			last.Reset()
		}
	}
}

// JSON and XML of the same event carry the same values.
func TestXMLSaysWhatJSONSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[\PC\n\t]{1,20}`)
		l := trade.Line{ID: name.Draw(t, "id"), DeliverySchedule: anySchedule(t)}
		l.BuyerLine = &trade.BuyerLine{Position: "1", Notes: rapid.SliceOfN(name, 0, 3).Draw(t, "notes"), Properties: []trade.Property{{Key: name.Draw(t, "key"), Value: name.Draw(t, "value")}}}
		e := order.Event{Name: "OrderLinesUpdatedByBuyer", Order: trade.Order{ID: name.Draw(t, "order"), Lines: []trade.Line{l}}, Lines: []string{l.ID}, Meta: meta()}
		form := order.Form{Single: rapid.Bool().Draw(t, "single")}
		raw, err := order.Body(e, form)
		if err != nil {
			t.Fatal(err)
		}
		form.XML = true
		document, err := order.Body(e, form)
		if err != nil {
			t.Fatal(err)
		}
		from := json.NewDecoder(bytes.NewReader(raw))
		from.UseNumber()
		var v any
		if err := from.Decode(&v); err != nil {
			t.Fatal(err)
		}
		want := leaves(v)
		got, err := contents(document)
		if err != nil {
			t.Fatalf("%v: %s", err, document)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("the XML says %q, the JSON %q", got, want)
		}
	})
}

func TestNamesAndValuesInXML(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: ``,
		`{"lines":[{"id":"1"},{}],"notes":[],"x":null}`: `<line><id>1</id></line><line></line>`,
		`{"documents":[1],"labels":["a"],"properties":[{"key":"k","value":"v"}],"names":["n"],"addressLines":["l"],"dimensions":[2],"chargeLines":[3],"deliverySchedule":[4],"deliveryHistory":[5],"deliveryScheduleIncludingRequests":[6],"invoiceNumbers":["7"]}`: `<document>1</document><label>a</label><property><key>k</key><value>v</value></property><name>n</name><addressLine>l</addressLine><dimension>2</dimension><chargeLine>3</chargeLine><deliveryScheduleLine>4</deliveryScheduleLine><deliveryHistoryLine>5</deliveryHistoryLine><deliveryScheduleIncludingRequestsLine>6</deliveryScheduleIncludingRequestsLine><invoiceNumbers>7</invoiceNumbers>`,
		`{"a":true,"b":false,"c":1.50,"d":1.5e3,"e":1e-400,"f":"<a&b>\u0000\ud800"}`: `<a>true</a><b>false</b><c>1.50</c><d>1500</d><e>1e-400</e><f>&lt;a&amp;b&gt;` + "\uFFFD\uFFFD" + `</f>`,
		`{"1st":1,"a b":2,"":3,"x:y":4,"_x":5,"_y":6,"ü":7,"x-1.2":8}`:               `<_x0031_st>1</_x0031_st><a_x0020_b>2</a_x0020_b><_x0000_>3</_x0000_><x_x003A_y>4</x_x003A_y><_x005F_x>5</_x005F_x><_y>6</_y><_x00FC_>7</_x00FC_><x-1.2>8</x-1.2>`,
		`{"notes":[["a",["b"]],[]]}`:                                                 `<note><note>a</note><note><note>b</note></note></note><note></note>`,
	} {
		got, err := order.XML("r", []byte(in))
		if want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<r>" + want + "</r>"; err != nil || string(got) != want {
			t.Errorf("the XML of %s is\n%s, %v; want\n%s", in, got, err, want)
		}
	}
	for _, in := range []string{`[]`, `"a"`, `{`, ``, `{"a":` + strings.Repeat(`[`, 300) + strings.Repeat(`]`, 300) + `}`} {
		if got, err := order.XML("r", []byte(in)); err == nil {
			t.Errorf("the XML of %.20s is %s, want an error", in, got)
		}
	}
}

// FuzzXML makes sure that XML is well-formed whatever JSON it is made from, and that
// nothing of a text is taken for markup.
func FuzzXML(f *testing.F) {
	f.Add([]byte(`{"lines":[{"1 <x>":"]]>&<!--\u0001"},[null,[1e9]]],"xml":{"":"\ud83d\ude00"},"a:b":-0.0}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		document, err := order.XML("OrderWebhook", raw)
		if err != nil {
			return
		}
		if _, err := contents(document); err != nil {
			t.Errorf("%v: %q from %q", err, document, raw)
		}
	})
}

func TestURLTemplates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ template, place, id, want string }{
		{"https://erp.example/orders/{orderId}", order.OrderPlace, "a/b c?d=e&f#ü%+", "https://erp.example/orders/a%2Fb%20c%3Fd%3De%26f%23%C3%BC%25%2B"},
		{"https://erp.example/in?kind=order&id={orderId}", order.OrderPlace, "PO-1_2.3~", "https://erp.example/in?kind=order&id=PO-1_2.3~"},
		{"https://erp.example/{shipmentId}?id={shipmentId}", order.ShipmentPlace, "{shipmentId}", "https://erp.example/%7BshipmentId%7D?id=%7BshipmentId%7D"},
	} {
		if err := order.CheckTemplate(tt.template, tt.place); err != nil {
			t.Errorf("CheckTemplate(%s) = %v", tt.template, err)
		}
		if got, err := order.URL(tt.template, tt.place, tt.id); err != nil || got != tt.want {
			t.Errorf("URL(%s, %s) = %s, %v; want %s", tt.template, tt.id, got, err, tt.want)
		}
	}
	for _, id := range []string{"", ".", ".."} {
		if got, err := order.URL("https://erp.example/{orderId}", order.OrderPlace, id); err == nil {
			t.Errorf("URL of the ID %q = %s, want an error", id, got)
		}
	}
}

func TestURLTemplatesThatAreRefused(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"https://erp.example/orders":                   "has no {orderId}, so the receiver wouldn't know what to fetch; put it into the path or query",
		"https://erp.example/orders/{orderid}":         "has no {orderId}, so the receiver wouldn't know what to fetch; put it into the path or query",
		"https://erp.example/{shipmentId}":             "has no {orderId}, so the receiver wouldn't know what to fetch; put it into the path or query",
		"https://x{orderId}.example/{orderId}":         "has {orderId} in its host; put it into the path or query",
		"https://erp.example/{company}/{orderId}":      "has braces around something other than {orderId}; write others as %7B and %7D",
		"http://erp.example/{orderId}":                 "begins with http, which anyone on the way can read and change; give the receiver a certificate and use https",
		"https://erp.example/orders#{orderId}":         "contains a fragment, which is never sent; remove the part from the # on",
		"https://user:{orderId}@erp.example/{orderId}": "contains a user name or password; put user name and password into the settings of the authentication",
	} {
		err := order.CheckTemplate(template, order.OrderPlace)
		e, ok := errors.AsType[*hook.Error](err)
		if !ok || e.Fault != hook.Invalid || len(e.Problems) != 1 || e.Problems[0].Field != "url" || e.Problems[0].Reason != want {
			t.Errorf("CheckTemplate(%s) = %v, want %s", template, err, want)
		}
	}
}

func BenchmarkLineOfTheLargestOrder(b *testing.B) {
	o := trade.Order{ID: "1"}
	for i := range trade.MaxLines {
		l := trade.Line{ID: strconv.Itoa(i)}
		for range trade.MaxDeliveries {
			l.DeliverySchedule = append(l.DeliverySchedule, trade.Delivery{Date: "2026-12-01", Quantity: "10"})
		}
		o.Lines = append(o.Lines, l)
	}
	for b.Loop() {
		if _, err := order.Body(order.Event{Name: "OrderLinesUpdatedByBuyer", Order: o, Lines: []string{"250"}, Meta: meta()}, order.Form{}); err != nil {
			b.Fatal(err)
		}
	}
}
