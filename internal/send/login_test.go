package send_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/nodetest"
)

// logins runs authorization servers that nobody here wrote: npm's oidc-provider.
type logins struct {
	mu   sync.Mutex
	node *nodetest.Program
}

// startLogins runs Node.js until the test ends.
func startLogins(t *testing.T) *logins {
	t.Helper()
	// The modules are those of the tests of package oidc.
	folder, err := nodetest.Install(t.Context(), "oidc-provider", "../oidc/testdata/provider")
	if err != nil {
		t.Fatal(err)
	}
	return &logins{node: nodetest.Start(t, folder, "testdata/authorization/server.js")}
}

// run starts a server and returns where it is.
func (ls *logins) run(t *testing.T, settings map[string]any) *url.URL {
	t.Helper()
	line, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	address, err := url.Parse(ls.node.Ask(t, line))
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// login is an authorization server. In front of it is a proxy with TLS, which
// notes what tokens are asked for with.
type login struct {
	all    *logins
	url    string
	secret string // of its clients "form" and "header", but for those of odd
	behind atomic.Pointer[url.URL]
	life   atomic.Int64 // what it says of new tokens, in seconds; 0 leaves that as it is

	mu    sync.Mutex
	asked []asked
	known map[string]introspection
}

// asked is a token request.
type asked struct {
	header http.Header
	form   url.Values
}

// introspection is what the server says of a token (RFC 7662, section 2.2).
type introspection struct {
	Active   bool   `json:"active"`
	Client   string `json:"client_id"`
	Scope    string `json:"scope"`
	Audience string `json:"aud"`
	Expiry   int64  `json:"exp"`
}

const (
	oddSecret = `a+b/c: d&e%f="g"\<h>` // all that is special somewhere
	resource  = "https://erp.example/in"
)

// start starts a server with clients that are called after where they show their
// ID and secret.
func (ls *logins) start(t *testing.T, ca *authority) *login {
	t.Helper()
	l := &login{all: ls}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(l.behind.Load())
			r.Out.Host = r.In.Host
		},
		ModifyResponse: l.shorten,
	}
	srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := l.note(r); err != nil {
			t.Error(err)
		}
		proxy.ServeHTTP(w, r)
	}))
	l.url = srv.URL
	l.restart(t, rand.Text())
	return l
}

// restart starts the server with another secret for its clients. Its tokens are
// forgotten.
func (l *login) restart(t *testing.T, secret string) {
	t.Helper()
	client := func(id, method, secret string) map[string]any {
		return map[string]any{
			"client_id": id, "client_secret": secret, "token_endpoint_auth_method": method,
			"grant_types": []string{"client_credentials"}, "redirect_uris": []string{}, "response_types": []string{},
		}
	}
	behind := l.all.run(t, map[string]any{
		"issuer": l.url, "scopes": []string{"orders:read", "orders:write"}, "resources": []string{resource},
		"clients": []any{
			client("form", "client_secret_post", secret), client("header", "client_secret_basic", secret),
			client("odd:form", "client_secret_post", oddSecret), client("odd:header", "client_secret_basic", oddSecret),
			client("receiver", "client_secret_post", secret),
		},
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret, l.known = secret, make(map[string]introspection)
	l.behind.Store(behind)
}

// note keeps a token request, and leaves it as it was.
func (l *login) note(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, asked{r.Header.Clone(), form})
	return nil
}

// shorten changes how long the server says that a token lives.
func (l *login) shorten(r *http.Response) error {
	if l.life.Load() == 0 || r.StatusCode != http.StatusOK {
		return nil
	}
	var answer map[string]any
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		return err
	}
	answer["expires_in"] = l.life.Load()
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// requests returns the token requests so far.
func (l *login) requests() []asked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// wantRequests checks how many token requests there were so far.
func (l *login) wantRequests(t *testing.T, want int) {
	t.Helper()
	if got := len(l.requests()); got != want {
		t.Errorf("%d token requests, want %d", got, want)
	}
}

// hook returns a hook of the client with an ID, such as "form".
func (l *login) hook(client string) *hook.Hook {
	l.mu.Lock()
	defer l.mu.Unlock()
	secret := l.secret
	if strings.HasPrefix(client, "odd:") {
		secret = oddSecret
	}
	return &hook.Hook{Company: "nordwind", Auth: hook.Auth{
		Kind: hook.OAuthAuth, Secret: hook.Secret(secret),
		OAuth: hook.OAuth{TokenURL: l.url + "/token", ClientID: client, ByHeader: strings.HasSuffix(client, "header")},
	}}
}

// introspect returns what the server says of a token, and once it has said that
// it is good, the same until that is over or the token is revoked.
func (l *login) introspect(ctx context.Context, token string) (introspection, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.known[token]; ok && time.Now().Unix() < i.Expiry {
		return i, nil
	}
	var i introspection
	err := l.manage(ctx, "/token/introspection", token, &i)
	if err == nil && i.Active {
		l.known[token] = i
	}
	return i, err
}

// revoke has the server forget all tokens that it was asked about.
func (l *login) revoke(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for token := range l.known {
		if err := l.manage(t.Context(), "/token/revocation", token, nil); err != nil {
			t.Fatal(err)
		}
	}
	clear(l.known)
}

// manage asks the server something about a token, behind the front.
func (l *login) manage(ctx context.Context, path, token string, answer any) error {
	form := url.Values{"token": {token}, "client_id": {"receiver"}, "client_secret": {l.secret}}
	if path == "/token/revocation" {
		form.Set("client_id", "form") // a client can revoke its own alone
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.behind.Load().String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// guarded is a receiver that accepts requests with a good token only.
type guarded struct {
	*httptest.Server

	mu       sync.Mutex
	accepted map[string]int // by token
	refused  int
}

// receiver starts a receiver. It answers with what the server says of the token.
func (l *login) receiver(t *testing.T, ca *authority) *guarded {
	t.Helper()
	g := &guarded{accepted: make(map[string]int)}
	g.Server = serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		i, err := l.introspect(r.Context(), token)
		if err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if !ok || !i.Active {
			g.refused++
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		g.accepted[token]++
		if err := json.NewEncoder(w).Encode(i); err != nil {
			t.Error(err)
		}
	}))
	return g
}

// counts returns how many tokens were accepted, how many requests with them, and
// how many requests were refused.
func (g *guarded) counts() (tokens, accepted, refused int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.accepted {
		accepted += n
	}
	return len(g.accepted), accepted, g.refused
}
