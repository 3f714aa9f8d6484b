package partner_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// putOrder stores the next state of an order of a company as one that came to be so at
// a time.
func (w *world) putOrder(t *testing.T, company, state string, at time.Time) {
	t.Helper()
	next, err := change.ReadOrder([]byte(state))
	if err != nil {
		t.Fatal(err)
	}
	e := trade.Entity{Kind: trade.KindOrder, ID: next.ID}
	var before *trade.Order
	if old, err := w.store.State(t.Context(), company, e); err == nil {
		o, err := change.ReadOrder(old.JSON)
		if err != nil {
			t.Fatal(err)
		}
		before = &o
	}
	now, _, err := change.Order(before, next, "", at)
	if err != nil {
		t.Fatal(err)
	}
	w.revise(t, trade.State{
		Company: company, Entity: e, Version: now.Version, Status: string(now.Status.ProcessStatus), At: now.LastUpdatedAt, JSON: change.WriteOrder(now),
	})
}

// putShipment does so for a shipment.
func (w *world) putShipment(t *testing.T, company, state string, at time.Time) {
	t.Helper()
	next, err := change.ReadShipment([]byte(state))
	if err != nil {
		t.Fatal(err)
	}
	e := trade.Entity{Kind: trade.KindShipment, ID: next.ID}
	var before *trade.Shipment
	old, err := w.store.State(t.Context(), company, e)
	if err == nil {
		s, err := change.ReadShipment(old.JSON)
		if err != nil {
			t.Fatal(err)
		}
		before = &s
	}
	now, _ := change.Shipment(before, next, "", at)
	w.revise(t, trade.State{
		Company: company, Entity: e, Version: old.Version + 1, Status: string(now.ProcessStatus), At: now.Meta.LastUpdatedAt, JSON: change.WriteShipment(now),
	})
}

func (w *world) revise(t *testing.T, s trade.State) {
	t.Helper()
	if _, err := w.store.Revise(t.Context(), uuid.Nil, hook.Revision{State: s}); err != nil {
		t.Fatal(err)
	}
}

// order is one with lines of the given quantities.
func order(id string, quantities ...int) string {
	lines := make([]string, len(quantities))
	for i, q := range quantities {
		lines[i] = fmt.Sprintf(`{"id":"line-%d","buyerLine":{"position":"%d0"},"deliverySchedule":[{"position":"1","date":"2026-12-01","quantity":%d},{"position":"2","date":"2026-12-15","quantity":1}]}`, i+1, i+1, q)
	}
	name, _ := json.Marshal(id)
	return fmt.Sprintf(`{"orderId":%s,"buyerOrder":{"purchaseOrderNumber":"PO-1"},"lines":[%s],"shelf":"B 4"}`, name, strings.Join(lines, ","))
}

func shipment(id string, quantities ...int) string {
	lines := make([]string, len(quantities))
	for i, q := range quantities {
		lines[i] = fmt.Sprintf(`{"purchaseOrderNumber":"PO-1","purchaseOrderLinePosition":"%d0","supplierLine":{"despatchQuantity":%d}}`, i+1, q)
	}
	return fmt.Sprintf(`{"id":%q,"processStatus":"Issued","lines":[%s],"supplierShipment":{"documents":[{"code":"PL-1"}]}}`, id, strings.Join(lines, ","))
}

// fetched is what tests look at of an order or shipment, of either form.
type fetched struct {
	XMLName       xml.Name      `json:"-"`
	ID            string        `json:"id" xml:"id"`
	OrderID       string        `json:"orderId" xml:"orderId"`
	Shelf         string        `json:"shelf" xml:"shelf"`
	LastUpdatedAt string        `json:"lastUpdatedAt" xml:"lastUpdatedAt"`
	Lines         []fetchedLine `json:"lines" xml:"line"`
	Supplier      struct {
		Documents []struct {
			Code string `json:"code" xml:"code"`
		} `json:"documents" xml:"document"`
	} `json:"supplierShipment" xml:"supplierShipment"`
}

type fetchedLine struct {
	ID       string `json:"id" xml:"id"`
	Position string `json:"purchaseOrderLinePosition" xml:"purchaseOrderLinePosition"`
	Status   struct {
		Delivery struct {
			Quantity json.Number `json:"quantity" xml:"quantity"`
		} `json:"scheduledDelivery" xml:"scheduledDelivery"`
	} `json:"statusLine" xml:"statusLine"`
}

