package deliver_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// Receivers may answer more than was sent to them, and it is kept until it is
// settled.
func TestAttemptsWaitForASlowStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const memory = 1 << 20
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		works := make(chan struct{})
		f := &faulty{Store: st, settle: func() error { <-works; return nil }}
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			a := answer(req, 200)
			a.ResponseBody = make([]byte, hook.MaxResponse)
			return a
		}), func(o *deliver.Options) { o.Queue, o.Memory = f, memory })
		r.post(t, 400)
		time.Sleep(time.Minute)
		// A quarter of the memory, and what was under way when it was full.
		if _, as := s.total(); as < 4 || as > memory/4/hook.MaxResponse+4 {
			t.Errorf("%d attempts were made of which none is settled, want at most %d", as, memory/4/hook.MaxResponse+4)
		}
		close(works)
		time.Sleep(time.Minute)
		if ds, as := s.total(); ds != 400 || as != 400 {
			t.Errorf("sent %d deliveries in %d attempts, want 400 in 400", ds, as)
		}
		r.stop()
	})
}

// However many hooks ask, what they ask for together fits in the memory, but
// for one delivery of each.
func TestClaimsTogetherAreBoundedByTheMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const memory, hooks, overhead = 100 << 10, 20, 1024
		st := storetest.Open(t)
		for range hooks {
			owe20(t, st, storetest.AddHook(t, st, eventType, "https://receiver.example/"))
		}
		most := 0
		f := &faulty{Store: st, claimed: func(wants []hook.Want) {
			sum := 0
			for _, w := range wants {
				sum += w.Bytes + w.Limit*overhead
			}
			most = max(most, sum)
		}}
		var s seen
		r := start(t, st, slow(&s), func(o *deliver.Options) { o.Queue, o.Memory = f, memory })
		time.Sleep(time.Minute)
		r.stop()
		if want := memory + hooks*(overhead+1); most == 0 || most > want {
			t.Errorf("%d bytes were claimed at once, want some and at most %d", most, want)
		}
		if ds, as := s.total(); ds != 20*hooks || as != 20*hooks {
			t.Errorf("sent %d deliveries in %d attempts, want %d in as many", ds, as, 20*hooks)
		}
	})
}

// locked is a store in which another node is about to claim all that is due.
type locked struct {
	*store.Store
	until  time.Time
	claims atomic.Int64
}

func (l *locked) Claim(ctx context.Context, node uuid.UUID, now time.Time, wants []hook.Want) ([]hook.Job, []hook.Backlog, error) {
	// After so many, the test must not hang.
	if l.claims.Add(1) > 1000 || !now.Before(l.until) {
		return l.Store.Claim(ctx, node, now, wants)
	}
	backlogs, err := l.Backlogs(ctx, []uuid.UUID{wants[0].HookID})
	return nil, backlogs, err
}

func TestAClaimThatFindsOnlyWhatIsLockedWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		owe20(t, st, storetest.AddHook(t, st, eventType, "https://receiver.example/"))
		l := &locked{Store: st, until: time.Now().Add(time.Second)}
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			s.add(req)
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Queue = l })
		time.Sleep(1200 * time.Millisecond)
		if ds, _ := s.total(); ds != 20 {
			t.Errorf("sent %d deliveries soon after they were free, want 20", ds)
		}
		if n := l.claims.Load(); n > 20 {
			t.Errorf("claimed %d times in a second, want about ten", n)
		}
		r.stop()
	})
}

func TestInACrowdHigherPrioritiesHaveMoreUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		var mu sync.Mutex
		flying := make(map[string]int)
		ends := make(chan struct{})
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			mu.Lock()
			flying[h.Title]++
			mu.Unlock()
			<-ends
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Concurrency = 8 })
		add := func(title string, p hook.Priority) {
			h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
			h.Version, h.Title, h.Priority, h.EventTypes = 2, title, p, []string{"OrderCreated"}
			if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
				t.Fatal(err)
			}
			var as []hook.Acceptance
			for range 10 {
				as = append(as, storetest.Owe(storetest.Event(eventType, "1", time.Now()), h))
			}
			if _, err := st.Accept(t.Context(), uuid.Nil, as); err != nil {
				t.Fatal(err)
			}
			r.engine.Look(t.Context(), nil)
			synctest.Wait()
		}
		for range 16 {
			add("crowd", hook.Normal)
		}
		add("lowest", hook.Lowest)
		add("normal", hook.Normal)
		add("highest", hook.Highest)
		for title, want := range map[string]int{"crowd": 16 * 8, "lowest": 1, "normal": 2, "highest": 8} {
			if flying[title] != want {
				t.Errorf("%d requests of %s are under way, want %d", flying[title], title, want)
			}
		}
		close(ends)
		r.stop()
	})
}

func TestADeletedHookLeavesNoLaneBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		change(t, st, &h, func(h *hook.Hook) { h.Pause = hook.Pause{Since: time.Now()} })
		r := start(t, st, answering(&seen{}, 200), nil)
		r.post(t, 10)
		time.Sleep(time.Minute)
		if n := r.engine.Load().Lanes; n != 1 {
			t.Errorf("there are %d lanes while the hook is paused, want its own", n)
		}
		if err := st.DeleteHook(t.Context(), h.Company, h.ID, time.Now(), account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.engine.Owe([]uuid.UUID{h.ID}) // by somebody who had not heard
		time.Sleep(time.Minute)
		if n := r.engine.Load().Lanes; n != 0 {
			t.Errorf("there are %d lanes when the hook is deleted, want none", n)
		}
		r.stop()
	})
}
