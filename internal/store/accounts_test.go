package store

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/trade"
)

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// onBoth runs a test on an empty store of each engine.
func onBoth(t *testing.T, test func(*testing.T, *Store)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) (*Store, error){
		"SQLite": func(t *testing.T) (*Store, error) {
			return OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), newKeys(t))
		},
		"PostgreSQL": func(t *testing.T) (*Store, error) {
			return OpenPostgres(t.Context(), pgtemp.Database(t), newKeys(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, s)
		})
	}
}

func TestTheAuditLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		e := account.NewEntry(account.Actor{Name: "ada"}, "hook.add", "1", "acme", nil, nil, time.UnixMicro(1e15).UTC())
		if err := s.Note(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{`UPDATE audit SET actor = 'eve'`, `DELETE FROM audit`} {
			if _, err := s.write.ExecContext(t.Context(), text); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s = %v, want it refused", text, err)
			}
		}
		got, err := s.Audit(t.Context(), account.AuditQuery{Everyone: true, Limit: 2})
		if err != nil || len(got) != 1 || got[0] != e {
			t.Errorf("Audit = %+v, %v, want %+v", got, err, e)
		}
	})
}

// Deleted hooks gather over the years; the few that may be owed something are
// all that is looked at.
func TestADeletedHookIsLookedAtUntilNothingCanWait(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, now := t.Context(), time.UnixMicro(1_780_000_000_000_000).UTC()
		h := hook.Hook{ID: uuid.Must(uuid.NewV7()), Company: "acme", Kind: hook.Trigger, Version: 1, EventTypes: []string{"OrderChanged"}}
		if _, err := s.PutCompany(ctx, trade.Company{ID: "acme"}, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		if err := s.AddHook(ctx, h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		e := trade.Event{ID: uuid.Must(uuid.NewV7()), Company: "acme", Type: "OrderChanged", ReceivedAt: now, OccurredAt: now}
		sent := hook.Delivery{
			ID: uuid.Must(uuid.NewV7()), Company: "acme", HookID: h.ID, EventID: e.ID, State: hook.Sending,
			Attempt: 1, DueAt: now, CreatedAt: now,
		}
		node := uuid.Must(uuid.NewV7())
		if _, err := s.Accept(ctx, node, []hook.Acceptance{{Event: e, Deliveries: []hook.Delivery{sent}}}); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteHook(ctx, "acme", h.ID, now, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		cancel := func(at time.Time, want int, looked bool) {
			t.Helper()
			if n, err := s.CancelDeleted(ctx, at, 10); n != want || err != nil {
				t.Errorf("CancelDeleted = %d, %v, want %d", n, err, want)
			}
			var done bool
			err := s.read.QueryRowContext(ctx, `SELECT cancelled FROM hook WHERE id = $1`, h.ID[:]).Scan(&done)
			if err != nil || done == looked {
				t.Errorf("the hook is done with: %t, %v, want %t", done, err, !looked)
			}
		}
		late := now.Add(unheard)
		cancel(late, 0, true) // it is being sent
		if err := s.HandBack(ctx, node, []hook.Delivery{sent}); err != nil {
			t.Fatal(err)
		}
		cancel(late, 1, true)
		cancel(now, 0, true) // another node may not have heard yet
		cancel(late, 0, false)
	})
}

// A connection that listens would pile up what it hears for whoever gets it next.
func TestAListeningConnectionIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	s, err := OpenPostgres(t.Context(), pgtemp.Database(t), newKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	heard := make(chan []uuid.UUID, 1)
	told := []uuid.UUID{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
	done := make(chan error, 1)
	go func() {
		done <- s.Watch(ctx, slog.New(slog.DiscardHandler), func(hooks []uuid.UUID) {
			select {
			case heard <- hooks:
			default:
			}
		})
	}()
	for listening := false; !listening; {
		if err := s.TellWork(t.Context(), told); err != nil {
			t.Fatal(err)
		}
		select {
		case hooks := <-heard:
			listening = true
			if !slices.Equal(hooks, told) {
				t.Errorf("heard of work for %v, want %v", hooks, told)
			}
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for range max(1, s.read.Stats().Idle) { // all of them at once
		conn, err := s.read.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var channels int
		if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_listening_channels()`).Scan(&channels); err != nil || channels != 0 {
			t.Errorf("a connection of the pool listens to %d channels, %v, want none", channels, err)
		}
	}
}