// lines lists the lines.
func (f *fetched) lines() string {
	var all []string
	for _, l := range f.Lines {
		all = append(all, strings.TrimSpace(l.ID+l.Position+" "+l.Status.Delivery.Quantity.String()))
	}
	return strings.Join(all, ", ")
}

// fetch gets an order or shipment of acme's.
func (w *world) fetch(t *testing.T, path string, headers ...string) (fetched, answer) {
	t.Helper()
	resp, body := w.do(t, "GET", path, "acme:"+w.keys["acme reader"], headers...)
	var f fetched
	var err error
	if resp.header.Get("Content-Type") == "application/xml" {
		err = xml.Unmarshal(body, &f)
	} else {
		err = json.Unmarshal(body, &f)
	}
	if err != nil || resp.status != 200 {
		t.Fatalf("GET %s = %d %s: %v", path, resp.status, body, err)
	}
	return f, resp
}

func TestOrdersAreFetched(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		w.putOrder(t, "acme", order("4711", 5, 6), first)
		w.putOrder(t, "acme", order("4711", 5, 7, 8), first.Add(time.Minute))
		stamp := url.QueryEscape(first.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano))
		for _, tt := range []struct{ path, lines string }{
			{"/v2/order/4711", "line-1, line-2, line-3"},
			{"/v2/order/4711?lastUpdatedAfter=" + stamp, "line-2, line-3"},
			{"/v2/order/4711?lastUpdatedAfter=" + url.QueryEscape(time.Now().Format(time.RFC3339)), ""},
			{"/v2/order/4711/single-delivery?lastUpdatedAfter=" + stamp, "line-2 7, line-2 1, line-3 8, line-3 1"},
		} {
			for _, accept := range []string{"application/json", "application/xml"} {
				f, resp := w.fetch(t, tt.path, "Accept: "+accept)
				if f.ID != "4711" || f.OrderID != "" || f.lines() != tt.lines || f.Shelf != "B 4" || resp.header.Get("Content-Type") != accept {
					t.Errorf("GET %s as %s = %+v, want the lines %q", tt.path, accept, f, tt.lines)
				}
				if at, err := time.Parse(time.RFC3339, f.LastUpdatedAt); err != nil || !at.Equal(first.Add(time.Minute)) {
					t.Errorf("GET %s as %s: lastUpdatedAt = %q, want that of the change, %s", tt.path, accept, f.LastUpdatedAt, first.Add(time.Minute))
				}
				if accept == "application/xml" && f.XMLName.Local != "Order" {
					t.Errorf("the root is %s, want Order", f.XMLName.Local)
				}
			}
		}
		w.checkWho(t, "GET", "/v2/order/4711", "")
		w.checkWho(t, "GET", "/v2/order/4711/single-delivery", "")
		w.putOrder(t, "rival", order("4711", 1), first)
		if f, _ := w.fetch(t, "/v2/order/4711"); f.lines() != "line-1, line-2, line-3" {
			t.Errorf("the order has the lines %q of another company's", f.lines())
		}
	})
}

func TestShipmentsAreFetched(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		w.putShipment(t, "acme", shipment("S-1", 5, 6), first)
		w.putShipment(t, "acme", shipment("S-1", 5, 7), first.Add(time.Minute))
		for _, tt := range []struct {
			query, lines string
			documents    int
		}{{"", "10, 20", 1}, {"?lastUpdatedAfter=" + url.QueryEscape(first.Format(time.RFC3339Nano)), "20", 0}} {
			for _, accept := range []string{"application/json", "application/xml"} {
				f, _ := w.fetch(t, "/v2/shipment/S-1"+tt.query, "Accept: "+accept)
				if f.ID != "S-1" || f.lines() != tt.lines || len(f.Supplier.Documents) != tt.documents {
					t.Errorf("GET %s as %s = %+v, want the lines %q and %d documents", tt.query, accept, f, tt.lines, tt.documents)
				}
				if accept == "application/xml" && f.XMLName.Local != "Shipment" {
					t.Errorf("the root is %s, want Shipment", f.XMLName.Local)
				}
			}
		}
		w.checkWho(t, "GET", "/v2/shipment/S-1", "")
	})
}

