package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func testAlerts(t *testing.T, st *store.Store) {
	at := func(hours int) time.Time { return start().Add(time.Duration(hours) * time.Hour) }
	of := func(company, subject string, level, hours int) hook.Alert {
		return hook.Alert{
			Company: company, Kind: hook.CertificateEnds, Subject: subject, Severity: hook.Warning,
			Text: "look", German: "schau", Level: level, LastAt: at(hours),
		}
	}
	for _, tt := range []struct {
		alert hook.Alert
		want  bool
	}{
		{of(Company, "a", 1, 0), true},
		{of(Company, "a", 1, 1), false},
		{of(Company, "a", 2, 2), true},
		{of(Company, "a", 1, 3), false},
		{of(Company, "b", 1, 4), true},
		{of("globex", "a", 1, 5), true},
	} {
		if got, err := st.RaiseAlert(t.Context(), tt.alert); got != tt.want || err != nil {
			t.Errorf("RaiseAlert(%+v) = %t, %v, want %t", tt.alert, got, err, tt.want)
		}
	}
	list := func(q hook.AlertQuery) []hook.Alert {
		t.Helper()
		q.Limit = 10
		as, err := st.Alerts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return as
	}
	own := list(hook.AlertQuery{Company: Company, Open: true})
	if len(own) != 2 {
		t.Fatalf("the company has %d alerts, want 2", len(own))
	}
	want := of(Company, "a", 2, 2)
	want.ID, want.Count, want.Turn, want.FirstAt = own[1].ID, 2, 2, at(0)
	if diff := cmp.Diff(want, own[1]); diff != "" {
		t.Errorf("the alert that was raised twice differs (-want +got):\n%s", diff)
	}
	if all := list(hook.AlertQuery{Everyone: true, Kind: hook.CertificateEnds}); len(all) != 3 {
		t.Errorf("there are %d alerts in all, want 3", len(all))
	}
	if next := list(hook.AlertQuery{Company: Company, Before: own[0].ID}); len(next) != 1 || next[0].ID != own[1].ID {
		t.Errorf("the next page is %+v, want the older alert", next)
	}

	foreign, older, none := own[1], own[1], own[1]
	foreign.Company, older.Count, none.ID = "globex", 1, uuid.Max
	for i, a := range []hook.Alert{foreign, older, own[1], own[1], none} { // only the company's own counts, as it is
		if err := st.CloseAlert(t.Context(), a, at(5+i)); err != nil {
			t.Error(err)
		}
	}
	if closed := list(hook.AlertQuery{Company: Company})[1]; !closed.ClosedAt.Equal(at(7)) {
		t.Errorf("closed at %v, want %v", closed.ClosedAt, at(7))
	}
	if raised, err := st.RaiseAlert(t.Context(), of(Company, "a", 1, 9)); !raised || err != nil {
		t.Errorf("RaiseAlert after it was closed = %t, %v, want another one", raised, err)
	}
	if n := len(list(hook.AlertQuery{Company: Company})); n != 3 {
		t.Errorf("there are %d alerts, want 3", n)
	}
}

