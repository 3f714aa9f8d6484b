package send_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
)

// wanting returns a receiver that answers 401 unless a header has a value, and
// repeats that in its answer, in all manners.
func wanting(t *testing.T, ca *authority, name, value string) (url string, arrived *atomic.Int64) {
	t.Helper()
	arrived = new(atomic.Int64)
	srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		got := r.Header.Values(name)
		if len(got) != 1 || got[0] != value {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Echo", got[0])
		_, _ = io.WriteString(w, inAllManners(got[0]))
	}))
	return srv.URL, arrived
}

// inAllManners returns a text as servers repeat it.
func inAllManners(s string) string {
	return strings.Join([]string{
		s, fmt.Sprintf("%q", s), html.EscapeString(s), queryEscaped(s), strings.ReplaceAll(s, "/", `\/`),
	}, "\n")
}

func queryEscaped(s string) string { return url.QueryEscape(s) }

func TestSendAuthenticates(t *testing.T) {
	t.Parallel()
	const secret = `tok/en+with"all<of>it=`
	encoded := base64.StdEncoding.EncodeToString([]byte("erp:" + secret))
	for name, tt := range map[string]struct {
		auth          hook.Auth
		header, value string
	}{
		"by a user and a password":           {hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: secret}, "Authorization", "Basic " + encoded},
		"by a bearer token":                  {hook.Auth{Kind: hook.BearerAuth, Secret: secret}, "Authorization", "Bearer " + secret},
		"by a key":                           {hook.Auth{Kind: hook.KeyAuth, Header: "X-Api-Key", Secret: secret}, "X-Api-Key", secret},
		"by a key in a header in lower case": {hook.Auth{Kind: hook.KeyAuth, Header: "x-api-key", Secret: secret}, "X-Api-Key", secret},
		"by a key in Authorization":          {hook.Auth{Kind: hook.KeyAuth, Header: "Authorization", Secret: secret}, "Authorization", secret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			to, _ := wanting(t, ca, tt.header, tt.value)
			r := post(to)
			r.Header.Set("X-Shop", "nordwind")
			a := newClient(t, ca, nil).Send(t.Context(), r, &hook.Hook{Auth: tt.auth}, hook.Defaults{})
			wantFailure(t, a, hook.NoError, http.StatusOK, "")
			if !strings.Contains(a.RequestHead, tt.header+": [secret]\n") {
				t.Errorf("request head %q, want a hidden %s", a.RequestHead, tt.header)
			}
			wantHidden(t, a, secret, encoded, queryEscaped(secret))
			if got := r.Header.Get("X-Shop"); got != "nordwind" {
				t.Errorf("Send changed the caller's header to %q", got)
			}
		})
	}
}

func TestSendIsUnauthorizedByReceivers(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	to, arrived := wanting(t, ca, "Authorization", "Bearer right-token")
	for name, auth := range map[string]hook.Auth{
		"without credentials": {},
		"with none":           {Kind: hook.NoAuth},
		"with a wrong token":  {Kind: hook.BearerAuth, Secret: "wrong-token"},
		"with another header": {Kind: hook.KeyAuth, Header: "X-Api-Key", Secret: "right-token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newClient(t, ca, nil).Send(t.Context(), post(to), &hook.Hook{Auth: auth}, hook.Defaults{})
			wantFailure(t, a, hook.NoError, http.StatusUnauthorized, "")
		})
	}
	t.Cleanup(func() {
		if n := arrived.Load(); n != 4 {
			t.Errorf("%d requests arrived, want 4: only a fetched token is worth a repeat", n)
		}
	})
}

func TestDefaultCredentialsAreSentToTheirHostsOnly(t *testing.T) {
	t.Parallel()
	const secret = "a-token-of-the-company"
	ca := newAuthority(t)
	to, arrived := wanting(t, ca, "Authorization", "Bearer "+secret)
	h := &hook.Hook{URL: to, Auth: hook.Auth{Kind: hook.CompanyAuth}}
	d := hook.Defaults{Auth: hook.Auth{Kind: hook.BearerAuth, Secret: secret}, Hosts: []string{hook.HostOf(to)}}
	c := newClient(t, ca, nil)
	a := c.Send(t.Context(), post(to), h, d)
	wantFailure(t, a, hook.NoError, http.StatusOK, "")
	wantHidden(t, a, secret)

	arrived.Store(0)
	_, port, _ := strings.Cut(hook.HostOf(to), ":")
	for name, hosts := range map[string][]string{
		"none":                       nil,
		"another":                    {"hooks.example"},
		"the same with another port": {"127.0.0.1"},
		"the same by another name":   {"localhost:" + port},
	} {
		d.Hosts = hosts
		a := c.Send(t.Context(), post(to), h, d)
		if a.Error != hook.BadRender || !strings.Contains(a.Reason, "default credentials are not meant for "+hook.HostOf(to)) {
			t.Errorf("with %s as host, Send = %q %q, want words about the host", name, a.Error, a.Reason)
		}
		wantHidden(t, a, secret)
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests arrived, want none", n)
	}
}

func TestDefaultCredentialsMayBeATokenServers(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r, _ := counting(t, ca)
	var asked atomic.Int64
	login := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, goodToken)
	}))
	d := hook.Defaults{Auth: oauthHook(login.URL).Auth, Hosts: []string{hook.HostOf(r)}}
	c := newClient(t, ca, nil)
	for range 3 {
		h := &hook.Hook{Company: "nordwind", URL: r, Auth: hook.Auth{Kind: hook.CompanyAuth}}
		a := c.Send(t.Context(), post(r), h, d)
		wantFailure(t, a, hook.NoError, http.StatusOK, "")
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d token requests for the hooks of a company, want 1", n)
	}
}

func TestAuthorityIsTrustedForTheCompanyThatNamesIt(t *testing.T) {
	t.Parallel()
	ca, own := newAuthority(t), newAuthority(t)
	to, _ := wanting(t, own, "Authorization", "Bearer right-token")
	public, _ := wanting(t, ca, "Authorization", "Bearer right-token")
	h := &hook.Hook{Auth: hook.Auth{Kind: hook.BearerAuth, Secret: "right-token"}}
	c := newClient(t, ca, nil)
	d := hook.Defaults{Roots: own.pem()}
	for range 2 { // the second time, a connection is kept for the first company
		a := c.Send(t.Context(), post(to), h, d)
		wantFailure(t, a, hook.NoError, http.StatusOK, "")
		a = c.Send(t.Context(), post(public), h, d)
		wantFailure(t, a, hook.NoError, http.StatusOK, "") // besides those that the server trusts
		for _, other := range []hook.Defaults{{}, {Roots: newAuthority(t).pem()}} {
			a = c.Send(t.Context(), post(to), h, other)
			wantFailure(t, a, hook.BadTLS, 0, "authority that is not known here")
		}
	}
}

// A key that would take the place of a signature is not sent.
func TestSendReplacesNoHeader(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	to, _ := wanting(t, ca, "X-Signature", "a signature")
	r := post(to)
	r.Header.Set("X-Signature", "a signature")
	h := &hook.Hook{Auth: hook.Auth{Kind: hook.KeyAuth, Header: "x-signature", Secret: "not a signature"}}
	a := newClient(t, ca, nil).Send(t.Context(), r, h, hook.Defaults{})
	wantFailure(t, a, hook.BadRender, 0, "X-Signature")
}
