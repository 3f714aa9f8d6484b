package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Directory returns the companies and hooks as they were last read: a change by
// this process is there when the method that made it returns, one by another
// node after Watch has heard of it.
func (s *Store) Directory() *hook.Directory { return s.directory.Load() }

const directoryVersion = "directory_version"

// Keys returns the API keys that are not revoked, as they were read with the
// directory. Their UsedAt is as old as that; ListKeys has the latest.
func (s *Store) Keys() account.Keys {
	if keys := s.keys.Load(); keys != nil {
		return *keys
	}
	return nil
}

// changeDirectory runs fn, which changes companies, hooks or keys, in one
// transaction, in which it also notes e, and reads the directory anew.
func (s *Store) changeDirectory(ctx context.Context, e account.Entry, fn func(*sql.Tx) error) error {
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
		if err := note(ctx, tx, e); err != nil {
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

// Reload reads the directory and the keys if they have changed since they were
// last read.
func (s *Store) Reload(ctx context.Context) error { return s.reload(ctx, false) }

// reload is Reload, or reads them again though they haven't changed: secrets
// may be opened then that could not be.
func (s *Store) reload(ctx context.Context, again bool) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	// What belongs together, such as a hook's URL and its secret, must be of one moment.
	return s.inTxWith(ctx, &sql.TxOptions{Isolation: s.snapshot}, func(tx *sql.Tx) error {
		d := &hook.Directory{
			Companies: make(map[string]trade.Company),
			Defaults:  make(map[string]hook.Defaults),
			Hooks:     make(map[uuid.UUID]*hook.Hook),
		}
		err := tx.QueryRowContext(ctx,
			`SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM setting WHERE name = $1`, directoryVersion).Scan(&d.Version)
		if err != nil {
			return err
		}
		old := s.directory.Load()
		same := old != nil && old.Version == d.Version
		if same && !again {
			return nil
		}
		if err := readCompanies(ctx, tx, d); err != nil {
			return fmt.Errorf("read companies: %w", err)
		}
		if err := readShops(ctx, tx, d); err != nil {
			return fmt.Errorf("read shops: %w", err)
		}
		if err := s.readDefaults(ctx, tx, d); err != nil {
			return fmt.Errorf("read the companies' defaults: %w", err)
		}
		if err := s.readHooks(ctx, tx, d); err != nil {
			return fmt.Errorf("read hooks: %w", err)
		}
		keys, err := readKeys(ctx, tx)
		if err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
		if same && maps.Equal(lockedHooks(old), lockedHooks(d)) {
			return nil // nobody need look at it
		}
		s.directory.Store(d)
		s.keys.Store(&keys) // after the companies that they belong to
		return nil
	})
}

func readCompanies(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `SELECT id, name, language, time_zone, modules, created_at FROM company`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c trade.Company
		var modules string
		var created int64
		if err := rows.Scan(&c.ID, &c.Name, &c.Language, &c.TimeZone, &modules, &created); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(modules), &c.Modules); err != nil {
			return fmt.Errorf("modules of %s: %w", c.ID, err)
		}
		c.CreatedAt = fromMicros(created)
		d.Companies[c.ID] = c
	}
	return rows.Err()
}

func readShops(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `SELECT company, id, name, language, time_zone FROM shop`)
	if err != nil {
		return err
	}
	defer rows.Close()
	shops := make(map[string][]trade.Shop)
	for rows.Next() {
		var company string
		var shop trade.Shop
		if err := rows.Scan(&company, &shop.ID, &shop.Name, &shop.Language, &shop.TimeZone); err != nil {
			return err
		}
		shops[company] = append(shops[company], shop)
	}
	for id, own := range shops {
		// By bytes, whatever the database's collation is.
		slices.SortFunc(own, func(a, b trade.Shop) int { return strings.Compare(a.ID, b.ID) })
		c, ok := d.Companies[id]
		if !ok {
			continue // added since the companies were read; so is a new version
		}
		c.Shops = own
		d.Companies[id] = c
	}
	return rows.Err()
}

func (s *Store) readHooks(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `
SELECT h.id, h.company, h.kind, v.version, h.created_at, v.created_at, v.title, v.enabled,
    v.event_types, v.url, v.basic_user, v.settings, v.priority, v.http2
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
		if h.Auth.Kind == hook.CompanyAuth && d.Defaults[h.Company].Locked {
			h.Locked = append(h.Locked, hook.CompanySecret)
		}
		d.Hooks[h.ID] = h
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return s.readSecrets(ctx, tx, d)
}

func scanHook(row scanner) (*hook.Hook, error) {
	var h hook.Hook
	var created, updated int64
	var types, basicUser, settings string
	err := row.Scan(&h.ID, &h.Company, &h.Kind, &h.Version, &created, &updated, &h.Title, &h.Enabled,
		&types, &h.URL, &basicUser, &settings, &h.Priority, &h.HTTP2)
	if err != nil {
		return nil, err
	}
	h.CreatedAt, h.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := readSettings(&h, settings, basicUser); err != nil {
		return nil, fmt.Errorf("settings of hook %s: %w", h.ID, err)
	}
	return &h, json.Unmarshal([]byte(types), &h.EventTypes)
}
