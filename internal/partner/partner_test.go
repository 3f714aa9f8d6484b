package partner_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/partner"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestMain(m *testing.M) { os.Exit(pgtemp.Main(m)) }

// world is a server with the companies acme and rival, and an invoice of acme's.
type world struct {
	url      string
	handler  http.Handler
	store    *store.Store
	archive  *document.Archive
	content  []byte
	document trade.Document
	keys     map[string]string // by company and role
}

const operatorKey = "test-key-of-the-operator"

// newWorld returns a world that listens.
func newWorld(t *testing.T, st *store.Store) *world {
	t.Helper()
	w := newHandler(t, st, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// newHandler returns a world that doesn't listen, so that it can be in a bubble.
func newHandler(t *testing.T, st *store.Store, log *slog.Logger) *world {
	t.Helper()
	w := &world{store: st, keys: make(map[string]string), content: bytes.Repeat([]byte("0123456789abcdef"), 40_000)}
	for _, company := range []string{"acme", "rival"} {
		c := trade.Company{ID: company, Name: company, TimeZone: "Europe/Berlin", CreatedAt: time.Now()}
		if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		for _, role := range []account.Role{account.Admin, account.Reader, account.Producer} {
			key := account.NewKey(role)
			k := account.Key{ID: storetest.NewID(), Company: company, Role: role, Name: "test", Digest: account.Digest(key), CreatedAt: time.Now()}
			if err := st.AddKey(t.Context(), k, account.Entry{}); err != nil {
				t.Fatal(err)
			}
			w.keys[company+" "+string(role)] = key
		}
	}
	w.archive = &document.Archive{Store: st, Filer: intake.New(st, storetest.Idle{}), PublicURL: publicURL, MaxSize: 1 << 20, Log: log}
	w.document = w.bring(t, w.content, trade.XML)
	w.handler = w.serve(storetest.Keys(t), log)
	return w
}

func (w *world) serve(keys partner.Keys, log *slog.Logger) http.Handler {
	return w.serveFrom(w.store, keys, log)
}

func (w *world) serveFrom(st partner.Store, keys partner.Keys, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	(&partner.Server{
		Archive: w.archive, Gate: signin.New(signin.Options{Store: w.store, Operator: account.Digest(operatorKey)}), Store: st,
		Keys: keys, Policy: account.Policy{Modules: account.DefaultModules()}, PublicURL: publicURL, Log: log,
	}).Mount(mux)
	return mux
}

// newNode returns another node of a world, with keys of its own.
func newNode(t *testing.T, w *world, keys partner.Keys) *world {
	t.Helper()
	node := *w
	node.handler = w.serve(keys, slog.New(slog.DiscardHandler))
	return &node
}

func otherKeys(t *testing.T) partner.Keys {
	t.Helper()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

const publicURL = "https://waybill.example"

func (w *world) bring(t *testing.T, content []byte, f trade.Format) trade.Document {
	t.Helper()
	u, err := w.archive.Begin(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close(t.Context())
	if err := u.Bring(t.Context(), bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	r, err := w.archive.File(t.Context(), u, document.Request{Company: "acme", Details: document.Details{
		Kind: trade.DeliveryDocument, OrderID: "4711", TransactionID: "t-1", Buyer: "acme", Format: f, Opaque: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Document
}

// do makes a request, with "Name: value" headers; user and password are separated by a
// colon, or nothing is sent.
func (w *world) do(t *testing.T, method, path, credentials string, headers ...string) (answer, []byte) {
	t.Helper()
	return w.send(t, method, path, "", credentials, headers...)
}

// send is do with a body.
func (w *world) send(t *testing.T, method, path, content, credentials string, headers ...string) (answer, []byte) {
	t.Helper()
	req := request(t, method, w.url+path, content, credentials, headers...)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, resp.ContentLength}, body
}

func request(t *testing.T, method, url, content, credentials string, headers ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if user, password, ok := strings.Cut(credentials, ":"); ok {
		req.SetBasicAuth(user, password)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return req
}

// call has a handler in a bubble answer a request.
func (w *world) call(t *testing.T, method, path, content, credentials string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, request(t, method, path, content, credentials))
	return rec
}

// each runs a test in a world on each engine.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) *store.Store{"SQLite": storetest.Open, "PostgreSQL": storetest.OpenPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, open(t)))
		})
	}
}

// answer is what came besides the body.
type answer struct {
	status int
	header http.Header
	length int64 // that the header tells
}

const path = "/2.1/business/documents/t-1/DISPATCHNOTIFICATION.xml"

func TestDownload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Run("gives what was brought, or a part of it", w.testParts)
		t.Run("lets in whoever has a key of the company", w.testWho)
		t.Run("has the newest of each format", w.testNewest)
	})
}

