package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

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
	want.ID, want.Count, want.FirstAt = own[1].ID, 2, at(0)
	if diff := cmp.Diff(want, own[1]); diff != "" {
		t.Errorf("the alert that was raised twice differs (-want +got):\n%s", diff)
	}
	if all := list(hook.AlertQuery{Everyone: true, Kind: hook.CertificateEnds}); len(all) != 3 {
		t.Errorf("there are %d alerts in all, want 3", len(all))
	}
	if next := list(hook.AlertQuery{Company: Company, Before: own[0].ID}); len(next) != 1 || next[0].ID != own[1].ID {
		t.Errorf("the next page is %+v, want the older alert", next)
	}

	for company, hours := range map[string]int{"globex": 6, Company: 7} { // only the company's own counts
		if err := st.CloseAlert(t.Context(), company, own[1].ID, at(hours)); err != nil {
			t.Error(err)
		}
	}
	if err := st.CloseAlert(t.Context(), Company, own[1].ID, at(8)); err != nil {
		t.Error(err)
	}
	if err := st.CloseAlert(t.Context(), Company, uuid.Max, at(8)); err != nil {
		t.Error(err)
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
