package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// pages reads all pages of a list and returns the IDs of its items.
func (w *world) pages(t *testing.T, query string) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for {
		a := w.do(t, "GET", acme+"/deliveries?"+query+"&cursor="+cursor, "")
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
			t.Fatalf("%s = %d %s", query, a.status, a.body)
		}
		for _, d := range page.Items {
			ids = append(ids, d.ID)
		}
		if page.Next == "" {
			return ids
		}
		cursor = page.Next
	}
}

func TestPagesShowEachDeliveryOnceInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addTrigger(t)
	var batch strings.Builder
	for i := range 500 {
		fmt.Fprintf(&batch, `{"type":"OrderCreated","entityId":"%d"}`+"\n", i)
	}
	w.do(t, "POST", acme+"/events/batch", batch.String(), "Content-Type: application/x-ndjson")
	for _, query := range []string{"limit=50", "limit=200", "limit=73&state=waiting", "from=2020-01-01T00:00:00Z"} {
		ids := w.pages(t, query)
		if len(ids) != 500 {
			t.Errorf("%s: %d deliveries, want 500", query, len(ids))
		}
		if !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("%s: not each once, newest first", query)
		}
	}
}

func TestDeliveriesCanBeFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.addTrigger(t)
	start := time.Now().Add(-time.Second)
	_, d1 := w.postEvent(t, goodEvent)
	w.settle(t, first, 0, nil, hook.Verdict{State: hook.Failed, Reason: "no whole response in time"})
	second := w.mustDo(t, 201, "POST", triggers, strings.Replace(goodTrigger, "OrderCreated", "InvoiceChanged", 1))["id"].(string)
	_, d2 := w.postEvent(t, `{"type":"InvoiceChanged","entityId":"80417"}`)
	end := time.Now().Add(time.Second)
	at := func(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339Nano)) }
	both := []string{d2, d1}
	for query, want := range map[string][]string{
		"":                                     both,
		"state=failed":                         {d1},
		"state=delivered":                      nil,
		"state=waiting&hook=" + second:         {d2},
		"hook=" + first:                        {d1},
		"eventType=InvoiceChanged":             {d2},
		"entityKind=order":                     {d1},
		"entityId=80417":                       both,
		"entityId=80417&entityKind=invoice":    {d2},
		"entityId=1":                           nil,
		"from=" + at(start) + "&to=" + at(end): both,
		"to=" + at(start):                      nil,
		"from=" + at(end):                      nil,
	} {
		if got := w.pages(t, query); !slices.Equal(got, want) {
			t.Errorf("%s = %v, want %v", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"state=lost": "state", "hook=12": "hook", "hook=00000000-0000-0000-0000-000000000000": "hook",
		"eventType=InvoiceChange": "eventType", "entityKind=basket": "entityKind",
		"from=yesterday": "from", "to=2026-01-31": "to", "limit=0": "limit", "limit=201": "limit", "limit=many": "limit",
		"cursor=abc": "cursor", "status=failed": "status",
	} {
		a := w.do(t, "GET", acme+"/deliveries?"+query, "")
		if a.status != 422 || reasons(t, a)[want] == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", query, a.status, a.body, want)
		}
	}
}

func TestDeliveryShowsItsAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := w.addTrigger(t)
	_, id := w.postEvent(t, goodEvent)
	w.settle(t, trigger, 0, nil, hook.Verdict{State: hook.Waiting, Reason: "no whole response in time"})
	w.settle(t, trigger, 502, []byte("\xff\xfe"), hook.Verdict{State: hook.Waiting, Reason: "answered 502"})
	w.settle(t, trigger, 200, []byte("<ok>"), hook.Verdict{State: hook.Delivered})
	var got struct {
		State    string
		Attempt  int
		Status   int
		DueAt    *string
		Attempts []struct {
			Number, HookVersion int
			Request             struct {
				Method, URL, BodySHA256 string
				Headers                 []struct{ Name, Value string }
				BodySize                int
			}
			Response *struct {
				Status     int
				Headers    []struct{ Name, Value string }
				Body       string
				BodyBase64 bool
			}
			Error, Reason string
			Timings       struct{ DNS, Connect, Total float64 }
		}
	}
	if err := json.Unmarshal(w.do(t, "GET", acme+"/deliveries/"+id, "").body, &got); err != nil {
		t.Fatal(err)
	}
	if got.State != "delivered" || got.Attempt != 3 || got.Status != 200 || got.DueAt != nil || len(got.Attempts) != 3 {
		t.Fatalf("delivery = %+v, want it delivered by the third attempt", got)
	}
	none, binary, text := got.Attempts[0], got.Attempts[1], got.Attempts[2]
	if none.Number != 1 || none.Response != nil || none.Error != "timeout" || none.Reason == "" {
		t.Errorf("attempt 1 = %+v, want no response, and why", none)
	}
	if binary.Response == nil || binary.Response.Body != "//4=" || !binary.Response.BodyBase64 {
		t.Errorf("response 2 = %+v, want the body in base64", binary.Response)
	}
	if r := text.Response; r == nil || r.Status != 200 || r.Body != "<ok>" || r.BodyBase64 || fmt.Sprint(r.Headers) != "[{Retry-After 5}]" {
		t.Errorf("response 3 = %+v, want the text", r)
	}
	r := text.Request
	if r.Method != "POST" || r.URL != "https://hooks.example/orders" || r.BodySize != 17 || !strings.HasPrefix(r.BodySHA256, "ab00") ||
		fmt.Sprint(r.Headers) != "[{Content-Type application/json} {Authorization [secret]}]" {
		t.Errorf("request 3 = %+v, want it as it was sent", r)
	}
	if text.HookVersion != 1 || text.Timings.Connect != 1.5 || text.Timings.Total != 20 || text.Timings.DNS != 0 {
		t.Errorf("attempt 3 = %+v, want its version and milliseconds", text)
	}
}
