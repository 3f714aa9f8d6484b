package app_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/receiver"
)

const (
	documents = acme + "/document-webhooks"
	platform  = "https://api.itscope.com" // where the documents are that were published
)

// published is the notice of a dispatch notification as receivers were promised
// it, but for host, ID and time.
const published = `{
  "eventId": "ID",
  "timestamp": "TIME",
  "eventType": "DELIVERY",
  "transactionStatus": "ADVISED",
  "orderId": "123-SAMPLE-456",
  "itscopeOrderId": "SAMPLE-123456-789",
  "documentId": "123456789",
  "documentUrl": "HOST/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/DISPATCHNOTIFICATION.xml",
  "transactionId": "123456789-1234-5678-9123-12SAMPLE4567"
}`

// kindsOfDocuments are the kinds with the status and the file that go with them.
func kindsOfDocuments() map[string][2]string {
	return map[string][2]string{
		"ORDER": {"ARRIVED", "ORDER"}, "ORDERRESPONSE": {"PROCESSING", "ORDERRESPONSE"},
		"DELIVERY": {"ADVISED", "DISPATCHNOTIFICATION"}, "INVOICE": {"INVOICED", "INVOICE"},
	}
}

// noticeOf returns the published notice of a kind of document, from a host, as it
// is sent: in one line.
func noticeOf(kind, host string) string {
	about := kindsOfDocuments()[kind]
	text := strings.NewReplacer("\n  ", "", "\n", "", `": "`, `":"`).Replace(published)
	text = strings.Replace(text, `"DELIVERY"`, `"`+kind+`"`, 1)
	text = strings.Replace(text, "ADVISED", about[0], 1)
	return strings.Replace(strings.Replace(text, "DISPATCHNOTIFICATION", about[1], 1), "HOST", host, 1)
}

// generated finds what differs in each notice.
var generated = regexp.MustCompile(`^\{"eventId":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})","timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)",`)

// counted finds attempts among metrics.
var counted = regexp.MustCompile(`waybill_attempts_total\{[^}]*\} [1-9]`)

// noticeBox is a receiver that demands a password, and what it has let in.
type noticeBox struct {
	receiver.Handler
	mu  sync.Mutex
	got map[string][]receiver.Received // by path
}

func newNoticeBox(password string) *noticeBox {
	b := &noticeBox{got: make(map[string][]receiver.Received)}
	b.User, b.Password = "erp", password
	b.Seen = func(r receiver.Received) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if r.Answer != http.StatusUnauthorized {
			b.got[r.Path] = append(b.got[r.Path], r)
		}
	}
	return b
}

// first waits for the first request at a path.
func (b *noticeBox) first(t *testing.T, path string) receiver.Received {
	t.Helper()
	var r receiver.Received
	await(t, "a request at "+path, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.got[path]) == 0 {
			return false
		}
		r = b.got[path][0]
		return true
	})
	return r
}

// save saves document webhooks that all send to the receiver, but for those that
// are off, and returns what is answered.
func (r *rig) save(t *testing.T, basic string, off ...string) map[string]any {
	t.Helper()
	hooks := make(map[string]any)
	for kind := range kindsOfDocuments() {
		hooks[kind] = map[string]any{"enabled": !strings.Contains(strings.Join(off, " "), kind), "url": r.target + "/" + kind}
	}
	body, err := json.Marshal(map[string]any{"basicAuthentication": json.RawMessage(basic), "webhooks": hooks})
	if err != nil {
		t.Fatal(err)
	}
	return object(t, r.do(t, http.StatusOK, "PUT", documents, string(body), http.Header{"If-Match": {"*"}}))
}

func object(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return v
}

// postDocument posts the event of a document, and returns the ID of its delivery.
func (r *rig) postDocument(t *testing.T, kind string) string {
	t.Helper()
	data := strings.Replace(noticeOf(kind, platform), `"eventId":"ID","timestamp":"TIME","eventType":"`+kind+`",`, "", 1)
	made := object(t, r.do(t, http.StatusAccepted, "POST", acme+"/events", `{"type":"`+kind+`","entityId":"123456789","data":`+data+`}`, nil))
	e := object(t, r.do(t, http.StatusOK, "GET", acme+"/events/"+made["id"].(string), "", nil))
	return e["deliveries"].([]any)[0].(map[string]any)["id"].(string)
}

