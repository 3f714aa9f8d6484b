package receiver

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	certificateFile = "authority.pem"
	keyFile         = "authority-key.pem"
)

// OpenAuthority returns the authority that is kept in folder, so that those who
// trust it once trust it after a restart as well. If there is none, it makes the
// folder and a new authority. The key is in a file that only its owner may read.
// An error about what is in the folder says what to do about it. Two processes
// must not make an authority in the same folder at once.
func OpenAuthority(folder string) (*Authority, error) {
	cert, err := os.ReadFile(CertificateFile(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return makeAuthority(folder)
	}
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(filepath.Join(folder, keyFile)) //nolint:gosec // the caller's own folder
	if err != nil {
		return nil, fmt.Errorf("%w; delete %s to have a new authority made, and have it trusted again", err, CertificateFile(folder))
	}
	a, err := parseAuthority(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; delete it to have a new authority made, and have that trusted again", CertificateFile(folder), err)
	}
	return a, nil
}

// CertificateFile returns where OpenAuthority keeps the authority's certificate,
// which senders are to trust.
func CertificateFile(folder string) string { return filepath.Join(folder, certificateFile) }

func makeAuthority(folder string) (*Authority, error) {
	a, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	// The certificate comes last, because the authority is there when it is.
	if err := os.WriteFile(filepath.Join(folder, keyFile), key, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(CertificateFile(folder), a.PEM(), 0o644); err != nil { //nolint:gosec // the certificate is for everybody
		return nil, err
	}
	return a, nil
}

func parseAuthority(certPEM, keyPEM []byte) (*Authority, error) {
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return nil, errors.New("the certificate or its key is not in PEM form")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate is damaged: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the key is damaged: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("the key is not that of the certificate")
	}
	if time.Now().After(cert.NotAfter) {
		return nil, fmt.Errorf("the authority expired on %s", cert.NotAfter.Format(time.DateOnly))
	}
	return &Authority{cert: cert, key: key}, nil
}
