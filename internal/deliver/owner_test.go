package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtemp.Main(m)) }

// fleet is nodes on one store. It counts, for each hook, which of them have
// requests under way.
type fleet struct {
	t     *testing.T
	mu    sync.Mutex
	nodes []*rig
	under map[uuid.UUID]map[int]int // by hook and node
	began map[int][]time.Time       // requests, by node
	sent  seen
	both  int // how often two nodes had requests of one hook under way
}

// telling is a store that tells the other nodes of a fleet of work, as PostgreSQL
// does.
type telling struct {
	faulty

	fleet *fleet
	self  int
}

func (q *telling) TellWork(ctx context.Context, hooks []uuid.UUID) error {
	q.fleet.mu.Lock()
	nodes := slices.Clone(q.fleet.nodes)
	q.fleet.mu.Unlock()
	for i, r := range nodes {
		if i != q.self && r != nil {
			r.engine.Look(context.WithoutCancel(ctx), hooks)
		}
	}
	return nil
}

// add starts a node whose requests take so long. Change may be nil.
func (f *fleet) add(st *store.Store, took time.Duration, change func(*telling)) *rig {
	f.t.Helper()
	f.mu.Lock()
	self := len(f.nodes)
	f.nodes = append(f.nodes, nil)
	f.mu.Unlock()
	q := &telling{faulty: faulty{Store: st}, fleet: f, self: self}
	if change != nil {
		change(q)
	}
	r := start(f.t, st, f.sender(self, took), func(o *deliver.Options) { o.Queue = q })
	f.mu.Lock()
	f.nodes[self] = r
	f.mu.Unlock()
	return r
}

func (f *fleet) sender(self int, took time.Duration) senderFunc {
	return func(ctx context.Context, req hook.Request, h *hook.Hook) hook.Attempt {
		f.sent.add(req)
		f.count(self, h.ID, 1)
		defer f.count(self, h.ID, -1)
		a := answer(req, 200)
		select {
		case <-ctx.Done():
			a.Status, a.Error, a.Reason = 0, hook.TimedOut, "it was ended"
		case <-time.After(took):
		}
		return a
	}
}

func (f *fleet) count(self int, id uuid.UUID, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.under == nil {
		f.under, f.began = make(map[uuid.UUID]map[int]int), make(map[int][]time.Time)
	}
	if f.under[id] == nil {
		f.under[id] = make(map[int]int)
	}
	f.under[id][self] += n
	if n > 0 {
		f.began[self] = append(f.began[self], time.Now())
	}
	busy := 0
	for _, n := range f.under[id] {
		if n > 0 {
			busy++
		}
	}
	if busy > 1 {
		f.both++
	}
}

// check reports whether n deliveries were sent once each, or attempted so often more,
// and never from two nodes at once.
func (f *fleet) check(n, more int) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if ds, as := f.sent.total(); ds != n || as > n+more {
		f.t.Errorf("sent %d deliveries in %d attempts, want %d in at most %d", ds, as, n, n+more)
	}
	if f.both > 0 {
		f.t.Errorf("two nodes sent to one hook at once, %d times", f.both)
	}
}

// of returns how many requests a node has begun since a time.
func (f *fleet) of(node int, since time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, at := range f.began[node] {
		if !at.Before(since) {
			n++
		}
	}
	return n
}

// Whichever node accepts an event, the hook's owner sends it, and at once.
func TestOneNodeSendsAHookThatHasLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addLimited(t, st, hook.Limits{Concurrency: 2})
		f := &fleet{t: t}
		first, second := f.add(st, time.Millisecond, nil), f.add(st, time.Millisecond, nil)
		time.Sleep(10 * time.Second)
		for range 20 {
			at := time.Now()
			first.post(t, 1)
			second.post(t, 1)
			time.Sleep(60 * time.Millisecond)
			if n := f.of(0, at) + f.of(1, at); n != 2 {
				t.Fatalf("%d requests were made within 60 ms, want 2", n)
			}
			time.Sleep(time.Second)
		}
		if a, b := f.of(0, time.Time{}), f.of(1, time.Time{}); a > 0 && b > 0 {
			t.Errorf("the nodes made %d and %d requests, want all by one", a, b)
		}
		f.check(40, 0)
		first.stop()
		second.stop()
	})
}

// A limit that is set while two nodes send has one of them stop, and hand back what
// it has.
func TestANewLimitIsOneNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		f := &fleet{t: t}
		first, second := f.add(st, 100*time.Millisecond, nil), f.add(st, 100*time.Millisecond, nil)
		first.post(t, 300)
		second.post(t, 300)
		time.Sleep(time.Second)
		change(t, st, &h, func(h *hook.Hook) { h.Limits.Concurrency = 1 })
		time.Sleep(2 * time.Second)
		at := time.Now()
		f.mu.Lock()
		f.both = 0
		f.mu.Unlock()
		time.Sleep(2 * time.Minute)
		if a, b := f.of(0, at), f.of(1, at); a > 0 && b > 0 {
			t.Errorf("with the limit the nodes made %d and %d requests, want all by one", a, b)
		}
		f.check(600, 0)
		first.stop()
		second.stop()
	})
}

