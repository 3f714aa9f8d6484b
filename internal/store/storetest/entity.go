package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

func entityCases() []testCase {
	return []testCase{
		{"the scope of an event is kept", testScope},
		{"a state is stored with its events, and every version stays", testRevise},
		{"events alone are stored about the state that is there", testReviseEvents},
		{"a stale revision is refused with its events", testReviseStale},
		{"of revisions that come together, one wins for each version", testReviseTogether},
		{"a revision that cannot be written spoils only itself", testReviseSpoiled},
		{"a repeated revision stores nothing, and its result is known", testReviseRepeat},
		{"a key that comes with another revision stores nothing of it", testReviseMismatch},
		{"a revision's events share the lot of its first", testReviseWhole},
		{"states are found by what is asked for", testStates},
		{"states are paged through in both directions", testStatePages},
		{"a large state is stored as it is", testLargeState},
	}
}

// stateOf returns a version of an order of Company, that it came to in that many
// minutes.
func stateOf(id string, version int64) trade.State {
	return trade.State{
		Company: Company, Entity: trade.Entity{Kind: trade.KindOrder, ID: id}, Version: version, Status: "Issued",
		At: start().Add(time.Duration(version) * time.Minute), JSON: fmt.Appendf(nil, `{"orderId":%q,"version":%d}`, id, version),
	}
}

// revision returns a state with an event for each of the given types.
func revision(state trade.State, types ...string) hook.Revision {
	r := hook.Revision{State: state}
	for _, name := range types {
		e := Event(name, state.Entity.ID, state.At)
		e.Company, e.Entity, e.Scope = state.Company, state.Entity, trade.Scope{Version: state.Version}
		r.Acceptances = append(r.Acceptances, hook.Acceptance{Event: e})
	}
	return r
}

func revise(t *testing.T, st *store.Store, r hook.Revision) []hook.Receipt {
	t.Helper()
	receipts, err := st.Revise(t.Context(), uuid.Nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func testScope(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	for _, want := range []trade.Scope{{}, {Version: 3}, {Lines: []string{"b"}}, {Version: 12, Lines: []string{"ä \"1\"", "2"}}} {
		e := Event(eventType, "1", start())
		e.Scope = want
		accept(t, st, Owe(e, h))
		if j := claimOne(t, st, node, start(), h); !cmp.Equal(j.Event.Scope, want) {
			t.Errorf("the claimed event's scope = %+v, want %+v", j.Event.Scope, want)
		}
		if got, err := st.Event(t.Context(), Company, e.ID); err != nil || !cmp.Equal(got.Scope, want) {
			t.Errorf("the event's scope = %+v, %v, want %+v", got.Scope, err, want)
		}
	}
}

func testRevise(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	order := stateOf("1", 1).Entity
	for v := range int64(3) {
		want := stateOf("1", v+1)
		r := revision(want, eventType)
		r.Acceptances[0] = Owe(r.Acceptances[0].Event, h)
		receipts := revise(t, st, r)
		if len(receipts) != 1 || receipts[0].Owed != 1 || receipts[0].EventID != r.Acceptances[0].Event.ID {
			t.Errorf("receipts = %+v, want one of the event that owes 1", receipts)
		}
		got, err := st.State(t.Context(), Company, order)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("the state is not what was stored: %v (-want +got):\n%s", err, diff)
		}
		if j := claimOne(t, st, node, start().Add(far), h); j.Event.ID != receipts[0].EventID || j.Event.Scope.Version != v+1 {
			t.Errorf("claimed is %+v, want the event of version %d", j.Event, v+1)
		}
	}
	for v := int64(1); v <= 3; v++ {
		want := stateOf("1", v)
		got, err := st.StateVersion(t.Context(), Company, order, v)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("version %d: %v (-want +got):\n%s", v, err, diff)
		}
		for _, later := range []time.Duration{0, time.Minute - time.Microsecond} {
			if got, err := st.StateAt(t.Context(), Company, order, want.At.Add(later)); err != nil || got.Version != v {
				t.Errorf("the state %v after version %d = %d, %v", later, v, got.Version, err)
			}
		}
	}
	_, never := st.StateVersion(t.Context(), Company, order, 4)
	_, early := st.StateAt(t.Context(), Company, order, start())
	_, foreign := st.State(t.Context(), "globex", order)
	_, other := st.State(t.Context(), Company, trade.Entity{Kind: trade.KindShipment, ID: "1"})
	_, foreignVersion := st.StateVersion(t.Context(), "globex", order, 1)
	_, foreignTime := st.StateAt(t.Context(), "globex", order, start().Add(far))
	for i, err := range []error{never, early, foreign, other, foreignVersion, foreignTime} {
		if !errors.Is(err, store.ErrNoEntity) || hook.FaultOf(err) != hook.Missing {
			t.Errorf("%d: %v, want %v", i, err, store.ErrNoEntity)
		}
	}
}

