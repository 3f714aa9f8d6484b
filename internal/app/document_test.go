package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// noticed is what a receiver was told.
type noticed struct {
	mu   sync.Mutex
	said []map[string]string
}

// ServeHTTP takes a notice.
func (n *noticed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var said map[string]string
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	said["path"] = r.URL.Path
	n.said = append(n.said, said)
}

// all returns what was told at a path.
func (n *noticed) all(path string) []map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var some []map[string]string
	for _, said := range n.said {
		if said["path"] == path {
			some = append(some, said)
		}
	}
	return some
}

// upload stores an XML document of acme with a key and returns the answer, which must have the
// status.
func (r *rig) upload(t *testing.T, status int, key, query string, body []byte) map[string]any {
	t.Helper()
	h := http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/xml"}}
	text := r.do(t, status, "POST", acme+"/documents?"+query, string(body), h)
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// key makes a key of a company.
func (r *rig) key(t *testing.T, company, role string) string {
	t.Helper()
	var made struct{ Key string }
	body := r.do(t, http.StatusCreated, "POST", "/api/v1/companies/"+company+"/keys", `{"name":"test","role":"`+role+`"}`, nil)
	if err := json.Unmarshal(body, &made); err != nil {
		t.Fatal(err)
	}
	return made.Key
}

// download gets a document as a receiver does.
func (r *rig) download(t *testing.T, link, user, password string, header http.Header) (answer, []byte) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+u.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header}, body
}

// answer is what came besides the body.
type answer struct {
	status int
	header http.Header
}

const ofDeal = "buyer=acme&seller=globex&orderId=123-SAMPLE-456&itscopeOrderId=SAMPLE-123456-789&transactionId=123456789-1234-5678-9123-12SAMPLE4567"

// A document that the operator's platform brings is told to the side that it is for,
// and downloaded there.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for name, database := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &noticed{}
			r := startRig(t, database(t), in, func(*app.Options) {})
			r.do(t, http.StatusCreated, "PUT", "/api/v1/companies/globex", `{"name":"Globex"}`, nil)
			for company, path := range map[string]string{"acme": "/buyer", "globex": "/seller"} {
				r.do(t, http.StatusCreated, "POST", "/api/v1/companies/"+company+"/hooks/triggers",
					`{"title":"all","eventTypes":["ORDER","ORDERRESPONSE","DELIVERY","INVOICE"],"url":"`+r.target+path+`"}`, nil)
			}
			t.Run("a delivery is told to the buyer, and the same bytes come down", func(t *testing.T) { r.testDelivery(t, in) })
			t.Run("an order is told to the seller", func(t *testing.T) { r.testOrder(t, in) })
			t.Run("a status by hand is told without a document", func(t *testing.T) { r.testStatus(t, in) })
		})
	}
}

func (r *rig) testDelivery(t *testing.T, in *noticed) {
	t.Helper()
	content := make([]byte, 700<<10) // three chunks
	_, _ = rand.Read(content)
	filed := r.upload(t, http.StatusCreated, operatorKey, ofDeal+"&kind=DELIVERY&format=XML&opaque=true", content)
	await(t, "the notice", func() bool { return len(in.all("/buyer")) == 1 })
	said := maps.Clone(in.all("/buyer")[0])
	delete(said, "path")
	delete(said, "timestamp")
	delete(said, "eventId")
	want := map[string]string{
		"eventType": "DELIVERY", "transactionStatus": "ADVISED", "orderId": "123-SAMPLE-456", "itscopeOrderId": "SAMPLE-123456-789",
		"documentId":    filed["id"].(string),
		"documentUrl":   r.url + "/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/DISPATCHNOTIFICATION.xml",
		"transactionId": "123456789-1234-5678-9123-12SAMPLE4567",
	}
	for field, text := range want {
		if said[field] != text {
			t.Errorf("the notice's %s = %q, want %q", field, said[field], text)
		}
	}
	if len(said) != len(want) {
		t.Errorf("the notice = %v, want %v besides eventId and timestamp", said, want)
	}
	if n := len(in.all("/seller")); n != 0 {
		t.Errorf("the seller was told %d times of a delivery, want none", n)
	}

	key := r.key(t, "acme", "reader")
	resp, body := r.download(t, said["documentUrl"], "acme", key, nil)
	if resp.status != http.StatusOK || !bytes.Equal(body, content) {
		t.Fatalf("the download = %d with %d bytes, want 200 with the %d that were uploaded", resp.status, len(body), len(content))
	}
	if got := resp.header.Get("Content-Type"); got != "application/xml" {
		t.Errorf("Content-Type = %q, want application/xml", got)
	}
	tag := resp.header.Get("ETag")
	if tag != `"`+filed["sha256"].(string)+`"` {
		t.Errorf("ETag = %s, want the SHA-256 %s", tag, filed["sha256"])
	}
	resp, body = r.download(t, said["documentUrl"], "acme", key, http.Header{"If-None-Match": {tag}})
	if resp.status != http.StatusNotModified || len(body) > 0 {
		t.Errorf("with If-None-Match = %d with %d bytes, want 304", resp.status, len(body))
	}
	resp, body = r.download(t, said["documentUrl"], "acme", key, http.Header{"Range": {"bytes=262100-262200"}, "If-Range": {tag}})
	if resp.status != http.StatusPartialContent || !bytes.Equal(body, content[262100:262201]) {
		t.Errorf("a range over two chunks = %d with %d bytes, want 206 with 101", resp.status, len(body))
	}
	other := r.key(t, "globex", "reader")
	if resp, body = r.download(t, said["documentUrl"], "globex", other, nil); resp.status != http.StatusOK || !bytes.Equal(body, content) {
		t.Errorf("the seller's own copy = %d with %d bytes, want the same", resp.status, len(body))
	}
}

func (r *rig) testOrder(t *testing.T, in *noticed) {
	t.Helper()
	r.upload(t, http.StatusCreated, operatorKey, ofDeal+"&kind=ORDER&opaque=true", []byte("<ORDER/>"))
	await(t, "the notice", func() bool { return len(in.all("/seller")) == 1 })
	if got := in.all("/seller")[0]; got["eventType"] != "ORDER" || !strings.HasSuffix(got["documentUrl"], "/ORDER.xml") {
		t.Errorf("the seller was told %v, want an ORDER", got)
	}
	if n := len(in.all("/buyer")); n != 1 {
		t.Errorf("the buyer was told %d times, want once, of the delivery", n)
	}
}

func (r *rig) testStatus(t *testing.T, in *noticed) {
	t.Helper()
	r.do(t, http.StatusAccepted, "POST", acme+"/orders/123-SAMPLE-456/status", `{"status":"PROCESSING"}`, nil)
	await(t, "the notice", func() bool { return len(in.all("/buyer")) == 2 })
	got := in.all("/buyer")[1]
	if got["eventType"] != "ORDERRESPONSE" || got["transactionStatus"] != "PROCESSING" || got["itscopeOrderId"] != "SAMPLE-123456-789" {
		t.Errorf("the buyer was told %v, want an ORDERRESPONSE with PROCESSING", got)
	}
	for _, field := range []string{"documentId", "documentUrl"} {
		if _, ok := got[field]; ok {
			t.Errorf("the notice has %s, want none", field)
		}
	}
}
