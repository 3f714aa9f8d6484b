package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	goodOrder = `{"buyerOrder":{"purchaseOrderNumber":"PO-1","x-erp":{"b":1.50,"a":null}},
		"lines":[{"id":"1","deliverySchedule":[{"date":"2026-12-01","quantity":10}]},{"id":"2","deliverySchedule":[{"date":"2026-12-08","quantity":5}]}]}`
	goodShipment = `{"supplierShipment":{"shipmentNumber":"S-55"},"lines":[{"purchaseOrderNumber":"PO-1","purchaseOrderLinePosition":"1"}]}`
	mergePatch   = "Content-Type: application/merge-patch+json"
)

// orderCalls are those of everyCall for orders and shipments.
func orderCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	patch, lost := []string{mergePatch}, []string{mergePatch, `If-Match: "17"`}
	const order, shipment = acme + "/orders/a%2Fb", acme + "/shipments/7"
	calls := make(map[string][]call)
	for what, path := range map[string]string{"Order": order, "Shipment": shipment} {
		body := map[string]string{"Order": goodOrder, "Shipment": goodShipment}[what]
		w.mustDo(t, 201, "PUT", path, body)
		event := map[string]string{"Order": "OrderResentByBuyer", "Shipment": "ShipmentResentByBuyer"}[what]
		calls["put"+what] = []call{
			{path: path + "x", body: body, want: 201},
			{path: path + "x", body: body, want: 200},
			{path: path, body: `{"lines":3}`, want: 422},
			{path: path, body: body, headers: []string{"If-None-Match: *"}, want: 412},
			{path: path, body: body, headers: []string{mergePatch}, want: 415},
			{path: path, body: strings.Repeat(" ", 16<<20+1), want: 413},
			{body: body, want: 404},
		}
		calls["patch"+what] = []call{
			{path: path + "?by=supplier", body: `{"note":{"x":[1]}}`, headers: patch, want: 200},
			{path: path + "?eventName=" + event, body: `{}`, headers: patch, want: 200},
			{path: path, body: `{}`, headers: lost, want: 412},
			{path: path, body: `{}`, want: 415},
			{path: path + "y", body: `{}`, headers: patch, want: 404},
			{path: path + "?by=me", body: `{}`, headers: patch, want: 422},
		}
		calls["get"+what] = []call{
			{path: path, want: 200},
			{path: path + "?version=1", headers: []string{`If-None-Match: "1"`}, want: 304},
			{path: path + "?version=0", want: 422},
			{path: path + "y", want: 404},
		}
		list := path[:strings.LastIndexByte(path, '/')]
		calls["list"+what+"s"] = []call{
			{path: list + "?limit=1&status=Issued&status=Rejected&changedAfter=2026-01-01T00:00:00Z", want: 200},
			{path: list + "?status=Sent", want: 422},
			{path: list + "?cursor=x", want: 422},
			{want: 404},
		}
	}
	return calls
}

// happened says what a change came to.
func happened(answer map[string]any) string {
	said := []string{fmt.Sprint(answer["version"])}
	for _, e := range answer["events"].([]any) {
		event := e.(map[string]any)
		said = append(said, fmt.Sprint(event["type"], event["lines"]))
	}
	return strings.Join(said, " ")
}

func TestAnOrderIsChangedOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustDo(t, 201, "POST", triggers, strings.Replace(goodTrigger, `"OrderCreated","OrderChanged"`, `"OrderIssuedByBuyer"`, 1))
	const id = "Bestellung 1/ü?"
	path := acme + "/orders/" + url.PathEscape(id)
	a := w.do(t, "PUT", path, goodOrder)
	var made map[string]any
	if err := json.Unmarshal(a.body, &made); err != nil || a.status != 201 || a.header.Get("ETag") != `"1"` {
		t.Fatalf("PUT = %d %s with the ETag %s", a.status, a.body, a.header.Get("ETag"))
	}
	if got := happened(made); got != "1 OrderIssuedByBuyer[1 2]" || made["orderId"] != id || made["status"] != "Issued" {
		t.Errorf("a new order came to %s, %v", got, made)
	}
	event := made["events"].([]any)[0].(map[string]any)
	if event["deliveries"] != 1.0 {
		t.Errorf("%v hooks are told, want 1", event["deliveries"])
	}
	stored := w.mustDo(t, 200, "GET", acme+"/events/"+event["id"].(string), "")
	if stored["entityId"] != id || stored["occurredAt"] != made["lastUpdatedAt"] || stored["entityVersion"] != 1.0 || fmt.Sprint(stored["lines"]) != "[1 2]" {
		t.Errorf("the event is %v, want it about version 1 and its lines", stored)
	}
	if data := stored["data"].(map[string]any); data["OrderId"] != id || data["OrderCode"] != "PO-1" {
		t.Errorf("the event's data is %v", data)
	}

	for _, tt := range []struct {
		name, method, query, body string
		want                      string
	}{
		{"the same again", "PUT", "", goodOrder, "1"},
		{"another quantity", "PUT", "", strings.Replace(goodOrder, `"quantity":5`, `"quantity":6`, 1), "2 OrderLinesReissuedByBuyer[2]"},
		{"a proposal by the supplier", "PUT", "?by=supplier", strings.Replace(goodOrder, `"quantity":10`, `"quantity":9`, 1), "3 OrderChangesProposedBySupplier[1 2]"},
		{"a contact", "PATCH", "", `{"supplierOrder":{"contact":{"email":"eva@supplier.example"}}}`, "4 OrderContactReassignedBySupplier[]"},
		{"a named event", "PATCH", "?eventName=OrderLinesItemDetailsChanged&line=2&line=1", `{"buyerOrder":{"description":"x"}}`, "5 OrderLinesItemDetailsChanged[1 2]"},
		{"a named event alone", "PATCH", "?eventName=OrderResentByBuyer&line=2", `{}`, "5 OrderResentByBuyer[2]"},
	} {
		headers := []string{"Content-Type: application/json"}
		if tt.method == "PATCH" {
			headers = []string{mergePatch}
		}
		if got := happened(w.mustDo(t, 200, tt.method, path+tt.query, tt.body, headers...)); got != tt.want {
			t.Errorf("%s came to %s, want %s", tt.name, got, tt.want)
		}
	}
	now, first := w.mustDo(t, 200, "GET", path, ""), w.mustDo(t, 200, "GET", path+"?version=1", "")
	if now["version"] != 5.0 || first["version"] != 1.0 || now["orderId"] != id {
		t.Errorf("read are versions %v and %v of %v", now["version"], first["version"], now["orderId"])
	}
	if got := fmt.Sprint(now["buyerOrder"].(map[string]any)["x-erp"]); got != "map[a:<nil> b:1.5]" {
		t.Errorf("what is unknown is %s, want it kept", got)
	}
	if got := now["lines"].([]any)[0].(map[string]any)["lastUpdatedAt"]; got == first["lastUpdatedAt"] || got == now["lastUpdatedAt"] {
		t.Errorf("the first line was changed at %v, the order at %v and %v", got, first["lastUpdatedAt"], now["lastUpdatedAt"])
	}
	w.mustDo(t, 404, "GET", path+"?version=6", "")
	w.mustDo(t, 404, "GET", acme+"/shipments/"+url.PathEscape(id), "")
	if a := w.do(t, "GET", path, "", `If-None-Match: W/"4", "5"`); a.status != 304 || len(a.body) != 0 || a.header.Get("ETag") != `"5"` {
		t.Errorf("GET of what one has = %d %s with the ETag %s", a.status, a.body, a.header.Get("ETag"))
	}
}

func TestAChangeGoesByTheVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = acme + "/orders/1"
	w.mustDo(t, 412, "PUT", path, goodOrder, "If-Match: *")
	w.mustDo(t, 201, "PUT", path, goodOrder, "If-None-Match: *")
	w.mustDo(t, 412, "PUT", path, goodOrder, "If-None-Match: *")
	other := strings.Replace(goodOrder, `"quantity":5`, `"quantity":6`, 1)
	w.mustDo(t, 200, "PUT", path, other, `If-Match: "1"`)
	a := w.do(t, "PUT", path, goodOrder, `If-Match: "1"`)
	if a.status != 412 || !strings.Contains(string(a.body), "read it again, and send the new ETag as If-Match") {
		t.Errorf("a stale change = %d %s, want 412 with the remedy", a.status, a.body)
	}
	a = w.do(t, "PUT", path, goodOrder, `If-Match: "1"`, "Accept-Language: de")
	if a.status != 412 || !strings.Contains(string(a.body), "lesen Sie es neu") {
		t.Errorf("a stale change in German = %d %s", a.status, a.body)
	}
	w.mustDo(t, 200, "PUT", path, other, "If-Match: *")
	for _, header := range []string{"If-Match: 2", `If-Match: "two"`, `If-None-Match: "2"`} {
		w.mustDo(t, 422, "PUT", path, other, header)
	}
}

func TestAChangeIsDoneOnceForItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path, key = acme + "/orders/1", "Idempotency-Key: one"
	first := w.mustDo(t, 201, "PUT", path, goodOrder, key)
	w.mustDo(t, 200, "PUT", path, strings.Replace(goodOrder, `"quantity":5`, `"quantity":6`, 1))
	again := w.mustDo(t, 201, "PUT", path, goodOrder, key)
	if again["repeated"] != true || first["repeated"] != false {
		t.Errorf("repeated is %v, then %v", first["repeated"], again["repeated"])
	}
	again["repeated"] = false
	if fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the repeat is answered with %v, want %v", again, first)
	}
	if now := w.mustDo(t, 200, "GET", path, ""); now["version"] != 2.0 {
		t.Errorf("the version is %v, want 2", now["version"])
	}
	for _, other := range []string{path + "?by=buyer", acme + "/orders/2"} {
		if a := w.do(t, "PUT", other, goodOrder, key); a.status != 422 || !strings.Contains(string(a.body), "Idempotency-Key") {
			t.Errorf("the key with another request = %d %s, want 422", a.status, a.body)
		}
	}
	w.mustDo(t, 404, "GET", acme+"/orders/2", "")
}

