package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// probe is a check under way.
type probe struct {
	facts
	network Network
	roots   *x509.CertPool
	timeout time.Duration
	port    string
	open    bool   // name what is not permitted
	target  string // address and port that have taken a connection
}

// What is said to a receiver by ALPN.
const (
	one = "http/1.1"
	two = "h2"
)

// run fills in the facts, as far as it comes.
func (p *probe) run(ctx context.Context) {
	begun := time.Now()
	addrs, err := p.network.Resolve(ctx, p.host)
	p.report.Took.LookUp = milliseconds(time.Since(begun))
	if err != nil {
		p.refusal = p.network.Explain(err, p.host, p.port, false)
		return
	}
	conn := p.connect(ctx, addrs)
	if conn == nil {
		return
	}
	if !p.deliver(ctx, conn) {
		return
	}
	for _, v := range versions() {
		p.report.Versions = append(p.report.Versions, p.offers(ctx, v))
	}
	p.tellTooOld()
}

// connect returns a connection to the first address that is permitted and takes
// one, nil if there is none.
func (p *probe) connect(ctx context.Context, addrs []netip.Addr) net.Conn {
	port, err := strconv.ParseUint(p.port, 10, 16)
	if err != nil {
		p.refusal = err.Error() // never: the URL was checked
		return nil
	}
	var conn net.Conn
	for _, addr := range addrs {
		target := netip.AddrPortFrom(addr.Unmap(), uint16(port))
		a := Address{Address: target.Addr().String()}
		if err := p.network.CheckTarget(target); err != nil {
			a = p.refused(target.Addr(), err)
			p.refusal = cmp.Or(p.refusal, a.Reason)
		} else {
			a.Permitted = true
			if conn == nil {
				conn, a.Reason = p.dial(ctx, target)
				a.Used = conn != nil
			}
		}
		p.report.Addresses = append(p.report.Addresses, a)
	}
	switch i := slices.IndexFunc(p.report.Addresses, func(a Address) bool { return a.Permitted }); {
	case conn != nil:
		p.refusal = ""
	case i >= 0:
		p.refusal = p.report.Addresses[i].Reason
	case len(addrs) == 0:
		p.refusal = "the name " + p.host + " leads to no address; check the receiver's DNS entry"
	}
	return conn
}

// refused reports on an address that is not permitted. Only the operator may
// learn what names lead to inside the operator's network.
func (p *probe) refused(addr netip.Addr, err error) Address {
	if p.open {
		return Address{Address: addr.String(), Reason: err.Error()}
	}
	a := Address{Reason: p.network.Explain(err, p.host, p.port, false)}
	if literal, err := netip.ParseAddr(p.host); err == nil && literal.Unmap() == addr {
		a.Address = addr.String()
	}
	return a
}

func (p *probe) dial(ctx context.Context, target netip.AddrPort) (net.Conn, string) {
	begun := time.Now()
	conn, err := p.network.DialContext(ctx, "tcp", target.String())
	if err != nil {
		return nil, p.network.Explain(err, p.host, p.port, false)
	}
	p.report.Took.Connect = milliseconds(time.Since(begun))
	p.target = target.String()
	return conn, ""
}

// deliver shakes hands over conn as a delivery would, and reports whether it is
// worth while to go on after that.
func (p *probe) deliver(ctx context.Context, conn net.Conn) bool {
	begun := time.Now()
	config := hook.TLS(p.roots)
	config.NextProtos = []string{one}
	state, err := p.shake(ctx, conn, config)
	p.report.Took.Handshake = milliseconds(time.Since(begun))
	if err != nil && strings.Contains(err.Error(), "no application protocol") {
		if conn, redial := p.network.DialContext(ctx, "tcp", p.target); redial == nil {
			p.onlyTwo, config.NextProtos = true, []string{two}
			state, err = p.shake(ctx, conn, config)
		}
	}
	if len(state.VerifiedChains) > 0 {
		chain := state.VerifiedChains[0]
		p.report.Verified, p.anchor = true, chain[len(chain)-1]
	}
	// A receiver that has seen no certificate of ours may break off: only a hook has one.
	if err != nil && (!p.report.Verified || !p.report.AsksFor) {
		p.refusal = p.network.Explain(err, p.host, p.port, true)
	}
	if state.Version != 0 && !p.onlyTwo {
		p.report.HTTP = append(p.report.HTTP, one)
	}
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	return !notTLS && ctx.Err() == nil && !isTimeout(err)
}

// offers tells whether and how the receiver takes one version of TLS.
func (p *probe) offers(ctx context.Context, version uint16) Version {
	v := Version{Name: tls.VersionName(version)}
	config := &tls.Config{
		MinVersion: version, MaxVersion: version, NextProtos: []string{two, one},
		InsecureSkipVerify: true, //nolint:gosec // to look at it; nothing is sent
	}
	config.CipherSuites = suites(nil)
	if version == tls.VersionTLS12 {
		config.CipherSuites = suites(modern)
	}
	state, ok := p.try(ctx, config)
	if !ok && version == tls.VersionTLS12 {
		config.CipherSuites = suites(nil)
		state, ok = p.try(ctx, config)
	}
	if !ok || state.Version != version {
		return v
	}
	v.Offered, v.Suite, v.HTTP = true, tls.CipherSuiteName(state.CipherSuite), state.NegotiatedProtocol
	if v.HTTP == two && version >= tls.VersionTLS12 && !slices.Contains(p.report.HTTP, two) {
		p.report.HTTP = append(p.report.HTTP, two)
	}
	if version == tls.VersionTLS12 {
		config.CipherSuites = suites(func(id uint16) bool { return !modern(id) })
		if weak, ok := p.try(ctx, config); ok && weak.Version == version && weak.CipherSuite != state.CipherSuite {
			v.Weak = tls.CipherSuiteName(weak.CipherSuite)
		}
	}
	return v
}

// try connects and shakes hands. A handshake that broke after the receiver had
// chosen a version counts, because it may only want a certificate.
func (p *probe) try(ctx context.Context, config *tls.Config) (tls.ConnectionState, bool) {
	conn, err := p.network.DialContext(ctx, "tcp", p.target)
	if err != nil {
		return tls.ConnectionState{}, false
	}
	state, err := p.shake(ctx, conn, config)
	return state, err == nil || state.Version != 0 && p.report.AsksFor
}

// shake shakes hands over conn, which it closes, and notes what the receiver shows.
func (p *probe) shake(ctx context.Context, conn net.Conn, config *tls.Config) (tls.ConnectionState, error) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	config.ServerName = p.host
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		p.report.AsksFor = true
		return new(tls.Certificate), nil
	}
	client := tls.Client(conn, config)
	err := client.HandshakeContext(ctx)
	state := client.ConnectionState()
	shown := state.PeerCertificates
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		shown = e.UnverifiedCertificates
	}
	if p.chain == nil && len(shown) > 0 {
		p.chain = shown
		for _, cert := range shown {
			p.report.Chain = append(p.report.Chain, describe(cert))
		}
	}
	return state, err
}

// tellTooOld gives a refusal because of the version the words for what is offered.
func (p *probe) tellTooOld() {
	i := slices.IndexFunc(p.report.Versions, func(v Version) bool { return v.Offered })
	if p.refusal != "" && i >= 0 && p.report.Versions[i].Name < tls.VersionName(tls.VersionTLS12) {
		p.refusal = "the receiver offers " + p.report.Versions[i].Name + " at most; it must offer TLS 1.2 or 1.3"
	}
}
