package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	documents = acme + "/document-webhooks"

	// goodDocuments has one that sends.
	goodDocuments = `{"basicAuthentication":{"username":"erp","password":"not-a-real-one"},"webhooks":{
		"ORDER":{"enabled":false},"ORDERRESPONSE":{"enabled":false,"url":"https://hooks.example/responses"},
		"DELIVERY":{"enabled":true},"INVOICE":{"enabled":true,"url":"https://hooks.example/invoices"}}}`
)

// standInReceiver answers in place of receivers, and keeps what it was sent.
type standInReceiver struct {
	mu     sync.Mutex
	status int
	sent   []hook.Request
	auth   []hook.Auth
}

func (s *standInReceiver) Send(_ context.Context, r hook.Request, h *hook.Hook, d hook.Defaults) hook.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	auth, err := d.AuthOf(h)
	s.sent, s.auth = append(s.sent, r), append(s.auth, auth)
	if err != nil {
		return hook.Attempt{StartedAt: time.Now(), Error: hook.BadRender, Reason: err.Error()}
	}
	a := hook.Attempt{
		StartedAt: time.Now(), Method: r.Method, URL: r.URL, RequestHead: "Authorization: [secret]\n", BodySize: len(r.Body),
		Status: s.status, ResponseBody: []byte("thanks"), TLS: "TLS 1.3", Took: hook.Timing{Total: time.Millisecond},
	}
	if s.status == 0 {
		a.Error, a.Reason, a.TLS = hook.BadTLS, "the certificate expired 3 days ago; renew it", ""
	}
	return a
}

// answer has the next requests answered with a status; 0: not at all.
func (s *standInReceiver) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// last returns what was sent last.
func (s *standInReceiver) last(t *testing.T) (hook.Request, hook.Auth) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return s.sent[len(s.sent)-1], s.auth[len(s.auth)-1]
}

func documentHookCalls() map[string][]call {
	match := []string{"If-Match: *"}
	sample := `{"url":"https://hooks.example/invoices"}`
	tests := []call{{path: documents + "/INVOICE/test", body: `{"url":"http://hooks.example/"}`, want: 422}, {path: acme[:len(acme)-4] + "nobody/document-webhooks/ORDER/test", body: sample, want: 404}}
	for range 10 {
		tests = append(tests, call{path: documents + "/INVOICE/test", body: sample, want: 200})
	}
	return map[string][]call{
		"getDocumentWebhooks": {{path: documents, want: 200}, {want: 404}},
		"putDocumentWebhooks": {
			{path: documents, body: goodDocuments, headers: match, want: 200},
			{path: documents, body: goodDocuments, headers: []string{`If-Match: "1"`}, want: 412},
			{path: documents, body: goodDocuments, want: 428},
			{path: documents, body: `{}`, headers: match, want: 422},
			{body: goodDocuments, headers: match, want: 404},
		},
		"testDocumentWebhook":      append(tests, call{path: documents + "/INVOICE/test", body: sample, want: 429}),
		"listDocumentWebhookTests": {{path: documents + "/tests?limit=2", want: 200}, {path: documents + "/tests?cursor=x", want: 422}},
	}
}

// putDocuments saves settings over whatever there is.
func (w *world) putDocuments(t *testing.T, body string) map[string]any {
	t.Helper()
	return w.mustDo(t, 200, "PUT", documents, body, "If-Match: *")
}

// at returns what a path of names leads to.
func at(v any, names ...string) any {
	for _, n := range names {
		v = v.(map[string]any)[n]
	}
	return v
}

func TestDocumentWebhooksAreSavedAsAWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.do(t, "GET", documents, "")
	if first.header.Get("ETag") != `"0"` || !strings.Contains(string(first.body), `"passwordSet":false`) {
		t.Errorf("before anything is saved = %s %s, want ETag 0 and no password", first.header.Get("ETag"), first.body)
	}
	saved := w.do(t, "PUT", documents, goodDocuments, `If-Match: "0"`)
	var v any
	if err := json.Unmarshal(saved.body, &v); err != nil || saved.status != 200 {
		t.Fatalf("PUT = %d %s", saved.status, saved.body)
	}
	for _, tt := range []struct {
		kind           string
		enabled, sends bool
		url, note      string
	}{
		{"ORDER", false, false, "", "switched off"},
		{"ORDERRESPONSE", false, false, "https://hooks.example/responses", "switched off"},
		{"DELIVERY", true, false, "", "no URL"},
		{"INVOICE", true, true, "https://hooks.example/invoices", ""},
	} {
		note, _ := at(v, "webhooks", tt.kind, "note").(string)
		if at(v, "webhooks", tt.kind, "enabled") != tt.enabled || at(v, "webhooks", tt.kind, "sends") != tt.sends ||
			at(v, "webhooks", tt.kind, "url") != tt.url || !strings.Contains(note, tt.note) || (note == "") != (tt.note == "") {
			t.Errorf("%s is %v, want enabled %t, sends %t, a note with %q", tt.kind, at(v, "webhooks", tt.kind), tt.enabled, tt.sends, tt.note)
		}
	}
	if at(v, "basicAuthentication", "username") != "erp" || at(v, "basicAuthentication", "passwordLength") != 14.0 || at(v, "canChange") != true {
		t.Errorf("PUT = %s, want the user and the password's length", saved.body)
	}
	again := w.do(t, "GET", documents, "", "Accept-Language: de")
	if again.header.Get("ETag") != saved.header.Get("ETag") || !strings.Contains(string(again.body), "hat aber keine URL") ||
		again.header.Get("Content-Language") != "de" {
		t.Errorf("GET = %s %s, want what was saved, with its notes in German", again.header.Get("ETag"), again.body)
	}

	// What was saved meanwhile is not overwritten, and hooks are the same ones.
	moved := strings.Replace(goodDocuments, "hooks.example/invoices", "new.example/invoices", 1)
	w.mustDo(t, 412, "PUT", documents, moved, `If-Match: "0"`)
	w.mustDo(t, 428, "PUT", documents, moved)
	next := w.mustDo(t, 200, "PUT", documents, moved, "If-Match: "+saved.header.Get("ETag"))
	if at(next, "webhooks", "INVOICE", "hookId") != at(v, "webhooks", "INVOICE", "hookId") || at(next, "webhooks", "INVOICE", "url") != "https://new.example/invoices" {
		t.Errorf("saved again = %v, want the same hook with another URL", at(next, "webhooks", "INVOICE"))
	}

	// The hooks are no triggers, but are owed deliveries like them.
	if list := string(w.do(t, "GET", triggers, "").body); strings.Contains(list, "invoices") {
		t.Errorf("the triggers are %s, want no document webhook among them", list)
	}
	id := at(next, "webhooks", "INVOICE", "hookId").(string)
	w.mustDo(t, 404, "GET", triggers+"/"+id, "")
	_, delivery := w.postEvent(t, `{"type":"INVOICE","entityId":"1","data":{"orderId":"1"}}`)
	listed := w.mustDo(t, 200, "GET", acme+"/deliveries?hook="+id, "")["items"].([]any)
	if len(listed) != 1 || at(listed[0], "id") != delivery || at(listed[0], "hookKind") != "document" || at(listed[0], "hookTitle") != "Document webhook: INVOICE" {
		t.Errorf("the deliveries of the hook are %v, want %s with its title", listed, delivery)
	}
	for _, silent := range []string{"ORDER", "ORDERRESPONSE", "DELIVERY"} {
		e := w.mustDo(t, 202, "POST", acme+"/events", `{"type":"`+silent+`","entityId":"1"}`)["id"].(string)
		if e := w.mustDo(t, 200, "GET", acme+"/events/"+e, ""); len(e["deliveries"].([]any)) != 0 {
			t.Errorf("%s is delivered though it lacks a URL or is switched off", silent)
		}
	}
}

func TestThePasswordOfDocumentWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	with := func(basic string) string {
		_, rest, _ := strings.Cut(goodDocuments, `},"webhooks"`)
		return `{"basicAuthentication":` + basic + `,"webhooks"` + rest
	}
	password := func() string {
		var all []string
		for _, h := range w.store.Directory().DocumentHooks("acme") {
			all = append(all, fmt.Sprintf("%s:%s", h.Auth.User, string(h.Auth.Secret)))
		}
		for _, p := range all {
			if p != all[0] {
				t.Errorf("the hooks have the credentials %q, want the same", all)
			}
		}
		return all[0]
	}
	for _, tt := range []struct{ does, basic, want string }{
		{"is stored", `{"username":"erp","password":"recognisable-1"}`, "erp:recognisable-1"},
		{"is kept if it is left out", `{"username":"erp"}`, "erp:recognisable-1"},
		{"is kept if it is empty", `{"username":"erp","password":""}`, "erp:recognisable-1"},
		{"is kept for another user", `{"username":"other","password":"","removePassword":false}`, "other:recognisable-1"},
		{"is replaced", `{"username":"erp","password":"recognisable-22"}`, "erp:recognisable-22"},
		{"is removed", `{"username":"erp","removePassword":true}`, "erp:"},
		{"goes with the user", `{"username":"","removePassword":true}`, ":"},
	} {
		saved := w.putDocuments(t, with(tt.basic))
		if got := password(); got != tt.want {
			t.Errorf("the password %s: %q, want %q", tt.does, got, tt.want)
		}
		_, want, _ := strings.Cut(tt.want, ":")
		if got := at(saved, "basicAuthentication", "passwordLength"); got != float64(len(want)) || at(saved, "basicAuthentication", "passwordSet") != (want != "") {
			t.Errorf("the password %s: %v is shown, want the length %d", tt.does, at(saved, "basicAuthentication"), len(want))
		}
	}
	w.putDocuments(t, with(`{"username":"erp","password":"recognisable-1"}`))
	for name, tt := range map[string]struct{ basic, field, reason string }{
		"a password without a user":  {`{"username":""}`, "basicAuthentication.username", "missing"},
		"a colon in the user":        {`{"username":"a:recognisable-3"}`, "basicAuthentication.username", "colon"},
		"a new password and none":    {`{"username":"erp","password":"recognisable-3","removePassword":true}`, "basicAuthentication.removePassword", "leave one"},
		"a line break in a password": {`{"username":"erp","password":"recognisable-3\n"}`, "basicAuthentication.password", "line break"},
		"a password that is none":    {`{"username":"erp","password":["recognisable-3"]}`, "basicAuthentication.password", "not valid"},
	} {
		a := w.do(t, "PUT", documents, with(tt.basic), "If-Match: *")
		if got := reasons(t, a)[tt.field]; a.status != 422 || !strings.Contains(got, tt.reason) || strings.Contains(string(a.body), "recognisable") {
			t.Errorf("%s = %d %s, want 422 with %s: …%s…", name, a.status, a.body, tt.field, tt.reason)
		}
	}
	w.mustDo(t, 200, "POST", documents+"/ORDER/test", `{"url":"https://hooks.example/","basicAuthentication":{"username":"erp","password":"recognisable-4"}}`)
	var all strings.Builder
	all.WriteString(w.log.String())
	for _, path := range []string{documents, documents + "/tests", acme + "/audit"} {
		all.Write(w.do(t, "GET", path, "").body)
	}
	shown := all.String()
	if strings.Contains(shown, "recognisable") {
		t.Errorf("a password is shown: %s", shown)
	}
	if !strings.Contains(shown, "document-webhooks.change") || !strings.Contains(shown, "hook.test") {
		t.Errorf("the audit log has not all that was done: %s", shown)
	}
}

func TestBadURLsOfDocumentWebhooksAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for url, reason := range map[string]string{
		"http://hooks.example/":               "https",
		"https://u:recognisable@h.example/":   "user name",
		"https://127.0.0.1/":                  "",
		"https://10.0.0.7/":                   "",
		"hooks.example":                       "https://",
		"https://hooks.example/#recognisable": "fragment",
	} {
		body := strings.Replace(goodDocuments, `"ORDER":{"enabled":false}`, `"ORDER":{"enabled":false,"url":"`+url+`"}`, 1)
		a := w.do(t, "PUT", documents, body, "If-Match: *")
		got, named := reasons(t, a)["webhooks.ORDER.url"]
		if a.status != 422 || !named || !strings.Contains(got, reason) || strings.Contains(string(a.body), "recognisable") {
			t.Errorf("%s is saved = %d %s, want 422 about webhooks.ORDER.url", url, a.status, a.body)
		}
		a = w.do(t, "POST", documents+"/ORDER/test", `{"url":"`+url+`"}`)
		if got := reasons(t, a)["url"]; a.status != 422 || !strings.Contains(got, reason) || strings.Contains(string(a.body), "recognisable") {
			t.Errorf("%s is tested = %d %s, want 422 about url", url, a.status, a.body)
		}
	}
	if a := w.do(t, "GET", documents, ""); a.header.Get("ETag") != `"0"` {
		t.Errorf("after refusals = %s, want nothing saved", a.body)
	}
}

func TestATestUsesWhatWasEnteredAndSavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putDocuments(t, goodDocuments)
	before := string(w.do(t, "GET", documents, "").body)
	deliveries := string(w.do(t, "GET", acme+"/deliveries", "").body)
	for name, tt := range map[string]struct{ body, auth string }{
		"what is stored, if there is nothing else": {`{"url":"https://unsaved.example/x"}`, "basic erp not-a-real-one"},
		"the stored password for another user":     {`{"url":"https://unsaved.example/x","basicAuthentication":{"username":"new","password":""}}`, "basic new not-a-real-one"},
		"another password":                         {`{"url":"https://unsaved.example/x","basicAuthentication":{"username":"erp","password":"other"}}`, "basic erp other"},
		"no password":                              {`{"url":"https://unsaved.example/x","basicAuthentication":{"username":"erp","removePassword":true}}`, "basic erp "},
		"nobody":                                   {`{"url":"https://unsaved.example/x","basicAuthentication":{"username":"","removePassword":true}}`, "  "},
	} {
		got := w.mustDo(t, 200, "POST", documents+"/DELIVERY/test", tt.body)
		r, auth := w.receiver.last(t)
		if used := fmt.Sprintf("%s %s %s", auth.Kind, auth.User, string(auth.Secret)); used != tt.auth || r.URL != "https://unsaved.example/x" {
			t.Errorf("%s: %q was sent to %s, want %q", name, used, r.URL, tt.auth)
		}
		if got["verdict"] != "delivered" || at(got, "tls", "verdict") != "good" || at(got, "tls", "version") != "TLS 1.3" ||
			at(got, "attempt", "response", "body") != "thanks" || r.Header.Get("Webhook-Test") != "true" {
			t.Errorf("%s = %v, want that it was taken, and marked as a test", name, got)
		}
	}
	w.receiver.answer(503)
	if got := w.mustDo(t, 200, "POST", documents+"/INVOICE/test", `{"url":"https://unsaved.example/x"}`); got["verdict"] != "retried" || got["reason"] == nil {
		t.Errorf("an answer of 503 = %v, want one that is retried", got)
	}
	w.receiver.answer(410)
	if got := w.mustDo(t, 200, "POST", documents+"/INVOICE/test", `{"url":"https://unsaved.example/x"}`); got["verdict"] != "failed" || got["disables"] != true {
		t.Errorf("an answer of 410 = %v, want one that disables", got)
	}
	w.receiver.answer(0)
	if got := w.mustDo(t, 200, "POST", documents+"/INVOICE/test", `{"url":"https://unsaved.example/x"}`); at(got, "tls", "verdict") != "bad" ||
		!strings.Contains(at(got, "tls", "reason").(string), "renew") {
		t.Errorf("a bad certificate = %v, want what is wrong with it", got)
	}
	if after := string(w.do(t, "GET", documents, "").body); after != before {
		t.Errorf("tests have saved something: %s, want %s", after, before)
	}
	if after := string(w.do(t, "GET", acme+"/deliveries", "").body); after != deliveries {
		t.Errorf("tests are among the deliveries: %s", after)
	}
	list := w.mustDo(t, 200, "GET", documents+"/tests?limit=3", "")
	items := list["items"].([]any)
	if len(items) != 3 || at(items[0], "tls", "verdict") != "bad" || at(items[2], "verdict") != "retried" || at(items[0], "by") == "" {
		t.Errorf("the tests are %v, want the latest three, newest first", items)
	}
	rest := w.mustDo(t, 200, "GET", documents+"/tests?cursor="+list["next"].(string), "")["items"].([]any)
	if len(rest) != 5 || at(rest[0], "url") != "https://unsaved.example/x" {
		t.Errorf("the next page is %v, want the other five", rest)
	}
	a := w.do(t, "POST", documents+"/INVOICE/test", `{"url":"https://unsaved.example/x"}`)
	for a.status == http.StatusOK {
		a = w.do(t, "POST", documents+"/INVOICE/test", `{"url":"https://unsaved.example/x"}`)
	}
	if a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("many tests = %d %s, want 429 with Retry-After", a.status, a.body)
	}
}

