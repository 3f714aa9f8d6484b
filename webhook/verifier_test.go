package webhook_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/waybillhq/waybill/webhook"
)

// The vectors of the Standard Webhooks project's own libraries.
const (
	id        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	timestamp = "1614265330"
	body      = `{"test": 2432232314}`
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	rightV1   = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	wrongV1   = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
	seed      = "TESTSIGNINGKEYDONOTUSETHISFORANY"
	rightV1A  = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
)

const otherSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// public returns the public key that belongs to a seed.
func public(seed string) string {
	return "whpk_" + base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed([]byte(seed))[32:])
}

func sentAt() time.Time { return time.Unix(1614265330, 0) }

// verifier returns one whose clock shows when the vectors were sent, or later.
func verifier(tb testing.TB, later time.Duration, keys ...string) *webhook.Verifier {
	tb.Helper()
	v, err := webhook.NewVerifier(keys...)
	if err != nil {
		tb.Fatal(err)
	}
	v.Now = func() time.Time { return sentAt().Add(later) }
	return v
}

func head(signatures ...string) http.Header {
	return http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": signatures}
}

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		keys       []string
		signatures []string
	}{
		{"the vector of v1", []string{secret}, []string{rightV1}},
		{"a secret without its prefix", []string{strings.TrimPrefix(secret, "whsec_")}, []string{rightV1}},
		{"a secret with a line break after it", []string{secret + "\r\n"}, []string{rightV1}},
		{"the vector of v1a", []string{public(seed)}, []string{rightV1A}},
		{"the right one among wrong and unknown ones", []string{secret}, []string{wrongV1 + " v2,Ceo5 " + rightV1 + " " + wrongV1}},
		{"the right one in a second line", []string{secret}, []string{wrongV1, rightV1}},
		{"a signature by the new secret", []string{otherSecret, secret}, []string{rightV1}},
		{"a signature by the old secret", []string{secret, otherSecret}, []string{wrongV1 + " " + rightV1}},
		{"one of two public keys", []string{public(strings.Repeat("x", 32)), public(seed)}, []string{rightV1A}},
		{"either scheme, when there are keys for both", []string{secret, public(seed)}, []string{wrongV1 + " " + rightV1A}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := head(tt.signatures...)
			header.Set("Webhook-Attempt", "3")
			got, err := verifier(t, 0, tt.keys...).Verify(header, []byte(body))
			if err != nil || got.ID != id || !got.SentAt.Equal(sentAt()) || got.Attempt != 3 || string(got.Body) != body {
				t.Errorf("Verify = %+v, %v, want the message", got, err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	set := func(name string, values ...string) func(http.Header) {
		return func(h http.Header) { h[name] = values }
	}
	for _, tt := range []struct {
		name   string
		keys   []string
		change func(http.Header)
		body   string
		want   error
		words  string
	}{
		{"no ID", nil, set("Webhook-Id"), body, webhook.ErrHeader, "there is no Webhook-Id"},
		{"an empty ID", nil, set("Webhook-Id", ""), body, webhook.ErrHeader, "there is no Webhook-Id"},
		{"two IDs", nil, set("Webhook-Id", id, "other"), body, webhook.ErrHeader, "Webhook-Id is there 2 times"},
		{"another ID", nil, set("Webhook-Id", "other"), body, webhook.ErrSignature, "changed"},
		{"no time", nil, set("Webhook-Timestamp"), body, webhook.ErrHeader, "there is no Webhook-Timestamp"},
		{"a time in words", nil, set("Webhook-Timestamp", "hello"), body, webhook.ErrHeader, `Webhook-Timestamp is "hello"`},
		{"a time with a sign", nil, set("Webhook-Timestamp", "+1614265330"), body, webhook.ErrHeader, "not a number"},
		{"a time out of all bounds", nil, set("Webhook-Timestamp", "99999999999999999999"), body, webhook.ErrHeader, "not a number"},
		{"another time", nil, set("Webhook-Timestamp", "1614265331"), body, webhook.ErrSignature, "changed"},
		{"no signature", nil, set("Webhook-Signature"), body, webhook.ErrHeader, "there is no Webhook-Signature"},
		{"an empty signature", nil, set("Webhook-Signature", ""), body, webhook.ErrSignature, "none of the kind"},
		{"a scheme alone", nil, set("Webhook-Signature", "v1,"), body, webhook.ErrSignature, "changed"},
		{"a part of the signature", nil, set("Webhook-Signature", rightV1[:8]), body, webhook.ErrSignature, ""},
		{"the signature under another scheme", nil, set("Webhook-Signature", "v2"+rightV1[2:]), body, webhook.ErrSignature, "none of the kind"},
		{"a wrong signature", nil, set("Webhook-Signature", wrongV1), body, webhook.ErrSignature, "the key is another one"},
		{"v1a where there is a secret only", nil, set("Webhook-Signature", rightV1A), body, webhook.ErrSignature, "none of the kind"},
		{"an HMAC by the public key", []string{public(seed)}, set("Webhook-Signature", rightV1), body, webhook.ErrSignature, "none of the kind"},
		{"another secret", []string{otherSecret}, nil, body, webhook.ErrSignature, "the key is another one"},
		{"another public key", []string{public(strings.Repeat("x", 32))}, set("Webhook-Signature", rightV1A), body, webhook.ErrSignature, "the key is another one"},
		{"a changed body", nil, nil, body + "\n", webhook.ErrSignature, "was changed"},
		{"the right one behind too many others", nil, set("Webhook-Signature", strings.Repeat(wrongV1+" ", 32)+rightV1), body, webhook.ErrSignature, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.keys == nil {
				tt.keys = []string{secret}
			}
			header := head(rightV1)
			if tt.change != nil {
				tt.change(header)
			}
			got, err := verifier(t, 0, tt.keys...).Verify(header, []byte(tt.body))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.words) || got.ID != "" || got.Body != nil {
				t.Errorf("Verify = %+v, %v, want the error %q with %q", got, err, tt.want, tt.words)
			}
			if status := webhook.Status(err); status != http.StatusUnauthorized {
				t.Errorf("Status = %d, want 401", status)
			}
		})
	}
}

// The ID "a" with the time 5 and a body that begins with "6." is signed like the
// ID "a.5" with the time 6.
func TestVerifyRefusesAnIDWithAFullStop(t *testing.T) {
	t.Parallel()
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("a.5.1614265330.rest"))
	signature := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	header := http.Header{"Webhook-Id": {"a.5"}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature}}
	if got, err := verifier(t, 0, secret).Verify(header, []byte("rest")); !errors.Is(err, webhook.ErrHeader) {
		t.Errorf("Verify = %+v, %v, want %v", got, err, webhook.ErrHeader)
	}
}

