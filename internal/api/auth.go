package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

type authSettings struct {
	Type       string            `json:"type" enum:"none,basic,bearer,apiKey,oauth2,company" doc:"How requests are authenticated: not at all; by HTTP basic authentication; by a bearer token; by a key in a header; by a token fetched by OAuth 2.0 client credentials; or as the company's default credentials say."`
	User       string            `json:"user,omitempty" maxLength:"255" doc:"Of basic."`
	Header     string            `json:"header,omitempty" maxLength:"100" example:"X-Api-Key" doc:"Of apiKey: the name of its header."`
	TokenURL   string            `json:"tokenUrl,omitempty" example:"https://login.example/oauth/token" doc:"Of oauth2: where tokens are fetched. Only https."`
	ClientID   string            `json:"clientId,omitempty" maxLength:"1000" doc:"Of oauth2."`
	ClientAuth string            `json:"clientAuth,omitempty" enum:"form,header" doc:"Of oauth2: whether the token server wants client ID and secret in the form (the default) or in the header Authorization."`
	Scope      string            `json:"scope,omitempty" maxLength:"2000" doc:"Of oauth2: names with spaces between them."`
	Parameters map[string]string `json:"parameters,omitempty" example:"{\"audience\": \"https://erp.example\"}" doc:"Of oauth2: what else the token server wants, such as audience or resource. Everyone in the company sees them."`

	Secret       *hook.Secret `json:"secret,omitempty" writeOnly:"true" maxLength:"8000" doc:"The password, token, key or client secret. Never shown. Left out or empty, the stored one is kept if all else that it belongs to, and the hosts it is sent to, stay the same."`
	SecretSet    bool         `json:"secretSet" readOnly:"true" doc:"Whether there is a secret."`
	SecretLength int          `json:"secretLength,omitempty" readOnly:"true" doc:"Characters of a password."`
	SecretSetAt  time.Time    `json:"secretSetAt,omitzero" readOnly:"true" doc:"Since when the secret is this one, if there is one."`
}

// authOf shows how requests are authenticated, without the secret, which may be
// locked.
func authOf(a hook.Auth, locked bool) authSettings {
	out := authSettings{Type: string(hook.NoAuth)}
	if !a.Set() {
		return out
	}
	out = authSettings{
		Type: string(a.Kind), User: a.User, Header: a.Header, TokenURL: a.OAuth.TokenURL, ClientID: a.OAuth.ClientID,
		Scope: a.OAuth.Scope, Parameters: a.OAuth.Extra, SecretSet: a.Secret != "" || locked,
	}
	if a.Kind == hook.OAuthAuth {
		out.ClientAuth = "form"
		if a.OAuth.ByHeader {
			out.ClientAuth = "header"
		}
	}
	if a.Kind == hook.BasicAuth {
		out.SecretLength = utf8.RuneCountInString(string(a.Secret))
	}
	if out.SecretSet {
		out.SecretSetAt = a.SetAt
	}
	return out
}

// storedAuth is what was stored before, for a secret that is left out.
type storedAuth struct {
	hook.Auth
	locked bool
	moved  bool // it would be sent to another host: nobody may have a secret sent elsewhere that they don't know
}

// keeps reports whether the stored secret still belongs to fresh.
func (o storedAuth) keeps(fresh hook.Auth) bool {
	return !o.moved && o.Kind == fresh.Kind && o.User == fresh.User && o.Header == fresh.Header &&
		o.OAuth.ClientID == fresh.OAuth.ClientID && o.OAuth.TokenURL == fresh.OAuth.TokenURL &&
		(o.Secret != "" || o.locked || o.Kind == hook.BasicAuth)
}

