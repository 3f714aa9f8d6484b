package send

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/waybillhq/waybill/internal/hook"
)

// fetchToken asks a token server for an access token by client credentials
// (RFC 6749, section 4.4), under the rules of deliveries. It may take half of
// the attempt's time.
func (c *Client) fetchToken(ctx context.Context, p *parcel) fetched {
	a := p.auth
	ctx, cancel := context.WithTimeout(ctx, c.timeout/2)
	defer cancel()
	target, err := url.Parse(a.OAuth.TokenURL)
	if bad := hook.CheckURL(a.OAuth.TokenURL); bad != nil || err != nil {
		return failed("the token server's URL is not usable; it must be a whole https URL, such as https://login.example/oauth/token")
	}
	config := clientcredentials.Config{
		ClientID: a.OAuth.ClientID, ClientSecret: string(a.Secret), TokenURL: a.OAuth.TokenURL,
		Scopes: strings.Fields(a.OAuth.Scope), AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: make(url.Values, len(a.OAuth.Extra)),
	}
	if a.OAuth.ByHeader {
		config.AuthStyle = oauth2.AuthStyleInHeader
	}
	for name, value := range a.OAuth.Extra {
		config.EndpointParams.Set(name, value)
	}
	over, err := c.transports.get(hook.Certificate{}, p.roots, false)
	if err != nil {
		return failed(err.Error())
	}
	t := &trace{start: time.Now()}
	client := &http.Client{
		Transport:     over,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	got, err := config.Token(context.WithValue(t.in(ctx), oauth2.HTTPClient, client))
	switch {
	case err != nil:
		return failed(hide(clean(t.explainToken(ctx, err, target)), string(a.Secret)))
	case !strings.EqualFold(got.Type(), "bearer"):
		return failed(clean(fmt.Sprintf("the token server %s gave a token of the type %.40q, and only bearer tokens can be sent",
			target.Host, got.Type())))
	case strings.ContainsFunc(got.AccessToken, outsideToken):
		return failed(fmt.Sprintf("the token server %s gave a token with characters that cannot be sent", target.Host))
	}
	f := fetched{token: got.AccessToken}
	if !got.Expiry.IsZero() {
		f.life = min(max(time.Until(got.Expiry), time.Second), maxLife)
	}
	return f
}

func failed(reason string) fetched { return fetched{reason: reason} }

// maxLife bounds how long a token is kept, whatever its server says.
const maxLife = 24 * time.Hour

// outsideToken reports whether r may not stand in a bearer token (RFC 6750,
// section 2.1, read generously).
func outsideToken(r rune) bool { return r <= ' ' || r >= 0x7f }

// explainToken says why the token server gave no token.
func (t *trace) explainToken(ctx context.Context, err error, server *url.URL) string {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return explainRefusal(server.Host, e)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		_, reason := explain(e.Err, t.failure(ctx, server, hook.Certificate{}, &hook.Attempt{}))
		// The words are those for receivers.
		return fmt.Sprintf("the token server %s gave no token: %s", server.Host, strings.ReplaceAll(reason, "the receiver", "the token server"))
	}
	return fmt.Sprintf("the token server %s answered, but without an access token (RFC 6749, section 5.1)", server.Host)
}

// explainRefusal is for an answer that is not 2xx, or holds an error.
func explainRefusal(host string, e *oauth2.RetrieveError) string {
	said := ""
	if e.ErrorCode != "" {
		said = " " + e.ErrorCode
		if e.ErrorDescription != "" {
			said += " (" + e.ErrorDescription + ")"
		}
	}
	status := 0
	if e.Response != nil {
		status = e.Response.StatusCode
	}
	remedy := ""
	switch {
	case e.ErrorCode == "invalid_client", e.ErrorCode == "unauthorized_client", e.ErrorCode == "" && status == http.StatusUnauthorized:
		remedy = "; check the client ID, the client secret, and whether the server wants them in the form or in the header"
	case e.ErrorCode == "invalid_scope":
		remedy = "; check the scope"
	case e.ErrorCode == "unsupported_grant_type":
		remedy = "; it must allow client credentials for this client"
	case e.ErrorCode == "invalid_request", e.ErrorCode == "invalid_target":
		remedy = "; check the scope and the further parameters"
	case status >= 300 && status <= 399:
		remedy = "; redirects are not followed: write the URL that it leads to"
	case status == http.StatusNotFound:
		remedy = "; check the token URL"
	}
	return fmt.Sprintf("the token server %s answered %d%s%s", host, status, said, remedy)
}
