package storetest

import (
	"errors"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

const stepRows = 7

// addJob makes a job for what matches now.
func addJob(t *testing.T, st *store.Store, o hook.Operation, q hook.DeliveryQuery) hook.DeliveryJob {
	t.Helper()
	j := hook.DeliveryJob{
		ID: NewID(), Company: Company, Command: hook.Command{Operation: o, Priority: hook.Highest}, Filter: q,
		State: hook.JobRunning, By: "kim", CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	counts, err := st.CountDeliveries(t.Context(), j.Matching(), o)
	if err != nil {
		t.Fatal(err)
	}
	j.Total = counts.Matched()
	r, err := st.AddJob(t.Context(), hook.JobRequest{Job: j}, by("delivery-job.add", j.ID))
	if err != nil || r.Repeated {
		t.Fatalf("AddJob = %+v, %v, want it added", r, err)
	}
	return r.Job
}

func claimJob(t *testing.T, st *store.Store, node uuid.UUID, now time.Time) hook.DeliveryJob {
	t.Helper()
	j, err := st.ClaimJob(t.Context(), node, now, now.Add(far))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func step(t *testing.T, st *store.Store, node uuid.UUID, j hook.DeliveryJob) hook.DeliveryJob {
	t.Helper()
	s, err := st.StepJob(t.Context(), node, j, start(), start().Add(far), stepRows)
	if err != nil {
		t.Fatal(err)
	}
	return s.Job
}

// finish goes on with a job until it has ended.
func finish(t *testing.T, st *store.Store) hook.DeliveryJob {
	t.Helper()
	node := NewID()
	j := claimJob(t, st, node, start())
	for range 1000 {
		if j = step(t, st, node, j); j.State != hook.JobRunning {
			return j
		}
	}
	t.Fatal("the job doesn't end")
	return j
}

// runJob makes a job, runs it to its end, and reads it.
func runJob(t *testing.T, st *store.Store, o hook.Operation, q hook.DeliveryQuery) hook.DeliveryJob {
	t.Helper()
	made := addJob(t, st, o, q)
	ended := finish(t, st)
	j, err := st.Job(t.Context(), Company, made.ID)
	if err != nil || j.State != hook.JobDone || j.EndedAt.IsZero() || j.By != "kim" || j.Done != ended.Done || !maps.Equal(j.Skipped, ended.Skipped) {
		t.Fatalf("the job is %+v, %v, want it done as %+v", j, err, ended)
	}
	return j
}

// mixed stores deliveries to two hooks in every state, and returns how many there
// are.
func mixed(t *testing.T, st *store.Store) (h, other hook.Hook, n int) {
	t.Helper()
	h, other = AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	node := join(t, st)
	for i := range 20 {
		accept(t, st, Owe(Event(eventType, strconv.Itoa(i%4), start()), h, other))
	}
	jobs, _ := claim(t, st, node, start().Add(far), h, 18)
	verdicts := []hook.Verdict{
		delivered, {State: hook.Failed, Reason: "no"}, {State: hook.Waiting, DueAt: start().Add(far), Reason: "busy"},
	}
	statuses := []int{200, 404, 503}
	for i, j := range jobs[:15] { // three remain being sent
		s := Settlement(j.Delivery, statuses[i%3], verdicts[i%3], start())
		if i%6 == 5 {
			s.Attempt.Status, s.Attempt.Error = 0, hook.TimedOut
		}
		settle(t, st, node, s)
	}
	for _, d := range list(t, st, hook.DeliveryQuery{HookID: other.ID})[:4] {
		do(t, st, d.ID, hook.DoCancel, start())
	}
	return h, other, 40
}

// list returns the deliveries of Company that q asks for.
func list(t *testing.T, st *store.Store, q hook.DeliveryQuery) []hook.Delivery {
	t.Helper()
	q.Company, q.Limit = Company, 1000
	ds, err := st.Deliveries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// Whatever the operation and the filter, the job touches just what matches and
// what the operation is for, as was counted; the numbers add up.
func testJobCounts(t *testing.T, st *store.Store) {
	h, other, n := mixed(t, st)
	if all := list(t, st, hook.DeliveryQuery{}); len(all) != n {
		t.Fatalf("there are %d deliveries, want %d", len(all), n)
	}
	for want, q := range map[int]hook.DeliveryQuery{5: {Status: "4xx"}, 3: {Status: "503"}, 2: {Error: hook.TimedOut}, 0: {Error: hook.BadName}} {
		if got := list(t, st, q); len(got) != want {
			t.Errorf("status %q, error %q: %d deliveries, want %d", q.Status, q.Error, len(got), want)
		}
	}
	filters := map[string]hook.DeliveryQuery{
		"all": {}, "a hook": {HookID: other.ID}, "failed": {State: hook.Failed}, "waiting of a hook": {State: hook.Waiting, HookID: h.ID},
		"sending": {State: hook.Sending}, "4xx": {Status: "4xx"}, "503": {Status: "503"}, "no answer": {Status: hook.NoAnswer},
		"timed out": {Error: hook.TimedOut}, "type": {EventType: eventType}, "no such type": {EventType: "OrderCreated"},
		"kind": {Entity: trade.Entity{Kind: trade.KindOrder}}, "entity": {Entity: trade.Entity{ID: "2"}},
		"past": {To: start()}, "since": {From: start()}, "failed of an entity": {State: hook.Failed, Entity: trade.Entity{ID: "1"}},
	}
	for _, o := range []hook.Operation{hook.DoPriority, hook.DoRetry, hook.DoReplay, hook.DoCancel} {
		for name, q := range filters {
			var want int
			skips := make(map[hook.Skip]int)
			matching := list(t, st, q)
			for _, d := range matching {
				if why := o.Skips(d.State, true); why != hook.NoSkip {
					skips[why]++
				} else {
					want++
				}
			}
			counts, err := st.CountDeliveries(t.Context(), (&hook.DeliveryJob{Company: Company, Filter: q, CreatedAt: time.Now()}).Matching(), o)
			if err != nil {
				t.Fatal(err)
			}
			states, hooks := 0, 0
			for _, n := range counts.ByState {
				states += n
			}
			for _, n := range counts.ByHook {
				hooks += n
			}
			if counts.Total != want || states != want || hooks != want || !maps.Equal(counts.Skipped, skips) || counts.Matched() != len(matching) || counts.Partial {
				t.Errorf("%s of %s: counted %+v, want %d and skipped %v", o, name, counts, want, skips)
			}
			j := runJob(t, st, o, q)
			if j.Done != want || !maps.Equal(j.Skipped, skips) || j.Total != len(matching) {
				t.Errorf("%s of %s: done %d of %d, skipped %v; want %d of %d, %v", o, name, j.Done, j.Total, j.Skipped, want, len(matching), skips)
			}
			for _, d := range matching {
				checkOperated(t, d, read(t, st, d.ID), o, j.CreatedAt)
			}
		}
	}
}

// checkOperated holds what an operation has made of a delivery, at a time, against
// what it is for.
func checkOperated(t *testing.T, was, is hook.Delivery, o hook.Operation, at time.Time) {
	t.Helper()
	want := was
	if o.Skips(was.State, true) == hook.NoSkip {
		switch o {
		case hook.DoPriority:
			want.Priority = hook.Highest
		case hook.DoRetry:
			if was.State != hook.Waiting {
				want.State, want.DueAt, want.Reason, want.TriesFrom, want.RetriedAt = hook.Waiting, at, "", was.Attempt, at
			}
		case hook.DoCancel:
			want.State, want.Reason, want.SettledAt = hook.Cancelled, is.Reason, at
		case hook.DoReplay:
		}
	}
	if is != want {
		t.Errorf("%s has made %+v of %+v, want %+v", o, is, was, want)
	}
}

// A replay is not repeatable, so it shows whether a delivery is touched twice.
func testJobResumed(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for range 30 {
		settled(t, st, node, h, 200, delivered)
	}
	addJob(t, st, hook.DoReplay, hook.DeliveryQuery{State: hook.Delivered})
	first, second := NewID(), NewID()
	stopped := claimJob(t, st, first, start())
	step(t, st, first, stopped)
	if _, err := st.ClaimJob(t.Context(), second, start().Add(far-time.Microsecond), start().Add(2*far)); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("another node's claim while the lease lasts = %v, want %v", err, store.ErrNoJob)
	}
	j := claimJob(t, st, second, start().Add(far)) // the first has died
	if _, err := st.StepJob(t.Context(), first, stopped, start(), start().Add(far), stepRows); !errors.Is(err, store.ErrJobLost) {
		t.Errorf("the step of a node that has lost the job = %v, want %v", err, store.ErrJobLost)
	}
	for j.State == hook.JobRunning {
		j = step(t, st, second, j)
	}
	count := make(map[uuid.UUID]int)
	for _, d := range list(t, st, hook.DeliveryQuery{State: hook.Waiting}) {
		count[d.ReplayOf]++
	}
	if len(count) != 30 || j.Done != 30 {
		t.Errorf("%d deliveries were replayed, and %d are told of; want 30", len(count), j.Done)
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s was replayed %d times, want once", id, n)
		}
	}
}

func testJobEnds(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	for range 20 {
		accept(t, st, Owe(Event(eventType, "1", start()), h))
	}
	for name, q := range map[string]hook.DeliveryQuery{"all": {}, "an entity": {Entity: trade.Entity{ID: "1"}}} {
		node := NewID()
		addJob(t, st, hook.DoPriority, q)
		j := claimJob(t, st, node, start())
		late := time.Now().Add(time.Minute)
		for steps := 0; j.State == hook.JobRunning; steps++ {
			if steps > 100 {
				t.Fatalf("%s: the job doesn't end", name)
			}
			accept(t, st, Owe(Event(eventType, "1", late), h), Owe(Event(eventType, "1", late), h), Owe(Event(eventType, "1", late), h))
			j = step(t, st, node, j)
		}
		if j.Done != 20 {
			t.Errorf("%s: done %d, want those 20 that were there when it was made", name, j.Done)
		}
	}
}

func testJobEntity(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for range 40 { // more events than a step looks at
		d := settled(t, st, node, h, 200, delivered)
		do(t, st, d.ID, hook.DoReplay, start().Add(far))
	}
	q := hook.DeliveryQuery{Entity: trade.Entity{Kind: trade.KindOrder, ID: "1"}}
	if all := list(t, st, q); len(all) != 80 {
		t.Errorf("the entity has %d deliveries, want 80", len(all))
	}
	if j := runJob(t, st, hook.DoCancel, q); j.Done != 40 || j.Skipped["delivered"] != 40 || j.Total != 80 {
		t.Errorf("done %d of %d, skipped %v, want the replays cancelled", j.Done, j.Total, j.Skipped)
	}
}

func testJobCancelled(t *testing.T, st *store.Store) {
	mixed(t, st)
	node := NewID()
	made := addJob(t, st, hook.DoPriority, hook.DeliveryQuery{})
	j := step(t, st, node, claimJob(t, st, node, start()))
	got, err := st.CancelJob(t.Context(), Company, made.ID, start(), by("delivery-job.cancel", made.ID))
	if err != nil || got.State != hook.JobCancelled || got.Done != j.Done || !got.EndedAt.Equal(start()) {
		t.Errorf("cancelled = %+v, %v, want what is done kept", got, err)
	}
	if _, err := st.StepJob(t.Context(), node, j, start(), start().Add(far), stepRows); !errors.Is(err, store.ErrJobLost) {
		t.Errorf("a step afterwards = %v, want %v", err, store.ErrJobLost)
	}
	if _, err := st.ClaimJob(t.Context(), NewID(), start().Add(2*far), start().Add(3*far)); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("a claim afterwards = %v, want %v", err, store.ErrNoJob)
	}
	if _, err := st.CancelJob(t.Context(), Company, made.ID, start(), by("delivery-job.cancel", made.ID)); !errors.Is(err, store.ErrJobEnded) {
		t.Errorf("cancelled again = %v, want %v", err, store.ErrJobEnded)
	}
	es, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Target: made.ID.String(), Limit: 10})
	if err != nil || len(es) != 2 || es[0].Action != "delivery-job.cancel" || es[1].Action != "delivery-job.add" {
		t.Errorf("noted is %+v, %v, want that it was made and cancelled, once each", es, err)
	}
}

