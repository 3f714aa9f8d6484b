package app

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/waybillhq/waybill/internal/check"
	"github.com/waybillhq/waybill/internal/send"
)

// guard returns what says where hooks may reach.
func (o *Options) guard() *send.Guard {
	return send.NewGuard(o.AllowNetworks).Within(o.Limits)
}

// NewChecker returns what looks at receivers as an App with these options would
// come to them, for the operator: its reports name addresses that are not
// permitted. Only the options of how receivers are reached count.
func NewChecker(o Options) (*check.Checker, error) {
	roots, err := loadRoots(o.Roots)
	if err != nil {
		return nil, err
	}
	c := o.checker(roots)
	c.Open = true
	return c, nil
}

func (o *Options) checker(roots *x509.CertPool) *check.Checker {
	return &check.Checker{Roots: roots, Timeout: o.ConnectTimeout, Network: send.NewDialer(send.Dialing{
		Guard: o.guard(), Timeout: o.ConnectTimeout, Source: o.SourceAddress, Proxy: o.Proxy,
	})}
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
