package send_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// proxyServer notes what it is asked for, in one go with the credentials.
type proxyServer struct {
	mu    sync.Mutex
	asked []string
}

func (p *proxyServer) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, text)
}

// connect is a proxy that takes CONNECT for loopback, as far as a test needs it.
func (p *proxyServer) connect(c net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	p.note(req.Method + " " + req.Host + " " + req.Header.Get("Proxy-Authorization"))
	to, err := net.Dial("tcp", req.Host)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	splice(c, to)
}

// socks is a proxy by SOCKS5 with user name and password (RFC 1928, RFC 1929).
func (p *proxyServer) socks(c net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(c, b) // a client that goes is noticed when it is answered
		return b
	}
	read(int(read(2)[1]))
	_, _ = c.Write([]byte{5, 2})
	user := read(int(read(2)[1]))
	password := read(int(read(1)[0]))
	if string(user) != "me" {
		_, _ = c.Write([]byte{1, 1})
		return
	}
	_, _ = c.Write([]byte{1, 0})
	kind := read(4)[3]
	if kind != 1 {
		p.note("something else than an IPv4 address")
		return
	}
	addr := netip.AddrFrom4([4]byte(read(4)))
	target := netip.AddrPortFrom(addr, binary.BigEndian.Uint16(read(2))).String()
	p.note(fmt.Sprintf("%s %s %s", target, user, password))
	to, err := net.Dial("tcp", target)
	code := byte(0)
	if err != nil {
		code = 5
	}
	_, _ = c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
	if err == nil {
		splice(c, to)
	}
}

// splice joins two connections until one of them ends.
func splice(a, b net.Conn) {
	var ways sync.WaitGroup
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		ways.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			a.Close()
			b.Close()
		})
	}
	ways.Wait()
}

func through(scheme, url string) *send.Proxy {
	return &send.Proxy{Scheme: scheme, Address: strings.TrimPrefix(url, "https://"), User: "me", Password: "pa55word"}
}

func TestSendGoesThroughAProxyToTheAddressThatWasChecked(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	addr := serveOn(t, ca, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(addr)
	for name, tt := range map[string]struct {
		scheme string
		talk   func(*proxyServer) func(net.Conn)
		want   string
	}{
		"HTTP":  {send.Connect, func(p *proxyServer) func(net.Conn) { return p.connect }, "CONNECT " + addr + " Basic bWU6cGE1NXdvcmQ="},
		"SOCKS": {send.SOCKS5, func(p *proxyServer) func(net.Conn) { return p.socks }, addr + " me pa55word"},
	} {
		t.Run("by "+name, func(t *testing.T) {
			t.Parallel()
			var p proxyServer
			c := newClient(t, ca, func(o *send.Options) {
				o.Guard = send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/30")})
				o.Proxy = through(tt.scheme, listen(t, nil, tt.talk(&p)))
				o.Resolver = resolver(t, map[string][]string{
					"hooks.test": {"10.0.0.1 127.0.0.1"}, "dead.test": {"127.0.0.3"}, "private.test": {"10.0.0.1 127.0.0.9"},
				})
			})
			if a := c.Send(t.Context(), post("https://hooks.test:"+port), &hook.Hook{}, hook.Defaults{}); a.Status != 204 || a.Took.TLS <= 0 || a.Took.DNS <= 0 {
				t.Errorf("Send = %d %q in %+v, want 204 and its times", a.Status, a.Reason, a.Took)
			}
			wantFailure(t, c.Send(t.Context(), post("https://private.test:"+port), &hook.Hook{}, hook.Defaults{}), hook.BadAddress, 0, "private address")
			wantFailure(t, c.Send(t.Context(), post("https://127.0.0.9:"+port), &hook.Hook{}, hook.Defaults{}), hook.BadAddress, 0, "loopback address")
			wantFailure(t, c.Send(t.Context(), post("https://127.0.0.1:25"), &hook.Hook{}, hook.Defaults{}), hook.BadAddress, 0, "mail")
			wantFailure(t, c.Send(t.Context(), post("https://nowhere.test"), &hook.Hook{}, hook.Defaults{}), hook.BadName, 0, "was not found")
			a := c.Send(t.Context(), post("https://dead.test:"+port), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, hook.BadConnect, 0, "made no connection to 127.0.0.3:"+port)
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.asked) != 2 || p.asked[0] != tt.want {
				t.Errorf("the proxy was asked for %q, want %q and one more", p.asked, tt.want)
			}
		})
	}
}