// readAuth returns what in says, at a time, and whether the stored secret is
// kept. It adds to wrong what is wrong with it.
func (s *Server) readAuth(in *authSettings, stored storedAuth, at time.Time, wrong *problems) (fresh hook.Auth, kept bool) {
	if in.Type == "" || in.Type == string(hook.NoAuth) {
		return hook.Auth{}, false
	}
	in.onlyOwn(wrong)
	fresh = hook.Auth{Kind: hook.AuthKind(in.Type), User: in.User, Header: http.CanonicalHeaderKey(in.Header)}
	switch fresh.Kind {
	case hook.BasicAuth:
		checkUserName("auth.user", in.User, wrong)
	case hook.KeyAuth:
		checkHeader("auth.header", in.Header, wrong)
	case hook.OAuthAuth:
		fresh.OAuth = hook.OAuth{
			TokenURL: in.TokenURL, ClientID: in.ClientID, Scope: strings.Join(strings.Fields(in.Scope), " "),
			Extra: in.Parameters, ByHeader: in.ClientAuth == "header",
		}
		s.checkOAuth(in, wrong)
	case hook.NoAuth, hook.BearerAuth, hook.CompanyAuth:
	}
	if fresh.Kind == hook.CompanyAuth {
		return fresh, false
	}
	given := in.Secret != nil
	switch {
	case (!given || *in.Secret == "") && stored.keeps(fresh):
		fresh.Secret, fresh.SetAt = stored.Secret, stored.SetAt
		return fresh, true
	case !given, *in.Secret == "" && fresh.Kind != hook.BasicAuth:
		wrong.add("auth.secret", "it is missing, and none is stored for just this and the same host; add it",
			"Es fehlt, und für genau diese Angaben und denselben Server ist keines gespeichert; ergänzen Sie es.")
		return fresh, false
	}
	in.checkSecret(fresh.Kind, wrong)
	fresh.Secret, fresh.SetAt = *in.Secret, at
	if fresh.Secret == stored.Secret {
		fresh.SetAt = stored.SetAt
	}
	return fresh, false
}

// onlyOwn finds what doesn't belong to the type.
func (in *authSettings) onlyOwn(wrong *problems) {
	for _, f := range []struct {
		field string
		given bool
		kind  hook.AuthKind
	}{
		{"user", in.User != "", hook.BasicAuth},
		{"header", in.Header != "", hook.KeyAuth},
		{"tokenUrl", in.TokenURL != "", hook.OAuthAuth},
		{"clientId", in.ClientID != "", hook.OAuthAuth},
		{"clientAuth", in.ClientAuth != "", hook.OAuthAuth},
		{"scope", in.Scope != "", hook.OAuthAuth},
		{"parameters", len(in.Parameters) > 0, hook.OAuthAuth},
	} {
		if f.given && in.Type != string(f.kind) {
			wrong.add("auth."+f.field, "it belongs to the type "+string(f.kind)+", not to "+in.Type+"; remove it, or change the type",
				"Die Angabe gehört zum Typ "+string(f.kind)+", nicht zu "+in.Type+"; entfernen Sie sie oder ändern Sie den Typ.")
		}
	}
}

// checkUserName finds user names that cannot be sent by basic authentication.
func checkUserName(field, user string, wrong *problems) {
	switch {
	case user == "":
		wrong.add(field, "it is missing; add it", "Die Angabe fehlt; ergänzen Sie sie.")
	case strings.ContainsFunc(user, unicode.IsControl) || strings.Contains(user, ":"):
		wrong.add(field, "it has a colon or a control character, which cannot be sent (RFC 7617); remove it",
			"Er enthält einen Doppelpunkt oder ein Steuerzeichen, die nicht gesendet werden können (RFC 7617); entfernen Sie es.")
	}
}

// What is said of a secret with a control character.
const (
	controlReason = "it has a control character, such as a line break, which cannot be sent; remove it"
	controlGerman = "Es enthält ein Steuerzeichen, etwa einen Zeilenumbruch, das nicht gesendet werden kann; entfernen Sie es."
)

// checkSecret finds what cannot be sent.
func (in *authSettings) checkSecret(kind hook.AuthKind, wrong *problems) {
	text := string(*in.Secret)
	switch {
	case strings.ContainsFunc(text, unicode.IsControl):
		wrong.add("auth.secret", controlReason, controlGerman)
	case kind == hook.BearerAuth && strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		wrong.add("auth.secret", "it has a space or a character outside ASCII, which a token cannot have (RFC 6750); "+
			"write the token alone, without \"Bearer\"",
			"Es enthält ein Leerzeichen oder ein Zeichen außerhalb von ASCII, das ein Token nicht haben kann (RFC 6750); "+
				"geben Sie das Token allein an, ohne „Bearer“.")
	case kind == hook.KeyAuth && (strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return r > '~' })):
		wrong.add("auth.secret", "it begins or ends with a space, or has a character outside ASCII, which a header cannot have; remove it",
			"Es beginnt oder endet mit einem Leerzeichen oder enthält ein Zeichen außerhalb von ASCII, das eine Kopfzeile nicht haben kann; entfernen Sie es.")
	}
}

