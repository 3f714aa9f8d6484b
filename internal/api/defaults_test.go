package api_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
)

const defaults = acme + "/default-credentials"

// accessCalls are those of everyCall for how requests are authenticated, signed
// and vouched for.
func accessCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	one := triggers + "/" + w.addTrigger(t)
	key := w.mustDo(t, 201, "POST", one+"/signing-keys", `{"kind":"v1"}`)["id"].(string)
	cert, private := selfSigned(t, false)
	file := asJSON(t, map[string]string{"certificate": cert, "key": private})
	other := triggers + "/" + w.addTrigger(t) + "/client-certificate"
	w.mustDo(t, 200, "PUT", other, file)
	files := []call{{path: one + "/client-certificate", body: file, want: 200}, {path: one + "/client-certificate", body: `{}`, want: 422}}
	for range 10 {
		files = append(files, call{path: one + "/client-certificate", body: `{"pkcs12":"AAAA"}`, want: 422})
	}
	return map[string][]call{
		"pauseTrigger":            {{path: one + "/pause", body: `{"until":"2999-01-01T00:00:00Z"}`, want: 422}, {path: one + "/pause", want: 200}, {path: one + "/pause", body: `{}`, want: 200}},
		"resumeTrigger":           {{path: one + "/resume", want: 200}, {path: triggers + "/" + idLike + "/resume", want: 404}},
		"addSigningKey":           {{path: one + "/signing-keys", body: `{"kind":"v1a"}`, want: 201}, {path: one + "/signing-keys", body: `{"kind":"v1","secret":"x"}`, want: 422}},
		"deleteSigningKey":        {{path: one + "/signing-keys/" + key, want: 204}, {path: one + "/signing-keys/" + key, want: 404}},
		"putClientCertificate":    append(files, call{path: one + "/client-certificate", body: `{"pkcs12":"AAAA"}`, want: 429}),
		"deleteClientCertificate": {{path: other, want: 204}, {path: other, want: 404}},
		"getTrustedAuthorities":   {{path: trusted, want: 200}, {want: 404}},
		"putTrustedAuthorities":   {{path: trusted, body: `{"certificates":""}`, want: 200}, {path: trusted, body: `{"certificates":"none"}`, want: 422}},
		"getDefaultCredentials":   {{path: defaults, want: 200}, {want: 404}},
		"putDefaultCredentials": {
			{path: defaults, body: `{"auth":{"type":"bearer","secret":"s3cr3t"},"hosts":["erp.acme.example"]}`, want: 200},
			{path: defaults, body: `{"auth":{"type":"none"},"hosts":[]}`, headers: []string{`If-Match: "9"`}, want: 412},
			{path: defaults, body: `{"auth":{"type":"none"}}`, want: 422},
			{want: 404, body: `{"auth":{"type":"none"},"hosts":[]}`},
		},
	}
}

func TestHooksShareTheCompanysCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "not-a-real-token"
	got := w.mustDo(t, 200, "GET", defaults, "")
	if got["version"] != 0.0 || len(got["hosts"].([]any)) != 0 {
		t.Errorf("before they are set = %v, want version 0 and no hosts", got)
	}
	a := w.do(t, "PUT", defaults, `{"auth":{"type":"bearer","secret":"`+secret+`"},"hosts":["Hooks.Example","hooks.example:443","b.example:8443"]}`)
	if a.status != 200 || a.header.Get("ETag") != `"1"` || strings.Contains(string(a.body), secret) ||
		!strings.Contains(string(a.body), `"hosts":["b.example:8443","hooks.example"]`) || !strings.Contains(string(a.body), `"secretSet":true`) {
		t.Errorf("PUT = %d %s, want 200 with two hosts, and no secret shown", a.status, a.body)
	}
	id := w.mustDo(t, 201, "POST", triggers, withAuth(`{"type":"company"}`))["id"].(string)
	d := w.store.Directory()
	for _, h := range d.Hooks {
		auth, err := d.Defaults[h.Company].AuthOf(h)
		if err != nil || auth.Kind != hook.BearerAuth || auth.Secret != secret {
			t.Errorf("the hook authenticates by %s %q, %v, want the company's token", auth.Kind, string(auth.Secret), err)
		}
	}
	elsewhere := strings.Replace(withAuth(`{"type":"company"}`), "https://hooks.example/", "https://evil.example/", 1)
	if a := w.do(t, "PUT", triggers+"/"+id, elsewhere); a.status != 422 || !strings.Contains(reasons(t, a)["auth.type"], "not meant for evil.example") {
		t.Errorf("a hook elsewhere = %d %s, want 422 about auth.type", a.status, a.body)
	}
	if a := w.do(t, "GET", acme+"/audit", ""); strings.Contains(string(a.body), secret) || !strings.Contains(string(a.body), "credentials.change") {
		t.Errorf("the audit log = %s, want the change without the token", a.body)
	}
}

func TestBadDefaultCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const bearer = `{"auth":{"type":"bearer"},"hosts":[`
	w.mustDo(t, 200, "PUT", defaults, `{"auth":{"type":"bearer","secret":"s3cr3t"},"hosts":["hooks.example","b.example"]}`)
	w.mustDo(t, 201, "POST", triggers, strings.Replace(withAuth(`{"type":"company"}`), "{", `{"hmac":{"header":"X-Sig","secret":"s"},`, 1))
	for name, tt := range map[string]struct{ body, field, reason string }{
		"a URL for a host":          {bearer + `"hooks.example","https://a.example/"]}`, "hosts[1]", "as it stands in the URLs"},
		"a path in a host":          {bearer + `"hooks.example/x"]}`, "hosts[0]", "as it stands in the URLs"},
		"a host more":               {bearer + `"hooks.example","c.example"]}`, "auth.secret", "same host"},
		"no host":                   {bearer + `]}`, "hosts", "empty"},
		"a host less that is used":  {bearer + `"b.example"]}`, "hosts", "keep that host"},
		"none while they are used":  {`{"auth":{"type":"none"},"hosts":[]}`, "auth.type", "uses the credentials"},
		"the company's by itself":   {`{"auth":{"type":"company"},"hosts":["hooks.example"]}`, "auth.type", "choose another type"},
		"the header of an HMAC":     {`{"auth":{"type":"apiKey","header":"x-sig","secret":"s"},"hosts":["hooks.example"]}`, "auth.header", "its signature"},
		"another type, same secret": {`{"auth":{"type":"basic","user":"u"},"hosts":["hooks.example"]}`, "auth.secret", "missing"},
	} {
		a := w.do(t, "PUT", defaults, tt.body)
		if got := reasons(t, a)[tt.field]; a.status != 422 || !strings.Contains(got, tt.reason) {
			t.Errorf("%s: %d %s, want 422 with %s: …%s…", name, a.status, a.body, tt.field, tt.reason)
		}
	}
	w.mustDo(t, 200, "PUT", defaults, bearer+`"hooks.example"]}`)
}

func TestTheCompanysKeyAndASignatureNeedDifferentHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustDo(t, 200, "PUT", defaults, `{"auth":{"type":"apiKey","header":"X-Key","secret":"s3cr3t"},"hosts":["hooks.example"]}`)
	a := w.do(t, "POST", triggers, strings.Replace(withAuth(`{"type":"company"}`), "{", `{"hmac":{"header":"x-key","secret":"s"},`, 1))
	if a.status != 422 || !strings.Contains(reasons(t, a)["hmac.header"], "already") {
		t.Errorf("POST = %d %s, want 422 about hmac.header", a.status, a.body)
	}
}
