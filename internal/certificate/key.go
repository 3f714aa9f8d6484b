package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// The bits that an RSA key may have. Programs refuse larger ones in a handshake,
// because computing with them takes too long.
const (
	minRSA = 2048
	maxRSA = 8192
)

// parseKey parses a key as PKCS #8, PKCS #1 (RSA) or SEC 1 (ECDSA), whichever its
// block is said to be: some programs name the wrong one.
func parseKey(block *pem.Block) (crypto.Signer, bool) {
	if len(block.Bytes) > maxKey {
		return nil, false
	}
	if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		signer, ok := k.(crypto.Signer)
		return signer, ok
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k, true
	}
	if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return k, true
	}
	return nil, false
}

// key notes it if a key is not of a kind and size that receivers accept.
func (p *problems) key(field string, public crypto.PublicKey) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		if bits < minRSA {
			p.add(field, fmt.Sprintf("it has an RSA key of %d bits, which can be broken; have a certificate issued for 2048 or more", bits),
				fmt.Sprintf("Der RSA-Schlüssel hat %d Bit und ist zu brechen; lassen Sie ein Zertifikat für mindestens 2048 ausstellen.", bits))
		}
		if bits > maxRSA {
			p.add(field, fmt.Sprintf("it has an RSA key of %d bits, which receivers refuse; have a certificate issued for 8192 or fewer", bits),
				fmt.Sprintf("Der RSA-Schlüssel hat %d Bit, was Empfänger ablehnen; lassen Sie ein Zertifikat für höchstens 8192 ausstellen.", bits))
		}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() && k.Curve != elliptic.P521() {
			p.add(field, "it has an ECDSA key on a curve that TLS does not use; have a certificate issued for P-256, P-384 or P-521",
				"Der ECDSA-Schlüssel liegt auf einer Kurve, die TLS nicht verwendet; lassen Sie ein Zertifikat für P-256, P-384 oder P-521 ausstellen.")
		}
	case ed25519.PublicKey:
	default:
		p.add(field, "it has a key of a kind that TLS does not use; have a certificate issued for RSA, ECDSA or Ed25519",
			"Die Art des Schlüssels verwendet TLS nicht; lassen Sie ein Zertifikat für RSA, ECDSA oder Ed25519 ausstellen.")
	}
}

// belongs reports whether a certificate is for the key.
func belongs(c *x509.Certificate, key crypto.Signer) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}
