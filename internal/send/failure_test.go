package send_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

func TestSendExplainsCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	key, cert := newCertificate(t, &x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, nil)
	selfSigned := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}

	for name, tt := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"self-signed": {certificates(selfSigned), "self-signed"},
		"of an unknown authority": {
			certificates(newAuthority(t).issue(t, nil)), "authority that is not known here (CN=Test Authority)",
		},
		"expired": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, -90), time.Now().Add(-73*time.Hour)
		})), "expired 3 days ago"},
		"of the future": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(61*time.Minute), time.Now().Add(3*time.Hour)
		})), "1 hour from now"},
		"for another name": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"a.example"}, nil
		})), "valid for a.example, not 127.0.0.1"},
		"for many other names": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"a.example", "b.example", "c.example", "d.example", "e.example"}, nil
		})), "valid for a.example, b.example, c.example and 2 more, not 127.0.0.1"},
		"for no name": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = nil, nil
		})), "valid for no host name at all"},
		"for clients": {certificates(ca.issue(t, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})), "not one for a server"},
		"good but the server wants one from us": {&tls.Config{
			Certificates: []tls.Certificate{ca.issue(t, nil)}, ClientAuth: tls.RequireAnyClientCert,
		}, "asks for a client certificate"},
		"good but over TLS 1.1": {&tls.Config{
			Certificates: []tls.Certificate{ca.issue(t, nil)},
			MinVersion:   tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
		}, "offers TLS 1.1 at most; it must"},
		"good but over TLS 1.0": {&tls.Config{
			Certificates: []tls.Certificate{ca.issue(t, nil)},
			MinVersion:   tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
		}, "offers TLS 1.0 at most; it must"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := listen(t, tt.config, answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
			a := newClient(t, ca, nil).Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, hook.BadTLS, 0, tt.want)
		})
	}
}

func TestSendExplainsBrokenConversations(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	good := certificates(ca.issue(t, nil))
	for name, tt := range map[string]struct {
		config *tls.Config
		talk   func(net.Conn)
		status int
		kind   hook.ErrorKind
		want   string
	}{
		"plain HTTP on the port":      {nil, plain, 0, hook.BadTLS, "speaks plain HTTP"},
		"something else than TLS":     {nil, answer("SSH-2.0-OpenSSH_9.6\r\n"), 0, hook.BadTLS, "does not speak TLS"},
		"refuses our versions of TLS": {nil, answer("\x15\x03\x01\x00\x02\x02\x46"), 0, hook.BadTLS, "TLS version is too old"},
		"closes before the handshake": {
			nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 2048)) }, 0,
			hook.BadTLS, "closed the connection during the TLS handshake",
		},
		"closes after the handshake": {good, answer(""), 0, hook.BadResponse, "without an answer"},
		"closes in the head":         {good, answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"), 0, hook.BadResponse, "broke off in its head"},
		"closes in the body": {
			good, answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"), 200,
			hook.BadResponse, "broke off after 10 bytes",
		},
		"closes in a chunk": {
			good, answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n01234"), 200,
			hook.BadResponse, "broke off after 5 bytes",
		},
		"answers something else": {good, answer("220 mail.example ESMTP\r\n\r\n"), 0, hook.BadResponse, "is not HTTP"},
		"answers huge headers": {
			good, answer("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 128<<10) + "\r\n\r\n"), 0,
			hook.BadResponse, "longer than 64 KiB",
		},
		"never answers":             {good, silent, 0, hook.TimedOut, "had not answered after"},
		"never shakes hands":        {nil, silent, 0, hook.BadTLS, "had not finished the TLS handshake"},
		"trickles its head":         {good, trickle("HTTP/1.1 200 OK\r\n", "X-More: 1\r\n"), 0, hook.TimedOut, "had not ended it"},
		"trickles its body":         {good, trickle("HTTP/1.1 200 OK\r\n\r\n", "."), 200, hook.TimedOut, "had not ended it"},
		"trickles beyond the limit": {good, trickle("HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", 20<<10), "."), 200, hook.TimedOut, "had not ended it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, ca, nil)
			if strings.HasPrefix(name, "never") || strings.HasPrefix(name, "trickles") {
				c = newClient(t, ca, func(o *send.Options) { o.Timeout, o.ConnectTimeout = 500*time.Millisecond, 400*time.Millisecond })
			}
			a := c.Send(t.Context(), post(listen(t, tt.config, tt.talk)), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, tt.kind, tt.status, tt.want)
		})
	}
}

