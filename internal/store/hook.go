package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

var (
	// ErrNoHook says that the company has no hook with the asked-for ID.
	ErrNoHook = hook.Errorf(hook.Missing, "there is no such hook")
	// ErrHookChanged says that a hook was changed since it was read.
	ErrHookChanged = hook.Errorf(hook.Conflict, "the hook was changed meanwhile; read it again")
)

// AddHook stores a new hook, with Version 1.
func (s *Store) AddHook(ctx context.Context, h hook.Hook) error {
	err := s.changeDirectory(ctx, func(tx *sql.Tx) error {
		var there bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM company WHERE id = $1)`, h.Company).Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			return ErrNoCompany
		}
		_, err = tx.ExecContext(ctx, `
INSERT INTO hook (id, company, kind, version, created_at) VALUES ($1, $2, $3, $4, $5)`,
			h.ID[:], h.Company, string(h.Kind), h.Version, micros(h.CreatedAt))
		if err != nil {
			return err
		}
		return insertHookVersion(ctx, tx, h)
	})
	if err != nil {
		return fmt.Errorf("add hook %s: %w", h.ID, err)
	}
	return nil
}

// ChangeHook stores a new version of a hook. Version must be one above the
// stored one, else it returns ErrHookChanged.
func (s *Store) ChangeHook(ctx context.Context, h hook.Hook) error {
	err := s.changeDirectory(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
UPDATE hook SET version = $1 WHERE id = $2 AND company = $3 AND deleted_at = 0 AND version = $1 - 1`,
			h.Version, h.ID[:], h.Company)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrHookChanged)
		}
		return insertHookVersion(ctx, tx, h)
	})
	if err != nil {
		return fmt.Errorf("change hook %s: %w", h.ID, err)
	}
	return nil
}

func insertHookVersion(ctx context.Context, tx *sql.Tx, h hook.Hook) error {
	types, err := json.Marshal(h.EventTypes)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
INSERT INTO hook_version (hook_id, version, created_at, title, enabled, event_types, url,
    basic_user, basic_password, priority, http2)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.ID[:], h.Version, micros(h.UpdatedAt), h.Title, h.Enabled, string(types), h.URL,
		h.Basic.User, string(h.Basic.Password), int(h.Priority), h.HTTP2)
	return err
}

// DeleteHook removes a hook from the directory. Its versions, deliveries and
// attempts stay; what waits is cancelled by CancelDeleted.
func (s *Store) DeleteHook(ctx context.Context, company string, id uuid.UUID, now time.Time) error {
	err := s.changeDirectory(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
UPDATE hook SET deleted_at = $1 WHERE id = $2 AND company = $3 AND deleted_at = 0`, micros(now), id[:], company)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoHook)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete hook %s: %w", id, err)
	}
	return nil
}

// CancelDeleted cancels up to limit waiting deliveries of deleted hooks and
// returns how many. It looks at the deleted hooks one by one, so that what waits
// for others doesn't matter.
func (s *Store) CancelDeleted(ctx context.Context, now time.Time, limit int) (int, error) {
	cancelled := 0
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		cancelled = 0
		deleted, err := deletedHooks(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range deleted {
			n, err := s.cancelWaiting(ctx, tx, id, now, limit-cancelled)
			if err != nil {
				return err
			}
			if cancelled += n; cancelled == limit {
				break
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("cancel deliveries of deleted hooks: %w", err)
	}
	return cancelled, nil
}

func deletedHooks(ctx context.Context, tx *sql.Tx) ([]uuid.UUID, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id FROM hook WHERE deleted_at > 0`)
	if err != nil {
		return nil, err
	}
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
