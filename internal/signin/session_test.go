package signin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, another := w.signIn(t), w.signIn(t)
	if err := w.SignOut(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	_, err := w.visit(t, s.Token)
	check(t, "signed out", err, hook.Unknown)
	if _, err := w.visit(t, another.Token); err != nil {
		t.Errorf("the other session: %v, want nil", err)
	}
	for _, token := range []string{s.Token, "", "nonsense"} {
		if err := w.SignOut(t.Context(), token); err != nil {
			t.Errorf("SignOut(%q) = %v, want nil", token, err)
		}
	}
	if e := w.audit(t, "session.end"); len(e) != 1 || e[0].Actor != w.erika.Email || e[0].Company != "acme" || e[0].Target == "" {
		t.Errorf("noted is %+v, want one end", e)
	}
}

func TestPortalLinkSignsInOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		token, expires, err := w.MakeLink(t.Context(), account.Actor{Role: account.Operator}, w.erika, account.Portal)
		if want := moment().Add(2 * time.Minute); err != nil || !expires.Equal(want) {
			t.Fatalf("MakeLink = %s, %v, want %s", expires, err, want)
		}
		time.Sleep(2*time.Minute - time.Second)
		check(t, "to choose a password", w.Reset(t.Context(), token, other, here), hook.Missing)
		s, err := w.FollowPortal(t.Context(), token, here, "Browser/1")
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.visit(t, s.Token); a.User != w.erika.ID || err != nil {
			t.Errorf("the session is of %s, %v, want Erika's", a.User, err)
		}
		if e := w.audit(t, "session.start"); len(e) != 1 || e[0].After != `{"how":"portal"}` || e[0].From != here {
			t.Errorf("noted is %+v, want a portal", e)
		}
		_, err = w.FollowPortal(t.Context(), token, here, "")
		check(t, "a second time", err, hook.Missing)
	})
}

func TestPortalLinkExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Operator}, w.erika, account.Portal)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		_, err = w.FollowPortal(t.Context(), token, here, "")
		check(t, "two minutes later", err, hook.Missing)
	})
}

func TestLinksThatAreNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.addUser(t, account.User{Company: "acme", Email: "gone@acme.example", Role: account.Member, Disabled: true})
	staff := w.addUser(t, account.User{Email: "ops@host.example", Role: account.Operator})
	for name, tt := range map[string]struct {
		user    account.User
		purpose account.Purpose
		want    hook.Fault
	}{
		"a password for the disabled":   {gone, account.SetPassword, hook.Conflict},
		"a portal for the disabled":     {gone, account.Portal, hook.Conflict},
		"a portal for the operator":     {staff, account.Portal, hook.Conflict},
		"something there is no link to": {w.erika, "cake", hook.Internal},
	} {
		token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Operator}, tt.user, tt.purpose)
		if token != "" || hook.FaultOf(err) != tt.want {
			t.Errorf("%s: %q, %v, want the fault %s", name, token, err, tt.want)
		}
	}
	if token, _, err := w.MakeLink(t.Context(), account.Actor{Role: account.Operator}, staff, account.SetPassword); token == "" || err != nil {
		t.Errorf("a password for the operator: %q, %v, want a link", token, err)
	}
}

func TestDisabledUserIsNotSignedInByOthersWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, _, err := w.MakeLink(t.Context(), account.Actor{}, w.erika, account.Portal)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := w.SignInAs(t.Context(), w.erika, "oidc", here, ""); err != nil || s.Token == "" {
		t.Errorf("before: %v, want a session", err)
	}
	u := w.change(t, w.erika, func(u *account.User) { u.Disabled = true })
	_, err = w.SignInAs(t.Context(), u, "oidc", here, "")
	check(t, "by OpenID Connect", err, hook.Denied)
	if _, err = w.FollowPortal(t.Context(), token, here, ""); err == nil {
		t.Error("a portal link signs in a disabled user")
	}
}

func TestLastUsesAreWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := &brittle{Store: w.store}
		w.Gate = w.gate(b)
		key, k := w.addKey(t, "acme", account.Producer, time.Time{})
		use := func() {
			t.Helper()
			if _, err := w.with(t, "Authorization", "Bearer "+key); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()

		time.Sleep(90 * time.Second)
		if uses, sweeps := b.asked(); len(uses) != 0 || sweeps != 1 {
			t.Errorf("uses %v, sweeps %d, want none and one", uses, sweeps)
		}
		use()
		first := time.Now()
		fire := errors.New("disk on fire")
		b.fail(fire)
		time.Sleep(time.Minute)
		if uses, _ := b.asked(); len(uses) != 1 || !uses[0][k.ID].Equal(first) {
			t.Fatalf("uses %v, want one at %s", uses, first)
		}
		b.fail(nil)
		time.Sleep(time.Minute)
		if uses, _ := b.asked(); len(uses) != 2 || !uses[1][k.ID].Equal(first) {
			t.Fatalf("uses %v, want what could not be written again", uses)
		}
		time.Sleep(time.Hour)
		if uses, sweeps := b.asked(); len(uses) != 2 || sweeps != 2 {
			t.Errorf("%d uses, %d sweeps, want two and two", len(uses), sweeps)
		}
		use()
		last := time.Now()
		b.fail(fire)
		cancel()
		if err := <-ended; !errors.Is(err, fire) {
			t.Errorf("Run = %v, want %v", err, fire)
		}
		if uses, _ := b.asked(); len(uses) != 3 || !uses[2][k.ID].Equal(last) {
			t.Errorf("uses %v, want the last one at %s", uses, last)
		}
	})
}

func TestKeysSayWhenTheyWereUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		key, _ := w.addKey(t, "acme", account.Producer, time.Time{})
		if _, err := w.with(t, "Authorization", "Bearer "+key); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Run(ctx); err != nil {
			t.Fatal(err)
		}
		keys, err := w.store.ListKeys(t.Context(), "acme")
		if err != nil || len(keys) != 1 || !keys[0].UsedAt.Equal(moment()) {
			t.Errorf("keys = %+v, %v, want one used at %s", keys, err, moment())
		}
	})
}
