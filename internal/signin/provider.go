package signin

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// SignInBy begins a session for a person whom an identity provider vouches for:
// p has the Subject, Email, Name, Language, Company and Role that it says. Its
// word goes before what is stored, but for the language.
//
// Who has the subject is that user. Who has only the e-mail address, in the
// company, is it if there is no other subject. Nobody else yet is added. It fails
// with fault hook.Denied if the user is disabled or may not be taken for the
// person, or if there is no such company; that is noted as RefuseBy does.
func (g *Gate) SignInBy(ctx context.Context, p account.User, from, agent string) (Signed, error) {
	signed, err := g.enter(ctx, p, from, agent)
	for range rereads {
		if hook.FaultOf(err) != hook.Conflict {
			break
		}
		signed, err = g.enter(ctx, p, from, agent)
	}
	e, _ := errors.AsType[*hook.Error](err)
	switch {
	case err == nil:
		return signed, nil
	case e != nil && e.Fault == hook.Missing:
		p.Company, err = "", noCompany()
	case e != nil && e.Fault == hook.Conflict && len(e.Problems) > 0:
		err = emailTaken()
	}
	return Signed{}, g.RefuseBy(ctx, p, from, err)
}

// RefuseBy notes that a person could not sign in by an identity provider, and
// returns why. Of p, it needs what is known of the Subject, Email and Company. It
// is noted in the log of the user's company, or else of p's; the operator's own, if
// neither is known. What was not for the person to mend, and more than a place
// may fail by password, is not noted: the log keeps it for ever.
func (g *Gate) RefuseBy(ctx context.Context, p account.User, from string, why error) error {
	e, ok := errors.AsType[*hook.Error](why)
	if !ok || e.Fault != hook.Unknown && e.Fault != hook.Denied || !g.notable(from) {
		return why
	}
	u, err := g.store.UserBySubject(ctx, p.Subject)
	if err != nil && hook.FaultOf(err) != hook.Missing {
		return err
	}
	target := ""
	if u.ID != uuid.Nil {
		target, p.Company, p.Email = u.ID.String(), u.Company, u.Email
	}
	err = g.store.Note(ctx, account.NewEntry(account.Actor{Name: p.Email, From: from}, "session.fail", target, p.Company, nil, struct {
		How string `json:"how"`
		Why string `json:"why"`
	}{"oidc", e.Msg}, moment()))
	if err != nil {
		return err
	}
	return why
}

// notable reports whether another refusal of a place is to be noted.
func (g *Gate) notable(from string) bool {
	at, now := place(from), time.Now()
	if g.refused.begin(at, 0, now) > 0 {
		return false
	}
	g.refused.fail(at, now)
	return true
}

// enter makes what is stored of a person what the provider says, as of now, and
// begins their session. It fails with fault hook.Conflict if somebody has changed
// it at the same moment, or somebody else has the e-mail address.
func (g *Gate) enter(ctx context.Context, p account.User, from, agent string) (Signed, error) {
	u, err := g.store.UserBySubject(ctx, p.Subject)
	if hook.FaultOf(err) == hook.Missing {
		u, err = g.adopt(ctx, p)
	}
	if err == nil {
		u, err = g.follow(ctx, u, p, from)
	}
	if err != nil {
		return Signed{}, err
	}
	return g.SignInAs(ctx, u, "oidc", from, agent)
}

func noCompany() error {
	return &hook.Error{
		Fault:  hook.Denied,
		Msg:    "your company is not known here; ask the operator of this server to add it",
		German: "Ihr Unternehmen ist hier nicht bekannt; bitten Sie den Betreiber dieses Servers, es hinzuzufügen.",
	}
}

func emailTaken() error {
	return &hook.Error{
		Fault:  hook.Denied,
		Msg:    "somebody else has your e-mail address here; ask an admin to change theirs",
		German: "Jemand anderes hat hier Ihre E-Mail-Adresse; bitten Sie einen Administrator, sie dort zu ändern.",
	}
}

// adopt returns the user of the company with the person's e-mail address, or a
// new one without an ID.
func (g *Gate) adopt(ctx context.Context, p account.User) (account.User, error) {
	u, err := g.store.UserByEmail(ctx, p.Company, p.Email)
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return account.User{}, nil
	case err != nil:
		return u, err
	case u.Subject != "":
		return u, emailTaken()
	}
	return u, nil
}

// follow makes a user what the provider says, or adds them.
func (g *Gate) follow(ctx context.Context, u, p account.User, from string) (account.User, error) {
	now := moment()
	if u.ID == uuid.Nil {
		id, err := uuid.NewV7()
		if err != nil {
			return u, err
		}
		p.ID, p.CreatedAt = id, now
		return p, g.store.AddUser(ctx, p,
			account.NewEntry(actor(p, from), "user.add", id.String(), p.Company, nil, account.ShownUser(p), now))
	}
	if u.Disabled {
		return u, disabled()
	}
	was := u
	u.Subject, u.Email, u.Name, u.Company, u.Role = p.Subject, p.Email, p.Name, p.Company, p.Role
	if u == was {
		return u, nil
	}
	return g.store.ChangeUser(ctx, was, u, followed(was, u, from, now)...)
}

// followed returns what is noted of a user's change by the provider. A move is
// noted by both companies, each of which learns what the user is in its own.
func followed(was, u account.User, from string, now time.Time) []account.Entry {
	id := u.ID.String()
	if was.Company == u.Company {
		return []account.Entry{
			account.NewEntry(actor(u, from), "user.change", id, u.Company, account.ShownUser(was), account.ShownUser(u), now),
		}
	}
	return []account.Entry{
		account.NewEntry(actor(was, from), "user.leave", id, was.Company, account.ShownUser(was), nil, now),
		account.NewEntry(actor(u, from), "user.join", id, u.Company, nil, account.ShownUser(u), now),
	}
}
