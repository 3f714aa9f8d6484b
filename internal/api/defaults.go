package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

const maxHosts = 100

type defaultCredentials struct {
	Version   int          `json:"version" readOnly:"true" doc:"Counts the changes; the ETag."`
	Auth      authSettings `json:"auth" doc:"How requests of hooks with the type company are authenticated."`
	Hosts     []string     `json:"hosts" nullable:"false" example:"[\"erp.acme.example\"]" doc:"The only hosts that the credentials are sent to, with the port unless it is 443."`
	UpdatedAt time.Time    `json:"updatedAt,omitzero" readOnly:"true"`
}

type putDefaultsInput struct {
	Company string `path:"company" doc:"The company's ID."`
	IfMatch string `header:"If-Match" doc:"The ETag of the version to be replaced. Without it, the last one to write wins."`
	Body    defaultCredentials
}

type defaultsOutput struct {
	ETag string `header:"ETag"`
	Body defaultCredentials
}

func defaultsOf(d hook.Defaults) defaultCredentials {
	return defaultCredentials{
		Version: d.Version, Auth: authOf(d.Auth, d.Locked), Hosts: append([]string{}, d.Hosts...), UpdatedAt: d.UpdatedAt,
	}
}

func answerDefaults(d hook.Defaults) *defaultsOutput {
	return &defaultsOutput{ETag: defaultsTag(d), Body: defaultsOf(d)}
}

func defaultsTag(d hook.Defaults) string { return strconv.Quote(strconv.Itoa(d.Version)) }

func (s *Server) getDefaults(_ context.Context, in *companyInput) (*defaultsOutput, error) {
	return answerDefaults(s.Store.Directory().Defaults[in.Company]), nil
}

func (s *Server) putDefaults(ctx context.Context, in *putDefaultsInput) (*defaultsOutput, error) {
	next, err := s.changeDefaults(ctx, in.Company, in.IfMatch, "credentials.change", func(d *hook.Defaults) error { return s.fillDefaults(d, in) })
	if err != nil {
		return nil, err
	}
	return answerDefaults(next), nil
}

// changeDefaults stores a company's defaults as change makes them, notes it as
// the action, and returns them.
func (s *Server) changeDefaults(ctx context.Context, company, ifMatch, action string, change func(*hook.Defaults) error) (hook.Defaults, error) {
	var next hook.Defaults
	err := s.again(ctx, func() error {
		old := s.Store.Directory().Defaults[company]
		next = old
		next.Version, next.UpdatedAt = old.Version+1, now()
		if err := change(&next); err != nil {
			return err
		}
		if !matches(ifMatch, defaultsTag(old)) {
			return newProblem(http.StatusPreconditionFailed,
				"the company's defaults were changed meanwhile; read them again, and send the new ETag as If-Match")
		}
		e := note(ctx, action, company, company, shownDefaults(old), shownDefaults(next))
		return s.Store.PutDefaults(ctx, company, next, e)
	})
	return next, err
}

// shownDefaults is what the audit log shows of defaults.
func shownDefaults(d hook.Defaults) any {
	return struct {
		defaultCredentials
		Roots string `json:"trustedAuthorities"`
	}{defaultsOf(d), d.Roots}
}

// fillDefaults writes into d what in says, or returns everything that is wrong
// with it. The stored secret is kept only if no host is added: nobody may have
// one sent elsewhere that they don't know.
func (s *Server) fillDefaults(d *hook.Defaults, in *putDefaultsInput) error {
	var wrong problems
	hosts := readHosts(in.Body.Hosts, &wrong)
	added := slices.ContainsFunc(hosts, func(h string) bool { return !slices.Contains(d.Hosts, h) })
	auth, kept := s.readAuth(&in.Body.Auth, storedAuth{d.Auth, d.Locked, added}, d.UpdatedAt, &wrong)
	if auth.Kind == hook.CompanyAuth {
		wrong.add("auth.type", "these are the company's own; choose another type", "Das sind die des Unternehmens selbst; wählen Sie einen anderen Typ.")
	}
	if auth.Set() && len(hosts) == 0 {
		wrong.add("hosts", "it is empty, so that the credentials could be sent nowhere; add the receivers' hosts",
			"Die Liste ist leer, die Zugangsdaten könnten nirgendwohin gesendet werden; ergänzen Sie die Server der Empfänger.")
	}
	if len(wrong) == 0 {
		s.checkUse(in.Company, auth, hosts, &wrong)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	d.Auth, d.Hosts, d.Locked = auth, hosts, kept && d.Locked
	return nil
}

// readHosts returns hosts as hook.Defaults has them.
func readHosts(hosts []string, wrong *problems) []string {
	if len(hosts) > maxHosts {
		wrong.add("hosts", fmt.Sprintf("there are more than %d; remove some", maxHosts), fmt.Sprintf("Es sind mehr als %d; entfernen Sie einige.", maxHosts))
		return nil
	}
	out := make([]string, 0, len(hosts))
	for i, h := range hosts {
		url := "https://" + h
		if hook.CheckURL(url) != nil || strings.ContainsAny(h, "/?") {
			wrong.add(fmt.Sprintf("hosts[%d]", i), "it is not a host; write it as it stands in the URLs, such as erp.acme.example or erp.acme.example:8443",
				"Das ist kein Server; schreiben Sie ihn wie in den URLs, etwa erp.acme.example oder erp.acme.example:8443.")
			continue
		}
		if host := hook.HostOf(url); !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	slices.Sort(out)
	return out
}

// checkUse finds hooks that would be left without credentials.
func (s *Server) checkUse(company string, auth hook.Auth, hosts []string, wrong *problems) {
	for _, h := range s.Store.Directory().Hooks {
		if h.Company != company || h.Auth.Kind != hook.CompanyAuth {
			continue
		}
		host := hook.HostOf(h.URL)
		switch {
		case !auth.Set():
			wrong.add("auth.type", fmt.Sprintf("the hook %q uses the credentials; give it others first", h.Title),
				fmt.Sprintf("Der Webhook „%s“ verwendet die Zugangsdaten; geben Sie ihm zuerst andere.", h.Title))
		case auth.Header != "" && strings.EqualFold(auth.Header, h.Signing.HMAC.Header):
			wrong.add("auth.header", fmt.Sprintf("the hook %q has its signature in that header; choose another", h.Title),
				fmt.Sprintf("Der Webhook „%s“ hat seine Signatur in dieser Kopfzeile; wählen Sie eine andere.", h.Title))
		case !slices.Contains(hosts, host):
			wrong.add("hosts", fmt.Sprintf("the hook %q uses the credentials at %s; keep that host, or give the hook others first", h.Title, host),
				fmt.Sprintf("Der Webhook „%s“ verwendet die Zugangsdaten bei %s; behalten Sie den Server oder geben Sie dem Webhook zuerst andere.", h.Title, host))
		}
	}
}

// headerOf returns the header that requests with auth have a key in, if any.
func (s *Server) headerOf(company string, auth hook.Auth) string {
	if auth.Kind == hook.CompanyAuth {
		auth = s.Store.Directory().Defaults[company].Auth
	}
	return auth.Header
}
