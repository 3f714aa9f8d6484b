package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/spec/spectest"
	"github.com/waybillhq/waybill/internal/trade"
)

// recorder stands before a receiver, and keeps what came and how that was answered.
// What is in XML, which the receivers don't know, it takes itself.
type recorder struct {
	http.Handler
	mu  sync.Mutex
	got []exchanged
}

type exchanged struct {
	path, contentType string
	body              []byte
	status            int
	answer            string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := exchanged{path: req.URL.Path, contentType: req.Header.Get("Content-Type"), body: body, status: http.StatusNoContent}
	if e.contentType != "application/xml" {
		req.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		r.Handler.ServeHTTP(answer, req)
		e.status, e.answer = answer.Code, answer.Body.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, e)
	w.WriteHeader(e.status)
}

// all waits until there are so many, and returns and forgets them.
func (r *recorder) all(t *testing.T, n int) []exchanged {
	t.Helper()
	var all []exchanged
	await(t, "as many requests as there are events", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.got) < n {
			return false
		}
		all, r.got = r.got, nil
		return true
	})
	return all
}

// Receivers that were made from our OpenAPI documents by generators of others take real
// deliveries of every event type in every mode, and each body is as its schema says.
func TestGeneratedReceiversTakeWhatIsDelivered(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) string{"Go": spectest.Go, "TypeScript": spectest.Node} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &recorder{Handler: spectest.Front(t, start(t))}
			r := startRig(t, filepath.Join(t.TempDir(), "waybill.db"), in, func(*app.Options) {})
			for kind, entity := range map[string]trade.EntityKind{"orders": trade.KindOrder, "shipments": trade.KindShipment} {
				state := trade.SampleState(entity, time.Now())
				r.do(t, http.StatusCreated, "PUT", acme+"/"+kind+"/"+url.PathEscape(state.Entity.ID), string(state.JSON), nil)
			}
			r.testConnectors(t, in)
			r.testOthers(t, in)
		})
	}
}

// mode is a way of telling of orders or shipments.
type mode struct {
	kind                  hook.Kind
	method, path          string
	settings, schema, key string // key: of the body, what the mode is known by
}

func modes() []mode {
	const orders, documents, shipments = "order-webhook OrderWebhook", "order-webhook OrderWebhook", "shipment-webhook ShipmentWebhook"
	return []mode{
		{hook.Orders, "POST", spectest.Orders, `,"format":"JSON"`, orders, `"orderEvent":`},
		{hook.Orders, "POST", spectest.Orders, `,"format":"JSON","singleDeliveryPerOrderLine":true`, orders, `"singleDeliveryOrderEvent":`},
		{hook.Orders, "POST", spectest.Orders, `,"format":"JSON","singleDeliveryPerOrderLine":true,"simpleOrderEvent":true`, orders, `"simpleOrderEvent":`},
		{hook.Orders, "POST", spectest.Orders, `,"format":"TXML"`, "", `<orderEvent>`},
		{hook.Orders, "POST", spectest.Orders, `,"format":"TXML","singleDeliveryPerOrderLine":true`, "", `<singleDeliveryOrderEvent>`},
		{hook.Orders, "GET", spectest.Orders + "/{orderId}", "", "", ""},
		{hook.OrderDocuments, "POST", spectest.OrderDocuments, `,"format":"JSON"`, documents, `"orderDocumentsEvent":`},
		{hook.OrderDocuments, "POST", spectest.OrderDocuments, `,"format":"TXML"`, "", `<orderDocumentsEvent>`},
		{hook.Shipments, "POST", spectest.Shipments, "", shipments, `"shipment":`},
		{hook.Shipments, "GET", spectest.Shipments + "/{shipmentId}", "", "", ""},
	}
}

// testConnectors has every event of orders and shipments told in every mode.
func (r *rig) testConnectors(t *testing.T, in *recorder) {
	t.Helper()
	xml := spectest.NewXML(t)
	for _, m := range modes() {
		names := m.kind.EventNames()
		list, err := json.Marshal(names)
		if err != nil {
			t.Fatal(err)
		}
		r.connect(t, string(m.kind), m.method, m.path, r.credentials()["bearer"], m.settings+`,"enabledEventNames":`+string(list))
		for _, name := range names {
			r.name(t, m.kind.EntityKind(), name)
		}
		var plain [][]byte
		for _, e := range in.all(t, len(names)) {
			m.check(t, e)
			if e.contentType == "application/xml" {
				plain = append(plain, e.body)
			}
		}
		if len(plain) > 0 {
			if err := xml.Check(t, plain...); err != nil {
				t.Errorf("%s %s: %v", m.kind, m.settings, err)
			}
		}
		r.do(t, http.StatusNoContent, "DELETE", acme+"/connectors/"+string(m.kind), "", http.Header{"If-Match": {"*"}})
	}
}

// check looks at what came of a delivery in the mode.
func (m mode) check(t *testing.T, e exchanged) {
	t.Helper()
	if e.status != http.StatusNoContent || !strings.Contains(string(e.body), m.key) || (m.method == "GET") != (len(e.body) == 0) {
		t.Errorf("%s at %s was answered with %d %.500s, want 204:\n%.1000s", m.method, e.path, e.status, e.answer, e.body)
	}
	if document, component, ok := strings.Cut(m.schema, " "); ok {
		if err := spectest.Component(t, document, component, true).Check(e.body); err != nil {
			t.Errorf("%s %s: %v", m.kind, m.settings, err)
		}
	}
}

// name says that something happened to the sample of a kind.
func (r *rig) name(t *testing.T, kind trade.EntityKind, event string) {
	t.Helper()
	query := url.Values{"eventName": {event}}
	if scope := trade.SampleScope(event); kind == trade.KindOrder {
		query["line"] = scope.Lines
	}
	id := trade.SampleState(kind, time.Now()).Entity.ID
	r.do(t, http.StatusOK, "PATCH", acme+"/"+string(kind)+"s/"+url.PathEscape(id)+"?"+query.Encode(), "{}",
		http.Header{"Content-Type": {"application/merge-patch+json"}})
}

// testOthers has every event told that there is, as a notice or by its default payload.
func (r *rig) testOthers(t *testing.T, in *recorder) {
	t.Helper()
	for _, of := range []struct {
		path, schema string
		document     bool
	}{
		{spectest.Documents, "document-notice DocumentNotice", true},
		{spectest.Events, "trigger-event TriggerEvent", false},
	} {
		var names []string
		var batch strings.Builder
		for _, e := range trade.Catalogue() {
			if (e.Family == trade.DocumentEvents) == of.document {
				names = append(names, e.Name)
				batch.WriteString(`{"type":"` + e.Name + `","entityId":"1","data":` + string(e.Sample) + "}\n")
			}
		}
		for part := range slices.Chunk(names, 20) {
			types, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			r.do(t, http.StatusCreated, "POST", acme+"/hooks/triggers",
				`{"title":"all","eventTypes":`+string(types)+`,"url":"`+r.target+of.path+`","auth":{"type":"bearer","secret":"recognisable"}}`, nil)
		}
		r.do(t, http.StatusOK, "POST", acme+"/events/batch", batch.String(), http.Header{"Content-Type": {"application/x-ndjson"}})
		for _, e := range in.all(t, len(names)) {
			mode{method: "POST", settings: of.path, schema: of.schema}.check(t, e)
		}
	}
}
