package api

import (
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// authKinds are the ways in which connectors authenticate, by the names that they
// have there.
func authKinds() map[string]hook.AuthKind {
	return map[string]hook.AuthKind{"none": hook.NoAuth, "basic": hook.BasicAuth, "bearer": hook.BearerAuth, "oauth": hook.OAuthAuth}
}

func authName(kind hook.AuthKind) string {
	for name, k := range authKinds() {
		if k == kind {
			return name
		}
	}
	return "none" // also the zero value
}

// given names what is given of an authentication, by the names of authKinds.
func (in *connector) given() (names []string, fields map[string]string) {
	fields = map[string]string{"basic": "basicAuthCredentials", "bearer": "bearerToken", "oauth": "oauth"}
	if in.Basic != nil {
		names = append(names, "basic")
	}
	if in.Bearer != nil && *in.Bearer != "" {
		names = append(names, "bearer")
	}
	if in.OAuth != nil {
		names = append(names, "oauth")
	}
	return names, fields
}

// authentication returns how in says that requests are authenticated: by name, or by
// what is given alone; if nothing is, as before. It adds to wrong what doesn't fit.
func (in *connector) authentication(stored hook.Auth, wrong *problems) string {
	given, fields := in.given()
	name := in.Authentication
	switch {
	case name == "" && len(given) == 0:
		return authName(stored.Kind)
	case name == "" && len(given) == 1:
		return given[0]
	case name == "":
		wrong.add("authentication", "there are "+fields[given[0]]+" and "+fields[given[1]]+", but a request is authenticated in one way; remove one of them",
			"Es gibt "+fields[given[0]]+" und "+fields[given[1]]+", aber eine Anfrage wird auf eine Weise authentifiziert; entfernen Sie eines davon.")
		return given[0]
	}
	for _, g := range given {
		if g != name {
			wrong.add(fields[g], "it belongs to the authentication "+g+", not to "+name+"; remove it, or change the authentication",
				"Die Angabe gehört zur Authentifizierung "+g+", nicht zu "+name+"; entfernen Sie sie, oder ändern Sie die Authentifizierung.")
		}
	}
	return name
}

// readConnectorAuth returns how requests are authenticated, and whether the stored
// secret is kept, which it is only where it would be sent to the same host. It adds to
// wrong what is wrong with it.
func (s *Server) readConnectorAuth(h *hook.Hook, in *connector, wrong *problems) (fresh hook.Auth, kept bool) {
	locked := slices.Contains(h.Locked, hook.AuthSecret)
	asked := authOf(h.Auth, locked) // what isn't said stays
	name := in.authentication(h.Auth, wrong)
	if kind := string(authKinds()[name]); asked.Type != kind {
		asked = authSettings{Type: kind}
	}
	switch name {
	case "basic":
		if in.Basic != nil {
			asked.User, asked.Secret = in.Basic.Username, in.Basic.Password
		}
	case "bearer":
		asked.Secret = in.Bearer
	case "oauth":
		if o := in.OAuth; o != nil {
			asked = authSettings{
				Type: asked.Type, TokenURL: o.TokenURL, ClientID: o.ClientID, ClientAuth: o.ClientAuth,
				Scope: o.Scope, Parameters: o.Parameters, Secret: o.Secret,
			}
		}
	}
	moved := in.URL != "" && !sameHost(h.URL, in.URL) // without a URL it is sent nowhere
	var found problems
	fresh, kept = s.readAuth(&asked, storedAuth{h.Auth, locked, moved}, h.UpdatedAt, &found)
	for _, p := range found {
		wrong.add(authField(name, strings.TrimPrefix(p.Field, "auth.")), p.Reason, p.German)
	}
	return fresh, kept
}

// authField returns what a connector calls a field of authSettings.
func authField(name, field string) string {
	switch {
	case name == "bearer":
		return "bearerToken"
	case name == "oauth" && field == "secret":
		return "oauth.clientSecret"
	case name == "oauth":
		return "oauth." + field
	case field == "user":
		return "basicAuthCredentials.username"
	}
	return "basicAuthCredentials.password"
}
