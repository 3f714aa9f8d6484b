package signin_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

const subject = "https://login.example 4711"

//nolint:tparallel // each goes on from what the one before it has left.
func TestSignInByProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := account.User{
		Subject: subject, Email: "new@acme.example", Name: "Kim Neu", Language: "en", Company: "acme", Role: account.Member,
	}
	first, err := w.SignInBy(t.Context(), person, here, "Browser/1")
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.visit(t, first.Token)
	if err != nil || a.User != first.User.ID || a.Company != "acme" || a.Role != account.Member {
		t.Errorf("the session is of %+v, %v, want the new member's", a, err)
	}

	t.Run("knows them again by the subject and takes over what has changed", func(t *testing.T) {
		moved := person
		moved.Email, moved.Role, moved.Language = "moved@acme.example", account.Admin, "de"
		again, err := w.SignInBy(t.Context(), moved, here, "Browser/1")
		if err != nil {
			t.Fatal(err)
		}
		stored, err := w.store.User(t.Context(), first.User.ID)
		if err != nil || again.User.ID != first.User.ID || stored.Email != moved.Email || stored.Role != account.Admin || stored.Language != "en" {
			t.Errorf("stored %+v, %v, want the same user with the new e-mail address and role, and the language kept", stored, err)
		}
	})
	t.Run("knows a user of the company by the e-mail address, and not by what an admin has set", func(t *testing.T) {
		before := w.signIn(t)
		erika := account.User{
			Subject: subject + "-erika", Email: w.erika.Email, Name: "Erika M.", Language: "de", Company: "acme", Role: account.Admin,
		}
		got, err := w.SignInBy(t.Context(), erika, here, "Browser/1")
		if err != nil || got.User.ID != w.erika.ID {
			t.Errorf("signed in %+v, %v, want Erika", got.User, err)
		}
		if _, err := w.visit(t, before.Token); err == nil {
			t.Error("a session from before the provider vouched for Erika still counts")
		}
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "Browser/1"); err == nil {
			t.Error("a password from before the provider vouched for Erika still counts")
		}
	})
	t.Run("adds a person whose e-mail address another company has too", func(t *testing.T) {
		p := person
		p.Subject, p.Email, p.Company = "x 1", w.erika.Email, "rival"
		got, err := w.SignInBy(t.Context(), p, here, "Browser/1")
		if err != nil || got.User.ID == w.erika.ID || got.User.Company != "rival" {
			t.Errorf("signed in %+v, %v, want a new user of rival", got.User, err)
		}
	})
	for name, tt := range map[string]struct {
		change func(*account.User)
		want   string
	}{
		"refuses the e-mail address of who has another subject": {
			func(p *account.User) { p.Subject, p.Email = "x 2", w.erika.Email }, "somebody else has your e-mail address",
		},
		"refuses to give a user the e-mail address of another": {
			func(p *account.User) { p.Email = w.erika.Email }, "somebody else has your e-mail address",
		},
		"refuses a company that isn't there": {
			func(p *account.User) { p.Subject, p.Email, p.Company = "x 3", "x3@acme.example", "nobody" }, "your company is not known here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := person
			tt.change(&p)
			_, err := w.SignInBy(t.Context(), p, here, "Browser/1")
			if hook.FaultOf(err) != hook.Denied || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("SignInBy = %v, want it denied: %s", err, tt.want)
			}
		})
	}
	t.Run("refuses a disabled user", func(t *testing.T) {
		w.change(t, first.User, func(u *account.User) { u.Disabled = true })
		if _, err := w.SignInBy(t.Context(), person, here, "Browser/1"); hook.FaultOf(err) != hook.Denied {
			t.Errorf("SignInBy = %v, want it denied", err)
		}
	})
}
