package signin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// Signed is a session that was begun.
type Signed struct {
	Token     string    // for the cookie; it is stored nowhere
	ExpiresAt time.Time // when it ends at the latest; without requests, it ends earlier
	User      account.User
}

// SignInAs begins a session for a user whom another system vouches for. How says
// which: "oidc" or "portal". It fails with fault hook.Denied if the user is
// disabled, and with hook.Conflict if they were changed since u was read: what
// lets them in may not count any more.
func (g *Gate) SignInAs(ctx context.Context, u account.User, how, from, agent string) (Signed, error) {
	if u.Disabled {
		return Signed{}, disabled()
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Signed{}, err
	}
	now, token := moment(), account.NewToken()
	s := account.Session{
		ID: id, User: u.ID, Digest: account.Digest(token), From: from, Agent: legible(agent),
		CreatedAt: now, SeenAt: now, ExpiresAt: until(now, now),
	}
	err = g.store.AddSession(ctx, s, u, account.NewEntry(actor(u, from), "session.start", id.String(), u.Company, nil, struct {
		How string `json:"how"`
	}{how}, now))
	return Signed{Token: token, ExpiresAt: now.Add(sessionWhole), User: u}, err
}

// legible returns what is kept of a User-Agent: 200 bytes of text.
func legible(agent string) string {
	const most = 200
	agent = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, agent)
	return strings.ToValidUTF8(agent[:min(len(agent), most)], "")
}

// SignOut ends the session with a token. It does nothing if there is none.
func (g *Gate) SignOut(ctx context.Context, token string) error {
	now := moment()
	s, u, err := g.session(ctx, token, now)
	if err == nil {
		err = g.store.EndSession(ctx, u.ID, s.ID,
			account.NewEntry(actor(u, s.From), "session.end", s.ID.String(), u.Company, nil, nil, now))
	}
	if hook.FaultOf(err) == hook.Missing {
		return nil
	}
	return err
}

// FollowPortal begins a session for the user that the operator made a link for.
// The link works once.
func (g *Gate) FollowPortal(ctx context.Context, token, from, agent string) (Signed, error) {
	_, u, err := g.store.TakeLink(ctx, account.Digest(token), account.Portal, moment())
	if err != nil {
		return Signed{}, err
	}
	return g.SignInAs(ctx, u, "portal", from, agent)
}

// MakeLink makes a link for a user: to choose a password, which works for a day,
// or to be signed in from a portal, for two minutes. It returns its token, which
// is stored nowhere, and when it expires. It fails with fault hook.Conflict if
// the user is disabled, was changed since u was read, or is one of the operator's
// people and would be signed in by it. Whether by may make it is asked of the
// policy before.
func (g *Gate) MakeLink(ctx context.Context, by account.Actor, u account.User, p account.Purpose) (string, time.Time, error) {
	last := passwordLink
	switch {
	case u.Disabled:
		return "", time.Time{}, &hook.Error{
			Fault: hook.Conflict, Msg: "the user is disabled; enable them first",
			German: "Der Benutzer ist gesperrt; entsperren Sie ihn zuerst.",
		}
	case p == account.Portal && u.Company == "":
		return "", time.Time{}, &hook.Error{
			Fault: hook.Conflict, Msg: "the operator's people cannot be signed in by a portal link; choose a user of a company",
			German: "Die Personen des Betreibers können nicht über einen Portal-Link angemeldet werden; wählen Sie einen Benutzer eines Unternehmens.",
		}
	case p == account.Portal:
		last = portalLink
	case p != account.SetPassword:
		return "", time.Time{}, fmt.Errorf("make a link: there is no purpose %q", p)
	}
	token, now := account.NewToken(), moment()
	l := account.Link{
		Digest: account.Digest(token), Purpose: p, User: u.ID, CreatedAt: now, ExpiresAt: now.Add(last),
	}
	err := g.store.AddLink(ctx, l, u, account.NewEntry(by, "link.make", u.ID.String(), u.Company, nil, struct {
		Purpose   account.Purpose `json:"purpose"`
		ExpiresAt time.Time       `json:"expiresAt"`
	}{p, l.ExpiresAt}, now))
	if err != nil {
		return "", time.Time{}, err
	}
	return token, l.ExpiresAt, nil
}
