package job_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/job"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

const eventType = "OrderChanged"

// ear notes for which hooks deliveries are owed.
type ear struct {
	mu    sync.Mutex
	hooks []uuid.UUID
}

func (e *ear) Owe(hooks []uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hooks = append(e.hooks, hooks...)
}

func (e *ear) heard(id uuid.UUID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.hooks, id)
}

// run runs jobs of a store until stop is called.
func run(t *testing.T, st job.Store, d job.Deliverer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- (&job.Runner{Store: st, Deliverer: d, Log: slog.New(slog.DiscardHandler)}).Run(ctx)
	}()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}
}

// owe stores n deliveries that wait for a hook.
func owe(t *testing.T, st *store.Store, h hook.Hook, n int) {
	t.Helper()
	var as []hook.Acceptance
	for i := range n {
		as = append(as, storetest.Owe(storetest.Event(eventType, strconv.Itoa(i), time.Now()), h))
	}
	if _, err := st.Accept(t.Context(), uuid.Nil, as); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, st *store.Store, o hook.Operation, q hook.DeliveryQuery) uuid.UUID {
	t.Helper()
	j := hook.DeliveryJob{
		ID: storetest.NewID(), Company: storetest.Company, Command: hook.Command{Operation: o, Priority: hook.Highest},
		Filter: q, State: hook.JobRunning, CreatedAt: time.Now(),
	}
	if _, err := st.AddJob(t.Context(), hook.JobRequest{Job: j}, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func read(t *testing.T, st *store.Store, id uuid.UUID) hook.DeliveryJob {
	t.Helper()
	j, err := st.Job(t.Context(), storetest.Company, id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// stopping is a store whose runner is stopped after so many steps.
type stopping struct {
	*store.Store
	steps int
	stop  chan struct{}
}

func (s *stopping) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error) {
	if s.steps--; s.steps == 0 {
		close(s.stop)
	}
	return s.Store.StepJob(ctx, node, j, now, leaseEnd, limit)
}

// waiting is a store that waits before a step until it may make it.
type waiting struct {
	*store.Store
	steps       int
	begins, may chan struct{}
}

func (s *waiting) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error) {
	if s.steps--; s.steps == 0 {
		close(s.begins)
		<-s.may
	}
	return s.Store.StepJob(ctx, node, j, now, leaseEnd, limit)
}

// A replay can't be repeated without being seen.
func TestAJobGoesOnAfterAStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		const n = 1300 // more than two steps
		owe(t, st, h, n)
		node, at := storetest.NewID(), time.Now()
		jobs, _, err := st.Claim(t.Context(), node, at, []hook.Want{{HookID: h.ID, Limit: n, Bytes: 1 << 20}})
		if err != nil || len(jobs) != n {
			t.Fatalf("Claim = %d jobs, %v, want %d", len(jobs), err, n)
		}
		ss := make([]hook.Settlement, n)
		for i, j := range jobs {
			ss[i] = storetest.Settlement(j.Delivery, 200, hook.Verdict{State: hook.Delivered}, at)
		}
		if _, err := st.Settle(t.Context(), node, ss); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		id := add(t, st, hook.DoReplay, hook.DeliveryQuery{State: hook.Delivered})
		var e ear
		first := &stopping{st, 1, make(chan struct{})}
		stop := run(t, first, &e)
		<-first.stop
		stop()
		if j := read(t, st, id); j.State != hook.JobRunning || j.Done == 0 || j.Done == n {
			t.Errorf("stopped after %d deliveries, %s; want it running, with some done", j.Done, j.State)
		}
		if !e.heard(h.ID) {
			t.Error("nobody was told that deliveries wait")
		}
		stop = run(t, st, &e)
		time.Sleep(time.Minute)
		stop()
		if j := read(t, st, id); j.State != hook.JobDone || j.Done != n {
			t.Errorf("the job is %s after %d deliveries, want it done after %d", j.State, j.Done, n)
		}
		ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, State: hook.Waiting, Limit: 2 * n})
		replays := make(map[uuid.UUID]bool)
		for _, d := range ds {
			replays[d.ReplayOf] = true
		}
		if err != nil || len(ds) != n || len(replays) != n {
			t.Errorf("%d replays of %d deliveries, %v, want one of each of %d", len(ds), len(replays), err, n)
		}
	})
}

func TestJobsShareARunner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		owe(t, st, h, 20)
		var e ear
		stop := run(t, st, &e)
		time.Sleep(time.Minute)
		ids := []uuid.UUID{
			add(t, st, hook.DoPriority, hook.DeliveryQuery{State: hook.Waiting}), add(t, st, hook.DoCancel, hook.DeliveryQuery{HookID: h.ID}),
		}
		time.Sleep(10 * time.Second)
		stop()
		for _, id := range ids {
			if j := read(t, st, id); j.State != hook.JobDone {
				t.Errorf("the job is %s, want it done", j.State)
			}
		}
		if e.heard(h.ID) {
			t.Error("it was told that deliveries wait, though none was made to")
		}
	})
}

// broken is a store whose steps fail.
type broken struct {
	*store.Store
	mu    sync.Mutex
	steps int
	works int // after so many failures
}

func (b *broken) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.steps++; b.steps > b.works {
		return b.Store.StepJob(ctx, node, j, now, leaseEnd, limit)
	}
	return hook.JobStep{}, errors.New("disk on fire")
}

