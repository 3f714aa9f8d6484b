package api_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

// What a test sends is what a delivery would, of a sample of the first event.
func TestATestOfAConnectorSendsASample(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct{ kind, settings, method, url, has, auth string }{
		"an order":                      {"orders", `"webhookUrl":"https://erp.example/o","bearerToken":"t"`, "POST", "https://erp.example/o", `{"eventName":"OrderIssuedByBuyer","orderEvent":{"orderId":"order-SAMPLE-80417",`, "bearer"},
		"another event":                 {"orders", `"webhookUrl":"https://erp.example/o","enabledEventNames":["OrderLinesRejectedBySupplier","OrderIssuedByBuyer"]`, "POST", "https://erp.example/o", `{"eventName":"OrderLinesRejectedBySupplier","orderEvent":{`, ""},
		"an order, a delivery a line":   {"orders", `"webhookUrl":"https://erp.example/o","singleDeliveryPerOrderLine":true`, "POST", "https://erp.example/o", `"singleDeliveryOrderEvent":{`, ""},
		"an order by the older name":    {"orders", `"webhookUrl":"https://erp.example/o","singleDeliveryPerOrderLine":true,"simpleOrderEvent":true`, "POST", "https://erp.example/o", `"simpleOrderEvent":{`, ""},
		"an order in plain XML":         {"orders", `"webhookUrl":"https://erp.example/o","format":"TXML"`, "POST", "https://erp.example/o", `<OrderWebhook><eventName>OrderIssuedByBuyer</eventName><orderEvent>`, ""},
		"documents of an order":         {"order-documents", `"webhookUrl":"https://erp.example/d","basicAuthCredentials":{"username":"u","password":"p"}`, "POST", "https://erp.example/d", `{"eventName":"OrderDocumentsAttachedByBuyer","orderDocumentsEvent":{`, "basic"},
		"a shipment":                    {"shipments", `"webhookUrl":"https://erp.example/s"`, "POST", "https://erp.example/s", `{"eventName":"ShipmentIssuedBySupplier","shipment":{"id":"shipment-SAMPLE-72981",`, ""},
		"the ID of an order, by GET":    {"orders", `"method":"GET","webhookUrl":"https://erp.example/o?id={orderId}"`, "GET", "https://erp.example/o?id=order-SAMPLE-80417", "", ""},
		"the ID of a shipment, by GET":  {"shipments", `"method":"GET","webhookUrl":"https://erp.example/{shipmentId}/x"`, "GET", "https://erp.example/shipment-SAMPLE-72981/x", "", ""},
		"a sample where none is chosen": {"shipments", `"webhookUrl":"https://erp.example/s","enabledEventNames":[]`, "POST", "https://erp.example/s", `{"eventName":"ShipmentIssuedBySupplier",`, ""},
	} {
		w := newWorld(t)
		got := w.mustDo(t, 200, "POST", connectors+"/"+tt.kind+"/test", `{"enabled":false,`+tt.settings+`}`)
		r, auth := w.receiver.last(t)
		if r.Method != tt.method || r.URL != tt.url || !strings.Contains(string(r.Body), tt.has) || (tt.has == "") != (len(r.Body) == 0) ||
			r.Header.Get("Webhook-Test") != "true" || string(auth.Kind) != tt.auth {
			t.Errorf("%s is %s %s by %q %s\n%s, want %s %s by %q with %s", name, r.Method, r.URL, auth.Kind, r.Header, r.Body, tt.method, tt.url, tt.auth, tt.has)
		}
		if strings.Contains(tt.settings, "TXML") {
			if err := xml.Unmarshal(r.Body, new(struct{})); err != nil || r.Header.Get("Content-Type") != "application/xml" {
				t.Errorf("%s is no XML: %v, %s", name, err, r.Header)
			}
		} else if tt.has != "" && !json.Valid(r.Body) {
			t.Errorf("%s is no JSON: %s", name, r.Body)
		}
		if got["verdict"] != "delivered" || at(got, "tls", "verdict") != "good" || got["url"] != tt.url || got["hookId"] != nil {
			t.Errorf("%s = %v, want that it was taken, by a hook that isn't stored", name, got)
		}
		if a := w.do(t, "GET", connectors+"/"+tt.kind, ""); a.header.Get("ETag") != `"0"` {
			t.Errorf("%s was saved: %s", name, a.body)
		}
	}

	// Nothing entered: what is stored, also for the secret.
	w.mustDo(t, 404, "POST", connectors+"/orders/test", "")
	saved := w.putConnector(t, "orders", goodConnector)
	got := w.mustDo(t, 200, "POST", connectors+"/orders/test", "")
	if r, auth := w.receiver.last(t); r.URL != "https://erp.example/orders" || string(auth.Secret) != "not-a-real-one" || got["hookId"] != saved["hookId"] {
		t.Errorf("what is stored was tested by %v at %s, want it with its token", auth, r.URL)
	}
	w.mustDo(t, 200, "POST", connectors+"/orders/test", `{"enabled":true,"webhookUrl":"https://erp.example/unsaved"}`)
	if r, auth := w.receiver.last(t); r.URL != "https://erp.example/unsaved" || string(auth.Secret) != "not-a-real-one" {
		t.Errorf("another path was tested by %v at %s, want it with the stored token", auth, r.URL)
	}
	for status, want := range map[int]string{503: "retried", 500: "failed", 404: "failed", 410: "failed"} {
		w.receiver.answer(status)
		if got := w.mustDo(t, 200, "POST", connectors+"/orders/test", ""); got["verdict"] != want || got["disables"] != (status == 410) {
			t.Errorf("an answer of %d = %v, want one that is %s", status, got, want)
		}
	}
	if after := w.mustDo(t, 200, "GET", connectors+"/orders", ""); fmt.Sprint(after) != fmt.Sprint(saved) {
		t.Errorf("tests have saved something: %v, want %v", after, saved)
	}
	if list := w.mustDo(t, 200, "GET", acme+"/deliveries", "")["items"].([]any); len(list) != 0 {
		t.Errorf("tests are among the deliveries: %v", list)
	}
	if items := w.mustDo(t, 200, "GET", connectors+"/orders/tests", "")["items"].([]any); len(items) != 6 || at(items[5], "verdict") != "delivered" {
		t.Errorf("the tests are %v, want all six, newest first", items)
	}
	for _, other := range []string{connectors + "/shipments/tests", documents + "/tests"} {
		if items := w.mustDo(t, 200, "GET", other, "")["items"].([]any); len(items) != 0 {
			t.Errorf("%s has the tests of orders: %v", other, items)
		}
	}
}