func testJobTaken(t *testing.T, st *store.Store) {
	mixed(t, st)
	addJob(t, st, hook.DoPriority, hook.DeliveryQuery{})
	first, second := NewID(), NewID()
	j := claimJob(t, st, first, start())
	if err := st.ReleaseJob(t.Context(), second, j.ID, start()); err != nil { // isn't its holder
		t.Fatal(err)
	}
	if err := st.FailJob(t.Context(), second, j.ID, "not mine", start()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.StepJob(t.Context(), second, j, start(), start().Add(far), stepRows); !errors.Is(err, store.ErrJobLost) {
		t.Errorf("a step of a node that doesn't hold it = %v, want %v", err, store.ErrJobLost)
	}
	step(t, st, first, j)
	if _, err := st.StepJob(t.Context(), first, j, start(), start().Add(far), stepRows); !errors.Is(err, store.ErrJobLost) {
		t.Errorf("the same step again = %v, want %v", err, store.ErrJobLost)
	}
}

func testJobRepeated(t *testing.T, st *store.Store) {
	mixed(t, st)
	request := func(content string) hook.JobRequest {
		return hook.JobRequest{IdempotencyKey: "once", Fingerprint: []byte(content), Job: hook.DeliveryJob{
			ID: NewID(), Company: Company, Command: hook.Command{Operation: hook.DoReplay}, State: hook.JobRunning, CreatedAt: start(),
		}}
	}
	if _, err := st.JobByKey(t.Context(), Company, "once", []byte("a")); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("a key that nobody has brought = %v, want %v", err, store.ErrNoJob)
	}
	first := request("a")
	for i, content := range []string{"a", "a", "b"} {
		r := request(content)
		if i == 0 {
			r = first
		}
		got, err := st.AddJob(t.Context(), r, by("delivery-job.add", r.Job.ID))
		if err != nil || got.Job.ID != first.Job.ID || got.Repeated != (i > 0) || got.Mismatched != (content == "b") {
			t.Errorf("request %d = %+v, %v, want the first job", i, got, err)
		}
		again, err := st.JobByKey(t.Context(), Company, "once", []byte(content))
		if err != nil || again.Job.ID != first.Job.ID || again.Mismatched != (content == "b") {
			t.Errorf("the job of the key = %+v, %v, want the first", again, err)
		}
	}
	addJob(t, st, hook.DoPriority, hook.DeliveryQuery{})
	addJob(t, st, hook.DoPriority, hook.DeliveryQuery{}) // those without a key are no repeats
	js, err := st.Jobs(t.Context(), hook.JobQuery{Company: Company, Limit: 10})
	if err != nil || len(js) != 3 || js[2].ID != first.Job.ID {
		t.Errorf("there are %d jobs, %v, want three, the first one last", len(js), err)
	}
	rest, err := st.Jobs(t.Context(), hook.JobQuery{Company: Company, Before: js[1].ID, Limit: 10})
	if err != nil || len(rest) != 1 || rest[0].ID != first.Job.ID {
		t.Errorf("the next page has %v, %v, want the first job", rest, err)
	}
	es, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Action: "delivery-job.add", Limit: 10})
	if err != nil || len(es) != 3 {
		t.Errorf("%d jobs are noted, %v, want 3", len(es), err)
	}
}

