package deliver_test

import (
	"context"
	"fmt"
	"strings"
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
	"github.com/waybillhq/waybill/internal/trade"
)

const shipmentType = "ShipmentIssuedBySupplier"

// addConnector adds a hook that is told of shipments.
func addConnector(t *testing.T, st *store.Store) hook.Hook {
	t.Helper()
	h := storetest.AddHook(t, st, "ShipmentChanged", "https://receiver.example/")
	h.ID, h.Kind, h.EventTypes = storetest.NewID(), hook.Shipments, []string{shipmentType}
	if err := st.AddHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// revise stores a version of a shipment, and what hooks are owed for an event about it.
func revise(t *testing.T, st *store.Store, id string, version int64, scope trade.Scope, hooks ...hook.Hook) {
	t.Helper()
	e := storetest.Event(shipmentType, id, time.Now())
	e.Entity.Kind, e.Scope = trade.KindShipment, scope
	r := hook.Revision{
		State: trade.State{
			Company: storetest.Company, Entity: e.Entity, Version: version, At: time.Now().Truncate(time.Millisecond),
			JSON: fmt.Appendf(nil, `{"id":%q,"lines":[],"meta":{},"theirs":"%d"}`, id, version),
		},
		Acceptances: []hook.Acceptance{storetest.Owe(e, hooks...)},
	}
	if _, err := st.Revise(t.Context(), uuid.Nil, r); err != nil {
		t.Fatal(err)
	}
}

// An event is told with the state that it was about, also when there is a newer one; an
// event that names none with the one that there is.
func TestAConnectorIsSentTheStateOfItsEvent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scope trade.Scope
		want  []string
	}{
		"a version":  {trade.Scope{Version: 1}, []string{`"theirs":"1"`, `"theirs":"1"`}},
		"no version": {trade.Scope{}, []string{`"theirs":"1"`, `"theirs":"2"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := addConnector(t, st)
				var bodies []string
				r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
					bodies = append(bodies, string(req.Body))
					return answer(req, 503)
				}), nil)
				revise(t, st, "first", 1, tt.scope, h)
				r.engine.Owe([]uuid.UUID{h.ID})
				synctest.Wait()
				time.Sleep(time.Millisecond)
				revise(t, st, "first", 2, trade.Scope{})
				time.Sleep(time.Minute)
				r.stop()
				if len(bodies) < 2 {
					t.Fatalf("%d attempts were made, want one more at least", len(bodies))
				}
				for i, want := range tt.want {
					if !strings.Contains(bodies[i], want) {
						t.Errorf("body %d = %s, want it with %s", i+1, bodies[i], want)
					}
				}
			})
		})
	}
}

func TestADeliveryOfWhatIsUnknownSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := addConnector(t, st)
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			t.Errorf("%s was sent", req.Body)
			return answer(req, 200)
		}), nil)
		e := storetest.Event(shipmentType, "nowhere", time.Now())
		e.Entity.Kind = trade.KindShipment
		if _, err := st.Accept(t.Context(), uuid.Nil, []hook.Acceptance{storetest.Owe(e, h)}); err != nil {
			t.Fatal(err)
		}
		r.engine.Owe([]uuid.UUID{h.ID})
		time.Sleep(time.Second)
		ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, HookID: h.ID, Limit: 2})
		if err != nil || len(ds) != 1 {
			t.Fatalf("Deliveries = %v, %v, want one", ds, err)
		}
		if ds[0].State != hook.Waiting || !strings.Contains(ds[0].Reason, `the shipment "nowhere" isn't known here`) {
			t.Errorf("the delivery is %s because %q, want it waiting since the shipment isn't known", ds[0].State, ds[0].Reason)
		}
		r.stop()
	})
}

// stateless is a store that can't be asked for states for a while.
type stateless struct {
	*store.Store
	until time.Time
	asked atomic.Int64
}

func (s *stateless) StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error) {
	if s.asked.Add(1); time.Now().Before(s.until) {
		return trade.State{}, errBroken
	}
	return s.Store.StateVersion(ctx, company, e, version)
}

