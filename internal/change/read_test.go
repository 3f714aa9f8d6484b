package change_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// repeated returns n copies of a text with commas; %d in it is the number of each.
func repeated(text string, n int) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.ReplaceAll(text, "%d", strconv.Itoa(i))
	}
	return strings.Join(texts, ",")
}

func TestOrdersThatCantBeRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, raw, want string }{
		{"nothing", `{}`, `orderId: it is missing; give an id of your own, of 1 to 200 bytes; lines: it has no line; an order has at least one`},
		{"no JSON", `{"orderId":`, `: it is not JSON: unexpected end of JSON input at line 1, column 11`},
		{"a line twice", `{"orderId":"1","lines":[{"id":"a"},{"id":"b"},{"id":"a"}]}`, `lines[2].id: it is "a", as in lines[0]; give each line an id of its own`},
		{"a line without an ID", `{"orderId":"1","lines":[{"id":"a"},{}]}`, `lines[1].id: it is missing; give an id of your own, of 1 to 200 bytes`},
		{"an ID that can't be shown", `{"orderId":"a\nb","lines":[{"id":"` + strings.Repeat("x", 201) + `"}]}`, `orderId: it has a control character or one that is not Unicode; remove it; lines[0].id: it has 201 bytes; at most 200 are allowed`},
		{"too many lines", `{"orderId":"1","lines":[` + repeated(`{"id":"%d"}`, 501) + `]}`, `lines: it has 501 lines; at most 500 are allowed`},
		{"too many documents", `{"orderId":"1","buyerOrder":{"documents":[` + repeated(`{}`, 101) + `]},"lines":[{"id":"a","supplierLine":{"documents":[` + repeated(`{}`, 101) + `]}}]}`, `buyerOrder.documents: it has 101 documents; at most 100 are allowed; lines[0].supplierLine.documents: it has 101 documents; at most 100 are allowed`},
		{"too many deliveries", `{"orderId":"1","lines":[{"id":"a","deliverySchedule":[` + repeated(`{}`, 101) + `]}]}`, `lines[0].deliverySchedule: it has 101 deliveries; at most 100 are allowed`},
		{"a day that doesn't exist", `{"orderId":"1","lines":[{"id":"a"},{"id":"b","confirmedLine":{"deliverySchedule":[{},{"date":"2026-02-30"}]}}]}`, `lines[1].confirmedLine.deliverySchedule[1].date: it is not a day that exists; correct it`},
		{"less than nothing", `{"orderId":"1","lines":[{"id":"a","deliverySchedule":[{"quantity":-1}]}]}`, `lines[0].deliverySchedule[0].quantity: it is less than zero; take the quantity that is to come`},
		{"a status that doesn't exist", `{"orderId":"1","lines":[{"id":"a","status":{"processStatus":"Canceled"}}]}`, `lines[0].status.processStatus: it is "Canceled"; it must be one of Issued, InProgress, Confirmed, Rejected, Completed, Cancelled`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := change.ReadOrder([]byte(tt.raw))
			if got := problems(err); got != tt.want || hook.FaultOf(err) != hook.Invalid {
				t.Errorf("the problems are\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestShipmentsThatCantBeRead(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"lines":[]}`: `id: it is missing; give an id of your own, of 1 to 200 bytes`,
		`{"id":"1","lines":[{"purchaseOrderNumber":"P"},{"purchaseOrderNumber":"P"}]}`: `lines[1]: it is about the same delivery and line of the despatch advice as lines[0]; put them together, or give them different despatchAdviceLinePosition`,
		`{"id":"1","lines":[` + repeated(`{"purchaseOrderNumber":"%d"}`, 501) + `]}`:   `lines: it has 501 lines; at most 500 are allowed`,
		`{"id":"1","processStatus":"Confirmed"}`:                                       `processStatus: it is "Confirmed"; it must be one of Issued, Approved, Rejected`,
		`{"id":"1","buyerShipment":{"documents":[` + repeated(`{}`, 101) + `]}}`:       `buyerShipment.documents: it has 101 documents; at most 100 are allowed`,
	} {
		_, err := change.ReadShipment([]byte(raw))
		if got := problems(err); got != want || hook.FaultOf(err) != hook.Invalid {
			t.Errorf("the problems of %.60s are\n%s, want\n%s", raw, got, want)
		}
	}
}

func problems(err error) string {
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Field + ": " + p.Reason
	}
	return strings.Join(texts, "; ")
}

func TestAnOrderKeepsItsLines(t *testing.T) {
	t.Parallel()
	before := first(t, order(t, plainOrder))
	_, _, err := change.Order(&before, order(t, plainOrder, func(o *trade.Order) { o.Lines = o.Lines[:1] }), "", day(2))
	const want = `lines: line "b" is missing; an order keeps its lines: send it, with the processStatus Cancelled if it is given up`
	if got := problems(err); got != want || hook.FaultOf(err) != hook.Invalid {
		t.Errorf("the error is %v, want %s", got, want)
	}
}

func TestNamedEvents(t *testing.T) {
	t.Parallel()
	state := order(t, plainOrder)
	got, err := change.Named(state, change.Event{Type: "OrderLinesConfirmedBySupplier", Lines: []string{"b", "a"}})
	if diff := cmp.Diff(change.Event{Type: "OrderLinesConfirmedBySupplier", Lines: []string{"a", "b"}}, got); err != nil || diff != "" {
		t.Errorf("the named event is another one: %v, %s", err, diff)
	}
	if got, err := change.Named(state, change.Event{Type: "OrderResentByBuyer"}); err != nil || len(got.Lines) != 2 {
		t.Errorf("an event without lines is about %v, %v; want all lines", got.Lines, err)
	}
	for want, e := range map[string]change.Event{
		`eventName: "OrderLinesConfirmedBySuplier" is no event of an order; the nearest is "OrderLinesConfirmedBySupplier"`: {Type: "OrderLinesConfirmedBySuplier"},
		`eventName: "ShipmentApprovedByBuyer" is no event of an order`:                                                      {Type: "ShipmentApprovedByBuyer"},
		`lines: the order has no line "c"; name lines by their id`:                                                          {Type: "OrderResentByBuyer", Lines: []string{"c"}},
		`lines: line "a" is named twice; name it once`:                                                                      {Type: "OrderResentByBuyer", Lines: []string{"a", "b", "a"}},
	} {
		if _, err := change.Named(state, e); problems(err) != want {
			t.Errorf("the problem of %v is\n%s, want\n%s", e, problems(err), want)
		}
	}
}

func TestNamedEventsOfShipments(t *testing.T) {
	t.Parallel()
	if err := change.NamedShipment("ShipmentResentByBuyer"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"OrderResentByBuyer":  `eventName: "OrderResentByBuyer" is no event of a shipment`,
		"ShipmentResentBuyer": `eventName: "ShipmentResentBuyer" is no event of a shipment; the nearest is "ShipmentResentByBuyer"`,
	} {
		if err := change.NamedShipment(name); problems(err) != want {
			t.Errorf("the problem of %s is %s, want %s", name, problems(err), want)
		}
	}
}

// The examples of RFC 7396, appendix A, that are objects.
func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`{"a":1}`, ` { "a" : 2, "a" : 3, "\u0062":{"c":null,"d":"}"}, "e":null } `, `{"a":3,"b":{"d":"}"}}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":1.50}`, `{"b":12345678901234567890}`, `{"a":1.50,"b":12345678901234567890}`},
	} {
		if got, err := change.Merge([]byte(tt[0]), []byte(tt[1])); err != nil || string(got) != tt[2] {
			t.Errorf("Merge(%s, %s) = %s, %v; want %s", tt[0], tt[1], got, err, tt[2])
		}
	}
	for patch, want := range map[string]string{
		`["c"]`: ": the patch is an array, not an object; put its members into { }",
		strings.Repeat(`{"a":`, 201) + "1" + strings.Repeat("}", 201): ": the patch has objects and arrays more than 200 deep in each other; write it flatter",
		`{`: ": the patch is not JSON: unexpected end of JSON input at line 1, column 1",
	} {
		if _, err := change.Merge([]byte(`{}`), []byte(patch)); problems(err) != want {
			t.Errorf("the problem of %s is %s, want %s", patch, problems(err), want)
		}
	}
}