func testReviseEvents(t *testing.T, st *store.Store) {
	revise(t, st, revision(stateOf("1", 1), eventType))
	r := revision(stateOf("1", 1), "OrderResentByBuyer")
	r.State = trade.State{}
	receipt := revise(t, st, r)[0]
	if e, err := st.Event(t.Context(), Company, receipt.EventID); err != nil || e.Scope.Version != 1 {
		t.Errorf("the event is %+v, %v, want it about version 1", e, err)
	}
	if got, err := st.State(t.Context(), Company, stateOf("1", 1).Entity); err != nil || got.Version != 1 {
		t.Errorf("the version is %d, %v, want 1", got.Version, err)
	}
}

func testReviseStale(t *testing.T, st *store.Store) {
	revise(t, st, revision(stateOf("1", 1), eventType))
	for name, state := range map[string]trade.State{
		"the one there is": stateOf("1", 1), "one too far": stateOf("1", 3), "not the first": stateOf("2", 2),
	} {
		r := revision(state, eventType)
		r.Acceptances[0].IdempotencyKey = name
		if _, err := st.Revise(t.Context(), uuid.Nil, r); !errors.Is(err, store.ErrStale) || hook.FaultOf(err) != hook.Conflict {
			t.Errorf("%s: Revise = %v, want %v", name, err, store.ErrStale)
		}
		if _, err := st.Event(t.Context(), Company, r.Acceptances[0].Event.ID); hook.FaultOf(err) != hook.Missing {
			t.Errorf("%s: its event = %v, want an error of fault missing", name, err)
		}
		if _, err := st.Revised(t.Context(), Company, name); hook.FaultOf(err) != hook.Missing {
			t.Errorf("%s: its key = %v, want an error of fault missing", name, err)
		}
	}
	foreign := stateOf("1", 1)
	foreign.Company = "globex"
	revise(t, st, revision(foreign, eventType))
}

func testReviseTogether(t *testing.T, st *store.Store) {
	const callers, versions = 6, 8
	var mu sync.Mutex
	won := make(map[string]int)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for v := int64(1); v <= versions; {
				id := strconv.Itoa(c % 2) // three callers want the same
				r := revision(stateOf(id, v), eventType, "OrderResentByBuyer")
				_, err := st.Revise(t.Context(), uuid.Nil, r)
				switch {
				case err == nil:
					mu.Lock()
					won[fmt.Sprint(id, " ", v)]++
					mu.Unlock()
				case !errors.Is(err, store.ErrStale):
					t.Error(err)
					return
				}
				v++ // it is there now, whoever stored it
			}
		})
		wg.Go(func() {
			if _, err := st.Accept(t.Context(), uuid.Nil, []hook.Acceptance{Owe(Event(eventType, "3", start()))}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 2*versions {
		t.Errorf("%d versions were stored, want %d: %v", len(won), 2*versions, won)
	}
	for v, n := range won {
		if n != 1 {
			t.Errorf("%d have stored version %s, want 1", n, v)
		}
	}
	for _, id := range []string{"0", "1"} {
		if got, err := st.State(t.Context(), Company, stateOf(id, 1).Entity); err != nil || got.Version != versions {
			t.Errorf("the newest version is %d, %v, want %d", got.Version, err, versions)
		}
	}
}

func testReviseSpoiled(t *testing.T, st *store.Store) {
	there := revision(stateOf("there", 1), eventType)
	revise(t, st, there)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			r := revision(stateOf(strconv.Itoa(i), 1), eventType)
			bad := i%4 == 1
			if bad {
				r.Acceptances[0].Event.ID = there.Acceptances[0].Event.ID // the row is there already
			}
			if _, err := st.Revise(t.Context(), uuid.Nil, r); (err != nil) != bad {
				t.Errorf("Revise %d = %v, want an error: %t", i, err, bad)
			}
			if _, err := st.State(t.Context(), Company, r.State.Entity); (err != nil) != bad {
				t.Errorf("State %d = %v, want an error: %t", i, err, bad)
			}
		})
	}
	wg.Wait()
}

