package webhook_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/webhook"
)

// what is signed with the key "Jefe" in RFC 4231, section 4.3, and RFC 2202,
// section 3.
const jefe = "what do ya want for nothing?"

const jefe256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

func TestHMACAccepts(t *testing.T) {
	t.Parallel()
	in64 := func(text string) string {
		raw, _ := hex.DecodeString(text)
		return base64.StdEncoding.EncodeToString(raw)
	}
	for _, tt := range []struct {
		name  string
		hmac  webhook.HMAC
		value string
	}{
		{"what is usual", webhook.HMAC{}, jefe256},
		{"capital letters", webhook.HMAC{Encoding: "hex"}, strings.ToUpper(jefe256)},
		{"a prefix", webhook.HMAC{Prefix: "sha256=", Algorithm: "sha256"}, "sha256=" + jefe256},
		{"base64", webhook.HMAC{Encoding: "base64"}, in64(jefe256)},
		{"SHA-1", webhook.HMAC{Algorithm: "sha1"}, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{
			"SHA-512",
			webhook.HMAC{Algorithm: "sha512", Encoding: "base64"},
			in64("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.hmac.Header, tt.hmac.Secret = "x-sum", "Jefe"
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(jefe))
			r.Header.Set("X-Sum", tt.value)
			if got, err := tt.hmac.Request(r); err != nil || string(got) != jefe {
				t.Errorf("Request = %q, %v, want the body", got, err)
			}
		})
	}
}

func TestHMACRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*webhook.HMAC)
		value  string
		body   string
		words  string
		status int
	}{
		{"no header", nil, "", jefe, "there is no X-Sum", 401},
		{"another prefix", nil, "sha1=" + jefe256, jefe, `X-Sum does not begin with "sha256="`, 401},
		{"no prefix", nil, jefe256, jefe, "does not begin with", 401},
		{"no hexadecimal", nil, "sha256=banana", jefe, "is not an HMAC by sha256 in hex", 401},
		{"a part of it", nil, "sha256=" + jefe256[:62], jefe, "is not an HMAC", 401},
		{"nothing after the prefix", nil, "sha256=", jefe, "is not an HMAC", 401},
		{"another body", nil, "sha256=" + jefe256, jefe + " ", "or the body was changed", 401},
		{"another secret", func(h *webhook.HMAC) { h.Secret = "Hefe" }, "sha256=" + jefe256, jefe, "the secret is another one", 401},
		{"another algorithm", func(h *webhook.HMAC) { h.Algorithm = "sha512" }, "sha256=" + jefe256, jefe, "is not an HMAC by sha512", 401},
		{"base64", func(h *webhook.HMAC) { h.Encoding = "base64" }, "sha256=" + jefe256, jefe, "in base64", 401},
		{"no name", func(h *webhook.HMAC) { h.Header = "" }, jefe256, jefe, "needs a header", 500},
		{"no secret", func(h *webhook.HMAC) { h.Secret = "" }, "sha256=" + jefe256, jefe, "needs a header, a secret", 500},
		{"an unknown algorithm", func(h *webhook.HMAC) { h.Algorithm = "md5" }, "sha256=" + jefe256, jefe, "sha512 or sha1", 500},
		{"an unknown encoding", func(h *webhook.HMAC) { h.Encoding = "base32" }, "sha256=" + jefe256, jefe, "hex or base64", 500},
		{"a long body", func(h *webhook.HMAC) { h.MaxBody = 3 }, "sha256=" + jefe256, jefe, "at most 3 bytes", 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := webhook.HMAC{Header: "X-Sum", Prefix: "sha256=", Secret: "Jefe"}
			if tt.change != nil {
				tt.change(&h)
			}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			if tt.value != "" {
				r.Header.Set("X-Sum", tt.value)
			}
			got, err := h.Request(r)
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.words) || webhook.Status(err) != tt.status {
				t.Errorf("Request = %q, %v (%d), want an error with %q (%d)", got, err, webhook.Status(err), tt.words, tt.status)
			}
		})
	}
}

func FuzzHMAC(f *testing.F) {
	f.Add("sha256="+jefe256, "sha256=", "sha256", "hex", []byte(jefe))
	f.Add("", "", "sha1", "base64", []byte(nil))
	f.Fuzz(func(t *testing.T, value, prefix, algorithm, encoding string, body []byte) {
		h := webhook.HMAC{Header: "X-Sum", Prefix: prefix, Algorithm: algorithm, Encoding: encoding, Secret: "Jefe"}
		err := h.Verify(http.Header{"X-Sum": {value}}, body)
		if err == nil && string(body) != jefe {
			t.Errorf("Verify accepted %q for %q", value, body)
		}
		if err != nil && !errors.Is(err, webhook.ErrHeader) && !errors.Is(err, webhook.ErrSignature) && webhook.Status(err) != 500 {
			t.Errorf("Verify = %v, which is none of the errors it names", err)
		}
	})
}
