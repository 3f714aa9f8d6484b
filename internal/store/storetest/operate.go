package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func operationCases() []testCase {
	return []testCase{
		{"what has failed is retried by the whole policy", testRetryFailed},
		{"what waits or was cancelled is retried at once", testRetryOthers},
		{"what waits is cancelled, and what is being sent is not", testCancel},
		{"what waits gets another priority", testReprioritise},
		{"what was delivered is replayed as a delivery of its own", testReplay},
		{"a repeated request for a replay makes no second one", testReplayRepeated},
		{"nothing is owed to a deleted hook", testOperateDeleted},
		{"an operation on another company's delivery finds nothing", testOperateForeign},
		{"an operation is noted with what it does, or not at all", testOperateNoted},
		{"the latest event of an entity is found", testLatestEvent},
		{"a job does what was counted before", testJobCounts},
		{"a job goes on where another node has stopped", testJobResumed},
		{"a job ends though new deliveries come", testJobEnds},
		{"a job about an entity finds replays too", testJobEntity},
		{"a job that was cancelled is not gone on with", testJobCancelled},
		{"a job that another node has taken is not gone on with", testJobTaken},
		{"a repeated request for a job makes no second one", testJobRepeated},
		{"jobs take turns", testJobTurns},
		{"a job that can't go on has failed", testJobFailed},
		{"another company's jobs are not there", testJobForeign},
		{"jobs that ended long ago are forgotten, some at a time", testJobsForgotten},
	}
}

// by is an entry to be noted, of a company.
func by(action string, id uuid.UUID) account.Entry {
	return account.NewEntry(account.Actor{Name: "kim", Role: account.Admin}, action, id.String(), Company, nil, nil, start())
}

