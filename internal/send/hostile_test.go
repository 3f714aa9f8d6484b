package send_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// target is what hostile URLs are after: it listens on one port of every address
// of this machine and counts who comes.
type target struct {
	port  string
	count atomic.Int32
}

func newTarget(t *testing.T) *target {
	t.Helper()
	tg := &target{}
	_, port, err := net.SplitHostPort(watch(t, ":0", &tg.count))
	if err != nil {
		t.Fatal(err)
	}
	tg.port = port
	return tg
}

// hostile are URLs that lead, or would like to lead, to where a hook must not
// reach, with PORT for the target's port, and words of the reason.
func hostile() map[string]string {
	const (
		loopback, private, metadata, linkLocal = "loopback", "private", "metadata", "link-local"
		number, unreadable, notFound           = "looks like a number", "cannot be read", "was not found"
	)
	return map[string]string{
		// This machine in its spellings.
		"https://127.0.0.1:PORT/":                  loopback,
		"https://127.0.0.2:PORT/":                  loopback,
		"https://127.255.255.254:PORT/":            loopback,
		"https://0.0.0.0:PORT/":                    "unspecified",
		"https://[::1]:PORT/":                      loopback,
		"https://[0:0:0:0:0:0:0:1]:PORT/":          loopback,
		"https://[::]:PORT/":                       "unspecified",
		"https://[::ffff:127.0.0.1]:PORT/":         loopback,
		"https://[::ffff:7f00:1]:PORT/":            loopback,
		"https://[0:0:0:0:0:ffff:127.0.0.1]:PORT/": loopback,
		"https://[::127.0.0.1]:PORT/":              "IPv4-compatible",
		"https://localhost:PORT/":                  loopback,
		"https://LocalHost:PORT/":                  loopback,
		"https://localhost.:PORT/":                 "", // found or not
		// Numbers that some resolvers take for addresses.
		"https://2130706433:PORT/":          number,
		"https://0x7f000001:PORT/":          number,
		"https://0x7F.1:PORT/":              number,
		"https://0177.0.0.1:PORT/":          number,
		"https://017700000001:PORT/":        number,
		"https://127.1:PORT/":               number,
		"https://127.0.1:PORT/":             number,
		"https://127.0.0.1.:PORT/":          number,
		"https://127.0.0.0x1:PORT/":         number,
		"https://127.0.0.01:PORT/":          number,
		"https://00000000127.0.0.1:PORT/":   number,
		"https://0:PORT/":                   number,
		"https://4294967297:PORT/":          number,
		"https://169.254.43518:PORT/":       number,
		"https://0xa9fea9fe:PORT/":          number,
		"https://%31%32%37.0.0.1:PORT/":     unreadable,
		"https://127%2e0%2e0%2e1:PORT/":     unreadable,
		"https://①②⑦.⓪.⓪.①:PORT/":           loopback,
		"https://127。0。0。1:PORT/":           loopback,
		"https://[::1%25lo]:PORT/":          unreadable,
		"https://[fe80::1%25eth0]:PORT/":    unreadable,
		"https://[::ffff:0x7f.0.0.1]:PORT/": "",
		// Networks that are not the internet's.
		"https://10.0.0.1:PORT/":              private,
		"https://172.16.0.1:PORT/":            private,
		"https://192.168.0.1:PORT/":           private,
		"https://[::ffff:10.0.0.1]:PORT/":     private,
		"https://[fc00::1]:PORT/":             private,
		"https://[fec0::1]:PORT/":             private,
		"https://[fe80::1]:PORT/":             linkLocal,
		"https://169.254.0.1:PORT/":           linkLocal,
		"https://169.254.169.254/latest/":     metadata,
		"https://[::ffff:169.254.169.254]/":   metadata,
		"https://[fd00:ec2::254]/":            metadata,
		"https://[64:ff9b::169.254.169.254]/": metadata,
		"https://[64:ff9b::7f00:1]:PORT/":     loopback,
		"https://[64:ff9b:1::7f00:1]:PORT/":   "NAT64",
		"https://[2002:7f00:1::1]:PORT/":      "6to4",
		"https://[2001:0:1::80ff:fffe]:PORT/": "Teredo",
		"https://168.63.129.16/":              "platform",
		"https://100.64.0.1:PORT/":            "NAT",
		"https://224.0.0.1:PORT/":             "multicast",
		"https://[ff02::1]:PORT/":             "multicast",
		"https://255.255.255.255:PORT/":       "broadcast",
		"https://240.0.0.1:PORT/":             "special purposes",
		"https://198.18.0.1:PORT/":            "benchmarks",
		// Names that lead there.
		"https://loopback.test:PORT/":    loopback,
		"https://loopback.test.:PORT/":   loopback,
		"https://loopback6.test:PORT/":   loopback,
		"https://mapped.test:PORT/":      loopback,
		"https://unspecified.test:PORT/": "unspecified",
		"https://private.test:PORT/":     private,
		"https://metadata.test/":         metadata,
		"https://alias.test:PORT/":       loopback,
		"https://nat64.test:PORT/":       loopback,
		"https://sixtofour.test:PORT/":   "6to4",
		"https://all-refused.test:PORT/": "",
		"https://no-such.test:PORT/":     notFound,
		"https://LOOPBACK.TEST:PORT/":    loopback,
		// Parts of URLs that readers take for others.
		"https://hooks.example@127.0.0.1:PORT/":   "settings of the authentication",
		"https://127.0.0.1:PORT@hooks.example/":   "",
		"https://user:pw@localhost:PORT/":         "settings of the authentication",
		"https://hooks.example\\@127.0.0.1:PORT/": "backslash",
		"https://127.0.0.1:PORT\\.hooks.example/": "backslash",
		"https://127.0.0.1:PORT#@hooks.example/":  loopback,
		"https:127.0.0.1:PORT":                    "https://",
		"https:///127.0.0.1:PORT/":                "no host",
		"//127.0.0.1:PORT/":                       "https://",
		"http://127.0.0.1:PORT/":                  "http",
		"HTTPS://127.0.0.1:PORT/":                 loopback,
		"gopher://127.0.0.1:PORT/_":               "https://",
		"file:///etc/passwd":                      "https://",
		"https://127.0.0.1 :PORT/":                "space",
		"https://127.0.0.1\t:PORT/":               "control character",
		"https://127.0.0.1\r\nHost: x:PORT/":      "control character",
		"https://[::1:PORT/":                      "cannot be read",
		"https://[127.0.0.1]:PORT/":               unreadable,
		// Ports of other services.
		"https://127.0.0.1:22/":      "SSH",
		"https://public.test:25/":    "mail",
		"https://public.test:6379/":  "Redis",
		"https://public.test:0/":     "1 to 65535",
		"https://public.test:65536/": "1 to 65535",
		"https://public.test:https/": "cannot be read",
	}
}

