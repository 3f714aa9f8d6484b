package send_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

const (
	clientSecret = "correct/horse+battery"
	goodToken    = `{"access_token":"good-token","token_type":"bearer","expires_in":600}`
)

// oauthHook returns a hook whose token server is at a URL.
func oauthHook(tokenURL string) *hook.Hook {
	return &hook.Hook{Auth: hook.Auth{
		Kind: hook.OAuthAuth, Secret: clientSecret, OAuth: hook.OAuth{TokenURL: tokenURL, ClientID: "shop"},
	}}
}

// respond returns what a server writes that answers with a status, a type of
// content and a body.
func respond(status, content, body string) func(net.Conn) {
	return answer(fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, content, len(body), body))
}

// counting returns a receiver that counts what arrives with the right token, and
// fails the test for all else.
func counting(t *testing.T, ca *authority) (url string, arrived *atomic.Int64) {
	t.Helper()
	arrived = new(atomic.Int64)
	srv := serve(t, ca, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer good-token" {
			t.Errorf("a request arrived with Authorization %q", got)
		}
		arrived.Add(1)
	}))
	return srv.URL, arrived
}

func TestTokenIsReadAsServersWriteIt(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	good := certificates(ca.issue(t, nil))
	r, arrived := counting(t, ca)
	for name, talk := range map[string]func(net.Conn){
		"as the standard says":         respond("200 OK", "application/json", goodToken),
		"without a type and a life":    respond("200 OK", "application/json", `{"access_token":"good-token"}`),
		"with its life as a text":      respond("200 OK", "application/json", `{"access_token":"good-token","token_type":"Bearer","expires_in":"600"}`),
		"with no life at all":          respond("200 OK", "application/json", `{"access_token":"good-token","expires_in":-1}`),
		"with another type of content": respond("201 Created", "text/html", goodToken),
		"called plain text":            respond("200 OK", "text/plain; charset=utf-8", "\n"+goodToken),
		"as a form":                    respond("200 OK", "application/x-www-form-urlencoded", "access_token=good-token&token_type=bearer"),
		"without a length":             answer("HTTP/1.0 200 OK\r\n\r\n" + goodToken),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newClient(t, ca, nil).Send(t.Context(), post(r), oauthHook(listen(t, good, talk)), hook.Defaults{})
			wantFailure(t, a, hook.NoError, http.StatusOK, "")
		})
	}
	t.Cleanup(func() {
		if n := arrived.Load(); n != 8 {
			t.Errorf("%d requests arrived, want 8", n)
		}
	})
}