func TestAJobWhoseStepsFailIsTriedAgainAndThenFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failures int
		want     hook.JobState
	}{"a little": {4, hook.JobDone}, "for ever": {1000, hook.JobFailed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				owe(t, st, storetest.AddHook(t, st, eventType, "https://receiver.example/"), 1)
				id := add(t, st, hook.DoCancel, hook.DeliveryQuery{State: hook.Waiting})
				b := &broken{Store: st, works: tt.failures}
				stop := run(t, b, &ear{})
				time.Sleep(time.Minute)
				stop()
				j := read(t, st, id)
				if j.State != tt.want || (j.Reason != "") != (tt.want == hook.JobFailed) || b.steps != 5 {
					t.Errorf("after %d steps the job is %s, %q; want it %s after 5", b.steps, j.State, j.Reason, tt.want)
				}
			})
		})
	}
}

// flaky is a store of whose steps, for one delivery each, every second fails.
type flaky struct {
	*store.Store
	steps int
}

func (f *flaky) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, _ int) (hook.JobStep, error) {
	if f.steps++; f.steps%2 == 0 {
		return hook.JobStep{}, errors.New("disk on fire")
	}
	return f.Store.StepJob(ctx, node, j, now, leaseEnd, 1)
}

func TestAJobThatComesOnDoesNotFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		owe(t, st, storetest.AddHook(t, st, eventType, "https://receiver.example/"), 10)
		time.Sleep(time.Second)
		id := add(t, st, hook.DoCancel, hook.DeliveryQuery{State: hook.Waiting})
		stop := run(t, &flaky{Store: st}, &ear{})
		time.Sleep(time.Minute)
		stop()
		if j := read(t, st, id); j.State != hook.JobDone || j.Done != 10 {
			t.Errorf("the job is %s after %d deliveries, want it done after 10", j.State, j.Done)
		}
	})
}

func TestACancelledJobIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		owe(t, st, storetest.AddHook(t, st, eventType, "https://receiver.example/"), 1300)
		time.Sleep(time.Second)
		id := add(t, st, hook.DoPriority, hook.DeliveryQuery{State: hook.Waiting})
		second := &waiting{st, 2, make(chan struct{}), make(chan struct{})}
		stop := run(t, second, &ear{})
		<-second.begins
		if _, err := st.CancelJob(t.Context(), storetest.Company, id, time.Now(), account.Entry{}); err != nil {
			t.Fatal(err)
		}
		done := read(t, st, id).Done
		close(second.may)
		time.Sleep(time.Minute)
		stop()
		if j := read(t, st, id); j.State != hook.JobCancelled || j.Done != done || j.Reason != "" {
			t.Errorf("the job is %s after %d deliveries, want it cancelled after %d", j.State, j.Done, done)
		}
	})
}

func TestAJobIsForgottenThirtyDaysAfterItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		id := add(t, st, hook.DoCancel, hook.DeliveryQuery{State: hook.Waiting})
		stop := run(t, st, &ear{})
		time.Sleep(time.Minute)
		stop()
		time.Sleep(30*24*time.Hour - 2*time.Minute)
		stop = run(t, st, &ear{})
		time.Sleep(time.Second)
		if j := read(t, st, id); j.State != hook.JobDone {
			t.Errorf("after thirty days the job is %s, want it done", j.State)
		}
		time.Sleep(time.Hour)
		stop()
		if _, err := st.Job(t.Context(), storetest.Company, id); hook.FaultOf(err) != hook.Missing {
			t.Errorf("an hour later the job is there, or %v", err)
		}
	})
}

// pacing is a store whose steps take a while for each delivery that they are for.
type pacing struct {
	*store.Store
	each   time.Duration
	limits []int
}

func (s *pacing) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error) {
	s.limits = append(s.limits, limit)
	time.Sleep(time.Duration(limit) * s.each)
	return s.Store.StepJob(ctx, node, j, now, leaseEnd, limit)
}

func TestStepsAreAsLongAsTheyMayTake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		each time.Duration
		want []int
	}{
		"quick":     {time.Microsecond, []int{128, 256, 512, 512, 512}},
		"ordinary":  {30 * time.Microsecond, []int{128, 128, 128}},
		"slow":      {150 * time.Microsecond, []int{128, 64, 32, 32}},
		"very slow": {100 * time.Millisecond, []int{128, 64, 32, 32}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := &pacing{Store: storetest.Open(t), each: tt.each}
				owe(t, st.Store, storetest.AddHook(t, st.Store, eventType, "https://receiver.example/"), 2200)
				time.Sleep(time.Second)
				id := add(t, st.Store, hook.DoPriority, hook.DeliveryQuery{State: hook.Waiting})
				stop := run(t, st, &ear{})
				time.Sleep(4 * time.Hour)
				stop()
				if j := read(t, st.Store, id); j.State != hook.JobDone || j.Done != 2200 {
					t.Errorf("the job is %s after %d deliveries, want it done after 2200", j.State, j.Done)
				}
				if got := st.limits[:min(len(st.limits), len(tt.want))]; !slices.Equal(got, tt.want) {
					t.Errorf("the first steps are for %d deliveries, want %d", got, tt.want)
				}
			})
		})
	}
}