// The lane of a node whose lease ends is taken over then, never before, and what it
// had under way has ended.
func TestALaneIsTakenOverWhenTheLeaseEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addLimited(t, st, hook.Limits{Concurrency: 1})
		f := &fleet{t: t}
		var broken atomic.Bool
		first := f.add(st, time.Hour, func(q *telling) { // its receiver never answers
			q.renew = func() error {
				if broken.Load() {
					return errBroken
				}
				return nil
			}
		})
		time.Sleep(time.Second)
		first.post(t, 10)
		time.Sleep(time.Second)
		second := f.add(st, time.Millisecond, nil)
		broken.Store(true)
		at := time.Now() // the lease was taken two seconds ago
		time.Sleep(10 * time.Second)
		if n := f.of(1, at); n > 0 {
			t.Errorf("the other node made %d requests while the lease lasted, want none", n)
		}
		time.Sleep(time.Minute)
		if n := f.of(1, at); n < 9 {
			t.Errorf("the other node made %d requests, want all 10 or those that were not begun", n)
		}
		broken.Store(false)
		f.check(10, 1)
		second.stop()
		first.stop()
	})
}

// A node that joins anew takes its lanes along.
func TestLanesMoveWithTheNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addLimited(t, st, hook.Limits{Concurrency: 1})
		f := &fleet{t: t}
		var q *telling
		r := f.add(st, 100*time.Millisecond, func(of *telling) { q = of })
		time.Sleep(time.Second)
		r.post(t, 100)
		time.Sleep(time.Second)
		before, err := st.Lanes(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		q.doubt.Store(true)
		time.Sleep(1500 * time.Millisecond)
		after, err := st.Lanes(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for id, o := range after.Owners {
			if o.Node == before.Owners[id].Node || o.Node != after.Nodes[len(after.Nodes)-1].ID {
				t.Errorf("the lane is %v's, and was %v's; want it the node's under its new lease", o.Node, before.Owners[id].Node)
			}
		}
		time.Sleep(10 * time.Second) // as long as they need, so it didn't wait for the old lease
		f.check(100, 0)
		r.stop()
	})
}

// Lanes spread over the nodes that there are, and nothing is sent twice meanwhile.
func TestLanesSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hooks = 12
		st := storetest.Open(t)
		for range hooks {
			addLimited(t, st, hook.Limits{Concurrency: 1})
		}
		f := &fleet{t: t}
		spread := func(want string) {
			t.Helper()
			all, err := st.Lanes(t.Context(), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			owned := make(map[uuid.UUID]int)
			for _, o := range all.Owners {
				owned[o.Node]++
			}
			if owned[uuid.Nil] > 0 || len(owned) != len(all.Nodes) {
				t.Errorf("%s, %d nodes own %v, want each some", want, len(all.Nodes), owned)
			}
		}
		post := func(r *rig) {
			t.Helper()
			for range 20 {
				r.post(t, 1)
				time.Sleep(700 * time.Millisecond)
			}
		}
		first := f.add(st, 500*time.Millisecond, nil)
		post(first)
		spread("alone")
		second, third := f.add(st, 500*time.Millisecond, nil), f.add(st, 500*time.Millisecond, nil)
		post(first)
		spread("with two more")
		second.stop()
		post(third)
		spread("after one has left")
		first.stop()
		time.Sleep(20 * time.Second)
		spread("after the first has left")
		f.check(60*hooks, 0)
		third.stop()
	})
}

// On PostgreSQL, with stores of their own, two nodes never send to one hook at once,
// and everything arrives though nodes come and go.
func TestNodesOnOnePostgresShareLanes(t *testing.T) {
	t.Parallel()
	const hooks, posts = 4, 30
	url := pgtemp.Database(t)
	open := func() *store.Store {
		st, err := store.OpenPostgres(t.Context(), url, storetest.Keys(t))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	f := &fleet{t: t}
	one := open()
	for range hooks {
		addLimited(t, one, hook.Limits{Concurrency: 1})
	}
	stop1 := f.onPostgres(one, 0)
	stop2 := f.onPostgres(open(), 1)
	for i := range posts {
		f.nodes[i%2].post(t, 1)
		if i == posts/2 {
			stop2()
			stop2 = f.onPostgres(open(), 1)
		}
	}
	f.await(hooks * posts)
	stop2()
	stop1()
	f.check(hooks*posts, 0)
}

// onPostgres starts a node with all that belongs to it, and returns what stops it.
func (f *fleet) onPostgres(st *store.Store, self int) func() {
	f.t.Helper()
	e := deliver.New(deliver.Options{
		Queue: st, Sender: f.sender(self, time.Millisecond), Log: slog.New(slog.DiscardHandler),
		Concurrency: 4, Memory: 1 << 20, Lease: 15 * time.Second, Drain: 10 * time.Second,
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	var parts sync.WaitGroup
	errs := make([]error, 2)
	parts.Go(func() { errs[0] = e.Run(ctx) })
	parts.Go(func() {
		errs[1] = st.Watch(ctx, slog.New(slog.DiscardHandler), func(hooks []uuid.UUID) { e.Look(ctx, hooks) })
	})
	r := &rig{store: st, engine: e, intake: intake.New(st, e)}
	if self == len(f.nodes) {
		f.nodes = append(f.nodes, r)
	}
	f.nodes[self] = r
	return func() {
		f.t.Helper()
		cancel()
		parts.Wait()
		if err := errors.Join(errors.Join(errs...), st.Close()); err != nil {
			f.t.Error(err)
		}
	}
}

// await waits until so many deliveries were sent, in real time.
func (f *fleet) await(n int) {
	f.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if ds, _ := f.sent.total(); ds >= n {
			return
		}
	}
}
