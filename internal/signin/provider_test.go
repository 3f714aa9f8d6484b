package signin_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

func TestAMoveIsNotedByBothCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := account.User{
		Subject: subject, Email: "kim@acme.example", Name: "Kim", Language: "en", Company: "acme", Role: account.Member,
	}
	first, err := w.SignInBy(t.Context(), person, here, "")
	if err != nil {
		t.Fatal(err)
	}
	person.Email, person.Company, person.Role = "kim@rival.example", "rival", account.Admin
	if _, err := w.SignInBy(t.Context(), person, here, ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []account.Entry{
		{
			Company: "acme", Action: "user.leave", Actor: "kim@acme.example", Role: account.Member,
			Before: `{"email":"kim@acme.example","name":"Kim","language":"en","role":"member","disabled":false}`,
		},
		{
			Company: "rival", Action: "user.join", Actor: "kim@rival.example", Role: account.Admin,
			After: `{"email":"kim@rival.example","name":"Kim","language":"en","role":"admin","disabled":false}`,
		},
	} {
		got := w.audit(t, want.Action)
		want.Target, want.ActorID, want.From = first.User.ID.String(), first.User.ID, here
		if len(got) == 1 {
			want.ID, want.At = got[0].ID, got[0].At
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("noted is %+v, want %+v", got, want)
		}
	}
	if e := w.audit(t, "user.change"); len(e) != 0 {
		t.Errorf("noted is %+v, want the move alone", e)
	}
}

func TestRefusalsOfTheProviderAreNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := account.User{
		Subject: subject, Email: "kim@acme.example", Name: "Kim", Language: "en", Company: "acme", Role: account.Member,
	}
	first, err := w.SignInBy(t.Context(), person, here, "")
	if err != nil {
		t.Fatal(err)
	}
	denied := &hook.Error{Fault: hook.Denied, Msg: "no role", German: "keine Rolle", Err: errors.New("details")}
	for name, tt := range map[string]struct {
		person account.User
		err    error
		want   account.Entry // but for what all have in common; none if it has no After
	}{
		"a user who has lost the role": {
			account.User{Subject: subject, Email: "changed@acme.example"},
			denied,
			account.Entry{Company: "acme", Actor: person.Email, Target: first.User.ID.String(), After: `{"how":"oidc","why":"no role"}`},
		},
		"a person whom nobody knows": {
			account.User{Subject: "x 1", Email: "x1@acme.example"},
			denied,
			account.Entry{Actor: "x1@acme.example", After: `{"how":"oidc","why":"no role"}`},
		},
		"nobody": {
			account.User{},
			&hook.Error{Fault: hook.Unknown, Msg: "sign in again"},
			account.Entry{After: `{"how":"oidc","why":"sign in again"}`},
		},
		"a provider that is down": {account.User{}, hook.Errorf(hook.Busy, "try again"), account.Entry{}},
		"a fault of ours":         {account.User{}, errors.New("disk on fire"), account.Entry{}},
	} {
		before := len(w.audit(t, "session.fail"))
		if err := w.RefuseBy(t.Context(), tt.person, here, tt.err); !errors.Is(err, tt.err) {
			t.Errorf("%s: RefuseBy = %v, want %v", name, err, tt.err)
		}
		noted := w.audit(t, "session.fail")
		if tt.want.After == "" {
			if len(noted) != before {
				t.Errorf("%s: noted is %+v, want nothing", name, noted[0])
			}
			continue
		}
		tt.want.ID, tt.want.At, tt.want.From, tt.want.Action = noted[0].ID, noted[0].At, here, "session.fail"
		if len(noted) != before+1 || noted[0] != tt.want {
			t.Errorf("%s: noted is %+v, want %+v", name, noted[0], tt.want)
		}
	}

	w.change(t, first.User, func(u *account.User) { u.Disabled = true })
	stranger := person
	stranger.Subject, stranger.Email, stranger.Company = "x 2", "x2@acme.example", "nobody"
	for _, tt := range []struct {
		person          account.User
		company, target string
	}{{person, "acme", first.User.ID.String()}, {stranger, "", ""}} {
		_, err := w.SignInBy(t.Context(), tt.person, here, "")
		check(t, tt.person.Email, err, hook.Denied)
		if e := w.audit(t, "session.fail")[0]; e.Company != tt.company || e.Target != tt.target || e.Actor != tt.person.Email ||
			!strings.Contains(e.After, `"how":"oidc"`) {
			t.Errorf("noted is %+v, want it of %q about %q", e, tt.company, tt.target)
		}
	}
}

// Entries stay for ever: nobody may fill the log at will.
func TestOfManyRefusalsSomeAreNoted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		denied := &hook.Error{Fault: hook.Denied, Msg: "no role", German: "keine Rolle"}
		refuse := func(from string) {
			t.Helper()
			if err := w.RefuseBy(t.Context(), account.User{}, from, denied); !errors.Is(err, denied) {
				t.Errorf("RefuseBy = %v, want %v", err, denied)
			}
		}
		for range 50 {
			refuse(here)
		}
		if got := len(w.audit(t, "session.fail")); got != 20 {
			t.Errorf("%d are noted, want 20", got)
		}
		refuse("192.0.2.8")
		time.Sleep(time.Second)
		refuse(here)
		if got := len(w.audit(t, "session.fail")); got != 22 {
			t.Errorf("%d are noted, want one of another place and one of later", got-20)
		}
		w.signIn(t) // which is no matter of passwords
	})
}
