package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// goodDetails are those of an invoice that acme gets.
const goodDetails = "kind=INVOICE&buyer=acme&seller=Globex&orderId=4711&transactionId=t-1&format=XML&opaque=true"

// addDocument stores an invoice of acme's.
func (w *world) addDocument(t *testing.T, content string) map[string]any {
	t.Helper()
	return w.mustDo(t, 201, "POST", acme+"/documents?"+goodDetails, content)
}

// form is a multipart form with a file and fields, with its Content-Type.
func form(t *testing.T, name, content string, fields map[string]string) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for field, value := range fields {
		if err := m.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		part, err := m.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(content))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), "Content-Type: " + m.FormDataContentType()
}

// documentCalls are those of everyCall for documents and deals.
func documentCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	one := acme + "/documents/" + w.addDocument(t, "<INVOICE/>")["id"].(string)
	path := acme + "/documents?" + goodDetails
	text := []string{"Content-Encoding: gzip"}
	return map[string][]call{
		"postDocument": {
			{path: path, body: "<INVOICE/>", want: 201},
			{path: path + "&kind=BILL", body: "<INVOICE/>", want: 201}, // the first counts
			{path: acme + "/documents?kind=BILL", body: "<INVOICE/>", want: 422},
			{path: path, want: 422},
			{path: path, body: strings.Repeat("x", maxDocument+1), want: 413},
			{path: path, body: "<INVOICE/>", headers: text, want: 415},
			{body: "<INVOICE/>", want: 404},
		},
		"listDocuments": {
			{path: acme + "/documents?limit=1", want: 200},
			{path: acme + "/documents?cursor=x", want: 422},
			{want: 404},
		},
		"getDocument":        {{path: one, want: 200}, {path: acme + "/documents/" + idLike, want: 404}},
		"getDocumentContent": {{path: one + "/content", want: 200}, {path: acme + "/documents/" + idLike + "/content", want: 404}},
		"listDeals":          {{path: acme + "/deals", want: 200}, {path: acme + "/deals?limit=0", want: 422}, {want: 404}},
		"changeStatus": {
			{path: acme + "/orders/4711/status", body: `{"status":"PROCESSING","transactionId":"t-1"}`, want: 202},
			{path: acme + "/orders/4711/status", body: `{"status":"on its way"}`, want: 422},
			{body: `{"status":"PROCESSING"}`, want: 404},
		},
	}
}

