package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/retry"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

const eventType = "OrderChanged"

// senderFunc lets a test answer for a receiver.
type senderFunc func(ctx context.Context, r hook.Request, h *hook.Hook) hook.Attempt

func (f senderFunc) Send(ctx context.Context, r hook.Request, h *hook.Hook, _ hook.Defaults) hook.Attempt {
	return f(ctx, r, h)
}

// answer returns an attempt that was answered with a status.
func answer(r hook.Request, status int) hook.Attempt {
	return hook.Attempt{StartedAt: time.Now(), Method: r.Method, URL: r.URL, Status: status}
}

// seen counts what a sender was given, by webhook ID.
type seen struct {
	mu    sync.Mutex
	count map[string]int
	times []time.Time
}

func (s *seen) add(r hook.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == nil {
		s.count = make(map[string]int)
	}
	s.count[r.Header.Get("Webhook-Id")]++
	s.times = append(s.times, time.Now())
}

func (s *seen) total() (deliveries, attempts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.count), len(s.times)
}

// last returns when the latest attempt was made.
func (s *seen) last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times[len(s.times)-1]
}

// rig is an engine with its intake on a real store.
type rig struct {
	store  *store.Store
	engine *deliver.Engine
	intake *intake.Intake
	end    func() error // stops the engine and returns what Run does
	stop   func()
}

func start(t *testing.T, st *store.Store, sender deliver.Sender, change func(*deliver.Options)) *rig {
	t.Helper()
	o := deliver.Options{
		Queue: st, Sender: sender, Log: slog.New(slog.DiscardHandler),
		Concurrency: 4, Memory: 1 << 20, Lease: 15 * time.Second, Drain: 10 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	e := deliver.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	synctest.Wait()
	end := func() error {
		cancel()
		return <-done
	}
	return &rig{store: st, engine: e, intake: intake.New(st, e), end: end, stop: func() {
		t.Helper()
		if err := end(); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}}
}

func (r *rig) post(t *testing.T, n int) {
	t.Helper()
	posted := make([]intake.Posted, n)
	for i := range posted {
		posted[i].Raw = []byte(`{"type":"` + eventType + `","entityId":"4711","data":{"OrderId":4711,"OrderCode":"A-1"}}`)
	}
	results, err := r.intake.Accept(t.Context(), storetest.Company, posted)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		if res.Err != nil {
			t.Fatal(res.Err)
		}
	}
}

// owe20 stores twenty deliveries that wait for a hook.
func owe20(t *testing.T, st *store.Store, h hook.Hook) {
	t.Helper()
	var as []hook.Acceptance
	for range 20 {
		as = append(as, storetest.Owe(storetest.Event(eventType, "1", time.Now()), h))
	}
	if _, err := st.Accept(t.Context(), uuid.Nil, as); err != nil {
		t.Fatal(err)
	}
}

// left reports whether deliveries of a hook wait.
func (r *rig) left(t *testing.T, h hook.Hook) bool {
	t.Helper()
	bs, err := r.store.Backlogs(t.Context(), []uuid.UUID{h.ID})
	if err != nil {
		t.Fatal(err)
	}
	return len(bs) > 0
}

func TestEveryDeliveryIsSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var s seen
		// So little memory that most of them wait in the store.
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			time.Sleep(10 * time.Millisecond)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Memory = 64 << 10 })
		for range 10 {
			r.post(t, 100)
		}
		time.Sleep(time.Minute)
		if ds, as := s.total(); ds != 1000 || as != 1000 {
			t.Errorf("sent %d deliveries in %d attempts, want 1000 in 1000", ds, as)
		}
		if r.left(t, h) {
			t.Error("deliveries are left")
		}
		r.stop()
	})
}

