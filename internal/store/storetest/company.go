package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

func accountCases() []testCase {
	return []testCase{
		{"a company has a language, modules and shops, and keeps those that are not given", testCompanies},
		{"users are found by ID, e-mail address and subject", testUsers},
		{"an e-mail address belongs to one user of a company, and a subject to one of all", testTaken},
		{"an e-mail address may belong to users of several companies", testNamesakes},
		{"users who sign up at the same time get one e-mail address once", testTakenTogether},
		{"of two changes of a user who was read once, the second is refused", testUserChanged},
		{"changes of one user at the same moment are made one after the other", testUserChangedTogether},
		{"nothing is begun for a user who was changed meanwhile", testOvertaken},
		{"a session that is begun with an old password doesn't outlive the new one", testOvertakenTogether},
		{"a user who is disabled loses sessions and links", testDisabled},
		{"a new password ends the other sessions and the links to choose one", testPassword},
		{"a user has a picture or none", testPicture},
		{"sessions are seen, expire and end", testSessions},
		{"a link is taken once", testLink},
		{"of those who take a link at the same moment one gets it", testLinkTogether},
		{"keys are known at once and no more when they are revoked", testKeys},
		{"the last use of a key is stored", testKeyUse},
		{"another company's key is not there", testForeignKey},
		{"what changes is noted with it, and what doesn't change isn't", testNoted},
		{"the audit log is filtered and paged", testAudit},
		{"text that is not valid is noted, too", testUncleanText},
	}
}

// entry returns an entry of Company about target at a time.
func entry(action, target string, at time.Time) account.Entry {
	by := account.Actor{Role: account.Admin, Company: Company, User: NewID(), Name: "ada@acme.example", From: "192.0.2.1"}
	return account.NewEntry(by, action, target, Company, nil, map[string]string{"name": "new"}, at)
}

