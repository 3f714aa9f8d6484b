package render_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render"
	"github.com/waybillhq/waybill/internal/trade"
)

func job(eventType, data string) hook.Job {
	return hook.Job{
		Delivery: hook.Delivery{ID: uuid.MustParse("01928c5f-0000-7000-8000-00000000000d"), Attempt: 3},
		Event: trade.Event{
			ID: uuid.MustParse("01928c5f-0000-7000-8000-00000000000e"), Type: eventType,
			OccurredAt: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), Data: json.RawMessage(data),
		},
	}
}

func target() *hook.Hook { return &hook.Hook{URL: "https://receiver.example/in?a=b"} }

func noon() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 5e8, time.UTC) }

func TestDelivery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, eventType, data, want string }{
		{
			"tells of a document as a notice in local time", "INVOICE",
			`{"transactionStatus":"INVOICED","orderId":"1","itscopeOrderId":"2","transactionId":"3"}`,
			`{"eventId":"01928c5f-0000-7000-8000-00000000000d","timestamp":"2026-07-01T14:00:00","eventType":"INVOICE",` +
				`"transactionStatus":"INVOICED","orderId":"1","itscopeOrderId":"2","transactionId":"3"}`,
		},
		{
			"tells a trigger's event as its fields", "ProductGroupChanged", `{"ProductGroupId":7}`,
			`{"event":"ProductGroupChanged","eventId":"01928c5f-0000-7000-8000-00000000000e","occurredAt":"2026-07-01T12:00:00Z",` +
				`"shopId":null,"entityData":{"ProductGroupId":7,"ProductGroupName":null}}`,
		},
		{
			"tells an order's event as its fields", "OrderIssuedByBuyer", `{"OrderId":1,"OrderCode":"A"}`,
			`{"event":"OrderIssuedByBuyer","eventId":"01928c5f-0000-7000-8000-00000000000e","occurredAt":"2026-07-01T12:00:00Z",` +
				`"shopId":null,"entityData":{"OrderId":1,"OrderCode":"A"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := render.Delivery(job(tt.eventType, tt.data), target(), trade.Company{TimeZone: "Europe/Berlin"}, noon())
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != tt.want {
				t.Errorf("body = %s\nwant %s", got.Body, tt.want)
			}
			if got.Method != "POST" || got.URL != "https://receiver.example/in?a=b" {
				t.Errorf("request = %s %s, want POST to the hook's URL", got.Method, got.URL)
			}
			header := http.Header{}
			header.Set("Content-Type", "application/json")
			header.Set("Webhook-Id", "01928c5f-0000-7000-8000-00000000000d")
			header.Set("Webhook-Timestamp", "1782907200")
			header.Set("Webhook-Attempt", "3")
			if !reflect.DeepEqual(got.Header, header) {
				t.Errorf("header = %v, want %v", got.Header, header)
			}
		})
	}
}

func TestDeliveryHeaderBelongsToTheCaller(t *testing.T) {
	t.Parallel()
	got, err := render.Delivery(job("VoipCallChanged", `{}`), target(), trade.Company{}, noon())
	if err != nil {
		t.Fatal(err)
	}
	got.Header.Add("Content-Type", "text/plain")
	if id := got.Header.Get("Webhook-Id"); id != "01928c5f-0000-7000-8000-00000000000d" {
		t.Errorf("Webhook-Id = %q after adding to another header", id)
	}
}

func TestDeliveryNamesTheTrace(t *testing.T) {
	t.Parallel()
	for _, trace := range []trade.Trace{{}, {Parent: "00-trace-span-01"}, {Parent: "00-trace-span-01", State: "a=1"}} {
		j := job("VoipCallChanged", `{}`)
		j.Event.Trace = trace
		got, err := render.Delivery(j, target(), trade.Company{}, noon())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"Traceparent": trace.Parent, "Tracestate": trace.State} {
			if values := got.Header[name]; got.Header.Get(name) != want || (want == "") != (values == nil) {
				t.Errorf("%s = %q, want %q", name, values, want)
			}
		}
	}
}

func TestDeliveryErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, eventType, data, zone, want string }{
		{"unknown type", "Banana", `{}`, "UTC", `there is no event type "Banana"`},
		{"nearly known type", "orderChange", `{}`, "UTC", `there is no event type "orderChange"; "OrderChanged" is the nearest`},
		{"data of a trigger's event that is an array", "OrderChanged", `[]`, "UTC", "the event's data is not a JSON object"},
		{"data of a document that is a text", "ORDER", `"x"`, "UTC", "the event's data is not a JSON object"},
		{"unknown zone", "ORDER", `{}`, "Mars/Base", `the company's time zone "Mars/Base" is not known here`},
		{"no zone", "ORDER", `{}`, "", `the company's time zone "" is not known here`},
		{"the machine's zone", "ORDER", `{}`, "Local", `the company's time zone "Local" is not known here`},
		{"a path for a zone", "ORDER", `{}`, "../../etc/passwd", `is not known here`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := render.Delivery(job(tt.eventType, tt.data), target(), trade.Company{TimeZone: tt.zone}, noon())
			if err == nil || !strings.Contains(err.Error(), tt.want) || got.Body != nil {
				t.Errorf("Delivery = %+v, %v, want the error %q", got, err, tt.want)
			}
			if e, ok := errors.AsType[*hook.Error](err); !ok || e.Fault != hook.Invalid {
				t.Errorf("Delivery = %v, want an error that can be shown", err)
			}
		})
	}
}

func TestDeliveryInManyZonesAtOnce(t *testing.T) {
	t.Parallel()
	wants := map[string]string{
		"Europe/Berlin": "T14:00:00", "America/New_York": "T08:00:00", "Asia/Kolkata": "T17:30:00", "UTC": "T12:00:00",
	}
	var wg sync.WaitGroup
	for range 4 {
		for name, want := range wants {
			wg.Go(func() {
				got, err := render.Delivery(job("ORDER", `{}`), target(), trade.Company{TimeZone: name}, noon())
				if err != nil || !strings.Contains(string(got.Body), want) {
					t.Errorf("Delivery in %s = %s, %v, want %s in it", name, got.Body, err, want)
				}
			})
		}
	}
	wg.Wait()
}

func BenchmarkDelivery(b *testing.B) {
	company := trade.Company{TimeZone: "Europe/Berlin"}
	for _, name := range []string{"DELIVERY", "OrderChanged"} {
		b.Run(name, func(b *testing.B) {
			t, _ := trade.TypeOf(name)
			j := job(name, string(t.Sample))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := render.Delivery(j, target(), company, noon()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoadLocation is why time zones are kept.
func BenchmarkLoadLocation(b *testing.B) {
	for b.Loop() {
		if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
			b.Fatal(err)
		}
	}
}
