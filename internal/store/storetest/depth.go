package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func depthCases() []testCase {
	return []testCase{
		{"what waits is counted by priority", testDepth},
		{"no more than a bound is counted, and that is told", testDepthBound},
		{"commits, cancelled deliveries and the database's errors are told of", testObserver},
	}
}

func testDepth(t *testing.T, st *store.Store) {
	now := start()
	if d, err := st.Depth(t.Context(), now); err != nil || d != (hook.Depth{Whole: true}) {
		t.Errorf("Depth of an empty queue = %+v, %v, want nothing", d, err)
	}
	var hooks []hook.Hook
	for _, change := range []func(*hook.Hook){
		func(h *hook.Hook) { h.Priority = hook.Highest },
		func(*hook.Hook) {},
		func(*hook.Hook) {},
		func(h *hook.Hook) { h.Enabled = false },
	} {
		h := AddHook(t, st, eventType, "https://receiver.example/")
		h.Version++
		change(&h)
		if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		hooks = append(hooks, h)
	}
	for i, due := range []time.Duration{-time.Minute, -time.Second, 0, time.Microsecond, time.Hour} {
		a := Owe(Event(eventType, "1", now), hooks[0], hooks[1+i%2])
		for j := range a.Deliveries {
			a.Deliveries[j].DueAt = now.Add(due)
		}
		accept(t, st, a)
	}
	old := Owe(Event(eventType, "1", now.Add(-time.Hour)), hooks[3]) // nobody sends it
	held := Owe(Event(eventType, "1", now.Add(-time.Hour)), hooks[0])
	held.Deliveries[0].State, held.Deliveries[0].Attempt = hook.Sending, 1
	accept(t, st, old, held)

	want := hook.Depth{Whole: true}
	want.Levels[hook.Highest] = hook.Level{Due: 3, Later: 2, Oldest: now.Add(-time.Minute)}
	want.Levels[hook.Normal] = hook.Level{Due: 4, Later: 2, Oldest: now.Add(-time.Minute)}
	got, err := st.Depth(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Depth (-want +got):\n%s", diff)
	}
}

func testDepthBound(t *testing.T, st *store.Store) {
	const all = 20_100 // of one hook, which may have a fifth of 100,000
	now := start()
	h := AddHook(t, st, eventType, "https://receiver.example/")
	as := make([]hook.Acceptance, 0, all)
	for range all {
		as = append(as, Owe(Event(eventType, "1", now), h))
	}
	accept(t, st, as...)
	got, err := st.Depth(t.Context(), now.Add(time.Second))
	if l := got.Levels[h.Priority]; err != nil || got.Whole || l.Due != 20_000 || l.Later != 0 || l.Oldest.IsZero() {
		t.Errorf("Depth = %+v, %v, want 20000 that are due, and that it isn't all", got, err)
	}
}

// noted is an Observer that notes what it is told.
type noted struct {
	mu                                       sync.Mutex
	commits, rows, callers, broken, failures int
	cancelled                                map[string]int
}

func (n *noted) Committed(callers, rows int, took time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.commits, n.rows, n.callers = n.commits+1, n.rows+rows, n.callers+callers
	if err != nil {
		n.broken++
	}
	if took <= 0 {
		n.broken += 1000
	}
}

func (n *noted) Failed(error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failures++
}

func (n *noted) Cancelled(company string, kind hook.Kind, deliveries int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cancelled[company+" "+string(kind)] += deliveries
}

func testObserver(t *testing.T, st *store.Store) {
	n := &noted{cancelled: make(map[string]int)}
	st.Observe(n)
	now := start()
	h := AddHook(t, st, eventType, "https://receiver.example/")
	accept(t, st, Owe(Event(eventType, "1", now), h), Owe(Event(eventType, "2", now), h))
	bad := Owe(Event(eventType, "3", now), h)
	bad.Deliveries[0].State = "lost"
	if _, err := st.Accept(t.Context(), uuid.Nil, []hook.Acceptance{bad}); err == nil {
		t.Error("a delivery with a state that isn't one was accepted, want an error")
	}
	if n.commits != 2 || n.rows != 3 || n.callers != 2 || n.broken != 1 {
		t.Errorf("told of %d commits with %d rows of %d callers, %d broken; want 2, 3, 2, 1", n.commits, n.rows, n.callers, n.broken)
	}
	by := list(t, st, hook.DeliveryQuery{HookID: h.ID})
	do(t, st, by[0].ID, hook.DoCancel, now)
	runJob(t, st, hook.DoRetry, hook.DeliveryQuery{HookID: h.ID}) // which brings it back
	if diff := cmp.Diff(map[string]int{"acme trigger": 1}, n.cancelled); diff != "" {
		t.Errorf("cancelled deliveries after one was (-want +got):\n%s", diff)
	}
	if err := st.DeleteHook(t.Context(), Company, h.ID, now, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	runJob(t, st, hook.DoCancel, hook.DeliveryQuery{Entity: by[0].Entity})
	if diff := cmp.Diff(map[string]int{"acme trigger": 2}, n.cancelled); diff != "" {
		t.Errorf("cancelled deliveries after a job for one (-want +got):\n%s", diff)
	}
	if _, err := st.CancelDeleted(t.Context(), now, 100); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"acme trigger": 3}, n.cancelled); diff != "" {
		t.Errorf("cancelled deliveries (-want +got):\n%s", diff)
	}
	if err := st.DeleteHook(t.Context(), Company, h.ID, now, account.Entry{}); hook.FaultOf(err) != hook.Missing || n.failures > 0 {
		t.Errorf("deleting it again = %v, told as %d errors; want that it isn't there, which is none", err, n.failures)
	}
	if err := st.AddHook(t.Context(), h, account.Entry{}); err == nil || n.failures != 1 {
		t.Errorf("adding it with the same ID = %v, told as %d errors, want 1", err, n.failures)
	}
}
