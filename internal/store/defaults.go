package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// ErrDefaultsChanged says that a company's defaults were changed since they were
// read.
var ErrDefaultsChanged = &hook.Error{
	Fault: hook.Conflict, Msg: "the company's defaults were changed meanwhile; read them again",
	German: "Die Vorgaben des Unternehmens wurden inzwischen geändert; bitte laden Sie sie neu.",
}

// PutDefaults stores what the hooks of a company have in common. Version must be
// one above the stored one, or 1 if there are none, else it returns
// ErrDefaultsChanged. It notes e.
func (s *Store) PutDefaults(ctx context.Context, company string, n hook.Defaults, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		if err := checkCompany(ctx, tx, company); err != nil {
			return err
		}
		before := secret{company: company}
		var version int
		err := tx.QueryRowContext(ctx, `
SELECT d.version, x.id, x.sealed FROM company_defaults d LEFT JOIN secret x ON x.id = d.secret_id
WHERE d.company = $1`, company).Scan(&version, &before.id, &before.sealed)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if version != n.Version-1 {
			return ErrDefaultsChanged
		}
		return s.writeDefaults(ctx, tx, n, before)
	})
	if err != nil {
		return fmt.Errorf("put the defaults of %s: %w", company, err)
	}
	return nil
}

// writeDefaults writes n. The secret before is kept if it is the same still, or
// locked.
func (s *Store) writeDefaults(ctx context.Context, tx *sql.Tx, n hook.Defaults, before secret) error {
	auth, err := json.Marshal(n.Auth)
	if err != nil {
		return err
	}
	hosts, err := json.Marshal(n.Hosts)
	if err != nil {
		return err
	}
	var id any
	switch {
	case n.Locked, n.Auth.Secret != "" && before.sealed != nil && s.holds(before, n.Auth.Secret):
		id = before.id[:]
	case n.Auth.Secret != "":
		fresh, err := s.addSecret(ctx, tx, before.company, n.Auth.Secret, n.UpdatedAt)
		if err != nil {
			return err
		}
		id = fresh[:]
	}
	res, err := tx.ExecContext(ctx, `
INSERT INTO company_defaults (company, version, updated_at, auth, secret_id, hosts, roots)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (company) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at,
    auth = excluded.auth, secret_id = excluded.secret_id, hosts = excluded.hosts, roots = excluded.roots
WHERE company_defaults.version = excluded.version - 1`,
		before.company, n.Version, micros(n.UpdatedAt), string(auth), id, string(hosts), n.Roots)
	if err != nil {
		return err
	}
	if changed, err := res.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, ErrDefaultsChanged)
	}
	return nil
}

func (s *Store) readDefaults(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, `
SELECT d.company, d.version, d.updated_at, d.auth, d.hosts, d.roots, x.id, x.sealed, x.set_at
FROM company_defaults d LEFT JOIN secret x ON x.id = d.secret_id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n hook.Defaults
		var x secret
		var id uuid.NullUUID
		var updated int64
		var setAt sql.NullInt64
		var auth, hosts string
		if err := rows.Scan(&x.company, &n.Version, &updated, &auth, &hosts, &n.Roots, &id, &x.sealed, &setAt); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal([]byte(auth), &n.Auth), json.Unmarshal([]byte(hosts), &n.Hosts)); err != nil {
			return fmt.Errorf("defaults of %s: %w", x.company, err)
		}
		n.UpdatedAt = fromMicros(updated)
		if id.Valid {
			x.id, n.Auth.SetAt = id.UUID, fromMicros(setAt.Int64)
			n.Auth.Secret, err = s.open(x)
			n.Locked = err != nil // of no concern to the other companies
		}
		d.Defaults[x.company] = n
	}
	return rows.Err()
}
