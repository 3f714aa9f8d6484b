package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// SQLite plans without statistics, so its plans say whether the statement leads
// it to the right index, whatever the data.
func TestListingUsesTheIndexOfItsNarrowestFilter(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	page := hook.DeliveryQuery{
		Company: "acme", Before: uuid.Must(uuid.NewV7()), EventType: "OrderCreated",
		From: time.UnixMicro(1e15), To: time.UnixMicro(2e15), Limit: 50,
	}
	aHook := uuid.Must(uuid.NewV7())
	const primary = "sqlite_autoindex_delivery_1" // (company, id)
	for name, tt := range map[string]struct {
		change func(*hook.DeliveryQuery)
		want   []string
	}{
		"all":       {func(*hook.DeliveryQuery) {}, []string{primary + " (company=? AND id>? AND id<?)"}},
		"delivered": {func(q *hook.DeliveryQuery) { q.State = hook.Delivered }, []string{primary + " (company=? AND id>? AND id<?)"}},
		"failed":    {func(q *hook.DeliveryQuery) { q.State = hook.Failed }, []string{"delivery_unhappy (company=? AND state=? AND id>? AND id<?)"}},
		"waiting of a hook": {
			func(q *hook.DeliveryQuery) { q.State, q.HookID = hook.Waiting, aHook },
			[]string{"delivery_unhappy_of_hook (hook_id=? AND state=? AND id>? AND id<?)"},
		},
		"sending": {func(q *hook.DeliveryQuery) { q.State = hook.Sending }, []string{"delivery_sending (node_id>?)"}},
		"a hook":  {func(q *hook.DeliveryQuery) { q.HookID = aHook }, []string{"delivery_of_hook (hook_id=? AND id>? AND id<?)"}},
		"delivered of a hook": {
			func(q *hook.DeliveryQuery) { q.State, q.HookID = hook.Delivered, aHook },
			[]string{"delivery_of_hook (hook_id=? AND id>? AND id<?)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, bounded := range []bool{true, false} {
				q := page
				if !bounded {
					q = hook.DeliveryQuery{Company: "acme", Limit: 50}
				}
				tt.change(&q)
				got := plan(t, s, q)
				for _, want := range tt.want {
					if !bounded {
						want = strings.ReplaceAll(want, " AND id>? AND id<?", "")
					}
					if !strings.Contains(got, want) {
						t.Errorf("plan:\n%swant it to use %s", got, want)
					}
				}
			}
			if got, want := plan(t, s, page, aHook[:]...), primary+" (company=? AND id=?)"; !strings.Contains(got, want) {
				t.Errorf("plan:\n%swant it to use %s", got, want)
			}
		})
	}
}

// A walk is led to the same indexes, and so is a list of replays to its own.
func TestWalkingUsesTheIndexOfItsNarrowestFilter(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	some := uuid.Must(uuid.NewV7())
	sifted := hook.DeliveryQuery{Company: "acme", EventType: "OrderCreated", Status: "5xx", Error: hook.TimedOut, To: time.UnixMicro(2e15), Limit: 50}
	for want, change := range map[string]func(*hook.DeliveryQuery){
		"sqlite_autoindex_delivery_1 (company=? AND id>? AND id<?)":  func(*hook.DeliveryQuery) {},
		"delivery_unhappy (company=? AND state=? AND id>? AND id<?)": func(q *hook.DeliveryQuery) { q.State = hook.Failed },
		"delivery_of_hook (hook_id=? AND id>? AND id<?)":             func(q *hook.DeliveryQuery) { q.HookID = some },
		"delivery_sending (node_id>?)":                               func(q *hook.DeliveryQuery) { q.State = hook.Sending },
	} {
		q := sifted
		change(&q)
		text, args := lookStatement(q, some, lookRows)
		if got := explained(t, s, text, args); !strings.Contains(got, want) {
			t.Errorf("plan:\n%swant it to use %s", got, want)
		}
	}
	for _, events := range [][]byte{nil, some[:]} {
		text, args := listReplays(hook.DeliveryQuery{Company: "acme", Entity: trade.Entity{ID: "1"}, State: hook.Failed, Limit: 50}, events)
		if got, want := explained(t, s, text, args), "delivery_replay (company=? AND entity_id=?)"; !strings.Contains(got, want) {
			t.Errorf("plan:\n%swant it to use %s", got, want)
		}
	}
}

func plan(t *testing.T, s *Store, q hook.DeliveryQuery, ids ...byte) string {
	t.Helper()
	text, args := listDeliveries(q, ids)
	return explained(t, s, text, args)
}

func explained(t *testing.T, s *Store, text string, args []any) string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		b.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
