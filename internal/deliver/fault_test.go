package deliver_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

var errBroken = errors.New("connection reset by peer")

// faulty is a store in whose way a test puts something. Each function is asked
// before its method does its work, or after it where that is said; an error is
// the method's.
type faulty struct {
	*store.Store
	join, renew, settle, handBack, leave func() error
	claimed                              func(wants []hook.Want) // after Claim
	doubt                                atomic.Bool
}

func ask(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func (f *faulty) Join(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error {
	if err := ask(f.join); err != nil {
		return err
	}
	return f.Store.Join(ctx, node, now, leaseEnd)
}

func (f *faulty) Renew(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error {
	if err := ask(f.renew); err != nil {
		return err
	}
	return f.Store.Renew(ctx, node, now, leaseEnd)
}

func (f *faulty) Leave(ctx context.Context, node uuid.UUID) error {
	if err := ask(f.leave); err != nil {
		return err
	}
	return f.Store.Leave(ctx, node)
}

func (f *faulty) Settle(ctx context.Context, node uuid.UUID, ss []hook.Settlement) ([]bool, error) {
	if err := ask(f.settle); err != nil {
		return nil, err
	}
	return f.Store.Settle(ctx, node, ss)
}

func (f *faulty) HandBack(ctx context.Context, node uuid.UUID, ds []hook.Delivery) error {
	if err := ask(f.handBack); err != nil {
		return err
	}
	return f.Store.HandBack(ctx, node, ds)
}

func (f *faulty) Claim(ctx context.Context, node uuid.UUID, now time.Time, wants []hook.Want) ([]hook.Job, []hook.Backlog, error) {
	jobs, backlogs, err := f.Store.Claim(ctx, node, now, wants)
	if f.claimed != nil {
		f.claimed(wants)
	}
	return jobs, backlogs, err
}

func (f *faulty) TakeDoubt() bool { return f.doubt.Swap(false) }

// times returns a function that fails n times.
func times(n int64) func() error {
	var calls atomic.Int64
	return func() error {
		if calls.Add(1) <= n {
			return errBroken
		}
		return nil
	}
}

// slow returns a sender whose receiver takes a second for each request.
func slow(s *seen) senderFunc {
	return func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
		s.add(req)
		time.Sleep(time.Second)
		return answer(req, 200)
	}
}

// oneAtATime makes q the queue of an engine that sends a hook one request at a
// time.
func oneAtATime(q deliver.Queue) func(*deliver.Options) {
	return func(o *deliver.Options) { o.Queue, o.Concurrency = q, 1 }
}

// unbegun returns how many deliveries of a hook can be claimed as if they had
// never been.
func unbegun(t *testing.T, st *store.Store, h hook.Hook) int {
	t.Helper()
	jobs, _, err := st.Claim(t.Context(), uuid.Max, time.Now(), []hook.Want{{HookID: h.ID, Limit: 1000, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, j := range jobs {
		if j.Delivery.Attempt == 1 {
			n++
		}
	}
	return n
}

func TestStopTriesAgainWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		f := &faulty{Store: st, handBack: times(3), leave: times(3)}
		var s seen
		r := start(t, st, slow(&s), oneAtATime(f))
		f.settle = times(2)
		r.post(t, 10)
		synctest.Wait()
		r.stop()
		if n, err := st.TakeOver(t.Context(), time.Now(), 100); n != 0 || err != nil {
			t.Errorf("TakeOver after the stop = %d, %v, want none", n, err)
		}
		if n := unbegun(t, st, h); n != 9 {
			t.Errorf("%d deliveries wait at their first attempt, want the 9 of 10 that were not begun", n)
		}
	})
}

func TestStopGivesUpWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		f := &faulty{Store: st, handBack: times(1 << 30), settle: times(1 << 30)}
		var s seen
		r := start(t, st, slow(&s), oneAtATime(f))
		r.post(t, 10)
		synctest.Wait()
		began := time.Now()
		err := r.end()
		if took := time.Since(began); took != 16*time.Second {
			t.Errorf("stopping took %v, want the request's second and the lease's 15", took)
		}
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "1 attempts were not recorded") ||
			!strings.Contains(err.Error(), "9 deliveries were not handed back") {
			t.Errorf("Run = %v, want what is left to others, and why", err)
		}
	})
}

// A node that starts over keeps what it was told of: it hands back what it has
// not begun, and records what is under way or waits to be recorded.
func TestANodeThatStartsOverSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for name, quick := range map[string]bool{"under way": false, "not yet recorded": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testStartOver(t, quick) })
		})
	}
}

