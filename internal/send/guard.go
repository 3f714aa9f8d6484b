package send

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"

	"github.com/waybillhq/waybill/internal/hook"
)

// Guard says what may be connected to: addresses of the public internet and
// those the operator allows, on ports that are not another service's. It never
// changes and is safe for concurrent use.
type Guard struct {
	allow   []netip.Prefix
	deny    []netip.Prefix
	ports   []uint16 // nil: all but those of otherServices
	refused []network
}

// Limits narrow what a Guard permits. The zero value does not.
type Limits struct {
	Deny  []netip.Prefix // never connected to, whether public or allowed
	Ports []uint16       // the only ones; none: all but those that belong to other services
}

// network is a range of addresses with the words for what it is.
type network struct {
	prefix netip.Prefix
	class  string
}

// NewGuard returns a Guard that permits, besides the public internet, the
// addresses in allow. An IPv4-mapped prefix in it stands for the IPv4 one.
func NewGuard(allow []netip.Prefix) *Guard {
	return &Guard{refused: refusedNetworks(), allow: unmapped(allow)}
}

// Within returns a Guard that permits what g does within the given limits.
func (g *Guard) Within(l Limits) *Guard {
	return &Guard{allow: g.allow, deny: slices.Concat(g.deny, unmapped(l.Deny)), ports: slices.Clone(l.Ports), refused: g.refused}
}

// unmapped returns prefixes with IPv4-mapped ones as the IPv4 ones they stand for.
func unmapped(prefixes []netip.Prefix) []netip.Prefix {
	var plain []netip.Prefix
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		plain = append(plain, p.Masked())
	}
	return plain
}

// Check returns nil if a may be connected to, and otherwise an error that names
// the address, what it is, and the setting that would allow it. An address that
// carries an IPv4 address to which a gateway would forward (NAT64, 6to4, Teredo)
// passes only if both do. The well-known NAT64 prefix itself counts as public
// (RFC 6052, section 3.1): it is how a network with IPv6 alone reaches the rest.
func (g *Guard) Check(a netip.Addr) error {
	a = a.Unmap().WithZone("") // a prefix never contains an address with a zone
	if detail, class := g.reason(a); class != "" {
		return &refusedError{reason: a.String() + " is " + detail, addr: a, class: "is " + class}
	}
	inner, ok := embedded(a)
	if !ok {
		return nil
	}
	if detail, class := g.reason(inner); class != "" {
		return &refusedError{
			reason: a.String() + " leads to " + inner.String() + ", which is " + detail,
			addr:   a, class: "leads to one that is " + class,
		}
	}
	return nil
}

// reason returns what a is that it may not be connected to, in detail for the
// operator and for all others, and "" if it may.
func (g *Guard) reason(a netip.Addr) (detail, class string) {
	for _, p := range g.deny {
		if p.Contains(a) {
			return "in the network " + p.String() + ", which the operator of this server denies (--deny-network)",
				"in a network that the operator of this server denies (--deny-network)"
		}
	}
	if class = g.class(a); class != "" {
		class += "; only the public internet is connected to unless the operator allows its network (--allow-network)"
	}
	return class, class
}

// CheckTarget returns nil if a connection to an address and port may be made,
// and otherwise an error with the reason and the remedy.
func (g *Guard) CheckTarget(t netip.AddrPort) error {
	if err := g.CheckPort(t.Port()); err != nil {
		return err
	}
	return g.Check(t.Addr())
}

// CheckURL is hook.CheckURL, CheckPort and, if the URL's host is written as an
// address, Check of it. What a name resolves to is checked when it is connected to.
// It returns nil or a *hook.Error about the field "url".
func (g *Guard) CheckURL(raw string) error {
	if err := hook.CheckURL(raw); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return hook.InvalidField("url", "cannot be read")
	}
	if err := g.CheckPort(portOf(u)); err != nil {
		return hook.InvalidField("url", "has a port that is refused: %v", err)
	}
	a, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil //nolint:nilerr // A name, not an address.
	}
	if e, ok := errors.AsType[*refusedError](g.Check(a)); ok {
		return hook.InvalidField("url", "has an address that is refused: %s", e.tell(u.Hostname()))
	}
	return nil
}

// control runs after a name is resolved and before the connection is made, so
// that no second look-up can slip another address past it.
func (g *Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return g.CheckTarget(ap)
}

