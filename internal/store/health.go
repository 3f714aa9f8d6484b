package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// NoteHealth stores what is known of a hook's receiver now. While the circuit was
// open already, it is failing since the first node noticed, and a success that is
// known stays known. It raises a, if that isn't nil, and closes the alert of kind
// hook.HookFailing when the circuit is closed.
func (s *Store) NoteHealth(ctx context.Context, h hook.Health, a *hook.Alert) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
INSERT INTO hook_health (hook_id, state, failing_since, last_success_at, next_probe_at, reason)
SELECT id, CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT)
FROM hook WHERE id = $6 AND company = $7
ON CONFLICT (hook_id) DO UPDATE SET state = excluded.state, next_probe_at = excluded.next_probe_at, reason = excluded.reason,
    failing_since = CASE WHEN hook_health.state = excluded.state AND hook_health.failing_since < excluded.failing_since
        THEN hook_health.failing_since ELSE excluded.failing_since END,
    last_success_at = CASE WHEN hook_health.last_success_at > excluded.last_success_at
        THEN hook_health.last_success_at ELSE excluded.last_success_at END`,
			string(h.State), micros(h.FailingSince), micros(h.LastSuccess), micros(h.NextProbe), clean(h.Reason), h.HookID[:], h.Company)
		if err != nil {
			return err
		}
		if h.State == hook.CircuitClosed {
			_, err := tx.ExecContext(ctx, `
UPDATE alert SET closed_at = $1 WHERE company = $2 AND kind = $3 AND subject = $4 AND closed_at = 0`,
				micros(h.At), h.Company, string(hook.HookFailing), h.HookID.String())
			return err
		}
		if a == nil {
			return nil
		}
		_, err = raise(ctx, tx, *a)
		return err
	})
	if err != nil {
		return fmt.Errorf("note how hook %s is: %w", h.HookID, err)
	}
	return nil
}

// WarnFailing raises a, unless the hook's circuit has closed meanwhile.
func (s *Store) WarnFailing(ctx context.Context, hookID uuid.UUID, a hook.Alert) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		// Who closes it meanwhile waits for this commit, and closes the alert.
		res, err := tx.ExecContext(ctx, `UPDATE hook_health SET state = state WHERE hook_id = $1 AND state = $2`,
			hookID[:], string(hook.CircuitOpen))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = raise(ctx, tx, a)
		return err
	})
	if err != nil {
		return fmt.Errorf("warn that hook %s fails: %w", hookID, err)
	}
	return nil
}

const healthColumns = `
SELECT o.hook_id, h.company, o.state, o.failing_since, o.last_success_at, o.next_probe_at, o.reason
FROM hook_health o JOIN hook h ON h.id = o.hook_id WHERE h.deleted_at = 0`

// Healths returns what is known of the receivers of a company's hooks, of all of
// them or of one. Those that never failed for long are left out.
func (s *Store) Healths(ctx context.Context, company string, one uuid.UUID) ([]hook.Health, error) {
	query, args := healthColumns+` AND h.company = $1`, []any{company}
	if one != uuid.Nil {
		query, args = query+` AND h.id = $2`, append(args, one[:])
	}
	return s.healths(ctx, query, args...)
}

// AllHealths is Healths of the hooks of all companies whose circuits are open, or
// have closed since a time.
func (s *Store) AllHealths(ctx context.Context, since time.Time) ([]hook.Health, error) {
	return s.healths(ctx, healthColumns+` AND (o.state = $1 OR o.last_success_at >= $2)`, string(hook.CircuitOpen), micros(since))
}

func (s *Store) healths(ctx context.Context, query string, args ...any) ([]hook.Health, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read how hooks are: %w", err)
	}
	defer rows.Close()
	var all []hook.Health
	for rows.Next() {
		var h hook.Health
		var since, success, probe int64
		if err := rows.Scan(&h.HookID, &h.Company, &h.State, &since, &success, &probe, &h.Reason); err != nil {
			return nil, fmt.Errorf("read how hooks are: %w", err)
		}
		h.FailingSince, h.LastSuccess, h.NextProbe = fromMicros(since), fromMicros(success), fromMicros(probe)
		all = append(all, h)
	}
	return all, rows.Err()
}