// What little text can become in memory is bounded: elements, and lines that are split.
func TestWhatWouldBecomeTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	schedule := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("{},", n), ",") + "]" }
	notes := `"buyerLine":{"notes":["` + strings.Repeat("x", 2<<20) + `"]}`
	for name, tt := range map[string]struct{ raw, want string }{
		"as many lines as there is room for": {`{"orderId":"1","lines":` + schedule(500_000) + `}`, "elements"},
		"as many unknown members": {
			`{"orderId":"1","lines":[{"id":"1"}],` + strings.TrimSuffix(strings.Repeat(`"a":0,`, 400_001), ",") + `}`, "elements",
		},
		"a long line with many deliveries": {
			`{"orderId":"1","lines":[{"id":"1",` + notes + `,"deliverySchedule":` + schedule(100) + `}]}`, "split",
		},
	} {
		if _, err := change.ReadOrder([]byte(tt.raw)); !strings.Contains(problems(err), tt.want) {
			t.Errorf("%s: the problems are %.300s, want one about %s", name, problems(err), tt.want)
		}
	}
	for name, raw := range map[string]string{
		"a long line with one delivery":    `{"orderId":"1","lines":[{"id":"1",` + notes + `,"deliverySchedule":[{}]}]}`,
		"a long line with some deliveries": `{"orderId":"1","lines":[{"id":"1",` + notes + `,"deliverySchedule":` + schedule(20) + `}]}`,
	} {
		if _, err := change.ReadOrder([]byte(raw)); err != nil {
			t.Errorf("%s: %.300s", name, problems(err))
		}
	}
}

