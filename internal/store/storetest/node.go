package storetest

import (
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// testHandBackMany hands back what the node holds together with what it has
// settled and what another node holds.
func testHandBackMany(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node, other := join(t, st), join(t, st)
	for range 6 {
		accept(t, st, Owe(Event(eventType, "1", start()), h))
	}
	mine, _ := claim(t, st, node, start(), h, 4)
	others, _ := claim(t, st, other, start(), h, 2)
	settle(t, st, node, Settlement(mine[0].Delivery, 200, delivered, start()))

	var ds []hook.Delivery
	for _, j := range append(mine, others...) {
		ds = append(ds, j.Delivery)
	}
	if err := st.HandBack(t.Context(), node, ds); err != nil {
		t.Fatal(err)
	}
	if err := st.HandBack(t.Context(), node, nil); err != nil {
		t.Errorf("HandBack of nothing = %v, want nil", err)
	}
	again, _ := claim(t, st, other, start(), h, 10)
	if len(again) != 3 {
		t.Errorf("%d deliveries wait after they were handed back, want the 3 that the node held", len(again))
	}
	for _, j := range again {
		if j.Delivery.Attempt != 1 {
			t.Errorf("%s is at attempt %d, want 1", j.Delivery.ID, j.Delivery.Attempt)
		}
	}
	for i, ok := range settle(t, st, other, settlements(others)...) {
		if !ok {
			t.Errorf("%s was handed back by a node that doesn't hold it", others[i].Delivery.ID)
		}
	}
}

// testTakeOverMany takes over in two steps what a dead node held, some of which
// it had recorded an attempt of.
func testTakeOverMany(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	dead := join(t, st)
	for range 5 {
		accept(t, st, Owe(Event(eventType, "1", start()), h))
	}
	jobs, _ := claim(t, st, dead, start(), h, 10)
	settle(t, st, NewID(), Settlement(jobs[0].Delivery, 200, delivered, start())) // only the attempt is recorded
	if err := st.Leave(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{3, 2, 0} {
		if n, err := st.TakeOver(t.Context(), start(), 3); n != want || err != nil {
			t.Errorf("TakeOver = %d, %v, want %d", n, err, want)
		}
	}
	for i, j := range jobs {
		attempts, err := st.Attempts(t.Context(), Company, j.Delivery.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := hook.Abandoned
		if i == 0 {
			want = hook.NoError
		}
		if len(attempts) != 1 || attempts[0].Number != 1 || attempts[0].Error != want {
			t.Errorf("attempts of delivery %d = %+v, want one with error %q", i, attempts, want)
		}
	}
}

// settlements returns that all of jobs were delivered.
func settlements(jobs []hook.Job) []hook.Settlement {
	ss := make([]hook.Settlement, len(jobs))
	for i, j := range jobs {
		ss[i] = Settlement(j.Delivery, 200, delivered, start())
	}
	return ss
}