// names is what the name server says, PORT aside.
func names() map[string][]string {
	return map[string][]string{
		"loopback.test":    {"127.0.0.1"},
		"loopback6.test":   {"::1"},
		"mapped.test":      {"::ffff:127.0.0.1"},
		"unspecified.test": {"0.0.0.0 ::"},
		"private.test":     {"10.0.0.1 192.168.0.1 fd00::1"},
		"metadata.test":    {"169.254.169.254"},
		"alias.test":       {"loopback.test 127.0.0.1"},
		"nat64.test":       {"64:ff9b::7f00:1"},
		"sixtofour.test":   {"2002:7f00:1::1"},
		"all-refused.test": {"127.0.0.1 10.0.0.1 ::1 fe80::1"},
		"public.test":      {"127.0.0.1"}, // its ports are refused before it is looked up
	}
}

// connects returns ctx with a trace that counts the connections that were begun,
// which are those that the guard did not refuse.
func connects(ctx context.Context, count *atomic.Int32) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectDone: func(_, _ string, err error) {
		if err == nil || !strings.Contains(err.Error(), "-network") {
			count.Add(1)
		}
	}})
}

func TestNoHostileURLReachesItsTarget(t *testing.T) {
	t.Parallel()
	tg := newTarget(t)
	c := newClient(t, newAuthority(t), func(o *send.Options) {
		o.Guard, o.Resolver = nil, resolver(t, names())
	})
	table := hostile()
	if len(table) < 60 {
		t.Errorf("the table has %d URLs, want 60 or more", len(table))
	}
	var begun atomic.Int32
	for raw, want := range table {
		url := strings.ReplaceAll(raw, "PORT", tg.port)
		a := c.Send(connects(t.Context(), &begun), post(url), &hook.Hook{}, hook.Defaults{})
		if a.Error != hook.BadAddress && a.Error != hook.BadName || a.Status != 0 || !strings.Contains(a.Reason, want) {
			t.Errorf("Send to %q = %d %s %q, want a refusal with %q", raw, a.Status, a.Error, a.Reason, want)
		}
		if n := begun.Swap(0); n > 0 {
			t.Errorf("%q began %d connections", raw, n)
		}
	}
	if n := tg.count.Load(); n > 0 {
		t.Errorf("the target was reached %d times", n)
	}

	// The target can be reached, or all this would show nothing.
	allowed := newClient(t, newAuthority(t), nil)
	if a := allowed.Send(t.Context(), post("https://127.0.0.1:"+tg.port), &hook.Hook{}, hook.Defaults{}); a.Error != hook.BadTLS {
		t.Errorf("with its network allowed, Send = %s %q, want it to fail in the handshake", a.Error, a.Reason)
	}
}

