package send

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Dialing is how a Dialer makes connections. The zero value is usable.
type Dialing struct {
	Guard    *Guard        // nil means the public internet alone
	Timeout  time.Duration // of look-up and connection together; 0 means 10 s
	Source   netip.Addr    // to connect from; the zero value leaves it to the system
	Proxy    *Proxy        // to connect through; nil means none, whatever the environment says
	Resolver *net.Resolver // nil means the system's
}

// Dialer makes connections to receivers, each of them checked by its guard. It
// is safe for concurrent use.
type Dialer struct {
	guard    *Guard
	timeout  time.Duration
	source   net.Addr // nil: the system chooses
	network  string   // "tcp4" or "tcp6" if source is of that kind, else "tcp"
	proxy    *Proxy
	resolver *net.Resolver
	control  controlFunc // the guard's
}

// controlFunc is asked about each connection before it is made.
type controlFunc func(ctx context.Context, network, address string, conn syscall.RawConn) error

// NewDialer returns a Dialer.
func NewDialer(o Dialing) *Dialer {
	d := &Dialer{
		guard: o.Guard, timeout: cmp.Or(o.Timeout, 10*time.Second), network: "tcp", proxy: o.Proxy,
		resolver: cmp.Or(o.Resolver, net.DefaultResolver),
	}
	if d.guard == nil {
		d.guard = NewGuard(nil)
	}
	d.control = d.guard.control
	if source := o.Source.Unmap(); source.IsValid() {
		d.source = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		d.network = "tcp6"
		if source.Is4() {
			d.network = "tcp4"
		}
	}
	return d
}

// Resolve returns the addresses that connections to a host are made to, in the
// order in which they are tried, whether or not they may be connected to. A host
// that is an address is that one.
func (d *Dialer) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	network := "ip"
	if d.proxy == nil {
		network = "ip" + d.network[len("tcp"):]
	}
	return d.resolver.LookupNetIP(ctx, network, host)
}

// Explain says in words why no connection to a host and port was made or, if it
// was made, why the handshake over it failed: what is wrong and, after a
// semicolon, what can be done.
func (d *Dialer) Explain(err error, host, port string, made bool) string {
	f := failure{phase: connecting, host: host, port: port, now: time.Now(), elapsed: d.timeout}
	if made {
		f.phase = handshake
	}
	_, reason := f.explain(err)
	return clean(reason)
}

// CheckTarget is the guard's.
func (d *Dialer) CheckTarget(t netip.AddrPort) error { return d.guard.CheckTarget(t) }

// DialContext connects to the host and port in address. A name is looked up
// once, and the addresses it has are tried one after the other, of both families
// at once (RFC 8305). Those that the guard refuses are passed over; if there are
// no others, the error says why. It is made for http.Transport.
func (d *Dialer) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	// Resolvers differ in what they make of a host such as 0x7f.1.
	if err := hook.CheckURL("https://" + address); err != nil {
		return nil, err
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, err
	}
	if err := d.guard.CheckPort(uint16(port)); err != nil {
		return nil, err
	}
	if d.proxy != nil {
		return d.dialProxy(ctx, host, uint16(port))
	}
	var tried attempts
	conn, err := d.direct(d.control).DialContext(tried.in(ctx), d.network, address)
	if err != nil {
		return nil, d.otherFamily(ctx, host, tried.best(err))
	}
	return conn, nil
}

// otherFamily returns err, or what is behind it if a host is found to have
// addresses only of the family that the source address is not of.
func (d *Dialer) otherFamily(ctx context.Context, host string, err error) error {
	e, ok := errors.AsType[*net.DNSError](err)
	_, unsuitable := errors.AsType[*net.AddrError](err)
	if d.source == nil || !unsuitable && (!ok || !e.IsNotFound) {
		return err
	}
	if _, missing := d.resolver.LookupNetIP(ctx, "ip", host); missing != nil {
		return err
	}
	family := "IPv6"
	if d.network == "tcp4" {
		family = "IPv4"
	}
	return refuse("it has no %s address, and this server connects from one of these alone (--source-address)", family)
}

// direct returns what makes connections without a proxy. The control runs after
// a name is resolved and before each connection is made, so that no second
// look-up can slip another address past it.
func (d *Dialer) direct(control controlFunc) *net.Dialer {
	return &net.Dialer{Timeout: d.timeout, LocalAddr: d.source, Resolver: d.resolver, ControlContext: control}
}

// attempts is what became of the addresses of one name.
type attempts struct {
	mu    sync.Mutex
	other error // the first that is not a refusal by the guard
}

// in returns ctx with a trace that fills the attempts in.
func (a *attempts) in(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectDone: func(_, _ string, err error) {
		if err == nil || refused(err) {
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.other = cmp.Or(a.other, err)
	}})
}

// best returns the error to report when err, that of one address, is all that is
// known: a refusal counts only if every address was refused.
func (a *attempts) best(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if refused(err) && a.other != nil {
		return a.other
	}
	return err
}

func refused(err error) bool {
	_, ok := errors.AsType[*refusedError](err)
	return ok
}
