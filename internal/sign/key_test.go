package sign_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

// wrongFields returns the fields that err is about, sorted, and checks that each
// is told in both languages and without what is recognisable.
func wrongFields(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Invalid || e.German == "" {
		t.Fatalf("%#v, want it to be invalid, in German too", err)
	}
	var names []string
	for _, p := range e.Problems {
		if !strings.Contains(p.Reason, "; ") || !strings.Contains(p.German, "; ") || !strings.HasSuffix(p.German, ".") {
			t.Errorf("%s: %q and %q do not say what to do, in English and German", p.Field, p.Reason, p.German)
		}
		if strings.Contains(p.Reason+p.German, "recognisable") {
			t.Errorf("%s: %q and %q show the secret", p.Field, p.Reason, p.German)
		}
		names = append(names, p.Field)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func base64Of(n int) hook.Secret {
	return hook.Secret(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n))))
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	for kind, size := range map[hook.SigningKind]int{hook.V1: 32, hook.V1A: 64} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			k, other := sign.NewKey(kind), sign.NewKey(kind)
			if k.Kind != kind || k.Secret == other.Secret {
				t.Errorf("NewKey made a key of kind %s, the same twice: %t", k.Kind, k.Secret == other.Secret)
			}
			_, text, _ := strings.Cut(string(k.Secret), "_")
			if secret, err := base64.StdEncoding.DecodeString(text); err != nil || len(secret) != size {
				t.Errorf("the secret has %d bytes, %v, want %d", len(secret), err, size)
			}
			again, err := sign.ReadKey("secret", kind, k.Secret)
			if err != nil || again != k {
				t.Errorf("ReadKey of it = %+v, %v, want %+v", again, err, k)
			}
		})
	}
}

