package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// unheard is for how long after a hook was deleted another node may still
// accept a delivery for it, not having heard.
const unheard = 10 * time.Minute

// deletedHook is a hook that may have something waiting though it was deleted.
type deletedHook struct {
	id        uuid.UUID
	company   string
	kind      hook.Kind
	deletedAt int64 // microseconds
}

// CancelDeleted cancels up to limit waiting deliveries of deleted hooks and
// returns how many. It looks at the deleted hooks one by one, so that what waits
// for others doesn't matter, and no more at those of which nothing can wait.
func (s *Store) CancelDeleted(ctx context.Context, now time.Time, limit int) (int, error) {
	cancelled := 0
	of := make(map[deletedHook]int)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		cancelled = 0
		deleted, err := deletedHooks(ctx, tx)
		if err != nil {
			return err
		}
		for _, h := range deleted {
			n, err := s.cancelWaiting(ctx, tx, h.id, now, limit-cancelled)
			if err != nil {
				return err
			}
			of[h] = n
			if cancelled += n; cancelled == limit {
				break
			}
			if n == 0 && h.deletedAt <= micros(now.Add(-unheard)) {
				if err := markCancelled(ctx, tx, h.id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("cancel deliveries of deleted hooks: %w", err)
	}
	for h, n := range of {
		s.cancelled(h.company, h.kind, n)
	}
	return cancelled, nil
}

// deletedHooks returns them in one order on all nodes, since who is done with one locks
// it until all are.
func deletedHooks(ctx context.Context, tx *sql.Tx) ([]deletedHook, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, company, kind, deleted_at FROM hook WHERE deleted_at > 0 AND NOT cancelled ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var deleted []deletedHook
	for rows.Next() {
		var h deletedHook
		if err := rows.Scan(&h.id, &h.company, &h.kind, &h.deletedAt); err != nil {
			return nil, err
		}
		deleted = append(deleted, h)
	}
	return deleted, rows.Err()
}

func (s *Store) cancelWaiting(ctx context.Context, tx *sql.Tx, hookID uuid.UUID, now time.Time, limit int) (int, error) {
	res, err := tx.ExecContext(ctx, `
UPDATE delivery SET state = 'cancelled', settled_at = $1, reason = 'the hook was deleted'
WHERE (company, id) IN (
    SELECT company, id FROM delivery WHERE hook_id = $2 AND state = 'waiting' LIMIT $3 `+s.skipLocked+`)`,
		micros(now), hookID[:], limit)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// markCancelled marks a deleted hook as done with, unless something waits that
// another node has locked, or is being sent and may wait again.
func markCancelled(ctx context.Context, tx *sql.Tx, hookID uuid.UUID) error {
	_, err := tx.ExecContext(ctx, `
UPDATE hook SET cancelled = TRUE WHERE id = $1
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE hook_id = $1 AND state = 'waiting')
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE state = 'sending' AND node_id > $2 AND NOT (hook_id <> $1))`,
		hookID[:], uuid.Nil[:]) // by the index of what is being sent, not by that of all the hook ever had
	return err
}
