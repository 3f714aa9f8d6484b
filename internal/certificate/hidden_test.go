package certificate_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/certificate"
)

// TestFromPKCS12OpensNoHiddenKey has a file with two keys, of which one lies in
// an encrypted content, before the other, and asks for years of hashing.
func TestFromPKCS12OpensNoHiddenKey(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	key, err := x509.MarshalPKCS8PrivateKey(f.own.key)
	if err != nil {
		t.Fatal(err)
	}
	hidden := der(t, []any{oid(t, "1.2.840.113549.1.12.10.1.2"), explicit(t, []any{pbes2(t, 2_000_000_000), make([]byte, 16)})})
	open := der(t, []any{oid(t, "1.2.840.113549.1.12.10.1.1"), explicitRaw(t, key)})
	certBag := der(t, []any{oid(t, "1.2.840.113549.1.12.10.1.3"), explicit(t, []any{
		oid(t, "1.2.840.113549.1.9.22.1"), explicit(t, f.own.cert.Raw),
	})})
	file := func(key []byte, closed ...any) []byte {
		contents := []any{
			asn1.RawValue{FullBytes: der(t, []any{oid(t, "1.2.840.113549.1.7.6"), explicit(t, []any{0, []any{
				oid(t, "1.2.840.113549.1.7.1"), pbes2(t, 1),
				asn1.RawValue{Class: asn1.ClassContextSpecific, Bytes: encrypt(t, "pass", der(t, closed))},
			}})})},
		}
		if key != nil {
			contents = append(contents, []any{oid(t, "1.2.840.113549.1.7.1"), explicit(t, der(t, []any{asn1.RawValue{FullBytes: key}}))})
		}
		return der(t, []any{3, []any{oid(t, "1.2.840.113549.1.7.1"), explicit(t, der(t, contents))}})
	}
	raw := func(b []byte) any { return asn1.RawValue{FullBytes: b} }

	if _, err := certificate.FromPKCS12(file(open, raw(certBag)), "pass", now); err != nil {
		t.Fatalf("without the hidden key: %v", err)
	}
	start := time.Now()
	_, err = certificate.FromPKCS12(file(open, raw(hidden), raw(certBag)), "pass", now)
	wantProblem(t, err, "pkcs12", "damaged, or of a kind")
	_, err = certificate.FromPKCS12(file(nil, raw(hidden), raw(certBag)), "pass", now)
	wantProblem(t, err, "pkcs12", "no private key in it")
	if took := time.Since(start); took > 10*time.Second { // not minutes
		t.Errorf("it took %v", took)
	}
}

// der marshals a value; a slice of any is a SEQUENCE.
func der(t *testing.T, v any) []byte {
	t.Helper()
	if values, ok := v.([]any); ok {
		var inside []byte
		for _, one := range values {
			inside = append(inside, der(t, one)...)
		}
		v = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: inside}
	}
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func explicit(t *testing.T, v any) asn1.RawValue {
	t.Helper()
	return explicitRaw(t, der(t, v))
}

func explicitRaw(t *testing.T, inside []byte) asn1.RawValue {
	t.Helper()
	return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: inside}
}

func oid(t *testing.T, text string) asn1.ObjectIdentifier {
	t.Helper()
	parsed, err := x509.ParseOID(text)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parsed.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var id asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(append([]byte{asn1.TagOID, byte(len(b))}, b...), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

var (
	salt   = []byte("saltsalt")
	vector = make([]byte, aes.BlockSize)
)

// pbes2 names the encryption with a password that encrypt makes.
func pbes2(t *testing.T, iterations int) []any {
	t.Helper()
	return []any{oid(t, "1.2.840.113549.1.5.13"), []any{
		[]any{oid(t, "1.2.840.113549.1.5.12"), []any{salt, iterations, []any{oid(t, "1.2.840.113549.2.9")}}},
		[]any{oid(t, "2.16.840.1.101.3.4.1.42"), vector},
	}}
}

func encrypt(t *testing.T, password string, plain []byte) []byte {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, salt, 1, 32)
	if err != nil {
		t.Fatal(err)
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	plain = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(c, vector).CryptBlocks(plain, plain)
	return plain
}
