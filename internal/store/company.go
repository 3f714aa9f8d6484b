package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// ErrNoCompany says that there is no company with the asked-for ID.
var ErrNoCompany = missing("there is no such company", "Dieses Unternehmen gibt es nicht.")

// missing returns an error of fault Missing, in English and German.
func missing(msg, german string) *hook.Error {
	return &hook.Error{Fault: hook.Missing, Msg: msg, German: german}
}

// PutCompany adds a company or replaces the one with its ID, notes e, and
// reports whether it was added. When it was there, CreatedAt is kept, and nil
// Modules, nil Shops and an empty Language leave what is stored; a new company's
// language is English unless it says so.
func (s *Store) PutCompany(ctx context.Context, c trade.Company, e account.Entry) (added bool, err error) {
	err = s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		if added, err = putCompany(ctx, tx, c); err != nil || c.Shops == nil {
			return err
		}
		return putShops(ctx, tx, c)
	})
	if err != nil {
		return false, fmt.Errorf("put company %s: %w", c.ID, err)
	}
	return added, nil
}

func putCompany(ctx context.Context, tx *sql.Tx, c trade.Company) (added bool, err error) {
	modules := "" // as they are
	if c.Modules != nil {
		b, err := json.Marshal(c.Modules)
		if err != nil {
			return false, err
		}
		modules = string(b)
	}
	res, err := tx.ExecContext(ctx, `
UPDATE company SET name = $2, time_zone = $3, language = coalesce(nullif($4, ''), language),
    modules = coalesce(nullif($5, ''), modules) WHERE id = $1`,
		c.ID, c.Name, c.TimeZone, c.Language, modules)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `
INSERT INTO company (id, name, time_zone, language, modules, created_at)
VALUES ($1, $2, $3, coalesce(nullif($4, ''), 'en'), coalesce(nullif($5, ''), '[]'), $6)`,
		c.ID, c.Name, c.TimeZone, c.Language, modules, micros(c.CreatedAt))
	return true, err
}

// putShops replaces a company's shops.
func putShops(ctx context.Context, tx *sql.Tx, c trade.Company) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM shop WHERE company = $1`, c.ID); err != nil {
		return err
	}
	for _, shop := range c.Shops {
		_, err := tx.ExecContext(ctx, `
INSERT INTO shop (company, id, name, language, time_zone) VALUES ($1, $2, $3, $4, $5)`,
			c.ID, shop.ID, shop.Name, shop.Language, shop.TimeZone)
		if err != nil {
			return fmt.Errorf("shop %s: %w", shop.ID, err)
		}
	}
	return nil
}

// checkCompany returns ErrNoCompany if there is none with an ID. The empty ID
// stands for the operator, who is always there.
func checkCompany(ctx context.Context, tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	var there bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM company WHERE id = $1)`, id).Scan(&there)
	if err == nil && !there {
		err = ErrNoCompany
	}
	return err
}

// Setting returns a value that was put by SetOnce, empty if there is none.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.write.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = $1`, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read setting %s: %w", name, err)
	}
	return value, nil
}

// SetOnce stores a value unless there is one, and returns the one that is
// stored then: of nodes that start together, all get the same.
func (s *Store) SetOnce(ctx context.Context, name, value string) (string, error) {
	_, err := s.write.ExecContext(ctx, `INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, value)
	if err != nil {
		return "", fmt.Errorf("store setting %s: %w", name, err)
	}
	return s.Setting(ctx, name)
}