func TestFailuresFollowThePolicy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		rules := hook.RetryRules{Retries: 10, First: 2 * time.Second, Factor: 1.4, Longest: 20 * time.Second, Jitter: 0.1}
		h := addRetried(t, st, hook.Retry{Preset: hook.CustomRetry, Custom: rules})
		var s seen
		policy := retry.Policy(rules)
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 409) // of a receiver that works, so that the circuit stays closed
		}), nil)
		r.post(t, 1)
		time.Sleep(10 * time.Minute)
		if ds, as := s.total(); ds != 1 || as != 11 {
			t.Errorf("sent %d deliveries in %d attempts, want 1 in 11", ds, as)
		}
		for i := 1; i < len(s.times); i++ {
			want := policy.Judge(hook.Attempt{Number: i}, s.times[0], s.times[i-1], 0.5).DueAt.Sub(s.times[i-1])
			if got := s.times[i].Sub(s.times[i-1]); got < want*89/100 || got > want*111/100 {
				t.Errorf("retry %d came after %v, want about %v", i, got, want)
			}
		}
		if r.left(t, h) {
			t.Error("the delivery still waits, want it failed")
		}
		r.stop()
	})
}

// What is sent again is the same to the byte, though the first attempt took the
// event from memory and the second from the store.
func TestEveryAttemptHasTheSameBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var bodies []string
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			bodies = append(bodies, string(req.Body))
			return answer(req, 503)
		}), nil)
		time.Sleep(123456789 * time.Nanosecond)
		r.post(t, 1)
		time.Sleep(time.Minute)
		r.stop()
		if len(bodies) < 2 || bodies[0] != bodies[1] {
			t.Errorf("bodies = %q, want the same twice or more", bodies)
		}
	})
}

func TestASlowHookDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		slow := storetest.AddHook(t, st, eventType, "https://slow.example/")
		storetest.AddHook(t, st, eventType, "https://quick.example/")
		var quick, stuck seen
		r := start(t, st, senderFunc(func(ctx context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			if h.ID == slow.ID {
				stuck.add(req)
				<-ctx.Done()
				return hook.Attempt{StartedAt: time.Now(), Error: hook.TimedOut, Reason: "stopped"}
			}
			quick.add(req)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Memory = 100 << 10 })
		began := time.Now()
		for range 10 {
			r.post(t, 100)
			synctest.Wait()
		}
		time.Sleep(5 * time.Second)
		ds, _ := quick.total()
		if ds != 1000 {
			t.Errorf("the quick hook was sent %d deliveries, want 1000", ds)
		}
		for _, at := range quick.times {
			if at.Sub(began) > 0 {
				t.Fatalf("a delivery to the quick hook came after %v, want at once", at.Sub(began))
			}
		}
		if _, as := stuck.total(); as != 4 {
			t.Errorf("%d requests to the slow hook are under way, want 4", as)
		}
		r.stop()
	})
}

// forgetful is a store whose first claim succeeds, but whose answer is lost.
type forgetful struct {
	*store.Store
	mu          sync.Mutex
	lost, doubt bool
}

func (f *forgetful) Claim(ctx context.Context, node uuid.UUID, now time.Time, wants []hook.Want) ([]hook.Job, []hook.Backlog, error) {
	jobs, backlogs, err := f.Store.Claim(ctx, node, now, wants)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost || err != nil {
		return jobs, backlogs, err
	}
	f.lost, f.doubt = true, true
	return nil, nil, errors.New("connection reset by peer")
}

func (f *forgetful) TakeDoubt() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	doubt := f.doubt
	f.doubt = false
	return doubt
}

func TestWhatTheNodeWasNotToldOfIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		owe20(t, st, h)
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Queue = &forgetful{Store: st} })
		time.Sleep(25 * time.Second) // the lease under which they were claimed runs out first
		if ds, as := s.total(); ds != 20 || as != 20 {
			t.Errorf("sent %d deliveries in %d attempts, want 20 in 20", ds, as)
		}
		r.stop()
	})
}

