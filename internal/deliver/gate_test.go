package deliver_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// change stores the next version of h.
func change(t *testing.T, st *store.Store, h *hook.Hook, change func(*hook.Hook)) {
	t.Helper()
	h.Version, h.UpdatedAt = h.Version+1, time.Now().UTC().Truncate(time.Microsecond)
	change(h)
	if err := st.ChangeHook(t.Context(), *h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

// addLimited adds a hook with limits.
func addLimited(t *testing.T, st *store.Store, l hook.Limits) hook.Hook {
	t.Helper()
	h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
	change(t, st, &h, func(h *hook.Hook) { h.Limits = l })
	return h
}

// between counts the requests made from begin on until end.
func (s *seen) between(begin, end time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, at := range s.times {
		if !at.Before(begin) && at.Before(end) {
			n++
		}
	}
	return n
}

func TestARateIsKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limits hook.Limits
		posts  int
		inFive int // requests in the first five seconds
	}{
		"one at a time":    {hook.Limits{Rate: 120, Per: time.Minute}, 30, 10},
		"with a burst":     {hook.Limits{Rate: 2, Per: time.Second, Burst: 5}, 30, 14},
		"many in a second": {hook.Limits{Rate: 100, Per: time.Second}, 700, 509},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := addLimited(t, st, tt.limits)
				var s seen
				var largest atomic.Int64
				f := &faulty{Store: st, claimed: func(wants []hook.Want) {
					largest.Store(max(largest.Load(), int64(wants[0].Limit)))
				}}
				r := start(t, st, answering(&s, 200), func(o *deliver.Options) { o.Queue = f })
				time.Sleep(2 * time.Second)
				began := time.Now()
				r.post(t, tt.posts)
				time.Sleep(20 * time.Second)
				r.stop()
				if ds, as := s.total(); ds != tt.posts || as != tt.posts {
					t.Errorf("sent %d deliveries in %d attempts, want each once", ds, as)
				}
				if n := s.between(began, began.Add(5*time.Second)); n > tt.inFive || n < tt.inFive*9/10 {
					t.Errorf("%d requests were made in five seconds, want %d", n, tt.inFive)
				}
				// No second has more than the burst and the rate allow.
				most := int(tt.limits.PerSecond()+tt.limits.Most()) + 1
				for _, at := range s.times {
					if n := s.between(at, at.Add(time.Second)); n > most {
						t.Fatalf("%d requests were made in a second, want at most %d", n, most)
					}
				}
				if n := largest.Load(); n > int64(most) {
					t.Errorf("%d deliveries were claimed at once, want no more than are sent in a second", n)
				}
				if r.left(t, h) {
					t.Error("deliveries are left")
				}
			})
		})
	}
}

func TestAConcurrencyLimitIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addLimited(t, st, hook.Limits{Concurrency: 2})
		var s seen
		var now, most atomic.Int64
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(100 * time.Millisecond)
			now.Add(-1)
			return answer(req, 200)
		}), nil)
		time.Sleep(time.Second)
		began := time.Now()
		r.post(t, 40)
		time.Sleep(10 * time.Second)
		r.stop()
		if n := most.Load(); n != 2 {
			t.Errorf("%d requests were under way at once, want 2", n)
		}
		if n := s.between(began, began.Add(2100*time.Millisecond)); n != 40 {
			t.Errorf("%d requests were made in two seconds, want all 40", n)
		}
	})
}

// A hook that waits for its turn has nothing in memory that another could use, and
// doesn't slow another.
func TestALimitedHookHoldsNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		limited := addLimited(t, st, hook.Limits{Rate: 1, Per: time.Minute})
		storetest.AddHook(t, st, eventType, "https://quick.example/")
		var quick, slow seen
		var claims atomic.Int64
		f := &faulty{Store: st, claimed: func(wants []hook.Want) {
			for _, w := range wants {
				if w.HookID == limited.ID {
					claims.Add(1)
				}
			}
		}}
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			if h.ID == limited.ID {
				slow.add(req)
			} else {
				quick.add(req)
			}
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Queue = f })
		time.Sleep(time.Second)
		began := time.Now()
		for range 10 {
			r.post(t, 100)
			synctest.Wait()
		}
		if n := quick.between(began, began.Add(time.Nanosecond)); n != 1000 {
			t.Errorf("the other hook was sent %d deliveries at once, want 1000", n)
		}
		time.Sleep(5*time.Minute - time.Second)
		if _, as := slow.total(); as != 5 {
			t.Errorf("%d requests were made in five minutes, want 5", as)
		}
		if n := claims.Load(); n > 8 {
			t.Errorf("there were %d claims for them, want about one for each", n)
		}
		all, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, HookID: limited.ID, State: hook.Sending, Limit: 10})
		if err != nil || len(all) > 0 {
			t.Errorf("%d deliveries are held, %v, want none", len(all), err)
		}
		r.stop()
	})
}

func TestALimitThatChangesHoldsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := addLimited(t, st, hook.Limits{Rate: 1, Per: time.Minute})
		var s seen
		r := start(t, st, answering(&s, 200), nil)
		time.Sleep(time.Second)
		r.post(t, 50)
		time.Sleep(10 * time.Second)
		if _, as := s.total(); as != 1 {
			t.Errorf("%d requests were made, want 1", as)
		}
		change(t, st, &h, func(h *hook.Hook) { h.Limits = hook.Limits{} })
		time.Sleep(1100 * time.Millisecond)
		if _, as := s.total(); as != 50 {
			t.Errorf("%d requests were made a second after the limit was gone, want all 50", as)
		}
		r.stop()
	})
}

func TestAPausedHookKeepsItsDeliveries(t *testing.T) {
	t.Parallel()
	for name, untilAfter := range map[string]time.Duration{"until it is resumed": 0, "until a time": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
				var s seen
				r := start(t, st, slow(&s), oneAtATime(st))
				r.post(t, 5)
				synctest.Wait()
				p := hook.Pause{Since: time.Now()}
				if untilAfter > 0 {
					p.Until = p.Since.Add(untilAfter)
				}
				change(t, st, &h, func(h *hook.Hook) { h.Pause = p })
				time.Sleep(30 * time.Second)
				r.post(t, 5)
				time.Sleep(30*time.Second - time.Millisecond)
				if _, as := s.total(); as > 2 {
					t.Errorf("%d requests were made, want none but what was under way", as)
				}
				time.Sleep(2 * time.Millisecond)
				if untilAfter == 0 {
					change(t, st, &h, func(h *hook.Hook) { h.Pause = hook.Pause{} })
					time.Sleep(time.Second)
				}
				resumed := time.Now()
				time.Sleep(20 * time.Second)
				if n := s.between(resumed.Add(-10*time.Millisecond), resumed.Add(time.Second)); n == 0 {
					t.Error("no request was made in the second after the pause")
				}
				ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, State: hook.Delivered, Limit: 20})
				if err != nil || len(ds) != 10 {
					t.Errorf("%d deliveries have arrived, %v, want 10", len(ds), err)
				}
				for _, d := range ds {
					if d.Attempt != 1 {
						t.Errorf("a delivery arrived at attempt %d, want 1", d.Attempt)
					}
				}
				r.stop()
			})
		})
	}
}

// While the receiver says by Retry-After that it wants nothing, nothing goes out,
// not even another delivery.
func TestRetryAfterRestsTheLane(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				storetest.AddHook(t, st, eventType, "https://receiver.example/")
				var s seen
				r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
					s.add(req)
					a := answer(req, 200)
					if _, as := s.total(); as == 1 {
						a.Status, a.ResponseHead = status, "Retry-After: 300\n"
					}
					return a
				}), oneAtATime(st))
				began := time.Now()
				r.post(t, 10)
				time.Sleep(time.Minute)
				r.post(t, 10)
				time.Sleep(239 * time.Second)
				if _, as := s.total(); as != 1 {
					t.Errorf("%d requests were made while the receiver wanted none, want 1", as)
				}
				time.Sleep(time.Minute) // the one that was refused comes a little later by its policy
				if n := s.between(began.Add(300*time.Second), began.Add(303*time.Second)); n < 10 {
					t.Errorf("%d requests were made in the three seconds after, want most", n)
				}
				if ds, as := s.total(); ds != 20 || as != 21 {
					t.Errorf("sent %d deliveries in %d attempts, want 20 in 21", ds, as)
				}
				r.stop()
			})
		})
	}
}