// testStartOver has a node start over while a receiver takes a second for each
// request or, if it is quick, while the store records nothing.
func testStartOver(t *testing.T, quick bool) {
	t.Helper()
	st := storetest.Open(t)
	storetest.AddHook(t, st, eventType, "https://receiver.example/")
	f := &faulty{Store: st}
	var s seen
	sender := slow(&s)
	if quick {
		sender = func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 200)
		}
		f.settle = times(6) // 100, 200, … ms apart
	}
	r := start(t, st, sender, oneAtATime(f))
	r.post(t, 10)
	synctest.Wait()
	f.doubt.Store(true)
	time.Sleep(time.Minute)
	r.stop()
	if ds, as := s.total(); ds != 10 || as != 10 {
		t.Errorf("sent %d deliveries in %d attempts, want 10 in 10", ds, as)
	}
	all, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.State != hook.Delivered || d.Attempt != 1 {
			t.Errorf("a delivery is %s at attempt %d, want it delivered at the first", d.State, d.Attempt)
		}
	}
	if len(all) != 10 {
		t.Errorf("there are %d deliveries, want 10", len(all))
	}
}

func TestANodeThatStopsDoesNotStartOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		joins := 0
		f := &faulty{Store: st, join: func() error { joins++; return nil }}
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			time.Sleep(8 * time.Second)
			return answer(req, 200)
		}), oneAtATime(f))
		r.post(t, 1)
		synctest.Wait()
		time.AfterFunc(2*time.Second, func() { f.doubt.Store(true) })
		r.stop()
		if joins != 1 {
			t.Errorf("the node joined %d times, want once", joins)
		}
	})
}

// A renewal that takes long may succeed after the lease has ended by the node's
// own clock.
func TestLanesRestWhenTheLeaseHasEndedAndGoOnWhenItIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		f := &faulty{Store: st}
		var s seen
		began := time.Now()
		r := start(t, st, slow(&s), oneAtATime(f))
		f.renew = func() error {
			f.renew = nil
			time.Sleep(time.Until(began.Add(18500 * time.Millisecond)))
			return nil
		}
		time.Sleep(500 * time.Millisecond)
		r.post(t, 30)
		time.Sleep(time.Minute)
		r.stop()
		if ds, as := s.total(); ds != 30 || as != 30 {
			t.Errorf("sent %d deliveries in %d attempts, want 30 in 30", ds, as)
		}
		for _, at := range s.times {
			if after := at.Sub(began); after >= 15*time.Second && after < 18500*time.Millisecond {
				t.Errorf("a request was made %v after the start, when the lease had ended", after)
			}
		}
	})
}

// A node that is cut off from the store can't know that others take over what it
// sends, so it ends its requests before they may.
func TestANodeThatIsCutOffSendsNoLongerThanItsLease(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]hook.Limits{"a hook": {}, "a hook that has limits": {Concurrency: 4}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
				change(t, st, &h, func(h *hook.Hook) { h.Limits = limits })
				f := &fleet{t: t}
				var off atomic.Bool
				cut := func() error {
					if off.Load() {
						return errBroken
					}
					return nil
				}
				a := f.add(st, 40*time.Second, func(q *telling) { q.renew, q.settle, q.handBack, q.leave = cut, cut, cut, cut })
				a.post(t, 1)
				synctest.Wait()
				off.Store(true)
				b := f.add(st, 40*time.Second, nil)
				time.Sleep(2 * time.Minute)
				if err := a.end(); !errors.Is(err, errBroken) {
					t.Errorf("Run of the node that is cut off = %v, want %v", err, errBroken)
				}
				b.stop()
				f.check(1, 1)
			})
		})
	}
}

func TestWhatIsClaimedTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		owe20(t, st, h)
		began := time.Now()
		back := began.Add(30 * time.Second)
		var claims int
		f := &faulty{Store: st, renew: func() error {
			if time.Now().Before(back) {
				return errBroken
			}
			return nil
		}}
		f.claimed = func([]hook.Want) {
			if claims++; claims == 1 {
				time.Sleep(20 * time.Second) // the answer comes when the lease has ended
			}
		}
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Queue = f })
		time.Sleep(time.Minute)
		r.stop()
		if ds, as := s.total(); ds != 20 || as != 20 {
			t.Errorf("sent %d deliveries in %d attempts, want 20 in 20", ds, as)
		}
		for _, at := range s.times {
			if at.Before(back) {
				t.Fatalf("a request was made %v after the start, when the lease had ended", at.Sub(began))
			}
		}
		if n := unbegun(t, st, h); n != 0 {
			t.Errorf("%d deliveries are left, want none", n)
		}
	})
}

func TestANodeThatIsStoppedWhileItJoinsEndsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		joining := make(chan struct{})
		f := &faulty{Store: st, join: func() error { <-joining; return nil }}
		var s seen
		r := start(t, st, slow(&s), oneAtATime(f))
		r.post(t, 3)
		time.AfterFunc(time.Second, func() { close(joining) })
		if err := r.end(); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if n := unbegun(t, st, h); n != 3 {
			t.Errorf("%d deliveries wait at their first attempt, want 3", n)
		}
	})
}
