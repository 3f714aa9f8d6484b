package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	server := startProvider(t)
	erika := Person{
		Subject: server.url + " erika", Email: "erika@shop.example", Name: "Erika Muster", Language: "de",
		Company: "shop", Role: account.Admin,
	}
	informed := erika
	informed.Subject = server.url + " userinfo"
	for _, c := range []struct {
		name   string
		login  string
		client string
		want   Person
	}{
		{"a person signs in", "erika", "basic", erika},
		{"claims may be in the user's information instead", "userinfo", "basic", informed},
		{"the client may be one that sends its secret in the body", "erika", "post", erika},
		{"the client may be a public one", "erika", "public", erika},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := server.options()
			if o.ClientID = c.client; c.client == "public" {
				o.ClientSecret = ""
			}
			p := New(o)
			flow, query := begin(t, p, c.login)
			got, err := p.Finish(t.Context(), flow, query)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	sent, ok := New(Options{}).client.Transport.(bounded).next.(*http.Transport)
	if !ok || sent.Proxy != nil {
		t.Errorf("requests are sent by %+v, want none of the environment's proxies used", sent)
	}
}

func TestWhoMayNotSignIn(t *testing.T) {
	t.Parallel()
	server := startProvider(t)
	for _, c := range []struct{ name, login, want string }{
		{"who cancels", "", "cancelled"},
		{"whose address is not verified", "unverified", "has not verified your e-mail"},
		{"of whose address nothing is said", "silent", "has not verified your e-mail"},
		{"who has no address", "addressless", "what your e-mail address is"},
		{"who has no company", "homeless", "which company"},
		{"whose company can be none", "elsewhere", "which company"},
		{"whose role means nothing here", "roleless", "no role"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := New(server.options())
			flow, query := begin(t, p, c.login)
			who, err := p.Finish(t.Context(), flow, query)
			refused(t, err, hook.Denied, c.want, query.Get("code"))
			if known := (Person{Subject: who.Subject, Email: who.Email}); who != known || c.login != "" && who.Subject != server.url+" "+c.login {
				t.Errorf("got %+v; want the subject and the address, if there is one", who)
			}
		})
	}
	t.Run("where the operator takes any address", func(t *testing.T) {
		t.Parallel()
		o := server.options()
		o.AnyEmail = true
		p := New(o)
		flow, query := begin(t, p, "silent")
		if who, err := p.Finish(t.Context(), flow, query); err != nil || who.Email != "erika@shop.example" {
			t.Errorf("got %+v, %v; want erika@shop.example, of whose address nothing is said", who, err)
		}
		flow, query = begin(t, p, "unverified")
		_, err := p.Finish(t.Context(), flow, query)
		refused(t, err, hook.Denied, "has not verified your e-mail")
	})
}

