package sign_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/nodetest"
	"github.com/waybillhq/waybill/internal/sign"
	"github.com/waybillhq/waybill/webhook"
)

// bodies are what the libraries must agree with us on.
func bodies() []string {
	return []string{
		`{}`, `{"test": 2432232314}`, "{\"line\":\"breaks\"}\r\n", `{"name":"Müller & Söhne","price":"12,50 €","face":"😀"}`,
		`{"long":"` + strings.Repeat("0123456789abcdef", 4096) + `"}`,
	}
}

// fresh is a request that is sent now.
func fresh(body string) hook.Request {
	r := request(body)
	r.Header["Webhook-Timestamp"] = []string{strconv.FormatInt(time.Now().Unix(), 10)}
	return r
}

func signed(t *testing.T, body string, keys ...hook.SigningKey) hook.Request {
	t.Helper()
	r := fresh(body)
	if err := sign.Sign(&r, hook.Signing{Keys: keys}); err != nil {
		t.Fatal(err)
	}
	return r
}

func library(t *testing.T, secret hook.Secret) *standardwebhooks.Webhook {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(string(secret))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// verifies checks that our own verifier accepts r.
func verifies(t *testing.T, key string, r hook.Request) {
	t.Helper()
	v, err := webhook.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := v.Verify(r.Header, r.Body); err != nil || m.ID != r.Header.Get("Webhook-Id") {
		t.Errorf("Verify of %.80q = %+v, %v, want it to be right", r.Body, m, err)
	}
}

func TestGoLibraryAcceptsOurSignatures(t *testing.T) {
	t.Parallel()
	old, next, pair := sign.NewKey(hook.V1), sign.NewKey(hook.V1), sign.NewKey(hook.V1A)
	for _, body := range bodies() {
		r := signed(t, body, old, pair, next)
		for _, k := range []hook.SigningKey{old, next} {
			if err := library(t, k.Secret).Verify(r.Body, r.Header); err != nil {
				t.Errorf("the library says of %.80q: %v", body, err)
			}
		}
		if library(t, old.Secret).Verify(append(r.Body, ' '), r.Header) == nil {
			t.Errorf("the library accepts %.80q with a space after it, so it proves nothing", body)
		}
	}
}

func TestWeAcceptTheGoLibrarysSignatures(t *testing.T) {
	t.Parallel()
	k := sign.NewKey(hook.V1)
	for _, body := range bodies() {
		r := fresh(body)
		signature, err := library(t, k.Secret).Sign(r.Header.Get("Webhook-Id"), time.Now(), r.Body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Webhook-Signature", signature)
		verifies(t, string(k.Secret), r)
	}
}

// task is one for testdata/standardwebhooks/check.js.
type task struct {
	Do      string            `json:"do"`
	Key     string            `json:"key"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// checker is that program, with the JavaScript library.
type checker struct{ *nodetest.Program }

var installLibrary = sync.OnceValues(func() (string, error) {
	return nodetest.Install(context.Background(), "standardwebhooks", "testdata/standardwebhooks")
})

func startChecker(t *testing.T) checker {
	t.Helper()
	folder, err := installLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return checker{nodetest.Start(t, folder, "testdata/standardwebhooks/check.js")}
}

// do returns the result of a task about r, in JSON, and its error in words.
func (c checker) do(t *testing.T, what, key string, r hook.Request) (result json.RawMessage, failure string) {
	t.Helper()
	headers := make(map[string]string)
	for name := range r.Header {
		headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	line, err := json.Marshal(task{Do: what, Key: key, Headers: headers, Body: string(r.Body)})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal([]byte(c.Ask(t, line)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Result, answer.Error
}

func TestJavaScriptAcceptsOurSignatures(t *testing.T) {
	t.Parallel()
	node := startChecker(t)
	old, next, pair := sign.NewKey(hook.V1), sign.NewKey(hook.V1), sign.NewKey(hook.V1A)
	for _, body := range bodies() {
		r := signed(t, body, old, pair, next)
		for _, k := range []hook.SigningKey{old, next} {
			if _, failure := node.do(t, "v1Verify", string(k.Secret), r); failure != "" {
				t.Errorf("the library says of %.80q: %s", body, failure)
			}
		}
		if result, failure := node.do(t, "v1aVerify", pair.Public, r); string(result) != "true" {
			t.Errorf("Node.js says of %.80q: %s %s", body, result, failure)
		}

		r.Body = append(r.Body, ' ')
		if _, failure := node.do(t, "v1Verify", string(old.Secret), r); !strings.Contains(failure, "No matching signature") {
			t.Errorf("the library says %q of %.80q with a space after it, so it proves nothing", failure, body)
		}
		if result, _ := node.do(t, "v1aVerify", pair.Public, r); string(result) != "false" {
			t.Errorf("Node.js says %s of %.80q with a space after it, so it proves nothing", result, body)
		}
	}
}

func TestWeAcceptJavaScriptsSignatures(t *testing.T) {
	t.Parallel()
	node := startChecker(t)
	v1, v1a := sign.NewKey(hook.V1), sign.NewKey(hook.V1A)
	for _, body := range bodies() {
		for what, k := range map[string]struct{ private, public string }{
			"v1Sign": {string(v1.Secret), string(v1.Secret)}, "v1aSign": {string(v1a.Secret), v1a.Public},
		} {
			r := fresh(body)
			result, failure := node.do(t, what, k.private, r)
			var signature string
			if err := json.Unmarshal(result, &signature); err != nil {
				t.Fatalf("%s: %v %s", what, err, failure)
			}
			r.Header = map[string][]string{"Webhook-Id": r.Header["Webhook-Id"], "Webhook-Timestamp": r.Header["Webhook-Timestamp"]}
			r.Header.Set("Webhook-Signature", signature)
			verifies(t, k.public, r)
		}
	}
}
