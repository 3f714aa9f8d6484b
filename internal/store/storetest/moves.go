package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// testGroupMoves has nodes accept, claim, settle, hand back, die and take over,
// deadlines pass, and people cancel and retry, one or many, at random and at the same
// time. Afterwards, every event must have been told of, or somebody or a deadline
// said that it need not be: by its own delivery or by the one that its was merged into.
func testGroupMoves(t *testing.T, st *store.Store) {
	for _, q := range []hook.Queue{{}, {Unique: true}, {Ordered: true}, {Unique: true, Ordered: true}} {
		t.Run(fmt.Sprintf("%+v", q), func(t *testing.T) {
			m := &moves{
				st: st, h: groupHook(t, st, q), flying: make(map[string]int), told: make(map[uuid.UUID]int),
				moved: make(map[uuid.UUID]bool), expired: make(map[uuid.UUID]bool),
			}
			var wg sync.WaitGroup
			for by := range uint64(4) {
				wg.Go(func() { m.run(t, by) })
			}
			wg.Wait()
			m.cancelAll(t)
			m.finish(t)
			m.all(t, hook.DoRetry, hook.Cancelled)
			m.finish(t)
			m.all(t, hook.DoRetry, hook.Failed)
			m.finish(t)
			m.check(t)
		})
	}
}

// owed is a delivery that a node has accepted, one after the other.
type owed struct {
	hook.Delivery
	by uint64
}

// moves is what the nodes of testGroupMoves have done.
type moves struct {
	st *store.Store
	h  hook.Hook

	mu      sync.Mutex
	owed    []owed
	flying  map[string]int     // by entity
	told    map[uuid.UUID]int  // how many were delivered before
	moved   map[uuid.UUID]bool // by hand
	expired map[uuid.UUID]bool // their deadline has passed
	jobs    sync.Mutex         // whose turn it is to have one
}

const moveEntities = 3

// run is one node's life.
func (m *moves) run(t *testing.T, by uint64) {
	chance := rand.New(rand.NewPCG(by, 1))
	node := join(t, m.st)
	var jobs []hook.Job
	for range 60 {
		switch n := chance.IntN(12); {
		case n == 11:
			m.all(t, hook.DoRetry, hook.Failed)
		case n == 10:
			m.operate(t, chance)
		case n < 4:
			m.accept(t, by, chance)
		case n < 7:
			jobs = append(jobs, m.claim(t, node, 1+chance.IntN(3))...)
		case len(jobs) == 0:
		case n == 7:
			m.land(jobs)
			ds := make([]hook.Delivery, len(jobs))
			for i := range jobs {
				ds[i] = jobs[i].Delivery
			}
			if err := m.st.HandBack(t.Context(), node, ds); err != nil {
				t.Error(err)
			}
			jobs = nil
		case n == 8: // it dies
			m.land(jobs)
			if err := m.st.Leave(t.Context(), node); err != nil {
				t.Error(err)
			}
			if _, err := m.st.TakeOver(t.Context(), start(), 100); err != nil {
				t.Error(err)
			}
			jobs, node = nil, join(t, m.st)
		default:
			m.settle(t, node, jobs, chance)
			jobs = nil
		}
	}
	m.settle(t, node, jobs, chance)
}

