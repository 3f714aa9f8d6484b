package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// groupHook adds a hook whose deliveries wait for each other as q says.
func groupHook(t *testing.T, st *store.Store, q hook.Queue) hook.Hook {
	t.Helper()
	h := AddHook(t, st, eventType, "https://receiver.example/")
	h.Queue = q
	return h
}

// oweTo accepts an event of an entity for a hook and returns the delivery.
func oweTo(t *testing.T, st *store.Store, h hook.Hook, entity string, at time.Time) hook.Delivery {
	t.Helper()
	a := Owe(Event(eventType, entity, at), h)
	accept(t, st, a)
	return a.Deliveries[0]
}

// wantDelivery reads a delivery and compares its state and how many events it
// stands for.
func wantDelivery(t *testing.T, st *store.Store, id uuid.UUID, state hook.State, events int) hook.Delivery {
	t.Helper()
	d, err := st.Delivery(t.Context(), Company, id)
	if err != nil {
		t.Fatal(err)
	}
	if d.State != state || d.Events != events {
		t.Errorf("delivery %s is %s for %d events, want %s for %d", id, d.State, d.Events, state, events)
	}
	return d
}

func again(at time.Time) hook.Verdict {
	return hook.Verdict{State: hook.Waiting, DueAt: at, Reason: "busy"}
}

func testAgeing(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	owe := func(p hook.Priority, after time.Duration) uuid.UUID {
		a := Owe(Event(eventType, "1", start().Add(after)), h)
		a.Deliveries[0].Priority = p
		accept(t, st, a)
		return a.Deliveries[0].ID
	}
	levels := hook.Ageing * time.Duration(hook.Highest-hook.Lowest)
	second := owe(hook.Lowest, 0)
	first := owe(hook.Highest, levels-time.Second)
	third := owe(hook.Highest, levels+time.Second)
	var got []uuid.UUID
	for range 3 {
		jobs, _ := claim(t, st, node, start().Add(levels+time.Minute), h, 1)
		for _, j := range jobs {
			got = append(got, j.Delivery.ID)
		}
	}
	if want := []uuid.UUID{first, second, third}; !slices.Equal(got, want) {
		t.Errorf("claimed %v, want %v: the lowest before a highest that came four levels' ageing later", got, want)
	}
}

func testUnique(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true})
	node := join(t, st)
	first := oweTo(t, st, h, "1", start())
	second := oweTo(t, st, h, "1", start().Add(time.Second))
	other := oweTo(t, st, h, "2", start())
	d := wantDelivery(t, st, first.ID, hook.Waiting, 2)
	if d.EventID != second.EventID || !d.DueAt.Equal(first.DueAt) {
		t.Errorf("it is due at %s with event %s, want %s with the newest, %s", d.DueAt, d.EventID, first.DueAt, second.EventID)
	}
	if merged := wantDelivery(t, st, second.ID, hook.Merged, 1); merged.MergedInto != first.ID {
		t.Errorf("it was merged into %s, want %s", merged.MergedInto, first.ID)
	}
	wantDelivery(t, st, other.ID, hook.Waiting, 1)

	jobs, _ := claim(t, st, node, start(), h, 10)
	if len(jobs) != 2 || jobs[0].Event.ID != second.EventID {
		t.Fatalf("claimed %+v, want two, the first with the newest event", jobs)
	}
	third := oweTo(t, st, h, "1", start().Add(time.Minute)) // one in flight doesn't count
	wantDelivery(t, st, third.ID, hook.Waiting, 1)
	settle(t, st, node, grouped(jobs[0], 200, delivered))
	wantDelivery(t, st, first.ID, hook.Delivered, 2)
	wantDelivery(t, st, third.ID, hook.Waiting, 1)
}

// grouped settles a job as the engine does for a unique or ordered hook.
func grouped(j hook.Job, status int, v hook.Verdict) hook.Settlement {
	s := Settlement(j.Delivery, status, v, start())
	s.Grouped = &j.Delivery
	return s
}

func testUniqueTogether(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true})
	for _, n := range []int{3, 100} { // as a few and as many rows
		entity := fmt.Sprint("of ", n)
		as := make([]hook.Acceptance, n)
		for i := range as {
			as[i] = Owe(Event(eventType, entity, start()), h)
		}
		accept(t, st, as...)
		d := wantDelivery(t, st, as[0].Deliveries[0].ID, hook.Waiting, n)
		if d.EventID != as[n-1].Event.ID {
			t.Errorf("of %d, event %s is to be told, want the last", n, d.EventID)
		}
		for _, a := range as[1:] {
			wantDelivery(t, st, a.Deliveries[0].ID, hook.Merged, 1)
		}
	}
}

