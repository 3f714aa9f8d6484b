package send

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// maxTransports bounds how many transports are kept for client certificates and
// companies' own authorities.
const maxTransports = 256

// purpose is what a transport is for: requests that differ in it never share a
// connection. A client certificate is told by all of its chain, not by its
// fingerprint alone, so that another chain for it counts too.
type purpose struct {
	chain string // of the client certificate, PEM; empty for none
	roots string // that are trusted besides the server's, PEM
	two   bool   // HTTP/2 as well as HTTP/1.1
}

// transports makes transports and keeps them, with their connections, for the
// next request of the same purpose. It is safe for concurrent use.
type transports struct {
	make     func(roots *x509.CertPool, cert *tls.Certificate, two bool) *http.Transport
	roots    *x509.CertPool  // the server's; nil means the system's
	one, two *http.Transport // with these and without a client certificate, as most requests are

	mu   sync.Mutex
	kept map[purpose]*keptTransport // the others
}

type keptTransport struct {
	*http.Transport

	used time.Time
}

// dialFunc makes a connection, such as net.Dialer's DialContext.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func newTransports(o Options, dial dialFunc, handshake time.Duration) *transports {
	t := &transports{
		roots: o.Roots,
		make: func(roots *x509.CertPool, cert *tls.Certificate, two bool) *http.Transport {
			var versions http.Protocols
			versions.SetHTTP1(true)
			versions.SetHTTP2(two)
			return &http.Transport{
				DialContext:            dial,
				TLSClientConfig:        tlsConfig(roots, cert),
				TLSHandshakeTimeout:    handshake,
				DisableCompression:     true,
				MaxIdleConnsPerHost:    cmp.Or(o.MaxIdlePerHost, 64),
				IdleConnTimeout:        idleTimeout,
				MaxResponseHeaderBytes: maxReadHead,
				Protocols:              &versions,
				HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter},
			}
		},
		kept: make(map[purpose]*keptTransport),
	}
	t.one, t.two = t.make(o.Roots, nil, false), t.make(o.Roots, nil, true)
	return t
}

// tlsConfig is the policy for connections to receivers, which are shown cert.
func tlsConfig(roots *x509.CertPool, cert *tls.Certificate) *tls.Config {
	if cert == nil {
		cert = new(tls.Certificate) // none is shown
	}
	config := hook.TLS(roots)
	// The certificate is shown even if the receiver names other authorities:
	// its list is often incomplete, and if not, it then says what it misses.
	config.GetClientCertificate = func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		noteAsked(i.Context())
		return cert, nil
	}
	return config
}

// get returns the transport for requests with the given client certificate, to
// receivers that roots may vouch for besides the server's.
func (t *transports) get(c hook.Certificate, roots string, two bool) (*http.Transport, error) {
	switch {
	case c.Set() || roots != "":
		return t.keep(c, roots, two)
	case two:
		return t.two, nil
	default:
		return t.one, nil
	}
}

// keep returns the kept transport for a purpose, and makes it if there is none.
// That takes a while, so no lock is held meanwhile; of two that are made at once,
// the first is kept.
func (t *transports) keep(c hook.Certificate, roots string, two bool) (*http.Transport, error) {
	p := purpose{chain: c.Chain, roots: roots, two: two}
	if kept := t.find(p); kept != nil {
		return kept, nil
	}
	var cert *tls.Certificate
	if c.Set() {
		pair, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key))
		if err != nil {
			return nil, &clientCertificateError{err}
		}
		cert = &pair
	}
	made := t.make(hook.Defaults{Roots: roots}.Pool(t.roots), cert, two)
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if k, ok := t.kept[p]; ok {
		k.used = now
		return k.Transport, nil
	}
	t.makeRoom(now)
	t.kept[p] = &keptTransport{Transport: made, used: now}
	return made, nil
}

// find returns the transport that is kept for p, nil if there is none.
func (t *transports) find(p purpose) *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.kept[p]
	if !ok {
		return nil
	}
	k.used = time.Now()
	return k.Transport
}

// makeRoom forgets the transports that have not been used for so long that their
// connections are closed, and if still too many are kept, the one that has been
// used the longest ago. Requests under way on it are not disturbed.
func (t *transports) makeRoom(now time.Time) {
	var oldest purpose
	for p, k := range t.kept {
		if now.Sub(k.used) > idleTimeout {
			k.CloseIdleConnections()
			delete(t.kept, p)
			continue
		}
		if o, ok := t.kept[oldest]; !ok || k.used.Before(o.used) {
			oldest = p
		}
	}
	if len(t.kept) >= maxTransports {
		t.kept[oldest].CloseIdleConnections()
		delete(t.kept, oldest)
	}
}

// closeIdle closes the kept connections that are not in use.
func (t *transports) closeIdle() {
	t.one.CloseIdleConnections()
	t.two.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.kept {
		k.CloseIdleConnections()
	}
}

// clientCertificateError says that a hook's client certificate cannot be used.
type clientCertificateError struct{ err error }

func (e *clientCertificateError) Error() string {
	return fmt.Sprintf("the hook's client certificate cannot be used (%v); upload it again, with its private key", e.err)
}

func (e *clientCertificateError) Unwrap() error { return e.err }
