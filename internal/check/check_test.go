package check_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/check"
	"github.com/waybillhq/waybill/internal/hook"
)

// Cipher suites of TLS 1.2: modern ones, which deliveries offer, and outdated ones
// with and without forward secrecy.
var (
	modern = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	old    = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}
	never  = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
)

// config is that of a server; the zero versions are TLS 1.2 and 1.3.
func config(cert tls.Certificate, lowest, highest uint16, suites []uint16) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: lowest, MaxVersion: highest, CipherSuites: suites,
		NextProtos: []string{"h2", "http/1.1"},
	}
}

func TestReceiversAreGraded(t *testing.T) {
	t.Parallel()
	var none *issuer
	root := none.authority(t, "Test Root")
	middle := root.authority(t, "Test Intermediate")
	good := root.server(t, newKey(t), nil)
	dated := func(from, to time.Duration) tls.Certificate {
		return root.server(t, newKey(t), func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(to) })
	}
	const day = 24 * time.Hour
	asking := config(good, 0, 0, modern)
	asking.ClientAuth = tls.RequireAnyClientCert
	asking12 := config(good, 0, tls.VersionTLS12, modern)
	asking12.ClientAuth = tls.RequireAnyClientCert
	onlyTwo := config(good, 0, 0, modern)
	onlyTwo.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if !slices.Contains(hello.SupportedProtos, "h2") {
			return &tls.Config{Certificates: onlyTwo.Certificates, NextProtos: []string{"other"}}, nil
		}
		return nil, nil //nolint:nilnil // as it is to be when nothing changes
	}
	for name, tt := range map[string]struct {
		config *tls.Config
		grade  check.Grade
		want   string // of the first finding; empty: there is none
		fix    string
	}{
		"TLS 1.2 and 1.3 with modern suites": {config(good, 0, 0, modern), check.A, "", ""},
		"TLS 1.3 alone":                      {config(good, tls.VersionTLS13, 0, nil), check.A, "", ""},
		"TLS 1.2 alone":                      {config(good, 0, tls.VersionTLS12, modern), check.A, "", ""},
		"a whole chain":                      {config(middle.server(t, newKey(t), nil, middle), 0, 0, modern), check.A, "", ""},
		"RSA with 2048 bits":                 {config(root.server(t, newRSA(t, 2048), nil), 0, 0, modern), check.A, "", ""},
		"a wish to know who is calling":      {asking, check.A, "asks for a client certificate", "give the hook one"},
		"the same wish in TLS 1.2":           {asking12, check.A, "asks for a client certificate", "give the hook one"},
		"old suites as well":                 {config(good, 0, 0, append(modern, old...)), check.B, "accepts outdated cipher suites such as TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "leave only"},
		"old versions as well":               {config(good, tls.VersionTLS10, 0, append(modern, old...)), check.B, "still offers TLS 1.1", "switch off"},
		"a certificate for 20 days":          {config(dated(-day, 20*day+time.Hour), 0, 0, modern), check.B, "in 20 days", "renew it"},
		"a certificate for 6 days":           {config(dated(-day, 6*day+time.Hour), 0, 0, modern), check.C, "in 6 days", "renew it"},
		"old suites with TLS 1.2":            {config(good, 0, 0, old), check.B, "accepts outdated cipher suites alone, such as TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "switch TLS 1.2 off"},
		"old suites alone":                   {config(good, 0, tls.VersionTLS12, old), check.F, "no TLS cipher in common", "must offer one with forward secrecy"},
		"HTTP/2 alone":                       {onlyTwo, check.C, "HTTP/2 alone", "set http2"},
		"a weak key":                         {config(root.server(t, newRSA(t, 1024), nil), 0, 0, modern), check.D, "is weak: RSA 1024", "make a new one"},
		"a self-signed certificate":          {config(none.server(t, newKey(t), nil), 0, 0, modern), check.F, "self-signed", "public authority"},
		"an expired certificate":             {config(dated(-9*day, -3*day-time.Hour), 0, 0, modern), check.F, "expired 3 days ago", "renewed"},
		"a certificate for another name":     {config(root.server(t, newKey(t), func(c *x509.Certificate) { c.DNSNames = []string{"b.test"} }), 0, 0, modern), check.F, "valid for b.test, not hooks.test", "correct the host"},
		"a chain without its intermediate":   {config(middle.server(t, newKey(t), nil), 0, 0, modern), check.F, "leaves out the intermediate", "whole chain"},
		"TLS 1.1 at most":                    {config(good, tls.VersionTLS10, tls.VersionTLS11, nil), check.F, "offers TLS 1.1 at most", "TLS 1.2 or 1.3"},
		"TLS 1.0 at most":                    {config(good, tls.VersionTLS10, tls.VersionTLS10, nil), check.F, "offers TLS 1.0 at most", "TLS 1.2 or 1.3"},
		"suites without forward secrecy":     {config(root.server(t, newRSA(t, 2048), nil), 0, tls.VersionTLS12, never), check.F, "no TLS cipher in common", ""},
		"plain HTTP":                         {nil, check.F, "speaks plain HTTP", "https port"},
	} {
		t.Run("with "+name, func(t *testing.T) {
			t.Parallel()
			r, err := newChecker(root, "127.0.0.1").Check(t.Context(), "https://hooks.test:"+serve(t, tt.config)+"/orders", hook.Defaults{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Grade != tt.grade || r.Delivers != (tt.grade != check.F) {
				t.Errorf("the grade is %s, delivers %t, want %s: %+v", r.Grade, r.Delivers, tt.grade, r)
			}
			if tt.want == "" {
				if len(r.Findings) > 0 {
					t.Errorf("the findings are %v, want none", r.Findings)
				}
				return
			}
			if len(r.Findings) == 0 || !strings.Contains(r.Findings[0].What, tt.want) || !strings.Contains(r.Findings[0].Fix, tt.fix) {
				t.Errorf("the findings are %q, want the first to have %q and %q", r.Findings, tt.want, tt.fix)
			}
		})
	}
}

func TestAReportTellsWhatIsOffered(t *testing.T) {
	t.Parallel()
	var none *issuer
	root := none.authority(t, "Test Root")
	port := serve(t, config(root.server(t, newKey(t), nil), tls.VersionTLS11, 0, append(modern, old...)))
	r, err := newChecker(root, "127.0.0.9 127.0.0.1 127.0.0.2").Check(t.Context(), "https://hooks.test:"+port+"/", hook.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	want := []check.Version{
		{Name: "TLS 1.3", Offered: true, Suite: "TLS_AES_128_GCM_SHA256", HTTP: "h2"},
		{Name: "TLS 1.2", Offered: true, Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", HTTP: "h2", Weak: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
		{Name: "TLS 1.1", Offered: true, Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", HTTP: "h2"},
		{Name: "TLS 1.0"},
	}
	if diff := cmp.Diff(want, r.Versions); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"http/1.1", "h2"}, r.HTTP); diff != "" {
		t.Errorf("http (-want +got):\n%s", diff)
	}
	if len(r.Addresses) != 3 || r.Addresses[0].Permitted || !strings.Contains(r.Addresses[0].Reason, "--deny-network") || !r.Addresses[1].Used || r.Addresses[2].Used {
		t.Errorf("addresses = %+v, want the first refused and the second used", r.Addresses)
	}
	if !r.Verified || len(r.Chain) != 1 || r.Chain[0].Key != "ECDSA P-256" || r.Chain[0].Issuer != "CN=Test Root" || r.Chain[0].Names[0] != "hooks.test" {
		t.Errorf("chain = %+v, verified %t", r.Chain, r.Verified)
	}
	if r.Took.LookUp <= 0 && r.Took.Connect <= 0 || r.Took.Handshake <= 0 {
		t.Errorf("took = %+v, want all set", r.Took)
	}
	if len(r.Findings) != 3 || r.Grade != check.B {
		t.Errorf("findings = %q, want an address, a version and suites", r.Findings)
	}
}

func TestWhatCannotBeReachedIsGradedToo(t *testing.T) {
	t.Parallel()
	var none *issuer
	root := none.authority(t, "Test Root")
	for name, tt := range map[string]struct{ addrs, url, want string }{
		"refused addresses alone":      {"127.0.0.9 10.0.0.1", "https://hooks.test/", "127.0.0.9 is in the network"},
		"a refused address":            {"", "https://169.254.169.254/", "metadata"},
		"a port of another service":    {"127.0.0.1", "https://hooks.test:25/", "mail"},
		"a port where nothing listens": {"127.0.0.9 127.0.0.1", "https://hooks.test:1/", "refused the connection on port 1"},
		"a name that leads nowhere":    {"", "https://hooks.test/", "leads to no address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := newChecker(root, tt.addrs).Check(t.Context(), tt.url, hook.Defaults{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Grade != check.F || r.Delivers || len(r.Findings) != 1 || !strings.Contains(r.Findings[0].What, tt.want) || len(r.Versions) > 0 {
				t.Errorf("the report is %+v, want F for %q", r, tt.want)
			}
		})
	}
	_, err := newChecker(root, "").Check(t.Context(), "http://hooks.test/", hook.Defaults{})
	if e, ok := errors.AsType[*hook.Error](err); !ok || e.Fault != hook.Invalid {
		t.Errorf("Check of http = %v, want an invalid field", err)
	}
}

func TestOnlyTheOperatorLearnsOfAddressesInside(t *testing.T) {
	t.Parallel()
	var none *issuer
	root := none.authority(t, "Test Root")
	port := serve(t, config(root.server(t, newKey(t), nil), 0, 0, modern))
	for name, tt := range map[string]struct {
		addrs, url string
		open       bool
		inside     string // that may be told only if shown
		shown      bool
		want       string
	}{
		"a company, of a name":                 {"10.0.3.7", "https://hooks.test/", false, "10.0.3.7", false, "its address is a private address"},
		"a company, of one of several":         {"10.0.3.7 127.0.0.1", "https://hooks.test:" + port + "/", false, "10.0.3.7", false, "its address is a private address"},
		"a company, of what is denied":         {"127.0.0.9", "https://hooks.test/", false, "127.0.0.9", false, "its address is in a network that the operator of this server denies"},
		"a company, of what a gateway is for":  {"64:ff9b::10.0.3.7", "https://hooks.test/", false, "64:ff9b", false, "its address leads to one that is a private address"},
		"a company, of an address that it has": {"", "https://10.0.3.7/", false, "10.0.3.7", true, "10.0.3.7 is a private address"},
		"the operator":                         {"10.0.3.7", "https://hooks.test/", true, "10.0.3.7", true, "10.0.3.7 is a private address"},
	} {
		t.Run("that is told to "+name, func(t *testing.T) {
			t.Parallel()
			c := newChecker(root, tt.addrs)
			c.Open = tt.open
			r, err := c.Check(t.Context(), tt.url, hook.Defaults{})
			if err != nil {
				t.Fatal(err)
			}
			r.URL = ""
			if text := fmt.Sprintf("%+v", r); strings.Contains(text, tt.inside) != tt.shown {
				t.Errorf("the report tells of %s: %t, want %t: %s", tt.inside, !tt.shown, tt.shown, text)
			}
			if len(r.Addresses) == 0 || r.Addresses[0].Permitted || len(r.Findings) == 0 ||
				!strings.Contains(r.Findings[0].What, tt.want) || !strings.Contains(r.Findings[0].What+r.Findings[0].Fix, "-network") {
				t.Errorf("the report is %+v, want the first finding to have %q and the remedy", r, tt.want)
			}
		})
	}
}