func testJobTurns(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	a, b := addJob(t, st, hook.DoCancel, hook.DeliveryQuery{}), addJob(t, st, hook.DoCancel, hook.DeliveryQuery{})
	node := NewID()
	for i, want := range []uuid.UUID{a.ID, b.ID, a.ID, b.ID} {
		now := start().Add(time.Duration(i) * time.Second)
		j := claimJob(t, st, node, now)
		if j.ID != want {
			t.Errorf("turn %d is that of %s, want %s", i, j.ID, want)
		}
		if err := st.ReleaseJob(t.Context(), node, j.ID, now); err != nil {
			t.Fatal(err)
		}
	}
}

func testJobFailed(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	made := addJob(t, st, hook.DoCancel, hook.DeliveryQuery{})
	node := NewID()
	claimJob(t, st, node, start())
	if err := st.FailJob(t.Context(), node, made.ID, "out of order", start()); err != nil {
		t.Fatal(err)
	}
	j, err := st.Job(t.Context(), Company, made.ID)
	if err != nil || j.State != hook.JobFailed || j.Reason != "out of order" || !j.EndedAt.Equal(start()) {
		t.Errorf("the job is %+v, %v, want it failed, and why", j, err)
	}
}

func testJobForeign(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	made := addJob(t, st, hook.DoCancel, hook.DeliveryQuery{})
	if _, err := st.Job(t.Context(), "other", made.ID); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("Job = %v, want %v", err, store.ErrNoJob)
	}
	if _, err := st.CancelJob(t.Context(), "other", made.ID, start(), account.Entry{}); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("CancelJob = %v, want %v", err, store.ErrNoJob)
	}
	if js, err := st.Jobs(t.Context(), hook.JobQuery{Company: "other", Limit: 10}); err != nil || len(js) != 0 {
		t.Errorf("Jobs = %v, %v, want none", js, err)
	}
}

