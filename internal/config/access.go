package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Access is the settings of who may do what, as they are written. Its fields
// are flags for github.com/alecthomas/kong.
type Access struct {
	PublicURL    string   `name:"public-url" env:"WAYBILL_PUBLIC_URL" placeholder:"URL" help:"Where people reach this server, such as https://waybill.example; it begins the links that are made for them. Without it, the address that it listens on."`
	TrustedProxy []string `env:"WAYBILL_TRUSTED_PROXY" placeholder:"CIDR" help:"Networks of reverse proxies whose X-Forwarded-For says where a request comes from, and X-Forwarded-Proto whether by https."`
	Contracts

	OIDCIssuer       string   `name:"oidc-issuer" env:"WAYBILL_OIDC_ISSUER" placeholder:"URL" help:"OpenID Connect provider that people can sign in with, such as https://login.example."`
	OIDCClientID     string   `name:"oidc-client-id" env:"WAYBILL_OIDC_CLIENT_ID" placeholder:"ID" help:"What the provider knows this server as."`
	OIDCClientSecret string   `name:"oidc-client-secret" env:"WAYBILL_OIDC_CLIENT_SECRET" placeholder:"SECRET" help:"What this server proves that with. Flags can be seen by others on the machine: prefer environment or file."`
	OIDCCompanyClaim string   `name:"oidc-company-claim" default:"company" env:"WAYBILL_OIDC_COMPANY_CLAIM" placeholder:"NAME" help:"Claim that holds the ID of a person's company."`
	OIDCRoleClaim    string   `name:"oidc-role-claim" default:"role" env:"WAYBILL_OIDC_ROLE_CLAIM" placeholder:"NAME" help:"Claim that holds a person's role, or a list with it."`
	OIDCAnyEmail     string   `name:"oidc-any-email" default:"no" env:"WAYBILL_OIDC_ANY_EMAIL" placeholder:"YES" help:"yes: take e-mail addresses of which the provider does not say whether they are verified, for one that lets nobody choose an address."`
	OIDCRole         []string `name:"oidc-role" env:"WAYBILL_OIDC_ROLE" placeholder:"VALUE=ROLE" help:"What values of that claim mean: operator, admin or member. Without it, these words themselves but operator."`
}

// Links is the setting of commands that make links, as it is written. Its field
// is a flag for github.com/alecthomas/kong.
type Links struct {
	PublicURL string `name:"public-url" default:"http://127.0.0.1:8080" env:"WAYBILL_PUBLIC_URL" placeholder:"URL" help:"Where people reach the server; it begins the link."`
}

// Site reads what begins a link, without a slash at its end.
func (l *Links) Site() (string, error) {
	var r reader
	site := r.site("public-url", l.PublicURL)
	return site, errors.Join(r.wrong...)
}

// Contracts is the settings of what contracts can include, as they are written.
// Its fields are flags for github.com/alecthomas/kong.
type Contracts struct {
	Module          []string `env:"WAYBILL_MODULE" placeholder:"ID=ENGLISH/GERMAN" help:"Modules that the contracts of companies can include, in place of business-api, individual-api-integration and standard-integration."`
	UnlockingModule []string `env:"WAYBILL_UNLOCKING_MODULE" placeholder:"ID" help:"Modules that let a company's admins change webhook settings. Without it, all of them."`
}

// Known reads the modules that were written; none if none were.
func (c *Contracts) Known() ([]Module, error) {
	var r reader
	modules := r.modules(c.Module, c.UnlockingModule)
	return modules, errors.Join(r.wrong...)
}

// Module is a part of a contract.
type Module struct {
	ID              string
	English, German string // labels
	Unlocks         bool   // webhook settings
}

// OIDC is the settings of sign-in by OpenID Connect.
type OIDC struct {
	Issuer       string // empty: there is none
	ClientID     string
	ClientSecret string
	CompanyClaim string
	RoleClaim    string
	AnyEmail     bool              // also addresses of which the provider doesn't say whether they are verified
	Roles        map[string]string // what a value of the claim means: operator, admin or member
}

// readAccess reads the settings of who may do what into v.
func (r *reader) readAccess(a *Access, v *Settings) {
	v.PublicURL = r.site("public-url", a.PublicURL)
	v.TrustedProxies = r.networks("trusted-proxy", a.TrustedProxy)
	v.Modules = r.modules(a.Module, a.UnlockingModule)
	v.OIDC = r.oidc(a)
}

// site reads the URL of a server, without the slash at its end.
func (r *reader) site(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.refuse(name, ShownDatabase(value), "it is not the URL of a site; write scheme and host, and a path if there is one, such as https://waybill.example")
	}
	return strings.TrimRight(value, "/")
}

// modules reads the modules of contracts, none if none are written.
func (r *reader) modules(written, unlocking []string) []Module {
	var modules []Module
	for _, text := range written {
		id, labels, _ := strings.Cut(text, "=")
		english, german, ok := strings.Cut(labels, "/")
		if !ok || english == "" || german == "" || !isID(id) {
			r.refuse("module", text, "it is not a module; write an ID of lower-case letters, digits and hyphens with its labels, "+
				"such as standard-integration=Standard integration/Standardanbindung")
			continue
		}
		modules = append(modules, Module{id, english, german, len(unlocking) == 0 || slices.Contains(unlocking, id)})
	}
	for _, id := range unlocking {
		if !slices.ContainsFunc(modules, func(m Module) bool { return m.ID == id }) {
			r.refuse("unlocking-module", id, "there is no such module; name one that --module gives")
		}
	}
	return modules
}

func isID(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (r *reader) oidc(a *Access) OIDC {
	o := OIDC{
		Issuer: r.site("oidc-issuer", a.OIDCIssuer), ClientID: a.OIDCClientID, ClientSecret: a.OIDCClientSecret,
		CompanyClaim: a.OIDCCompanyClaim, RoleClaim: a.OIDCRoleClaim,
		AnyEmail: r.choice("oidc-any-email", a.OIDCAnyEmail, "no", "yes") == "yes",
		Roles:    map[string]string{"admin": "admin", "member": "member"},
	}
	if o.Issuer == "" {
		return OIDC{}
	}
	o.Issuer = a.OIDCIssuer // as it is: the provider's tokens name it to the letter
	if o.ClientID == "" {
		r.refuse("oidc-client-id", "", "it is empty; write what the provider knows this server as, or leave out --oidc-issuer")
	}
	if len(a.OIDCRole) > 0 {
		o.Roles = make(map[string]string)
	}
	for _, text := range a.OIDCRole {
		value, role, _ := strings.Cut(text, "=")
		if value == "" || !slices.Contains([]string{"operator", "admin", "member"}, role) {
			r.refuse("oidc-role", text, "it is not a value with a role; write one such as waybill-admins=admin; the roles are operator, admin and member")
			continue
		}
		o.Roles[value] = role
	}
	return o
}
