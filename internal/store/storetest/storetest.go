// Package storetest holds what every store must do, and helpers for tests that
// need one.
package storetest

import (
	"encoding/binary"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

// Company is the company that AddHook adds hooks to.
const Company = "acme"

// Open returns an empty SQLite store that lives as long as the test.
func Open(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, st)
	return st
}

// OpenPostgres is Open for PostgreSQL: see pgtemp for where the server is.
func OpenPostgres(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.OpenPostgres(t.Context(), pgtemp.Database(t), Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, st)
	return st
}

func closeAtEnd(t *testing.T, st *store.Store) {
	t.Helper()
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}

// keys are made once, so that a test can open a store more than once.
var keys = sync.OnceValues(seal.New) //nolint:gochecknoglobals // the value never changes

// Keys returns the key set that the stores of tests seal with. It is the same in
// all tests of a process: make one with seal.New to change it.
func Keys(t *testing.T) *seal.Keys {
	t.Helper()
	k, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// made counts the IDs of NewID.
var made atomic.Uint64 //nolint:gochecknoglobals // tests of a package must not make the same

// NewID returns a fresh ID of version 7, higher than those made before in the same
// millisecond. It goes by the clock of the caller's synctest bubble alone:
// uuid.NewV7 goes on from its last ID, which a bubble that is ahead may have made.
func NewID() uuid.UUID { return idAt(time.Now()) }

// idAt is NewID at a time.
func idAt(at time.Time) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], 1<<63|made.Add(1))
	return id
}

// AddHook adds an enabled hook of Company for an event type to a store, and the
// company if it is not there.
func AddHook(t *testing.T, st *store.Store, eventType, url string) hook.Hook {
	t.Helper()
	c := trade.Company{ID: Company, Name: "Acme", TimeZone: "Europe/Berlin", CreatedAt: time.Now()}
	if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	h := hook.Hook{
		ID: NewID(), Company: Company, Kind: hook.Trigger, Version: 1, Title: "test", Enabled: true,
		EventTypes: []string{eventType}, URL: url, Priority: hook.Normal,
		CreatedAt: time.Now(), UpdatedAt: time.Now(),
	}
	if err := st.AddHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// Event returns an event of Company at a time, in whole microseconds.
func Event(eventType, entityID string, at time.Time) trade.Event {
	at = at.UTC().Truncate(time.Microsecond)
	return trade.Event{
		ID: NewID(), Company: Company, Type: eventType,
		Entity:     trade.Entity{Kind: trade.KindOrder, ID: entityID},
		OccurredAt: at, ReceivedAt: at, Data: []byte(`{"OrderId":4711}`),
	}
}

// Owe returns an acceptance of e with a waiting delivery for each hook, due at
// the time e was received.
func Owe(e trade.Event, hooks ...hook.Hook) hook.Acceptance {
	a := hook.Acceptance{Event: e}
	for _, h := range hooks {
		a.Deliveries = append(a.Deliveries, hook.Delivery{
			ID: NewID(), Company: e.Company, HookID: h.ID, EventID: e.ID, EventType: e.Type,
			Entity: e.Entity, State: hook.Waiting, Priority: h.Priority,
			DueAt: e.ReceivedAt, CreatedAt: e.ReceivedAt, Size: len(e.Data),
			Events: 1, Unique: h.Queue.Unique, Ordered: h.Queue.Ordered,
		})
	}
	return a
}

// Settlement returns that the current attempt of d was answered with a status,
// and what that means.
func Settlement(d hook.Delivery, status int, v hook.Verdict, at time.Time) hook.Settlement {
	return hook.Settlement{
		Company: d.Company,
		Attempt: hook.Attempt{
			DeliveryID: d.ID, Number: d.Attempt, HookVersion: 1, StartedAt: at.UTC().Truncate(time.Microsecond),
			Method: "POST", URL: "https://receiver.example/hook", RequestHead: "Content-Type: application/json\n",
			BodySize: 2, BodySHA256: [32]byte{1}, Status: status, ResponseHead: "Date: now\n", ResponseBody: []byte("ok"),
			Took: hook.Timing{DNS: time.Millisecond, Total: 3 * time.Millisecond},
		},
		Verdict: v,
	}
}
