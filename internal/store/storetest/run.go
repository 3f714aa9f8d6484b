package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	eventType = "OrderChanged"
	far       = time.Hour
)

// Run checks a store against the contract. Each case opens a store of its own.
func Run(t *testing.T, open func(*testing.T) *store.Store) {
	t.Helper()
	for _, c := range slices.Concat(queueCases(), operationCases(), depthCases(), documentCases(), objectCases(), entityCases(), accountCases()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// testCase is something that every store must do.
type testCase struct {
	name string
	test func(*testing.T, *store.Store)
}

func queueCases() []testCase {
	return []testCase{
		{"an event is stored with its deliveries and claimed with its data", testAcceptAndClaim},
		{"the trace of an event is kept", testTrace},
		{"a repeat by ID or key is answered with the first receipt", testRepeats},
		{"a key that comes with another request is told", testMismatch},
		{"repeats within one call and between callers are stored once", testRepeatsTogether},
		{"one acceptance that cannot be written spoils only itself", testSpoiled},
		{"every delivery is claimed once", testClaimOnce},
		{"what is not due is left, and when it is due is told", testNotDue},
		{"higher priorities are claimed first", testPriority},
		{"the lowest priority is not starved", testAgeing},
		{"a claim is bounded by bytes", testClaimBytes},
		{"a delivery that was accepted as held is not claimed", testHeld},
		{"attempts are settled once", testSettle},
		{"each of many attempts is told of for itself", testSettleMany},
		{"attempts raise alerts with them, one for each matter", testSettleAlerts},
		{"a temporary failure waits until it is due", testRetry},
		{"deliveries of a dead node are taken over, and the late node is fenced off", testTakeOver},
		{"deliveries of a node that lives are not taken over", testLiveNode},
		{"a delivery that is abandoned too often has failed", testAbandoned},
		{"what is handed back doesn't count an attempt", testHandBack},
		{"of many that are handed back, only those that the node holds are", testHandBackMany},
		{"of many that are taken over, only those without an outcome are abandoned", testTakeOverMany},
		{"a lease that has ended is not renewed", testLease},
		{"an event of a unique hook is merged into the delivery that waits", testUnique},
		{"events that come together are merged into one delivery", testUniqueTogether},
		{"a delivery in flight takes in what waits when it waits again", testUniqueAgain},
		{"what is taken over or handed back takes in what waits", testUniqueGivenBack},
		{"two of a unique hook's group that fail together become one", testUniqueBothFail},
		{"deliveries of an ordered hook take turns", testOrdered},
		{"a failing delivery holds back only its own entity", testOrderedEntities},
		{"events that come together keep their order", testOrderedTogether},
		{"an ordered unique hook merges what waits for its turn", testOrderedUnique},
		{"operations keep turns, and merge", testGroupOperations},
		{"what ends while it waits for its turn waits no longer", testHeldIsOver},
		{"what is retried together stands for all that it did, and goes out", testRetriedTogether},
		{"random moves lose nothing, merge and keep the order", testGroupMoves},
		{"hooks have versions", testHooks},
		{"a password that stays the same is as old as it was", testPasswordKept},
		{"the document hooks of a company are changed together, or not at all", testDocumentHooks},
		{"of those who save document hooks at once, one does", testDocumentHooksTogether},
		{"a company has one connector of each kind, with its settings", testConnectors},
		{"of those who set up a connector at once, one does", testConnectorsTogether},
		{"the latest tests of hooks are kept", testTests},
		{"deliveries of a deleted hook are cancelled", testDeleted},
		{"another company's hook is not changed or deleted", testForeignHook},
		{"backlogs tell what waits", testBacklogs},
		{"settings are set once", testSetting},
		{"how a hook authenticates and signs is kept, with its secrets", testAccess},
		{"what a company's hooks have in common is kept", testDefaults},
		{"an alert is open once for each matter", testAlerts},
		{"people acknowledge alerts and close them", testAcknowledge},
		{"whether a hook has anything that failed is known", testTroubled},
		{"how a hook's receiver is, is kept", testHealth},
		{"what users want to be told of is kept", testSubscriptions},
		{"channels are kept with their secrets, and deleted with them", testChannels},
		{"who is told of an alert is decided once for each turn", testUntold},
		{"what a recipient is told is claimed once, and told or tried again", testMessages},
		{"two nodes tell nothing twice", testTellersTogether},
		{"a lane has one owner", testLanes},
		{"a lane is taken once", testTakeLaneOnce},
		{"nodes are told apart by their leases", testNodes},
	}
}

// start is the time at which the cases begin.
func start() time.Time { return time.UnixMicro(1_780_000_000_000_000).UTC() }

func accept(t *testing.T, st *store.Store, as ...hook.Acceptance) []hook.Receipt {
	t.Helper()
	receipts, err := st.Accept(t.Context(), uuid.Nil, as)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

// join adds a node whose lease ends after far.
func join(t *testing.T, st *store.Store) uuid.UUID {
	t.Helper()
	node := NewID()
	if err := st.Join(t.Context(), node, start(), start().Add(far)); err != nil {
		t.Fatal(err)
	}
	return node
}

func claim(t *testing.T, st *store.Store, node uuid.UUID, now time.Time, h hook.Hook, n int) ([]hook.Job, []hook.Backlog) {
	t.Helper()
	jobs, backlogs, err := st.Claim(t.Context(), node, now, []hook.Want{{HookID: h.ID, Limit: n, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	return jobs, backlogs
}

// claimOne claims the only delivery that is due.
func claimOne(t *testing.T, st *store.Store, node uuid.UUID, now time.Time, h hook.Hook) hook.Job {
	t.Helper()
	jobs, _ := claim(t, st, node, now, h, 10)
	if len(jobs) != 1 {
		t.Fatalf("claimed %d deliveries, want 1", len(jobs))
	}
	return jobs[0]
}

func settle(t *testing.T, st *store.Store, node uuid.UUID, ss ...hook.Settlement) []bool {
	t.Helper()
	held, err := st.Settle(t.Context(), node, ss)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func testAcceptAndClaim(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	a := Owe(Event(eventType, "4711", start()), h)
	receipts := accept(t, st, a)
	want := hook.Receipt{EventID: a.Event.ID, ReceivedAt: a.Event.ReceivedAt, Owed: 1}
	if receipts[0] != want {
		t.Errorf("receipt = %+v, want %+v", receipts[0], want)
	}
	j := claimOne(t, st, node, start(), h)
	wantD := a.Deliveries[0]
	wantD.State, wantD.Attempt = hook.Sending, 1
	if j.Delivery != wantD {
		t.Errorf("delivery = %+v, want %+v", j.Delivery, wantD)
	}
	if fmt.Sprint(j.Event) != fmt.Sprint(a.Event) {
		t.Errorf("event = %+v, want %+v", j.Event, a.Event)
	}
}

func testTrace(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for _, want := range []trade.Trace{{}, {Parent: "00-trace-span-01"}, {Parent: "00-trace-span-00", State: "a=1, b=2"}} {
		e := Event(eventType, "4711", start())
		e.Trace = want
		accept(t, st, Owe(e, h))
		if j := claimOne(t, st, node, start(), h); j.Event.Trace != want {
			t.Errorf("the claimed event's trace = %q, want %q", j.Event.Trace, want)
		}
		if got, err := st.Event(t.Context(), Company, e.ID); err != nil || got.Trace != want {
			t.Errorf("the event's trace = %q, %v, want %q", got.Trace, err, want)
		}
	}
}

func testRepeats(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	first := Owe(Event(eventType, "1", start()), h)
	first.Event.SourceID, first.IdempotencyKey, first.Fingerprint = "source-1", "key-1", []byte("print")
	receipt := accept(t, st, first)[0]

	for _, tt := range []struct{ name, sourceID, key string }{
		{"by ID", "source-1", ""},
		{"by key", "", "key-1"},
		{"by both", "source-1", "key-1"},
		{"by ID with a new key", "source-1", "key-2"},
	} {
		again := Owe(Event(eventType, "1", start().Add(time.Minute)), h)
		again.Event.SourceID, again.IdempotencyKey, again.Fingerprint = tt.sourceID, tt.key, []byte("print")
		got := accept(t, st, again)[0]
		want := receipt
		want.Repeated = true
		if got != want {
			t.Errorf("repeat %s: receipt = %+v, want %+v", tt.name, got, want)
		}
	}
	foreign := Event(eventType, "1", start())
	foreign.Company, foreign.SourceID = "globex", "source-1"
	if got := accept(t, st, hook.Acceptance{Event: foreign})[0]; got.Repeated {
		t.Error("another company's event with the same ID is taken for a repeat")
	}
	if jobs, _ := claim(t, st, node, start().Add(far), h, 10); len(jobs) != 1 {
		t.Errorf("%d deliveries are owed, want 1", len(jobs))
	}
}

func testMismatch(t *testing.T, st *store.Store) {
	first := hook.Acceptance{Event: Event(eventType, "1", start()), IdempotencyKey: "k", Fingerprint: []byte("a")}
	accept(t, st, first)
	other := hook.Acceptance{Event: Event(eventType, "2", start()), IdempotencyKey: "k", Fingerprint: []byte("b")}
	if got := accept(t, st, other)[0]; !got.Repeated || !got.Mismatched {
		t.Errorf("receipt = %+v, want repeated and mismatched", got)
	}
}

func testRepeatsTogether(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	var mu sync.Mutex
	ids := make(map[uuid.UUID]int)
	fresh := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var as []hook.Acceptance
			for range 5 {
				a := Owe(Event(eventType, "1", start()), h)
				a.Event.SourceID = "the-same"
				as = append(as, a)
			}
			receipts, err := st.Accept(t.Context(), node, as)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, r := range receipts {
				ids[r.EventID]++
				if !r.Repeated {
					fresh++
				}
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d events, %d of them told to be new; want 1 and 1", len(ids), fresh)
	}
	if jobs, _ := claim(t, st, node, start(), h, 100); len(jobs) != 1 {
		t.Errorf("%d deliveries are owed, want 1", len(jobs))
	}
}

func testSpoiled(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	there := Owe(Event(eventType, "1", start()), h)
	accept(t, st, there)

	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			a := Owe(Event(eventType, "1", start()), h)
			if i%2 == 1 {
				a.Event.ID = there.Event.ID // the row is there already
			}
			_, err := st.Accept(t.Context(), node, []hook.Acceptance{a})
			if bad := i%2 == 1; (err != nil) != bad {
				t.Errorf("Accept %d = %v, want an error: %t", i, err, bad)
			}
		})
	}
	wg.Wait()
	if jobs, _ := claim(t, st, node, start(), h, 100); len(jobs) != 11 {
		t.Errorf("%d deliveries are owed, want 11", len(jobs))
	}
}

func testClaimOnce(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for range 10 {
		var as []hook.Acceptance
		for range 30 {
			as = append(as, Owe(Event(eventType, "1", start()), h))
		}
		accept(t, st, as...)
	}
	var mu sync.Mutex
	seen := make(map[uuid.UUID]int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				jobs, _, err := st.Claim(t.Context(), node, start(), []hook.Want{{HookID: h.ID, Limit: 7, Bytes: 1 << 20}})
				if err != nil {
					t.Error(err)
				}
				if len(jobs) == 0 {
					return
				}
				mu.Lock()
				for _, j := range jobs {
					seen[j.Delivery.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times, want 1", id, n)
		}
	}
	if len(seen) != 300 {
		t.Errorf("claimed %d deliveries, want 300", len(seen))
	}
}

func testNotDue(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for _, wait := range []time.Duration{2 * time.Minute, time.Minute} {
		accept(t, st, Owe(Event(eventType, "1", start().Add(wait)), h))
	}
	jobs, backlogs := claim(t, st, node, start(), h, 10)
	want := []hook.Backlog{{HookID: h.ID, DueAt: start().Add(time.Minute)}}
	if len(jobs) != 0 || !slices.Equal(backlogs, want) {
		t.Errorf("Claim = %v, %v, want none, %v", jobs, backlogs, want)
	}
}

func testPriority(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for i, p := range []hook.Priority{hook.Low, hook.Highest, hook.Normal, hook.Highest} {
		a := Owe(Event(eventType, "1", start().Add(time.Duration(i)*time.Second)), h)
		a.Deliveries[0].Priority = p
		accept(t, st, a)
	}
	var got []hook.Priority
	for range 2 {
		jobs, _ := claim(t, st, node, start().Add(time.Minute), h, 2)
		for _, j := range jobs {
			got = append(got, j.Delivery.Priority)
		}
	}
	if want := []hook.Priority{hook.Highest, hook.Highest, hook.Normal, hook.Low}; !slices.Equal(got, want) {
		t.Errorf("priorities in order of the claims = %v, want %v", got, want)
	}
}

func testClaimBytes(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for i := range 5 {
		a := Owe(Event(eventType, "1", start().Add(time.Duration(i)*time.Second)), h)
		a.Deliveries[0].Size = 100
		accept(t, st, a)
	}
	for _, tt := range []struct{ bytes, want int }{{1, 1}, {150, 2}, {1000, 2}} {
		jobs, _, err := st.Claim(t.Context(), node, start().Add(time.Minute),
			[]hook.Want{{HookID: h.ID, Limit: 10, Bytes: tt.bytes}})
		if err != nil || len(jobs) != tt.want {
			t.Errorf("a claim of %d bytes gave %d deliveries, %v, want %d", tt.bytes, len(jobs), err, tt.want)
		}
	}
}
