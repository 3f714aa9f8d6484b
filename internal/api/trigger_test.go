package api_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestTriggerCanBeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(t, "POST", triggers, goodTrigger)
	for _, want := range []string{
		`"version":1`, `"enabled":true`, `"eventTypes":["OrderCreated","OrderChanged"]`, `"basicAuth":null`, `"priority":"normal"`, `"http2":false`,
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

func TestPasswordIsKeptAndNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "not-a-real-password"
	with := func(auth string) string { return strings.Replace(goodTrigger, "{", `{"basicAuth":`+auth+`,`, 1) }
	id := w.mustDo(t, 201, "POST", triggers, with(`{"user":"erp","password":"`+secret+`"}`))["id"].(string)
	for _, tt := range []struct {
		name, body string
		user       string
		password   string
	}{
		{"left out", with(`{"user":"erp"}`), "erp", secret},
		{"empty", with(`{"user":"erp","password":""}`), "erp", secret},
		{"as it was read", with(`{"user":"erp","passwordSet":true}`), "erp", secret},
		{"of another user", with(`{"user":"erp2","password":"other"}`), "erp2", "other"},
		{"of another user, empty", with(`{"user":"erp3","password":""}`), "erp3", ""},
		{"changed", with(`{"user":"erp3","password":"` + secret + `"}`), "erp3", secret},
		{"removed", with(`null`), "", ""},
		{"not given", goodTrigger, "", ""},
	} {
		a := w.do(t, "PUT", triggers+"/"+id, tt.body)
		if a.status != 200 || strings.Contains(string(a.body), secret) {
			t.Errorf("%s: PUT = %d %s, want 200 without the password", tt.name, a.status, a.body)
		}
		got := w.store.Directory().Hooks[uuid.MustParse(id)].Basic
		if shown := strings.Contains(string(a.body), `"passwordSetAt":"2`); shown != (tt.password != "") || shown == got.SetAt.IsZero() {
			t.Errorf("%s: %s, want when the password was set, which is %s", tt.name, a.body, got.SetAt)
		}
		length := `"passwordLength":` + strconv.Itoa(len(tt.password))
		if tt.password != "" && !strings.Contains(string(a.body), length) {
			t.Errorf("%s: %s, want %s", tt.name, a.body, length)
		}
		got.SetAt = time.Time{}
		if want := (hook.Basic{User: tt.user, Password: hook.Secret(tt.password)}); got != want {
			t.Errorf("%s: stored %q %q, want %q %q", tt.name, got.User, string(got.Password), want.User, tt.password)
		}
		if set := strings.Contains(string(a.body), `"passwordSet":true`); set != (tt.password != "") {
			t.Errorf("%s: %s, want passwordSet %t", tt.name, a.body, tt.password != "")
		}
	}
	for _, path := range []string{triggers, triggers + "/" + id} {
		if a := w.do(t, "GET", path, ""); strings.Contains(string(a.body), secret) {
			t.Errorf("GET %s shows the password", path)
		}
	}
	if strings.Contains(w.log.String(), secret) {
		t.Error("the password is in the log")
	}
}
