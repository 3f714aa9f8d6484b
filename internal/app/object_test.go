package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// A file that a producer brings is downloaded by receivers of the company alone, from a
// URL that needs nothing else, with the database or a folder behind it.
func TestObjects(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		for place, url := range map[string]string{"the database": "", "a folder": "file://" + t.TempDir()} {
			t.Run(engine+" with "+place, func(t *testing.T) {
				t.Parallel()
				r := startRig(t, database(t), &noticed{}, func(o *app.Options) { o.DocumentsURL = url })
				r.do(t, http.StatusCreated, "PUT", "/api/v1/companies/globex", `{"name":"Globex"}`, nil)
				r.testObject(t)
			})
		}
	}
}

func (r *rig) testObject(t *testing.T) {
	t.Helper()
	content := make([]byte, 700<<10) // three chunks
	_, _ = rand.Read(content)
	kept := object(t, r.do(t, http.StatusCreated, "POST", acme+"/objects?filename=drawing.dwg", string(content), http.Header{"Content-Type": {"image/vnd.dwg"}}))
	path := "/v2/object-storage/document/" + kept["objectId"].(string) + "/metadata"
	for company, want := range map[string]int{"acme": http.StatusOK, "globex": http.StatusNotFound} {
		resp, body := r.download(t, r.url+path, company, r.key(t, company, "reader"), nil)
		if resp.status != want {
			t.Fatalf("the metadata for %s = %d %s, want %d", company, resp.status, body, want)
		}
		if want != http.StatusOK {
			continue
		}
		var m struct{ DownloadURL string }
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		got := r.getURL(t, m.DownloadURL)
		if !bytes.Equal(got, content) {
			t.Errorf("the download has %d bytes, want the %d that were brought", len(got), len(content))
		}
	}
	r.do(t, http.StatusCreated, "PUT", acme+"/orders/NW%2F1", `{"orderId":"NW/1","buyerOrder":{"documents":[{"code":"DRW","objectId":"`+kept["objectId"].(string)+`"}]},"lines":[{"id":"1"}]}`, nil)
	r.do(t, http.StatusCreated, "PUT", acme+"/shipments/S-1", `{"id":"S-1","lines":[]}`, nil)
	for path, want := range map[string]string{"/v2/order/NW%2F1": `"objectId":"` + kept["objectId"].(string) + `"`, "/v2/shipment/S-1": `"id":"S-1"`} {
		body := r.getURL(t, strings.Replace(r.url, "://", "://acme:"+r.key(t, "acme", "reader")+"@", 1)+path)
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("GET %s = %s, want %s in it", path, body, want)
		}
	}
	for _, path := range []string{"/v2/order/4711", "/v2/shipment/4711"} {
		if resp, body := r.download(t, r.url+path, "acme", r.key(t, "acme", "reader"), nil); resp.status != http.StatusNotFound || resp.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s = %d %s, want a problem of 404", path, resp.status, body)
		}
	}
}

// getURL gets what is at a URL, as it is.
func (r *rig) getURL(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %d %.200s, %v, want 200", url, resp.StatusCode, body, err)
	}
	return body
}
