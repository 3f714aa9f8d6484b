package deliver_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// addGrouped adds a hook whose deliveries wait for each other.
func addGrouped(t *testing.T, st *store.Store, q hook.Queue) {
	t.Helper()
	h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
	h.Version, h.Queue = 2, q
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

// postOf posts an event about an entity, with a number as its data.
func (r *rig) postOf(t *testing.T, entity string, n int) {
	t.Helper()
	raw := fmt.Sprintf(`{"type":%q,"entityId":%q,"data":{"OrderId":%d,"OrderCode":%q}}`, eventType, entity, n, entity)
	results, err := r.intake.Accept(t.Context(), storetest.Company, []intake.Posted{{Raw: []byte(raw)}})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
}

// data returns the data of the event in a request.
func data(req hook.Request) string {
	_, rest, _ := strings.Cut(string(req.Body), `"entityData":`)
	return strings.TrimSuffix(rest, "}")
}

// log is what a receiver was told, in order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, want) {
		t.Errorf("the receiver was told\n%q, want\n%q", l.lines, want)
	}
}

func TestWhileOneIsInFlightAStormBecomesOneMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addGrouped(t, st, hook.Queue{Unique: true})
		var l log
		ids := make(map[string]bool)
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			time.Sleep(time.Minute)
			l.add(req.Header.Get("Webhook-Events") + data(req))
			ids[req.Header.Get("Webhook-Id")] = true
			return answer(req, 200)
		}), func(o *deliver.Options) { o.Concurrency = 1 })
		r.postOf(t, "A", 1)
		time.Sleep(time.Second)
		for n := range 5 {
			r.postOf(t, "A", 2+n)
		}
		time.Sleep(10 * time.Minute)
		r.stop()
		l.want(t, `{"OrderId":1,"OrderCode":"A"}`, `5{"OrderId":6,"OrderCode":"A"}`)
		if len(ids) != 2 {
			t.Errorf("the receiver knows %d webhook IDs, want 2", len(ids))
		}
	})
}

func TestEventsAreCollected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addGrouped(t, st, hook.Queue{Unique: true, Collect: 30 * time.Second})
		var l log
		begin := time.Now()
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			l.add(fmt.Sprintf("%s: %s", time.Since(begin).Round(time.Second), req.Header.Get("Webhook-Events")))
			return answer(req, 200)
		}), nil)
		for range 20 {
			r.postOf(t, "A", 1)
			time.Sleep(2*time.Second - time.Millisecond)
		}
		time.Sleep(time.Minute)
		r.stop()
		l.want(t, "30s: 16", "1m2s: 4")
	})
}

func TestAFailingDeliveryOfAnOrderedHookHoldsBackItsEntityAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addGrouped(t, st, hook.Queue{Ordered: true})
		var l log
		failures := 0
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			if data(req) == `{"OrderId":1,"OrderCode":"A"}` && failures < 2 {
				failures++
				return answer(req, 503)
			}
			l.add(data(req))
			return answer(req, 200)
		}), nil)
		for n := range 3 {
			r.postOf(t, "A", 1+n)
		}
		r.postOf(t, "B", 1)
		synctest.Wait()
		time.Sleep(time.Second)
		l.want(t, `{"OrderId":1,"OrderCode":"B"}`)
		time.Sleep(5 * time.Minute)
		r.stop()
		l.want(t, `{"OrderId":1,"OrderCode":"B"}`, `{"OrderId":1,"OrderCode":"A"}`, `{"OrderId":2,"OrderCode":"A"}`, `{"OrderId":3,"OrderCode":"A"}`)
	})
}
