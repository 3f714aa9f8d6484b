package api_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/oidc"
)

// standIn is an identity provider for the way of the browser; package oidc is
// tested with a real one.
type standIn struct {
	person oidc.Person
	err    error
}

// These are as long as real ones.
const (
	flowState    = "state-of-the-test-is-this-"
	flowVerifier = "verifier-of-the-test-verifier-of-the-test-v"
)

func (p *standIn) Begin(context.Context) (string, oidc.Flow, error) {
	f := oidc.Flow{State: flowState, Nonce: flowState, Verifier: flowVerifier, ExpiresAt: time.Now().Add(time.Minute)}
	return "https://login.example/authorize?state=" + flowState, f, p.err
}

func (p *standIn) Finish(context.Context, oidc.Flow, url.Values) (oidc.Person, error) {
	return p.person, p.err
}

func TestSignInByProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider.person = oidc.Person{
		Subject: "https://login.example 1", Email: "kim@acme.example", Name: "Kim", Language: "en", Company: "acme", Role: account.Admin,
	}
	begun := w.do(t, "GET", "/oidc/begin", "", "Authorization: ")
	flow := cookieNamed(begun, flowCookie)
	if to := begun.header.Get("Location"); begun.status != 303 || !strings.HasPrefix(to, "https://login.example/") || flow == nil ||
		!flow.HttpOnly || !flow.Secure || flow.SameSite != http.SameSiteLaxMode {
		t.Fatalf("GET /oidc/begin = %d to %q with %v, want a redirect with a guarded cookie", begun.status, to, flow)
	}

	back := w.do(t, "GET", "/oidc/return?code=c&state="+flowState, "", "Authorization: ", "Cookie: "+flowCookie+"="+flow.Value)
	session := cookieNamed(back, sessionCookie)
	if back.status != 303 || back.header.Get("Location") != "/account/webhooks" || session == nil || cookieNamed(back, flowCookie).MaxAge >= 0 {
		t.Fatalf("GET /oidc/return = %d to %q with %v, want a session and the flow's cookie gone", back.status, back.header.Get("Location"), session)
	}
	me := w.mustDo(t, 200, "GET", "/api/v1/me", "", "Authorization: ", "Cookie: "+sessionCookie+"="+session.Value)
	if me["email"] != "kim@acme.example" || me["role"] != "admin" {
		t.Errorf("signed in as %v, want Kim", me)
	}

	for name, tt := range map[string]struct {
		query, cookie, language string
		status                  int
		want                    string
	}{
		"another state":           {"state=forged", flow.Value, "en", 401, "not begun in this browser"},
		"no cookie":               {"state=" + flowState, "", "en", 401, "You could not be signed in"},
		"another state in German": {"state=forged", flow.Value, "de", 401, "nicht in diesem Browser begonnen"},
	} {
		a := w.do(t, "GET", "/oidc/return?"+tt.query, "", "Authorization: ", "Cookie: "+flowCookie+"="+tt.cookie, "Accept-Language: "+tt.language)
		if a.status != tt.status || !strings.Contains(string(a.body), tt.want) || cookieNamed(a, sessionCookie) != nil {
			t.Errorf("%s: %d %s, want %d and %q without a session", name, a.status, a.body, tt.status, tt.want)
		}
	}
	if e := w.audit(t, "/api/v1/audit", "action=session.fail"); len(e) != 0 {
		t.Errorf("noted is %+v, want nothing of sign-ins that were not begun", e)
	}
	w.provider.err = &hook.Error{Fault: hook.Denied, Msg: "no role for you", German: "Keine Rolle für Sie."}
	back = w.do(t, "GET", "/oidc/return?code=c&state="+flowState, "", "Authorization: ", "Cookie: "+flowCookie+"="+flow.Value, "Accept-Language: de")
	if back.status != 403 || !strings.Contains(string(back.body), "Keine Rolle für Sie.") {
		t.Errorf("GET /oidc/return without a role = %d %s, want 403 that says so", back.status, back.body)
	}
	if e := w.audit(t, acme+"/audit", "action=session.fail"); len(e) != 1 || e[0].Actor != "kim@acme.example" || e[0].After["why"] != "no role for you" {
		t.Errorf("noted is %+v, want Kim's failure", e)
	}
	w.provider.err = &hook.Error{Fault: hook.Busy, Msg: "the provider <is> down"}
	if a := w.do(t, "GET", "/oidc/begin", "", "Authorization: "); a.status != 503 || !strings.Contains(string(a.body), "the provider &lt;is&gt; down") {
		t.Errorf("GET /oidc/begin with the provider down = %d %s, want a page that says so", a.status, a.body)
	}
}

func cookieNamed(a answer, name string) *http.Cookie {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}