// rest returns what is left of documents that were not accepted.
func (w *world) rest(t *testing.T) int {
	t.Helper()
	stale, err := w.store.GiveUpStale(t.Context(), time.Now().Add(24*time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	removals, err := w.store.Removals(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return stale + len(removals)
}

func TestDocumentIsKeptAsItWasBrought(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustDo(t, 201, "POST", triggers, strings.Replace(goodTrigger, `"OrderCreated","OrderChanged"`, `"INVOICE"`, 1))
	content := strings.Repeat("0123456789abcdef", 50_000) // four chunks
	made := w.addDocument(t, content)
	if made["deliveries"] != 1.0 || made["status"] != "INVOICED" || made["repeated"] != false {
		t.Errorf("answered %v, want one delivery and the status INVOICED", made)
	}
	if want := publicURL + "/2.1/business/documents/t-1/INVOICE.xml"; made["url"] != want {
		t.Errorf("url = %v, want %s", made["url"], want)
	}
	sum := sha256.Sum256([]byte(content))
	read := w.mustDo(t, 200, "GET", acme+"/documents/"+made["id"].(string), "")
	if read["sha256"] != hex.EncodeToString(sum[:]) || read["size"] != float64(len(content)) || read["eventId"] != made["eventId"] {
		t.Errorf("read %v, want what was brought", read)
	}
	event := w.mustDo(t, 200, "GET", acme+"/events/"+made["eventId"].(string), "")
	if event["type"] != "INVOICE" || event["entityId"] != made["id"] || event["entityKind"] != "document" {
		t.Errorf("the event = %v, want an INVOICE about the document", event)
	}
	a := w.do(t, "GET", acme+"/documents/"+made["id"].(string)+"/content", "")
	if string(a.body) != content || a.header.Get("Content-Disposition") != `attachment; filename="INVOICE-t-1.xml"` {
		t.Errorf("the content has %d bytes and Content-Disposition %q, want %d as a file", len(a.body), a.header.Get("Content-Disposition"), len(content))
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
}

func TestDocumentInAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fields := map[string]string{"kind": "ORDER", "seller": "acme", "orderId": "4711", "transactionId": "t-1", "test": "true", "opaque": "true"}
	body, header := form(t, "order.PDF", "%PDF-1.7", fields)
	made := w.mustDo(t, 201, "POST", acme+"/documents", body, header)
	if made["format"] != "PDF" || made["test"] != true || made["status"] != "SENT" || made["size"] != 8.0 {
		t.Errorf("answered %v, want a PDF of 8 bytes that is a test", made)
	}
	for name, tt := range map[string]struct {
		file   string
		fields map[string]string
		more   string
		field  string
	}{
		"a form without a file":            {"", fields, "", "file"},
		"a field that there isn't":         {"order.pdf", map[string]string{"knd": "ORDER"}, "", "knd"},
		"a test that is neither":           {"order.pdf", map[string]string{"test": "perhaps"}, "", "test"},
		"a name that says no format":       {"order.bin", fields, "", "format"},
		"a form with a digest of the form": {"order.pdf", fields, "Content-Digest: sha-256=:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + ":", "Content-Digest"},
	} {
		body, header := form(t, tt.file, "%PDF-1.7", tt.fields)
		headers := []string{header}
		if tt.more != "" {
			headers = append(headers, tt.more)
		}
		a := w.do(t, "POST", acme+"/documents", body, headers...)
		if got := reasons(t, a)[tt.field]; a.status != 422 || got == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", name, a.status, a.body, tt.field)
		}
	}
	if a := w.do(t, "POST", acme+"/documents", body[:len(body)-30], header); a.status != 422 {
		t.Errorf("a form that breaks off = %d %s, want 422", a.status, a.body)
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
}

func TestDocumentIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	digest := sha256.Sum256([]byte("other"))
	for name, tt := range map[string]struct {
		query, field string
		headers      []string
	}{
		"no kind":                            {"kind=", "kind", nil},
		"another kind":                       {"kind=BILL", "kind", nil},
		"no format":                          {"format=", "format", []string{"Content-Type: application/octet-stream"}},
		"what isn't in its format":           {"format=PDF&opaque=false", "format", nil},
		"no order":                           {"orderId=", "orderId", nil},
		"no transaction":                     {"transactionId=", "transactionId", nil},
		"a transaction with a slash":         {"transactionId=a/b", "transactionId", nil},
		"a transaction that begins with dot": {"transactionId=..", "transactionId", nil},
		"a status in words":                  {"status=on+its+way", "status", nil},
		"neither buyer nor seller":           {"buyer=Initech", "buyer", nil},
		"another digest":                     {"", "Content-Digest", []string{"Content-Digest: sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"}},
		"a digest that can't be read":        {"", "Content-Digest", []string{"Content-Digest: sha-256=abc"}},
		"another SHA-256":                    {"sha256=" + hex.EncodeToString(digest[:]), "Content-Digest", nil},
		"a key that isn't one":               {"", "Idempotency-Key", []string{"Idempotency-Key: "}},
	} {
		query := goodDetails
		for part := range strings.SplitSeq(tt.query, "&") {
			name, _, _ := strings.Cut(part, "=")
			var kept []string
			for old := range strings.SplitSeq(query, "&") {
				if !strings.HasPrefix(old, name+"=") || name == "" {
					kept = append(kept, old)
				}
			}
			query = strings.Join(append(kept, part), "&")
		}
		a := w.do(t, "POST", acme+"/documents?"+strings.TrimSuffix(query, "&"), "<INVOICE/>", tt.headers...)
		if got := reasons(t, a)[tt.field]; a.status != 422 || got == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", name, a.status, a.body, tt.field)
		}
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
	if l := w.mustDo(t, 200, "GET", acme+"/documents", ""); len(l["items"].([]any)) != 0 {
		t.Errorf("there are documents: %v", l)
	}
}

func TestDocumentWithAKeyIsStoredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path, key := acme+"/documents?"+goodDetails, "Idempotency-Key: invoice-1"
	first := w.mustDo(t, 201, "POST", path, "<INVOICE/>", key)
	again := w.mustDo(t, 201, "POST", path, "<INVOICE/>", key)
	if again["id"] != first["id"] || again["repeated"] != true || again["eventId"] != first["eventId"] {
		t.Errorf("again = %v, want the first, repeated: %v", again, first)
	}
	for name, other := range map[string][2]string{"another content": {path, "<OTHER/>"}, "another status": {path + "&status=PAID", "<INVOICE/>"}} {
		if a := w.do(t, "POST", other[0], other[1], key); a.status != 422 || reasons(t, a)["Idempotency-Key"] == "" {
			t.Errorf("%s with the same key = %d %s, want 422", name, a.status, a.body)
		}
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
}

// A company's own key stores for that company alone; it is told of what is for its side.
func TestEachCompanyHasOnlyWhatConcernsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addRival(t)
	own := w.addKey(t, "acme", account.Producer)
	query := "?buyer=acme&seller=rival&orderId=1&format=XML&opaque=true&transactionId="
	for _, tt := range []struct {
		name, kind  string
		headers     []string
		both, acme  bool // rival has it too; acme's event, else rival's
		raisesEvent bool
	}{
		{"the operator's order is told to the seller", "ORDER", nil, true, false, true},
		{"the operator's invoice is told to the buyer", "INVOICE", nil, true, true, true},
		{"a quotation is told to nobody", "QUOTATION", nil, true, false, false},
		{"the buyer's own order is told to nobody here", "ORDER", own, false, false, false},
		{"the buyer's own invoice is told to the buyer", "INVOICE", own, false, true, true},
	} {
		transaction := strings.ReplaceAll(tt.name, " ", "-")
		transaction = strings.ReplaceAll(transaction, "'", "")
		made := w.mustDo(t, 201, "POST", acme+"/documents"+query+transaction+"&kind="+tt.kind, "<X/>", tt.headers...)
		if (made["eventId"] != nil) != tt.raisesEvent {
			t.Errorf("%s: eventId = %v", tt.name, made["eventId"])
		}
		theirs := w.mustDo(t, 200, "GET", rival+"/documents?transactionId="+transaction, "")["items"].([]any)
		if (len(theirs) == 1) != tt.both {
			t.Errorf("%s: the other side has %d documents", tt.name, len(theirs))
		}
		if tt.raisesEvent {
			company := map[bool]string{true: acme, false: rival}[tt.acme]
			w.mustDo(t, 200, "GET", company+"/events/"+made["eventId"].(string), "")
		}
	}
	a := w.do(t, "POST", rival+"/documents"+query+"x&kind=ORDER", "<X/>", own...)
	if a.status != 404 {
		t.Errorf("another company's documents = %d %s, want 404", a.status, a.body)
	}
}

func TestStatusByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addRival(t)
	path := acme + "/orders/4711/status"
	first := w.mustDo(t, 202, "POST", path, `{"status":"ARRIVED","transactionId":"t-1","itscopeOrderId":"P-1"}`)
	if first["kind"] != "ORDER" || first["eventId"] == nil {
		t.Errorf("a status of a deal that isn't known = %v, want an ORDER told to the company itself", first)
	}
	data := w.mustDo(t, 200, "GET", acme+"/events/"+first["eventId"].(string), "")["data"].(map[string]any)
	if _, ok := data["documentId"]; ok || data["transactionStatus"] != "ARRIVED" || data["itscopeOrderId"] != "P-1" {
		t.Errorf("the event's data = %v, want ARRIVED without a document", data)
	}
	w.mustDo(t, 201, "POST", acme+"/documents?kind=ORDER&buyer=acme&seller=rival&orderId=4711&transactionId=t-1&format=XML&opaque=true", "<X/>")
	for status, company := range map[string]string{"ARRIVED": rival, "CONFIRMED": acme, "ADVISED": acme, "INVOICED": acme} {
		made := w.mustDo(t, 202, "POST", path, `{"status":"`+status+`"}`)
		w.mustDo(t, 200, "GET", company+"/events/"+made["eventId"].(string), "")
	}
	own := w.addKey(t, "acme", account.Producer)
	if made := w.mustDo(t, 202, "POST", path, `{"status":"SENT"}`, own...); made["eventId"] != nil {
		t.Errorf("the buyer's own status for the seller raised %v, want no event here", made["eventId"])
	}
	made := w.mustDo(t, 202, "POST", path, `{"status":"ON_HOLD","kind":"DELIVERY"}`, "Idempotency-Key: k")
	again := w.mustDo(t, 202, "POST", path, `{"status":"ON_HOLD","kind":"DELIVERY"}`, "Idempotency-Key: k")
	if again["eventId"] != made["eventId"] || again["repeated"] != true {
		t.Errorf("again = %v, want the first, repeated", again)
	}
	deal := w.mustDo(t, 200, "GET", acme+"/deals?transactionId=t-1", "")["items"].([]any)[0].(map[string]any)
	if deal["status"] != "ON_HOLD" || deal["itscopeOrderId"] != "P-1" || len(deal["documents"].([]any)) != 1 {
		t.Errorf("the deal = %v, want ON_HOLD with an ORDER", deal)
	}
	for body, field := range map[string]string{
		`{"status":"ON_HOLD"}`:                                "kind",
		`{"status":"ON HOLD","kind":"ORDER"}`:                 "status",
		`{"status":"","kind":"ORDER"}`:                        "status",
		`{"status":"SENT","transactionId":"a/b"}`:             "transactionId",
		`{"status":"SENT","kind":"QUOTATION"}`:                "kind",
		`{"status":"` + strings.Repeat("A", 41) + `"}`:        "status",
		`{"status":"SENT","itscopeOrderId":" P"}`:             "itscopeOrderId",
		`{"status":"SENT","itscopeOrderId":"` + "\\n" + `P"}`: "itscopeOrderId",
	} {
		if a := w.do(t, "POST", path, body); a.status != 422 || reasons(t, a)[field] == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", body, a.status, a.body, field)
		}
	}
	for path, body := range map[string]string{
		acme + "/orders/4712/status": `{"status":"SENT","transactionId":"t-1"}`, // of another order
		acme + "/orders/4713/status": `{"status":"SENT"}`,                       // not known
	} {
		if a := w.do(t, "POST", path, body); a.status != 422 || reasons(t, a)["transactionId"] == "" {
			t.Errorf("%s %s = %d %s, want 422 that names transactionId", path, body, a.status, a.body)
		}
	}
}

