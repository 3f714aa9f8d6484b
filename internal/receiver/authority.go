// Package receiver is the receiving end of webhooks: an HTTPS server that shows
// what arrives and answers as planned, well or badly. The commands that try
// Waybill out use it, and so do tests.
package receiver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

const (
	validBefore = time.Hour // for clocks that are slow
	validAfter  = 365 * 24 * time.Hour
)

// Authority issues certificates that are good for a year. Its key lives in memory
// alone and is gone with it, unless OpenAuthority keeps it. It is safe for concurrent use.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority with a fresh key (ECDSA, P-256).
func NewAuthority() (*Authority, error) {
	a := &Authority{}
	var err error
	a.key, a.cert, err = newCertificate(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "Waybill test authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	return a, nil
}

// Issue returns a certificate for a server with the given names, each a DNS name
// or an IP address. It fails if there is none.
func (a *Authority) Issue(names ...string) (tls.Certificate, error) {
	if len(names) == 0 {
		return tls.Certificate{}, errors.New("issue a certificate: it needs a name")
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: names[0]},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key, cert, err := newCertificate(template, a)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue a certificate for %s: %w", names[0], err)
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

// Pool returns a pool with the authority's own certificate, for clients that
// should trust what it issues.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// PEM returns the authority's own certificate as a PEM block.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// newCertificate makes a key and a certificate for it, signed by parent or, if
// that is nil, by itself. It completes template.
func newCertificate(template *x509.Certificate, parent *Authority) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails
	serial[0] &= 0x7f        // keeps it positive and within 20 octets (RFC 5280, section 4.1.2.2)
	template.SerialNumber = new(big.Int).SetBytes(serial)
	now := time.Now()
	template.NotBefore, template.NotAfter = now.Add(-validBefore), now.Add(validAfter)

	signer, by := key, template
	if parent != nil {
		signer, by = parent.key, parent.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}
