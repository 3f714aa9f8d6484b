package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/check"
)

func sample() check.Report {
	at := func(text string) time.Time {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			panic(err)
		}
		return t
	}
	return check.Report{
		URL: "https://hooks.example/orders", CheckedAt: at("2026-11-24"), Delivers: true, Grade: check.B,
		Findings: []check.Finding{
			{Grade: check.B, What: "it still offers TLS 1.1, which is broken", Fix: "switch off TLS 1.0 and 1.1 in the web server's settings"},
			{Grade: check.A, What: "it asks for a client certificate", Fix: "give the hook one that it accepts, if it insists"},
		},
		Addresses: []check.Address{
			{Address: "10.0.0.5", Reason: "10.0.0.5 is a private address"},
			{Address: "2606:2800:220:1::1", Permitted: true, Reason: "there is no route to hooks.example"},
			{Address: "93.184.216.34", Permitted: true, Used: true},
			{Address: "93.184.216.35", Permitted: true},
		},
		Versions: []check.Version{
			{Name: "TLS 1.3", Offered: true, Suite: "TLS_AES_128_GCM_SHA256", HTTP: "h2"},
			{Name: "TLS 1.2", Offered: true, Suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", HTTP: "h2", Weak: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
			{Name: "TLS 1.1", Offered: true, Suite: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
			{Name: "TLS 1.0"},
		},
		HTTP: []string{"http/1.1", "h2"}, AsksFor: true, Verified: true,
		Chain: []check.Certificate{
			{
				Subject: "CN=hooks.example", Issuer: "CN=Example CA 1,O=Example", Key: "ECDSA P-256", Signature: "SHA256-RSA",
				Names:     []string{"hooks.example", "a.example", "b.example", "c.example", "d.example", "e.example", "f.example"},
				NotBefore: at("2026-10-01"), NotAfter: at("2026-12-30"),
			},
			{
				Subject: "CN=Example CA 1,O=Example", Issuer: "CN=Example Root,O=Example", Key: "RSA 2048", Signature: "SHA256-RSA",
				NotBefore: at("2024-03-13"), NotAfter: at("2026-11-21"),
			},
		},
		Took: check.Took{LookUp: 12.3, Connect: 20, Handshake: 31.4},
	}
}

func TestAReportIsWrittenForPeople(t *testing.T) {
	t.Parallel()
	refused := check.Report{
		URL: "https://10.0.0.5/", CheckedAt: sample().CheckedAt, Grade: check.F,
		Findings:  []check.Finding{{Grade: check.F, What: "10.0.0.5 is a private address", Fix: "only the public internet is connected to"}},
		Addresses: []check.Address{{Address: "10.0.0.5", Reason: "10.0.0.5 is a private address"}},
	}
	for name, r := range map[string]check.Report{"whole": sample(), "refused": refused} {
		var got strings.Builder
		if err := r.Write(&got); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("the report %s (-want +got):\n%s", name, diff)
		}
	}
}
