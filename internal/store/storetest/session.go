package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func testSessions(t *testing.T, st *store.Store) {
	u, other := addUser(t, st, "", "a@operator.example"), addUser(t, st, "", "b@operator.example")
	old, s := signIn(t, st, u, "old"), signIn(t, st, u, "new")
	got, user, err := st.Session(t.Context(), "new", start())
	if err != nil || got != s || user != u {
		t.Errorf("Session = %+v, %+v, %v, want %+v, %+v", got, user, err, s, u)
	}
	s.SeenAt, s.ExpiresAt = start().Add(time.Minute), start().Add(2*far)
	if err := st.SeeSession(t.Context(), "new", s.SeenAt, s.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		at   time.Time
		want []account.Session
	}{{start(), []account.Session{s, old}}, {start().Add(far), []account.Session{s}}, {start().Add(2 * far), nil}} {
		got, err := st.Sessions(t.Context(), u.ID, tt.at)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("Sessions: %v; they differ (-want +got):\n%s", err, diff)
		}
	}
	if _, _, err := st.Session(t.Context(), "old", start().Add(far)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("Session that has expired = %v, want %v", err, store.ErrNoSession)
	}
	if err := st.EndSession(t.Context(), other.ID, s.ID, account.Entry{}); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("EndSession of another user's = %v, want %v", err, store.ErrNoSession)
	}
	if err := st.EndSession(t.Context(), u.ID, s.ID, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.Session(t.Context(), "new", start()); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("Session that was ended = %v, want %v", err, store.ErrNoSession)
	}
	if err := st.SeeSession(t.Context(), "new", start(), start().Add(far)); err != nil {
		t.Errorf("SeeSession of one that was ended = %v, want nothing done", err)
	}
	signIn(t, st, other, "stays")
	if err := st.SeeSession(t.Context(), "stays", start(), start().Add(2*far)); err != nil {
		t.Fatal(err)
	}
	if err := st.Sweep(t.Context(), start().Add(far)); err != nil {
		t.Fatal(err)
	}
	if got, err := st.Sessions(t.Context(), u.ID, start()); err != nil || len(got) != 0 {
		t.Errorf("after Sweep Sessions = %+v, %v, want none", got, err)
	}
	if _, _, err := st.Session(t.Context(), "stays", start()); err != nil {
		t.Errorf("after Sweep Session = %v, want the one that has not expired", err)
	}
	nobody := newUser("", "c@operator.example")
	if err := st.AddSession(t.Context(), account.Session{ID: NewID()}, nobody, account.Entry{}); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("AddSession of nobody = %v, want %v", err, store.ErrNoUser)
	}
}

func testLink(t *testing.T, st *store.Store) {
	u := addUser(t, st, "", "a@operator.example")
	l := addLink(t, st, u, "digest", account.Portal)
	for _, tt := range []struct {
		name, digest string
		purpose      account.Purpose
		at           time.Time
		want         bool
	}{
		{"another token", "other", account.Portal, start(), false},
		{"another purpose", "digest", account.SetPassword, start(), false},
		{"too late", "digest", account.Portal, l.ExpiresAt, false},
		{"in time", "digest", account.Portal, l.ExpiresAt.Add(-time.Microsecond), true},
		{"again", "digest", account.Portal, start(), false},
	} {
		got, user, err := st.TakeLink(t.Context(), tt.digest, tt.purpose, tt.at)
		if !tt.want {
			if !errors.Is(err, store.ErrNoLink) || store.ErrNoLink.German == "" {
				t.Errorf("%s: TakeLink = %v, want %v", tt.name, err, store.ErrNoLink)
			}
			continue
		}
		if err != nil || got != l || user != u {
			t.Errorf("%s: TakeLink = %+v, %+v, %v, want %+v, %+v", tt.name, got, user, err, l, u)
		}
	}
	addLink(t, st, u, "forgotten", account.Portal)
	if err := st.Sweep(t.Context(), l.ExpiresAt); err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.TakeLink(t.Context(), "forgotten", account.Portal, start()); !errors.Is(err, store.ErrNoLink) {
		t.Errorf("after Sweep TakeLink = %v, want %v", err, store.ErrNoLink)
	}
}