func TestSendExplainsTokenServers(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	good := certificates(ca.issue(t, nil))
	key, cert := newCertificate(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, nil)
	r, arrived := counting(t, ca)
	token := func(json string) func(net.Conn) { return respond("200 OK", "application/json", json) }
	const noToken = "answered, but without an access token (RFC 6749, section 5.1); check the token URL"
	for name, tt := range map[string]struct {
		config *tls.Config
		talk   func(net.Conn)
		want   string
	}{
		"that never answers":          {good, silent, "had not answered in full after "},
		"that never ends its answer":  {good, trickle("HTTP/1.1 200 OK\r\n\r\n{", " "), "had not answered in full after "},
		"that never shakes hands":     {nil, silent, "had not finished the TLS handshake after"},
		"that closes at once":         {good, answer(""), "the token server closed the connection without an answer"},
		"that breaks off in the head": {good, answer("HTTP/1.1 200 OK\r\n"), "broke off in its head"},
		"that breaks off in the body": {good, answer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + goodToken[:20]), "broke off after 20 bytes"},
		"that speaks something else":  {good, answer("220 mail.example ESMTP\r\n\r\n"), "what the token server answered is not HTTP"},
		"that speaks plain HTTP":      {nil, plain, "speaks plain HTTP, not https; use the token server's https port"},
		"that is self-signed": {
			certificates(tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}), token(goodToken),
			"the token server's certificate is self-signed",
		},
		"that is of an unknown authority": {certificates(newAuthority(t).issue(t, nil)), token(goodToken), "the token server's certificate is from an authority that is not known here"},
		"that is for another name":        {certificates(ca.issue(t, func(c *x509.Certificate) { c.IPAddresses = nil })), token(goodToken), "the token server's certificate is valid for localhost, not 127.0.0.1"},
		"that offers TLS 1.1 at most": {
			&tls.Config{Certificates: good.Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, token(goodToken),
			"TLS version is too old",
		},
		"that wants a client certificate": {&tls.Config{Certificates: good.Certificates, ClientAuth: tls.RequireAnyClientCert}, token(goodToken), "asks for a client certificate, and is shown none"},
		"that redirects":                  {good, answer("HTTP/1.1 307 Temporary Redirect\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "answered 307; redirects are not followed"},
		"that has an error":               {good, respond("500 Oops", "text/html", "<h1>Oops</h1>"), "answered 500"},
		"that says nothing about a 401":   {good, respond("401 Unauthorized", "text/plain", ""), "answered 401; check the client ID, the client secret"},
		"that isn't there":                {good, respond("404 Not Found", "text/html", "<h1>?</h1>"), "answered 404; check the token URL"},
		"that allows no such grant":       {good, respond("400 Bad", "application/json", `{"error":"unsupported_grant_type"}`), "answered 400 unsupported_grant_type; it must allow client credentials"},
		"that doesn't know the scope":     {good, respond("400 Bad", "application/json", `{"error":"invalid_scope","error_description":"no\nsuch"}`), "answered 400 invalid_scope (no such); check the scope"},
		"that has an error in a 200":      {good, token(`{"error":"invalid_client"}`), "answered 200 invalid_client; check the client ID"},
		"that repeats the secret":         {good, respond("400 Bad", "application/json", `{"error":"not `+clientSecret+`","error_description":"c2hvcDpjb3JyZWN0JTJGaG9yc2UlMkJiYXR0ZXJ5 correct%2Fhorse%2Bbattery"}`), "answered 400 not [secret] ([secret] [secret])"},
		"that repeats it beyond all":      {good, respond("400 Bad", "application/json", `{"error":"`+strings.Repeat("x", 970)+clientSecret+`"}`), "xxx[sec"},
		"that answers a page":             {good, respond("200 OK", "text/html", "<h1>Sign in</h1>"), noToken},
		"that answers nothing":            {good, token(""), noToken},
		"that gives no token":             {good, token(`{"token_type":"bearer"}`), noToken},
		"that gives a list":               {good, token(`["good-token"]`), noToken},
		"that gives another type":         {good, token(`{"access_token":"good-token","token_type":"mac"}`), `gave a token of the type "MAC", and only bearer tokens can be sent`},
		"that gives a line break":         {good, token(`{"access_token":"good-token\r\nX-Smuggled: 1"}`), "gave a token with characters that cannot be sent"},
		"that gives an umlaut":            {good, token(`{"access_token":"gööd-token"}`), "gave a token with characters that cannot be sent"},
		"that gives too much":             {good, token(`{"access_token":"` + strings.Repeat("x", 64<<10) + `"}`), "it is longer than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, ca, nil)
			if strings.HasPrefix(name, "that never") {
				c = newClient(t, ca, func(o *send.Options) { o.Timeout, o.ConnectTimeout = time.Second, 400*time.Millisecond })
			}
			server := listen(t, tt.config, tt.talk)
			a := c.Send(t.Context(), post(r), oauthHook(server+"/token"), hook.Defaults{})
			wantFailure(t, a, hook.BadToken, 0, tt.want)
			if !strings.Contains(a.Reason, strings.TrimPrefix(server, "https://")) {
				t.Errorf("reason %q does not name the server %s", a.Reason, server)
			}
			wantHidden(t, a, clientSecret, "good-token")
		})
	}
	t.Cleanup(func() {
		if n := arrived.Load(); n != 0 {
			t.Errorf("%d requests arrived without a token, want none", n)
		}
	})
}

