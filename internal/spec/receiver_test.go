package spec_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/spec/spectest"
)

// Receivers that were generated from our documents, in Go and in TypeScript, compile
// and take everything that we send.
func TestGeneratedReceivers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) string{"Go": spectest.Go, "TypeScript": spectest.Node} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := start(t)
			all := requests(t)
			for _, r := range all {
				if status, answer := r.send(t, url); status != http.StatusNoContent {
					t.Errorf("%s is answered with %d %s:\n%.2000s", r.name, status, answer, r.body)
				}
			}
			t.Logf("it took %d requests", len(all))
			sample := string(orderBody(t, filler{}.event("OrderIssuedByBuyer"), order.Form{}))
			for _, wrong := range []request{
				{name: "nothing", method: "POST", path: spectest.Orders, body: []byte("{}")},
				{name: "another's body", method: "POST", path: spectest.Shipments, body: []byte(sample)},
				{name: "a date that isn't", method: "POST", path: spectest.Orders, body: []byte(strings.Replace(sample, "2024-02-29", "yesterday", 1))},
				{name: "an event that isn't", method: "POST", path: spectest.Orders, body: []byte(strings.Replace(sample, "OrderIssuedByBuyer", "OrderIssued", 1))},
			} {
				if status, answer := wrong.send(t, url); status < 400 {
					t.Errorf("%s is answered with %d %s", wrong.name, status, answer)
				}
			}
		})
	}
}

// send sends the request to the receiver at the URL.
func (r request) send(t *testing.T, url string) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, url+r.path, bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("waybill", "secret")
	req.Header.Set("Webhook-Id", "019a7c1e-44d2-7b10-9f3e-2f6f5a0e9c11")
	req.Header.Set("Webhook-Timestamp", "1795376925")
	req.Header.Set("Webhook-Attempt", "1")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}
