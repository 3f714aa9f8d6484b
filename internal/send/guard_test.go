package send_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// addresses maps addresses to what a guard without allowed networks says of
// them; empty where it lets them pass.
func addresses() map[string]string {
	return map[string]string{
		"8.8.8.8":                "",
		"93.184.216.34":          "",
		"1.1.1.1":                "",
		"168.63.129.15":          "",
		"172.15.255.255":         "",
		"172.32.0.0":             "",
		"100.63.255.255":         "",
		"100.128.0.0":            "",
		"223.255.255.255":        "",
		"2606:2800:220:1::1":     "",
		"2a00:1450:4001::200e":   "",
		"::ffff:8.8.8.8":         "",
		"64:ff9b::8.8.8.8":       "",
		"0.0.0.0":                "unspecified",
		"0.1.2.3":                "unspecified",
		"::":                     "unspecified",
		"127.0.0.1":              "loopback",
		"127.255.255.254":        "loopback",
		"::1":                    "loopback",
		"10.0.0.1":               "private",
		"172.16.0.1":             "private",
		"172.31.255.255":         "private",
		"192.168.1.1":            "private",
		"fc00::1":                "private",
		"fd12:3456::1":           "private",
		"fec0::1":                "private",
		"100.64.0.1":             "NAT",
		"100.127.255.255":        "NAT",
		"169.254.0.1":            "link-local",
		"fe80::1":                "link-local",
		"fe80::1%eth0":           "link-local",
		"169.254.169.254":        "metadata",
		"169.254.170.2":          "metadata",
		"100.100.100.200":        "metadata",
		"192.0.0.192":            "metadata",
		"fd00:ec2::254":          "metadata",
		"168.63.129.16":          "platform service",
		"224.0.0.1":              "multicast",
		"239.255.255.255":        "multicast",
		"ff02::1":                "multicast",
		"255.255.255.255":        "broadcast",
		"240.0.0.1":              "special purposes",
		"192.0.0.1":              "special purposes",
		"192.88.99.1":            "special purposes",
		"192.0.2.1":              "documentation",
		"198.51.100.7":           "documentation",
		"203.0.113.7":            "documentation",
		"2001:db8::1":            "documentation",
		"3fff::1":                "documentation",
		"198.18.0.1":             "benchmarks",
		"::ffff:10.0.0.1":        "private",
		"::ffff:127.0.0.1":       "loopback",
		"::ffff:169.254.169.254": "metadata",
		"::10.0.0.1":             "IPv4-compatible",
		"::8.8.8.8":              "IPv4-compatible",
		"64:ff9b::10.0.0.1":      "10.0.0.1, which is a private",
		"64:ff9b::127.0.0.1":     "127.0.0.1, which is a loopback",
		"64:ff9b::a9fe:a9fe":     "169.254.169.254, which is the metadata",
		"64:ff9b:1::8.8.8.8":     "local NAT64",
		"2002:a00:1::1":          "6to4",
		"2002:808:808::1":        "6to4",
		"2001:0:4136:e378::1":    "Teredo",
		"2001:2::1":              "special purposes",
		"2620:4f:8000::1":        "special purposes",
		"100::1":                 "not an address of the public internet",
		"5f00::1":                "not an address of the public internet",
		"4000::1":                "not an address of the public internet",
		"64:ff9b:2::1":           "not an address of the public internet",
	}
}

func TestGuardCheck(t *testing.T) {
	t.Parallel()
	g := send.NewGuard(nil)
	for addr, want := range addresses() {
		err := g.Check(netip.MustParseAddr(addr))
		if want == "" {
			if err != nil {
				t.Errorf("Check(%s) = %v, want nil", addr, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("Check(%s) = nil, want an error with %q", addr, want)
			continue
		}
		if got := err.Error(); !strings.Contains(got, want) || !strings.Contains(got, "--allow-network") {
			t.Errorf("Check(%s) = %q, want it to contain %q and the setting", addr, got, want)
		}
	}
	if err := g.Check(netip.Addr{}); err == nil {
		t.Error("Check of no address = nil, want an error")
	}
}

func TestGuardCheckWithAllowedNetworks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		allow, addr string
		want        bool
	}{
		{"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.0.0.0/8", "11.1.2.3", true},
		{"10.0.0.0/8", "192.168.0.1", false},
		{"10.1.2.3/8", "10.200.0.1", true},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"127.0.0.1/32", "127.0.0.1", true},
		{"127.0.0.1/32", "127.0.0.2", false},
		{"0.0.0.0/0", "169.254.169.254", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "::1", true},
		{"::/0", "127.0.0.1", false},
		{"fe80::/10", "fe80::1%eth0", true},
		{"10.0.0.0/8", "64:ff9b::10.1.2.3", true},
		{"10.0.0.0/8", "64:ff9b::192.168.0.1", false},
		{"64:ff9b:1::/48", "64:ff9b:1::8.8.8.8", true},
		{"64:ff9b:1::/48", "64:ff9b:1::10.0.0.1", false},
		{"2002::/16", "2002:808:808::1", true},
		{"2002::/16", "2002:a00:1::1", false},
		{"2001::/32", "2001:0:4136:e378:8000:63bf:f7f7:f7f7", true},  // 8.8.8.8 inverted
		{"2001::/32", "2001:0:4136:e378:8000:63bf:f5ff:fffe", false}, // 10.0.0.1 inverted
		{"::/96", "::8.8.8.8", true},
		{"::/96", "::10.0.0.1", false},
		{"::/96", "::1", true},
	} {
		err := send.NewGuard([]netip.Prefix{netip.MustParsePrefix(tt.allow)}).Check(netip.MustParseAddr(tt.addr))
		if (err == nil) != tt.want {
			t.Errorf("Check(%s) with %s allowed = %v, want allowed %t", tt.addr, tt.allow, err, tt.want)
		}
	}
}

