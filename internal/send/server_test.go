package send_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// authority issues the certificates of a test's servers, wrong ones too.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	a := &authority{}
	a.key, a.cert = newCertificate(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Test Authority"},
		IsCA:    true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return a
}

// issue returns a certificate for localhost and 127.0.0.1 that change may alter.
func (a *authority) issue(tb testing.TB, change func(*x509.Certificate)) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	key, cert := newCertificate(tb, template, a)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// issueFor returns a certificate for names, and for 127.0.0.1.
func (a *authority) issueFor(tb testing.TB, names ...string) tls.Certificate {
	tb.Helper()
	return a.issue(tb, func(c *x509.Certificate) { c.DNSNames = names })
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// newCertificate makes a certificate signed by parent, or by itself if nil.
func newCertificate(tb testing.TB, template *x509.Certificate, parent *authority) (*ecdsa.PrivateKey, *x509.Certificate) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	signer, by := key, template
	if parent != nil {
		signer, by = parent.key, parent.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return key, cert
}

// serve starts an HTTPS server with the given handler. Its URL has 127.0.0.1.
func serve(tb testing.TB, a *authority, h http.Handler) *httptest.Server {
	tb.Helper()
	return serveTLS(tb, &tls.Config{Certificates: []tls.Certificate{a.issue(tb, nil)}}, h)
}

// serveTLS is serve with a TLS configuration of the test's own.
func serveTLS(tb testing.TB, config *tls.Config, h http.Handler) *httptest.Server {
	tb.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = config
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	tb.Cleanup(srv.Close)
	return srv
}

// listen starts a server that hands each connection to talk, after a TLS
// handshake if config is not nil, and returns its URL.
func listen(tb testing.TB, config *tls.Config, talk func(net.Conn)) string {
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
				if config != nil {
					conn = tls.Server(conn, config)
				}
				talk(conn)
				_ = conn.Close() // the client may be gone
			})
		}
	})
	tb.Cleanup(func() {
		if err := ln.Close(); err != nil {
			tb.Error(err)
		}
		talks.Wait()
	})
	return "https://" + ln.Addr().String()
}

// loopback is a guard that lets tests reach their own servers.
func loopback() *send.Guard {
	return send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})
}

// newClient returns a client that trusts a and may connect to loopback.
func newClient(tb testing.TB, a *authority, change func(*send.Options)) *send.Client {
	tb.Helper()
	o := send.Options{Roots: a.pool(), Guard: loopback(), Timeout: 10 * time.Second}
	if change != nil {
		change(&o)
	}
	c := send.New(o)
	tb.Cleanup(c.Close)
	return c
}

// post returns a request such as a delivery's.
func post(url string) hook.Request {
	return hook.Request{
		Method: http.MethodPost, URL: url, Body: []byte(`{"event":"OrderCreated"}`),
		Header: http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"d1"}},
	}
}
