// Package certificate reads what people paste or upload: the certificate that a
// hook shows to receivers, with its key, and authorities that are trusted. What
// is wrong is said at once, field by field, in English and German. The package
// is pure: bytes and a time go in.
package certificate

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// The fields that problems are about.
const (
	FieldCertificate = "certificate" // PEM: the certificate and its chain, and perhaps the key
	FieldKey         = "key"         // PEM
	FieldPKCS12      = "pkcs12"      // the file
	FieldPassword    = "password"    // of the file
)

const (
	maxInput        = 64 << 10 // bytes of all that is given at once
	maxCertificates = 10
)

// FromPEM reads a certificate with its chain, and its private key. The key may
// stand in the same text; key is then empty. The order of the certificates
// doesn't matter, nor does text around the blocks.
//
// FromPEM fails with a *hook.Error that names all that is wrong. It never
// repeats what it was given but for the names in certificates.
func FromPEM(text string, key hook.Secret, now time.Time) (hook.Certificate, error) {
	var wrong problems
	if len(text)+len(key) > maxInput {
		wrong.tooLong(FieldCertificate)
		return hook.Certificate{}, wrong.err()
	}
	p := readPEM(text, FieldCertificate, &wrong)
	if key != "" {
		more := readPEM(string(key), FieldKey, &wrong)
		if len(more.certificates) > 0 && len(more.keys) == 0 {
			wrong.add(FieldKey, "it holds a certificate, not a private key; paste the block that begins with -----BEGIN PRIVATE KEY-----",
				"Das ist ein Zertifikat, kein privater Schlüssel; fügen Sie den Block ein, der mit -----BEGIN PRIVATE KEY----- beginnt.")
		}
		p.certificates, p.keys = append(p.certificates, more.certificates...), append(p.keys, more.keys...)
	}
	if len(wrong) > 0 {
		return hook.Certificate{}, wrong.err()
	}
	keyField := FieldKey
	if key == "" {
		keyField = FieldCertificate
	}
	return p.certificate(FieldCertificate, keyField, now)
}

// parts are the certificates and keys that an input holds.
type parts struct {
	certificates []*x509.Certificate
	keys         []crypto.Signer
}

// certificate checks the parts and puts them together.
func (p parts) certificate(certField, keyField string, now time.Time) (hook.Certificate, error) {
	var wrong problems
	p.count(certField, keyField, &wrong)
	if len(wrong) > 0 {
		return hook.Certificate{}, wrong.err()
	}
	key := p.keys[0]
	wrong.key(keyField, key.Public())
	for _, c := range p.certificates {
		wrong.key(certField, c.PublicKey)
	}
	if len(wrong) > 0 { // before any arithmetic with an oversized key
		return hook.Certificate{}, wrong.err()
	}
	chain := p.chain(certField, keyField, &wrong)
	if len(wrong) > 0 {
		return hook.Certificate{}, wrong.err()
	}
	for i, c := range chain {
		wrong.dates(certField, c, i == 0, now)
	}
	wrong.purpose(certField, chain[0])
	if len(wrong) > 0 {
		return hook.Certificate{}, wrong.err()
	}
	return assemble(chain, key)
}

// count notes it unless there is at least one certificate and just one key.
func (p parts) count(certField, keyField string, wrong *problems) {
	switch n := len(p.certificates); {
	case n == 0:
		wrong.add(certField, "there is no certificate in it; paste the block that begins with -----BEGIN CERTIFICATE----- too",
			"Es ist kein Zertifikat darin; fügen Sie auch den Block ein, der mit -----BEGIN CERTIFICATE----- beginnt.")
	case n > maxCertificates:
		wrong.add(certField, "there are more than 10 certificates in it; leave only your own and those of the authorities above it",
			"Es sind mehr als 10 Zertifikate darin; lassen Sie nur das eigene und die der Stellen darüber stehen.")
	}
	switch len(p.keys) {
	case 0:
		wrong.add(keyField, "there is no private key in it; add the key that the certificate was requested with",
			"Es ist kein privater Schlüssel darin; fügen Sie den Schlüssel hinzu, mit dem das Zertifikat beantragt wurde.")
	case 1:
	default:
		wrong.add(keyField, "there is more than one private key in it; leave only the one of the certificate",
			"Es ist mehr als ein privater Schlüssel darin; lassen Sie nur den des Zertifikats stehen.")
	}
}

func assemble(chain []*x509.Certificate, key crypto.Signer) (hook.Certificate, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return hook.Certificate{}, err
	}
	own := chain[0]
	sum := sha256.Sum256(own.Raw)
	return hook.Certificate{
		Chain:       PEM(chain),
		Key:         hook.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		Fingerprint: hex.EncodeToString(sum[:]),
		Subject:     name(own),
		Issuer:      cut(own.Issuer.String()),
		NotBefore:   own.NotBefore.UTC(),
		NotAfter:    own.NotAfter.UTC(),
	}, nil
}

// PEM writes certificates one after the other, and nothing else.
func PEM(certificates []*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certificates {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.String()
}
