package send_test

import (
	"context"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// inner reports whether an address, or one that it carries for a gateway to
// forward to, is one that no guard without allowed networks may permit. It is
// written apart from the guard, by the RFCs.
func inner(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return true
	}
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "198.18.0.0/15", "240.0.0.0/4"} {
		if netip.MustParsePrefix(p).Contains(a) {
			return true
		}
	}
	return slices.ContainsFunc(carried(a), inner)
}

// carried returns the IPv4 address in one that is IPv4-compatible, of NAT64 (RFC
// 6052), 6to4 (RFC 3056) or Teredo (RFC 4380), and nothing if it is none of these.
func carried(a netip.Addr) []netip.Addr {
	if a.Is4() {
		return nil
	}
	b := a.As16()
	switch head := hex.EncodeToString(b[:12]); {
	case head == strings.Repeat("0", 24), head == "0064ff9b"+strings.Repeat("0", 16), strings.HasPrefix(head, "0064ff9b0001"):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[12:]))}
	case strings.HasPrefix(head, "2002"):
		return []netip.Addr{netip.AddrFrom4([4]byte(b[2:6]))}
	case strings.HasPrefix(head, "20010000"):
		return []netip.Addr{netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}
	default:
		return nil
	}
}

// lab is a client of which names lead to one address, and which makes no
// connections but notes what it would connect to.
type lab struct {
	*send.Client

	names nameServer
	mu    sync.Mutex
	noted []netip.Addr
}

func newLab() *lab {
	l := &lab{names: nameServer{asked: make(map[string]int)}}
	l.Client = send.New(send.Options{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go l.names.talk(there) // ends when the resolver closes its end
		return here, nil
	}}})
	l.OnlyNote(func(target netip.AddrPort) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.noted = append(l.noted, target.Addr())
	})
	return l
}

// try sends to a URL whose host leads to a, and returns what would be connected to.
func (l *lab) try(ctx context.Context, raw string, a netip.Addr) (hook.Attempt, []netip.Addr) {
	l.names.mu.Lock()
	l.names.every = a.String()
	clear(l.names.asked)
	l.names.mu.Unlock()
	l.mu.Lock()
	l.noted = nil
	l.mu.Unlock()
	attempt := l.Send(ctx, hook.Request{Method: "POST", URL: raw}, &hook.Hook{}, hook.Defaults{})
	l.mu.Lock()
	defer l.mu.Unlock()
	return attempt, l.noted
}

// FuzzGuard makes up URLs and what their names resolve to: nothing of the inside
// may be permitted, nor be connected to.
func FuzzGuard(f *testing.F) {
	for raw := range hostile() {
		f.Add(strings.ReplaceAll(raw, "PORT", "8443"), []byte{127, 0, 0, 1})
	}
	const good = "https://hooks.example:8443/orders"
	for address := range addresses() {
		f.Add(good, netip.MustParseAddr(address).WithZone("").AsSlice())
	}
	public := netip.MustParseAddr("8.8.8.8")
	everything := send.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	g, l := send.NewGuard(nil), newLab()
	if _, noted := l.try(f.Context(), good, public); !slices.Equal(noted, []netip.Addr{public}) {
		f.Fatalf("Send to a public address would connect to %v", noted)
	}
	f.Fuzz(func(t *testing.T, raw string, addr []byte) {
		a, ok := netip.AddrFromSlice(addr)
		if !ok {
			a = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		err := g.Check(a)
		if err == nil && inner(a) {
			t.Errorf("Check(%s) = nil", a)
		}
		if mapped := netip.AddrFrom16(a.As16()); (g.Check(mapped) == nil) != (err == nil) {
			t.Errorf("Check(%s) = %v, but of the mapped form %v", a, err, g.Check(mapped))
		}
		if g.Within(everything).Check(a) == nil {
			t.Errorf("%s is permitted though all is denied", a)
		}
		if g.CheckURL(raw) == nil {
			u, err := url.Parse(raw)
			if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
				t.Errorf("CheckURL permits %q, which is %+v, %v", raw, u, err)
			}
			if a, err := netip.ParseAddr(u.Hostname()); err == nil && inner(a) {
				t.Errorf("CheckURL permits %q", raw)
			}
		}
		attempt, noted := l.try(t.Context(), raw, a)
		if attempt.Error == hook.NoError || attempt.Reason == "" {
			t.Errorf("Send to %q = %d %s %q", raw, attempt.Status, attempt.Error, attempt.Reason)
		}
		if slices.ContainsFunc(noted, inner) {
			t.Errorf("Send to %q, which leads to %s, would connect to %v", raw, a, noted)
		}
	})
}
