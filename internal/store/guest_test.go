package store_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// watch runs Watch until the test ends.
func watch(t *testing.T, st *store.Store) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- st.Watch(ctx, slog.New(slog.DiscardHandler), func([]uuid.UUID) {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func closed(t *testing.T, st *store.Store, err error) *store.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func operatorKey() account.Key {
	return account.Key{ID: storetest.NewID(), Role: account.Operator, Digest: account.Digest(account.NewKey(account.Operator)), CreatedAt: time.Now()}
}

func TestARunningServerHearsOfAGuestsKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "waybill.db")
		st, err := store.OpenSQLite(t.Context(), path, storetest.Keys(t))
		server := closed(t, st, err)
		watch(t, server)
		node := storetest.NewID()
		if err := server.Join(t.Context(), node, time.Now(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}

		st, err = store.OpenGuest(t.Context(), path, storetest.Keys(t))
		guest := closed(t, st, err)
		k := operatorKey()
		if err := guest.AddKey(t.Context(), k, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if server.Keys()[k.Digest] == nil {
			t.Error("the server doesn't know a key that a guest has added")
		}
		if err := guest.RevokeKey(t.Context(), "", k.ID, time.Now(), account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if server.Keys()[k.Digest] != nil {
			t.Error("the server knows a key that a guest has revoked")
		}
		if err := server.Renew(t.Context(), node, time.Now(), time.Now().Add(time.Hour)); err != nil {
			t.Errorf("Renew = %v: the guest has ended the server's lease", err)
		}
	})
}

func TestAnotherNodeHearsOfKeys(t *testing.T) {
	t.Parallel()
	url := pgtemp.Database(t)
	st, err := store.OpenPostgres(t.Context(), url, storetest.Keys(t))
	one := closed(t, st, err)
	st, err = store.OpenPostgres(t.Context(), url, storetest.Keys(t))
	two := closed(t, st, err)
	watch(t, two)
	k := operatorKey()
	if err := one.AddKey(t.Context(), k, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the other node knows the key", func() bool { return two.Keys()[k.Digest] != nil })
	if err := one.RevokeKey(t.Context(), "", k.ID, time.Now(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the other node knows the key no more", func() bool { return two.Keys()[k.Digest] == nil })
}

// waitFor waits until something is so that another connection has to bring.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for !so() {
		select {
		case <-late:
			t.Fatalf("waited 10 s until %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestAGuestOfANewDatabaseGivesItASchema(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		guest, err := e.guest(storetest.Keys(t))
		if err != nil {
			t.Fatal(err)
		}
		k := operatorKey()
		if err := guest.AddKey(t.Context(), k, account.Entry{}); err != nil {
			t.Error(err)
		}
		closeStore(t, guest)
		server := openStore(t, e, storetest.Keys(t))
		if server.Keys()[k.Digest] == nil {
			t.Error("the server doesn't know the guest's key")
		}
		closeStore(t, server)
	})
}

func TestAGuestLeavesAnOlderSchemaAlone(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		closeStore(t, openStore(t, e, storetest.Keys(t)))
		if err := e.exec(`DELETE FROM goose_db_version WHERE version_id > 1`); err != nil {
			t.Fatal(err)
		}
		guest, err := e.guest(storetest.Keys(t))
		if err == nil {
			t.Fatal(guest.Close())
		}
		for _, want := range []string{"its schema has version 1 and", "run waybill migrate, or start the server of this version once"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("a guest gets %v, want %q in it", err, want)
			}
		}
	})
}