func testUniqueAgain(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true})
	node := join(t, st)
	first := oweTo(t, st, h, "1", start())
	j := claimOne(t, st, node, start(), h)
	second := oweTo(t, st, h, "1", start())
	if held := settle(t, st, NewID(), grouped(j, 503, again(start().Add(time.Minute)))); held[0] {
		t.Error("a node that never held it settled it")
	}
	wantDelivery(t, st, second.ID, hook.Waiting, 1) // what a late node says changes nothing
	settle(t, st, node, grouped(j, 503, again(start().Add(time.Minute))))

	d := wantDelivery(t, st, first.ID, hook.Waiting, 2)
	if d.EventID != second.EventID || d.Attempt != 1 {
		t.Errorf("it waits with event %s after attempt %d, want the newest after the first", d.EventID, d.Attempt)
	}
	if d := wantDelivery(t, st, second.ID, hook.Merged, 1); d.MergedInto != first.ID {
		t.Errorf("merged into %s, want %s", d.MergedInto, first.ID)
	}
	if j = claimOne(t, st, node, start().Add(time.Minute), h); j.Event.ID != second.EventID || j.Delivery.Attempt != 2 {
		t.Errorf("claimed event %s for attempt %d, want the newest for the second", j.Event.ID, j.Delivery.Attempt)
	}
}

func testUniqueGivenBack(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true})
	dead := join(t, st)
	first := oweTo(t, st, h, "1", start())
	j := claimOne(t, st, dead, start(), h)
	oweTo(t, st, h, "1", start())
	if err := st.HandBack(t.Context(), dead, []hook.Delivery{j.Delivery}); err != nil {
		t.Fatal(err)
	}
	wantDelivery(t, st, first.ID, hook.Waiting, 2)
	claimOne(t, st, dead, start(), h)
	last := oweTo(t, st, h, "1", start())
	if n, err := st.TakeOver(t.Context(), start().Add(far), 10); n != 1 || err != nil {
		t.Fatalf("TakeOver = %d, %v, want 1", n, err)
	}
	if d := wantDelivery(t, st, first.ID, hook.Waiting, 3); d.EventID != last.EventID {
		t.Errorf("it waits with event %s, want the newest, %s", d.EventID, last.EventID)
	}
}

func testUniqueBothFail(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true})
	node := join(t, st)
	first := oweTo(t, st, h, "1", start())
	j1 := claimOne(t, st, node, start(), h)
	second := oweTo(t, st, h, "1", start())
	j2 := claimOne(t, st, node, start(), h)
	later := again(start().Add(time.Minute))
	if held := settle(t, st, node, grouped(j1, 503, later), grouped(j2, 503, later)); !slices.Equal(held, []bool{true, true}) {
		t.Fatalf("held = %v, want both", held)
	}
	wantDelivery(t, st, first.ID, hook.Merged, 1)
	if d := wantDelivery(t, st, second.ID, hook.Waiting, 2); d.EventID != second.EventID {
		t.Errorf("it waits with event %s, want the newest, %s", d.EventID, second.EventID)
	}
}

func testOrdered(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Ordered: true})
	node := join(t, st)
	var ids []uuid.UUID
	for i := range 3 {
		ids = append(ids, oweTo(t, st, h, "1", start().Add(time.Duration(i)*time.Second)).ID)
	}
	if d := wantDelivery(t, st, ids[1], hook.Waiting, 1); !d.Held || !d.DueAt.IsZero() {
		t.Errorf("the second is held: %t, due at %s; want it to wait for its turn", d.Held, d.DueAt)
	}
	now := start().Add(far / 2)
	for i, id := range ids {
		j := claimOne(t, st, node, now, h)
		if j.Delivery.ID != id {
			t.Fatalf("turn %d is another's", i)
		}
		if i == 0 { // a failing one keeps its turn
			_, backlogs := claim(t, st, node, now, h, 10)
			if len(backlogs) != 0 {
				t.Errorf("backlogs = %v while what waits has no turn, want none", backlogs)
			}
			settle(t, st, node, grouped(j, 503, again(now.Add(time.Minute))))
			now = now.Add(time.Minute)
			j = claimOne(t, st, node, now, h)
		}
		settle(t, st, node, grouped(j, 200, []hook.Verdict{delivered, {State: hook.Failed}, delivered}[i]))
	}
}

