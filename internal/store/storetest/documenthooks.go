package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

// documentHooks returns new document hooks of a company.
func documentHooks(company string, a hook.Auth) []hook.Hook {
	var hs []hook.Hook
	for _, name := range hook.DocumentTypes() {
		hs = append(hs, hook.Hook{
			ID: NewID(), Company: company, Kind: hook.Documents, Version: 1, Title: name, EventTypes: []string{name},
			Pending: true, Auth: a, Priority: hook.Normal, CreatedAt: start(), UpdatedAt: start(),
		})
	}
	return hs
}

func testDocumentHooks(t *testing.T, st *store.Store) {
	AddHook(t, st, "ORDER", "https://trigger.example/") // which is no document hook
	hs := documentHooks(Company, hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "hidden"})
	put := func(hs []hook.Hook) error {
		return st.PutDocumentHooks(t.Context(), Company, hs, account.Entry{ID: NewID(), At: start(), Company: Company, Action: "put"})
	}
	if err := put(hs); err != nil {
		t.Fatal(err)
	}
	got := st.Directory().DocumentHooks(Company)
	for i := range hs {
		hs[i].Auth.SetAt = start()
		if diff := cmp.Diff(&hs[i], got[hs[i].EventTypes[0]]); diff != "" {
			t.Errorf("a stored hook differs (-want +got):\n%s", diff)
		}
	}
	if err := put(documentHooks(Company, hook.Auth{})); !errors.Is(err, store.ErrHookChanged) {
		t.Errorf("putting others beside them = %v, want %v", err, store.ErrHookChanged)
	}
	for i := range hs {
		hs[i].Version, hs[i].URL, hs[i].Enabled, hs[i].Pending = 2, "https://new.example/", true, false
		hs[i].UpdatedAt = start().Add(time.Hour)
	}
	hs[3].Version = 3 // which nobody has stored
	if err := put(hs); !errors.Is(err, store.ErrHookChanged) {
		t.Errorf("putting an older state of one of them = %v, want %v", err, store.ErrHookChanged)
	}
	if got := st.Directory().DocumentHooks(Company); len(got) != len(hs) || got["ORDER"].Version != 1 || got["ORDER"].URL != "" {
		t.Errorf("the hooks are %+v, want them unchanged", got)
	}
	hs[3].Version = 2
	if err := put(hs); err != nil {
		t.Fatal(err)
	}
	for _, h := range st.Directory().DocumentHooks(Company) {
		if h.Version != 2 || !h.Enabled || h.Pending || string(h.Auth.Secret) != "hidden" || !h.Auth.SetAt.Equal(start()) {
			t.Errorf("the hook is %+v, want its second version with the same secret", h)
		}
	}
	es, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Action: "put", Limit: 9})
	if err != nil || len(es) != 2 {
		t.Errorf("%d entries are in the log, %v, want one for each change that was made", len(es), err)
	}
	if err := st.PutDocumentHooks(t.Context(), "nobody", documentHooks("nobody", hook.Auth{}), account.Entry{}); !errors.Is(err, store.ErrNoCompany) {
		t.Errorf("putting those of no company = %v, want %v", err, store.ErrNoCompany)
	}
}

func testDocumentHooksTogether(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://trigger.example/")
	const savers = 4
	for range 3 {
		stored := st.Directory().DocumentHooks(Company)
		errs := make(chan error, savers)
		for i := range savers {
			hs := documentHooks(Company, hook.Auth{Kind: hook.BasicAuth, User: strconv.Itoa(i)})
			for j := range hs {
				if old := stored[hs[j].EventTypes[0]]; old != nil {
					hs[j].ID, hs[j].Version = old.ID, old.Version+1
				}
			}
			go func() { errs <- st.PutDocumentHooks(t.Context(), Company, hs, account.Entry{}) }()
		}
		saved := 0
		for range savers {
			switch err := <-errs; {
			case err == nil:
				saved++
			case !errors.Is(err, store.ErrHookChanged):
				t.Errorf("PutDocumentHooks = %v, want nil or %v", err, store.ErrHookChanged)
			}
		}
		users := make(map[string]int)
		for _, h := range st.Directory().DocumentHooks(Company) {
			users[h.Auth.User]++
		}
		if saved != 1 || len(users) != 1 {
			t.Errorf("%d of %d that saved together did, and the hooks have the users %v, want one, and one for all", saved, savers, users)
		}
	}
}