func testReviseRepeat(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	first := revision(stateOf("1", 1), eventType, "OrderResentByBuyer")
	first.Acceptances[0] = Owe(first.Acceptances[0].Event, h)
	first.Acceptances[0].IdempotencyKey, first.Acceptances[0].Fingerprint = "k", []byte("print")
	revise(t, st, first)
	revise(t, st, revision(stateOf("1", 2), eventType))

	again := revision(stateOf("1", 1), eventType, "OrderResentByBuyer")
	again.Acceptances[0].IdempotencyKey, again.Acceptances[0].Fingerprint = "k", []byte("print")
	for i, r := range revise(t, st, again) {
		if !r.Repeated || r.Mismatched {
			t.Errorf("receipt %d = %+v, want repeated", i, r)
		}
		if _, err := st.Event(t.Context(), Company, again.Acceptances[i].Event.ID); hook.FaultOf(err) != hook.Missing {
			t.Errorf("event %d = %v, want an error of fault missing", i, err)
		}
	}
	got, err := st.Revised(t.Context(), Company, "k")
	want := hook.Revised{State: stateOf("1", 1), Repeated: true, Fingerprint: []byte("print")}
	want.State.JSON = nil
	for i, a := range first.Acceptances {
		want.Events = append(want.Events, hook.Told{Event: a.Event, Owed: 1 - i})
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Revised: %v (-want +got):\n%s", err, diff)
	}
	for _, k := range [][2]string{{Company, "other"}, {"globex", "k"}} {
		if _, err := st.Revised(t.Context(), k[0], k[1]); hook.FaultOf(err) != hook.Missing {
			t.Errorf("Revised(%q) = %v, want an error of fault missing", k, err)
		}
	}
}

func testReviseMismatch(t *testing.T, st *store.Store) {
	for _, id := range []string{"1", "2"} {
		r := revision(stateOf(id, 1), eventType)
		r.Acceptances[0].IdempotencyKey, r.Acceptances[0].Fingerprint = "k", []byte(id)
		if got := revise(t, st, r)[0]; got.Mismatched != (id == "2") {
			t.Errorf("the receipt of %s is %+v", id, got)
		}
	}
	if _, err := st.State(t.Context(), Company, stateOf("2", 1).Entity); !errors.Is(err, store.ErrNoEntity) {
		t.Errorf("State = %v, want %v", err, store.ErrNoEntity)
	}
}

// Repeats that come together meet in one group, where none is stored yet.
func testReviseWhole(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	node := join(t, st)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r := revision(stateOf("1", 1), eventType, eventType)
			for i := range r.Acceptances {
				r.Acceptances[i] = Owe(r.Acceptances[i].Event, h)
			}
			r.Acceptances[0].IdempotencyKey = "k"
			if _, err := st.Revise(t.Context(), uuid.Nil, r); err != nil && !errors.Is(err, store.ErrStale) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if jobs, _ := claim(t, st, node, start().Add(far), h, 100); len(jobs) != 2 {
		t.Errorf("%d deliveries are owed, want 2", len(jobs))
	}
}

