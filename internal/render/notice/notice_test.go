package notice_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/render/notice"
	"github.com/waybillhq/waybill/internal/trade"
)

// published is the notice of a delivery as receivers were promised it.
const published = `{
  "eventId": "e2a6a466-3b62-4bb7-af53-b59aec592b49",
  "timestamp": "2023-10-17T11:01:36",
  "eventType": "DELIVERY",
  "transactionStatus": "ADVISED",
  "orderId": "123-SAMPLE-456",
  "itscopeOrderId": "SAMPLE-123456-789",
  "documentId": "123456789",
  "documentUrl": "https://api.itscope.com/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/DISPATCHNOTIFICATION.xml",
  "transactionId": "123456789-1234-5678-9123-12SAMPLE4567"
}`

// sampleData is the data behind published, in another order, with the document's
// ID as a number.
const sampleData = `{
  "documentId": 123456789,
  "documentUrl": "https://api.itscope.com/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/DISPATCHNOTIFICATION.xml",
  "transactionId": "123456789-1234-5678-9123-12SAMPLE4567",
  "transactionStatus": "ADVISED",
  "orderId": "123-SAMPLE-456",
  "itscopeOrderId": "SAMPLE-123456-789"
}`

func deliveryID() uuid.UUID { return uuid.MustParse("e2a6a466-3b62-4bb7-af53-b59aec592b49") }

// attempt is 11:01:36 in Berlin.
func attempt() time.Time { return time.Date(2023, 10, 17, 9, 1, 36, 999e6, time.UTC) }

func berlin(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestBodyIsThePublishedSample(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(published)); err != nil {
		t.Fatal(err)
	}
	e := trade.Event{Type: "DELIVERY", Data: json.RawMessage(sampleData)}
	got, err := notice.Body(e, deliveryID(), attempt(), berlin(t))
	if err != nil || string(got) != want.String() {
		t.Errorf("Body = %s, %v\nwant %s", got, err, &want)
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	const head = `{"eventId":"e2a6a466-3b62-4bb7-af53-b59aec592b49","timestamp":"2023-10-17T09:01:36","eventType":"ORDER",`
	for _, tt := range []struct{ name, data, want string }{
		{
			"leaves the document out when there is none",
			`{"transactionStatus":"CANCELLED","orderId":"1","itscopeOrderId":"2","documentId":null,"documentUrl":"","transactionId":"3"}`,
			`"transactionStatus":"CANCELLED","orderId":"1","itscopeOrderId":"2","transactionId":"3"}`,
		},
		{
			"keeps numbers digit for digit",
			`{"transactionStatus":1.50,"orderId":12345678901234567890,"itscopeOrderId":-0,"documentId":1E+2,"transactionId":0}`,
			`"transactionStatus":"1.50","orderId":"12345678901234567890","itscopeOrderId":"-0","documentId":"1E+2","transactionId":"0"}`,
		},
		{
			"keeps escapes",
			`{"transactionStatus":"\u00fc\n","orderId":"a\"b\\","itscopeOrderId":"<ü>","documentUrl":"https:\/\/x","transactionId":""}`,
			`"transactionStatus":"\u00fc\n","orderId":"a\"b\\","itscopeOrderId":"<ü>","documentUrl":"https:\/\/x","transactionId":""}`,
		},
		{
			"finds names in another case",
			`{"TransactionStatus":"SENT","OrderId":"1","ItscopeOrderId":"2","DocumentId":"4","TransactionId":"3"}`,
			`"transactionStatus":"SENT","orderId":"1","itscopeOrderId":"2","documentId":"4","transactionId":"3"}`,
		},
		{
			"has empty strings for what is missing", `{"more":{"orderId":"1"}}`,
			`"transactionStatus":"","orderId":"","itscopeOrderId":"","transactionId":""}`,
		},
		{
			"is made without data", ``,
			`"transactionStatus":"","orderId":"","itscopeOrderId":"","transactionId":""}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := trade.Event{Type: "ORDER", Data: json.RawMessage(tt.data)}
			got, err := notice.Body(e, deliveryID(), attempt(), time.UTC)
			if want := head + tt.want; err != nil || string(got) != want {
				t.Errorf("Body = %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestBodyErrors(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`["ORDER"]`:                  "the event's data is not a JSON object",
		`{"orderId":"1"`:             "the event's data is not valid JSON, at byte 14",
		`{"orderId":1x}`:             `the event's data is not valid JSON: see the value of "orderId"`,
		`{"orderId":{"id":1}}`:       "orderId in the event's data is an object; it must be a string or a number",
		`{"documentId":[1]}`:         "documentId in the event's data is an array; it must be a string or a number",
		`{"transactionStatus":true}`: "transactionStatus in the event's data is true or false; it must be a string or a number",
	} {
		e := trade.Event{Type: "ORDER", Data: json.RawMessage(data)}
		got, err := notice.Body(e, deliveryID(), attempt(), time.UTC)
		if err == nil || err.Error() != want || got != nil {
			t.Errorf("Body of %s = %s, %v, want the error %q", data, got, err, want)
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add(sampleData, "DELIVERY")
	f.Add(`{"orderId":1e9,"OrderID":"\ud83d\ude00","documentUrl":null}`, "OR\"DER\xff")
	f.Add(`{"orderId":{"a":[]}}`, "")
	f.Fuzz(func(t *testing.T, data, eventType string) {
		e := trade.Event{Type: eventType, Data: json.RawMessage(data)}
		body, err := notice.Body(e, deliveryID(), attempt(), time.UTC)
		if err != nil {
			var object map[string]json.RawMessage
			if json.Unmarshal(e.Data, &object) == nil && object != nil && !strings.Contains(err.Error(), "must be a string or a number") {
				t.Errorf("Body of %q = %v, want no error", data, err)
			}
			return
		}
		names := []string{
			"eventId", "timestamp", "eventType", "transactionStatus", "orderId",
			"itscopeOrderId", "documentId", "documentUrl", "transactionId",
		}
		var got map[string]string
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("Body of %q = %q: %v", data, body, err)
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			return got[name] == "" && (name == "documentId" || name == "documentUrl")
		})
		if order := memberNames(t, body); !slices.Equal(order, names) {
			t.Errorf("Body of %q has %q, want %q", data, order, names)
		}
	})
}

// memberNames returns the names of a flat object's members in order.
func memberNames(t *testing.T, object []byte) []string {
	t.Helper()
	var names []string
	tokens := json.NewDecoder(bytes.NewReader(object))
	for i := 0; ; i++ {
		token, err := tokens.Token()
		if err != nil {
			return names
		}
		if name, ok := token.(string); ok && i%2 == 1 {
			names = append(names, name)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	zone := berlin(b)
	e := trade.Event{Type: "DELIVERY", Data: json.RawMessage(sampleData)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := notice.Body(e, deliveryID(), attempt(), zone); err != nil {
			b.Fatal(err)
		}
	}
}