func (m *moves) accept(t *testing.T, by uint64, chance *rand.Rand) {
	var as []hook.Acceptance
	for range 1 + chance.IntN(3) {
		as = append(as, Owe(Event(eventType, strconv.Itoa(chance.IntN(moveEntities)), start()), m.h))
	}
	if _, err := m.st.Accept(t.Context(), uuid.Nil, as); err != nil {
		t.Error(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range as {
		m.owed = append(m.owed, owed{a.Deliveries[0], by})
	}
}

// operate cancels or retries a delivery, if that is possible.
func (m *moves) operate(t *testing.T, chance *rand.Rand) {
	m.mu.Lock()
	if len(m.owed) == 0 {
		m.mu.Unlock()
		return
	}
	id := m.owed[chance.IntN(len(m.owed))].ID
	m.moved[id] = true
	m.mu.Unlock()
	c := hook.Command{Operation: []hook.Operation{hook.DoCancel, hook.DoRetry}[chance.IntN(2)]}
	_, err := m.st.Operate(t.Context(), Company, id, c, start(), account.Entry{})
	if err != nil && hook.FaultOf(err) != hook.Conflict {
		t.Error(err)
	}
}

// all has a job carry out an operation for all that is in a state.
func (m *moves) all(t *testing.T, o hook.Operation, state hook.State) {
	m.jobs.Lock()
	defer m.jobs.Unlock()
	j := addJob(t, m.st, o, hook.DeliveryQuery{HookID: m.h.ID, State: state})
	node := NewID()
	claimJob(t, m.st, node, start())
	for j.State == hook.JobRunning {
		s, err := m.st.StepJob(t.Context(), node, j, start(), start().Add(far), stepRows)
		if err != nil {
			t.Error(err)
			return
		}
		j = s.Job
	}
}

// cancelAll has a job cancel what waits.
func (m *moves) cancelAll(t *testing.T) {
	for _, d := range list(t, m.st, hook.DeliveryQuery{HookID: m.h.ID, State: hook.Waiting}) {
		m.moved[d.ID] = true
	}
	m.all(t, hook.DoCancel, hook.Waiting)
}

func (m *moves) claim(t *testing.T, node uuid.UUID, n int) []hook.Job {
	// Under the lock, so that nothing lands between the claim and the count.
	m.mu.Lock()
	defer m.mu.Unlock()
	jobs, _, err := m.st.Claim(t.Context(), node, time.Now().Add(far), []hook.Want{{HookID: m.h.ID, Limit: n, Bytes: 1 << 20}})
	if err != nil {
		t.Error(err)
	}
	for _, j := range jobs {
		entity := j.Delivery.Entity.ID
		if m.flying[entity]++; m.flying[entity] > 1 && m.h.Queue.Ordered {
			t.Errorf("%d deliveries of entity %s of an ordered hook are in flight", m.flying[entity], entity)
		}
	}
	return jobs
}

// land counts jobs as no longer in flight, before others can claim them.
func (m *moves) land(jobs []hook.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range jobs {
		m.flying[j.Delivery.Entity.ID]--
	}
}

func (m *moves) settle(t *testing.T, node uuid.UUID, jobs []hook.Job, chance *rand.Rand) {
	if len(jobs) == 0 {
		return
	}
	m.land(jobs)
	ss := make([]hook.Settlement, len(jobs))
	for i, j := range jobs {
		v, status := delivered, 200
		switch chance.IntN(6) {
		case 0, 1:
			v, status = again(start()), 503
		case 2:
			v, status = hook.Verdict{State: hook.Failed, Reason: "its deadline has passed"}, 503
			m.expire(j)
		default:
			m.tell(j)
		}
		ss[i] = grouped(j, status, v)
	}
	held, err := m.st.Settle(t.Context(), node, ss)
	if err != nil || slices.Contains(held, false) {
		t.Errorf("Settle = %v, %v, want all held", held, err)
	}
}

// tell notes that a job's receiver has accepted it.
func (m *moves) tell(j hook.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[j.Delivery.ID] = len(m.told)
}

// expire notes that a job's deadline has passed.
func (m *moves) expire(j hook.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expired[j.Delivery.ID] = true
}

// finish delivers all that is left.
func (m *moves) finish(t *testing.T) {
	node := join(t, m.st)
	// What others had in hand when a node died is left to the next who takes over.
	if _, err := m.st.TakeOver(t.Context(), start(), 1000); err != nil {
		t.Error(err)
	}
	for range 10000 {
		jobs := m.claim(t, node, 10)
		if len(jobs) == 0 {
			return
		}
		m.land(jobs)
		for _, j := range jobs {
			m.tell(j)
			settle(t, m.st, node, grouped(j, 200, delivered))
		}
	}
	t.Error("there is no end to it")
}

func (m *moves) check(t *testing.T) {
	events := 0
	type line struct {
		by     uint64
		entity string
	}
	last := make(map[line]owed)
	for _, owed := range m.owed {
		one := line{owed.by, owed.Entity.ID}
		if before, ok := last[one]; ok && m.h.Queue == (hook.Queue{Ordered: true}) && m.swapped(before, owed) {
			t.Errorf("entity %s was told of %s before %s, which a node had accepted first", owed.Entity.ID, owed.EventID, before.EventID)
		}
		last[one] = owed
		d, err := m.st.Delivery(t.Context(), Company, owed.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.State != hook.Merged {
			events += d.Events
		}
		for d.State == hook.Merged {
			if d, err = m.st.Delivery(t.Context(), Company, d.MergedInto); err != nil {
				t.Fatal(err)
			}
		}
		if d.State != hook.Delivered && (d.State != hook.Cancelled || !m.moved[d.ID]) && (d.State != hook.Failed || !m.expired[d.ID]) {
			t.Errorf("event %s is stood for by a delivery that is %s", owed.EventID, d.State)
		}
	}
	if events != len(m.owed) {
		t.Errorf("what was not merged stands for %d events, want %d", events, len(m.owed))
	}
}

// swapped reports whether two deliveries of an entity were told of in another order
// than they were accepted in, though neither was cancelled or had failed and was
// retried.
func (m *moves) swapped(before, after owed) bool {
	for _, d := range []owed{before, after} {
		if _, ok := m.told[d.ID]; !ok || m.moved[d.ID] || m.expired[d.ID] {
			return false
		}
	}
	return m.told[before.ID] > m.told[after.ID]
}
