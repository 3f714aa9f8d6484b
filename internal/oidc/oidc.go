// Package oidc signs people in by OpenID Connect Core 1.0: the authorization
// code flow with PKCE (RFC 7636), for one provider. It says who somebody is, to
// which company they belong and what their role is; who keeps users and sessions
// decides what follows from that.
//
// Two routes use it. The first sends the browser to the provider and keeps the
// flow in it:
//
//	to, flow, err := provider.Begin(r.Context())
//	…
//	http.SetCookie(w, &http.Cookie{
//		Name: "__Host-waybill_flow", Value: flow.Cookie(), Path: "/", Expires: flow.ExpiresAt,
//		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
//	})
//	http.Redirect(w, r, to, http.StatusSeeOther)
//
// The second is what Options.RedirectURL names, where the provider sends the
// browser back. It removes the cookie, whatever comes of it:
//
//	flow, err := oidc.ParseFlow(cookie.Value) // "" if there is no cookie
//	…
//	person, err := provider.Finish(r.Context(), flow, r.URL.Query())
//
// SameSite must be Lax and not Strict, because the browser comes back from
// another site. Over plain HTTP, which only a test should use, the cookie can be
// neither Secure nor have the prefix.
package oidc

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	timeout     = 10 * time.Second // for one request to the provider
	maxResponse = 1 << 20          // bytes
)

// Options say which provider there is and how to read its claims.
type Options struct {
	Issuer       string      // URL, to the letter as the provider's tokens have it
	ClientID     string      // what the provider knows this server as
	ClientSecret hook.Secret // empty for a public client, which PKCE protects alone
	RedirectURL  string      // where the provider sends people back, as it is registered there
	Scopes       []string    // besides openid; nil means profile and email
	CompanyClaim string      // the claim that holds the ID of a person's company
	RoleClaim    string      // the claim that holds a person's role, or a list with it

	// Roles says which role a value of RoleClaim means: Operator, Admin or
	// Member. Of several, the one that may do most counts.
	Roles map[string]account.Role

	// AnyEmail takes e-mail addresses of which the provider doesn't say whether
	// they are verified, for one that never says so but lets nobody choose an
	// address. One that it says is unverified is refused all the same.
	AnyEmail bool

	// HTTPClient makes the requests to the provider; nil means one of our own,
	// which uses no proxy, whatever the environment says. A request gets 10 seconds
	// unless the client says otherwise.
	HTTPClient *http.Client
}

// Provider signs people in. Its methods may be called by many goroutines at
// once.
type Provider struct {
	o      Options
	client *http.Client
	found  atomic.Pointer[coreos.Provider] // nil until discovery has worked
}

// New returns a Provider. It asks the provider nothing: its endpoints are
// discovered when they are first needed, and again after that has failed, so
// that a provider that is down keeps no server from starting.
func New(o Options) *Provider {
	client := &http.Client{}
	if o.HTTPClient != nil {
		*client = *o.HTTPClient
	}
	if client.Timeout == 0 {
		client.Timeout = timeout
	}
	if client.Transport == nil {
		client.Transport = &http.Transport{ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute}
	}
	client.Transport = bounded{client.Transport}
	if o.Scopes == nil {
		o.Scopes = []string{"profile", "email"}
	}
	return &Provider{o: o, client: client}
}

// Begin returns the URL to send a browser to, and the flow, which that browser
// alone is to keep and bring back within FlowLifetime. Every call begins another
// flow. A provider that can't be reached is a *hook.Error of fault Busy.
func (p *Provider) Begin(ctx context.Context) (to string, flow Flow, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	flow = newFlow(time.Now())
	to = p.config(found, oauth2.AuthStyleAutoDetect).AuthCodeURL(flow.State,
		coreos.Nonce(flow.Nonce), oauth2.S256ChallengeOption(string(flow.Verifier)))
	return to, flow, nil
}

// discover returns the provider as its discovery document describes it (OpenID
// Connect Discovery 1.0, section 4). Several goroutines may ask for it at the
// same moment; that does no harm.
func (p *Provider) discover(ctx context.Context) (*coreos.Provider, error) {
	if found := p.found.Load(); found != nil {
		return found, nil
	}
	found, err := coreos.NewProvider(coreos.ClientContext(ctx, p.client), p.o.Issuer)
	if err != nil {
		return nil, unavailable(clean("discover the provider", err))
	}
	p.found.Store(found)
	return found, nil
}

func (p *Provider) config(found *coreos.Provider, style oauth2.AuthStyle) *oauth2.Config {
	endpoint := found.Endpoint()
	endpoint.AuthStyle = style
	return &oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: string(p.o.ClientSecret), Endpoint: endpoint,
		RedirectURL: p.o.RedirectURL, Scopes: append([]string{coreos.ScopeOpenID}, p.o.Scopes...),
	}
}

// bounded lets no response be longer than maxResponse.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = limited{io.LimitReader(response.Body, maxResponse), response.Body}
	return response, nil
}

type limited struct {
	io.Reader
	io.Closer
}