func TestVerifyTolerates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		later, tolerance time.Duration
		want             error
		words            string
	}{
		{"five minutes", 5 * time.Minute, 0, nil, ""},
		{"no second more", 5*time.Minute + time.Second, 0, webhook.ErrTooOld, "sent 5m1s ago, and 5m0s are tolerated"},
		{"five minutes to come", -5 * time.Minute, 0, nil, ""},
		{"no second more to come", -5*time.Minute - time.Second, 0, webhook.ErrTooNew, "from 5m1s ahead, and 5m0s are tolerated"},
		{"as much as is set", time.Hour, time.Hour, nil, ""},
		{"as little as is set", 2 * time.Second, time.Second, webhook.ErrTooOld, "1s are tolerated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := verifier(t, tt.later, secret)
			v.Tolerance = tt.tolerance
			_, err := v.Verify(head(rightV1), []byte(body))
			if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.words) {
				t.Errorf("Verify = %v, want %v with %q", err, tt.want, tt.words)
			}
		})
	}
	t.Run("by the machine's clock, unless there is another", func(t *testing.T) {
		t.Parallel()
		v, err := webhook.NewVerifier(secret)
		if err == nil {
			_, err = v.Verify(head(rightV1), []byte(body))
		}
		if !errors.Is(err, webhook.ErrTooOld) {
			t.Errorf("Verify = %v, want %v", err, webhook.ErrTooOld)
		}
	})
}

func TestRequest(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, tt := range []struct {
		name    string
		request *http.Request
		max     int64
		want    error
		status  int
	}{
		{"reads the body", httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), int64(len(body)), nil, 0},
		{"refuses a long one", httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), int64(len(body)) - 1, webhook.ErrTooLarge, 413},
		{"refuses one of more than 2 MiB", httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 2<<20+1))), 0, webhook.ErrTooLarge, 413},
		{"passes on that it breaks off", httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(broken)), 0, broken, 400},
		{"takes none for an empty one", &http.Request{}, 0, webhook.ErrSignature, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := verifier(t, 0, secret)
			v.MaxBody = tt.max
			tt.request.Header = head(rightV1)
			got, err := v.Request(tt.request)
			if !errors.Is(err, tt.want) || tt.want == nil && string(got.Body) != body {
				t.Errorf("Request = %+v, %v, want %v", got, err, tt.want)
			}
			if err != nil && webhook.Status(err) != tt.status {
				t.Errorf("Status(%v) = %d, want %d", err, webhook.Status(err), tt.status)
			}
		})
	}
}

func TestNewVerifierErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"no keys", nil, "no key is given"},
		{"an empty one", []string{secret, " "}, "key 2 of 2 is empty"},
		{"no base64", []string{"whsec_recognisable!"}, "key 1 of 1 is not whsec_ or whpk_ and standard base64"},
		{"a short secret", []string{"whsec_recognisable"}, "has 9 bytes; a secret has 24 to 64"},
		{"a prefix alone", []string{"whsec_"}, "has 0 bytes"},
		{"a short public key", []string{"whpk_recognisable"}, "has 9 bytes; a public key has 32"},
		{"a private key", []string{"whsk_recognisable"}, "is a private key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := webhook.NewVerifier(tt.keys...)
			if err == nil || v != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "recognisable") {
				t.Errorf("NewVerifier = %v, want the error %q", err, tt.want)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(id, timestamp, rightV1, []byte(body))
	f.Add(id, timestamp, wrongV1+"  v1a,, v1 ,v1a"+rightV1A, []byte(body))
	f.Add("a.5", "-1", "v1,", []byte(nil))
	f.Add("", "99999999999", ",", []byte("x"))
	v := verifier(f, 0, secret, public(seed))
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		header := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
		m, err := v.Verify(header, body)
		if err != nil {
			if webhook.Status(err) != http.StatusUnauthorized {
				t.Errorf("Verify = %v, which is none of the errors it names", err)
			}
			return
		}
		if m.ID != id || strings.Contains(id, ".") || !strings.Contains(signature, "v1") {
			t.Errorf("Verify accepted the ID %q with the signature %q", id, signature)
		}
		if m.ID != "msg_p5jXN8AQM9LWM0D4loKWxJek" || string(body) != `{"test": 2432232314}` {
			t.Errorf("Verify accepted a message that nobody has signed: %q %q", id, body)
		}
	})
}
