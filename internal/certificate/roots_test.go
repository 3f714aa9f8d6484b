package certificate_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/certificate"
)

func TestRoots(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	key := newKey(t, elliptic.P256())
	old := issue(t, "Old", nil, key, func(c *x509.Certificate) {
		authority(c)
		c.NotAfter = now.AddDate(0, 0, -1)
	})
	mute := issue(t, "Mute", nil, key, func(c *x509.Certificate) {
		authority(c)
		c.KeyUsage = x509.KeyUsageCRLSign
	})
	for name, tt := range map[string]struct {
		text string
		want string
		n    int
	}{
		"one":                     {certs(f.root), "", 1},
		"two, with text around":   {"# Root\n" + certs(f.root) + "\n# Middle\n" + certs(f.middle), "", 2},
		"one twice":               {certs(f.root, f.root), "", 1},
		"nothing":                 {"\n", "it is empty", 0},
		"garbage":                 {"garbage", "it is not PEM", 0},
		"garbage in a block":      {certs(f.root) + block("CERTIFICATE", []byte("x")), "is not a certificate", 0},
		"a receiver's own":        {"\n" + certs(f.own), "line 2 (CN=shop.example) is not one of an authority", 0},
		"one that may not issue":  {certs(mute), "is not one of an authority", 0},
		"one that has expired":    {certs(f.root, old), "CN=Old expired on 23 November 2026", 0},
		"a private key":           {certs(f.root) + pkcs8(t, key), "a private key, which must not be here", 0},
		"a block that breaks off": {certs(f.root)[:100], "line 1 is broken", 0},
		"too long":                {strings.Repeat(" ", 256<<10+1), "longer than 256 KiB", 0},
		"too many":                {strings.Repeat("-----BEGIN X-----\n", 201), "more than 200", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := certificate.Roots("roots", tt.text, now)
			wantProblem(t, err, "roots", tt.want)
			if len(got) != tt.n {
				t.Errorf("Roots returned %d certificates, want %d", len(got), tt.n)
			}
		})
	}
}