func TestDocumentWebhooksAreChangedByAdminsWithAModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.signIn(t, w.addUser(t, "acme", "admin@acme.example", account.Admin))
	member := w.signIn(t, w.addUser(t, "acme", "member@acme.example", account.Member))
	reader := w.addKey(t, "acme", account.Reader)
	refused := func(name string, headers []string, english, inGerman string) {
		t.Helper()
		for language, want := range map[string]string{"en": english, "de": inGerman} {
			as := append([]string{"If-Match: *", "Accept-Language: " + language}, headers...)
			v := w.mustDo(t, 200, "GET", documents, "", as...)
			if reason, _ := v["reason"].(string); v["canChange"] != false || !strings.Contains(reason, want) {
				t.Errorf("%s reads %v in %s, want that they can't change it: %s", name, v, language, want)
			}
			put, test := w.do(t, "PUT", documents, goodDocuments, as...), w.do(t, "POST", documents+"/ORDER/test", `{"url":"https://hooks.example/"}`, as...)
			if put.status != 403 || test.status != 403 || !strings.Contains(string(put.body), want) || !strings.Contains(string(test.body), want) {
				t.Errorf("%s: PUT = %d %s, test = %d %s, want 403 and why", name, put.status, put.body, test.status, test.body)
			}
			w.mustDo(t, 200, "GET", documents+"/tests", "", as...)
		}
	}
	refused("a member", member, "ask an admin", "fragen Sie einen Administrator")
	refused("a reader's key", reader, "ask an admin", "fragen Sie einen Administrator")
	if v := w.mustDo(t, 200, "GET", documents, "", admin...); v["canChange"] != true || v["reason"] != nil {
		t.Errorf("an admin reads %v, want that they can change it", v)
	}
	w.mustDo(t, 200, "PUT", documents, goodDocuments, append(admin, "If-Match: *")...)
	w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":[]}`)
	refused("an admin without a module", admin, "Standard integration", "Standardanbindung")
	if v := w.putDocuments(t, goodDocuments); v["canChange"] != true {
		t.Errorf("the operator reads %v, want that they can change it", v)
	}
}

func TestADocumentWebhookThatWasDisabledSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	saved := w.putDocuments(t, goodDocuments)
	h := w.store.Directory().DocumentHooks("acme")["INVOICE"]
	alert := hook.Alert{
		Company: "acme", Kind: hook.HookDisabled, Subject: h.ID.String(), Severity: hook.Failure, LastAt: time.Now(),
		Text: `the hook "` + h.Title + `" was disabled, since …`, German: "Der Webhook wurde deaktiviert, da …",
	}
	if err := w.store.DisableHook(t.Context(), *h, time.Now(), alert); err != nil {
		t.Fatal(err)
	}
	v := w.mustDo(t, 200, "GET", documents, "")
	if at(v, "webhooks", "INVOICE", "enabled") != false || at(v, "webhooks", "INVOICE", "note") != `the hook "Document webhook: INVOICE" was disabled, since …` {
		t.Errorf("a disabled one is %v, want why", at(v, "webhooks", "INVOICE"))
	}
	tag := fmt.Sprintf(`If-Match: "%v"`, saved["version"])
	w.mustDo(t, 412, "PUT", documents, goodDocuments, tag)
	if v := w.putDocuments(t, goodDocuments); at(v, "webhooks", "INVOICE", "sends") != true {
		t.Errorf("enabled again it is %v, want that it sends", at(v, "webhooks", "INVOICE"))
	}
}

func TestAPasswordOfDocumentWebhooksThatCannotBeOpenedIsEnteredAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putDocuments(t, goodDocuments)
	w.lock.Lock("not-a-real-one")
	kept := strings.Replace(goodDocuments, `"password":"not-a-real-one"`, `"password":""`, 1)
	v := w.putDocuments(t, kept)
	note, _ := at(v, "webhooks", "INVOICE", "note").(string)
	if at(v, "basicAuthentication", "passwordSet") != true || at(v, "webhooks", "INVOICE", "sends") != false || !strings.Contains(note, "enter it again") {
		t.Errorf("while the password can't be opened = %v, want it kept, and nothing sent", v)
	}
	w.putDocuments(t, kept)
	const path = documents + "/INVOICE/test"
	a := w.do(t, "POST", path, `{"url":"https://hooks.example/"}`)
	if a.status != 422 || !strings.Contains(reasons(t, a)["basicAuthentication.password"], "enter it again") {
		t.Errorf("a test with it = %d %s, want 422 about the password", a.status, a.body)
	}
	w.mustDo(t, 200, "POST", path, `{"url":"https://hooks.example/","basicAuthentication":{"username":"erp","password":"another"}}`)

	if v := w.putDocuments(t, strings.Replace(kept, `"password":""`, `"password":"another"`, 1)); at(v, "webhooks", "INVOICE", "sends") != true {
		t.Errorf("entered again = %v, want that it sends", v)
	}
}

func TestAPasswordOfDocumentWebhooksThatCannotBeOpenedIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putDocuments(t, goodDocuments)
	w.lock.Lock("not-a-real-one")
	kept := strings.Replace(goodDocuments, `"password":"not-a-real-one"`, `"password":""`, 1)
	w.putDocuments(t, kept)
	w.putDocuments(t, kept)
	w.lock.Lock("")
	if v := w.putDocuments(t, kept); at(v, "webhooks", "INVOICE", "sends") != true || at(v, "basicAuthentication", "passwordLength") != 14.0 {
		t.Errorf("with the right keys again = %v, want the password that was kept", v)
	}
}
