package partner_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/store/storetest"
)

const (
	orderPoll    = "/v2/order-search/poll"
	singlePoll   = orderPoll + "/single-delivery"
	shipmentPoll = "/v2/shipment/poll"
)

// polled is a page, of either form.
type polled struct {
	XMLName       xml.Name  `json:"-"`
	Data          []fetched `json:"data" xml:"data"`
	Total         int       `json:"total" xml:"total"`
	LastUpdatedAt string    `json:"lastUpdatedAt" xml:"lastUpdatedAt"`
}

func (p polled) ids() string {
	var all []string
	for _, f := range p.Data {
		all = append(all, f.ID)
	}
	return strings.Join(all, " ")
}

func readPage(t *testing.T, status int, contentType string, body []byte) polled {
	t.Helper()
	var p polled
	err := fmt.Errorf("of type %s", contentType)
	switch contentType {
	case "application/json":
		err = json.Unmarshal(body, &p)
	case "application/xml":
		err = xml.Unmarshal(body, &p)
	}
	if err != nil || status != 200 {
		t.Fatalf("the page = %d %s: %v", status, body, err)
	}
	return p
}

// poll asks for a page of acme's.
func (w *world) poll(t *testing.T, path, ask string, headers ...string) polled {
	t.Helper()
	resp, body := w.send(t, "POST", path, ask, "acme:"+w.keys["acme reader"], append([]string{"Content-Type: application/json"}, headers...)...)
	return readPage(t, resp.status, resp.header.Get("Content-Type"), body)
}

// confirmed is an order whose one line is confirmed.
func confirmed(id string) string {
	return strings.Replace(order(id, 1), `"buyerLine"`, `"status":{"processStatus":"Confirmed"},"buyerLine"`, 1)
}

func TestPagesOfOrders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		at := func(minutes int) string {
			return first.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339Nano)
		}
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			state := order(id, i+1)
			if id == "c" || id == "e" {
				state = confirmed(id)
			}
			w.putOrder(t, "acme", state, first.Add(time.Duration(i)*time.Minute))
		}
		w.putOrder(t, "acme", order("a", 9), first.Add(5*time.Minute))
		w.putOrder(t, "rival", order("r", 1), first.Add(time.Minute))
		for _, tt := range []struct {
			ask, ids string
			total    int
			last     string
		}{
			{`{}`, "b c d e a", 5, at(5)},
			{`{"limit":2}`, "b c", 5, at(2)},
			{`{"filters":{"lastUpdatedAfter":"` + at(2) + `"},"limit":2}`, "d e", 3, at(4)},
			{`{"filters":{"lastUpdatedAfter":"` + at(4) + `"},"limit":2,"offset":0}`, "a", 1, at(5)},
			{`{"filters":{"lastUpdatedAfter":"` + at(5) + `"}}`, "", 0, at(5)},
			{`{"limit":2,"offset":3}`, "e a", 5, at(5)},
			{`{"offset":7}`, "", 5, ""},
			{`{"filters":{"status":{"processStatus":["Confirmed"]}}}`, "c e", 2, at(4)},
			{`{"filters":{"status":{"processStatus":["Confirmed","Issued","Issued"]},"lastUpdatedAfter":"` + at(1) + `"},"limit":3}`, "c d e", 4, at(4)},
			{`{"filters":{"status":{"processStatus":["Cancelled"]}}}`, "", 0, ""},
			{`{"filters":null,"limit":null}`, "b c d e a", 5, at(5)},
		} {
			for _, accept := range []string{"application/json", "application/xml"} {
				p := w.poll(t, orderPoll, tt.ask, "Accept: "+accept)
				if p.ids() != tt.ids || p.Total != tt.total || p.LastUpdatedAt != tt.last {
					t.Errorf("%s as %s = %q of %d until %q, want %q of %d until %q", tt.ask, accept, p.ids(), p.Total, p.LastUpdatedAt, tt.ids, tt.total, tt.last)
				}
				if accept == "application/xml" && p.XMLName.Local != "Orders" {
					t.Errorf("the root is %s, want Orders", p.XMLName.Local)
				}
			}
		}
		p := w.poll(t, orderPoll, `{}`)
		if a := p.Data[4]; a.lines() != "line-1" || a.Shelf != "B 4" {
			t.Errorf("the order is %+v, want all of it", a)
		}
		p = w.poll(t, singlePoll, `{}`)
		if a := p.Data[4]; a.lines() != "line-1 9, line-1 1" {
			t.Errorf("with one delivery per line the order has %q, want its line twice", a.lines())
		}
		w.checkWho(t, "POST", orderPoll, `{}`)
		resp, body := w.send(t, "POST", orderPoll, `{}`, "rival:"+w.keys["rival reader"])
		if p := readPage(t, resp.status, resp.header.Get("Content-Type"), body); p.ids() != "r" || p.Total != 1 {
			t.Errorf("another company's page = %q of %d, want its own", p.ids(), p.Total)
		}
	})
}