func do(t *testing.T, st *store.Store, id uuid.UUID, o hook.Operation, now time.Time) hook.Delivery {
	t.Helper()
	d, err := st.Operate(t.Context(), Company, id, hook.Command{Operation: o, Priority: hook.Highest}, now, account.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	if stored := read(t, st, d.ID); stored != d {
		t.Errorf("%s = %+v, but stored is %+v", o, d, stored)
	}
	return d
}

// refused makes sure that an operation is refused, as one in conflict with the
// delivery's state.
func refused(t *testing.T, st *store.Store, id uuid.UUID, ops ...hook.Operation) {
	t.Helper()
	before := read(t, st, id)
	for _, o := range ops {
		_, err := st.Operate(t.Context(), Company, id, hook.Command{Operation: o}, start().Add(far), account.Entry{})
		if hook.FaultOf(err) != hook.Conflict {
			t.Errorf("%s of a delivery that is %s = %v, want a conflict", o, before.State, err)
		}
	}
	if after := read(t, st, id); after != before {
		t.Errorf("what was refused has made %+v of %+v", after, before)
	}
}

func read(t *testing.T, st *store.Store, id uuid.UUID) hook.Delivery {
	t.Helper()
	d, err := st.Delivery(t.Context(), Company, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// settled stores a delivery to h of which an attempt was made, and judged so.
func settled(t *testing.T, st *store.Store, node uuid.UUID, h hook.Hook, status int, v hook.Verdict) hook.Delivery {
	t.Helper()
	a := Owe(Event(eventType, "1", start()), h)
	d := &a.Deliveries[0]
	d.State, d.Attempt = hook.Sending, 1
	if _, err := st.Accept(t.Context(), node, []hook.Acceptance{a}); err != nil {
		t.Fatal(err)
	}
	settle(t, st, node, Settlement(*d, status, v, start()))
	return read(t, st, d.ID)
}

func testRetryFailed(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	d := settled(t, st, node, h, 404, hook.Verdict{State: hook.Failed, Reason: "no"})
	at := start().Add(time.Minute)
	got := do(t, st, d.ID, hook.DoRetry, at)
	want := d
	want.State, want.DueAt, want.Reason, want.TriesFrom, want.RetriedAt = hook.Waiting, at, "", 1, at
	if got != want {
		t.Errorf("retried = %+v, want %+v", got, want)
	}
	j := claimOne(t, st, node, at, h)
	if j.Delivery.ID != d.ID || j.Delivery.Attempt != 2 || j.Delivery.Tries() != 1 || !j.Delivery.Since().Equal(at) || len(j.Event.Data) == 0 {
		t.Errorf("claimed %+v, want attempt 2, the first of the new tries", j)
	}
	refused(t, st, d.ID, hook.DoRetry, hook.DoCancel, hook.DoPriority, hook.DoReplay)
	if held := settle(t, st, node, Settlement(j.Delivery, 200, delivered, at)); !held[0] {
		t.Error("what was retried can't be settled")
	}
	refused(t, st, d.ID, hook.DoRetry, hook.DoCancel, hook.DoPriority)
}

func testRetryOthers(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	at := start().Add(time.Minute)
	later := settled(t, st, node, h, 503, hook.Verdict{State: hook.Waiting, DueAt: start().Add(far), Reason: "busy"})
	if got := do(t, st, later.ID, hook.DoRetry, at); !got.DueAt.Equal(at) || got.TriesFrom != 0 || got.Reason != "busy" {
		t.Errorf("a waiting one, retried = %+v, want it due now, with as many tries", got)
	}
	overdue := Owe(Event(eventType, "2", start()), h)
	accept(t, st, overdue)
	if got := do(t, st, overdue.Deliveries[0].ID, hook.DoRetry, at); !got.DueAt.Equal(start()) {
		t.Errorf("one that was due already is due at %s, want it as it was", got.DueAt)
	}
	cancelled := do(t, st, overdue.Deliveries[0].ID, hook.DoCancel, at)
	refused(t, st, cancelled.ID, hook.DoCancel, hook.DoPriority, hook.DoReplay)
	if got := do(t, st, cancelled.ID, hook.DoRetry, at); got.State != hook.Waiting || !got.DueAt.Equal(at) || got.Reason != "" {
		t.Errorf("a cancelled one, retried = %+v, want it waiting", got)
	}
	if jobs, _ := claim(t, st, node, at, h, 10); len(jobs) != 2 {
		t.Errorf("claimed %d, want both", len(jobs))
	}
}

func testCancel(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	waiting, sent := Owe(Event(eventType, "1", start().Add(time.Second)), h), Owe(Event(eventType, "2", start()), h)
	accept(t, st, waiting, sent)
	claim(t, st, node, start(), h, 1)
	refused(t, st, sent.Deliveries[0].ID, hook.DoCancel)
	got := do(t, st, waiting.Deliveries[0].ID, hook.DoCancel, start().Add(far))
	if got.State != hook.Cancelled || got.Reason == "" || !got.SettledAt.Equal(start().Add(far)) {
		t.Errorf("cancelled = %+v, want why", got)
	}
	if jobs, backlogs := claim(t, st, node, start().Add(far), h, 10); len(jobs) != 0 || len(backlogs) != 0 {
		t.Errorf("what was cancelled waits still: %v, %v", jobs, backlogs)
	}
}

func testReprioritise(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	first, second := Owe(Event(eventType, "1", start()), h), Owe(Event(eventType, "2", start().Add(time.Second)), h)
	accept(t, st, first, second)
	if got := do(t, st, second.Deliveries[0].ID, hook.DoPriority, start()); got.Priority != hook.Highest || got.State != hook.Waiting {
		t.Errorf("with another priority = %+v, want it highest, waiting", got)
	}
	if jobs, _ := claim(t, st, node, start().Add(far), h, 1); len(jobs) != 1 || jobs[0].Delivery.ID != second.Deliveries[0].ID {
		t.Errorf("claimed %v, want the second first", jobs)
	}
}

func testReplay(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	first := settled(t, st, node, h, 200, delivered)
	at := start().Add(30 * 24 * time.Hour)
	got := do(t, st, first.ID, hook.DoReplay, at)
	want := hook.Delivery{
		ID: got.ID, Company: Company, HookID: h.ID, EventID: first.EventID, EventType: eventType, Entity: first.Entity,
		State: hook.Waiting, Priority: hook.Normal, DueAt: at, CreatedAt: at, Size: first.Size, ReplayOf: first.ID, Events: 1,
	}
	if got != want || got.ID == first.ID {
		t.Errorf("replayed = %+v, want %+v", got, want)
	}
	if again := read(t, st, first.ID); again != first {
		t.Errorf("the first has become %+v, want it as it was", again)
	}
	ds, err := st.EventDeliveries(t.Context(), Company, first.EventID)
	if err != nil || len(ds) != 2 || ds[1].ID != got.ID {
		t.Errorf("the event's deliveries are %v, %v, want both", ds, err)
	}
	q := hook.DeliveryQuery{Company: Company, Entity: first.Entity, Limit: 10}
	ds, err = st.Deliveries(t.Context(), q)
	if err != nil || len(ds) != 2 || ds[0].ID != got.ID {
		t.Errorf("the entity's deliveries are %v, %v, want both, the replay first", ds, err)
	}
	q.Before = got.ID
	if ds, err = st.Deliveries(t.Context(), q); err != nil || len(ds) != 1 || ds[0].ID != first.ID {
		t.Errorf("the next page is %v, %v, want the first delivery", ds, err)
	}
	j := claimOne(t, st, node, at, h)
	if j.Delivery.ID != got.ID || j.Delivery.Attempt != 1 || string(j.Event.Data) != `{"OrderId":4711}` {
		t.Errorf("claimed %+v, want the replay with the event", j)
	}
}

func testReplayRepeated(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	first, other := settled(t, st, node, h, 200, delivered), settled(t, st, node, h, 404, hook.Verdict{State: hook.Failed})
	replay := func(of hook.Delivery, key string) uuid.UUID {
		t.Helper()
		c := hook.Command{Operation: hook.DoReplay, Key: key}
		d, err := st.Operate(t.Context(), Company, of.ID, c, start(), by("delivery.replay", of.ID))
		if err != nil || d.ReplayOf != of.ID {
			t.Errorf("the replay of %s by the key %q is %+v, %v", of.ID, key, d, err)
		}
		return d.ID
	}
	var ids [4]uuid.UUID
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = replay(first, "a") })
	}
	wg.Wait()
	failed := replay(other, "a")
	do(t, st, other.ID, hook.DoRetry, start()) // what was asked for was done, whatever has become of it
	if again := replay(other, "a"); again != failed {
		t.Errorf("a repeat made %s, want the first, %s", again, failed)
	}
	all := map[uuid.UUID]bool{replay(first, "b"): true, replay(first, ""): true, replay(first, ""): true, failed: true}
	for _, id := range ids {
		all[id] = true
	}
	if len(all) != 5 {
		t.Errorf("%d replays were made, want one for each key and delivery, and one for each request without a key: 5", len(all))
	}
	entries, err := st.Audit(t.Context(), account.AuditQuery{Everyone: true, Action: "delivery.replay", Limit: 100})
	if err != nil || len(entries) != 5 {
		t.Errorf("%d replays were noted, %v, want 5", len(entries), err)
	}
}