func (r *rig) delivery(t *testing.T, id string) map[string]any {
	t.Helper()
	return object(t, r.do(t, http.StatusOK, "GET", acme+"/deliveries/"+id, "", nil))
}

// checkNotice holds what arrived against the published notice.
func checkNotice(t *testing.T, got receiver.Received, kind, host, id string) {
	t.Helper()
	parts := generated.FindSubmatch(got.Body)
	if parts == nil {
		t.Fatalf("the notice of %s = %s, want an ID and a local time first", kind, got.Body)
	}
	want := strings.NewReplacer(`"ID"`, `"`+string(parts[1])+`"`, `"TIME"`, `"`+string(parts[2])+`"`).Replace(noticeOf(kind, host))
	if string(got.Body) != want {
		t.Errorf("the notice of %s =\n%s, want\n%s", kind, got.Body, want)
	}
	zone, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	if at, err := time.ParseInLocation("2006-01-02T15:04:05", string(parts[2]), zone); err != nil || got.At.Sub(at).Abs() > patience {
		t.Errorf("the time in the notice of %s = %s, %v, want it in the company's time zone, about %s", kind, parts[2], err, got.At.In(zone))
	}
	if string(parts[1]) != id || got.Header.Get("Webhook-Id") != id || got.Header.Get("Content-Type") != "application/json" || got.Method != "POST" {
		t.Errorf("%s was sent by %s as %v with the ID %s, want the ID %s", kind, got.Method, got.Header, parts[1], id)
	}
}

// documentRig starts a rig whose company is far from UTC, with a noticeBox.
func documentRig(t *testing.T, database, password string) (*rig, *noticeBox) {
	t.Helper()
	box := newNoticeBox(password)
	r := startRig(t, database, box, func(o *app.Options) {
		o.PublicURL, o.MetricsListen = "https://waybill.acme.example", "127.0.0.1:0"
	})
	r.do(t, http.StatusOK, "PUT", acme, `{"name":"Acme","timeZone":"Asia/Kathmandu"}`, nil)
	return r, box
}

func TestNoticesOfDocumentsArriveAsReceiversWerePromised(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, box := documentRig(t, database(t), "recognisable")
			r.save(t, `{"username":"erp","password":"recognisable"}`)
			for kind := range kindsOfDocuments() {
				id := r.postDocument(t, kind)
				checkNotice(t, box.first(t, "/"+kind), kind, platform, id)
			}
			if got := box.first(t, "/INVOICE"); got.Header.Get("Webhook-Test") != "" || got.Header.Get("Webhook-Signature") != "" {
				t.Errorf("a notice has the header %v, want neither a mark of a test nor a signature", got.Header)
			}
		})
	}
}

func TestATestArrivesLikeANoticeAndIsNotCounted(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, box := documentRig(t, database(t), "recognisable")
			try := func(kind, body string) map[string]any {
				return object(t, r.do(t, http.StatusOK, "POST", documents+"/"+kind+"/test", body, nil))
			}
			for kind := range kindsOfDocuments() {
				got := try(kind, `{"url":"`+r.target+"/test/"+kind+`","basicAuthentication":{"username":"erp","password":"recognisable"}}`)
				sent := box.first(t, "/test/"+kind)
				checkNotice(t, sent, kind, "https://waybill.acme.example", got["id"].(string))
				tls := got["tls"].(map[string]any)
				if got["verdict"] != "delivered" || tls["verdict"] != "good" || tls["version"] != "TLS 1.3" || sent.Header.Get("Webhook-Test") != "true" {
					t.Errorf("the test of %s = %v, sent as %v, want it delivered and marked", kind, got, sent.Header)
				}
			}
			refused := try("ORDER", `{"url":"`+r.target+`/ORDER","basicAuthentication":{"username":"erp","password":"wrong"}}`)
			if refused["verdict"] != "retried" || !strings.Contains(refused["reason"].(string), "401") {
				t.Errorf("a test with a wrong password = %v, want an answer of 401", refused)
			}
			if v := try("ORDER", `{"url":"`+untrusted(t)+`/ORDER"}`); v["tls"].(map[string]any)["verdict"] != "bad" || v["tls"].(map[string]any)["reason"] == nil {
				t.Errorf("a test of a receiver nobody vouches for = %v, want what is wrong with its certificate", v)
			}
			if got := object(t, r.do(t, http.StatusOK, "GET", documents, "", nil)); got["version"] != 0.0 {
				t.Errorf("the tests have saved %v, want nothing", got)
			}
			tests := object(t, r.do(t, http.StatusOK, "GET", documents+"/tests", "", nil))["items"].([]any)
			if len(tests) != 6 {
				t.Errorf("%d tests are listed, want all 6", len(tests))
			}
			if list := object(t, r.do(t, http.StatusOK, "GET", acme+"/deliveries", "", nil))["items"].([]any); len(list) != 0 {
				t.Errorf("the tests are among the deliveries: %v", list)
			}
			scraped := r.scrape(t)
			if !strings.Contains(scraped, "waybill_attempt_duration_seconds_count 0\n") || strings.Contains(scraped, `kind="document"`) || counted.MatchString(scraped) {
				t.Errorf("the tests are in the metrics of deliveries:\n%s", scraped)
			}
		})
	}
}