// testAcknowledge is about what people do with alerts.
func testAcknowledge(t *testing.T, st *store.Store) {
	raise := func(level int, severity hook.Severity) hook.Alert {
		t.Helper()
		_, err := st.RaiseAlert(t.Context(), hook.Alert{
			Company: Company, Kind: hook.DeliveryFailed, Subject: "h", Severity: severity, Text: "look", German: "schau", Level: level, LastAt: start(),
		})
		if err != nil {
			t.Fatal(err)
		}
		as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Limit: 1})
		if err != nil || len(as) != 1 {
			t.Fatalf("Alerts = %v, %v, want one", as, err)
		}
		return as[0]
	}
	kim := hook.Acknowledgement{By: "kim@acme.example", At: start().Add(time.Minute), Note: "I call them"}
	acknowledge := func(id uuid.UUID) {
		t.Helper()
		a, err := st.AcknowledgeAlert(t.Context(), Company, id, kim, account.Entry{})
		if err != nil || a.State() != hook.AlertAcknowledged || a.Acknowledged != kim {
			t.Fatalf("AcknowledgeAlert = %+v, %v, want it acknowledged", a, err)
		}
	}
	first := raise(0, hook.Warning)
	acknowledge(first.ID)
	if a := raise(0, hook.Warning); a.Acknowledged != kim || a.Count != 2 {
		t.Errorf("raised again it is %+v, want it acknowledged still", a)
	}
	if a := raise(0, hook.Failure); a.State() != hook.AlertOpen || a.Acknowledged != (hook.Acknowledgement{}) || a.Severity != hook.Failure {
		t.Errorf("when it is severer it is %+v, want it open", a)
	}
	acknowledge(first.ID)
	if a := raise(0, hook.Warning); a.State() != hook.AlertAcknowledged || a.Severity != hook.Failure {
		t.Errorf("after a lesser one it is %+v, want it acknowledged and as severe as before", a)
	}
	if a := raise(1, hook.Warning); a.State() != hook.AlertOpen || a.Level != 1 {
		t.Errorf("of a higher level it is %+v, want it open", a)
	}

	if _, err := st.AcknowledgeAlert(t.Context(), "globex", first.ID, kim, account.Entry{}); !errors.Is(err, store.ErrNoAlert) {
		t.Errorf("another company's = %v, want ErrNoAlert", err)
	}
	if _, err := st.Alert(t.Context(), "globex", first.ID); !errors.Is(err, store.ErrNoAlert) {
		t.Errorf("another company's = %v, want ErrNoAlert", err)
	}
	closed, err := st.CloseAlertBy(t.Context(), Company, first.ID, "kim", start().Add(time.Hour), account.Entry{})
	if err != nil || closed.State() != hook.AlertClosed || closed.ClosedBy != "kim" {
		t.Errorf("CloseAlertBy = %+v, %v, want it closed", closed, err)
	}
	if got, err := st.Alert(t.Context(), Company, first.ID); err != nil || cmp.Diff(closed, got) != "" {
		t.Errorf("Alert = %+v, %v, want %+v", got, err, closed)
	}
	if _, err := st.AcknowledgeAlert(t.Context(), Company, first.ID, kim, account.Entry{}); !errors.Is(err, store.ErrAlertClosed) {
		t.Errorf("acknowledging a closed one = %v, want ErrAlertClosed", err)
	}
	if a := raise(0, hook.Warning); a.ID == first.ID || a.State() != hook.AlertOpen || a.Severity != hook.Warning {
		t.Errorf("raised after it was closed it is %+v, want another one, open", a)
	}
	for q, want := range map[hook.AlertQuery]int{
		{State: hook.AlertOpen}: 1, {State: hook.AlertAcknowledged}: 0, {State: hook.AlertClosed}: 1, {Open: true}: 1,
		{Severity: hook.Failure}: 1, {Severity: hook.Information}: 0, {Subject: "h"}: 2, {Subject: "x"}: 0, {Kind: hook.HookDisabled}: 0,
	} {
		q.Company, q.Limit = Company, 10
		if as, err := st.Alerts(t.Context(), q); err != nil || len(as) != want {
			t.Errorf("Alerts(%+v) = %d, %v, want %d", q, len(as), err, want)
		}
	}
}

// testTroubled is about hooks that have something that has failed.
func testTroubled(t *testing.T, st *store.Store) {
	h, other := AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	node := join(t, st)
	expect := func(when string, want bool) {
		t.Helper()
		if got, err := st.Troubled(t.Context(), h.ID); err != nil || got != want {
			t.Errorf("%s, Troubled = %t, %v, want %t", when, got, err, want)
		}
		if got, err := st.Troubled(t.Context(), other.ID); err != nil || got {
			t.Errorf("%s, Troubled of another hook = %t, %v, want false", when, got, err)
		}
	}
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	expect("when a delivery waits for its first attempt", false)
	j := claimOne(t, st, node, start(), h)
	expect("during the first attempt", false)
	settle(t, st, node, Settlement(j.Delivery, 503, hook.Verdict{State: hook.Waiting, DueAt: start().Add(time.Minute)}, start()))
	expect("when it waits for the second", true)
	j = claimOne(t, st, node, start().Add(time.Minute), h)
	expect("during the second", true)
	settle(t, st, node, Settlement(j.Delivery, 200, hook.Verdict{State: hook.Delivered}, start().Add(time.Minute)))
	expect("when it is delivered", false)
	accept(t, st, Owe(Event(eventType, "2", start()), h))
	settle(t, st, node, Settlement(claimOne(t, st, node, start(), h).Delivery, 404, hook.Verdict{State: hook.Failed}, start()))
	expect("when one has failed", true)
}