func TestOrdersOfAnyName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, id := range []string{"a/b", "a//b", "Bestellung für Köln", "..", ".", "a?b#c", "100%", "a%2Fb", "a+b", `a"\b`, "图", "single-delivery", "a/single-delivery"} {
			w.putOrder(t, "acme", order(id, 1), time.Now().Add(-time.Hour))
			escaped := strings.ReplaceAll(url.PathEscape(id), ".", "%2E")
			f, _ := w.fetch(t, "/v2/order/"+escaped)
			if single, _ := w.fetch(t, "/v2/order/"+escaped+"/single-delivery"); f.ID != id || single.ID != id {
				t.Errorf("GET of %q = %q, with one delivery per line %q", id, f.ID, single.ID)
			}
		}
		me := "acme:" + w.keys["acme reader"]
		for _, path := range []string{"/v2/order/4711", "/v2/order/%00", "/v2/order/%FF", "/v2/order/" + strings.Repeat("a", 5000), "/v2/shipment/a%2Fb", "/v2/order/a/b", "/v2/order/"} {
			if resp, body := w.do(t, "GET", path, me); resp.status != 404 {
				t.Errorf("GET %.100s = %d %s, want 404", path, resp.status, body)
			}
		}
	})
}

func TestWhatFetchedOrdersAreAnsweredAs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.putOrder(t, "acme", order("4711", 1), time.Now().Add(-time.Hour))
		me := "acme:" + w.keys["acme reader"]
		const path, json, xml = "/v2/order/4711", "application/json", "application/xml"
		for accept, want := range map[string]string{
			"": json, "*/*": json, "application/*": json, "application/xml": xml, "application/json, application/xml": json,
			"application/xml, */*;q=0.5": xml, "application/xml;q=0.5, application/json;q=0.4": xml, "text/html, application/xml;q=0.9, */*;q=0.8": xml,
			"Application/XML": xml, "application/json;q=0, */*": xml, "text/html": "", "application/xml;q=0": "", "nonsense": "", "application/xml;q=x": "",
		} {
			var headers []string
			if accept != "" {
				headers = []string{"Accept: " + accept}
			}
			resp, body := w.do(t, "GET", path, me, headers...)
			switch got := resp.header.Get("Content-Type"); {
			case want == "" && resp.status != 406:
				t.Errorf("Accept: %s = %d of type %s, want 406: %s", accept, resp.status, got, body)
			case want != "" && (resp.status != 200 || got != want):
				t.Errorf("Accept: %s = %d of type %s, want %s", accept, resp.status, got, want)
			}
		}
		resp, whole := w.do(t, "GET", path, me)
		tag := resp.header.Get("Etag")
		if resp, body := w.do(t, "GET", path, me, "If-None-Match: "+tag); resp.status != 304 || len(body) != 0 || resp.header.Get("Etag") != tag {
			t.Errorf("with If-None-Match = %d with %d bytes, want 304", resp.status, len(body))
		}
		if resp, body := w.do(t, "HEAD", path, me); resp.status != 200 || resp.length != int64(len(whole)) || len(body) != 0 || resp.header.Get("Etag") != tag {
			t.Errorf("HEAD = %d that tells %d bytes, want 200 and %d", resp.status, resp.length, len(whole))
		}
		if resp, _ := w.do(t, "GET", path, me, "If-None-Match: "+tag, "Accept: application/xml"); resp.status != 200 {
			t.Errorf("as XML with the tag of the JSON = %d, want 200", resp.status)
		}
		w.putOrder(t, "acme", order("4711", 2), time.Now())
		if resp, _ := w.do(t, "GET", path, me, "If-None-Match: "+tag); resp.status != 200 || resp.header.Get("Etag") == tag {
			t.Errorf("after a change = %d with the tag %s, want 200 and another", resp.status, resp.header.Get("Etag"))
		}
		if resp, body := w.do(t, "GET", path+"?lastUpdatedAfter=yesterday", me); resp.status != 422 || !strings.Contains(string(body), "lastUpdatedAfter") {
			t.Errorf("what isn't a time = %d %s, want 422 that names it", resp.status, body)
		}
	})
}
