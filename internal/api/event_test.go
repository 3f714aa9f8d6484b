package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Whatever is wrong with an input, the answer names the field and says what to
// do about it.
func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	events, batch := acme+"/events", acme+"/events/batch"
	trigger := func(change string) string {
		return strings.Replace(goodTrigger, "https://hooks.example/orders", change, 1)
	}
	key := func(k string) []string { return []string{"Idempotency-Key: " + k} }
	for name, tt := range map[string]struct {
		path, body string
		headers    []string
		status     int
		field      string // or "detail"
		reason     string // a part of it
	}{
		"malformed JSON":       {events, `{"type":`, nil, 422, "", "not JSON"},
		"no JSON object":       {events, `[]`, nil, 422, "", "send a JSON object"},
		"an empty body":        {events, "", nil, 422, "", "not JSON"},
		"an unknown type":      {events, `{"type":"OrderCraeted","entityId":"1"}`, nil, 422, "type", `did you mean "OrderCreated"?`},
		"no entity":            {events, `{"type":"OrderCreated"}`, nil, 422, "entityId", "is missing"},
		"an unknown field":     {events, `{"type":"OrderCreated","entityId":"1","entity":"1"}`, nil, 422, "entity", "no such field"},
		"data no object":       {events, `{"type":"OrderCreated","entityId":"1","data":[]}`, nil, 422, "data", "JSON object"},
		"a bad time":           {events, `{"type":"OrderCreated","entityId":"1","occurredAt":"now"}`, nil, 422, "occurredAt", "RFC 3339"},
		"an event too large":   {events, strings.Repeat(" ", maxEvent) + goodEvent, nil, 413, "detail", "raise --max-event"},
		"another content type": {events, goodEvent, []string{"Content-Type: application/xml"}, 415, "detail", "application/json"},
		"a compressed event":   {events, goodEvent, []string{"Content-Encoding: gzip"}, 415, "detail", "send it without"},
		"a long key":           {events, goodEvent, key(strings.Repeat("k", 201)), 422, "Idempotency-Key", "1 to 200"},
		"an empty key":         {events, goodEvent, key(""), 422, "Idempotency-Key", "1 to 200"},
		"an unprintable key":   {events, goodEvent, key("schlüssel"), 422, "Idempotency-Key", "printable"},
		"a batch too large":    {batch, strings.Repeat(" ", maxBatch+1), []string{"Content-Type: application/x-ndjson"}, 413, "detail", "raise --max-batch"},
		"a batch as JSON":      {batch, goodEvent, nil, 415, "detail", "application/x-ndjson"},

		"a trigger that is no JSON": {triggers, `{"title"`, nil, 422, "", "not JSON"},
		"a trigger as a list":       {triggers, `[]`, nil, 422, "", "expected object"},
		"a trigger as XML":          {triggers, `<a/>`, []string{"Content-Type: application/xml"}, 415, "", "application/xml"},
		"no trigger":                {triggers, "", nil, 422, "detail", "body is required"},
		"a trigger without title":   {triggers, `{"eventTypes":["OrderCreated"],"url":"https://a.example"}`, nil, 422, "title", "is missing; add it"},
		"a blank title":             {triggers, strings.Replace(goodTrigger, "Orders", "  ", 1), nil, 422, "title", "blank"},
		"no event type":             {triggers, strings.Replace(goodTrigger, `"OrderCreated","OrderChanged"`, "", 1), nil, 422, "eventTypes", ">= 1"},
		"an event type misspelled":  {triggers, strings.Replace(goodTrigger, "OrderChanged", "order_changed", 1), nil, 422, "eventTypes[1]", "did you mean OrderChanged?"},
		"an event type twice":       {triggers, strings.Replace(goodTrigger, "OrderChanged", "OrderCreated", 1), nil, 422, "eventTypes[1]", "twice"},
		"an unknown setting":        {triggers, strings.Replace(goodTrigger, "title", "Titel", 1), nil, 422, "Titel", "no such field; remove it"},
		"a priority as number":      {triggers, strings.Replace(goodTrigger, "{", `{"priority":3,`, 1), nil, 422, "priority", "expected string"},
		"an unknown priority":       {triggers, strings.Replace(goodTrigger, "{", `{"priority":"urgent",`, 1), nil, 422, "priority", "lowest, low, normal, high, highest"},
		"a user with a colon":       {triggers, strings.Replace(goodTrigger, "{", `{"auth":{"type":"basic","user":"a:b","secret":""},`, 1), nil, 422, "auth.user", "colon"},
		"a user without password":   {triggers, strings.Replace(goodTrigger, "{", `{"auth":{"type":"basic","user":"a"},`, 1), nil, 422, "auth.secret", "is missing"},
		"an http URL":               {triggers, trigger("http://hooks.example/"), nil, 422, "url", "use https"},
		"a URL with a password":     {triggers, trigger("https://erp:hunter2@hooks.example/"), nil, 422, "url", "authentication"},
		"a URL without host":        {triggers, trigger("https:///orders"), nil, 422, "url", "host"},
		"a private address":         {triggers, trigger("https://192.168.1.5/"), nil, 422, "url", "refused"},
		"a loopback address":        {triggers, trigger("https://[::1]:8443/"), nil, 422, "url", "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := w.do(t, http.MethodPost, tt.path, tt.body, tt.headers...)
			if a.status != tt.status {
				t.Errorf("status = %d, want %d", a.status, tt.status)
			}
			if got, ok := reasons(t, a)[tt.field]; !ok || !strings.Contains(got, tt.reason) {
				t.Errorf("%s = %q, want it to say %q in %s", tt.field, got, tt.reason, a.body)
			}
			if strings.Contains(string(a.body), "hunter2") {
				t.Errorf("%s repeats a password", a.body)
			}
		})
	}
}

func TestAllThatIsWrongIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(t, "POST", triggers, `{"title":" ","eventTypes":["Order","OrderCreated","Created"],"url":"ftp://x","auth":{"type":"basic","user":"a:b"}}`)
	got := reasons(t, a)
	for _, field := range []string{"title", "eventTypes[0]", "eventTypes[2]", "url", "auth.user", "auth.secret"} {
		if got[field] == "" {
			t.Errorf("%s is not named in %s", field, a.body)
		}
	}
	a = w.do(t, "PUT", "/api/v1/companies/-x", `{"name":"\n","timeZone":"Local"}`)
	got = reasons(t, a)
	for _, field := range []string{"company", "name", "timeZone"} {
		if got[field] == "" {
			t.Errorf("%s is not named in %s", field, a.body)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addTrigger(t)
	const key = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"
	first := w.mustDo(t, 202, "POST", acme+"/events", goodEvent, key)
	if first["repeated"] != false || first["deliveries"] != 1.0 {
		t.Errorf("first = %v, want 1 delivery, not repeated", first)
	}
	again := w.mustDo(t, 202, "POST", acme+"/events", goodEvent, key)
	if again["repeated"] != true || again["id"] != first["id"] || again["receivedAt"] != first["receivedAt"] || again["deliveries"] != 1.0 {
		t.Errorf("again = %v, want the receipt of %v, repeated", again, first)
	}
	a := w.do(t, "POST", acme+"/events", strings.Replace(goodEvent, "80417", "80418", 1), key)
	if a.status != 422 || !strings.Contains(reasons(t, a)["Idempotency-Key"], "another request") {
		t.Errorf("another event with the key = %d %s, want 422", a.status, a.body)
	}
	w.mustDo(t, 201, "PUT", "/api/v1/companies/rival", `{"name":"Rival"}`)
	rival := w.mustDo(t, 202, "POST", "/api/v1/companies/rival/events", goodEvent, key)
	if rival["repeated"] != false {
		t.Errorf("another company's event with the key = %v, want it accepted", rival)
	}
	if got := w.mustDo(t, 200, "GET", acme+"/deliveries", "")["items"].([]any); len(got) != 1 {
		t.Errorf("%d deliveries, want 1", len(got))
	}
}

func TestEventCanBeReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := w.addTrigger(t)
	id, delivery := w.postEvent(t, `{"type":"OrderCreated","entityId":"80417","id":"erp-1","shop":"12",
		"occurredAt":"2026-01-31T14:05:00+01:00","data":{"OrderId":80417,"Total":1.10}}`)
	a := w.do(t, "GET", acme+"/events/"+id, "")
	for _, want := range []string{
		`"sourceId":"erp-1"`, `"type":"OrderCreated"`, `"entityKind":"order"`, `"entityId":"80417"`, `"shop":"12"`,
		`"occurredAt":"2026-01-31T13:05:00Z"`, `"data":{"OrderId":80417,"Total":1.10}`,
		fmt.Sprintf(`"deliveries":[{"id":%q,"hookId":%q,"state":"waiting"}]`, delivery, trigger),
	} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("event = %s, want %s", a.body, want)
		}
	}
}

func TestBatchAnswersEachLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addTrigger(t)
	other := strings.Replace(goodEvent, "80417", "80418", 1)
	batch := strings.Join([]string{
		goodEvent, "", "\t \r", other + "\r", "nonsense\x01", `{"type":"OrderCreated"}`,
		`{"type":"OrderCreated","entityId":"` + strings.Repeat("x", maxEvent) + `"}`, goodEvent,
	}, "\n")
	headers := []string{"Content-Type: application/x-ndjson; charset=utf-8", "Idempotency-Key: night run"}
	a := w.do(t, "POST", acme+"/events/batch", batch, headers...)
	if got := a.header.Get("Content-Type"); a.status != 200 || got != "application/x-ndjson" {
		t.Fatalf("batch = %d %s %s, want 200 and lines", a.status, got, a.body)
	}
	got := strings.Split(strings.TrimSuffix(string(a.body), "\n"), "\n")
	want := [][]string{
		{`{"line":1,"status":202,"id":"`, `"deliveries":1,"repeated":false}`},
		{`{"line":4,"status":202,"id":"`},
		{`{"line":5,"status":422,"problem":{"type":"about:blank","title":"Unprocessable Entity","status":422`, `"field":""`, "not JSON"},
		{`{"line":6,"status":422`, `"field":"entityId"`},
		{`{"line":7,"status":413`, "raise --max-event"},
		{`{"line":8,"status":202`},
	}
	if len(got) != len(want) {
		t.Fatalf("answer:\n%swant %d lines", a.body, len(want))
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(got[i], part) {
				t.Errorf("line %d = %s, want %s", i, got[i], part)
			}
		}
	}
	changed := strings.Replace(batch, "80418", "80419", 1)
	again := strings.Split(string(w.do(t, "POST", acme+"/events/batch", changed, headers...).body), "\n")
	if want := strings.Replace(got[0], `"repeated":false`, `"repeated":true`, 1); again[0] != want {
		t.Errorf("line 1 again = %s, want %s", again[0], want)
	}
	if !strings.Contains(again[1], `"line":4,"status":422`) || !strings.Contains(again[1], "Idempotency-Key") {
		t.Errorf("line 4 changed = %s, want its key refused", again[1])
	}
	if got := w.mustDo(t, 200, "GET", acme+"/deliveries", "")["items"].([]any); len(got) != 3 {
		t.Errorf("%d deliveries, want 3", len(got))
	}
}

func TestBatchWithoutLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]int{goodEvent: 200, strings.Repeat(goodEvent+"\n", maxBatch/len(goodEvent)): 413} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+acme+"/events/batch", struct{ *strings.Reader }{strings.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.key)
		resp, err := w.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d bytes = %d, want %d", len(body), resp.StatusCode, want)
		}
	}
}

func TestBatchHasAMostOfLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(t, "POST", acme+"/events/batch", strings.Repeat("1\n", 10_001), "Content-Type: application/x-ndjson")
	if a.status != 413 || !strings.Contains(reasons(t, a)["detail"], "10000 events; split it") {
		t.Errorf("10,001 lines = %d %.200s, want 413", a.status, a.body)
	}
	a = w.do(t, "POST", acme+"/events/batch", strings.Repeat("1\n", 10_000)+strings.Repeat("\n", 100), "Content-Type: application/x-ndjson")
	if lines := slices.Collect(strings.Lines(string(a.body))); a.status != 200 || len(lines) != 10_000 {
		t.Errorf("10,000 lines = %d with %d lines, want 200 with as many", a.status, len(lines))
	}
}
