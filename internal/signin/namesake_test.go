package signin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

// namesakes returns a world where rival and the operator have users with Erika's
// address too: rival's has another password, and the operator's has hers.
func namesakes(t *testing.T) (w *world, rival, staff account.User) {
	t.Helper()
	w = newWorld(t)
	hash, err := account.HashPassword(other)
	if err != nil {
		t.Fatal(err)
	}
	rival = w.addUser(t, account.User{Company: "rival", Email: w.erika.Email, Role: account.Member, Password: hash})
	staff = w.addUser(t, account.User{Email: w.erika.Email, Role: account.Operator, Password: w.erika.Password})
	return w, rival, staff
}

func TestPasswordSaysWhoseUserItIs(t *testing.T) {
	t.Parallel()
	w, rival, staff := namesakes(t)
	acme, operator, nobody := "acme", "", "nobody"
	for _, tt := range []struct { // in this order: after many failures in a row, one has to wait
		name     string
		password string
		company  *string
		want     account.User
	}{
		{"a password of one", other, nil, rival},
		{"a password of two, with the company", password, &acme, w.erika},
		{"a password of two, with the operator", password, &operator, staff},
		{"the password of another company's user", other, &acme, account.User{}},
		{"the right password, and no such company", password, &nobody, account.User{}},
		{"a password of none", "wrong", nil, account.User{}},
		{"a company, and the password of no user", "wrong", &acme, account.User{}},
		{"the operator, and the password of no user", "wrong", &operator, account.User{}},
	} {
		c := signin.Credentials{Email: w.erika.Email, Password: tt.password, Company: tt.company}
		s, err := w.SignIn(t.Context(), c, here, "")
		if tt.want == (account.User{}) {
			check(t, tt.name, err, hook.Unknown)
		} else if err != nil || s.User != tt.want {
			t.Errorf("%s: signed in %+v, %v, want %+v", tt.name, s.User, err, tt.want)
		}
	}
}

func TestWhoKnowsThePasswordOfSeveralIsAskedWhichCompany(t *testing.T) {
	t.Parallel()
	w, _, _ := namesakes(t)
	for range 10 { // it is no failure, so that nobody has to wait
		_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "")
		check(t, "a password of two", err, hook.Invalid)
		p := must(t, err).Problems
		if len(p) != 1 || p[0].Field != "company" || !strings.HasSuffix(p[0].Reason, `: "acme", ""`) || !strings.HasSuffix(p[0].German, `: "acme", ""`) {
			t.Fatalf("problems = %+v, want the companies, and not that of another password", p)
		}
	}
	if e := w.audit(t, "session."); len(e) != 0 {
		t.Errorf("noted is %+v, want nothing: there is neither a session nor a failure", e)
	}
}

func TestFailuresAreNotedForEachUserWhoMayBeMeant(t *testing.T) {
	t.Parallel()
	w, rival, staff := namesakes(t)
	_, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: "wrong"}, here, "")
	check(t, "SignIn", err, hook.Unknown)
	got := make(map[string]string)
	for _, e := range w.audit(t, "session.fail") {
		got[e.Company] = e.Target
	}
	for _, u := range []account.User{w.erika, rival, staff} {
		if got[u.Company] != u.ID.String() {
			t.Errorf("noted of %q is %q, want %s", u.Company, got[u.Company], u.ID)
		}
	}
	company := "acme"
	_, err = w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: "wrong", Company: &company}, here, "")
	check(t, "SignIn", err, hook.Unknown)
	if e := w.audit(t, "session.fail"); len(e) != 4 || e[0].Company != "acme" {
		t.Errorf("noted is %+v, want one more, of acme", e)
	}
}

// Whoever comes last has to say which company: a crowd of namesakes must not
// make a sign-in dear.
func TestPasswordIsTriedForThreeAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const email = "max@acme.example"
	companies := []string{"acme", "rival", "", "late"}
	w.addCompany(t, "late")
	for _, company := range companies {
		role := account.Member
		if company == "" {
			role = account.Operator
		}
		w.addUser(t, account.User{Company: company, Email: email, Role: role, Password: w.erika.Password})
	}
	_, err := w.SignIn(t.Context(), signin.Credentials{Email: email, Password: password}, here, "")
	if p := must(t, err).Problems; len(p) != 1 || strings.Contains(p[0].Reason, "late") {
		t.Errorf("problems = %+v, want the first three", p)
	}
	for _, company := range slices.Backward(companies) {
		s, err := w.SignIn(t.Context(), signin.Credentials{Email: email, Password: password, Company: &company}, here, "")
		if err != nil || s.User.Company != company {
			t.Errorf("signed in to %q, %v, want %q", s.User.Company, err, company)
		}
	}
}
