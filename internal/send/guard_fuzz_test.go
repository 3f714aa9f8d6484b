package send_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// inner reports whether an address is one that no guard without allowed networks
// may permit, as the standard library sees it.
func inner(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()
}

// FuzzGuard makes up URLs and what their names resolve to: no connection may be
// begun, and what the guard permits may be nothing of the inside.
func FuzzGuard(f *testing.F) {
	for raw := range hostile() {
		f.Add(strings.ReplaceAll(raw, "PORT", "8443"), []byte{127, 0, 0, 1})
	}
	f.Add("https://hooks.example/orders", []byte{8, 8, 8, 8})
	f.Add("https://hooks.example:8443/orders", netip.MustParseAddr("64:ff9b::7f00:1").AsSlice())
	f.Add("https://hooks.example/orders", netip.MustParseAddr("2001:0:1::80ff:fffe").AsSlice())
	g := send.NewGuard(nil)
	everything := send.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	var begun atomic.Int32
	c := send.New(send.Options{Guard: g.Within(everything), Resolver: &net.Resolver{
		PreferGo: true,
		Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("there is no DNS") },
	}})
	f.Fuzz(func(t *testing.T, raw string, addr []byte) {
		if a, ok := netip.AddrFromSlice(addr); ok {
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
		a := c.Send(connects(t.Context(), &begun), hook.Request{Method: "POST", URL: raw}, &hook.Hook{}, hook.Defaults{})
		if a.Error == hook.NoError || a.Reason == "" {
			t.Errorf("Send to %q = %d %s %q", raw, a.Status, a.Error, a.Reason)
		}
		if n := begun.Swap(0); n > 0 {
			t.Errorf("Send to %q began %d connections", raw, n)
		}
	})
}
