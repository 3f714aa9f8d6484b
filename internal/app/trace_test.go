package app_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/webhook"
)

const (
	traceID    = "4bf92f3577b34da6a3ce929d0e0e4736"
	producerID = "00f067aa0ba902b7"
	parent     = "00-" + traceID + "-" + producerID + "-01"
	state      = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
)

// collector takes spans as OTLP over HTTP has them.
type collector struct {
	mu    sync.Mutex
	spans []*tracepb.Span
	raw   []byte
	wrong []string
}

func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	var got collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &got)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" {
		c.wrong = append(c.wrong, r.Method+" "+r.URL.Path+" with something else than spans")
	}
	c.raw = append(c.raw, body...)
	for _, resource := range got.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// named returns the spans with a name, oldest first.
func (c *collector) named(name string) []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*tracepb.Span
	for _, s := range c.spans {
		if s.GetName() == name {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *tracepb.Span) int { return int(a.GetStartTimeUnixNano()) - int(b.GetStartTimeUnixNano()) })
	return found
}

// attributes returns those of a span, each as "key=value", sorted.
func attributes(s *tracepb.Span) []string {
	var all []string
	for _, a := range s.GetAttributes() {
		value := a.GetValue().GetStringValue()
		if value == "" {
			number, _ := json.Marshal(a.GetValue().GetIntValue())
			value = string(number)
		}
		all = append(all, a.GetKey()+"="+value)
	}
	slices.Sort(all)
	return all
}

// inbox keeps what a receiver got; it answers 503 at first and then 204.
type inbox struct {
	mu      sync.Mutex
	headers []http.Header
	bodies  [][]byte
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.headers, b.bodies = append(b.headers, r.Header), append(b.bodies, body)
	status := http.StatusNoContent
	if len(b.headers) == 1 {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
}

// got returns the header of the n-th request, once it is there.
func (b *inbox) got(t *testing.T, n int) http.Header {
	t.Helper()
	var h http.Header
	await(t, "a request to the receiver", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.headers) > n {
			h = b.headers[n]
		}
		return h != nil
	})
	return h
}

const (
	retrySoon = `,"retry":{"preset":"custom","custom":{"first":"1s","factor":1,"longest":"1s","jitter":0,"retries":5}}`
	withAuth  = `,"auth":{"type":"bearer","secret":"recognisable-token"}`
	posted    = `{"type":"OrderCreated","entityId":"recognisable-entity","data":{"OrderId":"recognisable-order"}}`
)

func TestATraceGoesFromTheProducerToTheReceiver(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var spans collector
			server := httptest.NewServer(&spans)
			t.Cleanup(server.Close)
			var in inbox
			r := startRig(t, database(t), &in, func(o *app.Options) { o.TracesEndpoint = server.URL + "/v1/traces" })
			id := r.addTrigger(t, "OrderCreated", "/in?token=recognisable-query", retrySoon+withAuth)
			var key struct{ MadeSecret string }
			if err := json.Unmarshal(r.do(t, 201, "POST", acme+"/hooks/triggers/"+id+"/signing-keys", `{"kind":"v1"}`, nil), &key); err != nil {
				t.Fatal(err)
			}
			r.do(t, 202, "POST", acme+"/events", posted, http.Header{"Traceparent": {parent}, "Tracestate": {state}})

			in.got(t, 1)
			await(t, "three spans", func() bool {
				return len(spans.named("deliver OrderCreated")) == 2 && len(spans.named("POST /api/v1/companies/{company}/events")) == 1
			})
			accepted := spans.named("POST /api/v1/companies/{company}/events")[0]
			if got := hex.EncodeToString(accepted.GetTraceId()) + " " + hex.EncodeToString(accepted.GetParentSpanId()); got != traceID+" "+producerID {
				t.Errorf("the acceptance is a part of %s, want what the producer said", got)
			}
			if accepted.GetKind() != tracepb.Span_SPAN_KIND_SERVER || !slices.Contains(attributes(accepted), "http.response.status_code=202") {
				t.Errorf("the acceptance is %v, want a server's, answered 202", accepted)
			}
			for i, attempt := range spans.named("deliver OrderCreated") {
				if !bytes.Equal(attempt.GetTraceId(), accepted.GetTraceId()) || !bytes.Equal(attempt.GetParentSpanId(), accepted.GetSpanId()) {
					t.Errorf("attempt %d is not a part of the acceptance: %v", i+1, attempt)
				}
				header := in.got(t, i)
				if want := "00-" + traceID + "-" + hex.EncodeToString(attempt.GetSpanId()) + "-01"; header.Get("Traceparent") != want || header.Get("Tracestate") != state {
					t.Errorf("the receiver got %q and %q, want %s and what the producer said", header["Traceparent"], header["Tracestate"], want)
				}
				status := []string{"http.response.status_code=503", "http.response.status_code=204"}[i]
				if got := attributes(attempt); !slices.Contains(got, status) || !slices.Contains(got, "waybill.company=acme") || !slices.Contains(got, "waybill.hook.id="+id) {
					t.Errorf("attempt %d has %q, want among them %s, the company and the hook", i+1, got, status)
				}
			}
			checkRequest(t, &in, key.MadeSecret)
			r.checkHeads(t, &in)
			spans.checkHidden(t)
		})
	}
}