func TestSendExplainsWhatAProxyDoes(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for name, tt := range map[string]struct {
		scheme string
		talk   func(net.Conn)
		want   string
	}{
		"wants other credentials":      {send.Connect, answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "user and password that it accepts (407)"},
		"refuses the address":          {send.Connect, answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "refused to connect to 127.0.0.1:443 (403 Forbidden)"},
		"cannot reach it":              {send.Connect, answer("HTTP/1.1 504 Gateway Timeout\r\n\r\n"), "made no connection to 127.0.0.1:443 (504"},
		"is a mail server":             {send.Connect, answer("220 mail.example ESMTP\r\n"), "does not answer like an HTTP proxy"},
		"closes":                       {send.Connect, answer(""), "does not answer like an HTTP proxy"},
		"speaks first":                 {send.Connect, answer("HTTP/1.1 200 OK\r\n\r\nhello"), "something of its own"},
		"never answers":                {send.Connect, silent, "had not made the connection in time"},
		"wants no such credentials":    {send.SOCKS5, answer("\x05\xff"), "user and password that it accepts"},
		"wants other SOCKS ones":       {send.SOCKS5, (&proxyServer{}).socks, "user and password that it accepts"},
		"is an HTTP proxy":             {send.SOCKS5, answer("HTTP/1.1 400 Bad Request\r\n\r\n"), "does not answer like a SOCKS5 proxy"},
		"never answers by SOCKS":       {send.SOCKS5, silent, "had not made the connection in time"},
		"closes the SOCKS connection":  {send.SOCKS5, answer(""), "does not answer like a SOCKS5 proxy"},
		"refuses the address by SOCKS": {send.SOCKS5, answer("\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"), "refused to connect to 127.0.0.1:443"},
	} {
		t.Run("one that "+name, func(t *testing.T) {
			t.Parallel()
			p := through(tt.scheme, listen(t, nil, tt.talk))
			if name == "wants other SOCKS ones" {
				p.User = "you"
			}
			c := newClient(t, ca, func(o *send.Options) {
				o.Proxy = p
				if strings.HasPrefix(name, "never") {
					o.ConnectTimeout = 300 * time.Millisecond
				}
			})
			a := c.Send(t.Context(), post("https://127.0.0.1/"), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, hook.BadConnect, 0, tt.want)
			if strings.Contains(a.Reason, "pa55word") || strings.Contains(a.Reason, p.Address) || !strings.Contains(a.Reason, "outbound proxy") {
				t.Errorf("the reason %q tells of the proxy what it should not, or not that it is one", a.Reason)
			}
		})
	}
	c := newClient(t, ca, func(o *send.Options) { o.Proxy = through(send.Connect, closedPort) })
	wantFailure(t, c.Send(t.Context(), post("https://127.0.0.1/"), &hook.Hook{}, hook.Defaults{}), hook.BadConnect, 0, "could not be reached")
	for _, scheme := range []string{send.Connect, send.SOCKS5} {
		c := newClient(t, ca, func(o *send.Options) {
			o.Proxy = &send.Proxy{Scheme: scheme, Address: "proxy.internal:3128"}
			o.Resolver = resolver(t, nil)
		})
		a := c.Send(t.Context(), post("https://127.0.0.1/"), &hook.Hook{}, hook.Defaults{})
		wantFailure(t, a, hook.BadConnect, 0, "could not be reached: no such host; check that it runs, and --proxy")
		if strings.Contains(a.Reason, "internal") || strings.Contains(a.Reason, ":53") {
			t.Errorf("the reason %q names the proxy", a.Reason)
		}
	}
	if text := fmt.Sprintf("%v %+v", *through(send.Connect, closedPort), through(send.Connect, closedPort)); strings.Contains(text, "pa55word") {
		t.Errorf("a proxy shows its password: %s", text)
	}
}

func TestSendConnectsFromTheSourceAddress(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	from := make(chan string, 1)
	url := listen(t, certificates(ca.issue(t, nil)), func(c net.Conn) {
		select {
		case from <- c.RemoteAddr().(*net.TCPAddr).IP.String():
		default:
		}
		answer("HTTP/1.1 204 No Content\r\n\r\n")(c)
	})
	c := newClient(t, ca, func(o *send.Options) {
		o.Source = netip.MustParseAddr("127.0.0.7")
		o.Resolver = resolver(t, map[string][]string{"six.test": {"::1"}})
	})
	if a := c.Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{}); a.Status != 204 || <-from != "127.0.0.7" {
		t.Errorf("Send = %d %q, want 204 from 127.0.0.7", a.Status, a.Reason)
	}
	for _, host := range []string{"six.test", "[::1]"} {
		wantFailure(t, c.Send(t.Context(), post("https://"+host), &hook.Hook{}, hook.Defaults{}), hook.BadAddress, 0, "no IPv4 address")
	}
	foreign := newClient(t, ca, func(o *send.Options) { o.Source = netip.MustParseAddr("192.0.2.9") })
	wantFailure(t, foreign.Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{}), hook.BadConnect, 0, "--source-address")
}
