package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// ErrLeaseLost says that a node did not renew its lease in time, so that others
// have taken over what it held.
var ErrLeaseLost = hook.Errorf(hook.Conflict, "the node's lease has ended")

// Join adds a node that holds what it claims until leaseEnd.
func (s *Store) Join(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO node (id, started_at, lease_end) VALUES ($1, $2, $3)`,
		node[:], micros(now), micros(leaseEnd))
	if err != nil {
		return fmt.Errorf("join as a node: %w", err)
	}
	return nil
}

// Renew moves the end of the node's lease, or returns ErrLeaseLost if it has
// ended already.
func (s *Store) Renew(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error {
	res, err := s.write.ExecContext(ctx, `UPDATE node SET lease_end = $3 WHERE id = $1 AND lease_end > $2`,
		node[:], micros(now), micros(leaseEnd))
	if err != nil {
		return fmt.Errorf("renew the node's lease: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrLeaseLost
}

// Leave ends the node's lease at once; what it still holds goes to others.
func (s *Store) Leave(ctx context.Context, node uuid.UUID) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM node WHERE id = $1`, node[:]); err != nil {
		return fmt.Errorf("leave as a node: %w", err)
	}
	return nil
}

// handBack doesn't ask for the state, as moveDelivery doesn't.
func handBack() bulk {
	return bulk{
		columns: "company text, id uuid, attempt int, node_id uuid",
		verb:    "UPDATE delivery",
		before:  "SET state = 'waiting', attempt = delivery.attempt - 1, node_id = NULL",
		after: `WHERE delivery.company = r.company AND delivery.id = r.id AND delivery.attempt = r.attempt
    AND delivery.node_id = r.node_id`,
	}
}

// HandBack makes deliveries wait again that node holds but has not begun to
// send, so that the attempt doesn't count. Those that it no longer holds are
// left alone.
func (s *Store) HandBack(ctx context.Context, node uuid.UUID, ds []hook.Delivery) error {
	give := func(tx *sql.Tx, ds []*hook.Delivery) error {
		return s.execBulk(ctx, tx, handBack(), len(ds), func(i int, args []any) {
			d := ds[i]
			args[0], args[1], args[2], args[3] = d.Company, d.ID[:], int64(d.Attempt), node[:]
		})
	}
	var plain []*hook.Delivery
	var unique []comer
	for i := range ds {
		if ds[i].Unique {
			unique = append(unique, comer{&ds[i], node[:], ds[i].DueAt})
		} else {
			plain = append(plain, &ds[i])
		}
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.lockGroupsOf(ctx, tx, deliveriesOf(unique)); err != nil {
			return err
		}
		for _, round := range rounds(unique, comer.delivery) { // those of a group make room for each other
			if err := s.makeRoom(ctx, tx, round); err != nil {
				return err
			}
			if err := give(tx, deliveriesOf(round)); err != nil {
				return err
			}
		}
		return give(tx, plain)
	})
	if err != nil {
		return fmt.Errorf("hand back %d deliveries: %w", len(ds), err)
	}
	return nil
}

// abandonedReason tells people why an attempt has no outcome.
const abandonedReason = "the node that was sending it stopped before it could tell what came of it"

// TakeOver makes up to limit deliveries wait again whose node's lease has ended
// at now, and returns how many. The attempt that was under way counts, and is
// recorded as abandoned. What was attempted more than ten times waits an hour: it
// may be what stops nodes, and its hook's policy may have no end. Nodes without a
// lease are forgotten.
func (s *Store) TakeOver(ctx context.Context, now time.Time, limit int) (int, error) {
	var taken int
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		// First, so that a node which is about to renew finds its lease gone.
		if _, err := tx.ExecContext(ctx, `DELETE FROM node WHERE lease_end <= $1`, micros(now)); err != nil {
			return err
		}
		dead, err := deadHolders(ctx, tx, now)
		if err != nil {
			return err
		}
		ds, err := s.takeOverUnique(ctx, tx, dead, now, limit) // first, as groups are locked before deliveries
		if err != nil {
			return err
		}
		plain, err := s.takeOver(ctx, tx, dead, now, limit-len(ds))
		if err != nil {
			return err
		}
		ds = append(ds, plain...)
		taken = len(ds)
		return s.insertAbandoned(ctx, tx, ds, now)
	})
	if err != nil {
		return 0, fmt.Errorf("take over from dead nodes: %w", err)
	}
	return taken, nil
}

// insertAbandoned records for each delivery that its attempt has no outcome,
// unless its node did tell one.
func (s *Store) insertAbandoned(ctx context.Context, tx *sql.Tx, ds []hook.Delivery, now time.Time) error {
	b := insertAttempt()
	b.after = "ON CONFLICT DO NOTHING"
	return s.execBulk(ctx, tx, b, len(ds), func(i int, args []any) {
		fillAttempt(&hook.Attempt{
			DeliveryID: ds[i].ID, Number: ds[i].Attempt, StartedAt: now,
			Error: hook.Abandoned, Reason: abandonedReason,
		}, args)
	})
}

