package webhook_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/render/entity"
	"github.com/waybillhq/waybill/internal/render/notice"
	"github.com/waybillhq/waybill/internal/trade"
	"github.com/waybillhq/waybill/webhook"
)

const someID = "01a204cd-cad4-7b9d-83bc-051c66e4783c"

// What Waybill renders for each event type there is can be decoded.
func TestDecodeEveryType(t *testing.T) {
	t.Parallel()
	id, at := uuid.MustParse(someID), time.Date(2026, 11, 22, 19, 48, 45, 123e6, time.UTC)
	for _, et := range trade.Catalogue() {
		e := trade.Event{ID: id, Type: et.Name, Shop: "12", OccurredAt: at, Data: et.Sample}
		if et.Family == trade.DocumentEvents {
			body, err := notice.Body(e, id, at, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			got, err := webhook.Decode(body)
			if n, ok := got.(webhook.Notice); !ok || n.EventType != et.Name || n.EventID != someID || n.Timestamp != "2026-11-22T19:48:45" {
				t.Errorf("Decode of %s = %+v, %v, want its notice", body, got, err)
			}
			continue
		}
		body, err := entity.Body(e, et)
		if err != nil {
			t.Fatal(err)
		}
		got, err := webhook.Decode(body)
		n, ok := got.(webhook.Event)
		if !ok || n.Type != et.Name || n.ID != someID || !n.OccurredAt.Equal(at) || n.ShopID != "12" || string(n.Data) != string(et.Sample) {
			t.Errorf("Decode of %s = %+v, %v, want its event", body, got, err)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const envelope = `{"event":"ProductChanged","eventId":"e","occurredAt":"2026-03-04T05:06:07.12Z","entityData":{"ProductId":7},"shopId":`
	event := func(shop webhook.ShopID) webhook.Event {
		return webhook.Event{
			Type: "ProductChanged", ID: "e", OccurredAt: time.Date(2026, 3, 4, 5, 6, 7, 120e6, time.UTC),
			ShopID: shop, Data: json.RawMessage(`{"ProductId":7}`),
		}
	}
	for _, tt := range []struct {
		name, body string
		want       any
	}{
		{
			"a notice", `{"eventId":"1","timestamp":"2023-10-17T11:01:36","eventType":"DELIVERY","transactionStatus":"ADVISED","orderId":"2",` +
				`"itscopeOrderId":"3","documentId":"4","documentUrl":"https://a.example/5","transactionId":"6"}`,
			webhook.Notice{
				EventID: "1", Timestamp: "2023-10-17T11:01:36", EventType: "DELIVERY", TransactionStatus: "ADVISED", OrderID: "2",
				ITscopeOrderID: "3", DocumentID: "4", DocumentURL: "https://a.example/5", TransactionID: "6",
			},
		},
		{
			"a notice without a document", `{"eventId":"1","timestamp":"t","eventType":"ORDER","transactionStatus":"CANCELLED","orderId":"2","itscopeOrderId":"3","transactionId":"6"}`,
			webhook.Notice{
				EventID: "1", Timestamp: "t", EventType: "ORDER", TransactionStatus: "CANCELLED", OrderID: "2", ITscopeOrderID: "3", TransactionID: "6",
			},
		},
		{"an event of a shop with a number", envelope + `12}`, event("12")},
		{"an event of a shop with a name", envelope + `"de-1"}`, event("de-1")},
		{"an event without a shop", envelope + `null}`, event("")},
		{"an event with more members", envelope + `null,"later":{"a":1}}`, event("")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := webhook.Decode([]byte(tt.body)); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Decode = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``: "neither", `{`: "neither", `[]`: "neither", `null`: "neither", `{}`: "neither", `<order/>`: "neither",
		`{"event":"A","eventType":"B"}`: "neither",
		`{"event":7}`:                   "neither",
		`{"eventType":"A","orderId":7}`: "decoding a webhook.Notice",
		`{"event":"A","shopId":{}}`:     "the shop's ID is neither a string nor a number",
		`{"event":"A","shopId":true}`:   "the shop's ID is neither",
		`{"event":"A","occurredAt":""}`: "decoding a webhook.Event",
	} {
		got, err := webhook.Decode([]byte(body))
		if err == nil || got != nil || !strings.Contains(err.Error(), want) || errors.Is(err, webhook.ErrBody) != (want == "neither") {
			t.Errorf("Decode(%s) = %+v, %v, want an error with %q", body, got, err, want)
		}
	}
}

func TestNoticeSentAt(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	got, err := webhook.Notice{Timestamp: "2023-10-17T11:01:36"}.SentAt(berlin)
	if want := time.Date(2023, 10, 17, 9, 1, 36, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("SentAt = %v, %v, want %v", got, err, want)
	}
	if got, err := (webhook.Notice{Timestamp: "yesterday"}).SentAt(berlin); err == nil || !strings.Contains(err.Error(), `"yesterday"`) {
		t.Errorf("SentAt of no time = %v, %v, want an error", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"event":"A","eventId":"e","occurredAt":"2026-03-04T05:06:07Z","shopId":1e400,"entityData":{}}`))
	f.Add([]byte(`{"eventType":"ORDER","documentId":null}`))
	f.Add([]byte(`{"EVENT":"A","event":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := webhook.Decode(body)
		if err != nil {
			if got != nil {
				t.Errorf("Decode(%q) = %+v, %v, want nothing with the error", body, got, err)
			}
			return
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("%+v, decoded from %q, cannot be encoded: %v", got, body, err)
		}
		if again, err := webhook.Decode(text); err != nil || reflect.TypeOf(again) != reflect.TypeOf(got) {
			t.Errorf("Decode(%s) = %+v, %v, want %+v again", text, again, err, got)
		}
	})
}
