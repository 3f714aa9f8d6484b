package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Lanes returns the nodes whose leases last at now, and which lanes are whose. A
// node that isn't returned has lost its lease for good, also if it was about to
// renew it.
func (s *Store) Lanes(ctx context.Context, now time.Time) (hook.Lanes, error) {
	var all hook.Lanes
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM node WHERE lease_end <= $1`, micros(now)); err != nil {
			return err
		}
		all = hook.Lanes{Owners: make(map[uuid.UUID]hook.Owner)}
		// The owners first: one that joins anew takes its lanes along after it has joined.
		if err := readOwners(ctx, tx, all.Owners); err != nil {
			return err
		}
		var err error
		all.Nodes, err = readNodes(ctx, tx)
		return err
	})
	if err != nil {
		return hook.Lanes{}, fmt.Errorf("read whose lanes are whose: %w", err)
	}
	return all, nil
}

func readNodes(ctx context.Context, tx *sql.Tx) ([]hook.Node, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, leaving FROM node ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var nodes []hook.Node
	for rows.Next() {
		var n hook.Node
		if err := rows.Scan(&n.ID, &n.Leaving); err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, rows.Err()
}

func readOwners(ctx context.Context, tx *sql.Tx, owners map[uuid.UUID]hook.Owner) error {
	rows, err := tx.QueryContext(ctx, `
SELECT o.hook_id, o.node_id, o.since FROM lane_owner o JOIN hook h ON h.id = o.hook_id WHERE h.deleted_at = 0`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var o hook.Owner
		var since int64
		if err := rows.Scan(&id, &o.Node, &since); err != nil {
			return err
		}
		o.Since = fromMicros(since)
		owners[id] = o
	}
	return rows.Err()
}

// TakeLanes makes node the owner of the lanes of hooks, but for those that have
// another owner by now than the given one. It returns the hooks whose lanes it took.
// The owners before must have lost their leases, as Lanes tells, or be none.
func (s *Store) TakeLanes(ctx context.Context, node uuid.UUID, before map[uuid.UUID]hook.Owner, now time.Time) ([]uuid.UUID, error) {
	var taken []uuid.UUID
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, id := range inOrder(maps.Keys(before)) {
			owner := before[id].Node
			res, err := tx.ExecContext(ctx, `
INSERT INTO lane_owner (hook_id, node_id, since) VALUES ($1, $2, $3)
ON CONFLICT (hook_id) DO UPDATE SET node_id = excluded.node_id, since = excluded.since WHERE lane_owner.node_id = $4`,
				id[:], node[:], micros(now), owner[:])
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			if n > 0 {
				taken = append(taken, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take %d lanes: %w", len(before), err)
	}
	return taken, nil
}

// inOrder sorts IDs, so that no two nodes lock rows of each other's.
func inOrder(ids iter.Seq[uuid.UUID]) []uuid.UUID {
	return slices.SortedFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// GiveLanes gives up node's lanes of hooks, of which nothing may be under way.
func (s *Store) GiveLanes(ctx context.Context, node uuid.UUID, hooks []uuid.UUID, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, id := range inOrder(slices.Values(hooks)) {
			_, err := tx.ExecContext(ctx, `UPDATE lane_owner SET node_id = $1, since = $2 WHERE hook_id = $3 AND node_id = $4`,
				uuid.Nil[:], micros(now), id[:], node[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give up %d lanes: %w", len(hooks), err)
	}
	return nil
}

// MoveLanes makes node the owner of the lanes of another one, which is the same
// process under an older lease, as far as nobody else has taken them, and has the
// older one take no more. It returns the hooks whose lanes they are.
func (s *Store) MoveLanes(ctx context.Context, older, node uuid.UUID) ([]uuid.UUID, error) {
	var moved []uuid.UUID
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `UPDATE lane_owner SET node_id = $1 WHERE node_id = $2 RETURNING hook_id`, node[:], older[:])
		if err != nil {
			return err
		}
		if moved, err = scanIDs(rows); err != nil {
			return err
		}
		return retire(ctx, tx, older)
	})
	if err != nil {
		return nil, fmt.Errorf("move lanes to another lease: %w", err)
	}
	return moved, nil
}

// Retire says that a node stops, and takes no more lanes.
func (s *Store) Retire(ctx context.Context, node uuid.UUID) error {
	if err := s.inTx(ctx, func(tx *sql.Tx) error { return retire(ctx, tx, node) }); err != nil {
		return fmt.Errorf("retire as a node: %w", err)
	}
	return nil
}

func retire(ctx context.Context, tx *sql.Tx, node uuid.UUID) error {
	_, err := tx.ExecContext(ctx, `UPDATE node SET leaving = TRUE WHERE id = $1`, node[:])
	return err
}

func scanIDs(rows *sql.Rows) ([]uuid.UUID, error) {
	defer rows.Close()
	var ids []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
