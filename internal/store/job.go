package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

var (
	// ErrNoJob says that there is no job as it is asked for.
	ErrNoJob = missing("there is no such job", "Diesen Auftrag gibt es nicht.")
	// ErrJobEnded says that a job doesn't run any more.
	ErrJobEnded = &hook.Error{
		Fault: hook.Conflict, Msg: "the job has ended already, and can't be cancelled",
		German: "Der Auftrag ist bereits beendet und kann nicht mehr abgebrochen werden.",
	}
)

// jobFilter is how a job's filter is stored.
type jobFilter struct {
	State      hook.State        `json:"state,omitempty"`
	Hook       uuid.UUID         `json:"hook,omitzero"`
	EventType  string            `json:"eventType,omitempty"`
	EntityKind trade.EntityKind  `json:"entityKind,omitempty"`
	EntityID   string            `json:"entityId,omitempty"`
	From       time.Time         `json:"from,omitzero"`
	To         time.Time         `json:"to,omitzero"`
	Status     hook.StatusFilter `json:"status,omitempty"`
	Error      hook.ErrorKind    `json:"error,omitempty"`
}

// AddJob stores a new job, which runs from then on, and notes e; or it returns the
// one that a request with the same idempotency key has made before.
func (s *Store) AddJob(ctx context.Context, r hook.JobRequest, e account.Entry) (hook.JobReceipt, error) {
	j := r.Job
	q := j.Filter
	filter, err := json.Marshal(jobFilter{
		q.State, q.HookID, q.EventType, q.Entity.Kind, q.Entity.ID, q.From, q.To, q.Status, q.Error,
	})
	if err != nil {
		return hook.JobReceipt{}, err
	}
	receipt := hook.JobReceipt{Job: j}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
INSERT INTO delivery_job (id, company, operation, priority, filter, state, started_by, created_at, total, partial,
    reached, key, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (company, key) WHERE key <> '' DO NOTHING`,
			j.ID[:], j.Company, string(j.Command.Operation), int(j.Command.Priority), string(filter), string(j.State),
			clean(j.By), micros(j.CreatedAt), j.Total, j.Partial, j.Reached[:], r.IdempotencyKey, orEmpty(r.Fingerprint))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return errors.Join(err, note(ctx, tx, e))
		}
		receipt.Repeated = true
		receipt.Job, err = scanJob(tx.QueryRowContext(ctx,
			`SELECT `+jobColumns+` FROM delivery_job WHERE company = $1 AND key = $2`, j.Company, r.IdempotencyKey))
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT fingerprint <> $1 FROM delivery_job WHERE id = $2`,
			orEmpty(r.Fingerprint), receipt.Job.ID[:]).Scan(&receipt.Mismatched)
	})
	if err != nil {
		return hook.JobReceipt{}, fmt.Errorf("add a job: %w", err)
	}
	return receipt, nil
}

// JobByKey returns what AddJob would of a repeat, or ErrNoJob if no request has
// brought the key.
func (s *Store) JobByKey(ctx context.Context, company, key string, fingerprint []byte) (hook.JobReceipt, error) {
	receipt := hook.JobReceipt{Repeated: true}
	err := s.read.QueryRowContext(ctx, `SELECT fingerprint <> $1 FROM delivery_job WHERE company = $2 AND key = $3 AND key <> ''`,
		orEmpty(fingerprint), company, key).Scan(&receipt.Mismatched)
	if err == nil {
		receipt.Job, err = scanJob(s.read.QueryRowContext(ctx,
			`SELECT `+jobColumns+` FROM delivery_job WHERE company = $1 AND key = $2 AND key <> ''`, company, key))
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoJob
	}
	if err != nil {
		return hook.JobReceipt{}, fmt.Errorf("read the job of a key: %w", err)
	}
	return receipt, nil
}

