package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// ErrNoCompany says that there is no company with the asked-for ID.
var ErrNoCompany = hook.Errorf(hook.Missing, "there is no such company")

// PutCompany adds a company or replaces the one with its ID, and reports
// whether it was added. CreatedAt is kept when it was there.
func (s *Store) PutCompany(ctx context.Context, c trade.Company) (added bool, err error) {
	err = s.changeDirectory(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE company SET name = $2, time_zone = $3 WHERE id = $1`,
			c.ID, c.Name, c.TimeZone)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		added = n == 0
		if err != nil || !added {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO company (id, name, time_zone, created_at) VALUES ($1, $2, $3, $4)`,
			c.ID, c.Name, c.TimeZone, micros(c.CreatedAt))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("put company %s: %w", c.ID, err)
	}
	return added, nil
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
