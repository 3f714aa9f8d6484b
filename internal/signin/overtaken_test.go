package signin_test

import (
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

// Each change comes while a sign-in is under way, after what it goes by was read.
func TestSignInDoesNotOutliveWhatLetItIn(t *testing.T) {
	t.Parallel()
	hash, err := account.HashPassword(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*testing.T, *world){
		"another password": func(t *testing.T, w *world) {
			t.Helper()
			if err := w.store.SetPassword(t.Context(), w.erika, hash, "", account.Entry{}); err != nil {
				t.Fatal(err)
			}
		},
		"disabled": func(t *testing.T, w *world) {
			t.Helper()
			w.change(t, w.erika, func(u *account.User) { u.Disabled = true })
		},
	} {
		t.Run("by password, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.meanwhile(func() { change(t, w) })
			s, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "")
			check(t, "SignIn", err, hook.Unknown)
			if s.Token != "" {
				t.Error("there is a token")
			}
			if e := w.audit(t, "session.fail"); len(e) != 1 || e[0].Target != w.erika.ID.String() {
				t.Errorf("noted is %+v, want the failure", e)
			}
			if e := w.audit(t, "session.start"); len(e) != 0 {
				t.Errorf("noted is %+v, want no session", e)
			}
		})
		t.Run("by a portal's link, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Operator}, w.erika, account.Portal)
			if err != nil {
				t.Fatal(err)
			}
			w.meanwhile(func() { change(t, w) })
			_, err = w.FollowPortal(t.Context(), token, here, "")
			check(t, "FollowPortal", err, hook.Conflict)
		})
	}
}

// An admin's link must not set the password of who is the operator's meanwhile.
func TestLinkDoesNotOutliveAPromotion(t *testing.T) {
	t.Parallel()
	promote := func(u *account.User) { u.Company, u.Role = "", account.Operator }
	t.Run("that comes before the link", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.meanwhile(func() { w.change(t, w.erika, promote) })
		token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Admin, Company: "acme"}, w.erika, account.SetPassword)
		check(t, "MakeLink", err, hook.Conflict)
		if token != "" {
			t.Error("there is a link")
		}
	})
	t.Run("that comes before the password", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Admin, Company: "acme"}, w.erika, account.SetPassword)
		if err != nil {
			t.Fatal(err)
		}
		w.meanwhile(func() { w.change(t, w.erika, promote) })
		for range 2 { // nor does it come back
			check(t, "Reset", w.Reset(t.Context(), token, other, here), hook.Missing)
		}
		if u, err := w.store.User(t.Context(), w.erika.ID); err != nil || u.Password != "" {
			t.Errorf("the password is %q, %v, want none", u.Password, err)
		}
	})
}

func TestChangePasswordSaysThatAnotherCameFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.meanwhile(func() { w.change(t, w.erika, func(u *account.User) { u.Name = "Erika M." }) })
	a := account.Actor{Role: account.Admin, Company: "acme", User: w.erika.ID, From: here}
	check(t, "ChangePassword", w.ChangePassword(t.Context(), a, password, other, ""), hook.Conflict)
}

// What the provider says and what an admin says of the same user is both kept.
func TestSignInByProviderReadsAgainWhatWasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := account.User{
		Subject: subject, Email: w.erika.Email, Name: "Erika M.", Language: "de", Company: "acme", Role: account.Admin,
	}
	w.meanwhile(func() { w.change(t, w.erika, func(u *account.User) { u.Language = "en" }) })
	s, err := w.SignInBy(t.Context(), person, here, "")
	if err != nil {
		t.Fatal(err)
	}
	if u, err := w.store.User(t.Context(), w.erika.ID); err != nil || u.Language != "en" || u.Name != person.Name || u.Subject != subject || u != s.User {
		t.Errorf("stored is %+v, %v, signed in %+v, want both changes", u, err, s.User)
	}

	person.Name = "Erika"
	w.meanwhile(func() { w.change(t, w.erika, func(u *account.User) { u.Disabled = true }) })
	_, err = w.SignInBy(t.Context(), person, here, "")
	check(t, "who is disabled meanwhile", err, hook.Denied)
	if u, err := w.store.User(t.Context(), w.erika.ID); err != nil || !u.Disabled {
		t.Errorf("stored is %+v, %v, want them disabled still", u, err)
	}
}