func TestTokenServersAreGuardedAsReceiversAre(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := serve(t, ca, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the token server was reached")
	}))
	for name, tt := range map[string]struct{ url, want string }{
		"a loopback address":       {srv.URL, "127.0.0.1 is a loopback address"},
		"a name of one":            {strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), "loopback address"},
		"the metadata service":     {"https://169.254.169.254/token", "metadata service"},
		"a port of another server": {"https://login.example:25/token", "port 25 belongs to another service"},
		"a name that isn't there":  {"https://no-such-host.invalid/token", "the name no-such-host.invalid"},
		"a URL with a password":    {"https://user:pa55word@login.example/token", "write a whole https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, ca, func(o *send.Options) { o.Guard = nil })
			a := c.Send(t.Context(), post("https://hooks.example/"), oauthHook(tt.url), hook.Defaults{})
			wantFailure(t, a, hook.BadToken, 0, tt.want)
			wantHidden(t, a, clientSecret, "pa55word")
		})
	}
}

func TestTokenServerMayBeOfAnAuthorityThatOnlyTheCompanyTrusts(t *testing.T) {
	t.Parallel()
	ca, own := newAuthority(t), newAuthority(t)
	r, _ := counting(t, ca)
	login := serve(t, own, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, goodToken) }))
	c := newClient(t, ca, nil)
	a := c.Send(t.Context(), post(r), oauthHook(login.URL), hook.Defaults{Roots: own.pem()})
	wantFailure(t, a, hook.NoError, http.StatusOK, "")
	a = c.Send(t.Context(), post(r), oauthHook(login.URL), hook.Defaults{})
	wantFailure(t, a, hook.BadToken, 0, "authority that is not known here")
}

func TestTokenRequestSurvivesAKeptConnectionThatIsClosed(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r, arrived := counting(t, ca)
	// Each connection answers one request and drops the next unanswered.
	server := listen(t, certificates(ca.issue(t, nil)), func(c net.Conn) {
		in := bufio.NewReader(c)
		for i := range 2 {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil || i == 1 {
				return
			}
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(goodToken), goodToken)
		}
	})
	c := newClient(t, ca, nil)
	for i := range 3 {
		h := oauthHook(server)
		h.Company = strconv.Itoa(i)
		a := c.Send(t.Context(), post(r), h, hook.Defaults{})
		wantFailure(t, a, hook.NoError, http.StatusOK, "")
	}
	if n := arrived.Load(); n != 3 {
		t.Errorf("%d requests arrived, want 3", n)
	}
}

func TestSendIsAbandonedWhileItWaitsForAToken(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r, arrived := counting(t, ca)
	asked, stop := make(chan struct{}, 1), make(chan struct{})
	var first atomic.Bool
	server := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first.CompareAndSwap(false, true) {
			asked <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-stop:
			}
			return
		}
		_, _ = io.WriteString(w, goodToken)
	}))
	defer close(stop)
	c := newClient(t, ca, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	abandoned := func() {
		a := c.Send(ctx, post(r), oauthHook(server.URL), hook.Defaults{})
		wantFailure(t, a, hook.Abandoned, 0, "Waybill stopped before it had a token; nothing was sent to the receiver")
	}
	senders.Go(abandoned)
	<-asked
	senders.Go(abandoned) // waits for the same token
	senders.Go(func() {   // so does this one, which isn't cancelled
		a := c.Send(t.Context(), post(r), oauthHook(server.URL), hook.Defaults{})
		wantFailure(t, a, hook.NoError, http.StatusOK, "")
	})
	cancel()
	senders.Wait()
	if n := arrived.Load(); n != 1 {
		t.Errorf("%d requests arrived, want 1", n)
	}
}