func testOrderedEntities(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Ordered: true})
	node := join(t, st)
	oweTo(t, st, h, "1", start())
	j := claimOne(t, st, node, start(), h)
	settle(t, st, node, grouped(j, 503, again(start().Add(time.Minute))))
	oweTo(t, st, h, "1", start())
	other := oweTo(t, st, h, "2", start())
	if j := claimOne(t, st, node, start(), h); j.Delivery.ID != other.ID {
		t.Error("what was claimed is not the other entity's")
	}
}

func testOrderedTogether(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Ordered: true})
	node := join(t, st)
	for _, n := range []int{7, 100} {
		as := make([]hook.Acceptance, n)
		for i := range as {
			as[i] = Owe(Event(eventType, strconv.Itoa(i%2), start()), h)
		}
		accept(t, st, as...)
		var got [2][]uuid.UUID
		for range n {
			jobs, _ := claim(t, st, node, start().Add(far/2), h, 10)
			if len(jobs) > 2 {
				t.Fatalf("%d deliveries of two entities are in flight", len(jobs))
			}
			for _, j := range jobs {
				of := int(j.Delivery.Entity.ID[0] - '0')
				got[of] = append(got[of], j.Delivery.ID)
				settle(t, st, node, grouped(j, 200, delivered))
			}
		}
		for i, a := range as {
			if of := i % 2; len(got[of]) <= i/2 || got[of][i/2] != a.Deliveries[0].ID {
				t.Fatalf("of %d, delivery %d of entity %d came in another order", n, i/2, of)
			}
		}
	}
}

func testOrderedUnique(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true, Ordered: true})
	node := join(t, st)
	oweTo(t, st, h, "1", start())
	j := claimOne(t, st, node, start(), h)
	waits := oweTo(t, st, h, "1", start())
	oweTo(t, st, h, "1", start())
	if d := wantDelivery(t, st, waits.ID, hook.Waiting, 2); !d.Held {
		t.Error("what waits is due though another is in flight")
	}
	settle(t, st, node, grouped(j, 200, delivered))
	if j := claimOne(t, st, node, start().Add(far/2), h); j.Delivery.ID != waits.ID || j.Delivery.Events != 2 {
		t.Errorf("claimed %+v, want what waited, for 2 events", j.Delivery)
	}
}

func testGroupOperations(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Unique: true, Ordered: true})
	node := join(t, st)
	failed := oweTo(t, st, h, "1", start())
	settle(t, st, node, grouped(claimOne(t, st, node, start(), h), 404, hook.Verdict{State: hook.Failed}))
	flies := oweTo(t, st, h, "1", start())
	j := claimOne(t, st, node, start(), h)
	waits := oweTo(t, st, h, "1", start())
	if d := do(t, st, waits.ID, hook.DoRetry, start()); !d.Held {
		t.Error("what was retried has lost its turn")
	}
	if d := do(t, st, failed.ID, hook.DoRetry, start()); !d.Held || d.Events != 2 || d.EventID != waits.EventID {
		t.Errorf("what had failed is %+v, want it to wait for its turn, with what had waited", d)
	}
	refused(t, st, waits.ID, hook.DoRetry, hook.DoCancel, hook.DoReplay)
	settle(t, st, node, grouped(j, 200, delivered))
	do(t, st, failed.ID, hook.DoCancel, start())

	replay := do(t, st, flies.ID, hook.DoReplay, start())
	second := do(t, st, flies.ID, hook.DoReplay, start())
	if j := claimOne(t, st, node, start().Add(far/2), h); j.Delivery.ID != replay.ID || !second.Held {
		t.Errorf("claimed %+v while the other waits for its turn: %t; want the first replay", j.Delivery, second.Held)
	}
	alone := oweTo(t, st, h, "2", start())
	do(t, st, alone.ID, hook.DoCancel, start())
	if d := do(t, st, alone.ID, hook.DoRetry, start()); d.Held {
		t.Error("what was retried waits for itself")
	}
	plain := groupHook(t, st, hook.Queue{})
	oweTo(t, st, plain, "1", start())
	if owed := cancelled(t, st, node, plain); len(owed) > 0 {
		t.Errorf("when those of a hook that isn't ordered were cancelled, the hooks %v are owed something, want none", owed)
	}
	ordered := groupHook(t, st, hook.Queue{Ordered: true})
	first, next := oweTo(t, st, ordered, "1", start()), oweTo(t, st, ordered, "1", start())
	do(t, st, first.ID, hook.DoCancel, start())
	if j := claimOne(t, st, node, start(), ordered); j.Delivery.ID != next.ID {
		t.Error("what waited for a cancelled one is not the next")
	}
	oweTo(t, st, ordered, "1", start())
	oweTo(t, st, ordered, "2", start())
	if owed := cancelled(t, st, node, ordered); !slices.Equal(owed, []uuid.UUID{ordered.ID}) {
		t.Errorf("when the first of an ordered hook were cancelled, the hooks %v are owed something, want it", owed)
	}
}

