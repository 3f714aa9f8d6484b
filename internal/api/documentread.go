package api

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// newDocumentHook returns what the document hook of a company for a kind of
// document is at first. Its receivers expect no signature, and its deliveries are
// tried again by the default policy: an answer of 503 is how they ask for a rest.
func newDocumentHook(company, kind string, at time.Time) hook.Hook {
	return hook.Hook{
		Company: company, Kind: hook.Documents, Title: "Document webhook: " + kind, EventTypes: []string{kind},
		Priority: hook.Normal, CreatedAt: at,
	}
}

// readDocuments returns the next versions of a company's document hooks, by kind,
// as in says, or everything that is wrong with it.
func (s *Server) readDocuments(company string, old map[string]*hook.Hook, in *documentWebhooks) (map[string]*hook.Hook, error) {
	var wrong problems
	at := now()
	stored, locked := sharedAuth(old)
	auth, kept := in.Basic.read("basicAuthentication.", stored, locked, at, &wrong)
	next := make(map[string]*hook.Hook)
	for _, kind := range hook.DocumentTypes() {
		h := newDocumentHook(company, kind, at)
		if before := old[kind]; before != nil {
			h = *before
		} else {
			id, err := uuid.NewV7()
			if err != nil {
				return nil, fmt.Errorf("make an ID: %w", err)
			}
			h.ID = id
		}
		w := in.Webhooks.of(kind)
		if w.URL != "" {
			s.checkURLOf("webhooks."+kind+".url", w.URL, &wrong)
		}
		h.Version, h.UpdatedAt, h.URL = h.Version+1, at, w.URL
		h.Enabled, h.Pending = w.Enabled && w.URL != "", w.Enabled && w.URL == ""
		h.Auth = auth
		if !kept || !locked {
			h.Locked = without(h.Locked, hook.AuthSecret)
		}
		next[kind] = &h
	}
	return next, wrong.err()
}

// checkURLOf notes what is wrong with the URL in a field.
func (s *Server) checkURLOf(field, url string, wrong *problems) {
	if err := s.CheckURL(url); err != nil {
		for _, p := range asProblems(err) {
			wrong.add(field, p.Reason, p.German)
		}
	}
}

// read returns what in says, at a time, and whether the stored password is kept,
// wherever it will be sent: whoever may change the company's settings may. It adds
// to wrong what is wrong with it.
func (in *basicAuthentication) read(field string, stored hook.Auth, locked bool, at time.Time, wrong *problems) (fresh hook.Auth, kept bool) {
	given := in.Password != nil && *in.Password != ""
	switch {
	case given && in.RemovePassword:
		wrong.add(field+"removePassword", "there is a new password, too; leave one of them out",
			"Es wurde auch ein neues Passwort angegeben; lassen Sie eines von beiden weg.")
	case given:
		if strings.ContainsFunc(string(*in.Password), unicode.IsControl) {
			wrong.add(field+"password", controlReason, controlGerman)
		}
		fresh.Secret, fresh.SetAt = *in.Password, at
		if fresh.Secret == stored.Secret {
			fresh.SetAt = stored.SetAt
		}
	case !in.RemovePassword:
		fresh.Secret, fresh.SetAt, kept = stored.Secret, stored.SetAt, stored.Secret != "" || locked
	}
	switch {
	case in.Username != "":
		checkUserName(field+"username", in.Username, wrong)
		fresh.Kind, fresh.User = hook.BasicAuth, in.Username
	case fresh.Secret != "" || kept:
		wrong.add(field+"username", "it is missing, but there is a password; add it, or remove the password by removePassword",
			"Der Benutzername fehlt, obwohl es ein Passwort gibt; ergänzen Sie ihn, oder entfernen Sie das Passwort mit removePassword.")
	}
	return fresh, kept
}

// triedHook returns the document hook of a company for a kind as it would be with
// a URL and credentials that needn't be stored, nil being the stored ones.
func (s *Server) triedHook(company, kind, url string, basic *basicAuthentication) (*hook.Hook, error) {
	var wrong problems
	old := s.Store.Directory().DocumentHooks(company)
	h := newDocumentHook(company, kind, now())
	if stored := old[kind]; stored != nil {
		h = *stored
	}
	h.URL = url
	s.checkURLOf("url", url, &wrong)
	stored, locked := sharedAuth(old)
	kept := locked
	if h.Auth = stored; basic != nil {
		h.Auth, kept = basic.read("basicAuthentication.", stored, locked, now(), &wrong)
	}
	if kept && locked {
		wrong.add("basicAuthentication.password", "the stored one cannot be opened with this server's keys; enter it again",
			"Das gespeicherte kann mit den Schlüsseln dieses Servers nicht geöffnet werden; geben Sie es erneut ein.")
	}
	h.Locked = without(h.Locked, hook.AuthSecret)
	return &h, wrong.err()
}
