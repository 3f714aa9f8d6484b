package signin

import (
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// maxName is how many bytes are kept of what somebody gives for an e-mail address.
const maxName = 254

// SignIn begins a session for the user with an e-mail address and a password.
// From is the IP address and agent the User-Agent they come with. It fails with
// fault hook.Unknown if that isn't right, in the same words and time whether the
// address, the password or the state of the user is at fault, and with
// hook.TooOften if there were several such failures: see try.
func (g *Gate) SignIn(ctx context.Context, email, password, from, agent string) (Signed, error) {
	name, bad := account.NormalEmail(email)
	try, err := g.begin(cmp.Or(name, email[:min(len(email), maxName)]), from)
	if err != nil {
		return Signed{}, err
	}
	defer try.end()

	var u account.User
	if bad == nil {
		u, err = g.store.UserByEmail(ctx, name)
	}
	if err != nil && hook.FaultOf(err) != hook.Missing {
		return Signed{}, err
	}
	right, err := g.verify(ctx, u, password)
	if err != nil {
		return Signed{}, err
	}
	if !right || u.Disabled {
		try.failed()
		return Signed{}, g.refuse(ctx, u, name, from)
	}
	signed, err := g.SignInAs(ctx, u, "password", from, agent)
	switch {
	case hook.FaultOf(err) == hook.Conflict: // it was the password until just now
		try.failed()
		return Signed{}, g.refuse(ctx, u, name, from)
	case err != nil:
		return Signed{}, err
	}
	try.succeeded()
	return signed, nil
}

// refuse notes that somebody could not sign in, and says so. What isn't an
// e-mail address is not noted: it may be a password in the wrong field.
func (g *Gate) refuse(ctx context.Context, u account.User, email, from string) error {
	target := ""
	if u.ID != uuid.Nil {
		target = u.ID.String()
	}
	e := account.NewEntry(account.Actor{Name: email, From: from}, "session.fail", target, u.Company,
		nil, struct {
			How string `json:"how"`
		}{"password"}, moment())
	if err := g.store.Note(ctx, e); err != nil {
		return err
	}
	return unknown("the e-mail address or the password is not right",
		"Die E-Mail-Adresse oder das Passwort ist nicht richtig.")
}

// verify reports whether a password is the user's. For nobody and for those who
// have none it takes as long.
func (g *Gate) verify(ctx context.Context, u account.User, password string) (bool, error) {
	right := false
	err := g.hash(ctx, func() error {
		if u.Password == "" {
			account.VerifyPassword(account.DummyHash(), password)
			return nil
		}
		right = account.VerifyPassword(u.Password, password)
		return nil
	})
	return right, err
}

// hash runs fn, which hashes a password, when it is its turn.
func (g *Gate) hash(ctx context.Context, fn func() error) error {
	select {
	case g.hashing <- struct{}{}:
		defer func() { <-g.hashing }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reset gives a user the password they chose by a link, which works once, and
// ends all their sessions. A password that may not be chosen leaves the link
// as it was; a user who is changed at the same moment needs another link, since
// the change may have ended this one.
func (g *Gate) Reset(ctx context.Context, linkToken, password, from string) error {
	if err := account.CheckPassword(password, "", ""); err != nil { // as far as that is known yet
		return err
	}
	link, u, err := g.store.TakeLink(ctx, account.Digest(linkToken), account.SetPassword, moment())
	if err != nil {
		return err
	}
	err = g.choose(ctx, actor(u, from), u, password, "", "link")
	if hook.FaultOf(err) == hook.Conflict {
		return &hook.Error{
			Fault: hook.Missing, Msg: "the link is of no use any more; ask for a new one",
			German: "Der Link gilt nicht mehr; bitte fordern Sie einen neuen an.",
		}
	}
	if err != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
		defer cancel()
		return errors.Join(err, g.store.AddLink(last, link, u, account.Entry{}))
	}
	g.forgive(u.Email, from)
	return nil
}

// ChangePassword gives a user, who is signed in by sessionToken and knows the
// old one, a new password, and ends all their other sessions. It fails with
// fault hook.Invalid about the field "old" or "new", with hook.TooOften after
// several wrong old ones, and with hook.Conflict if the user has no password or
// is changed at the same moment.
func (g *Gate) ChangePassword(ctx context.Context, a account.Actor, old, chosen, sessionToken string) error {
	if a.User == uuid.Nil {
		return &hook.Error{
			Fault: hook.Denied, Msg: "only people have a password; sign in",
			German: "Nur Personen haben ein Passwort; bitte melden Sie sich an.",
		}
	}
	u, err := g.store.User(ctx, a.User)
	if err != nil {
		return err
	}
	if u.Password == "" {
		return &hook.Error{
			Fault:  hook.Conflict,
			Msg:    "you have no password yet; ask an admin of your company for a link to choose one",
			German: "Sie haben noch kein Passwort; bitten Sie einen Administrator Ihres Unternehmens um einen Link, mit dem Sie eines wählen.",
		}
	}
	try, err := g.begin(u.Email, a.From)
	if err != nil {
		return err
	}
	defer try.end()
	right, err := g.verify(ctx, u, old)
	if err != nil {
		return err
	}
	if !right {
		try.failed()
		return invalid("old", "it is not your password; write the one you signed in with",
			"Das ist nicht Ihr Passwort; schreiben Sie das, mit dem Sie sich angemeldet haben.")
	}
	try.succeeded()
	return inField("new", g.choose(ctx, a, u, chosen, account.Digest(sessionToken), "old"))
}

// choose checks and stores a password, and ends the user's sessions but the one
// with the digest keep. By says what let them.
func (g *Gate) choose(ctx context.Context, a account.Actor, u account.User, password, keep, by string) error {
	if u.Disabled {
		return disabled()
	}
	if err := account.CheckPassword(password, u.Email, u.Name); err != nil {
		return err
	}
	var hash string
	err := g.hash(ctx, func() (err error) {
		hash, err = account.HashPassword(password)
		return err
	})
	if err != nil {
		return err
	}
	return g.store.SetPassword(ctx, u, hash, keep,
		account.NewEntry(a, "password.change", u.ID.String(), u.Company, nil, struct {
			By string `json:"by"`
		}{by}, moment()))
}

func invalid(field, reason, german string) error {
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the input is not valid", German: "Die Eingabe ist nicht gültig.",
		Problems: []hook.Problem{{Field: field, Reason: reason, German: german}},
	}
}

// inField returns err with its problems in another field.
func inField(field string, err error) error {
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return err
	}
	moved := *e
	moved.Problems = nil
	for _, p := range e.Problems {
		moved.Problems = append(moved.Problems, hook.Problem{Field: field, Reason: p.Reason, German: p.German})
	}
	return &moved
}

func disabled() error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "this user may not sign in any more; ask an admin of your company",
		German: "Dieser Benutzer darf sich nicht mehr anmelden; fragen Sie einen Administrator Ihres Unternehmens.",
	}
}
