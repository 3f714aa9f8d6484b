package signin

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// maxName is how many bytes are kept of what somebody gives for an e-mail address.
const maxName = 254

// maxNamesakes is how many users with one e-mail address, the eldest, a password
// is tried for; those of further companies have to say which is theirs.
const maxNamesakes = 3

// Credentials are what somebody signs in with.
type Credentials struct {
	Email    string
	Password string
	Company  *string // whose user they are, "" being the operator's; nil: any whose password it is
}

// SignIn begins a session for the user with an e-mail address and a password.
// From is the IP address and agent the User-Agent they come with. It fails with
// fault hook.Unknown if that isn't right, in the same words and time whether the
// address, the password or the state of the user is at fault, and however many
// companies have the address; with hook.TooOften if there were several such
// failures, see try; and with hook.Invalid about the field "company" if the
// password is right for users of several companies.
func (g *Gate) SignIn(ctx context.Context, c Credentials, from, agent string) (Signed, error) {
	email, bad := account.NormalEmail(c.Email)
	try, err := g.begin(cmp.Or(email, c.Email[:min(len(c.Email), maxName)]), from)
	if err != nil {
		return Signed{}, err
	}
	defer try.end()

	var users []account.User
	if bad == nil {
		if users, err = g.namesakes(ctx, email, c.Company); err != nil {
			return Signed{}, err
		}
	}
	right, err := g.verify(ctx, users, c.Password, maxNamesakes)
	switch {
	case err != nil:
		return Signed{}, err
	case len(right) == 0:
		try.failed()
		return Signed{}, g.refuse(ctx, users, email, from)
	case len(right) > 1:
		return Signed{}, ambiguous(right)
	}
	signed, err := g.SignInAs(ctx, right[0], "password", from, agent)
	switch {
	case hook.FaultOf(err) == hook.Conflict: // it was the password until just now
		try.failed()
		return Signed{}, g.refuse(ctx, right, email, from)
	case err != nil:
		return Signed{}, err
	}
	try.succeeded()
	return signed, nil
}

// namesakes returns the users whom an e-mail address may stand for.
func (g *Gate) namesakes(ctx context.Context, email string, company *string) ([]account.User, error) {
	if company == nil {
		return g.store.UsersByEmail(ctx, email, maxNamesakes)
	}
	u, err := g.store.UserByEmail(ctx, *company, email)
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []account.User{u}, nil
}

// refuse notes that somebody could not sign in, for each user they may have
// meant, and says so. What isn't an e-mail address is not noted: it may be a
// password in the wrong field.
func (g *Gate) refuse(ctx context.Context, users []account.User, email, from string) error {
	note := func(target, company string) account.Entry {
		return account.NewEntry(account.Actor{Name: email, From: from}, "session.fail", target, company, nil, struct {
			How string `json:"how"`
		}{"password"}, moment())
	}
	var notes []account.Entry
	for _, u := range users {
		notes = append(notes, note(u.ID.String(), u.Company))
	}
	if len(notes) == 0 {
		notes = append(notes, note("", ""))
	}
	if err := g.store.Note(ctx, notes...); err != nil {
		return err
	}
	return unknown("the e-mail address or the password is not right",
		"Die E-Mail-Adresse oder das Passwort ist nicht richtig.")
}

// ambiguous asks whose user somebody is who has the password of several.
func ambiguous(users []account.User) error {
	var companies []string
	for _, u := range users {
		companies = append(companies, strconv.Quote(u.Company))
	}
	list := strings.Join(companies, ", ")
	return invalid("company", "several companies have a user with this e-mail address and password; say which: "+list,
		"Mehrere Unternehmen haben einen Benutzer mit dieser E-Mail-Adresse und diesem Passwort; geben Sie an, welches: "+list)
}

// verify returns those of the users who may sign in and whose password it is. It
// takes as long as for n users with a password, so that nobody learns how many
// there are.
func (g *Gate) verify(ctx context.Context, users []account.User, password string, n int) ([]account.User, error) {
	var right []account.User
	err := g.hash(ctx, func() error {
		for i := range max(n, len(users)) {
			if i >= len(users) || users[i].Password == "" {
				account.VerifyPassword(account.DummyHash(), password)
			} else if account.VerifyPassword(users[i].Password, password) && !users[i].Disabled {
				right = append(right, users[i])
			}
		}
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
	g.pairs.forget(pair(u.Email, from))
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
	right, err := g.verify(ctx, []account.User{u}, old, 1)
	if err != nil {
		return err
	}
	if len(right) == 0 {
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
