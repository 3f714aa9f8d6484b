package send_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

func TestOAuthWithAServerThatNobodyHereWrote(t *testing.T) {
	t.Parallel()
	servers := startLogins(t)
	for name, test := range map[string]func(*testing.T, *authority, *login){
		"a thousand deliveries need one token":                          thousandDeliveriesNeedOneToken,
		"a token is replaced before it has expired":                     tokenIsReplacedBeforeItHasExpired,
		"a token is asked for as its server wants":                      tokenIsAskedForAsItsServerWants,
		"what is wrong is said":                                         tokenServerSaysWhatIsWrong,
		"a new client secret works at once":                             newClientSecretWorksAtOnce,
		"a revoked token is replaced within the attempt":                revokedTokenIsReplacedWithinTheAttempt,
		"a receiver that refuses every token causes few token requests": receiverThatRefusesEveryTokenCausesFewTokenRequests,
		"nothing secret is shown":                                       nothingSecretOfOAuthIsShown,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			test(t, ca, servers.start(t, ca))
		})
	}
}

// sendAll makes n attempts, 100 at once, and checks their status.
func sendAll(t *testing.T, n int, c *send.Client, url string, h *hook.Hook, status int) {
	t.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var senders sync.WaitGroup
	for range min(n, 100) {
		senders.Go(func() {
			for left.Add(-1) >= 0 {
				if a := c.Send(t.Context(), post(url), h, hook.Defaults{}); a.Status != status || a.Error != hook.NoError {
					t.Errorf("Send = %d %q %q, want %d", a.Status, a.Error, a.Reason, status)
				}
			}
		})
	}
	senders.Wait()
}

func thousandDeliveriesNeedOneToken(t *testing.T, ca *authority, l *login) {
	r := l.receiver(t, ca)
	c := newClient(t, ca, nil)
	sendAll(t, 1000, c, r.URL, l.hook("form"), http.StatusOK)
	l.wantRequests(t, 1)
	if tokens, accepted, refused := r.counts(); tokens != 1 || accepted != 1000 || refused != 0 {
		t.Errorf("the receiver accepted %d tokens in %d requests and refused %d, want 1, 1000, 0", tokens, accepted, refused)
	}
	other := l.hook("form")
	other.Company = "suedwind"
	sendAll(t, 10, c, r.URL, other, http.StatusOK)
	if tokens, _, _ := r.counts(); tokens != 2 {
		t.Errorf("%d tokens for two companies, want 2", tokens)
	}
}

func tokenIsReplacedBeforeItHasExpired(t *testing.T, ca *authority, l *login) {
	l.life.Store(1)
	r := l.receiver(t, ca)
	c := newClient(t, ca, nil)
	start := time.Now()
	for len(l.requests()) < 3 && !t.Failed() {
		sendAll(t, 1, c, r.URL, l.hook("form"), http.StatusOK)
	}
	if took := time.Since(start); took < 1800*time.Millisecond {
		t.Errorf("three tokens that live for a second were used within %v, want 1.8 s and more", took)
	}
	if tokens, _, refused := r.counts(); tokens != 3 || refused != 0 {
		t.Errorf("the receiver accepted %d tokens and refused %d requests, want 3 and 0", tokens, refused)
	}
}

func tokenIsAskedForAsItsServerWants(t *testing.T, ca *authority, l *login) {
	r := l.receiver(t, ca)
	for name, tt := range map[string]struct {
		client string
		scope  string
		extra  map[string]string
		want   introspection
		form   url.Values // besides the client's ID and secret
	}{
		"with ID and secret in the form":        {client: "form"},
		"with ID and secret in the header":      {client: "header"},
		"with special characters in the form":   {client: "odd:form"},
		"with special characters in the header": {client: "odd:header"},
		"for a scope":                           {client: "form", scope: "orders:write", want: introspection{Scope: "orders:write"}},
		"for two scopes":                        {client: "header", scope: "orders:read orders:write", want: introspection{Scope: "orders:read orders:write"}},
		"for a resource":                        {client: "form", extra: map[string]string{"resource": resource}, want: introspection{Audience: resource}},
		"for a resource and an audience, with scope": {
			client: "header", scope: "orders:read", extra: map[string]string{"resource": resource, "audience": "erp & shop"},
			want: introspection{Scope: "orders:read", Audience: resource},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := l.hook(tt.client)
			h.Company = name
			h.Auth.OAuth.Scope, h.Auth.OAuth.Extra = tt.scope, tt.extra
			a := newClient(t, ca, func(o *send.Options) { o.UserAgent = "Waybill/" + name }).Send(t.Context(), post(r.URL), h, hook.Defaults{})
			if a.Status != 200 {
				t.Fatalf("Send = %d %q %q, want 200", a.Status, a.Error, a.Reason)
			}
			var got introspection
			if err := json.Unmarshal(a.ResponseBody, &got); err != nil {
				t.Fatal(err)
			}
			tt.want.Active, tt.want.Client, tt.want.Expiry = true, tt.client, got.Expiry
			if got != tt.want {
				t.Errorf("the token is %+v, want %+v", got, tt.want)
			}
			wantRequest(t, l, h, "Waybill/"+name)
		})
	}
}

