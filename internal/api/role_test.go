package api_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// Each role is held against a route of each kind, in its own company.
func TestEachRoleMayDoWhatItMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	things := w.things(t)
	operators := w.addUser(t, "", "op@operator.example", account.Operator)
	admin := w.addUser(t, "acme", "admin@acme.example", account.Admin)
	member := w.addUser(t, "acme", "member@acme.example", account.Member)
	who := [][]string{
		{"Authorization: Bearer " + w.key},
		w.addKey(t, "", account.Operator), w.signIn(t, operators),
		w.addKey(t, "acme", account.Admin), w.signIn(t, admin), w.signIn(t, member),
		w.addKey(t, "acme", account.Producer), w.addKey(t, "acme", account.Reader),
		{noKey},
	}
	names := strings.Fields("settings operatorKey operatorUser adminKey adminUser memberUser producerKey readerKey nobody")
	for _, tt := range []struct {
		call, body string
		want       string // in the order of who
	}{
		{"GET /api/v1/companies", "", "200 200 200 403 403 403 403 403 401"},
		{"PUT " + acme, `{"name":"Acme"}`, "200 200 200 403 403 403 403 403 401"},
		{"GET " + acme, "", "200 200 200 200 200 200 200 200 401"},
		{"PATCH " + acme, `{"name":"Acme"}`, "200 200 200 200 200 403 403 403 401"},
		{"POST " + acme + "/events", goodEvent, "202 202 202 202 202 403 202 403 401"},
		{"POST " + acme + "/events/batch", "", "200 200 200 200 200 403 200 403 401"},
		{"GET " + acme + "/events/EVENT", "", "200 200 200 200 200 200 200 200 401"},
		{"PUT " + acme + "/orders/NW-1", goodOrder, "200 200 200 200 200 403 200 403 401"},
		{"PATCH " + acme + "/shipments/SHP-1", `{}`, "200 200 200 200 200 403 200 403 401"},
		{"GET " + acme + "/orders/NW-1", "", "200 200 200 200 200 200 200 200 401"},
		{"GET " + acme + "/shipments", "", "200 200 200 200 200 200 200 200 401"},
		{"GET " + triggers, "", "200 200 200 200 200 200 403 200 401"},
		{"POST " + triggers, goodTrigger, "201 201 201 201 201 403 403 403 401"},
		{"PUT " + triggers + "/TRIGGER", goodTrigger, "200 200 200 200 200 403 403 403 401"},
		{"DELETE " + triggers + "/" + idLike, "", "404 404 404 404 404 403 403 403 401"},
		{"POST " + acme + "/check", `{"url":"https://hooks.example/"}`, "200 200 200 200 200 403 403 403 401"},
		{"GET " + documents, "", "200 200 200 200 200 200 403 200 401"},
		{"PUT " + documents, goodDocuments, "200 200 200 200 200 403 403 403 401"},
		{"POST " + documents + "/ORDER/test", `{"url":"https://hooks.example/"}`, "200 200 200 200 200 403 403 403 401"},
		{"GET " + documents + "/tests", "", "200 200 200 200 200 200 403 200 401"},
		{"GET " + connectors, "", "200 200 200 200 200 200 403 200 401"},
		{"GET " + connectors + "/shipments", "", "200 200 200 200 200 200 403 200 401"},
		{"PUT " + connectors + "/orders", goodConnector, "200 200 200 200 200 403 403 403 401"},
		{"POST " + connectors + "/orders/test", "", "200 200 200 200 200 403 403 403 401"},
		{"GET " + connectors + "/orders/tests", "", "200 200 200 200 200 200 403 200 401"},
		{"POST " + connectors + "/orders/pause", "", "200 200 200 200 200 403 403 403 401"},
		{"DELETE " + connectors + "/shipments", "", "404 404 404 404 404 403 403 403 401"},
		{"GET " + acme + "/deliveries", "", "200 200 200 200 200 200 403 200 401"},
		{"GET " + acme + "/users", "", "200 200 200 200 200 200 403 403 401"},
		{"PATCH " + acme + "/users/USER", `{"language":"de"}`, "200 200 200 200 200 403 403 403 401"},
		{"POST " + acme + "/users/USER/password-link", "", "201 201 201 201 201 403 403 403 401"},
		{"POST " + acme + "/users/USER/portal-link", "", "201 201 201 403 403 403 403 403 401"},
		{"GET " + acme + "/keys", "", "200 200 200 200 200 200 403 403 401"},
		{"POST " + acme + "/keys", `{"name":"k","role":"reader"}`, "201 201 201 201 201 403 403 403 401"},
		{"GET " + acme + "/audit", "", "200 200 200 200 200 200 403 403 401"},
		{"GET " + channels, "", "200 200 200 200 200 200 403 200 401"},
		{"POST " + channels, goodChannel, "201 201 201 201 201 403 403 403 401"},
		{"PUT " + channels + "/CHANNEL", goodChannel, "200 200 200 200 200 403 403 403 401"},
		{"POST " + channels + "/CHANNEL/test", "", "200 200 200 200 200 403 403 403 401"},
		{"DELETE " + channels + "/" + idLike, "", "404 404 404 404 404 403 403 403 401"},
		{"GET " + acme + "/alerts/ALERT", "", "200 200 200 200 200 200 403 200 401"},
		{"POST " + acme + "/alerts/ALERT/acknowledge", "", "200 200 200 200 200 403 403 403 401"},
		{"POST " + acme + "/alerts/" + idLike + "/close", "", "404 404 404 404 404 403 403 403 401"},
		{"GET /api/v1/users", "", "200 200 200 403 403 403 403 403 401"},
		{"GET /api/v1/keys", "", "200 200 200 403 403 403 403 403 401"},
		{"GET /api/v1/audit", "", "200 200 200 403 403 403 403 403 401"},
		{"PUT /api/v1/me/notifications", `{"often":"daily"}`, "403 403 200 403 200 200 403 403 401"},
		{"GET /api/v1/me", "", "403 403 200 403 200 200 403 403 401"},
	} {
		method, path, _ := strings.Cut(tt.call, " ")
		for i, want := range strings.Fields(tt.want) {
			headers := who[i]
			if strings.HasSuffix(path, "batch") {
				headers = append([]string{"Content-Type: application/x-ndjson"}, headers...)
			}
			if tt.body == goodDocuments || tt.body == goodConnector {
				headers = append([]string{"If-Match: *"}, headers...)
			}
			if strings.Contains(tt.call, "PATCH "+acme+"/shipments") {
				headers = append([]string{mergePatch}, headers...)
			}
			if a := w.do(t, method, fill(path, things), tt.body, headers...); itoa(a.status) != want {
				t.Errorf("%s by %s = %d %s, want %s", tt.call, names[i], a.status, a.body, want)
			}
		}
	}
}

func TestNobodyIsAskedToSayWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := strings.TrimPrefix(w.addKey(t, "acme", account.Reader)[0], "Authorization: Bearer ")
	basic := func(user, password string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	const plain, invalid = `Bearer realm="waybill"`, `Bearer realm="waybill", error="invalid_token"`
	for name, tt := range map[string]struct {
		header    string
		status    int
		challenge string
	}{
		"no key":                    {noKey, 401, plain},
		"a wrong key":               {"Authorization: Bearer wrong", 401, invalid},
		"another scheme":            {"Authorization: Digest " + key, 401, invalid},
		"a key":                     {"Authorization: bEARER  " + key, 200, ""},
		"a company and its key":     {basic("acme", key), 200, ""},
		"another company and a key": {basic("rival", key), 401, invalid},
		"a company and no key":      {basic("acme", ""), 401, invalid},
	} {
		a := w.do(t, "GET", acme, "", tt.header)
		if got := a.header.Get("WWW-Authenticate"); a.status != tt.status || got != tt.challenge {
			t.Errorf("%s = %d %s, challenge %q, want %d, %q", name, a.status, a.body, got, tt.status, tt.challenge)
		}
	}
	german := w.do(t, "GET", acme, "", noKey, inDE)
	if got := reasons(t, german)["detail"]; !strings.Contains(got, "melden Sie sich an") || german.header.Get("Content-Language") != "de" {
		t.Errorf("nobody is told %q in %q, want it in German", got, german.header.Get("Content-Language"))
	}
}

func TestKeysEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.mustDo(t, 201, "POST", acme+"/keys", `{"name":"ERP","role":"reader","expiresAt":"2126-01-01T00:00:00Z"}`)
	bearer := "Authorization: Bearer " + made["key"].(string)
	w.mustDo(t, 200, "GET", acme, "", bearer)
	if list := string(w.do(t, "GET", acme+"/keys", "").body); strings.Contains(list, made["key"].(string)) ||
		!strings.Contains(list, `"prefix":"wb_reader_`) || !strings.Contains(list, `"expiresAt":"2126`) {
		t.Errorf("the keys are %s, want the prefix and not the key", list)
	}
	w.mustDo(t, 204, "DELETE", acme+"/keys/"+made["id"].(string), "")
	w.mustDo(t, 401, "GET", acme, "", bearer)
	w.mustDo(t, 404, "DELETE", acme+"/keys/"+made["id"].(string), "")
	if list := string(w.do(t, "GET", acme+"/keys", "").body); !strings.Contains(list, `"revokedAt":"2`) {
		t.Errorf("the keys are %s, want the revoked one among them", list)
	}

	text := account.NewKey(account.Admin)
	expired := account.Key{
		ID: uuid.Must(uuid.NewV7()), Company: "acme", Role: account.Admin, Name: "old", Prefix: account.PrefixOf(text),
		Digest: account.Digest(text), CreatedAt: time.Now(), ExpiresAt: time.Now().Add(-time.Second),
	}
	if err := w.store.AddKey(t.Context(), expired, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	a := w.do(t, "GET", acme, "", "Authorization: Bearer "+text)
	if got := reasons(t, a)["detail"]; a.status != 401 || !strings.Contains(got, "expired") {
		t.Errorf("an expired key = %d %q, want 401 that says so", a.status, got)
	}
	if log := w.log.String(); strings.Contains(log, text) || strings.Contains(log, made["key"].(string)) {
		t.Error("a key is in the log")
	}
}

func TestWebhookSettingsNeedAModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":[]}`)
	admin := w.signIn(t, w.addUser(t, "acme", "admin@acme.example", account.Admin))
	for language, want := range map[string]string{"en": "Standard integration", "de": "Standardanbindung"} {
		a := w.do(t, "POST", triggers, goodTrigger, append(admin, "Accept-Language: "+language)...)
		if got := reasons(t, a)["detail"]; a.status != 403 || !strings.Contains(got, want) {
			t.Errorf("in %s = %d %q, want 403 that names %s", language, a.status, got, want)
		}
	}
	w.mustDo(t, 200, "GET", triggers, "", admin...)
	w.addTrigger(t) // by the operator
}
