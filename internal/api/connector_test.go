package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	connectors = acme + "/connectors"

	// goodConnector is good for orders and is sent what it asks for.
	goodConnector = `{"enabled":true,"webhookUrl":"https://erp.example/orders","bearerToken":"not-a-real-one",
		"enabledEventNames":["OrderIssuedByBuyer","OrderLinesAcceptedBySupplier"]}`
)

// putConnector saves a connector over whatever there is.
func (w *world) putConnector(t *testing.T, kind, body string) map[string]any {
	t.Helper()
	return w.mustDo(t, 200, "PUT", connectors+"/"+kind, body, "If-Match: *")
}

func connectorCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	match := []string{"If-Match: *"}
	const orders, forgotten = connectors + "/orders", connectors + "/order-documents"
	full := `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/s/{shipmentId}","basicAuthCredentials":{"username":"erp","password":"not-a-real-one"},
		"hmac":{"header":"X-Signature","secret":"not-a-real-one-either"},"retry":{"preset":"custom","custom":{"first":"1m","factor":2,"longest":"1h","retries":3}},
		"limits":{"rate":10,"per":"second"},"priority":"high","ordered":true,"disableAfter":"never","http2":true}`
	oauth := `{"enabled":true,"webhookUrl":"https://erp.example/o","oauth":{"tokenUrl":"https://login.example/token","clientId":"c","clientSecret":"not-a-real-one","scope":"a"}}`
	w.putConnector(t, "order-documents", `{"enabled":false}`)
	cert, private := selfSigned(t, false)
	file := asJSON(t, map[string]string{"certificate": cert, "key": private})
	w.putConnector(t, "orders", goodConnector)
	const shown = connectors + "/shipments/client-certificate"
	w.putConnector(t, "shipments", `{"enabled":false}`)
	w.mustDo(t, 200, "PUT", shown, file)
	key := w.mustDo(t, 201, "POST", orders+"/signing-keys", `{"kind":"v1"}`)["id"].(string)
	tests := []call{{path: orders + "/test", body: `{"enabled":true}`, want: 422}, {want: 404}}
	for range 10 {
		tests = append(tests, call{path: orders + "/test", body: goodConnector, want: 200})
	}
	return map[string][]call{
		"listConnectors": {{path: connectors, want: 200}, {want: 404}},
		"getConnector":   {{path: orders, want: 200}, {path: connectors + "/invoices", want: 422}},
		"putConnector": {
			{path: orders, body: goodConnector, headers: match, want: 200},
			{path: connectors + "/shipments", body: full, headers: match, want: 200},
			{path: connectors + "/shipments", body: `{"enabled":true,"webhookUrl":""}`, headers: match, want: 422},
			{path: orders, body: oauth, headers: match, want: 200},
			{path: orders, body: goodConnector, headers: []string{`If-Match: "1"`}, want: 412},
			{path: orders, body: goodConnector, want: 428},
			{path: orders, body: `{}`, headers: match, want: 422},
		},
		"deleteConnector":            {{path: forgotten, want: 204}, {path: forgotten, want: 404}},
		"testConnector":              append(tests, call{path: orders + "/test", body: goodConnector, want: 429}),
		"listConnectorTests":         {{path: orders + "/tests?limit=2", want: 200}, {path: orders + "/tests?cursor=x", want: 422}},
		"pauseConnector":             {{path: orders + "/pause", want: 200}, {path: orders + "/pause", body: `{"until":"2020-01-01T00:00:00Z"}`, want: 422}},
		"resumeConnector":            {{path: orders + "/resume", want: 200}, {want: 404}},
		"addConnectorKey":            {{path: orders + "/signing-keys", body: `{"kind":"v1a"}`, want: 201}, {path: orders + "/signing-keys", body: `{"kind":"v2"}`, want: 422}},
		"putConnectorCertificate":    {{path: orders + "/client-certificate", body: file, want: 200}, {path: orders + "/client-certificate", body: `{}`, want: 422}},
		"deleteConnectorCertificate": {{path: shown, want: 204}, {path: shown, want: 404}},
		"deleteConnectorKey":         {{path: orders + "/signing-keys/" + key, want: 204}, {path: orders + "/signing-keys/" + key, want: 404}},
	}
}

