package certificate_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// now is when all tests happen.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// holder is a certificate with its key.
type holder struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newKey(tb testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// issue makes a certificate for a key, signed by parent or, if that is nil, by
// itself. It is good for 100 days around now, unless change says otherwise.
func issue(tb testing.TB, name string, parent *holder, key crypto.Signer, change func(*x509.Certificate)) *holder {
	tb.Helper()
	template := &x509.Certificate{
		Subject:      pkix.Name{CommonName: name},
		SerialNumber: big.NewInt(1),
		NotBefore:    now.AddDate(0, 0, -50), NotAfter: now.AddDate(0, 0, 50),
	}
	if change != nil {
		change(template)
	}
	by := template
	signer := key
	if parent != nil {
		by, signer = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &holder{cert, key}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
}

func client(c *x509.Certificate) {
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

// family is a root, an authority under it, and a certificate from that.
type family struct{ root, middle, own *holder }

func newFamily(tb testing.TB) family {
	tb.Helper()
	root := issue(tb, "Root", nil, newKey(tb, elliptic.P384()), authority)
	middle := issue(tb, "Middle", root, newKey(tb, elliptic.P256()), authority)
	return family{root, middle, issue(tb, "shop.example", middle, newKey(tb, elliptic.P256()), client)}
}

// pem writes certificates one after the other.
func certs(holders ...*holder) string {
	var b strings.Builder
	for _, h := range holders {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.cert.Raw}))
	}
	return b.String()
}

// pkcs8 writes a key as new programs do.
func pkcs8(tb testing.TB, key any) string {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// wantProblem checks that err names a field and says what is wrong and what to
// do in both languages; an empty reason means that there is no error.
func wantProblem(t *testing.T, err error, field, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Invalid || e.German == "" {
		t.Fatalf("error %#v, want that the input is not valid, in German too", err)
	}
	for _, p := range e.Problems {
		if !strings.Contains(p.Reason, "; ") || !strings.HasSuffix(p.German, ".") || !strings.Contains(p.German, "; ") {
			t.Errorf("%q and %q do not say what to do, in English and German", p.Reason, p.German)
		}
		if p.Field == field && strings.Contains(p.Reason, reason) {
			return
		}
	}
	t.Errorf("problems %q, want one with %s: %q", e.Problems, field, reason)
}
