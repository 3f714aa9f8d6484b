package send

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxLife   = 24 * time.Hour // for which a token is kept, whatever its server says
	maxAnswer = 64 << 10       // bytes of a token server's answer
)

// fetchToken asks a token server for an access token by client credentials
// (RFC 6749, section 4.4), under the rules of deliveries. It may take half of
// the attempt's time.
func (c *Client) fetchToken(ctx context.Context, p *parcel) fetched {
	ctx, cancel := context.WithTimeout(ctx, c.timeout/2)
	defer cancel()
	server, err := url.Parse(p.auth.OAuth.TokenURL)
	if err != nil || hook.CheckURL(p.auth.OAuth.TokenURL) != nil {
		return fetched{reason: "the token server's URL cannot be used; write a whole https URL, such as https://login.example/oauth/token"}
	}
	over, err := c.transports.get(hook.Certificate{}, p.roots, false)
	if err != nil {
		return fetched{reason: err.Error()}
	}
	asked := &asking{over: over, agent: c.agent, trace: trace{start: time.Now()}}
	config := tokenConfig(p.auth)
	got, err := config.Token(context.WithValue(asked.trace.in(ctx), oauth2.HTTPClient, &http.Client{
		Transport:     asked,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err != nil {
		return fetched{reason: hideClient(asked.explain(ctx, server, err), p.auth)}
	}
	if reason := unusable(got); reason != "" {
		return fetched{reason: hideClient("the token server "+server.Host+" gave a token "+reason, p.auth)}
	}
	f := fetched{token: got.AccessToken}
	if !got.Expiry.IsZero() {
		f.life = min(max(time.Until(got.Expiry), time.Second), maxLife)
	}
	return f
}

// tokenConfig returns what a token is asked for with.
func tokenConfig(a hook.Auth) clientcredentials.Config {
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
	return config
}

// unusable says what keeps a token from being sent, or returns "".
func unusable(t *oauth2.Token) string {
	switch {
	case !strings.EqualFold(t.Type(), "bearer"):
		return fmt.Sprintf("of the type %.40q, and only bearer tokens can be sent", t.Type())
	case strings.ContainsFunc(t.AccessToken, outsideToken):
		return "with characters that cannot be sent (RFC 6750, section 2.1)"
	default:
		return ""
	}
}

// outsideToken reports whether r may not stand in a bearer token, read generously.
func outsideToken(r rune) bool { return r <= ' ' || r >= 0x7f }

// hideClient returns a reason without the client secret, which the token server
// may have repeated, fit to be shown.
func hideClient(reason string, a hook.Auth) string {
	secret := string(a.Secret)
	inHeader := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(a.OAuth.ClientID) + ":" + url.QueryEscape(secret)))
	return clean(credentials{spellings: spellings(inHeader, secret)}.hide(reason))
}

// asking is one request to a token server. It is sent as a delivery is: under
// Waybill's name, and again if a kept connection turns out to be closed. The
// answer is read as a part of it, so that one which breaks off is told from one
// that isn't understood.
type asking struct {
	over   http.RoundTripper
	agent  []string
	trace  trace
	answer hook.Attempt // its Status and ResponseBody
	failed error        // why there is no whole answer; http.Client would change it
}

// RoundTrip implements http.RoundTripper.
func (a *asking) RoundTrip(req *http.Request) (*http.Response, error) {
	var resp *http.Response
	resp, a.failed = a.send(req.Clone(req.Context()))
	return resp, a.failed
}

func (a *asking) send(req *http.Request) (*http.Response, error) {
	req.Header["User-Agent"] = a.agent
	req.Header.Set("Accept", "application/json")
	req.Header["Idempotency-Key"] = nil // not sent; see Client.request
	resp, err := a.over.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a.answer.Status = resp.StatusCode
	a.answer.ResponseBody, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(a.answer.ResponseBody) > maxAnswer {
		err = fmt.Errorf("it is longer than %d KiB", maxAnswer>>10)
	}
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(a.answer.ResponseBody), []byte("{")) {
		resp.Header.Set("Content-Type", "application/json") // whatever the server calls it; oauth2 would read text as a form
	}
	resp.Body = io.NopCloser(bytes.NewReader(a.answer.ResponseBody))
	return resp, nil
}

// explain says why the token server gave no token.
func (a *asking) explain(ctx context.Context, server *url.URL, err error) string {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return explainRefusal(server.Host, e)
	}
	if a.failed == nil {
		return "the token server " + server.Host + " answered, but without an access token (RFC 6749, section 5.1); check the token URL"
	}
	f := a.trace.failure(ctx, server, hook.Certificate{}, &a.answer)
	kind, reason := f.explain(a.failed)
	switch {
	case kind == hook.TimedOut:
		return fmt.Sprintf("the token server %s had not answered in full after %s; ask its operator why", server.Host, round(f.elapsed))
	case kind == hook.BadTLS && f.asked:
		return "the token server " + server.Host + " asks for a client certificate, and is shown none; it must do with the client secret"
	default:
		// The words are those for receivers.
		return "no token came from " + server.Host + ": " + strings.ReplaceAll(reason, "the receiver", "the token server")
	}
}

// explainRefusal is for an answer that is not 2xx, or holds an error.
func explainRefusal(host string, e *oauth2.RetrieveError) string {
	said := ""
	if e.ErrorCode != "" {
		said = " " + e.ErrorCode
	}
	if e.ErrorDescription != "" {
		said += " (" + e.ErrorDescription + ")"
	}
	status := 0
	if e.Response != nil {
		status = e.Response.StatusCode
	}
	return fmt.Sprintf("the token server %s answered %d%s%s", host, status, said, refusalRemedy(e.ErrorCode, status))
}

// refusalRemedy says what to do about an error (RFC 6749, section 5.2) or, if
// there is none, about a status.
func refusalRemedy(code string, status int) string {
	switch {
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return "; check the token URL"
	case code == "invalid_client", code == "unauthorized_client", code == "" && status == http.StatusUnauthorized:
		return "; check the client ID, the client secret, and whether the server wants them in the form or in the header"
	case code == "invalid_scope":
		return "; check the scope"
	case code == "unsupported_grant_type":
		return "; it must allow client credentials for this client"
	case code == "invalid_request", code == "invalid_target":
		return "; check the scope and the further parameters"
	case status >= 300 && status <= 399:
		return "; redirects are not followed: write the URL that it leads to"
	default:
		return ""
	}
}