func TestWhatIsNotTrusted(t *testing.T) {
	t.Parallel()
	server := startProvider(t)
	other := newFlow(time.Now())
	for _, c := range []struct {
		name   string
		change func(o *Options, f *Flow, q url.Values)
		fault  hook.Fault
		want   string
	}{
		{"another state", func(_ *Options, f *Flow, _ url.Values) { f.State = other.State }, hook.Unknown, "not begun in this browser"},
		{"no state", func(_ *Options, f *Flow, q url.Values) { f.State = ""; q.Del("state") }, hook.Unknown, "not begun in this browser"},
		{"another nonce", func(_ *Options, f *Flow, _ url.Values) { f.Nonce = other.Nonce }, hook.Unknown, "another nonce"},
		{"another verifier", func(_ *Options, f *Flow, _ url.Values) { f.Verifier = other.Verifier }, hook.Unknown, "invalid_grant"},
		{"another code", func(_ *Options, _ *Flow, q url.Values) { q.Set("code", other.Nonce) }, hook.Unknown, "invalid_grant"},
		{"no code", func(_ *Options, _ *Flow, q url.Values) { q.Del("code") }, hook.Unknown, "neither a code"},
		{"another issuer in the answer", func(_ *Options, _ *Flow, q url.Values) { q.Set("iss", "https://login.example") }, hook.Unknown, "another issuer"},
		{"a flow that is over", func(_ *Options, f *Flow, _ url.Values) { f.ExpiresAt = f.ExpiresAt.Add(-FlowLifetime) }, hook.Unknown, "ten minutes"},
		{"a wrong client secret", func(o *Options, _ *Flow, _ url.Values) { o.ClientSecret = "not the one" }, hook.Denied, "not set up"},
		{"a wrong secret in the body", func(o *Options, _ *Flow, _ url.Values) { o.ClientID, o.ClientSecret = "post", "not the one" }, hook.Denied, "not set up"},
		{"a client that the code is not for", func(o *Options, _ *Flow, _ url.Values) { o.ClientID = "post" }, hook.Unknown, "invalid_grant"},
		{"a token with a broken signature", func(o *Options, _ *Flow, _ url.Values) { o.HTTPClient = forging(breakSignature) }, hook.Unknown, "verify"},
		{"a token that isn't signed", func(o *Options, _ *Flow, _ url.Values) { o.HTTPClient = forging(dropSignature) }, hook.Unknown, "verify"},
		{"no token", func(o *Options, _ *Flow, _ url.Values) { o.HTTPClient = forging(func(string) string { return "" }) }, hook.Unknown, "no ID token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := server.options()
			flow, query := begin(t, New(o), "erika")
			c.change(&o, &flow, query)
			_, err := New(o).Finish(t.Context(), flow, query)
			refused(t, err, c.fault, c.want, query.Get("code"), string(flow.Verifier), server.secret)
		})
	}
	t.Run("a token for another client", func(t *testing.T) {
		t.Parallel()
		ours, theirs := server.options(), server.options()
		flow, query := begin(t, New(ours), "erika")

		var stolen string
		theirs.ClientID, theirs.ClientSecret = "public", ""
		theirs.HTTPClient = forging(func(token string) string { stolen = token; return token })
		p := New(theirs)
		to, other, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		to = strings.Replace(to, other.Nonce, flow.Nonce, 1)
		other.Nonce = flow.Nonce
		if _, err := p.Finish(t.Context(), other, browse(t, to, "erika")); err != nil {
			t.Fatal(err)
		}

		ours.HTTPClient = forging(func(string) string { return stolen })
		_, err = New(ours).Finish(t.Context(), flow, query)
		refused(t, err, hook.Unknown, "expected audience", query.Get("code"), stolen)
	})
	t.Run("information about another person", func(t *testing.T) {
		t.Parallel()
		p := New(server.options())
		flow, query := begin(t, p, "mistaken")
		_, err := p.Finish(t.Context(), flow, query)
		refused(t, err, hook.Unknown, "another subject", query.Get("code"))
	})
	t.Run("a code that was used already", func(t *testing.T) {
		t.Parallel()
		p := New(server.options())
		flow, query := begin(t, p, "erika")
		if _, err := p.Finish(t.Context(), flow, query); err != nil {
			t.Fatal(err)
		}
		_, err := p.Finish(t.Context(), flow, query)
		refused(t, err, hook.Unknown, "used already", query.Get("code"))
	})
}

func TestAProviderThatIsDown(t *testing.T) {
	t.Parallel()
	server := startProvider(t)
	server.down.Store(true)
	p := New(server.options())
	_, _, err := p.Begin(t.Context())
	refused(t, err, hook.Busy, "can't be reached")

	server.down.Store(false)
	flow, query := begin(t, p, "erika")
	server.down.Store(true)
	_, err = p.Finish(t.Context(), flow, query)
	refused(t, err, hook.Busy, "can't be reached", query.Get("code"))
	if _, _, err := p.Begin(t.Context()); err != nil {
		t.Errorf("got %v; want another flow, for which nothing needs to be asked", err)
	}

	server.down.Store(false)
	if who, err := p.Finish(t.Context(), flow, query); err != nil || who.Email != "erika@shop.example" {
		t.Errorf("got %+v, %v; want erika@shop.example", who, err)
	}
}

// begin begins a flow, keeps it in a cookie and does the provider's part. An
// empty login cancels.
func begin(t *testing.T, p *Provider, login string) (Flow, url.Values) {
	t.Helper()
	to, flow, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(to, string(flow.Verifier)) {
		t.Errorf("the URL %s has the verifier in it", to)
	}
	kept, err := ParseFlow(flow.Cookie())
	if err != nil {
		t.Fatal(err)
	}
	return kept, browse(t, to, login)
}

// refused checks an error: its fault, a part of its text, that it says
// something in German, and that it has none of the secrets in it.
func refused(t *testing.T, err error, fault hook.Fault, want string, secrets ...string) {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != fault || e.German == "" || !strings.Contains(err.Error(), want) {
		t.Fatalf("got %v (%s); want an error of fault %s with %q in it", err, hook.FaultOf(err), fault, want)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("the error %v has the secret %s in it", err, secret)
		}
	}
}

// forging returns a client that changes the ID token in the provider's answer.
func forging(change func(token string) string) *http.Client {
	return &http.Client{Transport: forger(change)}
}

type forger func(token string) string

func (f forger) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/token") {
		return response, err
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if token, ok := answer["id_token"].(string); ok {
		answer["id_token"] = f(token)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	return response, nil
}

// breakSignature changes a character in the middle of a token's signature.
func breakSignature(token string) string {
	at := strings.LastIndex(token, ".") + 20
	changed := byte('A')
	if token[at] == changed {
		changed = 'B'
	}
	return token[:at] + string(changed) + token[at+1:]
}

// dropSignature returns a token with the same claims and the algorithm "none".
func dropSignature(token string) string {
	const header = "eyJhbGciOiJub25lIn0" // {"alg":"none"}
	return header + "." + strings.Split(token, ".")[1] + "."
}
