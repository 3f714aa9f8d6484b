package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waybillhq/waybill/internal/hook"
)

// document is the served OpenAPI document, as far as the tests read it.
type document struct {
	OpenAPI string                          `json:"openapi"`
	Paths   map[string]map[string]operation `json:"paths"`

	schemas *jsonschema.Compiler
}

type operation struct {
	ID        string `json:"operationId"`
	Responses map[string]struct {
		Content map[string]json.RawMessage `json:"content"`
	} `json:"responses"`
}

const documentURL = "https://waybill.example/openapi.json"

// nowhere refuses to load schemas from elsewhere.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) { return nil, errors.New("the document refers to " + url) }

func (w *world) document(t *testing.T) *document {
	t.Helper()
	a := w.do(t, "GET", "/api/v1/openapi.json", "")
	var d document
	if err := json.Unmarshal(a.body, &d); err != nil {
		t.Fatal(err)
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	d.schemas = jsonschema.NewCompiler()
	d.schemas.UseLoader(nowhere{})
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource(documentURL, raw); err != nil {
		t.Fatal(err)
	}
	return &d
}

// check holds an answer against the document.
func (d *document) check(t *testing.T, path, method string, a answer) {
	t.Helper()
	op := d.Paths[path][method]
	status := strconv.Itoa(a.status)
	response, ok := op.Responses[status]
	if !ok {
		t.Errorf("%s answered %s, which is not documented: %s", op.ID, status, a.body)
		return
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if len(response.Content) == 0 && len(a.body) == 0 {
		return
	}
	if _, ok := response.Content[kind]; !ok {
		t.Errorf("%s answered %s with a body of type %q, which is not documented", op.ID, status, kind)
		return
	}
	at := strings.Join([]string{"", "paths", escape(path), method, "responses", status, "content", escape(kind), "schema"}, "/")
	if strings.HasPrefix(kind, "image/") || kind == "text/plain" || op.ID == "getDocumentContent" && a.status == 200 {
		return
	}
	if kind != "application/x-ndjson" {
		d.validate(t, op.ID, at, a.body)
		return
	}
	for line := range bytes.Lines(a.body) {
		d.validate(t, op.ID, "/components/schemas/BatchLine", line)
	}
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

func (d *document) validate(t *testing.T, id, at string, body []byte) {
	t.Helper()
	schema, err := d.schemas.Compile(documentURL + "#" + at)
	if err != nil {
		t.Fatalf("schema %s: %v", at, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s answered %s: %v", id, body, err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s answered what is not documented: %v\n%s", id, err, body)
	}
}

// A call is a request for an operation; {company}, {id} and a query are filled
// in as path says.
type call struct {
	path    string // empty: as the operation has it
	body    string
	headers []string
	want    int
}

// Every operation of the document is called, with and without success, and
// every answer is as the document says.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.document(t)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi = %q, want 3.1.0", d.OpenAPI)
	}
	calls := everyCall(t, w)
	maps.Copy(calls, peopleCalls(t, w))
	maps.Copy(calls, operatorCalls(t, w))
	maps.Copy(calls, accessCalls(t, w))
	maps.Copy(calls, alertCalls(t, w))
	maps.Copy(calls, operationCalls(t, w))
	maps.Copy(calls, notificationCalls(t, w))
	maps.Copy(calls, documentHookCalls())
	maps.Copy(calls, connectorCalls(t, w))
	maps.Copy(calls, documentCalls(t, w))
	maps.Copy(calls, objectCalls(t, w))
	maps.Copy(calls, orderCalls(t, w))
	for path, item := range d.Paths {
		for method, op := range item {
			if len(calls[op.ID]) == 0 {
				t.Errorf("%s is never called", op.ID)
			}
			_, locked := op.Responses["401"]
			good, bad := false, !locked
			for _, c := range calls[op.ID] {
				if c.path == "" {
					c.path = path
				}
				a := w.do(t, strings.ToUpper(method), c.path, c.body, c.headers...)
				if a.status != c.want {
					t.Errorf("%s %s %s = %d %s, want %d", op.ID, c.path, c.body, a.status, a.body, c.want)
				}
				good, bad = good || a.status < 300, bad || a.status >= 400
				d.check(t, path, method, a)
			}
			if locked {
				d.check(t, path, method, w.do(t, strings.ToUpper(method), path, "", "Authorization: none"))
				d.check(t, path, method, w.do(t, strings.ToUpper(method), path+"?no=1", ""))
			}
			if !good || !bad {
				t.Errorf("%s must be called with and without success", op.ID)
			}
		}
	}
}

// everyCall returns calls by operation. What they name is in the store.
func everyCall(t *testing.T, w *world) map[string][]call {
	t.Helper()
	first, second := w.addTrigger(t), w.addTrigger(t)
	w.mustDo(t, 200, "PUT", triggers+"/"+second, strings.Replace(goodTrigger, `"title"`, `"enabled":false,"title"`, 1))
	event, delivery := w.postEvent(t, goodEvent)
	w.settle(t, first, 0, nil, hook.Verdict{State: hook.Waiting, Reason: "no whole response in time"})
	w.settle(t, first, 500, []byte("\xff\x00"), hook.Verdict{State: hook.Waiting, Reason: "answered 500"})
	w.settle(t, first, 200, []byte("thanks"), hook.Verdict{State: hook.Delivered})
	w.mustDo(t, 202, "POST", acme+"/events", `{"type":"OrderChanged","entityId":"1","id":"4711","shop":"12"}`)
	lines := []string{"Content-Type: application/x-ndjson"}
	huge := `{"title":"` + strings.Repeat("x", 300<<10) + `"}`
	text := []string{"Content-Type: text/plain"}
	auth := strings.Replace(goodTrigger, "{", `{"auth":{"type":"basic","user":"erp","secret":"test-password"},`, 1)
	receiver := `{"url":"https://hooks.example/orders"}`
	checks := []call{{path: acme + "/check", body: `{"url":"http://hooks.example/"}`, want: 422}, {body: receiver, want: 404}}
	for range 9 { // one was counted above
		checks = append(checks, call{path: acme + "/check", body: receiver, want: 200})
	}
	return map[string][]call{
		"checkReceiver":  append(checks, call{path: acme + "/check", body: receiver, want: 429}),
		"health":         {{want: 200}},
		"ready":          {{want: 200}},
		"openAPI":        {{want: 200}},
		"listEventTypes": {{want: 200}},
		"listCompanies":  {{want: 200}, {path: "/api/v1/companies?limit=3", want: 422}},
		"listModules":    {{want: 200}},
		"getCompany":     {{path: acme, want: 200}, {want: 404}},
		"changeCompany":  {{path: acme, body: `{"language":"de"}`, want: 200}, {path: acme, body: `{"language":"fr"}`, want: 422}, {want: 404}},
		"putCompany": {
			{path: "/api/v1/companies/new", body: `{"name":"New"}`, want: 201},
			{path: "/api/v1/companies/new", body: `{"name":"Newer","timeZone":"Europe/Berlin","modules":["business-api"],"shops":[{"id":"1","name":"S"}]}`, want: 200},
			{path: "/api/v1/companies/new", body: `{"name":"","timeZone":"Mars"}`, want: 422},
			{path: "/api/v1/companies/new", body: `{"name":`, want: 422},
			{path: "/api/v1/companies/new", want: 422},
			{path: "/api/v1/companies/new", body: huge, want: 413},
			{path: "/api/v1/companies/new", body: "New", headers: text, want: 415},
		},
		"postEvent": {
			{path: acme + "/events", body: goodEvent, want: 202},
			{body: goodEvent, want: 404},
			{path: acme + "/events", body: `{}`, want: 422},
			{path: acme + "/events", body: huge, want: 413},
			{path: acme + "/events", body: goodEvent, headers: text, want: 415},
		},
		"postEvents": {
			{path: acme + "/events/batch", body: goodEvent + "\n\n{}\nnothing\n" + goodEvent, headers: lines, want: 200},
			{path: acme + "/events/batch", headers: lines, want: 200},
			{body: goodEvent, headers: lines, want: 404},
			{path: acme + "/events/batch", body: huge, headers: lines, want: 413},
			{path: acme + "/events/batch", body: goodEvent, want: 415},
		},
		"getEvent":     {{path: acme + "/events/" + event, want: 200}, {path: acme + "/events/" + delivery, want: 404}, {want: 404}},
		"addTrigger":   {{path: triggers, body: auth, want: 201}, {path: triggers, body: `{}`, want: 422}, {body: goodTrigger, want: 404}},
		"listTriggers": {{path: triggers, want: 200}, {want: 404}},
		"getTrigger":   {{path: triggers + "/" + first, want: 200}, {path: triggers + "/" + event, want: 404}},
		"putTrigger": {
			{path: triggers + "/" + first, body: auth, want: 200},
			{path: triggers + "/" + first, body: goodTrigger, headers: []string{`If-Match: "1"`}, want: 412},
			{path: triggers + "/" + first, body: `[]`, want: 422},
			{path: triggers + "/" + event, body: goodTrigger, want: 404},
		},
		"deleteTrigger": {{path: triggers + "/" + second, want: 204}, {path: triggers + "/" + second, want: 404}},
		"listDeliveries": {
			{path: acme + "/deliveries?limit=1", want: 200},
			{path: acme + "/deliveries?state=broken", want: 422},
			{want: 404},
		},
		"getDelivery": {
			{path: acme + "/deliveries/" + delivery, want: 200},
			{path: acme + "/deliveries/" + event, want: 404},
		},
	}
}

func TestDocumentIsSelfContained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.document(t)
	for path, item := range d.Paths {
		for method, op := range item {
			for status, response := range op.Responses {
				for kind := range response.Content {
					if strings.HasPrefix(kind, "image/") {
						continue // has no schema
					}
					at := fmt.Sprintf("/paths/%s/%s/responses/%s/content/%s/schema", escape(path), method, status, escape(kind))
					if _, err := d.schemas.Compile(documentURL + "#" + at); err != nil {
						t.Errorf("%s %s: %v", op.ID, status, err)
					}
				}
			}
		}
	}
	for _, name := range []string{"PostedEvent", "BatchLine", "Problem", "Trigger", "DocumentWebhooks", "Connector", "HookTest", "Delivery", "DeliveryJob", "DeliveryCounts"} {
		if _, err := d.schemas.Compile(documentURL + "#/components/schemas/" + name); err != nil {
			t.Error(err)
		}
	}
	d.validate(t, "a posted event", "/components/schemas/PostedEvent", []byte(goodEvent))
	d.validate(t, "a trigger without authentication", "/components/schemas/Trigger/properties/auth", []byte(`{"type":"none","secretSet":false}`))
}
