package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

var (
	// ErrNoHook says that the company has no hook with the asked-for ID.
	ErrNoHook = missing("there is no such hook", "Diesen Webhook gibt es nicht.")
	// ErrHookChanged says that a hook was changed since it was read.
	ErrHookChanged = &hook.Error{
		Fault: hook.Conflict, Msg: "the hook was changed meanwhile; read it again",
		German: "Der Webhook wurde inzwischen geändert; bitte laden Sie ihn neu.",
	}
)

// AddHook stores a new hook, with Version 1, and notes e.
func (s *Store) AddHook(ctx context.Context, h hook.Hook, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error { return s.addHook(ctx, tx, h) })
	if err != nil {
		return fmt.Errorf("add hook %s: %w", h.ID, err)
	}
	return nil
}

func (s *Store) addHook(ctx context.Context, tx *sql.Tx, h hook.Hook) error {
	if err := checkCompany(ctx, tx, h.Company); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
INSERT INTO hook (id, company, kind, version, created_at) VALUES ($1, $2, $3, $4, $5)`,
		h.ID[:], h.Company, string(h.Kind), h.Version, micros(h.CreatedAt))
	if err != nil {
		return err
	}
	return s.insertHookVersion(ctx, tx, h)
}

// ChangeHook stores a new version of a hook. Version must be one above the
// stored one, else it returns ErrHookChanged. It notes e.
func (s *Store) ChangeHook(ctx context.Context, h hook.Hook, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error { return s.changeHook(ctx, tx, h) })
	if err != nil {
		return fmt.Errorf("change hook %s: %w", h.ID, err)
	}
	return nil
}

func (s *Store) changeHook(ctx context.Context, tx *sql.Tx, h hook.Hook) error {
	res, err := tx.ExecContext(ctx, `
UPDATE hook SET version = $1 WHERE id = $2 AND company = $3 AND deleted_at = 0 AND version = $1 - 1`,
		h.Version, h.ID[:], h.Company)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrHookChanged)
	}
	return s.insertHookVersion(ctx, tx, h)
}

// PutDocumentHooks stores all document hooks of a company together: those with
// Version 1 as AddHook would, and the others as ChangeHook would. If one of them was
// changed since they were read, or the company has others, it returns ErrHookChanged
// and stores none. It notes e.
func (s *Store) PutDocumentHooks(ctx context.Context, company string, hs []hook.Hook, e account.Entry) error {
	if err := s.putHooks(ctx, company, hook.Documents, hs, e); err != nil {
		return fmt.Errorf("put the document hooks of %s: %w", company, err)
	}
	return nil
}

// PutConnector stores a connector, of which a company has one of each kind: with
// Version 1 as AddHook would, else as ChangeHook would. If it was changed since it
// was read, or the company has another one of its kind, it returns ErrHookChanged. It
// notes e.
func (s *Store) PutConnector(ctx context.Context, h hook.Hook, e account.Entry) error {
	if err := s.putHooks(ctx, h.Company, h.Kind, []hook.Hook{h}, e); err != nil {
		return fmt.Errorf("put the connector %s of %s: %w", h.Kind, h.Company, err)
	}
	return nil
}

// putHooks stores all hooks of a kind that a company has.
func (s *Store) putHooks(ctx context.Context, company string, kind hook.Kind, hs []hook.Hook, e account.Entry) error {
	return s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		for _, h := range hs {
			put := s.changeHook
			if h.Version == 1 {
				put = s.addHook
			}
			if err := put(ctx, tx, h); err != nil {
				return err
			}
		}
		var all int // changes of the directory are made one after the other
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM hook WHERE company = $1 AND kind = $2 AND deleted_at = 0`,
			company, string(kind)).Scan(&all)
		if err == nil && all != len(hs) {
			err = ErrHookChanged
		}
		return err
	})
}

func (s *Store) insertHookVersion(ctx context.Context, tx *sql.Tx, h hook.Hook) error {
	types, err := json.Marshal(h.EventTypes)
	if err != nil {
		return err
	}
	settings, err := settingsOf(&h)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
INSERT INTO hook_version (hook_id, version, created_at, title, enabled, event_types, url,
    basic_user, settings, priority, http2)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10)`,
		h.ID[:], h.Version, micros(h.UpdatedAt), h.Title, h.Enabled, string(types), h.URL,
		settings, int(h.Priority), h.HTTP2)
	if err != nil {
		return err
	}
	return s.keepSecrets(ctx, tx, &h)
}

// DisableHook stores a version of h that is disabled, at a time, raises the alert
// and notes that Waybill did it by itself. If h was changed meanwhile, it does
// nothing: whoever did may have mended it.
func (s *Store) DisableHook(ctx context.Context, h hook.Hook, at time.Time, a hook.Alert) error {
	h.Version, h.Enabled, h.UpdatedAt = h.Version+1, false, at
	e := account.NewEntry(account.Actor{Name: "waybill"}, "hook.disable", h.ID.String(), h.Company,
		nil, map[string]string{"reason": a.Text}, at)
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		if err := s.changeHook(ctx, tx, h); err != nil {
			return err
		}
		_, err := raise(ctx, tx, a)
		return err
	})
	if err != nil && !errors.Is(err, ErrHookChanged) {
		return fmt.Errorf("disable hook %s: %w", h.ID, err)
	}
	return nil
}

// DeleteHook removes a hook from the directory. Its versions, deliveries and
// attempts stay; what waits is cancelled by CancelDeleted. It notes e.
func (s *Store) DeleteHook(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
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