// untrusted returns the URL of a receiver whose certificate nobody vouches for.
func untrusted(t *testing.T) string {
	t.Helper()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	other, err := receiver.Listen(t.Context(), "127.0.0.1:0", cert, newNoticeBox(""))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- other.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return other.URL()
}

func TestCorrectedSettingsHealWhatWaits(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, box := documentRig(t, database(t), "right")
			before := r.save(t, `{"username":"erp","password":"wrong"}`)
			id := r.postDocument(t, "INVOICE")
			await(t, "the delivery to be refused", func() bool { return r.delivery(t, id)["status"] == 401.0 })

			r.save(t, `{"username":"erp","password":"right"}`, "INVOICE")
			r.do(t, http.StatusOK, "POST", acme+"/deliveries/"+id+"/retry", "", nil)
			r.postDocument(t, "ORDER")
			box.first(t, "/ORDER") // which came later, and went
			if d := r.delivery(t, id); d["state"] != "waiting" {
				t.Errorf("while its webhook is off, the delivery is %v, want it to wait", d)
			}
			after := r.save(t, `{"username":"erp","password":""}`)
			checkNotice(t, box.first(t, "/INVOICE"), "INVOICE", platform, id)
			one := func(v map[string]any) any {
				return v["webhooks"].(map[string]any)["INVOICE"].(map[string]any)["hookId"]
			}
			if d := r.delivery(t, id); one(before) != one(after) || d["hookId"] != one(after) {
				t.Errorf("the hook was %v and is %v, and the delivery is of %v, want the same", one(before), one(after), d["hookId"])
			}
			await(t, "the metrics to count the delivery", func() bool {
				return strings.Contains(r.scrape(t), `waybill_deliveries_total{company="acme",kind="document",outcome="delivered"} 2`)
			})
		})
	}
}

func TestADocumentWebhookWhoseReceiverIsGoneSaysWhyItIsOff(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r := startRig(t, database(t), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusGone)
			}), func(*app.Options) {})
			r.save(t, `{"username":""}`)
			r.postDocument(t, "ORDER")
			var order map[string]any
			await(t, "the webhook to be disabled", func() bool {
				v := object(t, r.do(t, http.StatusOK, "GET", documents, "", nil))
				order = v["webhooks"].(map[string]any)["ORDER"].(map[string]any)
				return order["enabled"] == false && order["note"] != "nothing is sent: it is switched off"
			})
			const want = `the hook "Document webhook: ORDER" was disabled, since its receiver answered 410`
			alerts := r.do(t, http.StatusOK, "GET", acme+"/alerts?subject="+order["hookId"].(string), "", nil)
			if note, _ := order["note"].(string); !strings.HasPrefix(note, want) || !strings.Contains(string(alerts), `Document webhook: ORDER`) {
				t.Errorf("the note is %q and the alerts are %s, want %s…", note, alerts, want)
			}
			if v := r.save(t, `{"username":""}`); v["webhooks"].(map[string]any)["ORDER"].(map[string]any)["sends"] != true {
				t.Errorf("switched on again = %v, want that it sends", v)
			}
		})
	}
}
