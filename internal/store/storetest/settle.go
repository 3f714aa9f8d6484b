package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

var delivered = hook.Verdict{State: hook.Delivered} //nolint:gochecknoglobals // a constant that Go cannot say

func testHeld(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	a := Owe(Event(eventType, "1", start()), h)
	d := &a.Deliveries[0]
	d.State, d.Attempt = hook.Sending, 1
	if _, err := st.Accept(t.Context(), node, []hook.Acceptance{a}); err != nil {
		t.Fatal(err)
	}
	if jobs, _ := claim(t, st, node, start(), h, 10); len(jobs) != 0 {
		t.Errorf("claimed %d deliveries that are held, want none", len(jobs))
	}
	if held := settle(t, st, node, Settlement(*d, 200, delivered, start())); !held[0] {
		t.Error("the node that accepted it doesn't hold it")
	}
}

func testSettle(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	accept(t, st, Owe(Event(eventType, "1", start()), h), Owe(Event(eventType, "2", start()), h))
	jobs, _ := claim(t, st, node, start(), h, 10)
	first := Settlement(jobs[0].Delivery, 200, delivered, start())
	if held := settle(t, st, node, first); !slices.Equal(held, []bool{true}) {
		t.Fatalf("held = %v, want true", held)
	}
	both := settle(t, st, node, first, Settlement(jobs[1].Delivery, 204, delivered, start()))
	if !slices.Equal(both, []bool{false, true}) {
		t.Errorf("held = %v, want false for the one that was settled before", both)
	}
	if held := settle(t, st, NewID(), first); held[0] {
		t.Error("a node that never held it could settle it")
	}
	if jobs, backlogs := claim(t, st, node, start().Add(far), h, 10); len(jobs) != 0 || len(backlogs) != 0 {
		t.Errorf("after settling, %d are due and %d wait, want none", len(jobs), len(backlogs))
	}
}

// However many are settled in one call, each is told of for itself.
func testSettleMany(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for _, n := range []int{1, 2, 3, 9, 43, 63, 64, 100} {
		as := make([]hook.Acceptance, n)
		ss := make([]hook.Settlement, n)
		want := make([]bool, n)
		for i := range as {
			as[i] = Owe(Event(eventType, "1", start()), h)
			d := &as[i].Deliveries[0]
			d.State, d.Attempt = hook.Sending, 1
			ss[i] = Settlement(*d, 200+i, delivered, start())
			if want[i] = i%3 != 1; !want[i] {
				ss[i].Attempt.Number = 2 // of an attempt that was never begun
			}
		}
		if _, err := st.Accept(t.Context(), node, as); err != nil {
			t.Fatal(err)
		}
		if held := settle(t, st, node, ss...); !slices.Equal(held, want) {
			t.Errorf("of %d, held = %v, want %v", n, held, want)
		}
		for i := range as {
			d, err := st.Delivery(t.Context(), Company, as[i].Deliveries[0].ID)
			if err != nil || (d.State == hook.Delivered) != want[i] || want[i] && d.Status != 200+i {
				t.Errorf("of %d, delivery %d is %s with status %d, %v; want it delivered: %t", n, i, d.State, d.Status, err, want[i])
			}
		}
	}
}

// Settlements that are committed together raise one alert for each matter.
func testSettleAlerts(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for range 5 {
		accept(t, st, Owe(Event(eventType, "1", start()), h))
	}
	jobs, _ := claim(t, st, node, start(), h, 10)
	var ss []hook.Settlement
	for i, j := range jobs {
		s := Settlement(j.Delivery, 404, hook.Verdict{State: hook.Failed, Reason: "no"}, start())
		s.Alert = &hook.Alert{
			Company: Company, Kind: hook.DeliveryFailed, Subject: []string{"a", "b"}[i/4], Severity: hook.Failure,
			Text: fmt.Sprintf("failed %d", i), German: "fehlgeschlagen", LastAt: start(),
		}
		ss = append(ss, s)
	}
	settle(t, st, node, ss[:3]...)
	settle(t, st, node, ss[3:]...)
	as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Open: true, Limit: 10})
	if err != nil || len(as) != 2 {
		t.Fatalf("there are %d alerts, %v, want 2", len(as), err)
	}
	if as[0].Subject != "b" || as[0].Count != 1 || as[1].Subject != "a" || as[1].Count != 4 || as[1].Text != "failed 3" {
		t.Errorf("the alerts are %+v, want b once and a four times, with the words of the last", as)
	}
}

