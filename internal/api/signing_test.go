package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const trusted = acme + "/trusted-authorities"

// selfSigned returns a certificate, of an authority or of a client, and its key, as PEM.
func selfSigned(t *testing.T, authority bool) (cert, key string) {
	t.Helper()
	c, k := issue(t, authority)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func issue(t *testing.T, authority bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "acme at waybill.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if authority {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage, template.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// hookOf returns a trigger as it is stored.
func (w *world) hookOf(id string) *hook.Hook { return w.store.Directory().Hooks[uuid.MustParse(id)] }

func TestSigningKeysAreAddedAndRemovedOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addTrigger(t)
	keys := triggers + "/" + id + "/signing-keys"
	given := "whsec_" + base64.StdEncoding.EncodeToString([]byte("not a real secret, for tests only"))
	made := w.mustDo(t, 201, "POST", keys, `{"kind":"v1"}`)
	secret := made["madeSecret"].(string)
	a := w.do(t, "POST", keys, `{"kind":"v1","secret":"`+given+`"}`)
	if a.status != 201 || strings.Contains(string(a.body), given) || strings.Contains(string(a.body), "madeSecret") {
		t.Errorf("POST = %d %s, want 201 without the secret that was given", a.status, a.body)
	}
	public := w.mustDo(t, 201, "POST", keys, `{"kind":"v1a"}`)
	if !strings.HasPrefix(public["publicKey"].(string), "whpk_") || public["madeSecret"] != nil {
		t.Errorf("a v1a key = %v, want a public key and no secret", public)
	}
	stored := w.hookOf(id).Signing.Keys
	if len(stored) != 3 || string(stored[0].Secret) != secret || string(stored[1].Secret) != given || stored[2].Public != public["publicKey"] {
		t.Errorf("%d keys are stored, want the three in their order", len(stored))
	}
	// The trigger's other settings leave them alone.
	body := strings.Replace(goodTrigger, "Orders", "Changed", 1)
	changed := w.do(t, "PUT", triggers+"/"+id, body)
	if changed.status != 200 || strings.Contains(string(changed.body), secret) || strings.Count(string(changed.body), `"kind":"v1`) != 3 {
		t.Errorf("PUT = %d %s, want 200 with three keys, and no secret", changed.status, changed.body)
	}
	w.mustDo(t, 204, "DELETE", keys+"/"+made["id"].(string), "")
	if stored := w.hookOf(id).Signing.Keys; len(stored) != 2 || string(stored[0].Secret) != given {
		t.Errorf("%d keys are left, want the other two", len(stored))
	}
	for range maxKeys - 2 {
		w.mustDo(t, 201, "POST", keys, `{"kind":"v1"}`)
	}
	w.mustDo(t, 409, "POST", keys, `{"kind":"v1"}`)
	if a := w.do(t, "GET", acme+"/audit", ""); strings.Contains(string(a.body), secret) || strings.Contains(string(a.body), given) {
		t.Error("the audit log shows a secret")
	}
}

const maxKeys = 5

func TestTheSecretOfAnHMACIsKeptAndNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "not-a-real-hmac-secret"
	with := func(hmac string) string { return strings.Replace(goodTrigger, "{", `{"hmac":`+hmac+`,`, 1) }
	id := w.mustDo(t, 201, "POST", triggers, with(`{"header":"X-Signature","prefix":"sha256=","secret":"`+secret+`"}`))["id"].(string)
	for _, body := range []string{
		with(`{"header":"X-Hub-Signature-256","prefix":"sha256="}`),
		with(`{"header":"X-Hub-Signature-256","algorithm":"sha512","encoding":"base64","secret":""}`),
	} {
		a := w.do(t, "PUT", triggers+"/"+id, body)
		if a.status != 200 || strings.Contains(string(a.body), secret) || !strings.Contains(string(a.body), `"secretSet":true,"secretSetAt":"2`) {
			t.Errorf("PUT %s = %d %s, want 200, with a secret that isn't shown", body, a.status, a.body)
		}
		if m := w.hookOf(id).Signing.HMAC; string(m.Secret) != secret {
			t.Errorf("%s: stored %q, want it kept", body, string(m.Secret))
		}
	}
	w.mustDo(t, 200, "PUT", triggers+"/"+id, with("null"))
	if m := w.hookOf(id).Signing.HMAC; m.Set() || m.Secret != "" {
		t.Error("the HMAC is there after it was removed")
	}
	for name, tt := range map[string]struct{ body, field, reason string }{
		"no secret":                       {with(`{"header":"X-Signature"}`), "hmac.secret", "missing"},
		"a header of the request":         {with(`{"header":"Content-Type","secret":"s"}`), "hmac.header", "something else"},
		"a prefix with a space":           {with(`{"header":"X-S","prefix":"a b","secret":"s"}`), "hmac.prefix", "space"},
		"an unknown algorithm":            {with(`{"header":"X-S","algorithm":"md5","secret":"s"}`), "hmac.algorithm", "sha256"},
		"the header of the API key's":     {strings.Replace(with(`{"header":"x-key","secret":"s"}`), "{", `{"auth":{"type":"apiKey","header":"X-Key","secret":"k"},`, 1), "hmac.header", "already"},
		"a secret that belongs to no key": {`{"kind":"v1","secret":"short"}`, "secret", ""},
	} {
		path := triggers
		if strings.Contains(tt.body, `"kind"`) {
			path = triggers + "/" + id + "/signing-keys"
		}
		a := w.do(t, "POST", path, tt.body)
		if got, ok := reasons(t, a)[tt.field]; a.status != 422 || !ok || !strings.Contains(got, tt.reason) {
			t.Errorf("%s: %d %s, want 422 with %s: …%s…", name, a.status, a.body, tt.field, tt.reason)
		}
	}
}

