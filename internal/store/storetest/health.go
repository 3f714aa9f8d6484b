package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

//nolint:revive // one story, in its order
func testHealth(t *testing.T, st *store.Store) {
	h, other := AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	at := func(minutes int) time.Time { return start().Add(time.Duration(minutes) * time.Minute) }
	alert := hook.Alert{Company: Company, Kind: hook.HookFailing, Subject: h.ID.String(), Severity: hook.Failure, Text: "fails", German: "scheitert", Level: 1, LastAt: at(1)}
	health := hook.Health{HookID: h.ID, Company: Company, State: hook.CircuitOpen, FailingSince: at(0), LastSuccess: at(-5), NextProbe: at(2), Reason: "answered 503"}
	note := func(n hook.Health, a *hook.Alert) {
		t.Helper()
		if err := st.NoteHealth(t.Context(), n, a); err != nil {
			t.Fatal(err)
		}
	}
	want := func(name string, want ...hook.Health) {
		t.Helper()
		got, err := st.Healths(t.Context(), Company, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, the hook's health differs (-want +got):\n%s", name, diff)
		}
	}
	open := func() int {
		t.Helper()
		as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Kind: hook.HookFailing, Open: true, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(as)
	}
	want("before anything was noted")
	note(health, &alert)
	want("when it opens", health)

	second := health // of another node, which noticed later and knows of no success
	second.FailingSince, second.LastSuccess, second.NextProbe = at(1), time.Time{}, at(4)
	note(second, &alert)
	second.FailingSince, second.LastSuccess = at(0), at(-5)
	want("noted by two nodes", second)
	if n := open(); n != 1 {
		t.Errorf("%d alerts are open, want 1", n)
	}

	foreign := second
	foreign.Company, foreign.Reason = "globex", "by another company"
	note(foreign, nil)
	want("noted for another company", second)
	if all, err := st.Healths(t.Context(), "globex", uuid.Nil); len(all) != 0 || err != nil {
		t.Errorf("another company sees %v, %v, want nothing", all, err)
	}

	worse := alert
	worse.Level, worse.Text = 2, "will be disabled"
	warn := func(want string, count int) {
		t.Helper()
		if err := st.WarnFailing(t.Context(), h.ID, worse); err != nil {
			t.Fatal(err)
		}
		as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Kind: hook.HookFailing, Limit: 10})
		if err != nil || len(as) != 1 || as[0].Text != want || as[0].Count != count {
			t.Errorf("the alerts are %+v, %v, want one that says %q", as, err, want)
		}
	}
	warn("will be disabled", 2)
	warn("will be disabled", 2)

	closed := hook.Health{HookID: h.ID, Company: Company, State: hook.CircuitClosed, LastSuccess: at(9), At: at(9)}
	note(closed, nil)
	closed.At = time.Time{}
	want("when it closes", closed)
	if n := open(); n != 0 {
		t.Errorf("%d alerts are open after it closed, want none", n)
	}
	warn("will be disabled", 2) // nothing, since it works
	if n := open(); n != 0 {
		t.Errorf("%d alerts are open though it works, want none", n)
	}
	health.FailingSince, health.LastSuccess = at(20), at(9)
	note(health, nil)
	want("when it opens again", health)

	second.HookID = other.ID
	note(second, nil)
	closed.HookID, closed.LastSuccess = other.ID, at(30)
	note(closed, nil)
	for minutes, want := range map[int]int{30: 2, 31: 1} {
		if all, err := st.AllHealths(t.Context(), at(minutes)); len(all) != want || err != nil {
			t.Errorf("AllHealths since minute %d = %v, %v, want %d", minutes, all, err, want)
		}
	}
	if err := st.DeleteHook(t.Context(), Company, h.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	want("of a deleted hook")
}