// However many hooks hang, the requests under way are bounded, and a hook that
// comes later still has its own.
func TestManyHooksThatHangLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hooks, perHook = 40, 4
		st := storetest.Open(t)
		for range hooks {
			storetest.AddHook(t, st, eventType, "https://stuck.example/")
		}
		late := storetest.AddHook(t, st, "ProductChanged", "https://late.example/")
		var stuck, quick seen
		r := start(t, st, senderFunc(func(ctx context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			if h.ID == late.ID {
				quick.add(req)
				return answer(req, 200)
			}
			stuck.add(req)
			<-ctx.Done()
			return hook.Attempt{StartedAt: time.Now(), Error: hook.TimedOut, Reason: "stopped"}
		}), func(o *deliver.Options) { o.Concurrency = perHook })
		r.post(t, 10)
		synctest.Wait()
		// Sixteen hooks' worth, and two for each that came when there were so many.
		if _, as := stuck.total(); as < 2*hooks || as >= perHook*hooks {
			t.Errorf("%d requests are under way, want at least %d and less than %d", as, 2*hooks, perHook*hooks)
		}
		if _, err := r.intake.Accept(t.Context(), storetest.Company,
			[]intake.Posted{{Raw: []byte(`{"type":"ProductChanged","entityId":"1"}`)}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, as := quick.total(); as != 1 {
			t.Errorf("the quick hook was sent %d deliveries, want 1 at once", as)
		}
		r.stop()
	})
}

func TestStopHandsBackWhatIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			time.Sleep(time.Second)
			return answer(req, 200)
		}), nil)
		r.post(t, 10)
		synctest.Wait()
		began := time.Now()
		r.stop()
		if took := time.Since(began); took != time.Second {
			t.Errorf("stopping took %v, want the second that requests under way need", took)
		}
		jobs, _, err := st.Claim(t.Context(), uuid.Max, time.Now(), []hook.Want{{HookID: h.ID, Limit: 100, Bytes: 1 << 20}})
		if err != nil || len(jobs) != 6 {
			t.Fatalf("%d deliveries wait after the stop, %v, want 6 of 10", len(jobs), err)
		}
		for _, j := range jobs {
			if j.Delivery.Attempt != 1 {
				t.Errorf("a delivery that was not begun is at attempt %d, want 1", j.Delivery.Attempt)
			}
		}
	})
}

func TestStopEndsWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		r := start(t, st, senderFunc(func(ctx context.Context, _ hook.Request, _ *hook.Hook) hook.Attempt {
			<-ctx.Done()
			return hook.Attempt{StartedAt: time.Now(), Error: hook.TimedOut, Reason: "stopped"}
		}), nil)
		r.post(t, 1)
		synctest.Wait()
		began := time.Now()
		r.stop()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("stopping took %v, want the drain time of 10s", took)
		}
		if !r.left(t, h) {
			t.Error("the delivery doesn't wait, want it retried")
		}
	})
}

func TestANodeThatLosesItsLeaseForgetsWhatItHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var s seen
		first := true
		var mu sync.Mutex
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			mu.Lock()
			hold := first
			first = false
			mu.Unlock()
			if hold {
				time.Sleep(12 * time.Second)
			}
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Concurrency = 1 })
		r.post(t, 5)
		synctest.Wait()
		// Another node takes everything over, as if this one had slept.
		if _, err := st.TakeOver(t.Context(), time.Now().Add(time.Minute), 100); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute) // they are due at the other node's time
		ds, as := s.total()
		if ds != 5 || as != 6 {
			t.Errorf("sent %d deliveries in %d attempts, want 5 in 6: the one under way twice", ds, as)
		}
		if r.left(t, h) {
			t.Error("deliveries are left")
		}
		r.stop()
	})
}

func TestAHookThatIsSwitchedOffKeepsItsDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			time.Sleep(time.Second)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Concurrency = 1 })
		r.post(t, 5)
		synctest.Wait()
		h.Enabled, h.Version = false, 2
		if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if ds, _ := s.total(); ds != 1 || !r.left(t, h) {
			t.Errorf("sent %d deliveries after it was switched off, want the one under way, and the others waiting", ds)
		}
		h.Enabled, h.Version = true, 3
		if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if ds, as := s.total(); ds != 5 || as != 5 {
			t.Errorf("sent %d deliveries in %d attempts, want 5 in 5", ds, as)
		}
		if err := st.DeleteHook(t.Context(), h.Company, h.ID, time.Now(), account.Entry{}); err != nil {
			t.Fatal(err)
		}
		r.stop()
	})
}

func TestWhatWaitedBeforeTheStartIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		owe20(t, st, h)
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 200)
		}), nil)
		synctest.Wait()
		if ds, _ := s.total(); ds != 20 {
			t.Errorf("sent %d deliveries at once, want 20", ds)
		}
		r.stop()
	})
}
