package signin

import (
	"net/http"
	"net/netip"
	"strings"
)

// Cookie is the name of the cookie that holds the token of a session, but for
// what HostOnly says.
const Cookie = "waybill_session"

// HostOnly returns the name of a cookie that no other host may set: with the
// prefix __Host-, which a browser takes only from this very host, with Secure,
// for the path / and without a domain (RFC 6265bis, section 4.1.3.2). Where
// cookies can't be Secure it is the name as it is.
func HostOnly(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// Token returns the token in a request's session cookie, "" if it has none. A
// request by https has it under the name that only this host could set.
func (g *Gate) Token(r *http.Request) string {
	if len(r.Header["Cookie"]) == 0 {
		return ""
	}
	c, err := r.Cookie(HostOnly(Cookie, g.Secure(r)))
	if err != nil {
		return ""
	}
	return c.Value
}

// Secure reports whether the browser has sent a request by https: to us, to
// what people reach us by as the settings say, or to a trusted proxy that says so.
func (g *Gate) Secure(r *http.Request) bool {
	if g.https || r.TLS != nil {
		return true
	}
	end, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && g.trusts(end.Addr().Unmap()) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// From returns the IP address that a request comes from: the other end of its
// connection or, if that is a trusted proxy, the last address in X-Forwarded-For
// that is not one. It is empty if the other end has no IP address.
func (g *Gate) From(r *http.Request) string {
	end, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	from := end.Addr().Unmap()
	if g.trusts(from) {
		from = g.forwarded(from, r.Header["X-Forwarded-For"])
	}
	return from.String()
}

// forwarded goes back along the way that a request took to a trusted proxy. What
// comes before the first address that isn't trusted, anybody may have written.
func (g *Gate) forwarded(from netip.Addr, lines []string) netip.Addr {
	hops := strings.Split(strings.Join(lines, ","), ",")
	for i := len(hops) - 1; i >= 0 && g.trusts(from); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		from = hop
	}
	return from
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		var p netip.AddrPort
		p, err = netip.ParseAddrPort(s)
		a = p.Addr()
	}
	return a.Unmap(), err == nil
}

func (g *Gate) trusts(a netip.Addr) bool {
	for _, p := range g.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
