package bench

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/trade"
)

// openFilled returns a store with a filling, on an engine.
func openFilled(t *testing.T, engine string, what filling) (*filler, *grown) {
	t.Helper()
	db, err := openDatabases(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.close)
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	g, err := openGrown(t.Context(), db, keys, what)
	if g != nil {
		t.Cleanup(func() { _ = g.store.Close() })
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := openFiller(t.Context(), g.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	return f, g
}

func TestAFillingIsAsItSays(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			what := filling{waiting: 400, settled: 3600, end: time.Now()}
			f, g := openFilled(t, engine, what)
			recent := what.end.Add(-2 * 24 * time.Hour).UnixMicro()
			nowMicros := what.end.UnixMicro()
			for query, want := range map[string]int{
				"state = 'waiting'":                                                 400 + fewRows,
				"state <> 'waiting'":                                                3600 + fewRows,
				"state = 'waiting' AND due_at > NOW":                                200,
				"state = 'waiting' AND created_at > RECENT":                         200,
				"state = 'waiting' AND created_at > RECENT AND company = 'grown-0'": 200,
				"created_at > NOW":                                                  0,
				"created_at < 0":                                                    0,
				"state NOT IN ('waiting', 'sending', 'delivered', 'failed', 'cancelled')":                                         0,
				"event_id NOT IN (SELECT id FROM event)":                                                                          0,
				"state = 'delivered' AND NOT EXISTS (SELECT 1 FROM hook h WHERE h.id = hook_id AND h.company = delivery.company)": 0,
			} {
				query = strings.NewReplacer("NOW", strconv.FormatInt(nowMicros, 10), "RECENT", strconv.FormatInt(recent, 10)).Replace(query)
				var got int
				if err := f.db.QueryRowContext(t.Context(), "SELECT count(*) FROM delivery WHERE "+query).Scan(&got); err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("there are %d deliveries with %s, want %d", got, query, want)
				}
			}
			entity := hook.DeliveryQuery{Company: fillCompany(0), Entity: trade.Entity{Kind: trade.KindOrder, ID: entityID(5)}, Limit: pageRows}
			ds, err := g.store.Deliveries(t.Context(), entity)
			if want := 2 * fillAgain; err != nil || len(ds) != want {
				t.Errorf("an entity has %d deliveries, %v, want %d", len(ds), err, want)
			}
			for _, d := range ds {
				seconds, nanos := d.ID.Time().UnixTime()
				if at := time.Unix(seconds, nanos); d.CreatedAt.Sub(at).Abs() > time.Millisecond {
					t.Errorf("delivery %s is of %s by its ID, and was created at %s", d.ID, at, d.CreatedAt)
				}
			}
		})
	}
}