// 127.0.0.2 stands for a public address, 127.0.0.3 for one where nothing listens.
func TestNoAnswerOfTheDNSLeadsPastTheGuard(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	_, port, err := net.SplitHostPort(serveOn(t, ca, "127.0.0.2:0"))
	if err != nil {
		t.Fatal(err)
	}
	var reached atomic.Int32
	watch(t, "127.0.0.1:"+port, &reached)
	for name, tt := range map[string]struct {
		answers []string
		want    []hook.ErrorKind // of one request after the other
	}{
		"an answer that changes":         {[]string{"127.0.0.2", "127.0.0.1", "127.0.0.2"}, []hook.ErrorKind{hook.NoError, hook.BadAddress, hook.NoError}},
		"a refused one first":            {[]string{"127.0.0.1 127.0.0.2"}, []hook.ErrorKind{hook.NoError, hook.NoError}},
		"a refused one last":             {[]string{"127.0.0.2 127.0.0.1"}, []hook.ErrorKind{hook.NoError}},
		"a refused one in IPv6":          {[]string{"127.0.0.2 ::1 ::ffff:127.0.0.1"}, []hook.ErrorKind{hook.NoError}},
		"an alias that changes":          {[]string{"good.test 127.0.0.2", "bad.test 127.0.0.1"}, []hook.ErrorKind{hook.NoError, hook.BadAddress}},
		"only refused ones":              {[]string{"127.0.0.1 10.0.0.1 ::1"}, []hook.ErrorKind{hook.BadAddress}},
		"a dead one, then a refused one": {[]string{"127.0.0.3 127.0.0.1"}, []hook.ErrorKind{hook.BadConnect}},
		"a refused one, then a dead one": {[]string{"127.0.0.1 127.0.0.3"}, []hook.ErrorKind{hook.BadConnect}},
	} {
		t.Run(name+" is handled", func(t *testing.T) {
			t.Parallel()
			c := newClient(t, ca, func(o *send.Options) {
				o.Guard = send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/31")})
				o.Resolver = resolver(t, map[string][]string{"localhost.test": tt.answers})
			})
			for i, want := range tt.want {
				a := c.Send(t.Context(), post("https://localhost.test:"+port+"/"), &hook.Hook{}, hook.Defaults{})
				c.Close() // so that the next request looks the name up again
				if a.Error != want {
					t.Errorf("request %d = %d %s %q, want %q", i+1, a.Status, a.Error, a.Reason, want)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := reached.Load(); n > 0 {
			t.Errorf("the refused address was connected to %d times", n)
		}
	})
}

func TestARedirectIsNotFollowedWhereverItLeads(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	tg := newTarget(t)
	for _, to := range []string{"https://127.0.0.1:PORT/", "http://127.0.0.1:PORT/", "//[::1]:PORT/", "https://169.254.169.254/"} {
		url := listen(t, certificates(ca.issue(t, nil)), answer("HTTP/1.1 307 Temporary Redirect\r\nLocation: "+
			strings.ReplaceAll(to, "PORT", tg.port)+"\r\nContent-Length: 0\r\n\r\n"))
		var begun atomic.Int32
		a := newClient(t, ca, nil).Send(connects(t.Context(), &begun), post(url), &hook.Hook{}, hook.Defaults{})
		if a.Status != http.StatusTemporaryRedirect || begun.Load() != 1 {
			t.Errorf("a redirect to %s = %d %q over %d connections, want 307 over 1", to, a.Status, a.Reason, begun.Load())
		}
	}
	if n := tg.count.Load(); n > 0 {
		t.Errorf("the target was reached %d times", n)
	}
}

// The environment is not asked for a proxy.
//
//nolint:paralleltest // it changes the environment.
func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	tg := newTarget(t)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:"+tg.port)
	}
	ca := newAuthority(t)
	c := newClient(t, ca, func(o *send.Options) {
		o.Resolver = resolver(t, map[string][]string{"hooks.test": {"127.0.0.1"}})
	})
	_, port, _ := net.SplitHostPort(serveOn(t, ca, "127.0.0.1:0"))
	if a := c.Send(t.Context(), post("https://hooks.test:"+port), &hook.Hook{}, hook.Defaults{}); a.Status != 204 || tg.count.Load() > 0 {
		t.Errorf("Send = %d %q, and the proxy was asked %d times, want 204 and never", a.Status, a.Reason, tg.count.Load())
	}
}

// serveOn starts a server for the names of tests that answers 204, and returns
// its address.
func serveOn(t *testing.T, ca *authority, addr string) string {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		TLSConfig:         certificates(ca.issueFor(t, "localhost.test", "hooks.test")),
		ReadHeaderTimeout: 10 * time.Second,
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.ServeTLS(ln, "", "") })
	t.Cleanup(func() {
		_ = srv.Close() // at the test's end it has nothing to say
		serving.Wait()
	})
	return ln.Addr().String()
}

// watch listens on an address, which it returns, and counts who comes.
func watch(t *testing.T, addr string, count *atomic.Int32) string {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			conn.Close()
		}
	})
	t.Cleanup(func() {
		ln.Close()
		accepting.Wait()
	})
	return ln.Addr().String()
}
