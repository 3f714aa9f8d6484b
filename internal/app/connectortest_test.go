package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// Tests arrive over TLS as deliveries would, in each form, and are not counted.
func TestATestOfAConnectorArrivesAndIsNotCounted(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			box := newNoticeBox("recognisable")
			r := startRig(t, database(t), box, func(o *app.Options) { o.MetricsListen = "127.0.0.1:0" })
			const password = `"basicAuthCredentials":{"username":"erp","password":"recognisable"},`
			for _, tt := range []struct{ kind, path, settings, method, has string }{
				{"orders", "/order", `"method":"POST"`, "POST", `{"eventName":"OrderIssuedByBuyer","orderEvent":{`},
				{"orders", "/xml", `"format":"TXML"`, "POST", "<OrderWebhook>"},
				{"order-documents", "/documents", `"format":"JSON"`, "POST", `"orderDocumentsEvent":{`},
				{"shipments", "/shipment", `"format":"JSON"`, "POST", `"shipment":{"id":"shipment-SAMPLE-72981"`},
				{"orders", "/get/{orderId}", `"method":"GET"`, "GET", ""},
			} {
				got := object(t, r.do(t, http.StatusOK, "POST", acme+"/connectors/"+tt.kind+"/test",
					`{"enabled":false,"webhookUrl":"`+r.target+tt.path+`",`+password+tt.settings+`}`, nil))
				sent := box.first(t, strings.Replace(tt.path, "{orderId}", "order-SAMPLE-80417", 1))
				if got["verdict"] != "delivered" || sent.Method != tt.method || !strings.Contains(string(sent.Body), tt.has) ||
					(tt.has == "") != (len(sent.Body) == 0) || sent.Header.Get("Webhook-Test") != "true" {
					t.Errorf("the test of %s at %s = %v, sent as %s %v\n%s", tt.kind, tt.path, got, sent.Method, sent.Header, sent.Body)
				}
			}
			refused := object(t, r.do(t, http.StatusOK, "POST", acme+"/connectors/orders/test", `{"enabled":false,"webhookUrl":"`+r.target+`/order"}`, nil))
			if refused["verdict"] != "failed" || !strings.Contains(refused["reason"].(string), "401") {
				t.Errorf("a test without the password = %v, want an answer of 401, after which nothing is tried again", refused)
			}
			if list := object(t, r.do(t, http.StatusOK, "GET", acme+"/deliveries", "", nil))["items"].([]any); len(list) != 0 {
				t.Errorf("the tests are among the deliveries: %v", list)
			}
			if scraped := r.scrape(t); strings.Contains(scraped, `kind="orders"`) || counted.MatchString(scraped) {
				t.Errorf("the tests are in the metrics of deliveries:\n%s", scraped)
			}
		})
	}
}

// What happens to a shipment reaches a receiver of the legacy GET webhooks.
func TestALegacyReceiverIsToldWhatToFetch(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			box := newNoticeBox("")
			box.User = ""
			r := startRig(t, database(t), box, func(o *app.Options) { o.MetricsListen = "127.0.0.1:0" })
			r.connect(t, "shipments", "GET", "/changed?id={shipmentId}", `"authentication":"none"`, `,"enabledEventNames":["ShipmentApprovedByBuyer"]`)
			for _, name := range []string{"ShipmentRejectedByBuyer", "ShipmentApprovedByBuyer"} {
				r.do(t, http.StatusAccepted, "POST", acme+"/events", `{"type":"`+name+`","entityId":"S/1 & ä"}`, nil)
			}
			sent := box.first(t, "/changed?id=S%2F1%20%26%20%C3%A4")
			if sent.Method != http.MethodGet || len(sent.Body) > 0 || sent.Header.Get("Content-Type") != "" {
				t.Errorf("the receiver got %s %v %q, want a GET without a body", sent.Method, sent.Header, sent.Body)
			}
			items := object(t, r.do(t, http.StatusOK, "GET", acme+"/deliveries", "", nil))["items"].([]any)
			if len(items) != 1 || items[0].(map[string]any)["hookKind"] != "shipments" || items[0].(map[string]any)["eventType"] != "ShipmentApprovedByBuyer" {
				t.Errorf("the deliveries are %v, want one, of the event that is enabled", items)
			}
			await(t, "the delivery to be counted for its kind of hook", func() bool {
				return strings.Contains(r.scrape(t), `kind="shipments"`)
			})
		})
	}
}