// takeOver makes deliveries wait that dead nodes hold, but for those of unique hooks.
func (s *Store) takeOver(ctx context.Context, tx *sql.Tx, dead []uuid.UUID, now time.Time, limit int) ([]hook.Delivery, error) {
	var taken []hook.Delivery
	for _, node := range dead {
		if len(taken) == limit {
			break
		}
		rows, err := tx.QueryContext(ctx, `
UPDATE delivery SET state = 'waiting', due_at = CASE WHEN attempt > $1 THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END,
    settled_at = $3, node_id = NULL, reason = $4
WHERE (company, id) IN (
    SELECT company, id FROM delivery WHERE state = 'sending' AND node_id = $5 AND NOT merges LIMIT $6 `+s.skipLocked+`)
RETURNING `+deliveryColumns,
			suspicious, micros(now.Add(suspicion)), micros(now), abandonedReason, node[:], limit-len(taken))
		if err != nil {
			return nil, err
		}
		ds, err := scanDeliveries(rows)
		if err != nil {
			return nil, err
		}
		taken = append(taken, ds...)
	}
	return taken, nil
}

// What was attempted more often than this may be what stops nodes, and waits for a
// while when it is taken over.
const (
	suspicious = 10
	suspicion  = time.Hour
)

// abandon makes a delivery wait that its node sends no more.
func abandon() bulk {
	return bulk{
		columns: "due_at bigint, settled_at bigint, reason text, company text, id uuid, attempt int, node_id uuid",
		verb:    "UPDATE delivery",
		before:  "SET state = 'waiting', due_at = r.due_at, settled_at = r.settled_at, reason = r.reason, node_id = NULL",
		after: `WHERE delivery.company = r.company AND delivery.id = r.id AND delivery.attempt = r.attempt
    AND delivery.node_id = r.node_id`,
		hits: true,
	}
}

// takeOverUnique is takeOver for deliveries of unique hooks.
func (s *Store) takeOverUnique(ctx context.Context, tx *sql.Tx, dead []uuid.UUID, now time.Time, limit int) ([]hook.Delivery, error) {
	var all []comer
	for i := range dead {
		held, err := heldUnique(ctx, tx, dead[i], limit-len(all))
		if err != nil {
			return nil, err
		}
		for j := range held {
			all = append(all, comer{&held[j], dead[i][:], now})
		}
	}
	if err := s.lockGroupsOf(ctx, tx, deliveriesOf(all)); err != nil {
		return nil, err
	}
	var taken []hook.Delivery
	for _, round := range rounds(all, comer.delivery) { // those of a group make room for each other
		if err := s.makeRoom(ctx, tx, round); err != nil {
			return nil, err
		}
		err := s.execHits(ctx, tx, abandon(), len(round), func(i int, args []any) {
			d, due := round[i], now
			if d.Attempt > suspicious {
				due = now.Add(suspicion)
			}
			args[0], args[1], args[2] = micros(due), micros(now), abandonedReason
			args[3], args[4], args[5], args[6] = d.Company, d.ID[:], int64(d.Attempt), d.node
		}, func(i int) { taken = append(taken, *round[i].Delivery) })
		if err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// heldUnique returns deliveries of unique hooks that a node holds. They aren't
// locked: whoever is about to change one locks its group.
func heldUnique(ctx context.Context, tx *sql.Tx, node uuid.UUID, limit int) ([]hook.Delivery, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM delivery
WHERE state = 'sending' AND node_id = $1 AND merges LIMIT $2`, node[:], limit)
	if err != nil {
		return nil, err
	}
	return scanDeliveries(rows)
}

// deadHolders returns the nodes that hold deliveries but no lease at now. It
// steps from node to node, so that it doesn't matter how much they hold.
func deadHolders(ctx context.Context, tx *sql.Tx, now time.Time) ([]uuid.UUID, error) {
	var dead []uuid.UUID
	var node uuid.UUID
	for {
		err := tx.QueryRowContext(ctx, `
SELECT node_id FROM delivery WHERE state = 'sending' AND node_id > $1 ORDER BY node_id LIMIT 1`, node[:]).Scan(&node)
		if errors.Is(err, sql.ErrNoRows) {
			return dead, nil
		}
		if err != nil {
			return nil, err
		}
		var alive bool
		err = tx.QueryRowContext(ctx, `
SELECT EXISTS (SELECT 1 FROM node WHERE id = $1 AND lease_end > $2)`, node[:], micros(now)).Scan(&alive)
		if err != nil {
			return nil, err
		}
		if !alive {
			dead = append(dead, node)
		}
	}
}

// endLeases ends every node's lease. It is for an embedded database at start,
// which no other process has open: whoever held something is dead.
func (s *Store) endLeases(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM node`); err != nil {
		return fmt.Errorf("end all leases: %w", err)
	}
	return nil
}
