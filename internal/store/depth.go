package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Bounds of what Depth looks at, so that it is quick however much waits.
const (
	depthHooks = 5_000
	depthRows  = 100_000 // shared evenly by the hooks and their priorities
)

// busyHooks steps from hook to hook along the index of what waits, so that it
// doesn't matter how much does. It is the beginning of a statement; $1 is how many
// hooks to look at.
const busyHooks = `
WITH RECURSIVE step (hook_id) AS (
    SELECT (SELECT hook_id FROM delivery WHERE state = 'waiting' ORDER BY hook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.hook_id FROM delivery d WHERE d.state = 'waiting' AND d.hook_id > step.hook_id
        ORDER BY d.hook_id LIMIT 1)
    FROM step WHERE step.hook_id IS NOT NULL),
busy (hook_id) AS (SELECT hook_id FROM step WHERE hook_id IS NOT NULL LIMIT $1),
level (priority) AS (VALUES (0), (1), (2), (3), (4))`

const countBusy = busyHooks + `
SELECT count(*) FROM busy`

// depths counts, for each busy hook and priority, what is due and what is due
// later, up to a bound, and finds the first. Each subquery reads a piece of the
// index.
const depths = busyHooks + `
SELECT busy.hook_id, level.priority,
    (SELECT count(*) FROM (SELECT 1 FROM delivery d WHERE d.hook_id = busy.hook_id AND d.priority = level.priority
        AND d.state = 'waiting' AND d.due_at <= $2 LIMIT $3) AS due),
    (SELECT count(*) FROM (SELECT 1 FROM delivery d WHERE d.hook_id = busy.hook_id AND d.priority = level.priority
        AND d.state = 'waiting' AND d.due_at > $2 LIMIT $3) AS later),
    coalesce((SELECT d.due_at FROM delivery d WHERE d.hook_id = busy.hook_id AND d.priority = level.priority
        AND d.state = 'waiting' ORDER BY d.due_at, d.id LIMIT 1), 0)
FROM busy CROSS JOIN level`

// Depth tells how much waits at now. It counts no more than a bounded number of
// deliveries of a bounded number of hooks, and says whether that was all. What
// waits for hooks that are switched off or gone counts, but is never the oldest. It
// only reads, and holds up no one who writes.
func (s *Store) Depth(ctx context.Context, now time.Time) (hook.Depth, error) {
	db := s.read
	if s.many {
		db = s.write // whose planner keeps to the queue's indexes
	}
	var busy int
	if err := db.QueryRowContext(ctx, countBusy, depthHooks+1).Scan(&busy); err != nil {
		return hook.Depth{}, fmt.Errorf("count the hooks that something waits for: %w", err)
	}
	depth := hook.Depth{Whole: busy <= depthHooks}
	if busy == 0 {
		return depth, nil
	}
	bound := max(1, depthRows/busy/len(depth.Levels))
	rows, err := db.QueryContext(ctx, depths, depthHooks, micros(now), bound)
	if err == nil {
		err = s.addDepths(rows, &depth, bound, now)
	}
	if err != nil {
		return hook.Depth{}, fmt.Errorf("count what waits: %w", err)
	}
	return depth, nil
}

// addDepths adds up what was counted, up to bound in each row.
func (s *Store) addDepths(rows *sql.Rows, depth *hook.Depth, bound int, now time.Time) error {
	defer rows.Close()
	hooks := s.Directory().Hooks
	for rows.Next() {
		var id uuid.UUID
		var priority hook.Priority
		var due, later int
		var first int64
		if err := rows.Scan(&id, &priority, &due, &later, &first); err != nil {
			return err
		}
		depth.Whole = depth.Whole && due < bound && later < bound
		l := &depth.Levels[priority]
		l.Due, l.Later = l.Due+due, l.Later+later
		oldest := fromMicros(first)
		if h := hooks[id]; due > 0 && h != nil && h.Sends(now) && (l.Oldest.IsZero() || oldest.Before(l.Oldest)) {
			l.Oldest = oldest
		}
	}
	return rows.Err()
}