func testJobsForgotten(t *testing.T, st *store.Store) {
	at := func(state hook.JobState, created, ended time.Time) uuid.UUID {
		j := addJobAt(t, st, created)
		if state == hook.JobCancelled {
			if _, err := st.CancelJob(t.Context(), Company, j, ended, by("delivery-job.cancel", j)); err != nil {
				t.Fatal(err)
			}
		}
		return j
	}
	now := time.Now()
	long := now.Add(-48 * far)
	var old []uuid.UUID
	for range 3 {
		old = append(old, at(hook.JobCancelled, long, long.Add(far)))
	}
	kept := []uuid.UUID{
		at(hook.JobRunning, long, time.Time{}), at(hook.JobCancelled, long, now.Add(-far)), at(hook.JobCancelled, now, now),
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := st.ForgetJobs(t.Context(), now.Add(-2*far), 2); n != want || err != nil {
			t.Errorf("ForgetJobs = %d, %v, want %d", n, err, want)
		}
	}
	for i, id := range append(old, kept...) {
		_, err := st.Job(t.Context(), Company, id)
		if gone := errors.Is(err, store.ErrNoJob); gone != (i < len(old)) {
			t.Errorf("job %d = %v, forgotten: %t, want that of the first %d", i, err, gone, len(old))
		}
	}
}

// addJobAt makes a job at a time.
func addJobAt(t *testing.T, st *store.Store, created time.Time) uuid.UUID {
	t.Helper()
	j := hook.DeliveryJob{ID: idAt(created), Company: Company, Command: hook.Command{Operation: hook.DoCancel}, State: hook.JobRunning, CreatedAt: created}
	if _, err := st.AddJob(t.Context(), hook.JobRequest{Job: j}, by("delivery-job.add", j.ID)); err != nil {
		t.Fatal(err)
	}
	return j.ID
}