func TestConnectorsThatNobodyHasSetUpAreShownToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	items := w.mustDo(t, 200, "GET", connectors, "")["items"].([]any)
	if len(items) != 3 {
		t.Fatalf("there are %d connectors, want 3", len(items))
	}
	for i, kind := range hook.Connectors() {
		one := w.do(t, "GET", connectors+"/"+string(kind), "")
		var v map[string]any
		if err := json.Unmarshal(one.body, &v); err != nil || one.status != 200 {
			t.Fatalf("GET = %d %s", one.status, one.body)
		}
		if fmt.Sprint(v) != fmt.Sprint(items[i]) || v["connector"] != string(kind) || one.header.Get("ETag") != `"0"` {
			t.Errorf("%s is %s %v, want ETag 0 and the same as in the list: %v", kind, one.header.Get("ETag"), v, items[i])
		}
		if v["enabled"] != false || v["sends"] != false || v["method"] != "POST" || v["format"] != "JSON" || v["authentication"] != "none" ||
			at(v, "retry", "preset") != "status-rules" || len(v["enabledEventNames"].([]any)) != len(kind.DefaultEventNames()) || v["note"] == nil || v["hookId"] != nil {
			t.Errorf("%s is %v, want it disabled, with the defaults", kind, v)
		}
		// What was read can be saved as it is.
		w.mustDo(t, 200, "PUT", connectors+"/"+string(kind), string(one.body), `If-Match: "0"`)
	}
}

func TestAConnectorIsSavedAsAWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const orders = connectors + "/orders"
	first := w.do(t, "PUT", orders, goodConnector, `If-Match: "0"`)
	var v map[string]any
	if err := json.Unmarshal(first.body, &v); err != nil || first.status != 200 || v["sends"] != true || v["version"] != 1.0 {
		t.Fatalf("PUT = %d %s, want version 1, which sends", first.status, first.body)
	}
	tag := first.header.Get("ETag")
	moved := strings.Replace(goodConnector, "/orders", "/other", 1)
	w.mustDo(t, 412, "PUT", orders, moved, `If-Match: "0"`)
	w.mustDo(t, 428, "PUT", orders, moved)
	next := w.mustDo(t, 200, "PUT", orders, moved, "If-Match: "+tag)
	if next["hookId"] != v["hookId"] || next["webhookUrl"] != "https://erp.example/other" {
		t.Errorf("saved again = %v, want the same hook with another URL", next)
	}

	// It is no trigger, nor the other way round, but is owed deliveries like one.
	id := v["hookId"].(string)
	if list := string(w.do(t, "GET", triggers, "").body); strings.Contains(list, "erp.example") {
		t.Errorf("the triggers are %s, want no connector among them", list)
	}
	for _, call := range []string{"GET ", "PUT ", "DELETE "} {
		method, _, _ := strings.Cut(call, " ")
		w.mustDo(t, 404, method, triggers+"/"+id, goodTrigger)
	}
	w.mustDo(t, 404, "POST", triggers+"/"+id+"/pause", "")
	w.mustDo(t, 404, "POST", triggers+"/"+id+"/signing-keys", `{"kind":"v1"}`)
	_, delivery := w.postEvent(t, `{"type":"OrderIssuedByBuyer","entityId":"80417"}`)
	listed := w.mustDo(t, 200, "GET", acme+"/deliveries?hook="+id, "")["items"].([]any)
	if len(listed) != 1 || at(listed[0], "id") != delivery || at(listed[0], "hookKind") != "orders" || at(listed[0], "hookTitle") != "Connector: orders" {
		t.Errorf("the deliveries of the hook are %v, want %s with its title", listed, delivery)
	}
	if e := w.owed(t, "OrderLinesRejectedBySupplier"); e != 0 {
		t.Errorf("an event that isn't enabled is owed %d times", e)
	}

	// What is switched off is owed nothing; what is forgotten is as before.
	w.putConnector(t, "orders", strings.Replace(goodConnector, "true", "false", 1))
	if e := w.owed(t, "OrderIssuedByBuyer"); e != 0 {
		t.Errorf("switched off, it is owed %d deliveries", e)
	}
	w.mustDo(t, 204, "DELETE", orders, "")
	gone := w.do(t, "GET", orders, "")
	if gone.header.Get("ETag") != `"0"` || strings.Contains(string(gone.body), "erp.example") {
		t.Errorf("forgotten, it is %s %s, want as before the first", gone.header.Get("ETag"), gone.body)
	}
	w.mustDo(t, 404, "DELETE", orders, "")
	w.mustDo(t, 200, "PUT", orders, goodConnector, `If-Match: "0"`)
	w.mustDo(t, 412, "PUT", orders, goodConnector, "If-Match: "+tag) // of the one that was forgotten
}