func testRetry(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	j := claimOne(t, st, node, start(), h)
	due := start().Add(time.Minute)
	settle(t, st, node, Settlement(j.Delivery, 503, hook.Verdict{State: hook.Waiting, DueAt: due, Reason: "busy"}, start()))

	jobs, backlogs := claim(t, st, node, due.Add(-time.Microsecond), h, 10)
	if want := []hook.Backlog{{HookID: h.ID, DueAt: due}}; len(jobs) != 0 || !slices.Equal(backlogs, want) {
		t.Errorf("Claim before it is due = %v, %v, want none, %v", jobs, backlogs, want)
	}
	j = claimOne(t, st, node, due, h)
	if j.Delivery.Attempt != 2 || j.Delivery.Reason != "busy" || j.Delivery.Status != 503 {
		t.Errorf("delivery = %+v, want attempt 2 after 503 busy", j.Delivery)
	}
}

func testTakeOver(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	dead, live := join(t, st), NewID()
	later := start().Add(far)
	if err := st.Join(t.Context(), live, later, later.Add(far)); err != nil {
		t.Fatal(err)
	}
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	old := claimOne(t, st, dead, start(), h)

	if n, err := st.TakeOver(t.Context(), later, 10); n != 1 || err != nil {
		t.Fatalf("TakeOver = %d, %v, want 1", n, err)
	}
	late := Settlement(old.Delivery, 200, delivered, start())
	if held := settle(t, st, dead, late); held[0] {
		t.Error("the dead node settled what was taken over")
	}
	j := claimOne(t, st, live, later, h)
	if j.Delivery.ID != old.Delivery.ID || j.Delivery.Attempt != 2 {
		t.Errorf("took over %s attempt %d, want %s attempt 2", j.Delivery.ID, j.Delivery.Attempt, old.Delivery.ID)
	}
	if held := settle(t, st, dead, late); held[0] {
		t.Error("the dead node settled what another holds")
	}
	if held := settle(t, st, live, Settlement(j.Delivery, 200, delivered, later)); !held[0] {
		t.Error("the live node doesn't hold what it took over")
	}
}

func testLiveNode(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	claimOne(t, st, node, start(), h)
	for _, now := range []time.Time{start(), start().Add(far - time.Microsecond)} {
		if n, err := st.TakeOver(t.Context(), now, 10); n != 0 || err != nil {
			t.Errorf("TakeOver = %d, %v, want none", n, err)
		}
	}
	if err := st.Leave(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	if n, err := st.TakeOver(t.Context(), start(), 10); n != 1 || err != nil {
		t.Errorf("TakeOver after the node left = %d, %v, want 1", n, err)
	}
}

func testAbandoned(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	for n := 1; n <= 11; n++ {
		node := join(t, st)
		if j := claimOne(t, st, node, start(), h); j.Delivery.Attempt != n {
			t.Errorf("attempt = %d, want %d: those that were abandoned count", j.Delivery.Attempt, n)
		}
		if err := st.Leave(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		if n, err := st.TakeOver(t.Context(), start(), 10); n != 1 || err != nil {
			t.Fatalf("TakeOver = %d, %v, want 1", n, err)
		}
	}
	if jobs, _ := claim(t, st, join(t, st), start().Add(59*time.Minute), h, 1); len(jobs) != 0 {
		t.Error("what may stop nodes is due again within an hour after its eleventh attempt")
	}
	claimOne(t, st, join(t, st), start().Add(time.Hour), h)
}

func testHandBack(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	j := claimOne(t, st, node, start(), h)
	for range 2 { // the second time it is not held any more
		if err := st.HandBack(t.Context(), node, []hook.Delivery{j.Delivery}); err != nil {
			t.Fatal(err)
		}
	}
	if again := claimOne(t, st, node, start(), h); again.Delivery.Attempt != 1 {
		t.Errorf("attempt = %d after it was handed back, want 1", again.Delivery.Attempt)
	}
}

func testLease(t *testing.T, st *store.Store) {
	node := join(t, st)
	end := start().Add(far)
	if err := st.Renew(t.Context(), node, end.Add(-time.Second), end.Add(far)); err != nil {
		t.Errorf("Renew in time = %v, want nil", err)
	}
	end = end.Add(far)
	if err := st.Renew(t.Context(), node, end, end.Add(far)); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("Renew too late = %v, want %v", err, store.ErrLeaseLost)
	}
	if err := st.Renew(t.Context(), NewID(), start(), end); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("Renew by a stranger = %v, want %v", err, store.ErrLeaseLost)
	}
}

func testBacklogs(t *testing.T, st *store.Store) {
	h, idle := AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	for _, p := range []hook.Priority{hook.Lowest, hook.High} {
		a := Owe(Event(eventType, "1", start().Add(time.Duration(p)*time.Second)), h)
		a.Deliveries[0].Priority = p
		accept(t, st, a)
	}
	got, err := st.Backlogs(t.Context(), []uuid.UUID{idle.ID, h.ID})
	if want := []hook.Backlog{{HookID: h.ID, DueAt: start()}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Backlogs = %v, %v, want %v", got, err, want)
	}
}
