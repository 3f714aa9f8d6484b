package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/api"
	"github.com/waybillhq/waybill/internal/check"
	"github.com/waybillhq/waybill/internal/deliver"
	docs "github.com/waybillhq/waybill/internal/document" // document is another thing here
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/send"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/tracing"
)

const (
	maxEvent = 4 << 10
	maxBatch = 64 << 10

	maxDocument = 1 << 20

	publicURL = "https://waybill.example"

	acme     = "/api/v1/companies/acme"
	triggers = acme + "/hooks/triggers"

	goodTrigger = `{"title":"Orders","eventTypes":["OrderCreated","OrderChanged"],"url":"https://hooks.example/orders"}`
	goodEvent   = `{"type":"OrderCreated","entityId":"80417","data":{"OrderId":80417}}`
)

// idle is a deliverer without room: everything waits in the store.
type idle struct{ storetest.Idle }

func (idle) Owe([]uuid.UUID) {}

// world is a server on a store of its own, with the company acme.
type world struct {
	server *httptest.Server
	store  *store.Store
	gate   *signin.Gate
	key    string // the operator's, in the settings
	log    *lockedBuffer
	sick   atomic.Bool // the database doesn't answer

	archive  *docs.Archive
	provider *standIn
	teller   *told
	receiver *standInReceiver
	lock     *storetest.Lock // of the store's secrets
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	lock := &storetest.Lock{Keys: keys}
	st, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), lock)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: st, key: "test-key-" + uuid.NewString(), log: &lockedBuffer{}, provider: &standIn{}, teller: &told{}, receiver: &standInReceiver{status: 200}, lock: lock}
	w.gate = signin.New(signin.Options{Store: st, Operator: account.Digest(w.key), HTTPS: true})
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	in := intake.New(st, idle{})
	w.archive = &docs.Archive{Store: st, Filer: in, PublicURL: publicURL, MaxSize: maxDocument, Log: log}
	s := &api.Server{
		Intake: in, Store: st, Archive: w.archive, MaxDocument: maxDocument, Deliverer: idle{}, Gate: w.gate,
		Policy: account.Policy{Modules: account.DefaultModules()}, PublicURL: publicURL, Provider: w.provider,
		CheckURL: send.NewGuard(nil).CheckURL, Checker: &check.Checker{Network: send.NewDialer(send.Dialing{Resolver: noNames()})},
		Teller: w.teller, Mails: true,
		Ready: func(ctx context.Context) error {
			if w.sick.Load() {
				return errors.New("disk on fire")
			}
			return st.Ping(ctx)
		},
		Metrics:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
		Tracer:   &tracing.Tracer{},
		MaxEvent: maxEvent, MaxBatch: maxBatch, Version: "1.2.3",
		Tester: &deliver.Tester{Directory: st.Directory, Sender: w.receiver, Log: log}, Log: log,
	}
	w.server = httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		w.server.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w.mustDo(t, 201, "PUT", acme, `{"name":"Acme","timeZone":"Europe/Berlin","modules":["business-api"]}`)
	return w
}

// noNames returns a resolver that knows no name.
func noNames() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no DNS")
	}}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request with the key, and with each header given as "Name: value"
// in place of those it would send.
func (w *world) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	if req.Header.Get("Authorization") == "" {
		req.Header.Del("Authorization")
	}
	resp, err := w.server.Client().Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, got}
}

// mustDo is do with a status that must come, and the answer's JSON object.
func (w *world) mustDo(t *testing.T, status int, method, path, body string, headers ...string) map[string]any {
	t.Helper()
	a := w.do(t, method, path, body, headers...)
	if a.status != status {
		t.Fatalf("%s %s = %d %s, want %d", method, path, a.status, a.body, status)
	}
	if len(a.body) == 0 {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s %s = %s: %v", method, path, a.body, err)
	}
	return v
}

func (w *world) addTrigger(t *testing.T) string {
	t.Helper()
	return w.mustDo(t, 201, "POST", triggers, goodTrigger)["id"].(string)
}

// postEvent posts an event and returns its ID and that of its only delivery.
func (w *world) postEvent(t *testing.T, body string) (event, delivery string) {
	t.Helper()
	event = w.mustDo(t, 202, "POST", acme+"/events", body)["id"].(string)
	e := w.mustDo(t, 200, "GET", acme+"/events/"+event, "")
	ds := e["deliveries"].([]any)
	if len(ds) != 1 {
		t.Fatalf("event %s has %d deliveries, want 1", event, len(ds))
	}
	return event, ds[0].(map[string]any)["id"].(string)
}

// settle makes an attempt of a waiting delivery of a hook: answered with a
// status and a body, or not at all, and judged.
func (w *world) settle(t *testing.T, hookID string, status int, body []byte, v hook.Verdict) {
	t.Helper()
	node, now := uuid.Must(uuid.NewV7()), time.Now()
	jobs, _, err := w.store.Claim(t.Context(), node, now, []hook.Want{{HookID: uuid.MustParse(hookID), Limit: 1, Bytes: 1 << 20}})
	if err != nil || len(jobs) != 1 {
		t.Fatalf("Claim = %d jobs, %v, want 1", len(jobs), err)
	}
	s := hook.Settlement{Company: jobs[0].Delivery.Company, Verdict: v, Attempt: hook.Attempt{
		DeliveryID: jobs[0].Delivery.ID, Number: jobs[0].Delivery.Attempt, HookVersion: 1, StartedAt: now,
		Method: "POST", URL: "https://hooks.example/orders", RequestHead: "Content-Type: application/json\nAuthorization: [secret]\n",
		BodySize: 17, BodySHA256: [32]byte{0xab}, Status: status, ResponseHead: "Retry-After: 5\n", ResponseBody: body,
		Took: hook.Timing{Connect: 1500 * time.Microsecond, Total: 20 * time.Millisecond},
	}}
	if status == 0 {
		s.Attempt.Error, s.Attempt.Reason = hook.TimedOut, v.Reason
	}
	if held, err := w.store.Settle(t.Context(), node, []hook.Settlement{s}); err != nil || !held[0] {
		t.Fatalf("Settle = %v, %v, want it held", held, err)
	}
}

// reasons returns the errors of a problem document by field.
func reasons(t *testing.T, a answer) map[string]string {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want a problem document", got)
	}
	var p struct {
		Status int
		Detail string
		Errors []struct{ Field, Reason string }
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	if p.Status != a.status {
		t.Errorf("the problem's status = %d, want %d", p.Status, a.status)
	}
	fields := map[string]string{"detail": p.Detail}
	for _, e := range p.Errors {
		fields[e.Field] = e.Reason
	}
	return fields
}

// lockedBuffer is what the log is written to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