func putCompany(t *testing.T, st *store.Store, id string) {
	t.Helper()
	c := trade.Company{ID: id, Name: id, TimeZone: "Europe/Berlin", CreatedAt: start()}
	if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

func testCompanies(t *testing.T, st *store.Store) {
	shops := []trade.Shop{
		{ID: "a-1", Name: "One", Language: "de", TimeZone: "Europe/Berlin"},
		{ID: "B", Name: "Two", Language: "en", TimeZone: "UTC"},
	}
	full := trade.Company{
		ID: Company, Name: "Acme", Language: "de", TimeZone: "Europe/Vienna",
		Modules: []string{"business-api", "standard-integration"}, Shops: []trade.Shop{shops[1], shops[0]}, CreatedAt: start(),
	}
	bare := trade.Company{ID: Company, Name: "New", TimeZone: "UTC", CreatedAt: start().Add(far)}
	kept := full
	kept.Name, kept.TimeZone, kept.Shops = bare.Name, bare.TimeZone, []trade.Shop{shops[1], shops[0]} // "B" < "a-1"
	emptied := kept
	emptied.Language, emptied.Modules, emptied.Shops = "en", []string{}, nil
	for i, tt := range []struct {
		put, want trade.Company
	}{
		{full, full},
		{bare, kept},
		{trade.Company{ID: Company, Name: "New", Language: "en", TimeZone: "UTC", Modules: []string{}, Shops: []trade.Shop{}}, emptied},
	} {
		added, err := st.PutCompany(t.Context(), tt.put, account.Entry{})
		if err != nil || added != (i == 0) {
			t.Errorf("PutCompany %d = %t, %v, want %t", i, added, err, i == 0)
		}
		if diff := cmp.Diff(tt.want, st.Directory().Companies[Company]); diff != "" {
			t.Errorf("after PutCompany %d the company differs (-want +got):\n%s", i, diff)
		}
	}
	putCompany(t, st, "globex")
	if got := st.Directory().Companies["globex"]; got.Language != "en" || len(got.Modules) != 0 || got.Shops != nil {
		t.Errorf("a bare company is %+v, want English without modules and shops", got)
	}
}

func testNoted(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	h := AddHook(t, st, eventType, "https://receiver.example/")
	u := addUser(t, st, Company, "eve@acme.example")
	k := addKey(t, st, Company, account.Reader)
	h.Version = 2
	stale, gone := h, h
	stale.Version = 1
	gone.ID = NewID()
	session := account.Session{ID: NewID(), User: u.ID, Digest: "s", ExpiresAt: start().Add(far)}
	foreign := account.User{ID: NewID(), Company: "nosuch", Email: "x@x.example"}
	for _, tt := range []struct {
		name string
		want bool
		call func(account.Entry) error
	}{
		{"PutCompany", true, func(e account.Entry) error {
			_, err := st.PutCompany(t.Context(), trade.Company{ID: "other", Name: "Other"}, e)
			return err
		}},
		{"ChangeHook", true, func(e account.Entry) error { return st.ChangeHook(t.Context(), h, e) }},
		{"ChangeHook of a stale one", false, func(e account.Entry) error { return st.ChangeHook(t.Context(), stale, e) }},
		{"DeleteHook of none", false, func(e account.Entry) error { return st.DeleteHook(t.Context(), Company, gone.ID, start(), e) }},
		{"DeleteHook", true, func(e account.Entry) error { return st.DeleteHook(t.Context(), Company, h.ID, start(), e) }},
		{"AddUser to no company", false, func(e account.Entry) error { return st.AddUser(t.Context(), foreign, e) }},
		{"ChangeUser", true, func(e account.Entry) error { _, err := st.ChangeUser(t.Context(), u, u, e); return err }},
		{"ChangeUser of nobody", false, func(e account.Entry) error { _, err := st.ChangeUser(t.Context(), foreign, u, e); return err }},
		{"SetPassword of nobody", false, func(e account.Entry) error { return st.SetPassword(t.Context(), foreign, "hash", "", e) }},
		{"SetPicture", true, func(e account.Entry) error { return st.SetPicture(t.Context(), u.ID, "image/png", []byte("p"), e) }},
		{"AddSession", true, func(e account.Entry) error { return st.AddSession(t.Context(), session, u, e) }},
		{"EndSession", true, func(e account.Entry) error { return st.EndSession(t.Context(), u.ID, session.ID, e) }},
		{"EndSession again", false, func(e account.Entry) error { return st.EndSession(t.Context(), u.ID, session.ID, e) }},
		{"AddLink of nobody", false, func(e account.Entry) error { return st.AddLink(t.Context(), account.Link{}, foreign, e) }},
		{"AddLink", true, func(e account.Entry) error { return st.AddLink(t.Context(), account.Link{Digest: "l"}, u, e) }},
		{"SetPassword", true, func(e account.Entry) error { return st.SetPassword(t.Context(), u, "hash", "", e) }},
		{"RevokeKey", true, func(e account.Entry) error { return st.RevokeKey(t.Context(), Company, k.ID, start(), e) }},
		{"RevokeKey again", false, func(e account.Entry) error { return st.RevokeKey(t.Context(), Company, k.ID, start(), e) }},
		{"Note", true, func(e account.Entry) error { return st.Note(t.Context(), e) }},
	} {
		e := entry("test", tt.name, start())
		if err := tt.call(e); (err == nil) != tt.want {
			t.Errorf("%s = %v, want success: %t", tt.name, err, tt.want)
		}
		got, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Target: tt.name, Limit: 10})
		if err != nil || (len(got) == 1) != tt.want {
			t.Fatalf("%s: Audit = %v, %v, want the entry: %t", tt.name, got, err, tt.want)
		}
		if tt.want && got[0] != e {
			t.Errorf("%s: the entry is %+v, want %+v", tt.name, got[0], e)
		}
	}
}