func testOperateDeleted(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	failed := settled(t, st, node, h, 404, hook.Verdict{State: hook.Failed})
	accept(t, st, Owe(Event(eventType, "1", start()), h))
	if err := st.DeleteHook(t.Context(), Company, h.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	refused(t, st, failed.ID, hook.DoRetry, hook.DoReplay)
	all := hook.DeliveryQuery{Company: Company}
	j := runJob(t, st, hook.DoRetry, all)
	if j.Done != 0 || j.Skipped[hook.HookDeleted] != 2 {
		t.Errorf("a job has retried %d and skipped %v, want both left alone, as their hook is gone", j.Done, j.Skipped)
	}
	if j = runJob(t, st, hook.DoCancel, all); j.Done != 1 || j.Skipped["failed"] != 1 {
		t.Errorf("a job has cancelled %d and skipped %v, want the one that waits", j.Done, j.Skipped)
	}
}

func testOperateForeign(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	a := Owe(Event(eventType, "1", start()), h)
	accept(t, st, a)
	for _, o := range []hook.Operation{hook.DoRetry, hook.DoCancel, hook.DoPriority, hook.DoReplay} {
		_, err := st.Operate(t.Context(), "other", a.Deliveries[0].ID, hook.Command{Operation: o}, start(), account.Entry{})
		if !errors.Is(err, store.ErrNoDelivery) {
			t.Errorf("%s = %v, want %v", o, err, store.ErrNoDelivery)
		}
	}
	if got := read(t, st, a.Deliveries[0].ID); got != a.Deliveries[0] {
		t.Errorf("it has become %+v, want it as it was", got)
	}
}

func testOperateNoted(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	a := Owe(Event(eventType, "1", start()), h)
	accept(t, st, a)
	id := a.Deliveries[0].ID
	for range 2 { // the second time it is cancelled already
		_, err := st.Operate(t.Context(), Company, id, hook.Command{Operation: hook.DoCancel}, start(), by("delivery.cancel", id))
		if err != nil && hook.FaultOf(err) != hook.Conflict {
			t.Fatal(err)
		}
	}
	es, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Target: id.String(), Limit: 10})
	if err != nil || len(es) != 1 || es[0].Action != "delivery.cancel" || es[0].Actor != "kim" {
		t.Errorf("noted is %+v, %v, want once that it was cancelled", es, err)
	}
}

func testLatestEvent(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	var latest hook.Acceptance
	for range 3 {
		latest = hook.Acceptance{Event: Event(eventType, "1", start())}
		accept(t, st, latest)
	}
	other := Event("InvoiceChanged", "1", start())
	other.Entity.Kind = "invoice"
	accept(t, st, hook.Acceptance{Event: other})
	got, err := st.LatestEvent(t.Context(), Company, latest.Event.Entity)
	if err != nil || got.ID != latest.Event.ID {
		t.Errorf("the latest event is %s, %v, want %s", got.ID, err, latest.Event.ID)
	}
	if _, err := st.LatestEvent(t.Context(), "other", latest.Event.Entity); !errors.Is(err, store.ErrNoEntity) {
		t.Errorf("another company's = %v, want %v", err, store.ErrNoEntity)
	}
}
