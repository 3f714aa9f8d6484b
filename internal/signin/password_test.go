package signin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

func TestSignInByPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := w.SignIn(t.Context(), signin.Credentials{Email: " Erika@ACME.example ", Password: password}, here, "Browser/1\x00\xff"+strings.Repeat("ü", 200))
	if err != nil {
		t.Fatal(err)
	}
	if s.User != w.erika {
		t.Errorf("signed in is %+v, want %+v", s.User, w.erika)
	}
	if a, err := w.visit(t, s.Token); a.User != w.erika.ID || err != nil {
		t.Errorf("the session is of %s, %v, want Erika's", a.User, err)
	}
	sessions, err := w.store.Sessions(t.Context(), w.erika.ID, moment())
	if err != nil || len(sessions) != 1 {
		t.Fatalf("sessions = %v, %v, want one", sessions, err)
	}
	if got := sessions[0]; got.From != here || got.Agent != "Browser/1"+strings.Repeat("ü", 95) || strings.Contains(got.Digest, s.Token) {
		t.Errorf("session = %+v, want where and with what it was begun", got)
	}
	e := w.audit(t, "session.start")
	if len(e) != 1 || e[0].Actor != w.erika.Email || e[0].ActorID != w.erika.ID || e[0].Company != "acme" ||
		e[0].From != here || e[0].Target != sessions[0].ID.String() || e[0].After != `{"how":"password"}` {
		t.Errorf("noted is %+v, want who signed in and how", e)
	}
}

func TestRefusalTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.addUser(t, account.User{Company: "acme", Email: "gone@acme.example", Role: account.Member, Password: w.erika.Password, Disabled: true})
	none := w.addUser(t, account.User{Company: "rival", Email: "none@rival.example", Role: account.Admin})
	var words string
	for _, tt := range []struct {
		email, password string
		noted           account.Entry
	}{
		{w.erika.Email, "wrong", account.Entry{Actor: w.erika.Email, Company: "acme", Target: w.erika.ID.String()}},
		{w.erika.Email, "", account.Entry{Actor: w.erika.Email, Company: "acme", Target: w.erika.ID.String()}},
		{gone.Email, password, account.Entry{Actor: gone.Email, Company: "acme", Target: gone.ID.String()}},
		{none.Email, password, account.Entry{Actor: none.Email, Company: "rival", Target: none.ID.String()}},
		{none.Email, "", account.Entry{Actor: none.Email, Company: "rival", Target: none.ID.String()}},
		{"nobody@acme.example", password, account.Entry{Actor: "nobody@acme.example"}},
		{password, password, account.Entry{}},
		{"", "", account.Entry{}},
	} {
		_, err := w.SignIn(t.Context(), signin.Credentials{Email: tt.email, Password: tt.password}, here, "")
		check(t, tt.email, err, hook.Unknown)
		if got := fmt.Sprintf("%#v", *must(t, err)); words == "" {
			words = got
		} else if got != words {
			t.Errorf("%s: %s, want %s", tt.email, got, words)
		}
		got := w.audit(t, "session.fail")[0]
		tt.noted.ID, tt.noted.At, tt.noted.From = got.ID, got.At, here
		tt.noted.Action, tt.noted.After = "session.fail", `{"how":"password"}`
		if got != tt.noted {
			t.Errorf("%s: noted is %+v, want %+v", tt.email, got, tt.noted)
		}
	}
}

func must(t *testing.T, err error) *hook.Error {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		t.Fatalf("%v is no *hook.Error", err)
	}
	return e
}

func TestGuessingFromOnePlaceIsThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i, email := range []string{w.erika.Email, "nobody@acme.example", "no address"} {
			from := fmt.Sprintf("192.0.2.%d", 100+i)
			for range 5 {
				_, err := w.SignIn(t.Context(), signin.Credentials{Email: email, Password: "wrong"}, from, "")
				check(t, email, err, hook.Unknown)
			}
			_, err := w.SignIn(t.Context(), signin.Credentials{Email: email, Password: password}, from, "")
			check(t, email, err, hook.TooOften)
			if got := must(t, err).After; got != time.Second {
				t.Errorf("%s: After = %s, want 1s", email, got)
			}
			time.Sleep(time.Second)
			_, err = w.SignIn(t.Context(), signin.Credentials{Email: email, Password: "wrong"}, from, "")
			check(t, email, err, hook.Unknown)
			_, err = w.SignIn(t.Context(), signin.Credentials{Email: email, Password: "wrong"}, from, "")
			if got := must(t, err).After; got != 2*time.Second {
				t.Errorf("%s: After = %s, want 2s", email, got)
			}
		}
		if got := len(w.audit(t, "session.fail")); got != 3*6 {
			t.Errorf("%d failures are noted, want 18: those that were looked at", got)
		}
		w.signIn(t) // from another place
		time.Sleep(2 * time.Second)
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, "192.0.2.100", ""); err != nil {
			t.Fatal(err)
		}
		for range 4 { // the failures before are forgotten
			_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: "wrong"}, "192.0.2.100", "")
			check(t, "again", err, hook.Unknown)
		}
	})
}

// A stranger who knows an e-mail address can't keep its owner out.
func TestGuessingFromManyPlacesIsSlowedAndKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		guess := func(i int) error {
			_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: "wrong"}, fmt.Sprintf("2001:db8:%x::", i), "")
			return err
		}
		for i := range 15 {
			err := guess(i)
			if i < 10 {
				check(t, "a guess", err, hook.Unknown)
			} else {
				check(t, "a guess from another place", err, hook.TooOften)
			}
		}
		for i := 10; i < 15; i++ { // each waits for its turn, and the wait grows
			time.Sleep(10 * time.Second)
			check(t, "a guess after the wait", guess(i), hook.Unknown)
			check(t, "another one at once", guess(i), hook.TooOften)
		}
		_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "")
		check(t, "the owner", err, hook.TooOften)
		if got := must(t, err).After; got != 10*time.Second {
			t.Errorf("the owner has to wait %s, want 10s", got)
		}
		for range 20 { // the others go on all the while
			time.Sleep(time.Second / 2)
			for i := range 30 {
				_ = guess(i)
			}
		}
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, ""); err != nil {
			t.Errorf("the owner after the wait: %v, want nil", err)
		}
		check(t, "which makes nothing easier for the others", guess(99), hook.TooOften)
	})
}

func TestOnePlaceIsThrottledForAllUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 20 {
			_, err := w.SignIn(t.Context(), signin.Credentials{Email: fmt.Sprintf("nobody%d@acme.example", i), Password: "wrong"}, fmt.Sprintf("2001:db8::%d", i), "")
			check(t, "a try", err, hook.Unknown)
			if i == 10 {
				_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, "2001:db8::42", "")
				if err != nil { // which doesn't make the others forgotten
					t.Fatal(err)
				}
			}
		}
		for range 10 {
			_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, "2001:db8::42", "")
			check(t, "the right password from there", err, hook.TooOften)
		}
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, "2001:db8:0:1::42", ""); err != nil {
			t.Errorf("from elsewhere: %v, want nil", err)
		}
		time.Sleep(time.Second)
		for range 3 { // a right one doesn't make the next one wait
			if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, "2001:db8::42", ""); err != nil {
				t.Errorf("a second later: %v, want nil", err)
			}
		}
	})
}

