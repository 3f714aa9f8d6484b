package app_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// erp is the system of somebody who is told of orders and shipments. At each path it
// wants credentials of the kind that the path begins with.
type erp struct {
	mu  sync.Mutex
	got map[string]told // by path with the query
}

// told is what came to an erp.
type told struct {
	method, contentType string
	body                []byte
}

const (
	erpUser     = "erp"
	erpPassword = "recognisable: pass"
	erpToken    = "recognisable-token"
	erpClient   = "waybill at acme"
	erpSecret   = "recognisable=secret"
	issued      = "issued-for-a-while"
)

func (e *erp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if r.URL.Path == "/token" {
		issue(w, r, body)
		return
	}
	want := map[string]string{
		"basic":  "Basic " + base64.StdEncoding.EncodeToString([]byte(erpUser+":"+erpPassword)),
		"bearer": "Bearer " + erpToken,
		"oauth":  "Bearer " + issued,
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Header.Get("Authorization") != want[kind] {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got[r.RequestURI] = told{r.Method, r.Header.Get("Content-Type"), body}
}

// issue answers a request for a token (RFC 6749, section 4.4).
func issue(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost || form.Get("grant_type") != "client_credentials" ||
		form.Get("client_id") != erpClient || form.Get("client_secret") != erpSecret || form.Get("scope") != "orders" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token":"`+issued+`","token_type":"Bearer","expires_in":3600}`)
}

// first waits for what comes to a path.
func (e *erp) first(t *testing.T, path string) told {
	t.Helper()
	var got told
	await(t, "a request at "+path, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		var ok bool
		got, ok = e.got[path]
		return ok
	})
	return got
}

// credentials are the settings of each kind of authentication.
func (r *rig) credentials() map[string]string {
	return map[string]string{
		"basic":  `"basicAuthCredentials":{"username":"` + erpUser + `","password":"` + erpPassword + `"}`,
		"bearer": `"bearerToken":"` + erpToken + `"`,
		"oauth": `"oauth":{"tokenUrl":"` + r.target + `/token","clientId":"` + erpClient +
			`","clientSecret":"` + erpSecret + `","scope":"orders"}`,
	}
}

// connect saves a connector that sends to a path.
func (r *rig) connect(t *testing.T, kind, method, path, credentials, more string) {
	t.Helper()
	body := r.do(t, http.StatusOK, "PUT", acme+"/connectors/"+kind,
		`{"enabled":true,"method":"`+method+`","webhookUrl":"`+r.target+path+`",`+credentials+more+`}`, http.Header{"If-Match": {"*"}})
	if strings.Contains(string(body), "recognisable") {
		t.Errorf("the settings tell a secret: %s", body)
	}
}

// fetch gets a path as a receiver does, with a key of its company.
func (r *rig) fetch(t *testing.T, status int, path, key, accept string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("acme", key)
	req.Header.Set("Accept", accept)
	got, body := exchange(t, req)
	if got != status {
		t.Fatalf("GET %s = %d %s, want %d", path, got, body, status)
	}
	return body
}

// told is what a receiver of orders or shipments is sent.
type envelope struct {
	EventName string `json:"eventName"`
	Order     *struct {
		ID    string `json:"orderId"`
		Lines []struct {
			ID string `json:"id"`
		} `json:"lines"`
		Theirs bool `json:"theirs"`
	} `json:"orderEvent"`
	Shipment *struct {
		ID    string            `json:"id"`
		Lines []json.RawMessage `json:"lines"`
	} `json:"shipment"`
	Meta struct {
		MessageID string `json:"messageId"`
	} `json:"meta"`
}

func read(t *testing.T, got told) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(got.body, &e); err != nil {
		t.Fatalf("%s: %v", got.body, err)
	}
	return e
}

// An admin connects a system, a producer says what orders and shipments are now, and
// the system is told what has happened: by each of the four webhooks, with credentials
// of each kind.
func TestTheStoryOfOrdersAndShipments(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			in := &erp{got: make(map[string]told)}
			r := startRig(t, database(t), in, func(o *app.Options) { o.MaxEvent = 16 << 20 })
			producer, reader := r.key(t, "acme", "producer"), r.key(t, "acme", "reader")
			for kind, credentials := range r.credentials() {
				r.testPostedOrders(t, in, kind, credentials, producer)
				r.testPostedShipments(t, in, kind, credentials, producer)
				r.testFetchedOrders(t, in, kind, credentials, producer, reader)
				r.testFetchedShipments(t, in, kind, credentials, producer, reader)
			}
		})
	}
}