func TestSendExplainsWhatKeepsItFromConnecting(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := serve(t, ca, http.NotFoundHandler())
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	strict := func(o *send.Options) { o.Guard = nil }
	for name, tt := range map[string]struct {
		url    string
		change func(*send.Options)
		kind   hook.ErrorKind
		want   string
	}{
		"a loopback address":        {srv.URL, strict, hook.BadAddress, "127.0.0.1 is a loopback address"},
		"a name for loopback":       {"https://localhost:" + port, strict, hook.BadAddress, "loopback address"},
		"a mapped loopback address": {"https://[::ffff:127.0.0.1]:" + port, strict, hook.BadAddress, "loopback address"},
		"the metadata service":      {"https://169.254.169.254/", strict, hook.BadAddress, "metadata service"},
		"a closed port":             {closedPort, nil, hook.BadConnect, "refused the connection on port"},
		"a name that is not there":  {"https://no-such-host.invalid/", nil, hook.BadName, "the name no-such-host.invalid"},
		"http":                      {"http://hooks.example/", nil, hook.BadAddress, "use https"},
		"no host":                   {"https:///", nil, hook.BadAddress, "has no host"},
		"a URL that does not parse": {"https://hooks.example/%zz", nil, hook.BadAddress, "cannot be read"},
		"a URL with a password":     {"https://user:pa55word@hooks.example/", nil, hook.BadAddress, "authentication"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newClient(t, ca, tt.change).Send(t.Context(), post(tt.url), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, tt.kind, 0, tt.want)
			if strings.Contains(a.URL+a.Reason, "pa55word") {
				t.Errorf("the attempt shows the password: %+v", a)
			}
		})
	}
}

func TestSendRefusesHeadersItCannotSend(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r := post(serve(t, ca, http.NotFoundHandler()).URL)
	r.Header.Set("X-Note", "a\r\nX-Smuggled: b")
	a := newClient(t, ca, nil).Send(t.Context(), r, &hook.Hook{}, hook.Defaults{})
	wantFailure(t, a, hook.BadRender, 0, "a header of the request")

	r = post(r.URL)
	r.Method = "NO GOOD"
	a = newClient(t, ca, nil).Send(t.Context(), r, &hook.Hook{}, hook.Defaults{})
	wantFailure(t, a, hook.BadRender, 0, "could not be made")
}

func TestSendIsAbandonedWhenItsContextIsCancelled(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	ctx, cancel := context.WithCancel(t.Context())
	url := listen(t, certificates(ca.issue(t, nil)), func(c net.Conn) {
		_, _ = c.Read(make([]byte, 2048))
		cancel()
		silent(c)
	})
	a := newClient(t, ca, nil).Send(ctx, post(url), &hook.Hook{}, hook.Defaults{})
	wantFailure(t, a, hook.Abandoned, 0, "Waybill broke the request off")
}

func TestSendReplacesAKeptConnectionThatIsClosed(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	// Each connection answers one request and drops the next unanswered.
	url := listen(t, certificates(ca.issue(t, nil)), func(c net.Conn) {
		in := bufio.NewReader(c)
		for i := range 2 {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil || i == 1 {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	c := newClient(t, ca, nil)
	for i := range 3 {
		if a := c.Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{}); a.Status != 204 || a.Error != hook.NoError {
			t.Errorf("attempt %d = %d %s %q, want 204", i, a.Status, a.Error, a.Reason)
		}
	}
}

// wantFailure checks what an attempt says of its failure.
func wantFailure(t *testing.T, a hook.Attempt, kind hook.ErrorKind, status int, reason string) {
	t.Helper()
	if a.Error != kind || a.Status != status || !strings.Contains(a.Reason, reason) {
		t.Errorf("Send = %d, %q, %q, want %d, %q, %q", a.Status, a.Error, a.Reason, status, kind, reason)
	}
	if a.Took.Total <= 0 || a.StartedAt.IsZero() {
		t.Errorf("Send started at %v and took %v, want both set", a.StartedAt, a.Took.Total)
	}
}

func certificates(c ...tls.Certificate) *tls.Config { return &tls.Config{Certificates: c} }

// answer waits for a request and writes text.
func answer(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err != nil {
			return
		}
		_, _ = io.WriteString(c, text)
	}
}

// trickle writes first, and then more again and again until the client goes.
func trickle(first, more string) func(net.Conn) {
	return func(c net.Conn) {
		answer(first)(c)
		for {
			if _, err := io.WriteString(c, more); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// silent reads until the client goes.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// plain answers as an HTTP server does to what it cannot read.
func plain(c net.Conn) {
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, c, 16); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
	}
}

// closedPort is a URL where nothing listens: no test is given so low a port.
const closedPort = "https://127.0.0.1:1"
