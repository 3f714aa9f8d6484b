package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func testLanes(t *testing.T, st *store.Store) {
	h, other := AddHook(t, st, eventType, "https://receiver.example/"), AddHook(t, st, eventType, "https://other.example/")
	node, second := join(t, st), join(t, st)
	at := func(seconds int) time.Time { return start().Add(time.Duration(seconds) * time.Second) }
	take := func(node, hookID, before uuid.UUID, seconds int, want bool) {
		t.Helper()
		got, err := st.TakeLanes(t.Context(), node, map[uuid.UUID]hook.Owner{hookID: {Node: before}}, at(seconds))
		if err != nil || slices.Contains(got, hookID) != want || len(got) > 1 {
			t.Errorf("TakeLanes = %v, %v, want the hook's: %t", got, err, want)
		}
	}
	owners := func(want map[uuid.UUID]hook.Owner) {
		t.Helper()
		got, err := st.Lanes(t.Context(), start())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Owners); diff != "" {
			t.Errorf("the owners differ (-want +got):\n%s", diff)
		}
	}
	take(node, h.ID, uuid.Nil, 1, true)
	take(second, h.ID, uuid.Nil, 2, false)
	take(second, h.ID, second, 2, false)
	take(node, other.ID, uuid.Nil, 3, true)
	owners(map[uuid.UUID]hook.Owner{h.ID: {Node: node, Since: at(1)}, other.ID: {Node: node, Since: at(3)}})

	for by, seconds := range map[uuid.UUID]int{second: 4, node: 5} {
		if err := st.GiveLanes(t.Context(), by, []uuid.UUID{h.ID}, at(seconds)); err != nil {
			t.Fatal(err)
		}
	}
	owners(map[uuid.UUID]hook.Owner{h.ID: {Since: at(5)}, other.ID: {Node: node, Since: at(3)}})
	take(second, h.ID, uuid.Nil, 6, true)
	take(node, h.ID, uuid.Nil, 7, false)

	anew := join(t, st)
	if moved, err := st.MoveLanes(t.Context(), node, anew); err != nil || !slices.Equal(moved, []uuid.UUID{other.ID}) {
		t.Errorf("MoveLanes = %v, %v, want the other hook's", moved, err)
	}
	take(second, other.ID, node, 8, false) // the node before has died, but its lanes have moved
	owners(map[uuid.UUID]hook.Owner{h.ID: {Node: second, Since: at(6)}, other.ID: {Node: anew, Since: at(3)}})

	if err := st.DeleteHook(t.Context(), Company, other.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	owners(map[uuid.UUID]hook.Owner{h.ID: {Node: second, Since: at(6)}})
}

func testNodes(t *testing.T, st *store.Store) {
	node := join(t, st)
	short := NewID()
	if err := st.Join(t.Context(), short, start(), start().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	nodes := func(at time.Duration, want ...hook.Node) {
		t.Helper()
		got, err := st.Lanes(t.Context(), start().Add(at))
		if diff := cmp.Diff(want, got.Nodes); diff != "" || err != nil {
			t.Errorf("after %v the nodes differ (-want +got), %v:\n%s", at, err, diff)
		}
	}
	nodes(0, hook.Node{ID: node}, hook.Node{ID: short})
	if err := st.Retire(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	if _, err := st.MoveLanes(t.Context(), short, node); err != nil {
		t.Fatal(err)
	}
	nodes(58*time.Second, hook.Node{ID: node, Leaving: true}, hook.Node{ID: short, Leaving: true})
	nodes(59*time.Second, hook.Node{ID: node, Leaving: true}, hook.Node{ID: short, Leaving: true})
	nodes(time.Minute, hook.Node{ID: node, Leaving: true})
	// The lease that was seen to have ended stays so.
	if err := st.Renew(t.Context(), short, start().Add(30*time.Second), start().Add(far)); hook.FaultOf(err) != hook.Conflict {
		t.Errorf("Renew of what has ended = %v, want a conflict", err)
	}
}

// testTakeLaneOnce has many nodes want the lane of one that has died.
func testTakeLaneOnce(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	for _, before := range []uuid.UUID{uuid.Nil, NewID()} {
		if before != uuid.Nil {
			if _, err := st.MoveLanes(t.Context(), ownerOf(t, st, h.ID), before); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		taken := 0
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := st.TakeLanes(t.Context(), NewID(), map[uuid.UUID]hook.Owner{h.ID: {Node: before}}, start())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				taken += len(got)
			})
		}
		wg.Wait()
		if taken != 1 {
			t.Errorf("%d nodes took the lane, want 1", taken)
		}
	}
}

func ownerOf(t *testing.T, st *store.Store, hookID uuid.UUID) uuid.UUID {
	t.Helper()
	all, err := st.Lanes(t.Context(), start())
	if err != nil {
		t.Fatal(err)
	}
	return all.Owners[hookID].Node
}