// owed posts an event of a type and returns how many deliveries it causes.
func (w *world) owed(t *testing.T, eventType string) int {
	t.Helper()
	id := w.mustDo(t, 202, "POST", acme+"/events", `{"type":"`+eventType+`","entityId":"1"}`)["id"].(string)
	return len(w.mustDo(t, 200, "GET", acme+"/events/"+id, "")["deliveries"].([]any))
}

func TestWhatAConnectorIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const on = `{"enabled":true,"webhookUrl":"https://erp.example/",`
	for _, tt := range []struct{ kind, body, field, reason string }{
		{"orders", `{"enabled":true}`, "webhookUrl", "it is missing; write the receiver's address, such as https://erp.example/orders, or switch the connector off"},
		{"orders", `{"enabled":false,"webhookUrl":"http://erp.example/"}`, "webhookUrl", "begins with http, which anyone on the way can read and change; give the receiver a certificate and use https"},
		{"orders", `{"enabled":true,"webhookUrl":"https://erp.example/{orderId}"}`, "webhookUrl", "it has a place for an ID, such as {orderId}, which only the method GET fills in; remove it, since the body says what it is about, or choose GET"},
		{"shipments", `{"enabled":true,"webhookUrl":"https://erp.example/?x={shipmentId}"}`, "webhookUrl", "it has a place for an ID, such as {shipmentId}, which only the method GET fills in; remove it, since the body says what it is about, or choose GET"},
		{"orders", `{"enabled":true,"webhookUrl":"https://erp.example/{orderid}"}`, "webhookUrl", "it has braces, which nothing is put into; write them as %7B and %7D"},
		{"orders", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/"}`, "webhookUrl", "has no {orderId}, so the receiver wouldn't know what to fetch; put it into the path or query"},
		{"order-documents", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{shipmentId}"}`, "webhookUrl", "has no {orderId}, so the receiver wouldn't know what to fetch; put it into the path or query"},
		{"shipments", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{orderId}"}`, "webhookUrl", "has no {shipmentId}, so the receiver wouldn't know what to fetch; put it into the path or query"},
		{"orders", `{"enabled":true,"method":"GET","webhookUrl":"https://{orderId}.example/{orderId}"}`, "webhookUrl", "has {orderId} in its host; put it into the path or query"},
		{"orders", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{tenant}/{orderId}"}`, "webhookUrl", "has braces around something other than {orderId}; write others as %7B and %7D"},
		{"shipments", on + `"format":"TXML"}`, "format", "there is no plain XML of shipments; choose JSON"},
		{"orders", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{orderId}","format":"TXML"}`, "format", "a GET has no body that could be plain XML; choose JSON, or the method POST"},
		{"shipments", on + `"singleDeliveryPerOrderLine":true}`, "singleDeliveryPerOrderLine", "only the connector orders sends lines with deliveries; set it to false, or leave it out"},
		{"order-documents", on + `"singleDeliveryPerOrderLine":true}`, "singleDeliveryPerOrderLine", "only the connector orders sends lines with deliveries; set it to false, or leave it out"},
		{"orders", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{orderId}","singleDeliveryPerOrderLine":true}`, "singleDeliveryPerOrderLine", "a GET has no body whose lines could be split; set it to false, or choose the method POST"},
		{"orders", on + `"simpleOrderEvent":true}`, "simpleOrderEvent", "it is the older name of orders with a single delivery per line; set singleDeliveryPerOrderLine to true as well, or leave it out"},
		{"orders", on + `"enabledEventNames":[]}`, "enabledEventNames", "none is chosen, so nothing would ever be sent; choose some, leave this out for the default set, or switch the connector off"},
		{"orders", on + `"enabledEventNames":["OrderIssuedByBuyers"]}`, "enabledEventNames[0]", "there is no such event; did you mean OrderIssuedByBuyer? GET /api/v1/event-types lists all"},
		{"orders", `{"enabled":false,"enabledEventNames":["Banana"]}`, "enabledEventNames[0]", "there is no such event; GET /api/v1/event-types lists all"},
		{"orders", on + `"enabledEventNames":["OrderIssuedByBuyer","OrderIssuedByBuyer"]}`, "enabledEventNames[1]", "it is there twice; remove it"},
		{"orders", on + `"enabledEventNames":["OrderDocumentsAttachedByBuyer"]}`, "enabledEventNames[0]", "it is an event of the connector order-documents, not of orders; remove it here"},
		{"shipments", on + `"enabledEventNames":["OrderIssuedByBuyer"]}`, "enabledEventNames[0]", "it is an event of the connector orders, not of shipments; remove it here"},
		{"orders", on + `"enabledEventNames":["OrderCreated"]}`, "enabledEventNames[0]", "no connector tells of it; remove it here, and set up a trigger for it"},
		{"orders", on + `"bearerToken":"recognisable","basicAuthCredentials":{"username":"u","password":"p"}}`, "authentication", "there are basicAuthCredentials and bearerToken, but a request is authenticated in one way; remove one of them"},
		{"orders", on + `"authentication":"bearer","bearerToken":"x","oauth":{}}`, "oauth", "it belongs to the authentication oauth, not to bearer; remove it, or change the authentication"},
		{"orders", on + `"authentication":"none","bearerToken":"recognisable"}`, "bearerToken", "it belongs to the authentication bearer, not to none; remove it, or change the authentication"},
		{"orders", on + `"authentication":"bearer"}`, "bearerToken", "it is missing, and none is stored for just this and the same host; add it"},
		{"orders", on + `"bearerToken":"Bearer recognisable"}`, "bearerToken", `it has a space or a character outside ASCII, which a token cannot have (RFC 6750); write the token alone, without "Bearer"`},
		{"orders", on + `"basicAuthCredentials":{"password":"recognisable"}}`, "basicAuthCredentials.username", "it is missing; add it"},
		{"orders", on + `"basicAuthCredentials":{"username":"erp"}}`, "basicAuthCredentials.password", "it is missing, and none is stored for just this and the same host; add it"},
		{"orders", on + `"oauth":{"tokenUrl":"https://login.example/","clientId":"c"}}`, "oauth.clientSecret", "it is missing, and none is stored for just this and the same host; add it"},
		{"orders", on + `"oauth":{"tokenUrl":"http://login.example/","clientId":"c","clientSecret":"recognisable"}}`, "oauth.tokenUrl", "begins with http, which anyone on the way can read and change; give the receiver a certificate and use https"},
		{"orders", on + `"oauth":{"tokenUrl":"https://login.example/","clientSecret":"recognisable"}}`, "oauth.clientId", "it is missing; add it"},
		{"orders", on + `"limits":{"per":"minute"}}`, "limits.per", "it needs a rate; add one, or remove it"},
	} {
		for _, call := range []string{"PUT " + connectors + "/" + tt.kind, "POST " + connectors + "/" + tt.kind + "/test"} {
			method, path, _ := strings.Cut(call, " ")
			a := w.do(t, method, path, tt.body, "If-Match: *")
			if got := reasons(t, a)[tt.field]; a.status != 422 || got != tt.reason || strings.Contains(string(a.body), "recognisable") {
				t.Errorf("%s %s = %d %s, want 422 about %s: %s", call, tt.body, a.status, a.body, tt.field, tt.reason)
			}
		}
	}
	for _, url := range []string{"https://127.0.0.1/", "https://10.0.0.7/{orderId}", "https://u:recognisable@erp.example/{orderId}"} {
		method := "POST"
		if strings.Contains(url, "{") {
			method = "GET"
		}
		a := w.do(t, "PUT", connectors+"/orders", `{"enabled":true,"method":"`+method+`","webhookUrl":"`+url+`"}`, "If-Match: *")
		if _, named := reasons(t, a)["webhookUrl"]; a.status != 422 || !named || strings.Contains(string(a.body), "recognisable") {
			t.Errorf("%s is saved = %d %s, want 422 about webhookUrl", url, a.status, a.body)
		}
	}
	german := w.do(t, "PUT", connectors+"/orders", `{"enabled":true}`, "If-Match: *", "Accept-Language: de")
	if got := reasons(t, german)["webhookUrl"]; !strings.HasPrefix(got, "Die Angabe fehlt; geben Sie") {
		t.Errorf("in German it is refused by %q", got)
	}
	if a := w.do(t, "GET", connectors+"/orders", ""); a.header.Get("ETag") != `"0"` {
		t.Errorf("after refusals = %s, want nothing saved", a.body)
	}
	if n := len(w.receiver.sent); n > 0 {
		t.Errorf("after refusals %d samples were sent", n)
	}
}

func TestTheSecretsOfConnectors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const on = `{"enabled":true,"webhookUrl":"https://erp.example/orders"`
	for _, tt := range []struct{ does, body, want, secret string }{
		{"is stored", on + `,"bearerToken":"recognisable-1"}`, "bearer  ", "recognisable-1"},
		{"is kept if nothing is said", on + `}`, "bearer  ", "recognisable-1"},
		{"is kept if it is empty", on + `,"bearerToken":""}`, "bearer  ", "recognisable-1"},
		{"is kept if only the way is named", on + `,"authentication":"bearer"}`, "bearer  ", "recognisable-1"},
		{"is kept for another path", strings.Replace(on, "/orders", "/other", 1) + `}`, "bearer  ", "recognisable-1"},
		{"is kept without a URL", `{"enabled":false}`, "bearer  ", "recognisable-1"},
		{"is replaced by a password", on + `,"basicAuthCredentials":{"username":"erp","password":"recognisable-22"}}`, "basic erp ", "recognisable-22"},
		{"is kept with the user", on + `,"basicAuthCredentials":{"username":"erp"}}`, "basic erp ", "recognisable-22"},
		{"is kept if nothing is said of a user", on + `}`, "basic erp ", "recognisable-22"},
		{"is replaced by OAuth", on + `,"oauth":{"tokenUrl":"https://login.example/t","clientId":"c","clientSecret":"recognisable-333","scope":"a  b","parameters":{"audience":"x"}}}`, "oauth2  c", "recognisable-333"},
		{"is kept with the client", on + `,"oauth":{"tokenUrl":"https://login.example/t","clientId":"c"}}`, "oauth2  c", "recognisable-333"},
		{"is removed", on + `,"authentication":"none"}`, "  ", ""},
	} {
		saved := w.putConnector(t, "orders", tt.body)
		a := w.store.Directory().Connector("acme", hook.Orders).Auth
		if got := fmt.Sprintf("%s %s %s", a.Kind, a.User, a.OAuth.ClientID); got != tt.want || string(a.Secret) != tt.secret {
			t.Errorf("the secret %s: %q with %q, want %q with %q", tt.does, got, string(a.Secret), tt.want, tt.secret)
		}
		var set any = false
		switch saved["authentication"] {
		case "basic":
			set = at(saved, "basicAuthCredentials", "passwordSet")
			if n := at(saved, "basicAuthCredentials", "passwordLength"); n != float64(len(tt.secret)) {
				t.Errorf("the secret %s: the length %v is shown, want %d", tt.does, n, len(tt.secret))
			}
		case "bearer":
			set = saved["bearerTokenSet"]
		case "oauth":
			set = at(saved, "oauth", "clientSecretSet")
		}
		if set != (tt.secret != "") {
			t.Errorf("the secret %s: it is shown as %v", tt.does, saved)
		}
	}

	// Nobody has a secret sent elsewhere that they don't know.
	const elsewhere = `{"enabled":true,"webhookUrl":"https://attacker.example/orders"}`
	w.putConnector(t, "orders", on+`,"bearerToken":"recognisable-1"}`)
	for name, first := range map[string]string{"at once": "", "by way of no URL": `{"enabled":false}`} {
		if first != "" {
			w.putConnector(t, "orders", first)
		}
		for _, path := range []string{"PUT " + connectors + "/orders", "POST " + connectors + "/orders/test"} {
			method, path, _ := strings.Cut(path, " ")
			a := w.do(t, method, path, elsewhere, "If-Match: *")
			if got := reasons(t, a)["bearerToken"]; a.status != 422 || !strings.Contains(got, "same host") {
				t.Errorf("%s %s to another host, %s = %d %s, want 422 about the token", method, path, name, a.status, a.body)
			}
		}
	}
	w.putConnector(t, "orders", on+`,"bearerToken":"recognisable-1","hmac":{"header":"X-Signature","secret":"recognisable-4"}}`)
	w.mustDo(t, 200, "POST", connectors+"/orders/test", "")
	var all strings.Builder
	all.WriteString(w.log.String())
	for _, path := range []string{connectors, connectors + "/orders", connectors + "/orders/tests", acme + "/audit"} {
		all.Write(w.do(t, "GET", path, "").body)
	}
	shown := all.String()
	if strings.Contains(shown, "recognisable") {
		t.Errorf("a secret is shown: %s", shown)
	}
	if !strings.Contains(shown, "connector.change") || !strings.Contains(shown, "hook.test") {
		t.Errorf("the audit log has not all that was done: %s", shown)
	}
}

func TestASecretOfAConnectorThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putConnector(t, "orders", goodConnector)
	w.lock.Lock("not-a-real-one")
	kept := strings.Replace(goodConnector, `"bearerToken":"not-a-real-one",`, "", 1)
	v := w.putConnector(t, "orders", kept)
	if note, _ := v["note"].(string); v["bearerTokenSet"] != true || v["sends"] != false || !strings.Contains(note, "enter it again") {
		t.Errorf("while the token can't be opened = %v, want it kept, and nothing sent", v)
	}
	for _, body := range []string{"", kept} {
		a := w.do(t, "POST", connectors+"/orders/test", body)
		if a.status != 422 || !strings.Contains(reasons(t, a)["bearerToken"], "enter it again") {
			t.Errorf("a test with it = %d %s, want 422 about the token", a.status, a.body)
		}
	}
	w.mustDo(t, 200, "POST", connectors+"/orders/test", strings.Replace(goodConnector, "not-a-real-one", "another", 1))
	if v := w.putConnector(t, "orders", strings.Replace(goodConnector, "not-a-real-one", "another", 1)); v["sends"] != true {
		t.Errorf("entered again = %v, want that it sends", v)
	}
}

func TestConnectorsOfAContractWithoutTheModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.signIn(t, w.addUser(t, "acme", "admin@acme.example", account.Admin))
	member := w.signIn(t, w.addUser(t, "acme", "member@acme.example", account.Member))
	refused := func(name string, headers []string, english, inGerman string) {
		t.Helper()
		for language, want := range map[string]string{"en": english, "de": inGerman} {
			as := append([]string{"If-Match: *", "Accept-Language: " + language}, headers...)
			v := w.mustDo(t, 200, "GET", connectors+"/orders", "", as...)
			if reason, _ := v["reason"].(string); v["canChange"] != false || !strings.Contains(reason, want) {
				t.Errorf("%s reads %v in %s, want that they can't change it: %s", name, v, language, want)
			}
			for _, call := range []string{"PUT ", "DELETE ", "POST /test", "POST /pause", "POST /resume"} {
				method, path, _ := strings.Cut(call, " ")
				if a := w.do(t, method, connectors+"/orders"+path, goodConnector, as...); a.status != 403 || !strings.Contains(string(a.body), want) {
					t.Errorf("%s: %s = %d %s, want 403 and why", name, call, a.status, a.body)
				}
			}
		}
	}
	refused("a member", member, "ask an admin", "fragen Sie einen Administrator")
	w.mustDo(t, 200, "PUT", connectors+"/orders", goodConnector, append(admin, "If-Match: *")...)
	w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":[]}`)
	refused("an admin without a module", admin, "Standard integration", "Standardanbindung")
}

// What was read can be sent back as it is, and changes nothing.
func TestAConnectorThatWasReadCanBeSavedAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rest = `"retry":{"preset":"custom","custom":{"first":"1m0s","factor":2,"longest":"1h0m0s","retries":3,"answers":{"409":"delivered"}}},
		"limits":{"rate":10,"per":"second","burst":2},"priority":"high","ordered":true,"disableAfter":"never","http2":true,
		"hmac":{"header":"X-Signature","secret":"not-a-real-one-either"}}`
	for _, tt := range []struct{ kind, body string }{
		{"orders", `{"enabled":true,"webhookUrl":"https://erp.example/o","bearerToken":"not-a-real-one","format":"TXML","singleDeliveryPerOrderLine":true,"simpleOrderEvent":true,` + rest},
		{"order-documents", `{"enabled":true,"method":"GET","webhookUrl":"https://erp.example/{orderId}","basicAuthCredentials":{"username":"u","password":"not-a-real-one"},"retry":{"preset":"ten-times"}}`},
		{"shipments", `{"enabled":true,"webhookUrl":"https://erp.example/s","oauth":{"tokenUrl":"https://login.example/t","clientId":"c","clientSecret":"not-a-real-one","clientAuth":"header","parameters":{"audience":"x"}},"retry":{"preset":"status-rules-2024"}}`},
	} {
		path := connectors + "/" + tt.kind
		w.putConnector(t, tt.kind, tt.body)
		w.mustDo(t, 201, "POST", path+"/signing-keys", `{"kind":"v1"}`)
		w.mustDo(t, 200, "POST", path+"/pause", "")
		first := w.do(t, "GET", path, "")
		before := *w.store.Directory().Connector("acme", hook.Kind(tt.kind))
		w.mustDo(t, 200, "PUT", path, string(first.body), "If-Match: "+first.header.Get("ETag"))
		after := *w.store.Directory().Connector("acme", hook.Kind(tt.kind))
		before.Version, before.UpdatedAt = after.Version, after.UpdatedAt
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s was changed by saving what was read (-before +after):\n%s", tt.kind, diff)
		}
		if paused := w.mustDo(t, 200, "GET", path, ""); !strings.Contains(paused["note"].(string), "paused") || at(paused, "health", "paused") == nil {
			t.Errorf("%s is %v, want that it is paused", tt.kind, paused)
		}
		if back := w.mustDo(t, 200, "POST", path+"/resume", ""); back["sends"] != true {
			t.Errorf("%s is %v, want that it sends again", tt.kind, back)
		}
	}
}
