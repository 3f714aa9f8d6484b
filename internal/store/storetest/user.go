package storetest

import (
	"errors"
	"strconv"
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
	if got, err := st.ChangeUser(t.Context(), early, change); err != nil || got != want {
		t.Fatalf("ChangeUser = %+v, %v, want %+v", got, err, want)
	}
	for name, find := range map[string]func() (account.User, error){
		"User":          func() (account.User, error) { return st.User(t.Context(), want.ID) },
		"UserByEmail":   func() (account.User, error) { return st.UserByEmail(t.Context(), Company, want.Email) },
		"UserBySubject": func() (account.User, error) { return st.UserBySubject(t.Context(), want.Subject) },
	} {
		if got, err := find(); err != nil || got != want {
			t.Errorf("%s = %+v, %v, want %+v", name, got, err, want)
		}
	}
	for name, find := range map[string]func() (account.User, error){
		"User":          func() (account.User, error) { return st.User(t.Context(), NewID()) },
		"UserByEmail":   func() (account.User, error) { return st.UserByEmail(t.Context(), Company, early.Email) },
		"UserBySubject": func() (account.User, error) { return st.UserBySubject(t.Context(), "https://idp.example 4712") },
	} {
		if _, err := find(); !errors.Is(err, store.ErrNoUser) || hook.FaultOf(err) != hook.Missing {
			t.Errorf("%s of nobody = %v, want %v", name, err, store.ErrNoUser)
		}
	}
	if _, err := st.ChangeUser(t.Context(), newUser(Company, "c@acme.example"), change); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("ChangeUser of nobody = %v, want %v", err, store.ErrNoUser)
	}
}

func testUserChanged(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	read := addUser(t, st, Company, "a@acme.example")
	if err := st.SetPicture(t.Context(), read.ID, "image/png", []byte("x"), account.Entry{}); err != nil {
		t.Fatal(err) // which is no change of what ChangeUser writes
	}
	disabled, promoted := read, read
	disabled.Disabled, promoted.Role = true, account.Member
	if _, err := st.ChangeUser(t.Context(), read, disabled); err != nil {
		t.Fatal(err)
	}
	e := entry("user.change", "second", start())
	if _, err := st.ChangeUser(t.Context(), read, promoted, e); !errors.Is(err, store.ErrUserChanged) || hook.FaultOf(err) != hook.Conflict {
		t.Errorf("the second ChangeUser = %v, want %v", err, store.ErrUserChanged)
	}
	if store.ErrUserChanged.German == "" {
		t.Error("the error has no German words")
	}
	disabled.Picture = true
	if got, err := st.User(t.Context(), read.ID); err != nil || got != disabled {
		t.Errorf("User = %+v, %v, want the first change alone: %+v", got, err, disabled)
	}
	if got, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Target: "second", Limit: 1}); err != nil || len(got) != 0 {
		t.Errorf("Audit = %+v, %v, want nothing of what was refused", got, err)
	}
}

func testUserChangedTogether(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	read := addUser(t, st, Company, "a@acme.example")
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			next := read
			next.Name = "Ada " + strconv.Itoa(i)
			_, errs[i] = st.ChangeUser(t.Context(), read, next)
		})
	}
	wg.Wait()
	changed := 0
	for _, err := range errs {
		switch {
		case err == nil:
			changed++
		case !errors.Is(err, store.ErrUserChanged):
			t.Errorf("ChangeUser = %v, want %v", err, store.ErrUserChanged)
		}
	}
	if changed != 1 {
		t.Errorf("%d changes were made of what was read once, want 1", changed)
	}
}

// A password that is being verified, or a link that is being made, takes a while.
func testOvertaken(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	for name, overtake := range map[string]func(account.User) error{
		"another password": func(u account.User) error {
			return st.SetPassword(t.Context(), u, "another hash", "", account.Entry{})
		},
		"disabled": func(u account.User) error {
			next := u
			next.Disabled = true
			_, err := st.ChangeUser(t.Context(), u, next)
			return err
		},
		"moved": func(u account.User) error {
			next := u
			next.Company, next.Role = "", account.Operator
			_, err := st.ChangeUser(t.Context(), u, next)
			return err
		},
	} {
		read := addUser(t, st, Company, strings.ReplaceAll(name, " ", "-")+"@acme.example")
		if err := overtake(read); err != nil {
			t.Fatal(err)
		}
		for begun, err := range map[string]error{
			"AddSession":  st.AddSession(t.Context(), account.Session{ID: NewID(), Digest: name, ExpiresAt: start().Add(far)}, read, account.Entry{}),
			"AddLink":     st.AddLink(t.Context(), account.Link{Digest: name, Purpose: account.SetPassword}, read, account.Entry{}),
			"SetPassword": st.SetPassword(t.Context(), read, "the stale one's", "", account.Entry{}),
		} {
			if !errors.Is(err, store.ErrUserChanged) {
				t.Errorf("%s: %s = %v, want %v", name, begun, err, store.ErrUserChanged)
			}
		}
	}
}