func testLinkTogether(t *testing.T, st *store.Store) {
	u := addUser(t, st, "", "a@operator.example")
	for _, digest := range []string{"one", "two", "three", "four", "five"} {
		addLink(t, st, u, digest, account.Portal)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, _, errs[i] = st.TakeLink(t.Context(), digest, account.Portal, start()) })
		}
		wg.Wait()
		taken := 0
		for _, err := range errs {
			switch {
			case err == nil:
				taken++
			case !errors.Is(err, store.ErrNoLink):
				t.Errorf("TakeLink = %v, want %v", err, store.ErrNoLink)
			}
		}
		if taken != 1 {
			t.Errorf("the link was taken %d times, want once", taken)
		}
	}
}

func addKey(t *testing.T, st *store.Store, company string, r account.Role) account.Key {
	t.Helper()
	secret := account.NewKey(r)
	k := account.Key{
		ID: NewID(), Company: company, Role: r, Name: "shop system", Prefix: account.PrefixOf(secret),
		Digest: account.Digest(secret), CreatedAt: start(), ExpiresAt: start().Add(far),
	}
	if err := st.AddKey(t.Context(), k, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return k
}

func testKeys(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	first, second := addKey(t, st, Company, account.Producer), addKey(t, st, Company, account.Reader)
	staff := addKey(t, st, "", account.Operator)
	before := st.Directory().Version
	if diff := cmp.Diff(account.Keys{first.Digest: &first, second.Digest: &second, staff.Digest: &staff}, st.Keys()); diff != "" {
		t.Errorf("the keys differ (-want +got):\n%s", diff)
	}
	if err := st.RevokeKey(t.Context(), Company, first.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if after := st.Directory().Version; st.Keys()[first.Digest] != nil || after <= before {
		t.Errorf("after RevokeKey the key is known or the version %d is not above %d", after, before)
	}
	first.RevokedAt = start()
	for company, want := range map[string][]account.Key{Company: {second, first}, "": {staff}, "globex": nil} {
		got, err := st.ListKeys(t.Context(), company)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ListKeys(%q): %v; they differ (-want +got):\n%s", company, err, diff)
		}
	}
	k := account.Key{ID: NewID(), Company: "nosuch", Digest: "d"}
	if err := st.AddKey(t.Context(), k, account.Entry{}); !errors.Is(err, store.ErrNoCompany) {
		t.Errorf("AddKey to no company = %v, want %v", err, store.ErrNoCompany)
	}
}

func testKeyUse(t *testing.T, st *store.Store) {
	k, other := addKey(t, st, "", account.Operator), addKey(t, st, "", account.Operator)
	version := st.Directory().Version
	for _, at := range []time.Time{start(), start().Add(time.Hour), start().Add(time.Minute)} { // of another node, late
		if err := st.UseKeys(t.Context(), map[uuid.UUID]time.Time{k.ID: at, NewID(): at}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := st.ListKeys(t.Context(), "")
	k.UsedAt = start().Add(time.Hour)
	if diff := cmp.Diff([]account.Key{other, k}, got); err != nil || diff != "" {
		t.Errorf("ListKeys: %v; they differ (-want +got):\n%s", err, diff)
	}
	if got := st.Directory().Version; got != version {
		t.Errorf("the directory's version is %d, want %d: nobody needs to read it anew", got, version)
	}
}

func testForeignKey(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	putCompany(t, st, "globex")
	k := addKey(t, st, Company, account.Producer)
	for _, company := range []string{"globex", "", "nosuch"} {
		err := st.RevokeKey(t.Context(), company, k.ID, start(), account.Entry{})
		if !errors.Is(err, store.ErrNoKey) || hook.FaultOf(err) != hook.Missing {
			t.Errorf("RevokeKey by %q = %v, want %v", company, err, store.ErrNoKey)
		}
	}
	if st.Keys()[k.Digest] == nil {
		t.Error("the key is not known any more")
	}
}
