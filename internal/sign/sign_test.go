package sign_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

const (
	// What the Standard Webhooks project's own libraries are tested with.
	vectorSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorPrivate = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
	vectorV1      = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	vectorV1A     = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
)

func request(body string) hook.Request {
	return hook.Request{
		Method: "POST", URL: "https://receiver.example/", Body: []byte(body),
		Header: map[string][]string{
			"Content-Type": {"application/json"}, "Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		},
	}
}

func key(t *testing.T, kind hook.SigningKind, text hook.Secret) hook.SigningKey {
	t.Helper()
	k, err := sign.ReadKey("secret", kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSign(t *testing.T) {
	t.Parallel()
	v1, v1a := key(t, hook.V1, vectorSecret), key(t, hook.V1A, vectorPrivate)
	plain := func(prefix, algorithm, encoding string) hook.HMAC {
		return hook.HMAC{Header: "x-hub-signature", Prefix: prefix, Algorithm: algorithm, Encoding: encoding, Secret: "It's a Secret to Everybody"}
	}
	for _, tt := range []struct {
		name    string
		signing hook.Signing
		body    string
		want    map[string]string // headers that are added
	}{
		{"adds nothing when nothing is asked for", hook.Signing{}, `{}`, nil},
		{
			"signs with HMAC-SHA256 as the vector says",
			hook.Signing{Keys: []hook.SigningKey{v1}},
			`{"test": 2432232314}`,
			map[string]string{"Webhook-Signature": vectorV1},
		},
		{
			"signs with Ed25519 as the vector says",
			hook.Signing{Keys: []hook.SigningKey{v1a}},
			`{"test": 2432232314}`,
			map[string]string{"Webhook-Signature": vectorV1A},
		},
		{
			"signs with each key in order",
			hook.Signing{Keys: []hook.SigningKey{v1a, v1, v1}},
			`{"test": 2432232314}`,
			map[string]string{"Webhook-Signature": vectorV1A + " " + vectorV1 + " " + vectorV1},
		},
		{
			// Published by a large host of source code for receivers to test with.
			"signs the body alone in hexadecimal",
			hook.Signing{HMAC: plain("sha256=", "sha256", "hex")},
			"Hello, World!",
			map[string]string{"X-Hub-Signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		},
		{
			"signs in both ways at once",
			hook.Signing{Keys: []hook.SigningKey{v1}, HMAC: plain("", "sha256", "base64")},
			`{"test": 2432232314}`,
			map[string]string{"Webhook-Signature": vectorV1, "X-Hub-Signature": "5kFtB7/ocJ598erHrJaEuWK0L5IbBPXuRn08t31TcTo="},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, want := request(tt.body), request(tt.body).Header
			if err := sign.Sign(&got, tt.signing); err != nil {
				t.Fatal(err)
			}
			for name, value := range tt.want {
				want.Set(name, value)
			}
			if !reflect.DeepEqual(got.Header, want) {
				t.Errorf("header = %v, want %v", got.Header, want)
			}
		})
	}
}

// The values for the key "Jefe" are those of RFC 4231, section 4.3, and RFC 2202,
// section 3.
func TestSignPlainAsPublished(t *testing.T) {
	t.Parallel()
	for algorithm, want := range map[string]string{
		"sha1":   "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	} {
		for _, encoding := range []string{"hex", "base64"} {
			r := request("what do ya want for nothing?")
			err := sign.Sign(&r, hook.Signing{HMAC: hook.HMAC{Header: "X-Sum", Algorithm: algorithm, Encoding: encoding, Secret: "Jefe"}})
			if encoding == "base64" {
				sum, _ := hex.DecodeString(want)
				want = base64.StdEncoding.EncodeToString(sum)
			}
			if got := r.Header.Get("X-Sum"); err != nil || got != want {
				t.Errorf("HMAC by %s in %s = %q, %v, want %q", algorithm, encoding, got, err, want)
			}
		}
	}
}

func TestSignErrors(t *testing.T) {
	t.Parallel()
	one := func(kind hook.SigningKind, secret hook.Secret) hook.Signing {
		return hook.Signing{Keys: []hook.SigningKey{{ID: "k1", Kind: kind, Secret: secret}}}
	}
	mac := func(change func(*hook.HMAC)) hook.Signing {
		m := hook.HMAC{Header: "X-Sum", Algorithm: "sha256", Encoding: "hex", Secret: "recognisable"}
		change(&m)
		return hook.Signing{Keys: []hook.SigningKey{key(t, hook.V1, vectorSecret)}, HMAC: m}
	}
	for _, tt := range []struct {
		name    string
		signing hook.Signing
		want    string
	}{
		{"a secret that is not base64", one(hook.V1, "whsec_recognisable!"), `the signing key "k1" can't be used: its secret is not base64; replace it`},
		{"no secret", one(hook.V1, ""), "its secret is missing"},
		{"a private key that is not base64", one(hook.V1A, "whsk_recognisable!"), "its secret is not base64"},
		{"a part of a private key", one(hook.V1A, "whsk_recognisable1234"), "its secret is not a whole private key"},
		{"another kind", one("v9", "recognisable1234"), "its kind is neither v1 nor v1a"},
		{"no secret for the HMAC", mac(func(m *hook.HMAC) { m.Secret = "" }), `for the header "X-Sum": algorithm, encoding or secret is missing`},
		{"an unknown algorithm", mac(func(m *hook.HMAC) { m.Algorithm = "md5" }), "algorithm, encoding or secret is missing"},
		{"an unknown encoding", mac(func(m *hook.HMAC) { m.Encoding = "" }), "algorithm, encoding or secret is missing"},
		{"a header that is there", mac(func(m *hook.HMAC) { m.Header = "content-type" }), `the signature's header "Content-Type" is there already`},
		{"the other signature's header", mac(func(m *hook.HMAC) { m.Header = "webhook-signature" }), "is there already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request(`{}`)
			before := maps.Clone(r.Header)
			err := sign.Sign(&r, tt.signing)
			e, ok := errors.AsType[*hook.Error](err)
			if !ok || e.Fault != hook.Invalid || !strings.Contains(e.Error(), tt.want) || strings.Contains(e.Error(), "recognisable") {
				t.Errorf("Sign = %v, want an error with %q and no secret", err, tt.want)
			}
			if !reflect.DeepEqual(r.Header, before) {
				t.Errorf("header = %v after the error, want %v", r.Header, before)
			}
		})
	}
	t.Run("a request without an ID", func(t *testing.T) {
		t.Parallel()
		r := request(`{}`)
		delete(r.Header, "Webhook-Id")
		if err := sign.Sign(&r, one(hook.V1, vectorSecret)); err == nil || !strings.Contains(err.Error(), "no Webhook-Id") {
			t.Errorf("Sign = %v, want an error about Webhook-Id", err)
		}
	})
}

// FuzzSign compares with the definition of the signatures, written once more.
func FuzzSign(f *testing.F) {
	f.Add("msg_1", "1614265330", []byte(`{}`), []byte("0123456789abcdef0123456789abcdef"))
	f.Add(".", "", []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, id, at string, body, secret []byte) {
		v1 := hook.SigningKey{Kind: hook.V1, Secret: hook.Secret("whsec_" + base64.StdEncoding.EncodeToString(secret))}
		v1a := sign.NewKey(hook.V1A)
		r := hook.Request{Header: map[string][]string{"Webhook-Id": {id}, "Webhook-Timestamp": {at}}, Body: body}
		if err := sign.Sign(&r, hook.Signing{Keys: []hook.SigningKey{v1, v1a}}); err != nil {
			if id != "" && at != "" && len(secret) > 0 {
				t.Errorf("Sign = %v, want no error", err)
			}
			return
		}
		message := []byte(id + "." + at + "." + string(body))
		mac := hmac.New(sha256.New, secret)
		mac.Write(message)
		got := strings.Fields(r.Header.Get("Webhook-Signature"))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); len(got) != 2 || got[0] != want {
			t.Fatalf("signatures = %q, want %q first", got, want)
		}
		public, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(v1a.Public, "whpk_"))
		signature, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(got[1], "v1a,"))
		if !ed25519.Verify(public, message, signature) {
			t.Errorf("the signature %q is not of %q", got[1], message)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	v1, v1a := sign.NewKey(hook.V1), sign.NewKey(hook.V1A)
	plain := hook.HMAC{Header: "X-Signature", Prefix: "sha256=", Algorithm: "sha256", Encoding: "hex", Secret: "it is shared"}
	for _, bb := range []struct {
		name    string
		signing hook.Signing
	}{
		{"v1", hook.Signing{Keys: []hook.SigningKey{v1}}},
		{"v1 and HMAC", hook.Signing{Keys: []hook.SigningKey{v1}, HMAC: plain}},
		{"v1a", hook.Signing{Keys: []hook.SigningKey{v1a}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := request(strings.Repeat("x", 1<<10))
			b.ReportAllocs()
			for b.Loop() {
				delete(r.Header, "X-Signature")
				if err := sign.Sign(&r, bb.signing); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