func (w *world) testParts(t *testing.T) {
	me := "acme:" + w.keys["acme reader"]
	tag := `"` + hex.EncodeToString(w.document.SHA256[:]) + `"`
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
		want         []byte
	}{
		{"all", "GET", nil, 200, w.content},
		{"HEAD", "HEAD", nil, 200, nil},
		{"a range over two chunks", "GET", []string{"Range: bytes=262100-262200"}, 206, w.content[262100:262201]},
		{"its end", "GET", []string{"Range: bytes=-5"}, 206, w.content[len(w.content)-5:]},
		{"a range beyond it", "GET", []string{"Range: bytes=700000-"}, 416, nil},
		{"if it has changed", "GET", []string{"If-None-Match: " + tag}, 304, nil},
		{"if it has changed from another", "GET", []string{`If-None-Match: "another"`}, 200, w.content},
		{"a range of this", "GET", []string{"Range: bytes=0-3", "If-Range: " + tag}, 206, w.content[:4]},
		{"a range of another", "GET", []string{"Range: bytes=0-3", `If-Range: "another"`}, 200, w.content},
	} {
		resp, body := w.do(t, tt.method, path, me, tt.headers...)
		if resp.status != tt.status {
			t.Errorf("%s = %d, want %d", tt.name, resp.status, tt.status)
		}
		if (tt.want != nil || tt.status == 304 || tt.method == "HEAD") && !bytes.Equal(body, tt.want) {
			t.Errorf("%s = %d bytes, want %d", tt.name, len(body), len(tt.want))
		}
		if tt.status < 300 {
			h := resp.header
			if h.Get("Content-Type") != "application/xml" || h.Get("Etag") != tag || h.Get("Accept-Ranges") != "bytes" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers = %v", tt.name, h)
			}
		}
	}
	if resp, _ := w.do(t, "HEAD", path, me); resp.length != int64(len(w.content)) {
		t.Errorf("HEAD tells %d bytes, want %d", resp.length, len(w.content))
	}
}

func (w *world) testWho(t *testing.T) {
	for name, tt := range map[string]struct {
		path, credentials string
		headers           []string
		status            int
	}{
		"an admin's key":               {path, "acme:" + w.keys["acme admin"], nil, 200},
		"a producer's key":             {path, "acme:" + w.keys["acme producer"], nil, 200},
		"another company":              {path, "rival:" + w.keys["rival reader"], nil, 404},
		"another's key as one's own":   {path, "acme:" + w.keys["rival reader"], nil, 401},
		"one's key as another":         {path, "rival:" + w.keys["acme reader"], nil, 401},
		"the operator's key":           {path, "acme:" + operatorKey, nil, 401},
		"a wrong key":                  {path, "acme:wrong", nil, 401},
		"nobody":                       {path, "", nil, 401},
		"a company that isn't there":   {path, "nobody:" + w.keys["acme reader"], nil, 401},
		"a bearer":                     {path, "", []string{"Authorization: Bearer " + w.keys["acme reader"]}, 401},
		"another transaction":          {"/2.1/business/documents/t-2/DISPATCHNOTIFICATION.xml", "acme:" + w.keys["acme reader"], nil, 404},
		"another kind":                 {"/2.1/business/documents/t-1/INVOICE.xml", "acme:" + w.keys["acme reader"], nil, 404},
		"another format":               {"/2.1/business/documents/t-1/DISPATCHNOTIFICATION.csv", "acme:" + w.keys["acme reader"], nil, 404},
		"what isn't a file":            {"/2.1/business/documents/t-1/DELIVERY.xml", "acme:" + w.keys["acme reader"], nil, 404},
		"what isn't a format":          {"/2.1/business/documents/t-1/DISPATCHNOTIFICATION.exe", "acme:" + w.keys["acme reader"], nil, 404},
		"a media type as an extension": {"/2.1/business/documents/t-1/DISPATCHNOTIFICATION.text%2Fxml", "acme:" + w.keys["acme reader"], nil, 404},
	} {
		resp, body := w.do(t, "GET", tt.path, tt.credentials, tt.headers...)
		if resp.status != tt.status {
			t.Errorf("%s = %d %.100s, want %d", name, resp.status, body, tt.status)
		}
		if tt.status == 401 && !strings.HasPrefix(resp.header.Get("Www-Authenticate"), "Basic ") {
			t.Errorf("%s: WWW-Authenticate = %q, want Basic", name, resp.header.Get("Www-Authenticate"))
		}
	}
	if resp, _ := w.do(t, "DELETE", path, "acme:"+w.keys["acme admin"]); resp.status != 405 {
		t.Errorf("DELETE = %d, want 405", resp.status)
	}
}

func (w *world) testNewest(t *testing.T) {
	me := "acme:" + w.keys["acme reader"]
	w.bring(t, []byte("<OLDER/>"), trade.XML)
	w.bring(t, []byte("<NEWER/>"), trade.XML)
	w.bring(t, []byte("%PDF-1.7"), trade.PDF)
	w.bring(t, []byte(`{}`), trade.JSON)
	for extension, want := range map[string][2]string{
		"xml": {"<NEWER/>", "application/xml"}, "pdf": {"%PDF-1.7", "application/pdf"}, "json": {"{}", "application/json"},
	} {
		resp, body := w.do(t, "GET", strings.Replace(path, "xml", extension, 1), me)
		if resp.status != 200 || string(body) != want[0] || resp.header.Get("Content-Type") != want[1] {
			t.Errorf(".%s = %d %.20q of type %q, want %q", extension, resp.status, body, resp.header.Get("Content-Type"), want)
		}
	}
}