// startStateless starts an engine that owes a connector what it has no state for until
// three seconds later.
func startStateless(t *testing.T, s *seen) (*stateless, *rig, hook.Hook) {
	t.Helper()
	q := &stateless{Store: storetest.Open(t), until: time.Now().Add(3 * time.Second)}
	h := addConnector(t, q.Store)
	r := start(t, q.Store, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
		s.add(req)
		return answer(req, 200)
	}), func(o *deliver.Options) { o.Queue = q })
	revise(t, q.Store, "1", 1, trade.Scope{Version: 1}, h)
	r.engine.Owe([]uuid.UUID{h.ID})
	return q, r, h
}

func TestWithoutItsStateADeliveryWaitsAndHasNoAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s seen
		q, r, h := startStateless(t, &s)
		time.Sleep(time.Minute)
		r.stop()
		ds, err := q.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, HookID: h.ID, Limit: 2})
		if err != nil || len(ds) != 1 {
			t.Fatalf("Deliveries = %v, %v, want one", ds, err)
		}
		if _, attempts := s.total(); attempts != 1 || ds[0].State != hook.Delivered || ds[0].Attempt != 1 {
			t.Errorf("after %d requests the delivery is %s by attempt %d, want it delivered by the first", attempts, ds[0].State, ds[0].Attempt)
		}
		if n := q.asked.Load(); n > 100 {
			t.Errorf("the store was asked %d times within three seconds", n)
		}
	})
}

// An order that is split can become a hundred times as large. Such are sent few at a
// time, and hold up no small ones.
func TestLargeBodiesTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "ShipmentChanged", "https://receiver.example/")
		h.ID, h.Kind, h.EventTypes, h.Connector.Single = storetest.NewID(), hook.Orders, []string{"OrderIssuedByBuyer"}, true
		if err := st.AddHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var now, most, small int
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			mu.Lock()
			defer mu.Unlock()
			if len(req.Body) < 1<<20 {
				small++
				return answer(req, 200)
			}
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Minute)
			mu.Lock()
			now--
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Concurrency = 8 })
		owe := func(id, note string, deliveries int) {
			e := storetest.Event("OrderIssuedByBuyer", id, time.Now())
			e.Scope.Version, e.Scope.Lines = 1, []string{"1"}
			state := trade.State{Company: storetest.Company, Entity: e.Entity, Version: 1, At: time.Now().Truncate(time.Millisecond)}
			state.JSON = fmt.Appendf(nil, `{"orderId":%q,"lines":[{"id":"1","buyerLine":{"notes":[%q]},"deliverySchedule":[%s]}]}`,
				id, note, strings.TrimSuffix(strings.Repeat("{},", deliveries), ","))
			if _, err := st.Revise(t.Context(), uuid.Nil, hook.Revision{State: state, Acceptances: []hook.Acceptance{storetest.Owe(e, h)}}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 5 {
			owe(fmt.Sprint("large ", i), strings.Repeat("x", 300<<10), 70) // which makes 20 MiB
		}
		owe("small", "", 2)
		r.engine.Owe([]uuid.UUID{h.ID})
		time.Sleep(10 * time.Second)
		mu.Lock()
		if small != 1 {
			t.Errorf("%d small ones were sent while large ones wait for each other, want the one that there is", small)
		}
		mu.Unlock()
		time.Sleep(5 * time.Minute)
		r.stop()
		if most != 3 {
			t.Errorf("%d requests with 20 MiB each were under way at a time, want 3", most)
		}
	})
}

// What a hook is told is as it is when there is room to tell it, not before.
func TestAHookThatIsDisabledWhileAStateWaitsIsNotTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s seen
		q, r, h := startStateless(t, &s)
		time.Sleep(time.Second)
		h.Version, h.Enabled = 2, false
		if err := q.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r.stop()
		if _, attempts := s.total(); attempts != 0 {
			t.Errorf("a hook that was disabled meanwhile was sent %d requests", attempts)
		}
	})
}
