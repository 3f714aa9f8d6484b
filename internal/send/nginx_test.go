package send_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send/sendtest"
)

// clientCertificate returns one of a, as the hook that shows it has it stored.
func clientCertificate(tb testing.TB, a *authority, name string) hook.Certificate {
	tb.Helper()
	c := a.issue(tb, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: name}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	read, err := certificate.FromPEM(text, hook.Secret(key), time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	return read
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// Directives of nginx.
const (
	askPassword    = "auth_basic receiver; auth_basic_user_file passwords;\n"
	askCertificate = "ssl_verify_client on; ssl_client_certificate clients.pem;\n"
	only13         = "ssl_protocols TLSv1.3;\n"
	only12         = "ssl_protocols TLSv1.2;\n"
	atMost11       = "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;\n"
)

func TestNginxAcceptsDeliveries(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t), newAuthority(t)
	erp := hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "correct-horse"}
	shop := clientCertificate(t, clients, "shop.example")
	for name, tt := range map[string]struct {
		directives string
		hook       hook.Hook
		want       string
	}{
		"as it comes":                           {"", hook.Hook{}, "protocol=TLSv1.3 user= client="},
		"over HTTP/2":                           {"", hook.Hook{HTTP2: true}, "protocol=TLSv1.3 user= client="},
		"with basic authentication":             {askPassword, hook.Hook{Auth: erp}, "protocol=TLSv1.3 user=erp client="},
		"with TLS 1.2 only":                     {only12, hook.Hook{}, "protocol=TLSv1.2 user= client="},
		"with a client certificate and TLS 1.3": {only13 + askCertificate, hook.Hook{Client: shop}, "protocol=TLSv1.3 user= client=CN=shop.example"},
		"with a client certificate and TLS 1.2": {only12 + askCertificate, hook.Hook{Client: shop}, "protocol=TLSv1.2 user= client=CN=shop.example"},
		"with all of it over HTTP/2": {
			only13 + askCertificate + askPassword,
			hook.Hook{Client: shop, Auth: erp, HTTP2: true},
			"protocol=TLSv1.3 user=erp client=CN=shop.example",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := sendtest.Nginx{
				Certificate: ca.issue(t, nil), Directives: tt.directives,
				Files: map[string]string{"passwords": "erp:{PLAIN}correct-horse\n", "clients.pem": clients.pem()},
			}.Start(t)
			c := newClient(t, ca, nil)
			for range 2 { // the second over the kept connection
				a := c.Send(t.Context(), post(url), &tt.hook, hook.Defaults{})
				if a.Status != 200 || a.Reason != "" || string(a.ResponseBody) != tt.want+"\n" {
					t.Errorf("Send = %d %q %q, want %q", a.Status, a.Reason, a.ResponseBody, tt.want)
				}
			}
		})
	}
}

func TestNginxRefusesClients(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t), newAuthority(t)
	for name, tt := range map[string]struct {
		directives string
		hook       hook.Hook
		status     int
		want       string
	}{
		"without a password":            {askPassword, hook.Hook{}, 401, ""},
		"with a wrong password":         {askPassword, hook.Hook{Auth: hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "guessed"}}, 401, ""},
		"without a certificate":         {only13 + askCertificate, hook.Hook{}, 400, "asks for a client certificate, and the hook has none"},
		"without a certificate, on 1.2": {only12 + askCertificate, hook.Hook{}, 400, "asks for a client certificate, and the hook has none"},
		"with one of another authority": {
			only13 + askCertificate,
			hook.Hook{Client: clientCertificate(t, newAuthority(t), "stranger")},
			400,
			"does not accept the hook's client certificate (CN=stranger); it is from CN=Test Authority",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := sendtest.Nginx{
				Certificate: ca.issue(t, nil), Directives: tt.directives,
				Files: map[string]string{"passwords": "erp:{PLAIN}correct-horse\n", "clients.pem": clients.pem()},
			}.Start(t)
			a := newClient(t, ca, nil).Send(t.Context(), post(url), &tt.hook, hook.Defaults{})
			wantFailure(t, a, hook.NoError, tt.status, tt.want)
		})
	}
}

func TestNginxIsRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	key, cert := newCertificate(t, &x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, nil)
	good := ca.issue(t, nil)
	for name, tt := range map[string]struct {
		certificate tls.Certificate
		directives  string
		host, want  string
	}{
		"with a self-signed certificate": {
			tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}, "", "127.0.0.1", "certificate is self-signed",
		},
		"with an expired certificate": {ca.issue(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, -90), time.Now().Add(-73*time.Hour)
		}), "", "127.0.0.1", "certificate expired 3 days ago"},
		"with a certificate for another name": {ca.issue(t, func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = []string{"a.example"}, nil
		}), "", "localhost", "valid for a.example, not localhost"},
		"over TLS 1.1 at most":    {good, atMost11, "127.0.0.1", "offers TLS 1.1 at most; it must"},
		"without forward secrecy": {good, only12 + "ssl_ciphers AES128-GCM-SHA256;\n", "127.0.0.1", "no TLS cipher in common"},
		"with old encryption":     {good, only12 + "ssl_ciphers ECDHE-ECDSA-AES128-SHA256;\n", "127.0.0.1", "no TLS cipher in common"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := sendtest.Nginx{Certificate: tt.certificate, Directives: tt.directives}.Start(t)
			url = strings.Replace(url, "127.0.0.1", tt.host, 1)
			a := newClient(t, ca, nil).Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{})
			wantFailure(t, a, hook.BadTLS, 0, tt.want)
		})
	}
}
