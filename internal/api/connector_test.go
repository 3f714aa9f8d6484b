package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	connectors = acme + "/connectors"

	// goodConnector is good for orders and is sent what it asks for.
	goodConnector = `{"enabled":true,"webhookUrl":"https://erp.example/orders","bearerToken":"not-a-real-one",
		"enabledEventNames":["OrderIssuedByBuyer","OrderLinesAcceptedBySupplier"]}`
)

// putConnector saves a connector over whatever there is.
func (w *world) putConnector(t *testing.T, kind, body string) map[string]any {
	t.Helper()
	return w.mustDo(t, 200, "PUT", connectors+"/"+kind, body, "If-Match: *")
}

func connectorCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	match := []string{"If-Match: *"}
	const orders, forgotten = connectors + "/orders", connectors + "/order-documents"
	full := `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/s/{shipmentId}","basicAuthCredentials":{"username":"erp","password":"not-a-real-one"},
		"hmac":{"header":"X-Signature","secret":"not-a-real-one-either"},"retry":{"preset":"custom","custom":{"first":"1m","factor":2,"longest":"1h","retries":3}},
		"limits":{"rate":10,"per":"second"},"priority":"high","ordered":true,"disableAfter":"never","http2":true}`
	oauth := `{"enabled":true,"webhookUrl":"https://erp.example/o","oauth":{"tokenUrl":"https://login.example/token","clientId":"c","clientSecret":"not-a-real-one","scope":"a"}}`
	w.putConnector(t, "order-documents", strings.Replace(goodConnector, `["OrderIssuedByBuyer","OrderLinesAcceptedBySupplier"]`, `[]`, 1)[:0]+`{"enabled":false}`)
	w.putConnector(t, "orders", goodConnector)
	key := w.mustDo(t, 201, "POST", orders+"/signing-keys", `{"kind":"v1"}`)["id"].(string)
	tests := []call{{path: orders + "/test", body: `{"enabled":true}`, want: 422}, {path: connectors + "/shipments/test", want: 404}}
	for range 10 {
		tests = append(tests, call{path: orders + "/test", body: goodConnector, want: 200})
	}
	return map[string][]call{
		"listConnectors": {{path: connectors, want: 200}, {want: 404}},
		"getConnector":   {{path: orders, want: 200}, {path: connectors + "/invoices", want: 422}},
		"putConnector": {
			{path: orders, body: goodConnector, headers: match, want: 200},
			{path: connectors + "/shipments", body: full, headers: match, want: 200},
			{path: connectors + "/shipments", body: `{"enabled":false,"webhookUrl":""}`, headers: match, want: 422},
			{path: orders, body: oauth, headers: match, want: 200},
			{path: orders, body: goodConnector, headers: []string{`If-Match: "1"`}, want: 412},
			{path: orders, body: goodConnector, want: 428},
			{path: orders, body: `{}`, headers: match, want: 422},
		},
		"deleteConnector":    {{path: forgotten, want: 204}, {path: forgotten, want: 404}},
		"testConnector":      append(tests, call{path: orders + "/test", body: goodConnector, want: 429}),
		"listConnectorTests": {{path: orders + "/tests?limit=2", want: 200}, {path: orders + "/tests?cursor=x", want: 422}},
		"pauseConnector":     {{path: orders + "/pause", want: 200}, {path: orders + "/pause", body: `{"until":"2020-01-01T00:00:00Z"}`, want: 422}},
		"resumeConnector":    {{path: orders + "/resume", want: 200}, {path: forgotten + "/resume", want: 404}},
		"addConnectorKey":    {{path: orders + "/signing-keys", body: `{"kind":"v1a"}`, want: 201}, {path: orders + "/signing-keys", body: `{"kind":"v2"}`, want: 422}},
		"deleteConnectorKey": {{path: orders + "/signing-keys/" + key, want: 204}, {path: orders + "/signing-keys/" + key, want: 404}},
	}
}