func TestPagesOfShipments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		w.putShipment(t, "acme", shipment("S-1", 1), first)
		w.putShipment(t, "acme", strings.Replace(shipment("S-2", 2), "Issued", "Approved", 1), first)
		w.putOrder(t, "acme", order("4711", 1), first)
		w.putShipment(t, "rival", shipment("S-3", 1), first)
		for ask, want := range map[string]string{`{}`: "S-1 S-2", `{"filters":{"status":{"processStatus":["Approved"]}}}`: "S-2"} {
			for _, accept := range []string{"application/json", "application/xml"} {
				p := w.poll(t, shipmentPoll, ask, "Accept: "+accept)
				if p.ids() != want || p.LastUpdatedAt != first.Format(time.RFC3339Nano) || len(p.Data[0].Supplier.Documents) != 1 {
					t.Errorf("%s as %s = %+v, want %s", ask, accept, p, want)
				}
			}
		}
		w.checkWho(t, "POST", shipmentPoll, `{}`)
	})
}

func TestPollsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		me := "acme:" + w.keys["acme reader"]
		for _, tt := range []struct {
			path, body, field string
			status            int
			headers           []string
		}{
			{orderPoll, ``, "", 422, nil},
			{orderPoll, `[]`, "", 422, nil},
			{orderPoll, `{"limit":`, "", 422, nil},
			{orderPoll, `{"limit":101}`, "limit", 422, nil},
			{orderPoll, `{"limit":-1}`, "limit", 422, nil},
			{orderPoll, `{"limit":"10"}`, "limit", 422, nil},
			{orderPoll, `{"offset":-1}`, "offset", 422, nil},
			{orderPoll, `{"offset":1.5}`, "offset", 422, nil},
			{orderPoll, `{"ofset":1}`, "ofset", 422, nil},
			{orderPoll, `{"filters":[]}`, "filters", 422, nil},
			{orderPoll, `{"filters":{"lastUpdatedAfter":"yesterday"}}`, "filters.lastUpdatedAfter", 422, nil},
			{orderPoll, `{"filters":{"buyer":"acme"}}`, "filters.buyer", 422, nil},
			{orderPoll, `{"filters":{"status":{"logisticsStatus":["Open"]}}}`, "filters.status.logisticsStatus", 422, nil},
			{singlePoll, `{"filters":{"status":{"processStatus":["Issued","Approved"]}}}`, "filters.status.processStatus[1]", 422, nil},
			{shipmentPoll, `{"filters":{"status":{"processStatus":["Confirmed"]}}}`, "filters.status.processStatus[0]", 422, nil},
			{shipmentPoll, `{"filters":{"status":{"processStatus":"Issued"}}}`, "filters.status.processStatus", 422, nil},
			{orderPoll, strings.Repeat(" ", 64<<10) + `{}`, "", 413, nil},
			{orderPoll, `<poll/>`, "", 415, []string{"Content-Type: application/xml"}},
			{orderPoll, `{}`, "", 406, []string{"Accept: text/csv"}},
		} {
			resp, body := w.send(t, "POST", tt.path, tt.body, me, tt.headers...)
			var p struct {
				Detail string
				Errors []struct{ Field, Reason string }
			}
			if err := json.Unmarshal(body, &p); err != nil || resp.status != tt.status || p.Detail == "" {
				t.Errorf("%.80s = %d %s, want %d in words", tt.body, resp.status, body, tt.status)
			}
			if tt.status == 422 && (len(p.Errors) != 1 || p.Errors[0].Field != tt.field || p.Errors[0].Reason == "") {
				t.Errorf("%s is refused by %+v, want by %q and why", tt.body, p.Errors, tt.field)
			}
		}
		if resp, _ := w.do(t, "GET", orderPoll, me); resp.status != 405 {
			t.Errorf("GET = %d, want 405", resp.status)
		}
	})
}