// wantRequest checks the one token request that an agent has made for a hook.
func wantRequest(t *testing.T, l *login, h *hook.Hook, agent string) {
	t.Helper()
	o := h.Auth.OAuth
	want := url.Values{"grant_type": {"client_credentials"}}
	if o.Scope != "" {
		want.Set("scope", o.Scope)
	}
	for name, value := range o.Extra {
		want.Set(name, value)
	}
	if !o.ByHeader {
		want.Set("client_id", o.ClientID)
		want.Set("client_secret", string(h.Auth.Secret))
	}
	found := 0
	for _, r := range l.requests() {
		if r.header.Get("User-Agent") != agent {
			continue
		}
		found++
		if r.form.Encode() != want.Encode() || (r.header.Get("Authorization") != "") != o.ByHeader {
			t.Errorf("the token was asked for with %v and Authorization %q, want %v", r.form, r.header.Get("Authorization"), want)
		}
		if got := r.header.Get("Accept"); got != "application/json" {
			t.Errorf("the token request accepts %q, want JSON", got)
		}
	}
	if found != 1 {
		t.Errorf("%d token requests of this agent, want 1", found)
	}
}

func tokenServerSaysWhatIsWrong(t *testing.T, ca *authority, l *login) {
	r := l.receiver(t, ca)
	host := strings.TrimPrefix(l.url, "https://")
	for name, tt := range map[string]struct {
		client string
		change func(*hook.Auth)
		want   string
	}{
		"with the client's secret":       {"form", func(a *hook.Auth) { a.Secret = "guessed-badly" }, "answered 401 invalid_client"},
		"with it in the header":          {"header", func(a *hook.Auth) { a.Secret = "guessed-badly" }, "answered 401 invalid_client"},
		"with the client's ID":           {"stranger", nil, "check the client ID, the client secret, and whether the server wants them in the form or in the header"},
		"with the resource":              {"form", func(a *hook.Auth) { a.OAuth.Extra = map[string]string{"resource": "https://other.example"} }, "answered 400 invalid_target"},
		"with the path of the token URL": {"form", func(a *hook.Auth) { a.OAuth.TokenURL += "s" }, "check the token URL"},
		"with the form of the URL":       {"form", func(a *hook.Auth) { a.OAuth.TokenURL = "http://login.example" }, "write a whole https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := l.hook(tt.client)
			if tt.change != nil {
				tt.change(&h.Auth)
			}
			a := newClient(t, ca, nil).Send(t.Context(), post(r.URL), h, hook.Defaults{})
			wantFailure(t, a, hook.BadToken, 0, tt.want)
			if !strings.Contains(a.Reason, "the token server "+host) && !strings.Contains(tt.want, "whole https URL") {
				t.Errorf("reason %q does not name the token server %s", a.Reason, host)
			}
			wantHidden(t, a, string(h.Auth.Secret))
		})
	}
	t.Cleanup(func() {
		if _, accepted, refused := r.counts(); accepted+refused > 0 {
			t.Errorf("%d requests arrived without a token, want none", accepted+refused)
		}
	})
}

func newClientSecretWorksAtOnce(t *testing.T, ca *authority, l *login) {
	r := l.receiver(t, ca)
	c := newClient(t, ca, nil)
	old := l.hook("form")
	sendAll(t, 1, c, r.URL, old, http.StatusOK)

	l.restart(t, "the-new-client-secret")
	c.AgeTokens(time.Minute)
	a := c.Send(t.Context(), post(r.URL), old, hook.Defaults{})
	wantFailure(t, a, hook.NoError, http.StatusUnauthorized, "there is no other token: the token server")
	wantFailure(t, a, hook.NoError, http.StatusUnauthorized, "answered 401 invalid_client")
	a = c.Send(t.Context(), post(r.URL), old, hook.Defaults{})
	wantFailure(t, a, hook.BadToken, 0, "check the client ID, the client secret")
	sendAll(t, 1, c, r.URL, l.hook("form"), http.StatusOK)
}