func TestTooManyPKCS12FilesOfOneCompanyWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := triggers + "/" + w.addTrigger(t) + "/client-certificate"
	for range 10 {
		w.mustDo(t, 422, "PUT", path, `{"pkcs12":"AAAA"}`)
	}
	a := w.do(t, "PUT", path, `{"pkcs12":"AAAA"}`)
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); a.status != 429 || err != nil || after < 1 || after > 6 {
		t.Errorf("the eleventh = %d, Retry-After %q, want 429 with up to 6 seconds", a.status, a.header.Get("Retry-After"))
	}
	cert, key := selfSigned(t, false)
	w.mustDo(t, 200, "PUT", path, asJSON(t, map[string]string{"certificate": cert, "key": key}))
}

func TestAClientCertificateIsPastedOrUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addTrigger(t)
	path := triggers + "/" + id + "/client-certificate"
	cert, key := selfSigned(t, false)
	a := w.do(t, "PUT", path, asJSON(t, map[string]string{"certificate": cert, "key": key}))
	if a.status != 200 || !strings.Contains(string(a.body), `"subject":"CN=acme at waybill.example"`) || strings.Contains(string(a.body), "PRIVATE KEY") {
		t.Errorf("PUT = %d %s, want 200 with the subject and without the key", a.status, a.body)
	}
	if got := w.hookOf(id).Client; !strings.Contains(string(got.Key), "PRIVATE KEY") || got.SetAt.IsZero() {
		t.Errorf("stored is %v, want the certificate with its key", got)
	}
	c, private := issue(t, false)
	file, err := pkcs12.Modern.Encode(private, c, nil, "not-a-real-password")
	if err != nil {
		t.Fatal(err)
	}
	upload := func(password string) string {
		return asJSON(t, map[string]any{"pkcs12": file, "password": password})
	}
	if a := w.do(t, "PUT", path, upload("wrong")); a.status != 422 || reasons(t, a)["password"] == "" {
		t.Errorf("PUT with a wrong password = %d %s, want 422 about it", a.status, a.body)
	}
	before := w.hookOf(id).Client.Fingerprint
	w.mustDo(t, 200, "PUT", path, upload("not-a-real-password"))
	if after := w.hookOf(id).Client.Fingerprint; after == before {
		t.Error("the certificate is the old one still")
	}
	w.mustDo(t, 204, "DELETE", path, "")
	w.mustDo(t, 404, "DELETE", path, "")
	if w.hookOf(id).Client.Set() {
		t.Error("the certificate is there after it was removed")
	}
	if strings.Contains(w.log.String(), "not-a-real-password") {
		t.Error("the password is in the log")
	}
}

func TestOnlyTheOperatorAddsAuthorities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, _ := selfSigned(t, true)
	body := asJSON(t, map[string]string{"certificates": "our own:\n" + root})
	admin := w.addKey(t, "acme", account.Admin)
	w.mustDo(t, 403, "PUT", trusted, body, admin...)
	got := w.mustDo(t, 200, "PUT", trusted, body)
	names := got["authorities"].([]any)
	if len(names) != 1 || names[0].(map[string]any)["subject"] != "CN=acme at waybill.example" || got["version"] != 1.0 {
		t.Errorf("PUT = %v, want one authority, version 1", got)
	}
	if roots := w.store.Directory().Defaults["acme"].Roots; roots != root {
		t.Errorf("stored %q, want the certificate alone", roots)
	}
	w.mustDo(t, 200, "GET", trusted, "", admin...)
	leaf, _ := selfSigned(t, false)
	if a := w.do(t, "PUT", trusted, asJSON(t, map[string]string{"certificates": leaf})); a.status != 422 {
		t.Errorf("PUT of a certificate that is no authority's = %d %s, want 422", a.status, a.body)
	}
}
