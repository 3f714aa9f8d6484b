package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func testHooks(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	before := st.Directory()
	h.Version, h.URL, h.Priority, h.Enabled = 2, "https://new.example/", hook.High, false
	h.Auth = hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "hidden", SetAt: start()}
	h.EventTypes = []string{eventType, "ProductChanged"}
	h.CreatedAt, h.UpdatedAt = h.CreatedAt.UTC().Truncate(time.Microsecond), start()
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	after := st.Directory()
	if diff := cmp.Diff(&h, after.Hooks[h.ID]); diff != "" {
		t.Errorf("the stored hook differs (-want +got):\n%s", diff)
	}
	if after.Version <= before.Version || before.Hooks[h.ID].Version != 1 {
		t.Error("the directory that was read before has changed, or has no older version")
	}
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); !errors.Is(err, store.ErrHookChanged) {
		t.Errorf("ChangeHook with a version that is there = %v, want %v", err, store.ErrHookChanged)
	}
	h.ID, h.Version, h.Company = NewID(), 1, "nobody"
	if err := st.AddHook(t.Context(), h, account.Entry{}); !errors.Is(err, store.ErrNoCompany) {
		t.Errorf("AddHook to no company = %v, want %v", err, store.ErrNoCompany)
	}
}

func testDeleted(t *testing.T, st *store.Store) {
	h, kept := AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	node := join(t, st)
	for range 3 {
		accept(t, st, Owe(Event(eventType, "1", start()), h, kept))
	}
	claimed, _ := claim(t, st, node, start(), h, 1)
	if err := st.DeleteHook(t.Context(), Company, h.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if st.Directory().Hooks[h.ID] != nil {
		t.Error("the deleted hook is in the directory")
	}
	for _, want := range []int{1, 1, 0} {
		if n, err := st.CancelDeleted(t.Context(), start(), 1); n != want || err != nil {
			t.Errorf("CancelDeleted = %d, %v, want %d", n, err, want)
		}
	}
	if held := settle(t, st, node, Settlement(claimed[0].Delivery, 200, delivered, start())); !held[0] {
		t.Error("the delivery that was being sent was cancelled")
	}
	if jobs, _ := claim(t, st, node, start(), kept, 10); len(jobs) != 3 {
		t.Errorf("the other hook is owed %d deliveries, want 3", len(jobs))
	}
	if err := st.DeleteHook(t.Context(), Company, h.ID, start(), account.Entry{}); !errors.Is(err, store.ErrNoHook) {
		t.Errorf("DeleteHook again = %v, want %v", err, store.ErrNoHook)
	}
}

func testForeignHook(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	if err := st.DeleteHook(t.Context(), "globex", h.ID, start(), account.Entry{}); !errors.Is(err, store.ErrNoHook) {
		t.Errorf("DeleteHook = %v, want %v", err, store.ErrNoHook)
	}
	h.Company, h.Version = "globex", 2
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); !errors.Is(err, store.ErrHookChanged) {
		t.Errorf("ChangeHook = %v, want %v", err, store.ErrHookChanged)
	}
	if got := st.Directory().Hooks[h.ID]; got == nil || got.Version != 1 {
		t.Errorf("the hook is %+v, want it unchanged", got)
	}
}

func testSetting(t *testing.T, st *store.Store) {
	for _, tt := range []struct{ value, want string }{{"first", "first"}, {"second", "first"}} {
		if got, err := st.SetOnce(t.Context(), "name", tt.value); got != tt.want || err != nil {
			t.Errorf("SetOnce(%s) = %s, %v, want %s", tt.value, got, err, tt.want)
		}
	}
	if got, err := st.Setting(t.Context(), "nosuch"); got != "" || err != nil {
		t.Errorf("Setting(nosuch) = %q, %v, want none", got, err)
	}
}