// cancelled has a job cancel what waits for a hook, and returns which hooks it says
// are owed something now.
func cancelled(t *testing.T, st *store.Store, node uuid.UUID, h hook.Hook) []uuid.UUID {
	t.Helper()
	addJob(t, st, hook.DoCancel, hook.DeliveryQuery{HookID: h.ID})
	s, err := st.StepJob(t.Context(), node, claimJob(t, st, node, start()), start(), start().Add(far), stepRows)
	if err != nil {
		t.Fatal(err)
	}
	return s.Owed
}

// testHeldIsOver has deliveries end that wait for their turn. They wait for it no
// longer, and one of them that is retried when nothing is before it goes out.
func testHeldIsOver(t *testing.T, st *store.Store) {
	h := groupHook(t, st, hook.Queue{Ordered: true})
	node := join(t, st)
	oweTo(t, st, h, "1", start())
	second, third := oweTo(t, st, h, "1", start()), oweTo(t, st, h, "1", start())
	for _, d := range []hook.Delivery{second, third} {
		if d := do(t, st, d.ID, hook.DoCancel, start()); d.Held || d.Reason != "it was cancelled by hand" {
			t.Errorf("what was cancelled waits for its turn: %t, because %q", d.Held, d.Reason)
		}
	}
	settle(t, st, node, grouped(claimOne(t, st, node, start(), h), 200, delivered))
	if d := do(t, st, second.ID, hook.DoRetry, start()); d.Held {
		t.Error("what was retried waits for its turn, with nothing before it")
	}
	do(t, st, third.ID, hook.DoRetry, start())
	for _, want := range []hook.Delivery{second, third} {
		j := claimOne(t, st, node, start().Add(far/2), h)
		if j.Delivery.ID != want.ID {
			t.Errorf("claimed %s, want %s", j.Delivery.ID, want.ID)
		}
		settle(t, st, node, grouped(j, 200, delivered))
	}

	both := groupHook(t, st, hook.Queue{Unique: true, Ordered: true})
	oweTo(t, st, both, "1", start())
	merged := oweTo(t, st, both, "1", start())
	if d := wantDelivery(t, st, merged.ID, hook.Merged, 1); d.Held || d.Reason != "" {
		t.Errorf("what was merged waits for its turn: %t, because %q", d.Held, d.Reason)
	}
}

// testRetriedTogether retries what has failed of one entity in one step: of a unique
// hook, one delivery stands for all of it, and nothing is before it.
func testRetriedTogether(t *testing.T, st *store.Store) {
	for _, q := range []hook.Queue{{Unique: true}, {Ordered: true}, {Unique: true, Ordered: true}} {
		h := groupHook(t, st, q)
		node := join(t, st)
		const n = 3
		for range n {
			oweTo(t, st, h, "1", start())
			settle(t, st, node, grouped(claimOne(t, st, node, start().Add(far/2), h), 404, hook.Verdict{State: hook.Failed}))
		}
		if j := runJob(t, st, hook.DoRetry, hook.DeliveryQuery{HookID: h.ID, State: hook.Failed}); j.Done != n {
			t.Errorf("%+v: the job has retried %d deliveries, want %d", q, j.Done, n)
		}
		told := 0
		for told < n {
			jobs, _ := claim(t, st, node, time.Now().Add(far), h, n)
			if len(jobs) != 1 {
				t.Fatalf("%+v: claimed %d deliveries when %d of %d events were told, want 1", q, len(jobs), told, n)
			}
			told += jobs[0].Delivery.Events
			settle(t, st, node, grouped(jobs[0], 200, delivered))
		}
	}
}
