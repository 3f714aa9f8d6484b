package storetest

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func newUser(company, email string) account.User {
	return account.User{
		ID: NewID(), Company: company, Email: email, Name: "Ada", Language: "de", Role: account.Admin,
		Password: "a hash", CreatedAt: start(),
	}
}

func addUser(t *testing.T, st *store.Store, company, email string) account.User {
	t.Helper()
	u := newUser(company, email)
	if err := st.AddUser(t.Context(), u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return u
}

func testUsers(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	late, early := addUser(t, st, Company, "z@acme.example"), addUser(t, st, Company, "a@acme.example")
	staff := addUser(t, st, "", "m@operator.example")
	for company, want := range map[string][]account.User{Company: {early, late}, "": {staff}, "globex": nil} {
		got, err := st.Users(t.Context(), company)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Users(%q): %v; they differ (-want +got):\n%s", company, err, diff)
		}
	}
	if _, err := st.UserBySubject(t.Context(), ""); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("UserBySubject of no subject = %v, want %v", err, store.ErrNoUser)
	}
	change := early
	change.Email, change.Name, change.Language, change.Role = "b@acme.example", "Bea", "en", account.Member
	change.Subject = "https://idp.example 4711"
	want := change
	want.Password = ""                                                   // whoever set it may not be the person that the provider means
	change.Password, change.CreatedAt = "another hash", start().Add(far) // neither is stored
	if err := st.ChangeUser(t.Context(), change, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	for name, find := range map[string]func() (account.User, error){
		"User":          func() (account.User, error) { return st.User(t.Context(), want.ID) },
		"UserByEmail":   func() (account.User, error) { return st.UserByEmail(t.Context(), want.Email) },
		"UserBySubject": func() (account.User, error) { return st.UserBySubject(t.Context(), want.Subject) },
	} {
		if got, err := find(); err != nil || got != want {
			t.Errorf("%s = %+v, %v, want %+v", name, got, err, want)
		}
	}
	for name, find := range map[string]func() (account.User, error){
		"User":          func() (account.User, error) { return st.User(t.Context(), NewID()) },
		"UserByEmail":   func() (account.User, error) { return st.UserByEmail(t.Context(), early.Email) },
		"UserBySubject": func() (account.User, error) { return st.UserBySubject(t.Context(), "https://idp.example 4712") },
	} {
		if _, err := find(); !errors.Is(err, store.ErrNoUser) || hook.FaultOf(err) != hook.Missing {
			t.Errorf("%s of nobody = %v, want %v", name, err, store.ErrNoUser)
		}
	}
	change.ID, change.Email, change.Subject = NewID(), "c@acme.example", ""
	if err := st.ChangeUser(t.Context(), change, account.Entry{}); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("ChangeUser of nobody = %v, want %v", err, store.ErrNoUser)
	}
}

func testTaken(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	first, second := newUser(Company, "a@acme.example"), addUser(t, st, Company, "b@acme.example")
	first.Subject = "issuer 1"
	if err := st.AddUser(t.Context(), first, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	email, subject, nowhere := second, second, second
	email.Email, subject.Subject, nowhere.Company = first.Email, first.Subject, "nosuch"
	for _, tt := range []struct {
		name  string
		user  account.User
		want  error
		fault hook.Fault
	}{
		{"an e-mail address that is taken", email, store.ErrEmailTaken, hook.Conflict},
		{"a subject that is taken", subject, store.ErrSubjectTaken, hook.Conflict},
		{"no such company", nowhere, store.ErrNoCompany, hook.Missing},
	} {
		err := st.ChangeUser(t.Context(), tt.user, account.Entry{})
		if !errors.Is(err, tt.want) || hook.FaultOf(err) != tt.fault {
			t.Errorf("ChangeUser with %s = %v, want %v", tt.name, err, tt.want)
		}
		tt.user.ID = NewID()
		if tt.user.Email == second.Email {
			tt.user.Email = "c@acme.example"
		}
		if err := st.AddUser(t.Context(), tt.user, account.Entry{}); !errors.Is(err, tt.want) {
			t.Errorf("AddUser with %s = %v, want %v", tt.name, err, tt.want)
		}
	}
	if p := store.ErrEmailTaken.Problems[0]; p.Field != "email" || p.German == "" {
		t.Errorf("the problem is %+v, want one of the field email, in German, too", p)
	}
}

func testTakenTogether(t *testing.T, st *store.Store) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = st.AddUser(t.Context(), newUser("", "a@operator.example"), account.Entry{}) })
	}
	wg.Wait()
	added := 0
	for _, err := range errs {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, store.ErrEmailTaken):
			t.Errorf("AddUser = %v, want %v", err, store.ErrEmailTaken)
		}
	}
	if added != 1 {
		t.Errorf("%d users have the address, want 1", added)
	}
}

