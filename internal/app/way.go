package app

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/waybillhq/waybill/internal/send"
)

// guard returns what says where hooks may reach.
func (o *Options) guard() *send.Guard {
	return send.NewGuard(o.AllowNetworks).Within(o.Limits)
}

// loadRoots returns the system's roots and those in the given files.
func loadRoots(files []string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("load the system's certificates: %w", err)
	}
	for _, name := range files {
		pem, err := os.ReadFile(name) //nolint:gosec // the operator's own setting
		if err != nil {
			return nil, err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", name)
		}
	}
	return roots, nil
}