func testOvertakenTogether(t *testing.T, st *store.Store) {
	u := addUser(t, st, "", "a@operator.example")
	for i := range 20 {
		var wg sync.WaitGroup
		hash := "hash " + strconv.Itoa(i)
		wg.Go(func() {
			s := account.Session{ID: NewID(), Digest: hash, ExpiresAt: start().Add(far)}
			if err := st.AddSession(t.Context(), s, u, account.Entry{}); err != nil && !errors.Is(err, store.ErrUserChanged) {
				t.Errorf("AddSession = %v, want %v or success", err, store.ErrUserChanged)
			}
		})
		wg.Go(func() {
			if err := st.SetPassword(t.Context(), u, hash, "", account.Entry{}); err != nil {
				t.Errorf("SetPassword = %v, want success", err)
			}
		})
		wg.Wait()
		if _, _, err := st.Session(t.Context(), hash, start()); !errors.Is(err, store.ErrNoSession) {
			t.Fatalf("Session = %v, want %v", err, store.ErrNoSession)
		}
		u.Password = hash
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
		_, err := st.ChangeUser(t.Context(), second, tt.user)
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

func testNamesakes(t *testing.T, st *store.Store) {
	const email = "a@acme.example"
	putCompany(t, st, Company)
	putCompany(t, st, "globex")
	first, second := addUser(t, st, "globex", email), addUser(t, st, Company, email)
	addUser(t, st, Company, "b@acme.example")
	third := addUser(t, st, "", email)
	for company, want := range map[string]account.User{"globex": first, Company: second, "": third} {
		if got, err := st.UserByEmail(t.Context(), company, email); err != nil || got != want {
			t.Errorf("UserByEmail of %q = %+v, %v, want %+v", company, got, err, want)
		}
	}
	for n, want := range [][]account.User{nil, {first}, {first, second}, {first, second, third}, {first, second, third}} {
		got, err := st.UsersByEmail(t.Context(), email, n)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("UsersByEmail up to %d: %v; they differ (-want +got):\n%s", n, err, diff)
		}
	}
	moved := first
	moved.Company = Company
	if _, err := st.ChangeUser(t.Context(), first, moved); !errors.Is(err, store.ErrEmailTaken) {
		t.Errorf("ChangeUser to the other's company = %v, want %v", err, store.ErrEmailTaken)
	}
	if got, err := st.UsersByEmail(t.Context(), "none@acme.example", 10); err != nil || len(got) != 0 {
		t.Errorf("UsersByEmail of nobody = %+v, %v, want none", got, err)
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
	if err := st.AddSession(t.Context(), s, u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// addLink adds a link with a digest that lasts until far after the start.
func addLink(t *testing.T, st *store.Store, u account.User, digest string, p account.Purpose) account.Link {
	t.Helper()
	l := account.Link{Digest: digest, Purpose: p, User: u.ID, CreatedAt: start(), ExpiresAt: start().Add(far)}
	if err := st.AddLink(t.Context(), l, u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return l
}

// disable keeps a user out, or lets them in again, and returns what is stored.
func disable(t *testing.T, st *store.Store, u account.User, disabled bool) account.User {
	t.Helper()
	next := u
	next.Disabled = disabled
	got, err := st.ChangeUser(t.Context(), u, next)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func testDisabled(t *testing.T, st *store.Store) {
	u, other := addUser(t, st, "", "a@operator.example"), addUser(t, st, "", "b@operator.example")
	signIn(t, st, u, "mine")
	signIn(t, st, other, "theirs")
	addLink(t, st, u, "link", account.Portal)
	for _, disabled := range []bool{true, false} { // what has ended stays ended
		u = disable(t, st, u, disabled)
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
	u = disable(t, st, u, true)
	signIn(t, st, u, "late") // which nobody should do
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
	if err := st.SetPassword(t.Context(), u, "new hash", "kept", account.Entry{}); err != nil {
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
	nobody := newUser("", "b@operator.example")
	if err := st.SetPassword(t.Context(), nobody, "hash", "", account.Entry{}); !errors.Is(err, store.ErrNoUser) {
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
