package oidc

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/nodetest"
)

const redirectURL = "https://waybill.example/sign-in/back"

// provider is a real OpenID Connect provider: npm's oidc-provider, run by Node.js
// behind a proxy that can be as if it were down.
type provider struct {
	url    string
	secret string // of both clients that have one
	down   atomic.Bool
}

// described is what is claimed of an account, by where: in the ID token
// ("id_token") or in the user's information ("userinfo").
type described = map[string]map[string]any

// accounts returns what is claimed of each account, by login.
func accounts() map[string]described {
	erika := map[string]any{
		"email": "Erika@Shop.example", "email_verified": true, "name": "Erika Muster", "locale": "de-DE",
		"company": "shop", "role": []string{"viewers", "waybill-admins"},
	}
	but := func(name string, value any) map[string]any {
		changed := maps.Clone(erika)
		changed[name] = value
		return changed
	}
	silent := maps.Clone(erika)
	delete(silent, "email_verified")
	return map[string]described{
		"erika":       {"id_token": erika},
		"userinfo":    {"id_token": {}, "userinfo": erika},
		"mistaken":    {"id_token": {}, "userinfo": but("sub", "another")},
		"unverified":  {"id_token": but("email_verified", false)},
		"silent":      {"id_token": silent},
		"addressless": {"id_token": but("email", "")},
		"homeless":    {"id_token": but("company", nil)},
		"elsewhere":   {"id_token": but("company", "No Company!")},
		"roleless":    {"id_token": but("role", "somebody")},
	}
}

// startProvider runs a provider until the test ends.
func startProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{secret: rand.Text()}
	var behind atomic.Pointer[url.URL]
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind.Load())
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			panic(http.ErrAbortHandler)
		}
		// Many providers are stricter than this one about how a client proves itself.
		if id, _, ok := r.BasicAuth(); ok && id == "post" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	p.url = front.URL

	client := func(id, method string) map[string]any {
		c := map[string]any{
			"client_id": id, "redirect_uris": []string{redirectURL}, "token_endpoint_auth_method": method,
		}
		if method != "none" {
			c["client_secret"] = p.secret
		}
		return c
	}
	settings, err := json.Marshal(map[string]any{
		"issuer": p.url, "accounts": accounts(),
		"clients": []any{
			client("basic", "client_secret_basic"), client("post", "client_secret_post"), client("public", "none"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(runNode(t, settings))
	if err != nil {
		t.Fatal(err)
	}
	behind.Store(address)
	return p
}

// options returns those with which the provider's client basic works.
func (p *provider) options() Options {
	return Options{
		Issuer: p.url, ClientID: "basic", ClientSecret: hook.Secret(p.secret), RedirectURL: redirectURL,
		CompanyClaim: "company", RoleClaim: "role",
		Roles: map[string]account.Role{"waybill-admins": account.Admin, "viewers": account.Member},
	}
}

// install puts the provider's modules into a folder, once.
var install = sync.OnceValues(func() (string, error) {
	return nodetest.Install(context.Background(), "oidc-provider", "testdata/provider")
})

// runNode runs testdata/provider/server.js with one line of input and returns
// the line that it prints. It ends with the test.
func runNode(t *testing.T, input []byte) string {
	t.Helper()
	folder, err := install()
	if err != nil {
		t.Fatal(err)
	}
	return nodetest.Start(t, folder, "testdata/provider/server.js").Ask(t, input)
}

// The provider's pages, of which there are two: to sign in and to consent.
var (
	formAction = regexp.MustCompile(`action="([^"]+)"`)
	formPrompt = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
	cancelLink = regexp.MustCompile(`href="([^"]+/abort)"`)
)

// browse does what a person does with a browser that was sent to a URL: signs in
// and consents, or cancels if login is empty. It returns the query with which
// the browser is sent back.
func browse(t *testing.T, to, login string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	request := func(method, to string, form url.Values) (page string, back *url.URL) {
		r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		back, _ = response.Location()
		return string(body), back
	}
	page, back := request(http.MethodGet, to, nil)
	for range 2 {
		if back != nil {
			break
		}
		action, prompt, abort := formAction.FindStringSubmatch(page), formPrompt.FindStringSubmatch(page), cancelLink.FindStringSubmatch(page)
		if action == nil || prompt == nil || abort == nil {
			t.Fatalf("the provider answered without a form:\n%s", page)
		}
		if login == "" {
			page, back = request(http.MethodGet, abort[1], nil)
			continue
		}
		page, back = request(http.MethodPost, action[1], url.Values{"prompt": {prompt[1]}, "login": {login}, "password": {"any"}})
	}
	if back == nil {
		t.Fatalf("the provider did not send the browser back:\n%s", page)
	}
	return back.Query()
}
