package send

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"github.com/waybillhq/waybill/internal/hook"
)

// The ways in which a Proxy is asked for a connection.
const (
	Connect = "http"   // CONNECT (RFC 9110, section 9.3.6)
	SOCKS5  = "socks5" // RFC 1928
)

// Proxy is what connections are made through. Its own address is the operator's
// choice, so no guard is asked about it.
type Proxy struct {
	Scheme   string // Connect or SOCKS5
	Address  string // host and port
	User     string // empty: without authentication
	Password hook.Secret
}

// proxyError says what went wrong between this server and its proxy.
type proxyError struct {
	reason string
	final  bool  // it would be the same for another address of the receiver
	err    error // that is behind it
}

func (e *proxyError) Error() string { return e.reason }

func (e *proxyError) Unwrap() error { return e.err }

// fail returns a proxyError about p. It doesn't name p's address: those who read
// it are a company's people, and the network is the operator's.
func (p *Proxy) fail(final bool, err error, format string, args ...any) *proxyError {
	return &proxyError{"this server's outbound proxy " + fmt.Sprintf(format, args...), final, err}
}

// dialProxy connects to a host through the proxy. The name is looked up and the
// guard asked here; the proxy gets the very address that was permitted, so that
// it cannot find another one behind the name.
func (d *Dialer) dialProxy(ctx context.Context, host string, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	addrs, err := d.Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var first error
	for _, a := range addrs {
		target := netip.AddrPortFrom(a.Unmap().WithZone(""), port)
		err := d.guard.CheckTarget(target)
		if err == nil {
			var conn net.Conn
			if conn, err = d.through(ctx, target); err == nil {
				return conn, nil
			}
		}
		if first == nil || refused(first) {
			first = err
		}
		if e, ok := errors.AsType[*proxyError](err); ok && e.final {
			return nil, err
		}
	}
	return nil, first
}

// through asks the proxy for a connection to target.
func (d *Dialer) through(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
	p := d.proxy
	if p.Scheme == SOCKS5 {
		return d.socks(ctx, target)
	}
	conn, err := d.reachProxy(ctx)
	if err != nil {
		return nil, err
	}
	// The end of ctx ends what is being read or written.
	release := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = p.connect(conn, target)
	if !release() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close() // it is of no use
		return nil, p.silent(ctx, err)
	}
	return conn, nil
}

// reachProxy connects to the proxy itself.
func (d *Dialer) reachProxy(ctx context.Context) (net.Conn, error) {
	conn, err := d.direct(nil).DialContext(ctx, "tcp", d.proxy.Address)
	if err != nil {
		return nil, d.proxy.fail(true, err, "could not be reached: %v; check that it runs, and --proxy", bare(err))
	}
	return conn, nil
}

// connect asks for a connection to target by HTTP.
func (p *Proxy) connect(conn net.Conn, target netip.AddrPort) error {
	request := "CONNECT " + target.String() + " HTTP/1.1\r\nHost: " + target.String() + "\r\n"
	if p.User != "" || p.Password != "" {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.User+":"+string(p.Password))) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return p.fail(true, err, "broke the connection off: %v", bare(err))
	}
	in := bufio.NewReader(io.LimitReader(conn, maxReadHead))
	resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return p.fail(true, err, "does not answer like an HTTP proxy: %v; check the port and the scheme in --proxy", bare(err))
	}
	defer resp.Body.Close() // of CONNECT there is none: what follows is the tunnel's
	switch status := clean(resp.Status); {
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return p.fail(true, nil, "asks for a user and password that it accepts (407); check those in --proxy")
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusMethodNotAllowed:
		return p.fail(false, nil, "refused to connect to %s (%s); have its rules allow that", target, status)
	case resp.StatusCode/100 != 2:
		return p.fail(false, nil, "made no connection to %s (%s); check that the receiver runs and lets the proxy in", target, status)
	case in.Buffered() > 0:
		return p.fail(true, nil, "sent something of its own after taking the request")
	}
	return nil
}

// socks asks for a connection to target by SOCKS.
func (d *Dialer) socks(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
	p := d.proxy
	var auth *proxy.Auth
	if p.User != "" || p.Password != "" {
		auth = &proxy.Auth{User: p.User, Password: string(p.Password)}
	}
	dialer, err := proxy.SOCKS5("tcp", p.Address, auth, reach{d})
	if err != nil {
		return nil, err
	}
	conn, err := dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", target.String())
	if err == nil {
		return conn, nil
	}
	if e, ok := errors.AsType[*proxyError](err); ok {
		return nil, e
	}
	return nil, p.silent(ctx, p.explainSOCKS(err, target))
}

// explainSOCKS sorts the errors of package proxy by their texts: it has nothing
// else to tell them apart.
func (p *Proxy) explainSOCKS(err error, target netip.AddrPort) error {
	text := bare(err).Error()
	is := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	switch {
	case is("authentication"):
		return p.fail(true, err, "asks for a user and password that it accepts; check those in --proxy")
	case is("not allowed"):
		return p.fail(false, err, "refused to connect to %s; have its rules allow that", target)
	case is("unexpected protocol version", "EOF", "reset"):
		return p.fail(true, err, "does not answer like a SOCKS5 proxy; check the port and the scheme in --proxy")
	default:
		return p.fail(false, err, "made no connection to %s (%s); check that the receiver runs and lets the proxy in",
			target, clean(strings.TrimPrefix(text, "unknown error ")))
	}
}

// silent returns err, or that the proxy didn't answer if ctx has ended.
func (p *Proxy) silent(ctx context.Context, err error) error {
	if ctx.Err() == nil && !timedOut(err) {
		return err
	}
	return p.fail(true, ctx.Err(), "had not made the connection in time; check that it runs and reaches the receiver")
}

// reach lets package proxy connect to the proxy.
type reach struct{ d *Dialer }

func (r reach) Dial(_, _ string) (net.Conn, error) { return r.d.reachProxy(context.Background()) }

func (r reach) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return r.d.reachProxy(ctx)
}

// bare returns what is behind network errors, which repeat addresses, and behind
// that of a look-up, which repeats the name and who was asked.
func bare(err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return bare(e.Err)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(e.Err)
	}
	return err
}
