package send_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestSendExplainsClientCertificates(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t), newAuthority(t)
	good, stranger := clientCertificate(t, clients, "shop.example"), clientCertificate(t, newAuthority(t), "stranger")
	expired := stranger
	expired.NotAfter = time.Now().Add(-49 * time.Hour)
	const none = "asks for a client certificate, and the hook has none"
	for name, tt := range map[string]struct {
		client  hook.Certificate
		version uint16
		want    string
	}{
		"the right one with TLS 1.2":       {good, tls.VersionTLS12, ""},
		"the right one with TLS 1.3":       {good, tls.VersionTLS13, ""},
		"none with TLS 1.2":                {hook.Certificate{}, tls.VersionTLS12, none},
		"none with TLS 1.3":                {hook.Certificate{}, tls.VersionTLS13, none},
		"one that is not known, TLS 1.2":   {stranger, tls.VersionTLS12, "(CN=stranger), because it does not trust its issuer"},
		"one that is not known, TLS 1.3":   {stranger, tls.VersionTLS13, "(CN=stranger), because it does not trust its issuer"},
		"one that has expired":             {expired, tls.VersionTLS13, "(CN=stranger), which expired 2 days ago; have it renewed"},
		"one that cannot be used":          {hook.Certificate{Chain: "x"}, tls.VersionTLS13, "upload it again"},
		"one that cannot be used, TLS 1.2": {hook.Certificate{Chain: good.Chain, Key: stranger.Key}, tls.VersionTLS12, "upload it again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := listen(t, &tls.Config{
				Certificates: []tls.Certificate{ca.issue(t, nil)}, MinVersion: tt.version, MaxVersion: tt.version,
				ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients.pool(),
			}, answer("HTTP/1.1 204 No Content\r\n\r\n"))
			a := newClient(t, ca, nil).Send(t.Context(), post(url), &hook.Hook{Client: tt.client}, hook.Defaults{})
			if tt.want == "" {
				wantFailure(t, a, hook.NoError, 204, "")
				return
			}
			wantFailure(t, a, hook.BadTLS, 0, tt.want)
		})
	}
}

func TestSendSharesNoConnectionBetweenClientCertificates(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t), newAuthority(t)
	srv := serveTLS(t, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, nil)}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients.pool(),
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		_, _ = io.WriteString(w, name)
	}))
	hooks := map[string]*hook.Hook{"nobody": {}}
	for i := range 4 {
		name := fmt.Sprintf("shop%d", i)
		hooks[name] = &hook.Hook{Client: clientCertificate(t, clients, name), HTTP2: i%2 == 0}
	}
	c := newClient(t, ca, nil)
	var wg sync.WaitGroup
	for want, h := range hooks {
		for range 3 {
			wg.Go(func() {
				for range 10 {
					if a := c.Send(t.Context(), post(srv.URL), h, hook.Defaults{}); a.Status != 200 || string(a.ResponseBody) != want {
						t.Errorf("Send as %s = %d %q %q", want, a.Status, a.ResponseBody, a.Reason)
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestNewCertificateIsShownAtOnce(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t), newAuthority(t)
	srv := serveTLS(t, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, nil)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients.pool(),
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].SerialNumber.String())
	}))
	c := newClient(t, ca, nil)
	first, second := clientCertificate(t, clients, "shop"), clientCertificate(t, clients, "shop")
	a := c.Send(t.Context(), post(srv.URL), &hook.Hook{Client: first}, hook.Defaults{})
	b := c.Send(t.Context(), post(srv.URL), &hook.Hook{Client: second}, hook.Defaults{})
	if a.Status != 200 || b.Status != 200 || string(a.ResponseBody) == string(b.ResponseBody) {
		t.Errorf("Send = %d %q, then %d %q, want two certificates", a.Status, a.ResponseBody, b.Status, b.ResponseBody)
	}
}
