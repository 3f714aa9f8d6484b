package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

func FuzzFromPEM(f *testing.F) {
	family := newFamily(f)
	key := pkcs8(f, family.own.key)
	f.Add(certs(family.own, family.middle), key)
	f.Add(certs(family.root, family.own)+key, "")
	f.Add("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\neA==\n-----END RSA PRIVATE KEY-----", "x")
	f.Fuzz(func(t *testing.T, text, key string) {
		c, err := certificate.FromPEM(text, hook.Secret(key), now)
		usable(t, c, err)
		if roots, err := certificate.Roots("roots", text, now); (err == nil) != (len(roots) > 0) {
			t.Errorf("Roots = %d certificates and %v", len(roots), err)
		}
	})
}

func FuzzFromPKCS12(f *testing.F) {
	family := newFamily(f)
	for _, e := range []*pkcs12.Encoder{pkcs12.LegacyRC2, pkcs12.LegacyDES, pkcs12.Modern2023, pkcs12.Modern2026} {
		f.Add(export(f, e, family.own, family.middle), "pass")
	}
	for _, name := range []string{"openssl-empty.p12", "openssl-bare.p12", "nokeys.p12"} {
		f.Add(fixture(f, name), "")
	}
	f.Fuzz(func(t *testing.T, file []byte, password string) {
		c, err := certificate.FromPKCS12(file, hook.Secret(password), now)
		usable(t, c, err)
	})
}

// usable checks that there is either an error or a certificate that TLS takes.
func usable(t *testing.T, c hook.Certificate, err error) {
	t.Helper()
	if (err == nil) != c.Set() {
		t.Fatalf("%v and %v, want one of them", c, err)
	}
	if err == nil {
		if _, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key)); err != nil {
			t.Errorf("it cannot be used: %v", err)
		}
	}
}

func certificatesOf(holders []*holder) []*x509.Certificate {
	var all []*x509.Certificate
	for _, h := range holders {
		all = append(all, h.cert)
	}
	return all
}