func TestGuardCheckURL(t *testing.T) {
	t.Parallel()
	g := send.NewGuard([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	for raw, want := range map[string]string{
		"https://hooks.example/":            "",
		"https://10.1.2.3/":                 "",
		"https://8.8.8.8/":                  "",
		"https://127.0.0.1/":                "loopback",
		"https://[::1]/":                    "loopback",
		"https://[::ffff:169.254.169.254]/": "metadata",
		"http://hooks.example/":             "https",
		"https://2130706433/":               "dotted form",
	} {
		err := g.CheckURL(raw)
		if want == "" {
			if err != nil {
				t.Errorf("CheckURL(%q) = %v, want nil", raw, err)
			}
			continue
		}
		e, ok := errors.AsType[*hook.Error](err)
		if !ok || e.Fault != hook.Invalid || len(e.Problems) != 1 || e.Problems[0].Field != "url" || !strings.Contains(e.Problems[0].Reason, want) {
			t.Errorf("CheckURL(%q) = %v, want an invalid field url with %q", raw, err, want)
		}
	}
}

func TestGuardWithinLimits(t *testing.T) {
	t.Parallel()
	prefixes := func(all ...string) []netip.Prefix {
		var p []netip.Prefix
		for _, s := range all {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	g := send.NewGuard(prefixes("10.0.0.0/8"))
	narrow := g.Within(send.Limits{Deny: prefixes("10.9.0.0/16", "::ffff:8.8.8.0/120", "2606:4700::/32")})
	ports := narrow.Within(send.Limits{Ports: []uint16{443, 25}})
	for _, tt := range []struct {
		guard  *send.Guard
		target string
		want   string // of the error; empty: none
	}{
		{g, "10.9.0.1:443", ""},
		{narrow, "10.8.0.1:443", ""},
		{narrow, "10.9.0.1:443", "10.9.0.0/16, which the operator"},
		{narrow, "8.8.8.8:443", "--deny-network"},
		{narrow, "[::ffff:8.8.8.8]:443", "--deny-network"},
		{narrow, "[64:ff9b::8.8.8.8]:443", "leads to 8.8.8.8, which is in the network"},
		{narrow, "[2606:4700::1]:443", "--deny-network"},
		{narrow, "8.8.4.4:443", ""},
		{narrow, "8.8.4.4:8443", ""},
		{narrow, "8.8.4.4:25", "--allow-port"},
		{narrow, "8.8.4.4:5432", "PostgreSQL"},
		{ports, "8.8.4.4:443", ""},
		{ports, "8.8.4.4:25", ""}, // the operator's word counts
		{ports, "8.8.4.4:8443", "--allow-port"},
		{ports, "10.9.0.1:443", "--deny-network"},
	} {
		err := tt.guard.CheckTarget(netip.MustParseAddrPort(tt.target))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("CheckTarget(%s) = %v, want %q", tt.target, err, tt.want)
		}
	}
	for raw, want := range map[string]string{"https://a.example:25/": "mail", "https://a.example:8443/": "", "https://8.8.8.8/": "--deny-network"} {
		if err := narrow.CheckURL(raw); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("CheckURL(%q) = %v, want %q", raw, err, want)
		}
	}
}

func TestSendNamesNoAddressThatANameLeadsTo(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAuthority(t), func(o *send.Options) {
		o.Guard = send.NewGuard(nil).Within(send.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("192.0.3.0/24")}})
		o.Resolver = resolver(t, map[string][]string{
			"private.test": {"10.0.3.7"}, "denied.test": {"192.0.3.7"}, "gateway.test": {"64:ff9b::a00:307"},
		})
	})
	for url, want := range map[string]string{
		"https://private.test/":    "its address is a private address; only the public internet is connected to unless the operator allows its network (--allow-network)",
		"https://denied.test/":     "its address is in a network that the operator of this server denies (--deny-network)",
		"https://gateway.test/":    "its address leads to one that is a private address",
		"https://10.0.3.7/":        "10.0.3.7 is a private address",
		"https://[64:ff9b::a00:1]": "64:ff9b::a00:1 leads to one that is a private address",
		"https://192.0.3.7/":       "192.0.3.7 is in a network that",
	} {
		a := c.Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{})
		wantFailure(t, a, hook.BadAddress, 0, want)
		for _, hidden := range []string{"10.0.3.7", "192.0.3.", "a00:307"} {
			if !strings.Contains(url, "3.7") && strings.Contains(a.Reason, hidden) || strings.Contains(a.Reason, "192.0.3.0") {
				t.Errorf("the reason of %s, %q, names an address", url, a.Reason)
			}
		}
	}
}