// At its end, an upload that was not filed leaves nothing, and makes room for others.
func TestTooManyAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ends []func()
	for {
		u, err := w.archive.Begin(t.Context(), "acme")
		if err != nil {
			if hook.FaultOf(err) != hook.Busy {
				t.Fatal(err)
			}
			break
		}
		if err := u.Bring(t.Context(), strings.NewReader("some")); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, func() { u.Close(context.WithoutCancel(t.Context())) })
	}
	a := w.do(t, "POST", acme+"/documents?"+goodDetails, "<INVOICE/>")
	if a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("one more = %d %s, want 503 with Retry-After", a.status, a.body)
	}
	for _, end := range ends {
		end()
	}
	w.addDocument(t, "<INVOICE/>")
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
}

func TestListsOfDocumentsAndDeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, k := range []trade.DocumentKind{trade.OrderDocument, trade.InvoiceDocument, trade.InvoiceDocument} {
		for _, transaction := range []string{"t-1", "t-2"} {
			w.mustDo(t, 201, "POST", acme+"/documents?kind="+string(k)+"&buyer=acme&orderId=o&format=PDF&opaque=true&transactionId="+transaction, "%PDF-")
		}
	}
	for query, want := range map[string]int{
		"": 6, "?kind=INVOICE": 4, "?transactionId=t-1": 3, "?orderId=o&kind=ORDER": 2, "?status=INVOICED": 4, "?test=true": 0, "?test=false": 6,
		"?from=2030-01-01T00:00:00Z": 0, "?to=2030-01-01T00:00:00Z": 6,
	} {
		l := w.mustDo(t, 200, "GET", acme+"/documents"+query, "")
		if n := len(l["items"].([]any)); n != want {
			t.Errorf("%s lists %d documents, want %d", query, n, want)
		}
	}
	seen := make(map[string]bool)
	for cursor, n := "", 0; ; n++ {
		l := w.mustDo(t, 200, "GET", acme+"/documents?limit=4"+cursor, "")
		for _, item := range l["items"].([]any) {
			seen[item.(map[string]any)["id"].(string)] = true
		}
		next, more := l["next"].(string)
		if more != (n == 0) || n > 1 {
			t.Fatalf("page %d = %v", n, l)
		}
		if !more {
			break
		}
		cursor = "&cursor=" + next
	}
	if len(seen) != 6 {
		t.Errorf("the pages have %d documents, want 6", len(seen))
	}
	deals := w.mustDo(t, 200, "GET", acme+"/deals", "")["items"].([]any)
	if len(deals) != 2 || deals[0].(map[string]any)["transactionId"] != "t-2" {
		t.Errorf("deals = %v, want t-2 and t-1", deals)
	}
}