func revokedTokenIsReplacedWithinTheAttempt(t *testing.T, ca *authority, l *login) {
	r := l.receiver(t, ca)
	c := newClient(t, ca, nil)
	sendAll(t, 1, c, r.URL, l.hook("form"), http.StatusOK)
	l.revoke(t)
	c.AgeTokens(time.Minute)
	sendAll(t, 200, c, r.URL, l.hook("form"), http.StatusOK)
	l.wantRequests(t, 2)
	if tokens, accepted, refused := r.counts(); tokens != 2 || accepted != 201 || refused == 0 || refused > 100 {
		t.Errorf("the receiver accepted %d tokens in %d requests and refused %d, want 2, 201 and at most the 100 that were sent at once",
			tokens, accepted, refused)
	}
}

func receiverThatRefusesEveryTokenCausesFewTokenRequests(t *testing.T, ca *authority, l *login) {
	var arrived atomic.Int64
	r := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	c := newClient(t, ca, nil)
	want := func(requests, more int) {
		t.Helper()
		l.wantRequests(t, requests)
		if got := arrived.Swap(0); got != int64(more) {
			t.Errorf("%d requests arrived, want %d", got, more)
		}
	}
	sendAll(t, 200, c, r.URL, l.hook("form"), http.StatusUnauthorized)
	want(1, 200)
	c.AgeTokens(time.Minute)
	a := c.Send(t.Context(), post(r.URL), l.hook("form"), hook.Defaults{})
	wantFailure(t, a, hook.NoError, http.StatusUnauthorized, "answered 401 to a new token")
	want(2, 2) // one repeat, with one new token, and no more
	a = c.Send(t.Context(), post(r.URL), l.hook("form"), hook.Defaults{})
	wantFailure(t, a, hook.NoError, http.StatusUnauthorized, "answered 401 to a new token; ask its operator which scope")
	want(2, 1)
}

func nothingSecretOfOAuthIsShown(t *testing.T, ca *authority, l *login) {
	for name, tt := range map[string]struct {
		answer func(w http.ResponseWriter, secrets string)
		kind   hook.ErrorKind
	}{
		"in a head": {func(w http.ResponseWriter, secrets string) { w.Header().Set("X-Echo", secrets) }, hook.NoError},
		"in a head that is cut": {func(w http.ResponseWriter, secrets string) {
			w.Header().Set("X-Echo", strings.Repeat("x", 1<<10-30)+secrets)
		}, hook.NoError},
		"in a body": {func(w http.ResponseWriter, secrets string) { _, _ = io.WriteString(w, secrets+secrets) }, hook.NoError},
		"at the end of a body that is cut": {func(w http.ResponseWriter, secrets string) {
			_, _ = io.WriteString(w, strings.Repeat("x", hook.MaxResponse-30)+secrets)
		}, hook.NoError},
		"where a body breaks off": {func(w http.ResponseWriter, secrets string) {
			w.Header().Set("Content-Length", "4711")
			_, _ = io.WriteString(w, secrets[:30])
		}, hook.BadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var token string
			h := l.hook("odd:form")
			r := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				tt.answer(w, token+" "+url.QueryEscape(oddSecret)+" "+oddSecret+" "+fmt.Sprintf("%q", oddSecret))
			}))
			a := newClient(t, ca, nil).Send(t.Context(), post(r.URL), h, hook.Defaults{})
			if a.Status != 200 || a.Error != tt.kind {
				t.Errorf("Send = %d %q %q, want 200", a.Status, a.Error, a.Reason)
			}
			if !strings.Contains(a.RequestHead, "Authorization: [secret]\n") {
				t.Errorf("request head %q, want a hidden Authorization", a.RequestHead)
			}
			wantHidden(t, a, token, oddSecret, url.QueryEscape(oddSecret))
		})
	}
}

// wantHidden checks that an attempt shows nothing of secrets, not even a part.
func wantHidden(t *testing.T, a hook.Attempt, secrets ...string) {
	t.Helper()
	shown := fmt.Sprintf("%+v %s", a, a.ResponseBody)
	for _, s := range secrets {
		if len(s) < 8 {
			t.Fatalf("the secret %q is too short to look for", s)
		}
		for _, part := range []string{s, s[:8], s[len(s)-8:]} {
			if strings.Contains(shown, part) {
				t.Errorf("the attempt shows %q of %q: %s", part, s, shown)
			}
		}
	}
}
