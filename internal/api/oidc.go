package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/oidc"
	"github.com/waybillhq/waybill/internal/signin"
)

// Provider vouches for people; see oidc.Provider.
type Provider interface {
	// Begin returns where to send the browser and what it must bring back.
	Begin(ctx context.Context) (to string, flow oidc.Flow, err error)
	// Finish returns who came back, by the parameters of the request, or with an
	// error what is known of them.
	Finish(ctx context.Context, flow oidc.Flow, query url.Values) (oidc.Person, error)
}

// OIDCReturn is the path that the provider sends people back to.
const OIDCReturn = "/oidc/return"

// flowCookie keeps the flow while the browser is at the provider's.
const flowCookie = "waybill_flow"

// beginOIDC sends the browser to the provider.
func (s *Server) beginOIDC(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	if s.Provider == nil {
		newProblem(http.StatusNotFound, "this server has no OpenID Connect provider; its operator sets one up with --oidc-issuer").write(w)
		return
	}
	to, flow, err := s.Provider.Begin(r.Context())
	if err != nil {
		x.showRefusal(err)
		return
	}
	c := s.cookie(r, flowCookie) //nolint:gosec // G124: see cookie
	c.Value, c.Expires = flow.Cookie(), flow.ExpiresAt
	http.SetCookie(w, c)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// finishOIDC signs in who comes back from the provider and sends them to their
// webhooks.
func (s *Server) finishOIDC(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	if s.Provider == nil {
		s.beginOIDC(w, r)
		return
	}
	over := s.cookie(r, flowCookie) //nolint:gosec // G124: see cookie
	over.MaxAge = -1
	http.SetCookie(w, over)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	value := ""
	if c, err := r.Cookie(over.Name); err == nil {
		value = c.Value
	}
	flow, err := oidc.ParseFlow(value)
	if err == nil {
		err = flow.Check(r.URL.Query())
	}
	var signed signin.Signed
	if err == nil {
		signed, err = s.signInBy(r, flow)
	}
	if err != nil {
		x.showRefusal(err)
		return
	}
	s.setCookie(x, signed)
	http.Redirect(w, r, webhooksPage, http.StatusSeeOther)
}

// signInBy begins a session for whoever the provider says has come back.
func (s *Server) signInBy(r *http.Request, flow oidc.Flow) (signin.Signed, error) {
	p, err := s.Provider.Finish(r.Context(), flow, r.URL.Query())
	u := account.User{
		Subject: p.Subject, Email: p.Email, Name: p.Name, Language: p.Language, Company: p.Company, Role: p.Role,
	}
	if err != nil {
		return signin.Signed{}, s.Gate.RefuseBy(r.Context(), u, s.Gate.From(r), err)
	}
	return s.Gate.SignInBy(r.Context(), u, s.Gate.From(r), r.UserAgent())
}
