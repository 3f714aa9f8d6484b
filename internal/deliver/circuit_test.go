package deliver_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// broken is a receiver that answers 503 while it is down.
type broken struct {
	seen

	down atomic.Bool
}

func (b *broken) sender() senderFunc {
	return func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
		b.add(req)
		a := answer(req, 200)
		if b.down.Load() {
			a.Status = 503
		}
		time.Sleep(10 * time.Millisecond)
		return a
	}
}

// attempts returns how many attempts deliveries in a state have begun.
func attempts(t *testing.T, st *store.Store, state hook.State) (deliveries, attempts int) {
	t.Helper()
	q := hook.DeliveryQuery{Company: storetest.Company, State: state, Limit: 200}
	for {
		ds, err := st.Deliveries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			deliveries, attempts = deliveries+1, attempts+d.Attempt
		}
		if len(ds) < q.Limit {
			return deliveries, attempts
		}
		q.Before = ds[len(ds)-1].ID
	}
}

// A receiver that is down is probed at growing intervals, and its backlog keeps its
// attempts; when it is up, all goes.
func TestAReceiverThatIsDownIsProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var b broken
		b.down.Store(true)
		r := start(t, st, b.sender(), nil)
		began := time.Now()
		for range 10 {
			r.post(t, 100)
		}
		time.Sleep(time.Minute)
		if n := b.between(began, began.Add(35*time.Second)); n < 10 || n > 60 {
			t.Errorf("%d requests were made until the circuit opened, want about 40", n)
		}
		time.Sleep(14 * time.Minute)
		// After 30 s, 1, 2 and 4 minutes; the next comes after 8.
		if n := b.between(began.Add(40*time.Second), began.Add(15*time.Minute)); n != 4 {
			t.Errorf("%d probes were made in 15 minutes, want 4", n)
		}
		if ds, as := attempts(t, st, hook.Waiting); ds != 1000 || as > 70 {
			t.Errorf("%d deliveries wait, with %d attempts, want all 1000 with few", ds, as)
		}
		b.down.Store(false)
		up := time.Now()
		time.Sleep(10 * time.Minute)
		if ds, _ := attempts(t, st, hook.Delivered); ds != 1000 || r.left(t, h) {
			t.Errorf("%d deliveries have arrived after the receiver was up, want 1000", ds)
		}
		first := b.times[len(b.times)-1000]
		if n := b.between(first, first.Add(15*time.Millisecond)); first.Before(up) || n > 3 {
			t.Errorf("%d requests came together when the circuit closed, want a few", n)
		}
		r.stop()
	})
}

// What comes when a probe is due goes out at once, as the probe.
func TestANewDeliveryIsAProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addRetried(t, st, hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
			First: 5 * time.Second, Factor: 1, Longest: 5 * time.Second, Retries: 10,
		}})
		var b broken
		b.down.Store(true)
		r := start(t, st, b.sender(), nil)
		r.post(t, 1)
		time.Sleep(10 * time.Minute) // it has failed meanwhile, and nothing waits
		if _, as := b.total(); as != 11 {
			t.Errorf("%d requests were made, want 11", as)
		}
		b.down.Store(false)
		at := time.Now()
		r.post(t, 3)
		synctest.Wait()
		if n := b.between(at, at.Add(time.Nanosecond)); n != 1 {
			t.Errorf("%d requests were made at once, want one probe", n)
		}
		time.Sleep(time.Second)
		if n := b.between(at, at.Add(time.Second)); n != 3 {
			t.Errorf("%d requests were made in a second, want 3", n)
		}
		r.stop()
	})
}

// Answers by which the policy decides at once are those of a receiver that works.
func TestRefusalsLeaveTheCircuitClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addRetried(t, st, hook.Retry{Preset: hook.StatusRules})
		var s seen
		r := start(t, st, answering(&s, 400), nil)
		for range 60 {
			r.post(t, 1)
			time.Sleep(time.Second)
		}
		if ds, _ := s.total(); ds != 60 {
			t.Errorf("%d deliveries were sent, want 60", ds)
		}
		r.stop()
	})
}

// A changed hook is tried at once.
func TestAChangeIsProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://wrong.example/")
		var s seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			s.add(req)
			if h.URL == "https://wrong.example/" {
				return hook.Attempt{StartedAt: time.Now(), Error: hook.BadName, Reason: "no such name"}
			}
			return answer(req, 200)
		}), nil)
		r.post(t, 100)
		time.Sleep(5 * time.Minute)
		change(t, st, &h, func(h *hook.Hook) { h.URL = "https://right.example/" })
		time.Sleep(10 * time.Second)
		if ds, _ := attempts(t, st, hook.Delivered); ds < 50 {
			t.Errorf("%d deliveries have arrived ten seconds after the URL was corrected, want most of 100", ds)
		}
		r.stop()
	})
}

// While one receiver is down, another is sent to as ever.
func TestAnOpenCircuitSlowsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		down := storetest.AddHook(t, st, eventType, "https://down.example/")
		storetest.AddHook(t, st, eventType, "https://quick.example/")
		var quick seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
			if h.ID == down.ID {
				return hook.Attempt{StartedAt: time.Now(), Error: hook.BadConnect, Reason: "refused"}
			}
			quick.add(req)
			return answer(req, 200)
		}), nil)
		for range 60 {
			at := time.Now()
			r.post(t, 10)
			synctest.Wait()
			if n := quick.between(at, at.Add(time.Nanosecond)); n != 10 {
				t.Fatalf("%d requests were made at once, want 10", n)
			}
			time.Sleep(time.Second)
		}
		r.stop()
	})
}

// What can't be made is no probe: it says nothing of the receiver, and costs no more
// attempts than probes do.
func TestWhatCannotBeMadeIsNoProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var b broken
		b.down.Store(true)
		r := start(t, st, b.sender(), nil)
		r.post(t, 200)
		time.Sleep(time.Minute)
		change(t, st, &h, func(h *hook.Hook) {
			h.Signing.Keys = []hook.SigningKey{{ID: "first", Kind: hook.V1, Secret: "recognisable!"}}
		})
		_, before := attempts(t, st, hook.Waiting)
		time.Sleep(5 * time.Minute)
		if ds, after := attempts(t, st, hook.Waiting); ds != 200 || after-before > 12 {
			t.Errorf("%d deliveries wait, after %d more attempts, want 200 after a few", ds, after-before)
		}
		r.stop()
	})
}
