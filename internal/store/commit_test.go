package store_test

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// Two nodes write keys at the same time that neither knows of.
func TestKeysThatTwoNodesWriteAreWrittenOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		a, b []string // the one they both wait for is "shared"
		want int      // events
	}{
		{"when one is first", []string{"shared"}, []string{"shared"}, 1},
		{"when they have them in different orders", []string{"left", "shared", "right"}, []string{"right", "shared", "left"}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one, two, hold := twoNodes(t)
			a, b := keyed(tt.a), keyed(tt.b)
			release := hold("id:shared")
			var receipts [2][]hook.Receipt
			var wg sync.WaitGroup
			for i, node := range []struct {
				store *store.Store
				as    []hook.Acceptance
			}{{one, a}, {two, b}} {
				wg.Go(func() {
					var err error
					if receipts[i], err = node.store.Accept(t.Context(), uuid.Nil, node.as); err != nil {
						t.Errorf("Accept on node %d = %v, want nil", i+1, err)
					}
				})
			}
			release()
			wg.Wait()
			fresh := 0
			ids := make(map[uuid.UUID]bool)
			for _, r := range slices.Concat(receipts[0], receipts[1]) {
				ids[r.EventID] = true
				if !r.Repeated {
					fresh++
				}
			}
			if len(ids) != tt.want || fresh != tt.want {
				t.Errorf("%d events, %d of them told to be new; want %d and as many", len(ids), fresh, tt.want)
			}
		})
	}
}

// keyed returns events with the given IDs of their source.
func keyed(ids []string) []hook.Acceptance {
	as := make([]hook.Acceptance, len(ids))
	for i, id := range ids {
		as[i].Event = storetest.Event("OrderChanged", "1", time.Now())
		as[i].Event.SourceID = id
	}
	return as
}

// twoNodes returns two stores on one database, and what keeps both from writing
// a key: the function that it returns waits until both want to, and lets them.
func twoNodes(t *testing.T) (one, two *store.Store, hold func(key string) (release func())) {
	t.Helper()
	url := pgtemp.Database(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	stores, keys := make([]*store.Store, 2), storetest.Keys(t)
	for i := range stores {
		if stores[i], err = store.OpenPostgres(t.Context(), url, keys); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stores[i].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return stores[0], stores[1], func(key string) func() { return holdKey(t, db, key) }
}

// holdKey writes a key without committing it.
func holdKey(t *testing.T, db *sql.DB, key string) (release func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO event_key (company, key, event_id, fingerprint) VALUES ($1, $2, $3, '')`,
			storetest.Company, key, storetest.NewID().String())
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		for waiting := 0; waiting < 2; {
			err := db.QueryRowContext(ctx, `
SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted
    AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`).Scan(&waiting)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}
