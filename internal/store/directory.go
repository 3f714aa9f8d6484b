package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Directory returns the companies and hooks as they were last read: a change by
// this process is there when the method that made it returns, one by another
// node after Watch has heard of it.
func (s *Store) Directory() *hook.Directory { return s.directory.Load() }

const directoryVersion = "directory_version"

// changeDirectory runs fn, which changes companies or hooks, in one
// transaction, and reads the directory anew.
func (s *Store) changeDirectory(ctx context.Context, fn func(*sql.Tx) error) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
INSERT INTO setting (name, value) VALUES ($1, '1')
ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS INTEGER) + 1 AS TEXT)`, directoryVersion)
		if err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.notify(ctx, tx, channelDirectory)
	})
	if err != nil {
		return err
	}
	// What was written is written, whether the caller still waits or not.
	return s.Reload(context.WithoutCancel(ctx))
}

// Reload reads the directory if it has changed since it was last read.
func (s *Store) Reload(ctx context.Context) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	return s.inTx(ctx, func(tx *sql.Tx) error {
		d := &hook.Directory{
			Companies: make(map[string]trade.Company),
			Hooks:     make(map[uuid.UUID]*hook.Hook),
		}
		err := tx.QueryRowContext(ctx,
			`SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM setting WHERE name = $1`, directoryVersion).Scan(&d.Version)
		if err != nil {
			return err
		}
		if old := s.directory.Load(); old != nil && old.Version == d.Version {
			return nil
		}
		if err := readCompanies(ctx, tx, d); err != nil {
			return fmt.Errorf("read companies: %w", err)
		}
		if err := readHooks(ctx, tx, d); err != nil {
			return fmt.Errorf("read hooks: %w", err)
		}
		s.directory.Store(d)
		return nil
	})
}

func readCompanies(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `SELECT id, name, time_zone, created_at FROM company`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c trade.Company
		var created int64
		if err := rows.Scan(&c.ID, &c.Name, &c.TimeZone, &created); err != nil {
			return err
		}
		c.CreatedAt = fromMicros(created)
		d.Companies[c.ID] = c
	}
	return rows.Err()
}

func readHooks(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `
SELECT `+hookColumns+`
FROM hook h JOIN hook_version v ON v.hook_id = h.id AND v.version = h.version WHERE h.deleted_at = 0`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		h, err := scanHook(rows)
		if err != nil {
			return err
		}
		d.Hooks[h.ID] = h
	}
	return rows.Err()
}

const hookColumns = `h.id, h.company, h.kind, v.version, h.created_at, v.created_at, v.title, v.enabled,
    v.event_types, v.url, v.basic_user, v.basic_password, v.priority, v.http2`

func scanHook(row scanner) (*hook.Hook, error) {
	var h hook.Hook
	var created, updated int64
	var types string
	err := row.Scan(&h.ID, &h.Company, &h.Kind, &h.Version, &created, &updated, &h.Title, &h.Enabled,
		&types, &h.URL, &h.Basic.User, &h.Basic.Password, &h.Priority, &h.HTTP2)
	if err != nil {
		return nil, err
	}
	h.CreatedAt, h.UpdatedAt = fromMicros(created), fromMicros(updated)
	return &h, json.Unmarshal([]byte(types), &h.EventTypes)
}
