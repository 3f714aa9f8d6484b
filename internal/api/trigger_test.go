package api_test

import (
	"strings"
	"sync"
	"testing"
)

func TestTriggerCanBeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(t, "POST", triggers, goodTrigger)
	for _, want := range []string{
		`"version":1`, `"enabled":true`, `"eventTypes":["OrderCreated","OrderChanged"]`, `"auth":{"type":"none","secretSet":false}`, `"priority":"normal"`, `"http2":false`,
	} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("a new trigger = %s, want %s by default", a.body, want)
		}
	}
	location := a.header.Get("Location")
	read := w.do(t, "GET", location, "")
	if string(read.body) != string(a.body) || read.header.Get("ETag") != `"1"` {
		t.Errorf("GET %s = %s, ETag %s, want %s with 1", location, read.body, read.header.Get("ETag"), a.body)
	}
	// What was read can be sent back with a change.
	body := strings.Replace(string(read.body), `"enabled":true`, `"enabled":false`, 1)
	body = strings.Replace(body, `"priority":"normal"`, `"priority":"highest"`, 1)
	changed := w.do(t, "PUT", location, body, `If-Match: "1"`)
	if changed.status != 200 || changed.header.Get("ETag") != `"2"` {
		t.Fatalf("PUT = %d %s, want 200 with ETag 2", changed.status, changed.body)
	}
	got := w.mustDo(t, 200, "GET", location, "")
	if got["enabled"] != false || got["priority"] != "highest" || got["version"] != 2.0 || got["createdAt"] == got["updatedAt"] {
		t.Errorf("after the change = %v, want it disabled, highest, version 2, with a later time", got)
	}
	if a := w.do(t, "DELETE", location, ""); a.status != 204 || len(a.body) != 0 {
		t.Errorf("DELETE = %d %s, want 204", a.status, a.body)
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		w.mustDo(t, 404, method, location, map[string]string{"PUT": goodTrigger}[method])
	}
	if got := w.mustDo(t, 200, "GET", triggers, "")["items"].([]any); len(got) != 0 {
		t.Errorf("triggers = %v, want none", got)
	}
}

func TestChangesDoNotOverwriteEachOtherUnseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := triggers + "/" + w.addTrigger(t)
	for _, tt := range []struct {
		ifMatch string
		status  int
	}{
		{`"1"`, 200},
		{`"1"`, 412},
		{`"7", "2"`, 200},
		{`W/"3"`, 412},
		{`*`, 200},
		{"", 200},
	} {
		if a := w.do(t, "PUT", path, goodTrigger, "If-Match: "+tt.ifMatch); a.status != tt.status {
			t.Errorf("If-Match %s = %d %s, want %d", tt.ifMatch, a.status, a.body, tt.status)
		}
	}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			if a := w.do(t, "PUT", path, goodTrigger); a.status != 200 {
				t.Errorf("PUT beside others = %d %s, want 200", a.status, a.body)
			}
		})
	}
	writers.Wait()
}

func TestTriggersCanGroupTheDeliveriesOfAnEntity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := func(more string) string { return strings.Replace(goodTrigger, "{", "{"+more+",", 1) }
	a := w.mustDo(t, 201, "POST", triggers, body(`"unique":true,"collectSeconds":30,"ordered":true`))
	got := w.mustDo(t, 200, "GET", triggers+"/"+a["id"].(string), "")
	if got["unique"] != true || got["collectSeconds"] != 30.0 || got["ordered"] != true {
		t.Errorf("the trigger = %v, want it unique and ordered, and to collect for 30 s", got)
	}
	wrong := w.do(t, "POST", triggers, body(`"collectSeconds":30`))
	if wrong.status != 422 || !strings.Contains(string(wrong.body), `"field":"collectSeconds"`) {
		t.Errorf("collecting without unique = %d %s, want 422 for collectSeconds", wrong.status, wrong.body)
	}
}