// as is the header of a request with a key.
func as(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

func (r *rig) testPostedOrders(t *testing.T, in *erp, kind, credentials, producer string) {
	t.Helper()
	path := "/" + kind + "/orders"
	r.connect(t, "orders", "POST", path, credentials, `,"format":"JSON","enabledEventNames":["OrderIssuedByBuyer"]`)
	const lines = `"lines":[{"id":"1","buyerLine":{"position":"10"}},{"id":"2"}]`
	r.do(t, http.StatusCreated, "PUT", acme+"/orders/"+kind+"%2F1", `{"orderId":"`+kind+`/1","theirs":true,`+lines+`}`, as(producer))
	got := in.first(t, path)
	e := read(t, got)
	if got.method != "POST" || got.contentType != "application/json" || e.EventName != "OrderIssuedByBuyer" || e.Meta.MessageID == "" ||
		e.Order == nil || e.Order.ID != kind+"/1" || len(e.Order.Lines) != 2 || !e.Order.Theirs {
		t.Errorf("with %s a new order is told by %s %s: %s", kind, got.method, got.contentType, got.body)
	}

	path += "/changed"
	r.connect(t, "orders", "POST", path, credentials, `,"format":"JSON","enabledEventNames":["OrderLinesConfirmedBySupplier","OrderLinesAcceptedBySupplier"]`)
	r.do(t, http.StatusOK, "PUT", acme+"/orders/"+kind+"%2F1", `{"theirs":true,`+
		strings.Replace(lines, `{"id":"2"}`, `{"id":"2","status":{"processStatus":"Confirmed"}}`, 1)+`}`, as(producer))
	e = read(t, in.first(t, path))
	if e.EventName != "OrderLinesAcceptedBySupplier" || e.Order == nil || len(e.Order.Lines) != 1 || e.Order.Lines[0].ID != "2" {
		t.Errorf("with %s a change of line 2 is told as %+v", kind, e)
	}
}

func (r *rig) testPostedShipments(t *testing.T, in *erp, kind, credentials, producer string) {
	t.Helper()
	path := "/" + kind + "/shipments"
	r.connect(t, "shipments", "POST", path, credentials, `,"enabledEventNames":["ShipmentIssuedBySupplier"]`)
	r.do(t, http.StatusCreated, "PUT", acme+"/shipments/"+kind+"-1", `{"id":"`+kind+`-1","lines":[{"purchaseOrderNumber":"7"},{"purchaseOrderNumber":"8"}]}`, as(producer))
	e := read(t, in.first(t, path))
	if e.EventName != "ShipmentIssuedBySupplier" || e.Shipment == nil || e.Shipment.ID != kind+"-1" || len(e.Shipment.Lines) != 2 {
		t.Errorf("with %s a new shipment is told as %+v", kind, e)
	}
}

func (r *rig) testFetchedOrders(t *testing.T, in *erp, kind, credentials, producer, reader string) {
	t.Helper()
	r.connect(t, "orders", "GET", "/"+kind+"/fetch/{orderId}", credentials, `,"enabledEventNames":["OrderIssuedByBuyer"]`)
	r.do(t, http.StatusCreated, "PUT", acme+"/orders/"+kind+"%2F2", `{"lines":[{"id":"1"}]}`, as(producer))
	got := in.first(t, "/"+kind+"/fetch/"+kind+"%2F2")
	if got.method != "GET" || len(got.body) > 0 {
		t.Errorf("with %s a GET webhook is %s with the body %q", kind, got.method, got.body)
	}
	order := object(t, r.fetch(t, http.StatusOK, "/v2/order/"+kind+"%2F2", reader, "application/json"))
	if order["id"] != kind+"/2" || len(order["lines"].([]any)) != 1 {
		t.Errorf("the order that was to be fetched is %v", order)
	}
}

func (r *rig) testFetchedShipments(t *testing.T, in *erp, kind, credentials, producer, reader string) {
	t.Helper()
	r.connect(t, "shipments", "GET", "/"+kind+"/fetch?shipment={shipmentId}", credentials, `,"enabledEventNames":["ShipmentIssuedBySupplier"]`)
	r.do(t, http.StatusCreated, "PUT", acme+"/shipments/"+kind+"%202", `{"lines":[{"purchaseOrderNumber":"7"}]}`, as(producer))
	got := in.first(t, "/"+kind+"/fetch?shipment="+kind+"%202")
	if got.method != "GET" || len(got.body) > 0 {
		t.Errorf("with %s a GET webhook is %s with the body %q", kind, got.method, got.body)
	}
	shipment := r.fetch(t, http.StatusOK, "/v2/shipment/"+kind+"%202", reader, "application/xml")
	if !strings.Contains(string(shipment), "<id>"+kind+" 2</id>") {
		t.Errorf("the shipment that was to be fetched is %s", shipment)
	}
}
