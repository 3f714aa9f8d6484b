// Package check looks at a receiver as a delivery would come to it: what its name
// resolves to, whether it may be connected to, which versions of TLS it offers
// and with what certificate. It grades what it finds and says what to mend. It
// makes no request: the connections end after the handshake.
package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Network is how deliveries reach receivers.
type Network interface {
	// Resolve returns the addresses that connections to a host are made to, in
	// the order in which they are tried, permitted or not.
	Resolve(ctx context.Context, host string) ([]netip.Addr, error)
	// CheckTarget returns nil if an address and port may be connected to, else why
	// not, in words for the operator. Explain has them for others.
	CheckTarget(t netip.AddrPort) error
	// DialContext connects to the host and port in address, if that is permitted.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Explain says in words why no connection to a host and port was made or, if
	// it was made, why the handshake over it failed: what is wrong and, after a
	// semicolon, what can be done. It names no address that is not permitted,
	// unless the host is that address.
	Explain(err error, host, port string, made bool) string
}

// Checker checks receivers. It is safe for concurrent use.
type Checker struct {
	Network Network
	Roots   *x509.CertPool // who may vouch for receivers; nil means the system's
	Timeout time.Duration  // of each handshake; 0 means 10 s
	Open    bool           // for the operator: reports name the addresses that are not permitted, too
}

// limit bounds a whole check.
const limit = 45 * time.Second

// Check checks the receiver at a URL of a company with the given defaults. An error is about the URL: an error of
// fault hook.Invalid about the field "url". Whatever else goes wrong is in the report.
func (c *Checker) Check(ctx context.Context, raw string, d hook.Defaults) (Report, error) {
	if err := hook.CheckURL(raw); err != nil {
		return Report{}, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Report{}, hook.InvalidField("url", "cannot be read")
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := &probe{
		network: c.Network, roots: d.Pool(c.Roots), timeout: cmp.Or(c.Timeout, 10*time.Second),
		port: cmp.Or(u.Port(), "443"), open: c.Open,
	}
	p.host, p.now = u.Hostname(), time.Now()
	p.report = Report{
		URL: raw, CheckedAt: p.now.UTC().Truncate(time.Second),
		Addresses: []Address{}, Versions: []Version{}, HTTP: []string{}, Chain: []Certificate{},
	}
	p.run(limited)
	return grade(p.facts), ctx.Err()
}

// facts is what a check has found out.
type facts struct {
	host    string
	now     time.Time
	report  Report // without findings
	refusal string // why Waybill would not deliver; empty if it would
	chain   []*x509.Certificate
	anchor  *x509.Certificate // that vouches for the chain; nil if none does
	onlyTwo bool              // HTTP/2 is offered, but not HTTP/1.1
}

// versions are those of TLS that are tried, the newest first.
func versions() []uint16 {
	return []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10}
}