func TestAPatchedStateIsReadLikeAnother(t *testing.T) {
	t.Parallel()
	before := first(t, order(t, plainOrder))
	raw, err := change.Merge(change.WriteOrder(before), []byte(`{"buyerOrder":{"description":"Ball bearings","costCentre":null},"supplierOrder":{"priority":{"level":2}}}`))
	if err != nil {
		t.Fatal(err)
	}
	now, events, err := change.Order(&before, order(t, string(raw)), "", day(2))
	if got, want := written(events), "OrderLinesUpdatedByBuyer; OrderLinesUpdatedBySupplier"; err != nil || got != want {
		t.Errorf("what happened is %q, %v; want %q", got, err, want)
	}
	if out := change.WriteOrder(now); !bytes.Contains(out, []byte(`"priority":{"level":2}`)) {
		t.Errorf("the unknown field is lost: %s", out)
	}
}

func TestStatusOfAnOrderIsThatOfItsLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		process   string
		want      trade.ProcessStatus
		logistics string
		arrived   trade.LogisticsStatus
	}{
		{"", trade.Issued, "", trade.Open},
		{"Issued Issued", trade.Issued, "Produced Delivered", trade.Produced},
		{"Confirmed Issued", trade.InProgress, "Shipped Open", trade.Open},
		{"Confirmed InProgress", trade.InProgress, "ReadyToShip Shipped", trade.ReadyToShip},
		{"Confirmed Cancelled", trade.Confirmed, "Shipped Cancelled", trade.Shipped},
		{"Confirmed Completed", trade.Confirmed, "Delivered Delivered", trade.Delivered},
		{"Completed Cancelled Completed", trade.Completed, "Cancelled Delivered Cancelled", trade.Delivered},
		{"Rejected Rejected", trade.Rejected, "Open Open", trade.Open},
		{"Rejected Confirmed", trade.InProgress, "Open Cancelled", trade.Open},
		{"Cancelled Cancelled", trade.Cancelled, "Cancelled Cancelled", trade.LogisticsCancelled},
	} {
		lines := make([]trade.Line, len(strings.Fields(tt.process)))
		for i, s := range strings.Fields(tt.process) {
			lines[i].Status.ProcessStatus = trade.ProcessStatus(s)
		}
		for i, s := range strings.Fields(tt.logistics) {
			lines[i].Status.LogisticsStatus = trade.LogisticsStatus(s)
		}
		if got := change.Process(lines); got != tt.want {
			t.Errorf("the process status of %q is %s, want %s", tt.process, got, tt.want)
		}
		if got := change.Logistics(lines); got != tt.arrived {
			t.Errorf("the logistics status of %q is %s, want %s", tt.logistics, got, tt.arrived)
		}
	}
}

func TestStatusesAreFilledIn(t *testing.T) {
	t.Parallel()
	before := first(t, order(t, plainOrder, at(trade.InProgress, trade.OpenSupplierProposal), func(o *trade.Order) {
		o.Status.ProcessStatus = trade.Completed // said by the producer, and not asked
		o.Lines[1].Indicators.DeliveryOverdue = true
		o.Lines[1].DeliverySchedule[0].Status = trade.Shipped
	}))
	if got, want := before.Status, (trade.OrderStatus{ProcessStatus: trade.InProgress, LogisticsStatus: trade.Open}); !cmp.Equal(got, want) || !before.Indicators.DeliveryOverdue {
		t.Errorf("the order is %+v, overdue: %v; want %+v, true", got, before.Indicators.DeliveryOverdue, want)
	}
	if got := before.Lines[1].Status; got.ProcessStatus != trade.Issued || got.LogisticsStatus != trade.Shipped {
		t.Errorf("the line that says nothing is %+v, want it issued and, like its delivery, shipped", got)
	}
	now, events, err := change.Order(&before, order(t, plainOrder, rescheduled), "", day(2))
	if got, want := written(events), "OrderChangesProposedBySupplier a; OrderLinesUpdatedByBuyer b; OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier b"; err != nil {
		t.Errorf("what happened is %q, %v; want %q", got, err, want)
	}
	if got := now.Lines[0].Status; got.InProgressStatus != trade.OpenSupplierProposal {
		t.Errorf("a line without status is %+v, want it as before", got)
	}
}

