package api

import (
	"context"
	"net/http"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

type signInInput struct {
	Body struct {
		Email    string      `json:"email" example:"kim@acme.example"`
		Password hook.Secret `json:"password" writeOnly:"true" maxLength:"1000"`
		Company  *string     `json:"company,omitempty" example:"acme" doc:"ID of the company, if several have a user with the e-mail address; empty for the operator's people. Without it, the password decides."`
	} `nameHint:"Credentials"`
}

type signedOutput struct {
	Body struct {
		User user `json:"user"`
	} `nameHint:"Signed"`
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*signedOutput, error) {
	x := callOf(ctx)
	c := signin.Credentials{Email: in.Body.Email, Password: string(in.Body.Password), Company: in.Body.Company}
	signed, err := s.Gate.SignIn(ctx, c, s.Gate.From(x.request), x.request.UserAgent())
	if err != nil {
		return nil, err
	}
	s.setCookie(x, signed)
	out := &signedOutput{}
	out.Body.User = userOf(signed.User)
	return out, nil
}

// setCookie makes a browser keep a session.
func (s *Server) setCookie(x *exchange, signed signin.Signed) {
	c := s.cookie(x.request, signin.Cookie) //nolint:gosec // G124: see cookie
	c.Value, c.Expires = signed.Token, signed.ExpiresAt
	http.SetCookie(x, c)
	x.Header().Set("Cache-Control", "no-store")
}

// cookie returns a cookie of an answer, without a value. It is not for scripts,
// and goes with requests of other sites only if they are links.
func (s *Server) cookie(r *http.Request, name string) *http.Cookie {
	secure := s.Gate.Secure(r)
	return &http.Cookie{ //nolint:gosec // G124: Secure, but on a server that people reach without TLS
		Name: signin.HostOnly(name, secure), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*struct{}, error) {
	x := callOf(ctx)
	if err := s.Gate.SignOut(ctx, x.token); err != nil {
		return nil, err
	}
	c := s.cookie(x.request, signin.Cookie) //nolint:gosec // G124: see cookie
	c.MaxAge = -1
	http.SetCookie(x, c)
	return nil, nil
}

type choosePasswordInput struct {
	Body struct {
		Token    hook.Secret `json:"token" writeOnly:"true" maxLength:"200" doc:"Of the link."`
		Password hook.Secret `json:"password" writeOnly:"true" maxLength:"1000" doc:"At least 12 characters."`
	} `nameHint:"PasswordChoice"`
}

func (s *Server) choosePassword(ctx context.Context, in *choosePasswordInput) (*struct{}, error) {
	return nil, s.Gate.Reset(ctx, string(in.Body.Token), string(in.Body.Password), s.Gate.From(callOf(ctx).request))
}

type changePasswordInput struct {
	Body struct {
		Old hook.Secret `json:"old" writeOnly:"true" maxLength:"1000" doc:"The present password."`
		New hook.Secret `json:"new" writeOnly:"true" maxLength:"1000" doc:"At least 12 characters."`
	} `nameHint:"PasswordChange"`
}

func (s *Server) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	x := callOf(ctx)
	return nil, s.Gate.ChangePassword(ctx, x.actor, string(in.Body.Old), string(in.Body.New), x.token)
}

type session struct {
	ID        string    `json:"id" format:"uuid"`
	Address   string    `json:"address" doc:"IP address that it began from."`
	Agent     string    `json:"agent" doc:"What the browser said of itself then."`
	Current   bool      `json:"current" doc:"Whether it is the one that this request belongs to."`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt" doc:"When it was last used, to about a minute."`
	ExpiresAt time.Time `json:"expiresAt"`
}

type sessionsOutput struct {
	Body struct {
		Items []session `json:"items" nullable:"false"`
	} `nameHint:"Sessions"`
}

func (s *Server) listSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	x := callOf(ctx)
	all, err := s.Store.Sessions(ctx, x.actor.User, now())
	if err != nil {
		return nil, err
	}
	current := account.Digest(x.token)
	out := &sessionsOutput{}
	out.Body.Items = make([]session, len(all))
	for i, a := range all {
		out.Body.Items[i] = session{
			ID: a.ID.String(), Address: a.From, Agent: a.Agent, Current: a.Digest == current,
			CreatedAt: a.CreatedAt, SeenAt: a.SeenAt, ExpiresAt: a.ExpiresAt,
		}
	}
	return out, nil
}

type sessionInput struct {
	ID string `path:"id" doc:"The session's ID."`
}

func (s *Server) endSession(ctx context.Context, in *sessionInput) (*struct{}, error) {
	id, err := parseID(in.ID, "session")
	if err != nil {
		return nil, err
	}
	a := actorOf(ctx)
	return nil, s.Store.EndSession(ctx, a.User, id, note(ctx, "session.end", id.String(), a.Company, nil, nil))
}
