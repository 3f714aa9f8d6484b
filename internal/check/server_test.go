package check_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/check"
	"github.com/waybillhq/waybill/internal/send"
)

// issuer is an authority, a root or an intermediate one.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate by the issuer; by nil, it is self-signed.
func (a *issuer) issue(tb testing.TB, template *x509.Certificate, key crypto.Signer) issuer {
	tb.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().AddDate(0, 3, 0)
	}
	by, signer := template, key
	if a != nil {
		by, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return issuer{cert, key}
}

func (a *issuer) authority(tb testing.TB, name string) *issuer {
	tb.Helper()
	made := a.issue(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, newKey(tb))
	return &made
}

// server returns a certificate for hooks.test that change may alter, followed by
// the given ones in what is shown.
func (a *issuer) server(tb testing.TB, key crypto.Signer, change func(*x509.Certificate), more ...*issuer) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "hooks.test"}, DNSNames: []string{"hooks.test"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	made := a.issue(tb, template, key)
	shown := tls.Certificate{Certificate: [][]byte{made.cert.Raw}, PrivateKey: key}
	for _, m := range more {
		shown.Certificate = append(shown.Certificate, m.cert.Raw)
	}
	return shown
}

func newKey(tb testing.TB) crypto.Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newRSA(tb testing.TB, bits int) crypto.Signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// serve shakes hands with whoever comes to a loopback address, and returns the
// port. With a nil config, it answers as an HTTP server does to a handshake.
func serve(tb testing.TB, config *tls.Config) string {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			talks.Go(func() {
				defer conn.Close()
				if config == nil {
					_, _ = conn.Read(make([]byte, 16))
					_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
					return
				}
				_ = tls.Server(conn, config).HandshakeContext(tb.Context()) // the check judges it
			})
		}
	})
	tb.Cleanup(func() {
		if err := ln.Close(); err != nil {
			tb.Error(err)
		}
		talks.Wait()
	})
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

// world is a network on loopback, in which names lead to where the test says.
type world struct {
	*send.Dialer
	addrs map[string]string // addresses by host, with spaces between them
}

func (w world) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if _, ok := w.addrs[host]; !ok {
		return w.Dialer.Resolve(ctx, host)
	}
	var all []netip.Addr
	for field := range strings.FieldsSeq(w.addrs[host]) {
		all = append(all, netip.MustParseAddr(field))
	}
	return all, nil
}

// newChecker returns a checker that trusts root, may connect to 127.0.0.0/8 but
// not to 127.0.0.9, and finds hooks.test at the given addresses.
func newChecker(root *issuer, addrs string) *check.Checker {
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	guard := send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}).
		Within(send.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32")}})
	return &check.Checker{Roots: pool, Timeout: 5 * time.Second, Open: true, Network: world{
		send.NewDialer(send.Dialing{Guard: guard, Timeout: 5 * time.Second}), map[string]string{"hooks.test": addrs},
	}}
}