// FuzzReadOrder makes sure that any order that can be read can be remembered, and
// is the same order then.
func FuzzReadOrder(f *testing.F) {
	f.Add([]byte(plainOrder))
	f.Add([]byte(`{"orderId":"1","lines":[{"id":"a","buyerLine":{"documents":[{},{}]},"deliverySchedule":[{},{}],"x":{"b":1,"a":2}}],"meta":{"messageId":"m"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		state, err := change.ReadOrder(raw)
		if err != nil {
			if hook.FaultOf(err) != hook.Invalid {
				t.Fatal(err)
			}
			return
		}
		now := first(t, state)
		if _, events, err := change.Order(&now, again(t, now), "", day(2)); err != nil || len(events) > 0 {
			t.Errorf("the same order has changed: %v, %v: %s", events, err, raw)
		}
	})
}

// FuzzMerge makes sure that a patch gives JSON, and the same when it is applied
// again.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(plainOrder), []byte(`{"lines":null,"buyerOrder":{"contact":{"email":null}}}`))
	f.Fuzz(func(t *testing.T, target, patch []byte) {
		if !json.Valid(target) {
			return
		}
		merged, err := change.Merge(target, patch)
		if err != nil {
			return
		}
		twice, err := change.Merge(merged, patch)
		if err != nil || !bytes.Equal(twice, merged) {
			t.Errorf("Merge(%s, %s) = %s, then %s, %v", target, patch, merged, twice, err)
		}
	})
}

// largest is the largest order that is allowed: 500 lines of 100 deliveries.
func largest(tb testing.TB) trade.Order {
	tb.Helper()
	schedule := repeated(`{"position":"%d","date":"2026-12-01","quantity":10.5}`, trade.MaxDeliveries)
	raw := `{"orderId":"1","lines":[` + repeated(`{"id":"%d","deliverySchedule":[`+strings.ReplaceAll(schedule, "%d", "1")+`]}`, trade.MaxLines) + `]}`
	return order(tb, raw)
}

func TestALineOfTheLargestOrderChanges(t *testing.T) {
	t.Parallel()
	before := first(t, largest(t))
	next := again(t, before)
	next.Lines[250].DeliverySchedule[50].Quantity = "11"
	now, events, err := change.Order(&before, next, "", day(2))
	if got, want := written(events), "OrderLinesReissuedByBuyer 250"; err != nil || got != want {
		t.Errorf("what happened is %q, %v; want %q", got, err, want)
	}
	for i, d := range now.Lines[250].DeliverySchedule {
		if d.LastUpdatedAt.Equal(day(2)) != (i == 50) {
			t.Errorf("delivery %d has the time %v", i, d.LastUpdatedAt)
		}
	}
}

func BenchmarkLargestOrder(b *testing.B) {
	before := first(b, largest(b))
	next := again(b, before)
	next.Lines[250].DeliverySchedule[50].Quantity = "11"
	raw := change.WriteOrder(next)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		state, err := change.ReadOrder(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, events, err := change.Order(&before, state, "", day(2).Add(time.Hour)); err != nil || len(events) != 1 {
			b.Fatal(events, err)
		}
	}
}

func TestAStateMayLeaveOutItsID(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"lines":[{"id":"1"}]}`:                       "",
		`{"orderId":null,"lines":[{"id":"1"}]}`:        "",
		`{"orderId":"a/ü","lines":[{"id":"1"}]}`:       "",
		`{"orderId":"b","lines":[{"id":"1"}]}`:         `orderId: it is "b", not the "a/ü" that the request is for; leave it out, or send the same`,
		`{"orderId":"b","lines":[]}`:                   `lines: it has no line; an order has at least one`,
		`{"orderId":17,"lines":[{"id":"1"}],"meta":1}`: `orderId: it is a number, not a text; put it in quotation marks`,
	} {
		o, err := change.ReadOrderOf("a/ü", []byte(raw))
		switch {
		case want == "" && (err != nil || o.ID != "a/ü"):
			t.Errorf("ReadOrderOf(%s) = %q, %v", raw, o.ID, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("ReadOrderOf(%s) = %v, want %q", raw, err, want)
		}
	}
	if s, err := change.ReadShipmentOf("7", []byte(`{}`)); err != nil || s.ID != "7" {
		t.Errorf("ReadShipmentOf = %q, %v", s.ID, err)
	}
	if _, err := change.ReadShipmentOf("7", []byte(`{"id":"8"}`)); err == nil {
		t.Error("ReadShipmentOf of another shipment = nil, want an error")
	}
}