func TestResetByLink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		by := account.Actor{Role: account.Operator, Name: "ops", From: here}
		token, expires, err := w.MakeLink(t.Context(), by, w.erika, account.SetPassword)
		if want := moment().Add(24 * time.Hour); err != nil || !expires.Equal(want) {
			t.Fatalf("MakeLink = %s, %v, want %s", expires, err, want)
		}
		e := w.audit(t, "link.make")
		if len(e) != 1 || e[0].Actor != "ops" || e[0].Target != w.erika.ID.String() || e[0].Company != "acme" ||
			e[0].After != `{"purpose":"password","expiresAt":"2000-01-02T00:00:00Z"}` || strings.Contains(fmt.Sprint(e), token) {
			t.Errorf("noted is %+v, want who made the link and not its token", e)
		}
		time.Sleep(24*time.Hour - time.Second)
		for name, weak := range map[string]string{
			"a short one": "short", "one with the name": "Mustermann staubt ab", "a trivial one": "aaaaaaaaaaaaaa",
		} {
			check(t, name, w.Reset(t.Context(), token, weak, here), hook.Invalid)
		}
		_, err = w.FollowPortal(t.Context(), token, here, "")
		check(t, "as another link", err, hook.Missing)
		s := w.signIn(t)
		for range 5 {
			_, _ = w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: "forgotten"}, here, "")
		}
		if err := w.Reset(t.Context(), token, other, here); err != nil {
			t.Fatal(err)
		}
		check(t, "a second time", w.Reset(t.Context(), token, other, here), hook.Missing)
		_, err = w.visit(t, s.Token)
		check(t, "an older session", err, hook.Unknown)
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: other}, here, ""); err != nil {
			t.Errorf("the new password at once: %v, want nil", err)
		}
		_, err = w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "")
		check(t, "the old password", err, hook.Unknown)
		if e := w.audit(t, "password.change"); len(e) != 1 || e[0].Actor != w.erika.Email || e[0].From != here || e[0].After != `{"by":"link"}` {
			t.Errorf("noted is %+v, want Erika", e)
		}
	})
}

func TestPasswordLinkExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		token, _, err := w.MakeLink(t.Context(), account.Actor{}, w.erika, account.SetPassword)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		check(t, "a day later", w.Reset(t.Context(), token, other, here), hook.Missing)
		check(t, "another token", w.Reset(t.Context(), account.NewToken(), other, here), hook.Missing)
		w.signIn(t) // the old password still holds
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mine, another := w.signIn(t), w.signIn(t)
		a, err := w.visit(t, mine.Token)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct{ old, chosen, field string }{
			"a wrong old one":    {"wrong", other, "old"},
			"a weak new one":     {password, "short", "new"},
			"one with the name":  {password, "Mustermann staubt ab", "new"},
			"an empty new one":   {password, "", "new"},
			"a new one too long": {password, strings.Repeat("Leiter ", 30), "new"},
		} {
			err := w.ChangePassword(t.Context(), a, tt.old, tt.chosen, mine.Token)
			check(t, name, err, hook.Invalid)
			if p := must(t, err).Problems; len(p) != 1 || p[0].Field != tt.field || p[0].German == "" {
				t.Errorf("%s: problems = %+v, want one of %s", name, p, tt.field)
			}
		}
		if err := w.ChangePassword(t.Context(), a, password, other, mine.Token); err != nil {
			t.Fatal(err)
		}
		if _, err := w.visit(t, mine.Token); err != nil {
			t.Errorf("the session it was done in: %v, want nil", err)
		}
		_, err = w.visit(t, another.Token)
		check(t, "another session", err, hook.Unknown)
		if _, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: other}, here, ""); err != nil {
			t.Errorf("the new password: %v, want nil", err)
		}
		for range 5 {
			check(t, "guessing", w.ChangePassword(t.Context(), a, "wrong", password, mine.Token), hook.Invalid)
		}
		check(t, "guessing too often", w.ChangePassword(t.Context(), a, other, password, mine.Token), hook.TooOften)
	})
}

func TestWhoHasNoPasswordCannotChangeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, account.User{Company: "acme", Email: "max@acme.example", Role: account.Member})
	err := w.ChangePassword(t.Context(), account.Actor{Role: account.Member, User: u.ID}, "", other, "")
	check(t, "one who signs in otherwise", err, hook.Conflict)
	err = w.ChangePassword(t.Context(), account.Actor{Role: account.Admin, Key: uuid.New()}, "", other, "")
	check(t, "a program", err, hook.Denied)
}
