package check_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

// shown returns a server's certificate as one that a hook shows.
func shown(tb testing.TB, c tls.Certificate) hook.Certificate {
	tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	return hook.Certificate{
		Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		Key:   hook.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
}

func TestWhatIsSaidToDeliverDoes(t *testing.T) {
	t.Parallel()
	var none *issuer
	root := none.authority(t, "Test Root")
	middle := root.authority(t, "Test Intermediate")
	here := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, []net.IP{net.IPv4(127, 0, 0, 1)} }
	good := root.server(t, newKey(t), here)
	goodRSA := root.server(t, newRSA(t, 2048), here)
	asking := config(good, 0, 0, nil)
	asking.ClientAuth = tls.RequireAnyClientCert
	onlyTwo := config(good, 0, 0, nil)
	onlyTwo.NextProtos = []string{"h2"}
	servers := map[string]*tls.Config{
		"TLS 1.3 alone":                   config(good, tls.VersionTLS13, 0, nil),
		"TLS 1.3, and 1.2 with old ones":  config(good, 0, 0, old),
		"TLS 1.2, old suites as well":     config(good, 0, tls.VersionTLS12, append(old, modern...)),
		"TLS 1.1 alone":                   config(good, tls.VersionTLS10, tls.VersionTLS11, nil),
		"a wish to know who is calling":   asking,
		"HTTP/2 alone":                    onlyTwo,
		"a whole chain":                   config(middle.server(t, newKey(t), here, middle), 0, 0, nil),
		"a chain without its middle":      config(middle.server(t, newKey(t), here), 0, 0, nil),
		"a certificate for another host":  config(root.server(t, newKey(t), nil), 0, 0, nil),
		"a self-signed certificate":       config(none.server(t, newKey(t), here), 0, 0, nil),
		"a certificate that has run out":  config(root.server(t, newKey(t), func(c *x509.Certificate) { here(c); c.NotAfter = time.Now().Add(-time.Minute) }), 0, 0, nil),
		"no TLS, but plain HTTP, instead": nil,
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		servers[s.Name] = config(good, 0, tls.VersionTLS12, []uint16{s.ID})
		servers[s.Name+" and RSA"] = config(goodRSA, 0, tls.VersionTLS12, []uint16{s.ID})
	}
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	client := send.New(send.Options{Roots: pool, Guard: send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})})
	t.Cleanup(client.Close)
	for name, config := range servers {
		t.Run("from a receiver with "+name, func(t *testing.T) {
			t.Parallel()
			url := "https://127.0.0.1:" + serve(t, config) + "/"
			r, err := newChecker(root, "").Check(t.Context(), url, hook.Defaults{})
			if err != nil {
				t.Fatal(err)
			}
			h := hook.Hook{Client: shown(t, good), HTTP2: name == "HTTP/2 alone"}
			a := client.Send(t.Context(), hook.Request{Method: "POST", URL: url}, &h, hook.Defaults{})
			// The servers end the connection after the handshake.
			if reached := a.Error == hook.BadResponse; reached != r.Delivers {
				t.Errorf("Send = %s %q, but Check delivers %t: %v", a.Error, a.Reason, r.Delivers, r.Findings)
			}
		})
	}
}
