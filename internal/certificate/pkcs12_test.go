package certificate_test

import (
	"bytes"
	"encoding/asn1"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestFromPKCS12ReadsWhatProgramsExport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ password, subject string }{
		"openssl-modern.p12": {"Passwort-ä", "CN=Waybill fixture,O=Nordwind"},
		"openssl-legacy.p12": {"Passwort-ä", "CN=Waybill fixture,O=Nordwind"},
		"openssl-empty.p12":  {"", "CN=Waybill fixture,O=Nordwind"},
		"openssl-bare.p12":   {"", "CN=Waybill fixture,O=Nordwind"}, // neither encrypted nor vouched for
		"firefox.p12":        {"secret", "CN=x"},                    // by its pk12util: BER, 600,000 iterations
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := certificate.FromPKCS12(fixture(t, name), hook.Secret(tt.password), now)
			if err != nil || c.Subject != tt.subject {
				t.Fatalf("FromPKCS12 = %q, %v, want %q", c.Subject, err, tt.subject)
			}
			again, err := certificate.FromPEM(c.Chain, c.Key, now)
			if diff := cmp.Diff(c, again); err != nil || diff != "" {
				t.Errorf("the result as PEM: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestFromPKCS12TakesEveryEncryption(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	for name, encoder := range map[string]*pkcs12.Encoder{
		"RC2": pkcs12.LegacyRC2, "Triple DES": pkcs12.LegacyDES, "AES": pkcs12.Modern2023, "AES and PBMAC1": pkcs12.Modern2026,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := certificate.FromPKCS12(export(t, encoder, f.own, f.root, f.middle), "pass", now)
			if err != nil || c.Chain != certs(f.own, f.middle) || string(c.Key) != pkcs8(t, f.own.key) {
				t.Errorf("FromPKCS12 = %v, %v, want the chain in order and the key", c, err)
			}
			_, err = certificate.FromPKCS12(export(t, encoder, f.own), "other", now)
			wantProblem(t, err, "password", "not the password of the file")
		})
	}
}

func TestFromPKCS12NamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	f, other := newFamily(t), newFamily(t)
	good := export(t, pkcs12.Modern2023, f.own, f.middle)
	damaged := bytes.Clone(good)
	damaged[len(damaged)/2] ^= 1
	for name, tt := range map[string]struct {
		file        []byte
		field, want string
	}{
		"nothing":           {nil, "pkcs12", "not a PKCS#12 file"},
		"PEM":               {[]byte(certs(f.own)), "pkcs12", "not a PKCS#12 file"},
		"a certificate":     {f.own.cert.Raw, "pkcs12", "not a PKCS#12 file"},
		"half a file":       {good[:len(good)/2], "pkcs12", "not a PKCS#12 file"},
		"damaged":           {damaged, "password", "not the password of the file"},
		"too long":          {make([]byte, 64<<10+1), "pkcs12", "longer than 64 KiB"},
		"no key":            {fixture(t, "nokeys.p12"), "pkcs12", "no private key in it"},
		"another's key":     {export(t, pkcs12.Modern2023, &holder{f.own.cert, other.own.key}), "pkcs12", "not the one of the certificate"},
		"a stranger":        {export(t, pkcs12.Modern2023, f.own, other.middle), "pkcs12", "have not signed the ones before"},
		"without any end":   {bytes.Repeat([]byte{0x30, 0x80}, 1000), "pkcs12", "not a PKCS#12 file"},
		"an enormous claim": {[]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02}, "pkcs12", "not a PKCS#12 file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := certificate.FromPKCS12(tt.file, "pass", now)
			wantProblem(t, err, tt.field, tt.want)
		})
	}
}

// TestFromPKCS12BoundsItsWork has files that ask for too much hashing, in each of
// the places where a file can, and in all of them together.
func TestFromPKCS12BoundsItsWork(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	const count = 0x10001
	der, err := asn1.Marshal(count)
	if err != nil {
		t.Fatal(err)
	}
	for name, encoder := range map[string]*pkcs12.Encoder{
		"RC2": pkcs12.LegacyRC2, "Triple DES": pkcs12.LegacyDES, "AES": pkcs12.Modern2023, "AES and PBMAC1": pkcs12.Modern2026,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pieces := bytes.Split(export(t, encoder.WithIterations(count), f.own), der)
			if len(pieces) != 4 {
				t.Fatalf("the count stands in %d places, want 3", len(pieces)-1)
			}
			small, large, huge := der, []byte{2, 3, 0x0d, 0, 1}, []byte{2, 3, 0x7f, 0, 1}
			for _, counts := range [][3][]byte{{huge, small, small}, {small, huge, small}, {small, small, huge}, {large, large, large}} {
				file := slices.Concat(pieces[0], counts[0], pieces[1], counts[1], pieces[2], counts[2], pieces[3])
				_, err := certificate.FromPKCS12(file, "pass", now)
				wantProblem(t, err, "pkcs12", "hashed more often than anyone needs")
			}
		})
	}
}

// export writes a file with the password "pass".
func export(tb testing.TB, encoder *pkcs12.Encoder, own *holder, above ...*holder) []byte {
	tb.Helper()
	file, err := encoder.Encode(own.key, own.cert, certificatesOf(above), "pass")
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
