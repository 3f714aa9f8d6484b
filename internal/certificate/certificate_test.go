package certificate_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestFromPEMNormalises(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	sum := sha256.Sum256(f.own.cert.Raw)
	key := pkcs8(t, f.own.key)
	want := hook.Certificate{
		Chain: certs(f.own, f.middle), Key: hook.Secret(key), Fingerprint: hex.EncodeToString(sum[:]),
		Subject: "CN=shop.example", Issuer: "CN=Middle",
		NotBefore: f.own.cert.NotBefore, NotAfter: f.own.cert.NotAfter,
	}
	ecKey, ok := f.own.key.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatal("the key is not of ECDSA")
	}
	der, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	sec1 := block("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}) + block("EC PRIVATE KEY", der)
	ordered := certs(f.own, f.middle)
	for name, in := range map[string]struct{ text, key string }{
		"the chain and the key apart":     {ordered, key},
		"both in one text":                {ordered + key, ""},
		"the key first":                   {key + ordered, ""},
		"the root too":                    {certs(f.own, f.middle, f.root), key},
		"the wrong way round":             {certs(f.root, f.middle, f.own), key},
		"a certificate twice":             {certs(f.own, f.middle, f.own), key},
		"the key as SEC 1":                {ordered, sec1},
		"a key that is called another":    {ordered, strings.ReplaceAll(key, "PRIVATE KEY", "EC PRIVATE KEY")},
		"with carriage returns":           {strings.ReplaceAll(ordered+key, "\n", "\r\n"), ""},
		"indented":                        {strings.ReplaceAll(ordered+key, "\n", "\n    "), ""},
		"with what openssl writes around": {"subject=CN = shop.example\n\n" + ordered + "Bag Attributes\n    friendlyName: x\n" + key, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := certificate.FromPEM(in.text, hook.Secret(in.key), now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" || got.Key != want.Key {
				t.Errorf("FromPEM (-want +got):\n%s", diff)
			}
			if _, err := tls.X509KeyPair([]byte(got.Chain), []byte(got.Key)); err != nil {
				t.Errorf("the result cannot be used: %v", err)
			}
		})
	}
}

func TestFromPEMTakesTheKeysOfTLS(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := x509.ParsePKCS1PrivateKey(decode(t, weakRSA))
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := func(h *holder) (string, string) { return certs(h), pkcs8(t, h.key) }
	for name, tt := range map[string]struct {
		holder *holder
		want   string
	}{
		"RSA of 2048 bits": {issue(t, "a", nil, rsaKey, client), ""},
		"RSA of 1024 bits": {issue(t, "a", nil, weak, client), "RSA key of 1024 bits"},
		"Ed25519":          {issue(t, "a", nil, edKey, client), ""},
		"P-256":            {issue(t, "a", nil, newKey(t, elliptic.P256()), client), ""},
		"P-384":            {issue(t, "a", nil, newKey(t, elliptic.P384()), client), ""},
		"P-521":            {issue(t, "a", nil, newKey(t, elliptic.P521()), client), ""},
		"P-224":            {issue(t, "a", nil, newKey(t, elliptic.P224()), client), "a curve that TLS does not use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, key := own(tt.holder)
			_, err := certificate.FromPEM(text, hook.Secret(key), now)
			wantProblem(t, err, "key", tt.want)
		})
	}
	text := certs(issue(t, "a", nil, rsaKey, client))
	got, err := certificate.FromPEM(text, hook.Secret(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))), now)
	if err != nil || string(got.Key) != pkcs8(t, rsaKey) {
		t.Errorf("a key as PKCS #1: %v, want it as PKCS #8", err)
	}
}

func TestFromPEMNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	f, other := newFamily(t), newFamily(t)
	key := pkcs8(t, f.own.key)
	good := certs(f.own, f.middle)
	changed := func(change func(*x509.Certificate)) string {
		return certs(issue(t, "shop.example", f.middle, f.own.key, change))
	}
	for name, tt := range map[string]struct{ text, key, field, want string }{
		"nothing":           {"", "", "certificate", "it is empty"},
		"no PEM":            {"hello", key, "certificate", "it is not PEM"},
		"binary":            {string(f.own.cert.Raw), key, "certificate", "it is binary"},
		"no key":            {good, "", "certificate", "no private key in it"},
		"only a key":        {key, "", "certificate", "no certificate in it"},
		"two keys":          {good + key, pkcs8(t, other.own.key), "key", "more than one private key"},
		"certificate twice": {good, good, "key", "it holds a certificate, not a private key"},
		"a key that is not the certificate's": {
			good, pkcs8(t, other.own.key), "key", "not the one of the certificate (CN=shop.example)",
		},
		"a key with a passphrase": {good, block("ENCRYPTED PRIVATE KEY", []byte("x")), "key", "openssl pkey -in key.pem"},
		"an old key with a passphrase": {
			good, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\neA==\n-----END RSA PRIVATE KEY-----\n",
			"key", "protected by a passphrase",
		},
		"a key that is none":       {good, block("PRIVATE KEY", []byte("x")), "key", "line 1 is not a private key"},
		"a certificate that isn't": {"\n\n" + block("CERTIFICATE", []byte("x")), key, "certificate", "line 3 is not a certificate"},
		"a request":                {good + block("CERTIFICATE REQUEST", []byte("x")), key, "certificate", "neither a certificate nor a private key"},
		"a broken block":           {good + good[:len(good)-30], key, "certificate", "is broken; copy it whole"},
		"a stranger":               {good + certs(other.own), key, "certificate", "have not signed the ones before them (CN=shop.example)"},
		"a stranger of that name":  {certs(f.own, other.middle), key, "certificate", "have not signed the ones before them (CN=Middle)"},
		"expired": {changed(func(c *x509.Certificate) {
			c.NotAfter = now.AddDate(0, 0, -3)
		}), key, "certificate", "the certificate expired on 21 November 2026"},
		"of the future": {changed(func(c *x509.Certificate) {
			c.NotBefore = now.AddDate(0, 0, 1)
		}), key, "certificate", "not valid before 25 November 2026"},
		"for servers": {changed(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}), key, "certificate", "leaves out client authentication"},
		"for anything": {changed(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}), key, "", ""},
		"for nothing in particular": {changed(nil), key, "", ""},
		"for encryption": {changed(func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageKeyEncipherment
		}), key, "certificate", "leaves out digital signature"},
		"too long":              {good + strings.Repeat(" ", 64<<10), key, "certificate", "longer than 64 KiB"},
		"too many certificates": {strings.Repeat(certs(f.own), 11), key, "certificate", "more than 10 certificates"},
		"an enormous key":       {good, block("PRIVATE KEY", make([]byte, 9<<10)), "key", "is not a private key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := certificate.FromPEM(tt.text, hook.Secret(tt.key), now)
			wantProblem(t, err, tt.field, tt.want)
			if tt.want != "" && c.Set() {
				t.Errorf("FromPEM returned %v beside its error", c)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%#v %v", err, err), strings.Split(key, "\n")[1]) {
				t.Error("the error shows the key")
			}
		})
	}
}

func TestFromPEMNamesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	middle := issue(t, "Middle", f.root, f.middle.key, func(c *x509.Certificate) {
		authority(c)
		c.NotAfter = now.AddDate(0, 0, -1)
	})
	own := issue(t, "shop.example", f.middle, f.own.key, func(c *x509.Certificate) {
		c.NotAfter, c.KeyUsage = now.AddDate(0, 0, -2), x509.KeyUsageKeyEncipherment
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	})
	_, err := certificate.FromPEM(certs(own, middle)+pkcs8(t, own.key), "", now)
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || len(e.Problems) != 4 {
		t.Fatalf("%v, want four problems", err)
	}
	wantProblem(t, err, "certificate", "the certificate of the authority CN=Middle expired on 23 November 2026")
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		t.Fatal("not PEM")
	}
	return b.Bytes
}