// Job returns a job of a company, or ErrNoJob.
func (s *Store) Job(ctx context.Context, company string, id uuid.UUID) (hook.DeliveryJob, error) {
	j, err := scanJob(s.read.QueryRowContext(ctx,
		`SELECT `+jobColumns+` FROM delivery_job WHERE company = $1 AND id = $2`, company, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoJob
	}
	if err != nil {
		return hook.DeliveryJob{}, fmt.Errorf("read job %s: %w", id, err)
	}
	return j, nil
}

// Jobs returns the jobs that q asks for, by descending ID, which is newest first.
func (s *Store) Jobs(ctx context.Context, q hook.JobQuery) ([]hook.DeliveryJob, error) {
	var c conditions
	c.lead("company = ?", q.Company)
	if q.Before != uuid.Nil {
		c.lead("id < ?", q.Before[:])
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+jobColumns+" FROM delivery_job WHERE "+strings.Join(c.texts, " AND ")+
		" ORDER BY id DESC LIMIT "+c.arg(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	var js []hook.DeliveryJob
	for rows.Next() {
		j, err := scanJob(rows)
		if err != nil {
			return nil, fmt.Errorf("read jobs: %w", err)
		}
		js = append(js, j)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	return js, nil
}

// CancelJob ends a job of a company at now, notes e, and returns the job as it is
// then. It returns ErrNoJob, or ErrJobEnded.
func (s *Store) CancelJob(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) (hook.DeliveryJob, error) {
	var j hook.DeliveryJob
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		var err error
		j, err = scanJob(tx.QueryRowContext(ctx,
			`SELECT `+jobColumns+` FROM delivery_job WHERE company = $1 AND id = $2 `+s.holdRow, company, id[:]))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNoJob
		case err != nil:
			return err
		case j.State != hook.JobRunning:
			return ErrJobEnded
		}
		j.State, j.EndedAt = hook.JobCancelled, now
		return storeJob(ctx, tx, &j)
	})
	if err != nil {
		return hook.DeliveryJob{}, fmt.Errorf("cancel job %s: %w", id, err)
	}
	return j, nil
}

// ForgetJobs removes up to limit jobs that ended before a time, and returns how many.
func (s *Store) ForgetJobs(ctx context.Context, before time.Time, limit int) (int, error) {
	var n int64
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
DELETE FROM delivery_job WHERE id IN (
    SELECT id FROM delivery_job WHERE id < $1 AND ended_at > 0 AND ended_at < $2 ORDER BY id LIMIT $3 `+s.skipLocked+`)`,
			lowest(before), micros(before), limit) // a job is older than its end
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget jobs: %w", err)
	}
	return int(n), nil
}

// storeJob writes what changes of a job.
func storeJob(ctx context.Context, tx *sql.Tx, j *hook.DeliveryJob) error {
	skipped, err := json.Marshal(j.Skipped)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
UPDATE delivery_job SET state = $1, reason = $2, ended_at = $3, done = $4, skipped = $5, reached = $6 WHERE id = $7`,
		string(j.State), j.Reason, micros(j.EndedAt), j.Done, string(skipped), j.Reached[:], j.ID[:])
	return err
}

const jobColumns = `id, company, operation, priority, filter, state, reason, started_by, created_at, ended_at,
    total, partial, done, skipped, reached`

func scanJob(row scanner) (hook.DeliveryJob, error) {
	var j hook.DeliveryJob
	var filter, skipped []byte
	var created, ended int64
	err := row.Scan(&j.ID, &j.Company, &j.Command.Operation, &j.Command.Priority, &filter, &j.State, &j.Reason, &j.By,
		&created, &ended, &j.Total, &j.Partial, &j.Done, &skipped, &j.Reached)
	if err != nil {
		return j, err
	}
	j.CreatedAt, j.EndedAt = fromMicros(created), fromMicros(ended)
	var f jobFilter
	if err := errors.Join(json.Unmarshal(filter, &f), json.Unmarshal(skipped, &j.Skipped)); err != nil {
		return j, fmt.Errorf("read job %s: %w", j.ID, err)
	}
	j.Filter = hook.DeliveryQuery{
		State: f.State, HookID: f.Hook, EventType: f.EventType, Entity: trade.Entity{Kind: f.EntityKind, ID: f.EntityID},
		From: f.From, To: f.To, Status: f.Status, Error: f.Error,
	}
	return j, nil
}