func testAudit(t *testing.T, st *store.Store) {
	var all []account.Entry
	for i := range 20 {
		e := entry([]string{"hook.change", "hooks", "hook.add", "session.start"}[i%4], []string{"x", "y"}[i%2], start().Add(time.Duration(i)*time.Minute))
		if i%5 == 0 {
			e.Company = ""
		}
		if i%3 == 0 {
			e.Actor = "someone else"
		}
		all = append(all, e)
		if err := st.Note(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Note(t.Context(), account.Entry{Company: Company, Action: "nothing"}); err != nil {
		t.Errorf("Note without an ID = %v, want nothing done", err)
	}
	middle := start().Add(10 * time.Minute)
	for name, tt := range map[string]struct {
		query account.AuditQuery
		want  func(account.Entry) bool
	}{
		"a company's":        {account.AuditQuery{Company: Company}, func(account.Entry) bool { return true }},
		"the operator's own": {account.AuditQuery{}, func(account.Entry) bool { return true }},
		"everyone's":         {account.AuditQuery{Everyone: true, Company: "ignored"}, func(account.Entry) bool { return true }},
		"an action":          {account.AuditQuery{Everyone: true, Action: "hook.add"}, func(e account.Entry) bool { return e.Action == "hook.add" }},
		"a group of actions": {
			account.AuditQuery{Everyone: true, Action: "hook."},
			func(e account.Entry) bool { return e.Action == "hook.add" || e.Action == "hook.change" },
		},
		"no action":    {account.AuditQuery{Everyone: true, Action: "hook"}, func(account.Entry) bool { return false }},
		"an actor":     {account.AuditQuery{Company: Company, Actor: "someone else"}, func(e account.Entry) bool { return e.Actor == "someone else" }},
		"a target":     {account.AuditQuery{Company: Company, Target: "y"}, func(e account.Entry) bool { return e.Target == "y" }},
		"since a time": {account.AuditQuery{Everyone: true, From: middle}, func(e account.Entry) bool { return !e.At.Before(middle) }},
		"up to a time": {account.AuditQuery{Everyone: true, To: middle}, func(e account.Entry) bool { return e.At.Before(middle) }},
	} {
		var want []uuid.UUID
		for _, e := range slices.Backward(all) {
			if (tt.query.Everyone || e.Company == tt.query.Company) && tt.want(e) {
				want = append(want, e.ID)
			}
		}
		if diff := cmp.Diff(want, auditPages(t, st, tt.query)); diff != "" {
			t.Errorf("%s: the entries differ (-want +got):\n%s", name, diff)
		}
	}
}

// auditPages returns the IDs of what all pages of q have, of three entries each.
func auditPages(t *testing.T, st *store.Store, q account.AuditQuery) []uuid.UUID {
	t.Helper()
	var ids []uuid.UUID
	for q.Limit = 3; ; {
		entries, err := st.Audit(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return ids
		}
		for _, e := range entries {
			ids = append(ids, e.ID)
		}
		q.Before = ids[len(ids)-1]
	}
}

func testUncleanText(t *testing.T, st *store.Store) {
	putCompany(t, st, Company)
	const bad = "a\x00b\xff"
	e := entry("session.fail", "", start())
	e.Actor = bad
	if err := st.Note(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Actor: bad, Limit: 2})
	if err != nil || len(got) != 1 || got[0].Actor != "a\uFFFDb\uFFFD" {
		t.Errorf("Audit = %+v, %v, want the entry with what is not text replaced", got, err)
	}
	u := addUser(t, st, Company, "ada@acme.example")
	s := account.Session{ID: NewID(), User: u.ID, Digest: "d", Agent: bad, ExpiresAt: start().Add(far)}
	if err := st.AddSession(t.Context(), s, u, account.Entry{}); err != nil {
		t.Errorf("AddSession = %v, want success", err)
	}
	if _, err := st.UserByEmail(t.Context(), bad, bad); !errors.Is(err, store.ErrNoUser) || hook.FaultOf(err) != hook.Missing {
		t.Errorf("UserByEmail = %v, want %v", err, store.ErrNoUser)
	}
}