func testStates(t *testing.T, st *store.Store) {
	var all []trade.State
	for i := range int64(9) {
		state := stateOf(strconv.FormatInt(9-i, 10), 1)
		state.At = start().Add(time.Duration(i/2) * time.Minute) // two at a time
		state.Status = []string{"Issued", "Confirmed", ""}[i%3]
		if i%4 == 3 {
			state.Entity.Kind = trade.KindShipment
		}
		revise(t, st, revision(state, eventType))
		all = append(all, state)
	}
	last := stateOf("9", 2) // the first of them
	last.At = start().Add(far)
	revise(t, st, revision(last, eventType))
	all = append(all[1:], last)
	slices.SortStableFunc(all, func(a, b trade.State) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Entity.ID, b.Entity.ID)
	})
	for name, tt := range map[string]struct {
		q    trade.StateQuery
		want func(trade.State) bool
	}{
		"all":              {trade.StateQuery{}, func(trade.State) bool { return true }},
		"by status":        {trade.StateQuery{Statuses: []string{"Confirmed"}}, func(s trade.State) bool { return s.Status == "Confirmed" }},
		"by statuses":      {trade.StateQuery{Statuses: []string{"Confirmed", "Issued"}}, func(s trade.State) bool { return s.Status != "" }},
		"changed later":    {trade.StateQuery{After: all[3].At}, func(s trade.State) bool { return s.At.After(all[3].At) }},
		"changed no later": {trade.StateQuery{Until: all[3].At}, func(s trade.State) bool { return !s.At.After(all[3].At) }},
		"changed in between": {trade.StateQuery{After: all[1].At, Until: all[5].At}, func(s trade.State) bool {
			return s.At.After(all[1].At) && !s.At.After(all[5].At)
		}},
		"of another company":      {trade.StateQuery{Company: "globex"}, func(trade.State) bool { return false }},
		"by status, not changed":  {trade.StateQuery{Statuses: []string{"Issued"}, After: last.At}, func(trade.State) bool { return false }},
		"of a status that no has": {trade.StateQuery{Statuses: []string{"Rejected"}}, func(trade.State) bool { return false }},
	} {
		for _, kind := range []trade.EntityKind{trade.KindOrder, trade.KindShipment} {
			q := tt.q
			if q.Kind, q.Limit = kind, 100; q.Company == "" {
				q.Company = Company
			}
			var want []trade.State
			var at time.Time
			for _, s := range all {
				if s.Entity.Kind == kind && tt.want(s) {
					want, at = append(want, s), s.At
				}
			}
			got, err := st.States(t.Context(), q)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, %s: %v (-want +got):\n%s", name, kind, err, diff)
			}
			q.Limit = 0
			if n, last, err := st.CountStates(t.Context(), q); err != nil || n != int64(len(want)) || !last.Equal(at) {
				t.Errorf("%s, %s: CountStates = %d, %v, %v, want %d, %v", name, kind, n, last, err, len(want), at)
			}
		}
	}
}

func testStatePages(t *testing.T, st *store.Store) {
	const many = 11
	for i := range many {
		state := stateOf(strconv.Itoa(i), 1)
		state.At = start().Add(time.Duration(i/3) * time.Minute)
		revise(t, st, revision(state, eventType))
	}
	q := trade.StateQuery{Company: Company, Kind: trade.KindOrder, Limit: many}
	want, err := st.States(t.Context(), q)
	if err != nil || len(want) != many {
		t.Fatalf("%d states, %v, want %d", len(want), err, many)
	}
	for i := range want {
		want[i].JSON = nil
	}
	q.Limit, q.Bare = 2, true
	for _, newest := range []bool{false, true} {
		var byPlace, byOffset []trade.State
		q.Newest = newest
		for range many {
			q.Beyond, q.Offset = trade.StatePlace{}, len(byOffset)
			page, err := st.States(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			byOffset = append(byOffset, page...)
			q.Offset = 0
			if n := len(byPlace); n > 0 {
				q.Beyond = trade.StatePlace{At: byPlace[n-1].At, ID: byPlace[n-1].Entity.ID}
			}
			if page, err = st.States(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			byPlace = append(byPlace, page...)
		}
		for name, got := range map[string][]trade.State{"by place": byPlace, "by offset": byOffset} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pages %s, newest first %t (-want +got):\n%s", name, newest, diff)
			}
		}
		slices.Reverse(want)
	}
}

func testLargeState(t *testing.T, st *store.Store) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			want := stateOf(strconv.Itoa(i), 1)
			var b strings.Builder
			for n := range 100_000 {
				fmt.Fprintf(&b, `{"id":"%d"},`, n*n)
			}
			want.JSON = fmt.Appendf(nil, `{"lines":[%s{}]}`, b.String())
			revise(t, st, revision(want, eventType))
			got, err := st.State(t.Context(), Company, want.Entity)
			if err != nil || string(got.JSON) != string(want.JSON) {
				t.Errorf("the state of %d bytes is another one of %d bytes, %v", len(want.JSON), len(got.JSON), err)
			}
		})
	}
	wg.Wait()
}