// What is wrong is told with its place.
func TestAStateIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := func(n int) string {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, `,{"id":"%d"}`, i)
		}
		return `{"lines":[` + strings.TrimPrefix(b.String(), ",") + `]}`
	}
	schedule := func(d string) string { return `{"lines":[{"id":"1"},{"id":"2","deliverySchedule":[{},` + d + `]}]}` }
	for _, tt := range []struct{ path, body, field, reason string }{
		{"/orders/1", schedule(`{"date":"2026-02-30"}`), "lines[1].deliverySchedule[1].date", "is not a day that exists"},
		{"/orders/1", schedule(`{"date":"30.2.2026"}`), "lines[1].deliverySchedule[1].date", "write it like 2026-01-31"},
		{"/orders/1", schedule(`{"quantity":"10"}`), "lines[1].deliverySchedule[1].quantity", "without quotation marks"},
		{"/orders/1", schedule(`{"quantity":-1}`), "lines[1].deliverySchedule[1].quantity", "less than zero"},
		{"/orders/1", schedule(`{"status":"Lost"}`), "lines[1].deliverySchedule[1].status", "must be one of Open"},
		{"/orders/1", schedule(`[]`), "lines[1].deliverySchedule[1]", "an array, not an object"},
		{"/orders/1", `{"lines":[{"id":"a"},{"id":"b"},{"id":"a"}]}`, "lines[2].id", "as in lines[0]"},
		{"/orders/1", `{"lines":[{"id":7}]}`, "lines[0].id", "not a text"},
		{"/orders/1", `{"lines":[{}]}`, "lines[0].id", "is missing"},
		{"/orders/1", `{"lines":{}}`, "lines", "not an array"},
		{"/orders/1", `{}`, "lines", "has no line"},
		{"/orders/1", lines(trade.MaxLines + 1), "lines", "at most 500"},
		{"/orders/1", `{"orderId":"2","lines":[{"id":"1"}]}`, "orderId", `not the "1"`},
		{"/orders/1", `{"lines":[`, "", "not JSON: unexpected end of JSON input at line 1"},
		{"/orders/1?eventName=OrderIssuedByBuyr", goodOrder, "eventName", "OrderIssuedByBuyer"},
		{"/orders/1?eventName=OrderResentByBuyer&line=3", goodOrder, "lines", "no line"},
		{"/orders/1?line=1", goodOrder, "line", "name the event too"},
		{"/orders/" + strings.Repeat("x", 201), goodOrder, "orderId", "at most 200"},
		{"/shipments/1", `{"lines":[{"purchaseOrderNumber":"1"},{"purchaseOrderNumber":"1"}]}`, "lines[1]", "as lines[0]"},
		{"/shipments/1", lines(trade.MaxLines + 1), "lines", "at most 500"},
		{"/shipments/1", `{"id":"2"}`, "id", `not the "1"`},
		{"/shipments/1", `{"processStatus":"Lost"}`, "processStatus", "must be one of Issued"},
		{"/shipments/1?eventName=OrderIssuedByBuyer", goodShipment, "eventName", "no event of a shipment"},
	} {
		a := w.do(t, "PUT", acme+tt.path, tt.body)
		var p struct {
			Errors []struct{ Field, Reason string }
		}
		if err := json.Unmarshal(a.body, &p); err != nil || a.status != 422 || len(p.Errors) == 0 {
			t.Errorf("PUT %s %.80s = %d %.300s, %v, want 422", tt.path, tt.body, a.status, a.body, err)
			continue
		}
		if e := p.Errors[0]; e.Field != tt.field || !strings.Contains(e.Reason, tt.reason) {
			t.Errorf("PUT %.40s %.80s names %q: %s, want %q: %s", tt.path, tt.body, e.Field, e.Reason, tt.field, tt.reason)
		}
	}
	for path, want := range map[string]int{"/orders/%00": 404, "/shipments/%ff": 404, "/orders?cursor=MS8A": 422} { // which no database can look for
		if a := w.do(t, "GET", acme+path, ""); a.status != want {
			t.Errorf("GET %s = %d %s, want %d", path, a.status, a.body, want)
		}
	}
	a := w.do(t, "PUT", acme+"/orders/1", strings.Repeat(" ", 16<<20+1))
	if a.status != 413 || !strings.Contains(string(a.body), "larger than 16777216 bytes") {
		t.Errorf("too much = %d %s", a.status, a.body)
	}
	if list := w.mustDo(t, 200, "GET", acme+"/orders", ""); len(list["items"].([]any)) != 0 {
		t.Errorf("there are %v, want nothing", list)
	}
}

func TestOrdersAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"a", "b/1", "c", "d", "e"} {
		w.mustDo(t, 201, "PUT", acme+"/orders/"+url.PathEscape(id), goodOrder)
	}
	w.mustDo(t, 200, "PUT", acme+"/orders/a", strings.ReplaceAll(goodOrder, `{"id"`, `{"status":{"processStatus":"Confirmed"},"id"`))
	ids := func(query string) string {
		var got []string
		for cursor := ""; ; {
			page := w.mustDo(t, 200, "GET", acme+"/orders?limit=2"+query+cursor, "")
			for _, item := range page["items"].([]any) {
				got = append(got, item.(map[string]any)["orderId"].(string))
			}
			next, more := page["next"].(string)
			if !more {
				return strings.Join(got, " ")
			}
			cursor = "&cursor=" + next
		}
	}
	since := w.mustDo(t, 200, "GET", acme+"/orders/d", "")["lastUpdatedAt"].(string)
	for query, want := range map[string]string{
		"": "a e d c b/1", "&status=Confirmed": "a", "&status=Issued": "e d c b/1", "&status=Issued&status=Confirmed": "a e d c b/1",
		"&changedAfter=" + since: "a e", "&status=Rejected": "",
	} {
		if got := ids(query); got != want {
			t.Errorf("listed by %q are %q, want %q", query, got, want)
		}
	}
	item := w.mustDo(t, 200, "GET", acme+"/orders?limit=1", "")["items"].([]any)[0].(map[string]any)
	if item["version"] != 2.0 || item["status"] != "Confirmed" || item["lastUpdatedAt"] == "" {
		t.Errorf("the first is listed as %v", item)
	}
}