// checkHeader finds names of headers that cannot be set, or that requests have
// for something else. Some receivers want their key in Authorization.
func checkHeader(field, name string, wrong *problems) {
	if http.CanonicalHeaderKey(name) == "Authorization" {
		return
	}
	if err := sign.CheckHeader(field, name); err != nil {
		*wrong = append(*wrong, asProblems(err)...)
	}
}

func (s *Server) checkOAuth(in *authSettings, wrong *problems) {
	if err := s.CheckURL(in.TokenURL); err != nil {
		for _, p := range asProblems(err) {
			p.Field = "auth.tokenUrl"
			*wrong = append(*wrong, p)
		}
	}
	switch {
	case in.ClientID == "":
		wrong.add("auth.clientId", "it is missing; add it", "Die Angabe fehlt; ergänzen Sie sie.")
	case strings.ContainsFunc(in.ClientID, unicode.IsControl):
		wrong.add("auth.clientId", "it has a control character; remove it", "Die Angabe enthält ein Steuerzeichen; entfernen Sie es.")
	}
	// RFC 6749, section 3.3: visible ASCII but for the quotation mark and the backslash.
	if strings.ContainsFunc(in.Scope, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		wrong.add("auth.scope", "it has a character that a scope cannot have (RFC 6749, section 3.3); remove it",
			"Die Angabe enthält ein Zeichen, das ein Scope nicht haben kann (RFC 6749, Abschnitt 3.3); entfernen Sie es.")
	}
	const most = 20
	if len(in.Parameters) > most {
		wrong.add("auth.parameters", fmt.Sprintf("there are more than %d; remove some", most),
			fmt.Sprintf("Es sind mehr als %d; entfernen Sie einige.", most))
	}
	for name, value := range in.Parameters {
		field := "auth.parameters." + name
		switch {
		case slices.Contains([]string{"", "grant_type", "client_id", "client_secret", "scope"}, name):
			wrong.add(field, "it has a field of its own, or no name; remove it", "Dafür gibt es ein eigenes Feld, oder der Name fehlt; entfernen Sie es.")
		case secretName(name):
			wrong.add(field, "parameters are shown to everyone in the company, and this is a secret by its name; only the client secret can be one",
				"Parameter sieht jeder im Unternehmen, und dies ist dem Namen nach ein Geheimnis; nur das Client-Secret kann eines sein.")
		case len(name)+len(value) > 2000:
			wrong.add(field, "it is longer than 2000 characters; shorten it", "Die Angabe ist länger als 2000 Zeichen; kürzen Sie sie.")
		}
	}
}

// secretName reports whether a parameter of that name holds a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"secret", "password", "assertion", "token"}, func(part string) bool { return strings.Contains(name, part) })
}

// sameHost reports whether two URLs lead to the same host and port.
func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Host, y.Host)
}

// without returns names without one of them; it leaves names as they are.
func without(names []string, name string) []string {
	i := slices.Index(names, name)
	if i < 0 {
		return names
	}
	return slices.Concat(names[:i], names[i+1:])
}

// checkDefault finds out whether a company has default credentials that may be
// sent to a URL.
func (s *Server) checkDefault(company, to string, wrong *problems) {
	d := s.Store.Directory().Defaults[company]
	switch host := hook.HostOf(to); {
	case !d.Auth.Set():
		wrong.add("auth.type", "the company has no default credentials; set them first, at default-credentials",
			"Das Unternehmen hat keine Standard-Zugangsdaten; legen Sie sie zuerst unter default-credentials fest.")
	case !slices.Contains(d.Hosts, host):
		wrong.add("auth.type", "the company's default credentials are not meant for "+host+"; add the host to theirs, or choose another type",
			"Die Standard-Zugangsdaten des Unternehmens sind nicht für "+host+" bestimmt; ergänzen Sie dort den Server oder wählen Sie einen anderen Typ.")
	}
}