func TestReadKey(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", 32)))
	whole := hook.Secret("whsk_" + base64.StdEncoding.EncodeToString(private))
	public := "whpk_" + base64.StdEncoding.EncodeToString(private[32:])
	for _, tt := range []struct {
		name string
		kind hook.SigningKind
		text hook.Secret
		want hook.SigningKey
	}{
		{"a secret with its prefix", hook.V1, "whsec_" + base64Of(32), hook.SigningKey{Secret: "whsec_" + base64Of(32)}},
		{"a secret without", hook.V1, base64Of(24), hook.SigningKey{Secret: "whsec_" + base64Of(24)}},
		{"a long secret with space around it", hook.V1, " whsec_" + base64Of(64) + "\n", hook.SigningKey{Secret: "whsec_" + base64Of(64)}},
		{"a whole private key", hook.V1A, whole, hook.SigningKey{Secret: whole, Public: public}},
		{"a seed with its prefix", hook.V1A, "whsk_" + base64Of(32), hook.SigningKey{Secret: whole, Public: public}},
		{"a seed without", hook.V1A, base64Of(32), hook.SigningKey{Secret: whole, Public: public}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.Kind = tt.kind
			if got, err := sign.ReadKey("signing.keys[0].secret", tt.kind, tt.text); err != nil || got != tt.want {
				t.Errorf("ReadKey = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestReadKeyErrors(t *testing.T) {
	t.Parallel()
	const field = "signing.keys[0].secret"
	halves := make([]byte, 64)
	for _, tt := range []struct {
		name string
		kind hook.SigningKind
		text hook.Secret
		want string // the field
	}{
		{"no secret", hook.V1, "", field},
		{"a prefix alone", hook.V1, "whsec_", field},
		{"a short secret", hook.V1, base64Of(23), field},
		{"a long secret", hook.V1, base64Of(65), field},
		{"a text that is not base64", hook.V1, "recognisable!", field},
		{"base64 for URLs", hook.V1, hook.Secret(strings.Repeat("-_", 20)), field},
		{"base64 without its end", hook.V1, "whsec_" + base64Of(32)[:43], field},
		{"a private key for v1", hook.V1, "whsk_" + base64Of(64), field},
		{"a public key for v1", hook.V1, "whpk_" + base64Of(32), field},
		{"no private key", hook.V1A, " ", field},
		{"a secret for v1a", hook.V1A, "whsec_" + base64Of(32), field},
		{"a public key for v1a", hook.V1A, "whpk_" + base64Of(32), field},
		{"a short private key", hook.V1A, base64Of(31), field},
		{"a private key that is not base64", hook.V1A, "whsk_recognisable!", field},
		{"halves of two keys", hook.V1A, hook.Secret(base64.StdEncoding.EncodeToString(halves)), field},
		{"another kind", "v9", base64Of(32), "signing.keys[0].kind"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sign.ReadKey(field, tt.kind, tt.text)
			if wrong := wrongFields(t, err); wrong != tt.want || got != (hook.SigningKey{}) {
				t.Errorf("ReadKey = %+v and says that %q is wrong, want %q", got, wrong, tt.want)
			}
		})
	}
}

func TestCheckHMAC(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*hook.HMAC)
		want   string
	}{
		"a good one":                      {func(*hook.HMAC) {}, ""},
		"for an old receiver":             {func(m *hook.HMAC) { m.Algorithm, m.Encoding, m.Prefix = "sha1", "base64", "" }, ""},
		"no header":                       {func(m *hook.HMAC) { m.Header = "" }, "hmac.header"},
		"a header with a space":           {func(m *hook.HMAC) { m.Header = "X Signature" }, "hmac.header"},
		"a header with a colon":           {func(m *hook.HMAC) { m.Header = "X-Signature:" }, "hmac.header"},
		"a header with an umlaut":         {func(m *hook.HMAC) { m.Header = "X-Prüfsumme" }, "hmac.header"},
		"a header with a line break":      {func(m *hook.HMAC) { m.Header = "X\r\nY" }, "hmac.header"},
		"a long header":                   {func(m *hook.HMAC) { m.Header = strings.Repeat("x", 101) }, "hmac.header"},
		"the header Authorization":        {func(m *hook.HMAC) { m.Header = "authorization" }, "hmac.header"},
		"the header Host":                 {func(m *hook.HMAC) { m.Header = "HOST" }, "hmac.header"},
		"the header Content-Length":       {func(m *hook.HMAC) { m.Header = "content-Length" }, "hmac.header"},
		"a header of Standard Webhooks":   {func(m *hook.HMAC) { m.Header = "webhook-signature" }, "hmac.header"},
		"a header that is taken":          {func(m *hook.HMAC) { m.Header = "x-api-key" }, "hmac.header"},
		"a prefix with a space":           {func(m *hook.HMAC) { m.Prefix = "sha256 " }, "hmac.prefix"},
		"a prefix outside ASCII":          {func(m *hook.HMAC) { m.Prefix = "ß" }, "hmac.prefix"},
		"a long prefix":                   {func(m *hook.HMAC) { m.Prefix = strings.Repeat("=", 101) }, "hmac.prefix"},
		"another algorithm":               {func(m *hook.HMAC) { m.Algorithm = "md5" }, "hmac.algorithm"},
		"an algorithm in capital letters": {func(m *hook.HMAC) { m.Algorithm = "SHA256" }, "hmac.algorithm"},
		"another encoding":                {func(m *hook.HMAC) { m.Encoding = "base32" }, "hmac.encoding"},
		"no secret":                       {func(m *hook.HMAC) { m.Secret = "" }, "hmac.secret"},
		"nothing at all":                  {func(m *hook.HMAC) { *m = hook.HMAC{} }, "hmac.algorithm hmac.encoding hmac.header hmac.secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := hook.HMAC{Header: "X-Signature", Prefix: "sha256=", Algorithm: "sha256", Encoding: "hex", Secret: "recognisable"}
			tt.change(&m)
			if got := wrongFields(t, sign.CheckHMAC("hmac.", m, "X-Api-Key")); got != tt.want {
				t.Errorf("CheckHMAC says that %q is wrong, want %q", got, tt.want)
			}
		})
	}
}