// An order that is held here is told of again as it is when it is told.
func TestAnOrderIsToldOfAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]struct{ body, by, resent string }{
		"order/a%2Fb": {goodOrder, "supplier", "OrderResentBySupplier"},
		"order/c":     {goodOrder, "", "OrderResentByBuyer"},
		"shipment/a/": {goodShipment, "", "ShipmentResentByBuyer"},
	} {
		kind, id, _ := strings.Cut(strings.TrimSuffix(path, "/"), "/")
		one := acme + "/" + kind + "s/" + id
		w.mustDo(t, 201, "PUT", one, want.body)
		if want.by != "" {
			w.mustDo(t, 200, "PATCH", one+"?by="+want.by, `{"supplierOrder":{"description":"x"}}`, mergePatch)
		}
		resent := w.mustDo(t, 202, "POST", acme+"/entities/"+kind+"/"+id+"/resend", "")
		if resent["type"] != want.resent {
			t.Errorf("%s is told of again by %v, want %s", path, resent["type"], want.resent)
		}
		e := w.mustDo(t, 200, "GET", acme+"/events/"+resent["id"].(string), "")
		if data := e["data"].(map[string]any); data["OrderCode"] != "PO-1" || e["entityVersion"] != nil || e["lines"] != nil {
			t.Errorf("%s is told of again by %v, want no version and the data of before", path, e)
		}
	}
	w.mustDo(t, 202, "POST", acme+"/events", `{"type":"OrderChanged","entityId":"c","shop":"12","data":{"OrderCode":"PO-1"}}`)
	if resent := w.mustDo(t, 202, "POST", acme+"/entities/order/c/resend", ""); resent["type"] != "OrderResentByBuyer" {
		t.Errorf("an order whose latest event is a shop's is told of again by %v", resent["type"])
	}
	w.mustDo(t, 202, "POST", acme+"/events", `{"type":"OrderChanged","entityId":"not-held"}`)
	if resent := w.mustDo(t, 202, "POST", acme+"/entities/order/not-held/resend", ""); resent["type"] != "OrderChanged" {
		t.Errorf("an order that isn't held is told of again by %v", resent["type"])
	}
}

func TestOrdersOfCompaniesAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addRival(t)
	key := w.addKey(t, "rival", account.Producer)
	w.mustDo(t, 201, "PUT", acme+"/orders/1", goodOrder)
	w.mustDo(t, 404, "GET", rival+"/orders/1", "", key...)
	w.mustDo(t, 404, "PATCH", rival+"/orders/1", `{}`, append(key, mergePatch)...)
	if list := w.mustDo(t, 200, "GET", rival+"/orders", "", key...); len(list["items"].([]any)) != 0 {
		t.Errorf("another company sees %v", list)
	}
	if got := happened(w.mustDo(t, 201, "PUT", rival+"/orders/1", goodOrder, key...)); got != "1 OrderIssuedByBuyer[1 2]" {
		t.Errorf("its own order with the same ID came to %s", got)
	}
	if now := w.mustDo(t, 200, "GET", acme+"/orders/1", ""); now["version"] != 1.0 {
		t.Errorf("the version is %v, want 1", now["version"])
	}
}
