package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// Who writes a receiver has no key yet, and reads what it will be sent.
func TestManualNeedsNoCredentials(t *testing.T) {
	t.Parallel()
	r := startRig(t, engines()["SQLite"](t), http.NotFoundHandler(), func(*app.Options) {})
	for path, want := range map[string]string{
		"/specs/":                    "<h1>Specifications</h1>",
		"/specs/order-webhook.json":  `"openapi":"3.1.0"`,
		"/specs/order-webhook.xsd":   "<xs:schema",
		"/docs/receivers/":           "<h1>For those who write a receiver</h1>",
		"/docs/receivers/signatures": "Standard Webhooks",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := exchange(t, req); status != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s = %d %.100s, want 200 with %s", path, status, body, want)
		}
	}
}
