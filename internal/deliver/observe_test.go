package deliver_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// told notes what an Observer is told.
type told struct {
	mu      sync.Mutex
	settled map[string]int
	claimed int
	taken   int
}

func (n *told) Settled(kind hook.Kind, d *hook.Delivery, s *hook.Settlement, moved bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	state := string(s.Verdict.State)
	if !moved {
		state = "late"
	}
	n.settled[s.Company+" "+string(kind)+" "+state]++
	if d.ID != s.Attempt.DeliveryID {
		n.settled["of another delivery"]++
	}
}

func (n *told) Claimed(deliveries int, _ time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.claimed += deliveries
}

func (n *told) TakenOver(deliveries int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken += deliveries
}

func TestWhatBecomesOfDeliveriesIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		dead := storetest.NewID()
		held := storetest.Owe(storetest.Event(eventType, "1", time.Now()), h)
		held.Deliveries[0].State, held.Deliveries[0].Attempt = hook.Sending, 1
		if _, err := st.Accept(t.Context(), dead, []hook.Acceptance{held}); err != nil {
			t.Fatal(err)
		}
		n := &told{settled: make(map[string]int)}
		attempts := 0
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			time.Sleep(time.Second)
			n.mu.Lock()
			defer n.mu.Unlock()
			if attempts++; attempts == 2 {
				return answer(req, 503)
			}
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Observer, o.Concurrency = n, 1 })
		r.post(t, 3)
		time.Sleep(time.Millisecond)
		if load := r.engine.Load(); load.Lanes != 1 || load.Held != 4 || load.Flying != 1 || load.Memory == 0 {
			t.Errorf("Load = %+v, want 4 deliveries of one hook, one of them under way", load)
		}
		time.Sleep(time.Minute)
		load := r.engine.Load()
		load.Lanes = 0 // what is known of a receiver is kept for a while
		if load != (hook.Load{}) {
			t.Errorf("Load = %+v at the end, want nothing", load)
		}
		r.stop()
		want := map[string]int{"acme trigger delivered": 4, "acme trigger waiting": 1}
		if diff := cmp.Diff(want, n.settled); diff != "" {
			t.Errorf("told of what was settled (-want +got):\n%s", diff)
		}
		if n.taken != 1 || n.claimed != 2 {
			t.Errorf("told of %d taken over and %d claimed, want the dead node's 1, and that and the retry", n.taken, n.claimed)
		}
	})
}

func TestAnOpenCircuitIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var mended atomic.Bool
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			if mended.Load() {
				return answer(req, 200)
			}
			return answer(req, 503)
		}), nil)
		r.post(t, 50)
		time.Sleep(time.Hour)
		if load := r.engine.Load(); load.Open != 1 {
			t.Errorf("Load = %+v of a hook that fails for an hour, want its circuit open", load)
		}
		mended.Store(true)
		time.Sleep(2 * time.Hour)
		if load := r.engine.Load(); load.Open != 0 {
			t.Errorf("Load = %+v of a hook that is mended, want no circuit open", load)
		}
		r.stop()
	})
}
