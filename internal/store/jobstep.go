package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// ErrJobLost says that a job does not run any more, or that another node goes on
// with it.
var ErrJobLost = hook.Errorf(hook.Conflict, "the job is not this node's any more")

// ClaimJob gives node the job that was left alone for longest among those that run
// and that no node holds at now, until leaseEnd. Each step prolongs that. It
// returns ErrNoJob if there is none; that costs a look, and no transaction.
func (s *Store) ClaimJob(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) (hook.DeliveryJob, error) {
	var j hook.DeliveryJob
	var free bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM delivery_job WHERE state = 'running' AND lease_end <= $1)`,
		micros(now)).Scan(&free)
	if err == nil && !free {
		err = sql.ErrNoRows
	}
	if err == nil {
		err = s.inTx(ctx, func(tx *sql.Tx) error {
			j, err = scanJob(tx.QueryRowContext(ctx, `
UPDATE delivery_job SET node_id = $1, lease_end = $2 WHERE id = (
    SELECT id FROM delivery_job WHERE state = 'running' AND lease_end <= $3 ORDER BY lease_end, id LIMIT 1 `+s.skipLocked+`)
RETURNING `+jobColumns, node[:], micros(leaseEnd), micros(now)))
			return err
		})
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoJob
	}
	if err != nil {
		return hook.DeliveryJob{}, fmt.Errorf("claim a job: %w", err)
	}
	return j, nil
}

// ReleaseJob lets other nodes, or the same, go on with a job that node holds.
func (s *Store) ReleaseJob(ctx context.Context, node, id uuid.UUID, now time.Time) error {
	_, err := s.write.ExecContext(ctx, `UPDATE delivery_job SET node_id = NULL, lease_end = $1 WHERE id = $2 AND node_id = $3`,
		micros(now), id[:], node[:])
	if err != nil {
		return fmt.Errorf("release job %s: %w", id, err)
	}
	return nil
}

// FailJob ends a job that node holds, at now, for a reason in words.
func (s *Store) FailJob(ctx context.Context, node, id uuid.UUID, reason string, now time.Time) error {
	_, err := s.write.ExecContext(ctx, `
UPDATE delivery_job SET state = 'failed', reason = $1, ended_at = $2 WHERE id = $3 AND node_id = $4 AND state = 'running'`,
		reason, micros(now), id[:], node[:])
	if err != nil {
		return fmt.Errorf("fail job %s: %w", id, err)
	}
	return nil
}

// StepJob goes on with a job that node holds, for about limit deliveries, and
// prolongs the lease to leaseEnd. What it does with them and how far it has come
// are stored in one transaction, so that each delivery is touched once, whoever
// goes on. It looks for them before, in short reads. It returns ErrJobLost if the
// job was cancelled, or another node has it.
func (s *Store) StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error) {
	w, err := s.walk(ctx, j.Matching(), j.Reached, limit)
	if err != nil {
		return hook.JobStep{}, fmt.Errorf("look for deliveries of job %s: %w", j.ID, err)
	}
	if now.Before(j.CreatedAt) { // by this node's clock; what it replays must not be older than the job
		now = j.CreatedAt
	}
	var step hook.JobStep
	var taken map[hook.Kind]int // out of the queue
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		step = hook.JobStep{Job: j}
		if err := s.holdJob(ctx, tx, node, &j, leaseEnd); err != nil {
			return err
		}
		changed, skipped, err := s.operateAll(ctx, tx, j.Company, j.Command, w.found, now)
		if err != nil {
			return err
		}
		step.Job.Reached = w.reached
		step.Job.Done += len(changed)
		step.Job.Skipped = added(j.Skipped, skipped)
		if w.end {
			step.Job.State, step.Job.EndedAt = hook.JobDone, now
		}
		step.Owed = freed(j.Command.Operation, changed)
		if j.Command.Operation == hook.DoCancel {
			if taken, err = kinds(ctx, tx, changed); err != nil {
				return err
			}
		}
		return storeJob(ctx, tx, &step.Job)
	})
	if err != nil {
		return hook.JobStep{}, fmt.Errorf("step of job %s: %w", j.ID, err)
	}
	s.cancelledKinds(j.Company, taken)
	return step, nil
}

// holdJob makes sure that node holds j, as it is, until the commit.
func (s *Store) holdJob(ctx context.Context, tx *sql.Tx, node uuid.UUID, j *hook.DeliveryJob, leaseEnd time.Time) error {
	res, err := tx.ExecContext(ctx, `
UPDATE delivery_job SET lease_end = $1 WHERE id = $2 AND node_id = $3 AND state = 'running' AND reached = $4`,
		micros(leaseEnd), j.ID[:], node[:], j.Reached[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrJobLost)
	}
	return nil
}

func added(a, b map[hook.Skip]int) map[hook.Skip]int {
	sum := maps.Clone(a)
	for why, n := range b {
		sum[why] += n
	}
	return sum
}

// freed returns the hooks of which deliveries are due now, each once, that an
// operation was carried out for the given ones.
func freed(o hook.Operation, ds []hook.Delivery) []uuid.UUID {
	var ids []uuid.UUID
	for i := range ds {
		if d := &ds[i]; o.Frees(d) && !slices.Contains(ids, d.HookID) {
			ids = append(ids, d.HookID)
		}
	}
	return ids
}