// class returns what a, unmapped and without zone, is that keeps it from being
// connected to, or "".
func (g *Guard) class(a netip.Addr) string {
	for _, p := range g.allow {
		if p.Contains(a) {
			return ""
		}
	}
	for _, n := range g.refused {
		if n.prefix.Contains(a) {
			return n.class
		}
	}
	switch {
	case a.Is4(), ssrf.IPv6GlobalUnicast.Contains(a), ssrf.IPv6NAT64Prefix.Contains(a):
		return ""
	default:
		return "not an address of the public internet"
	}
}

// embedded returns the IPv4 address that a carries: NAT64 (RFC 6052; of the
// local prefix of RFC 8215 the last 32 bits), IPv4-compatible (RFC 4291, section
// 2.5.5.1), 6to4 (RFC 3056), Teredo (RFC 4380, section 4).
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	low := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case prefix("::/96").Contains(a):
		return low, !a.IsUnspecified() && !a.IsLoopback()
	case ssrf.IPv6NAT64Prefix.Contains(a), prefix("64:ff9b:1::/48").Contains(a):
		return low, true
	case prefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:])), true
	case prefix("2001::/32").Contains(a):
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), true
	default:
		return netip.Addr{}, false
	}
}

// refusedNetworks returns what is refused unless allowed; the first that contains
// an address gives its class. The named ones come first. IANA's registries of
// special-purpose addresses, as package ssrf has them, follow, so that none is
// missed.
func refusedNetworks() []network {
	named := []network{
		{prefix("169.254.169.254/32"), "the metadata service of a cloud"},
		{prefix("169.254.170.2/32"), "the metadata service of a cloud"},
		{prefix("100.100.100.200/32"), "the metadata service of a cloud"},
		{prefix("192.0.0.192/32"), "the metadata service of a cloud"},
		{prefix("168.63.129.16/32"), "the platform service of a cloud"},
		{prefix("fd00:ec2::254/128"), "the metadata service of a cloud"},
		{prefix("fd20:ce::254/128"), "the metadata service of a cloud"},
		{prefix("0.0.0.0/8"), "an unspecified address"},
		{prefix("::/128"), "an unspecified address"},
		{prefix("127.0.0.0/8"), "a loopback address"},
		{prefix("::1/128"), "a loopback address"},
		{prefix("10.0.0.0/8"), "a private address"},
		{prefix("172.16.0.0/12"), "a private address"},
		{prefix("192.168.0.0/16"), "a private address"},
		{prefix("fc00::/7"), "a private address (unique local)"},
		{prefix("fec0::/10"), "a private address (site-local)"},
		{prefix("100.64.0.0/10"), "an address shared behind a provider's NAT"},
		{prefix("169.254.0.0/16"), "a link-local address"},
		{prefix("fe80::/10"), "a link-local address"},
		{prefix("255.255.255.255/32"), "a broadcast address"},
		{prefix("224.0.0.0/4"), "a multicast address"},
		{prefix("ff00::/8"), "a multicast address"},
		{prefix("::/96"), "an IPv4-compatible address"},
		{prefix("64:ff9b:1::/48"), "an address of a local NAT64 gateway"},
		{prefix("2001::/32"), "a Teredo address"},
		{prefix("2002::/16"), "a 6to4 address"},
		{prefix("192.0.2.0/24"), "an address for documentation"},
		{prefix("198.51.100.0/24"), "an address for documentation"},
		{prefix("203.0.113.0/24"), "an address for documentation"},
		{prefix("2001:db8::/32"), "an address for documentation"},
		{prefix("3fff::/20"), "an address for documentation"},
		{prefix("198.18.0.0/15"), "an address for benchmarks"},
	}
	for _, p := range slices.Concat(ssrf.IPv4DeniedPrefixes, ssrf.IPv6DeniedPrefixes) {
		named = append(named, network{p, "an address reserved for special purposes"})
	}
	return named
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// refusedError says why something is not connected to, and what would allow it.
type refusedError struct {
	reason string     // with all there is to know, for the operator
	addr   netip.Addr // that is refused; the zero value if it is none
	class  string     // what addr is, without naming it or a network
}

func (e *refusedError) Error() string { return e.reason }

// tell returns the reason for whoever has asked for a connection to host. The
// address behind a name is not told: it may be of the operator's own network.
func (e *refusedError) tell(host string) string {
	if !e.addr.IsValid() {
		return e.reason
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Unmap().WithZone("") == e.addr {
		return e.addr.String() + " " + e.class
	}
	return "its address " + e.class
}

func refuse(format string, args ...any) error {
	return &refusedError{reason: fmt.Sprintf(format, args...)}
}