func testTests(t *testing.T, st *store.Store) {
	for _, company := range []string{Company, "globex"} {
		c := trade.Company{ID: company, Name: company, TimeZone: "UTC", CreatedAt: start()}
		if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
	want := hook.Test{
		ID: NewID(), Company: Company, Kind: hook.Documents, HookID: NewID(), EventType: "INVOICE", By: "kim@acme.example",
		Attempt: hook.Attempt{
			Number: 1, HookVersion: 3, StartedAt: start(), Method: "POST", URL: "https://receiver.example/",
			RequestHead: "Webhook-Test: true\n", BodySize: 2, BodySHA256: [32]byte{1}, Status: 410, ResponseHead: "Date: now\n",
			ResponseBody: []byte("gone"), Reason: "in words", TLS: "TLS 1.3",
			Took: hook.Timing{DNS: 1000, Connect: 2000, TLS: 3000, FirstByte: 4000, Total: 5000},
		},
		Verdict: hook.Verdict{State: hook.Failed, Disable: true, Reason: "it is gone"},
	}
	add := func(x hook.Test) {
		t.Helper()
		if err := st.AddTest(t.Context(), x, account.Entry{ID: NewID(), At: start(), Company: x.Company, Action: "tested"}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(company string, kind hook.Kind, before uuid.UUID, limit int) []hook.Test {
		t.Helper()
		ts, err := st.Tests(t.Context(), hook.TestQuery{Company: company, Kind: kind, Before: before, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	add(want)
	if diff := cmp.Diff([]hook.Test{want}, list(Company, hook.Documents, uuid.Nil, 10)); diff != "" {
		t.Errorf("the stored test differs (-want +got):\n%s", diff)
	}
	unsent := hook.Test{ID: NewID(), Company: "globex", Kind: hook.Documents, EventType: "ORDER", Verdict: hook.Verdict{State: hook.Waiting}}
	unsent.Attempt = hook.Attempt{Number: 1, StartedAt: start(), Error: hook.BadRender}
	add(unsent)
	if diff := cmp.Diff([]hook.Test{unsent}, list("globex", hook.Documents, uuid.Nil, 10), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the stored test of another company differs (-want +got):\n%s", diff)
	}
	other := want
	other.ID, other.Kind = NewID(), hook.Trigger
	add(other)
	for i := range hook.KeptTests {
		next := want
		next.ID, next.By = NewID(), fmt.Sprint("number ", i)
		add(next)
	}
	all := list(Company, hook.Documents, uuid.Nil, 2*hook.KeptTests)
	if len(all) != hook.KeptTests || all[0].By != "number 99" || all[99].By != "number 0" {
		t.Errorf("%d tests are there, want the latest %d, newest first", len(all), hook.KeptTests)
	}
	if page := list(Company, hook.Documents, all[1].ID, 2); len(page) != 2 || page[0].By != "number 97" {
		t.Errorf("the page after the second test = %+v, want the third and fourth", page)
	}
	if len(list(Company, hook.Trigger, uuid.Nil, 9)) != 1 || len(list("globex", hook.Documents, uuid.Nil, 9)) != 1 {
		t.Error("tests of another kind of hook or company were forgotten")
	}
	if err := st.AddTest(t.Context(), hook.Test{ID: NewID(), Company: "nobody"}, account.Entry{}); !errors.Is(err, store.ErrNoCompany) {
		t.Errorf("AddTest of no company = %v, want %v", err, store.ErrNoCompany)
	}
}