// What changed in the same millisecond is not torn apart, however much it is.
func TestAPageHasAllOfItsLastMillisecond(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		w.putOrder(t, "acme", order("before", 1), first.Add(-time.Millisecond))
		for i := range 103 {
			w.putOrder(t, "acme", order(fmt.Sprintf("o-%03d", i), 1), first)
		}
		w.putOrder(t, "acme", order("after", 1), first.Add(time.Millisecond))
		seen := make(map[string]int)
		ask := `{"limit":2}`
		for range 3 {
			p := w.poll(t, orderPoll, ask)
			if p.Total == 0 || len(p.Data) == 0 {
				t.Fatalf("%s = %+v, want a page", ask, p)
			}
			for _, f := range p.Data {
				seen[f.ID]++
			}
			if len(p.Data) != 104 && len(p.Data) != 1 {
				t.Errorf("%s = %d orders, want 104 (the first, and all of the millisecond of the second), then the last", ask, len(p.Data))
			}
			ask = `{"limit":2,"filters":{"lastUpdatedAfter":"` + p.LastUpdatedAt + `"}}`
			if len(seen) == 105 {
				break
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s came %d times, want once", id, n)
			}
		}
		if len(seen) != 105 {
			t.Errorf("%d orders came, want 105", len(seen))
		}
	})
}

// Orders change while a receiver polls, each at a time that others can see only when it
// is committed, up to nine seconds later. In the end the receiver has the newest state of
// each, and what it got again had changed meanwhile.
func TestNothingIsMissedWhilePolling(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			w := newHandler(t, storetest.Open(t), slog.New(slog.DiscardHandler))
			var changing sync.WaitGroup
			var mu sync.Mutex // on changes
			changes := 0
			for i := range uint64(12) {
				chance := rand.New(rand.NewPCG(seed, i))
				changing.Go(func() {
					for n := range 15 {
						at := time.Now()
						time.Sleep(time.Duration(chance.IntN(9000)) * time.Millisecond) // until it is committed
						w.putOrder(t, "acme", order(fmt.Sprint("o-", i), n+1), at)
						mu.Lock()
						changes++
						mu.Unlock()
						time.Sleep(time.Duration(chance.IntN(30)) * time.Second)
					}
				})
			}
			done := make(chan struct{})
			go func() { changing.Wait(); close(done) }()

			chance := rand.New(rand.NewPCG(seed, 99))
			has, came, cursor := make(map[string]string), 0, ""
			take := func() int {
				ask := fmt.Sprintf(`{"limit":%d,"filters":{%s}}`, 1+chance.IntN(5), cursor)
				rec := w.call(t, "POST", orderPoll, ask, "acme:"+w.keys["acme reader"])
				p := readPage(t, rec.Code, rec.Header().Get("Content-Type"), rec.Body.Bytes())
				for _, f := range p.Data {
					if has[f.ID] == f.LastUpdatedAt {
						t.Errorf("%s came again as it was at %s", f.ID, f.LastUpdatedAt)
					}
					has[f.ID] = f.LastUpdatedAt
					came++
				}
				if p.LastUpdatedAt != "" {
					cursor = `"lastUpdatedAfter":"` + p.LastUpdatedAt + `"`
				}
				return len(p.Data)
			}
			for going := true; going; {
				select {
				case <-done:
					going = false
				case <-time.After(time.Duration(chance.IntN(4000)) * time.Millisecond):
					take()
				}
			}
			time.Sleep(10 * time.Second)
			for take() > 0 {
			}
			for i := range 12 {
				id := fmt.Sprint("o-", i)
				rec := w.call(t, "GET", "/v2/order/"+id, "", "acme:"+w.keys["acme reader"])
				var f fetched
				if err := json.Unmarshal(rec.Body.Bytes(), &f); err != nil || has[id] != f.LastUpdatedAt {
					t.Errorf("of %s the receiver has %q, want the newest, %q, %v", id, has[id], f.LastUpdatedAt, err)
				}
			}
			if came > changes || came < 12 {
				t.Errorf("%d orders came in all, of %d changes", came, changes)
			}
		})
	}
}
