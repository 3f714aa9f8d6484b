package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestListing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *store.Store{
		"SQLite": storetest.Open, "PostgreSQL": storetest.OpenPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := open(t)
			owed := fill(t, st)
			t.Run("finds what a filter asks for, newest first", func(t *testing.T) { testFilters(t, st, owed) })
			t.Run("pages without gap or repeat", func(t *testing.T) { testPages(t, st, owed) })
			t.Run("pages through all that an entity caused", func(t *testing.T) { testEntityPages(t, st, owed[0].HookID) })
			t.Run("reads a delivery with its attempts", func(t *testing.T) { testAttempts(t, st, owed) })
			t.Run("reads an event with its deliveries", func(t *testing.T) { testEvent(t, st, owed) })
			t.Run("shows nothing of another company", func(t *testing.T) { testOther(t, st, owed) })
		})
	}
}

const page = 7

// idAt returns an ID as it is made at a time.
func idAt(at time.Time) uuid.UUID {
	id := storetest.NewID()
	binary.BigEndian.PutUint32(id[:4], uint32(at.UnixMilli()>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(at.UnixMilli()))
	return id
}

// fill stores deliveries that differ in everything one can ask for, and returns
// them, oldest first, as they then are.
func fill(t *testing.T, st *store.Store) []hook.Delivery {
	t.Helper()
	hooks := []hook.Hook{
		storetest.AddHook(t, st, "OrderCreated", "https://a.example/"),
		storetest.AddHook(t, st, "OrderCreated", "https://b.example/"),
	}
	var all []hook.Acceptance
	for i := range 30 {
		at := time.Date(2026, 1, 31, 14, 5, i, 0, time.UTC)
		e := storetest.Event([]string{"OrderCreated", "OrderChanged"}[i%2], strconv.Itoa(i%3), at)
		if i%5 == 0 {
			e.Entity.Kind, e.Type = trade.KindInvoice, "InvoiceChanged"
		}
		e.ID = idAt(at.Add(-time.Second))
		a := storetest.Owe(e, hooks...)
		for k := range a.Deliveries {
			a.Deliveries[k].ID = idAt(at.Add(time.Duration(k) * time.Second / 2)) // made later than the event came
		}
		all = append(all, a)
	}
	if _, err := st.Accept(t.Context(), uuid.Nil, all); err != nil {
		t.Fatal(err)
	}
	node := storetest.NewID()
	jobs, _, err := st.Claim(t.Context(), node, time.Now().Add(time.Hour), []hook.Want{{HookID: hooks[0].ID, Limit: 20, Bytes: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := []hook.Verdict{
		{State: hook.Delivered}, {State: hook.Failed, Reason: "answered 500"}, {State: hook.Waiting, DueAt: time.Now(), Reason: "answered 503"},
	}
	var settlements []hook.Settlement
	for i, j := range jobs[:15] { // five remain being sent
		settlements = append(settlements, storetest.Settlement(j.Delivery, 200+i%3*100, verdicts[i%3], time.Now()))
	}
	if _, err := st.Settle(t.Context(), node, settlements); err != nil {
		t.Fatal(err)
	}
	var owed []hook.Delivery
	for _, a := range all {
		for _, d := range a.Deliveries {
			now, err := st.Delivery(t.Context(), storetest.Company, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			owed = append(owed, now)
		}
	}
	return owed
}

func testFilters(t *testing.T, st *store.Store, owed []hook.Delivery) {
	middle := owed[len(owed)/2].CreatedAt
	for _, state := range []hook.State{"", hook.Waiting, hook.Sending, hook.Delivered, hook.Failed, hook.Cancelled} {
		for _, hookID := range []uuid.UUID{uuid.Nil, owed[0].HookID, storetest.NewID()} {
			for _, entity := range []trade.Entity{{}, {Kind: trade.KindInvoice}, {ID: "2"}, {Kind: trade.KindOrder, ID: "1"}} {
				for _, q := range []hook.DeliveryQuery{
					{},
					{EventType: "OrderChanged"},
					{From: middle},
					{To: middle},
					{Status: "4xx"},
					{Status: "300"},
					{Status: hook.NoAnswer},
					{From: owed[10].CreatedAt, To: middle, Before: owed[20].ID},
				} {
					q.Company, q.State, q.HookID, q.Entity, q.Limit = storetest.Company, state, hookID, entity, page
					got, err := st.Deliveries(t.Context(), q)
					if err != nil {
						t.Fatalf("Deliveries(%+v): %v", q, err)
					}
					if want := choose(owed, q); !slices.Equal(got, want) {
						t.Errorf("Deliveries(%+v) = %d deliveries %v, want %d %v", q, len(got), ids(got), len(want), ids(want))
					}
				}
			}
		}
	}
}

// choose answers q the slow way.
func choose(owed []hook.Delivery, q hook.DeliveryQuery) []hook.Delivery {
	var chosen []hook.Delivery
	low, high, _ := q.Status.Range()
	for _, d := range slices.Backward(owed) {
		switch {
		case q.State != "" && d.State != q.State,
			q.Status != "" && (d.Attempt == 0 || d.SettledAt.IsZero() || d.Status < low || d.Status > high),
			q.HookID != uuid.Nil && d.HookID != q.HookID,
			q.EventType != "" && d.EventType != q.EventType,
			q.Entity.Kind != "" && d.Entity.Kind != q.Entity.Kind,
			q.Entity.ID != "" && d.Entity.ID != q.Entity.ID,
			d.CreatedAt.Before(q.From),
			!q.To.IsZero() && !d.CreatedAt.Before(q.To),
			q.Before != uuid.Nil && bytes.Compare(d.ID[:], q.Before[:]) >= 0,
			len(chosen) == q.Limit:
		default:
			chosen = append(chosen, d)
		}
	}
	return chosen
}

func ids(ds []hook.Delivery) []uuid.UUID {
	var all []uuid.UUID
	for _, d := range ds {
		all = append(all, d.ID)
	}
	return all
}

func testPages(t *testing.T, st *store.Store, owed []hook.Delivery) {
	got := ids(pages(t, st, hook.DeliveryQuery{Company: storetest.Company, Limit: page}))
	slices.Reverse(got)
	if want := ids(owed); !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
}

// testEntityPages has more events than are looked at in one go, in pairs whose
// deliveries are in another order than they are.
func testEntityPages(t *testing.T, st *store.Store, hookID uuid.UUID) {
	var want []uuid.UUID
	var all []hook.Acceptance
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for i := range 700 {
		e := storetest.Event("OrderCreated", "busy", start.Add(time.Duration(i)*time.Second))
		e.ID = idAt(e.ReceivedAt)
		a := storetest.Owe(e, hook.Hook{ID: hookID})
		a.Deliveries[0].ID = idAt(e.ReceivedAt.Add(time.Duration(i%2) * 2 * time.Second))
		want = append(want, a.Deliveries[0].ID)
		all = append(all, a)
	}
	if _, err := st.Accept(t.Context(), uuid.Nil, all); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(want, func(a, b uuid.UUID) int { return bytes.Compare(b[:], a[:]) })
	for _, size := range []int{3, 255, 256, 257, 700, 1000} {
		q := hook.DeliveryQuery{Company: storetest.Company, Entity: trade.Entity{ID: "busy"}, Limit: size}
		if got := ids(pages(t, st, q)); !slices.Equal(got, want) {
			t.Errorf("pages of %d have %d deliveries, want %d, newest first", size, len(got), len(want))
		}
	}
}

// pages returns what all pages of q have.
func pages(t *testing.T, st *store.Store, q hook.DeliveryQuery) []hook.Delivery {
	t.Helper()
	var got []hook.Delivery
	for {
		ds, err := st.Deliveries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(ds) == 0 {
			return got
		}
		got = append(got, ds...)
		q.Before = ds[len(ds)-1].ID
	}
}

func testAttempts(t *testing.T, st *store.Store, owed []hook.Delivery) {
	i := slices.IndexFunc(owed, func(d hook.Delivery) bool { return d.State == hook.Failed })
	got, err := st.Attempts(t.Context(), storetest.Company, owed[i].ID)
	if err != nil || len(got) != 1 {
		t.Fatalf("Attempts = %d attempts, %v, want 1", len(got), err)
	}
	want := storetest.Settlement(owed[i], 300, hook.Verdict{}, got[0].StartedAt).Attempt
	if fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("attempt = %+v, want %+v", got[0], want)
	}
}

func testEvent(t *testing.T, st *store.Store, owed []hook.Delivery) {
	e, err := st.Event(t.Context(), storetest.Company, owed[0].EventID)
	if err != nil || e.ID != owed[0].EventID || e.Type != "InvoiceChanged" || string(e.Data) != `{"OrderId":4711}` {
		t.Errorf("Event = %+v, %v, want that of the first delivery", e, err)
	}
	got, err := st.EventDeliveries(t.Context(), storetest.Company, owed[0].EventID)
	if err != nil || !slices.Equal(got, owed[:2]) {
		t.Errorf("EventDeliveries = %v, %v, want %v", ids(got), err, ids(owed[:2]))
	}
}

func testOther(t *testing.T, st *store.Store, owed []hook.Delivery) {
	const other = "other"
	d := owed[0]
	if _, err := st.Delivery(t.Context(), other, d.ID); !errors.Is(err, store.ErrNoDelivery) {
		t.Errorf("Delivery = %v, want %v", err, store.ErrNoDelivery)
	}
	if _, err := st.Event(t.Context(), other, d.EventID); !errors.Is(err, store.ErrNoEvent) {
		t.Errorf("Event = %v, want %v", err, store.ErrNoEvent)
	}
	if as, err := st.Attempts(t.Context(), other, d.ID); err != nil || len(as) != 0 {
		t.Errorf("Attempts = %v, %v, want none", as, err)
	}
	if ds, err := st.EventDeliveries(t.Context(), other, d.EventID); err != nil || len(ds) != 0 {
		t.Errorf("EventDeliveries = %v, %v, want none", ds, err)
	}
	for _, q := range []hook.DeliveryQuery{
		{}, {HookID: d.HookID}, {Entity: d.Entity}, {State: hook.Waiting}, {State: hook.Sending}, {State: hook.Delivered, HookID: d.HookID},
	} {
		q.Company, q.Limit = other, page
		if ds, err := st.Deliveries(t.Context(), q); err != nil || len(ds) != 0 {
			t.Errorf("Deliveries(%+v) = %v, %v, want none", q, ids(ds), err)
		}
	}
}
