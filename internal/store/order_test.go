package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// recorded is a transaction that only notes what rows it was given.
type recorded struct{ rows [][]any }

func (r *recorded) exec(_ context.Context, s *hotStatement, n int, fill func(int, []any), _ func(int)) error {
	for row := range n {
		args := make([]any, len(s.types))
		fill(row, args)
		r.rows = append(r.rows, args)
	}
	return nil
}

// Two nodes that raise the same alerts must not wait for each other.
func TestAlertsAreRaisedInOneOrderOnAllNodes(t *testing.T) {
	t.Parallel()
	s := &Store{dialect: postgres()}
	s.hot = s.hotStatements()
	var tx recorded
	var all []settled
	for _, subject := range []string{"b", "c", "a", "c"} {
		all = append(all, settled{Settlement: &hook.Settlement{Alert: &hook.Alert{Company: "acme", Kind: hook.DeliveryFailed, Subject: subject}}})
	}
	if err := s.raiseTogether(t.Context(), &tx, all); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range tx.rows {
		got = append(got, row[3].(string))
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("raised alerts about %v, want %v", got, want)
	}
}

func TestAHookIsNotDisabledWithoutAnAlert(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		ctx, now := t.Context(), time.UnixMicro(1_780_000_000_000_000).UTC()
		h := hook.Hook{
			ID: uuid.Must(uuid.NewV7()), Company: "acme", Kind: hook.Trigger, Version: 1, Enabled: true,
			EventTypes: []string{"OrderChanged"}, CreatedAt: now, UpdatedAt: now,
		}
		if _, err := s.PutCompany(ctx, trade.Company{ID: "acme"}, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		if err := s.AddHook(ctx, h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		disable := func() error {
			return s.DisableHook(ctx, h, now, hook.Alert{Company: "acme", Kind: hook.HookDisabled, Subject: h.ID.String(), LastAt: now})
		}
		if _, err := s.write.ExecContext(ctx, `ALTER TABLE alert RENAME TO elsewhere`); err != nil {
			t.Fatal(err)
		}
		if err := disable(); err == nil {
			t.Error("DisableHook = nil, though no alert can be raised")
		}
		if err := s.Reload(ctx); err != nil {
			t.Fatal(err)
		}
		if !s.Directory().Hooks[h.ID].Enabled {
			t.Error("the hook is disabled, and nobody is told")
		}
		if _, err := s.write.ExecContext(ctx, `ALTER TABLE elsewhere RENAME TO alert`); err != nil {
			t.Fatal(err)
		}
		if err := disable(); err != nil {
			t.Fatal(err)
		}
		as, err := s.Alerts(ctx, hook.AlertQuery{Company: "acme", Limit: 2})
		if err != nil || len(as) != 1 || s.Directory().Hooks[h.ID].Enabled {
			t.Errorf("the hook is enabled: %t, alerts are %+v, %v, want it disabled, and one", s.Directory().Hooks[h.ID].Enabled, as, err)
		}
	})
}