// signIn adds a session with a digest that lasts until far after the start.
func signIn(t *testing.T, st *store.Store, u account.User, digest string) account.Session {
	t.Helper()
	s := account.Session{
		ID: NewID(), User: u.ID, Digest: digest, From: "192.0.2.1", Agent: "browser",
		CreatedAt: start(), SeenAt: start(), ExpiresAt: start().Add(far),
	}
	if err := st.AddSession(t.Context(), s, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// addLink adds a link with a digest that lasts until far after the start.
func addLink(t *testing.T, st *store.Store, u account.User, digest string, p account.Purpose) account.Link {
	t.Helper()
	l := account.Link{Digest: digest, Purpose: p, User: u.ID, CreatedAt: start(), ExpiresAt: start().Add(far)}
	if err := st.AddLink(t.Context(), l, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return l
}

func testDisabled(t *testing.T, st *store.Store) {
	u, other := addUser(t, st, "", "a@operator.example"), addUser(t, st, "", "b@operator.example")
	signIn(t, st, u, "mine")
	signIn(t, st, other, "theirs")
	addLink(t, st, u, "link", account.Portal)
	for _, disabled := range []bool{true, false} { // what has ended stays ended
		u.Disabled = disabled
		if err := st.ChangeUser(t.Context(), u, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := st.Session(t.Context(), "mine", start()); !errors.Is(err, store.ErrNoSession) {
			t.Errorf("disabled %t: Session = %v, want %v", disabled, err, store.ErrNoSession)
		}
		if _, _, err := st.TakeLink(t.Context(), "link", account.Portal, start()); !errors.Is(err, store.ErrNoLink) {
			t.Errorf("disabled %t: TakeLink = %v, want %v", disabled, err, store.ErrNoLink)
		}
	}
	if _, _, err := st.Session(t.Context(), "theirs", start()); err != nil {
		t.Errorf("the other user's Session = %v, want it left alone", err)
	}
	u.Disabled = true
	if err := st.ChangeUser(t.Context(), u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	signIn(t, st, u, "late") // by who was let in just before
	addLink(t, st, u, "late", account.Portal)
	if _, _, err := st.Session(t.Context(), "late", start()); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("Session of a disabled user = %v, want %v", err, store.ErrNoSession)
	}
	if _, _, err := st.TakeLink(t.Context(), "late", account.Portal, start()); !errors.Is(err, store.ErrNoLink) {
		t.Errorf("TakeLink of a disabled user = %v, want %v", err, store.ErrNoLink)
	}
}

func testPassword(t *testing.T, st *store.Store) {
	u := addUser(t, st, "", "a@operator.example")
	signIn(t, st, u, "kept")
	signIn(t, st, u, "stolen")
	addLink(t, st, u, "choose", account.SetPassword)
	addLink(t, st, u, "enter", account.Portal)
	if err := st.SetPassword(t.Context(), u.ID, "new hash", "kept", account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if _, got, err := st.Session(t.Context(), "kept", start()); err != nil || got.Password != "new hash" {
		t.Errorf("Session = %+v, %v, want the user with the new hash", got, err)
	}
	if _, _, err := st.Session(t.Context(), "stolen", start()); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("Session = %v, want %v", err, store.ErrNoSession)
	}
	if _, _, err := st.TakeLink(t.Context(), "choose", account.SetPassword, start()); !errors.Is(err, store.ErrNoLink) {
		t.Errorf("TakeLink = %v, want %v", err, store.ErrNoLink)
	}
	if _, _, err := st.TakeLink(t.Context(), "enter", account.Portal, start()); err != nil {
		t.Errorf("TakeLink = %v, want the portal's link left alone", err)
	}
	if err := st.SetPassword(t.Context(), NewID(), "hash", "", account.Entry{}); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("SetPassword of nobody = %v, want %v", err, store.ErrNoUser)
	}
}

func testPicture(t *testing.T, st *store.Store) {
	u := addUser(t, st, "", "a@operator.example")
	for _, want := range []string{"", "first", "second", ""} {
		var data []byte
		if want != "" {
			data = []byte(want)
		}
		if err := st.SetPicture(t.Context(), u.ID, "image/"+want, data, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		mediaType, got, err := st.Picture(t.Context(), u.ID)
		if want == "" {
			if !errors.Is(err, store.ErrNoPicture) || hook.FaultOf(err) != hook.Missing {
				t.Errorf("Picture = %v, want %v", err, store.ErrNoPicture)
			}
		} else if err != nil || string(got) != want || strings.TrimPrefix(mediaType, "image/") != want {
			t.Errorf("Picture = %s, %s, %v, want %s", mediaType, got, err, want)
		}
		if found, err := st.User(t.Context(), u.ID); err != nil || found.Picture != (want != "") {
			t.Errorf("User = %+v, %v, want one with a picture: %t", found, err, want != "")
		}
	}
	if err := st.SetPicture(t.Context(), NewID(), "image/png", []byte("x"), account.Entry{}); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("SetPicture of nobody = %v, want %v", err, store.ErrNoUser)
	}
}