// checkRequest verifies the signature of the first request with another's eyes.
func checkRequest(t *testing.T, in *inbox, secret string) {
	t.Helper()
	v, err := webhook.NewVerifier(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(in.headers[0], in.bodies[0]); err != nil {
		t.Errorf("the signature of a request with a trace: %v", err)
	}
}

// checkHeads makes sure that the log of attempts has the trace as it was sent.
func (r *rig) checkHeads(t *testing.T, in *inbox) {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(r.do(t, 200, "GET", acme+"/deliveries", "", nil), &list); err != nil || len(list.Items) != 1 {
		t.Fatalf("%d deliveries, %v; want 1", len(list.Items), err)
	}
	await(t, "two attempts with their heads in the log", func() bool {
		one := string(r.do(t, 200, "GET", acme+"/deliveries/"+list.Items[0].ID, "", nil))
		return strings.Contains(one, in.got(t, 0).Get("Traceparent")) && strings.Contains(one, in.got(t, 1).Get("Traceparent"))
	})
}

func (c *collector) checkHidden(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, hidden := range []string{"recognisable", operatorKey, "127.0.0.1"} {
		if bytes.Contains(c.raw, []byte(hidden)) {
			t.Errorf("the spans show %s", hidden)
		}
	}
	for _, wrong := range c.wrong {
		t.Error(wrong)
	}
}

// The retry is read from the store, so that what it has of the trace was stored.
func TestWithoutACollectorATraceIsPassedOnUnchanged(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var in inbox
			r := startRig(t, database(t), &in, func(*app.Options) {})
			r.addTrigger(t, "OrderCreated", "/in", retrySoon)
			lines := http.Header{"Content-Type": {"application/x-ndjson"}, "Traceparent": {parent}, "Tracestate": {state}}
			r.do(t, 200, "POST", acme+"/events/batch", posted, lines)
			for n := range 2 {
				if h := in.got(t, n); h.Get("Traceparent") != parent || h.Get("Tracestate") != state {
					t.Errorf("attempt %d has the trace %q, %q, want it unchanged", n+1, h["Traceparent"], h["Tracestate"])
				}
			}
			r.do(t, 202, "POST", acme+"/events", posted, http.Header{"Traceparent": {"00-made-up-01"}, "Tracestate": {state}})
			r.do(t, 202, "POST", acme+"/events", posted, nil)
			for n := range 2 {
				if h := in.got(t, 2+n); h["Traceparent"] != nil || h["Tracestate"] != nil {
					t.Errorf("without a good trace, one is sent: %q, %q", h["Traceparent"], h["Tracestate"])
				}
			}
		})
	}
}

func TestACollectorThatIsAwayStopsNothing(t *testing.T) {
	t.Parallel()
	var in inbox
	r := startRig(t, filepath.Join(t.TempDir(), "waybill.db"), &in, func(o *app.Options) { o.TracesEndpoint = "http://127.0.0.1:1/v1/traces" })
	r.addTrigger(t, "OrderCreated", "/in", "")
	r.do(t, 202, "POST", acme+"/events", posted, nil)
	if in.got(t, 0).Get("Traceparent") == "" {
		t.Error("the receiver got no trace, want one that begins here")
	}
}
