package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// ErrNoKey says that the company has no such key, or that it is revoked.
var ErrNoKey = missing("there is no such key", "Diesen Schlüssel gibt es nicht.")

const keyColumns = `id, company, role, name, prefix, digest, created_at, used_at, expires_at, revoked_at`

// AddKey stores a new key and notes e. It returns ErrNoCompany if there is no
// such company.
func (s *Store) AddKey(ctx context.Context, k account.Key, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		if err := checkCompany(ctx, tx, k.Company); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
INSERT INTO api_key (`+keyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			k.ID[:], k.Company, string(k.Role), k.Name, k.Prefix, k.Digest,
			micros(k.CreatedAt), micros(k.UsedAt), micros(k.ExpiresAt), micros(k.RevokedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("add key %s: %w", k.ID, err)
	}
	return nil
}

// ListKeys returns the keys of a company, expired and revoked ones too, newest
// first; those of the empty company are the operator's.
func (s *Store) ListKeys(ctx context.Context, company string) ([]account.Key, error) {
	rows, err := s.read.QueryContext(ctx, `
SELECT `+keyColumns+` FROM api_key WHERE company = $1 ORDER BY id DESC`, company)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	keys, err := scanKeys(rows)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// scanKeys reads rows of keyColumns and closes them.
func scanKeys(rows *sql.Rows) ([]account.Key, error) {
	defer rows.Close()
	var keys []account.Key
	for rows.Next() {
		var k account.Key
		var created, used, expires, revoked int64
		err := rows.Scan(&k.ID, &k.Company, &k.Role, &k.Name, &k.Prefix, &k.Digest, &created, &used, &expires, &revoked)
		if err != nil {
			return nil, err
		}
		k.CreatedAt, k.UsedAt = fromMicros(created), fromMicros(used)
		k.ExpiresAt, k.RevokedAt = fromMicros(expires), fromMicros(revoked)
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// readKeys reads the keys that are not revoked.
func readKeys(ctx context.Context, tx *sql.Tx) (account.Keys, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+keyColumns+` FROM api_key WHERE revoked_at = 0`)
	if err != nil {
		return nil, err
	}
	list, err := scanKeys(rows)
	if err != nil {
		return nil, err
	}
	keys := make(account.Keys, len(list))
	for i := range list {
		keys[list[i].Digest] = &list[i]
	}
	return keys, nil
}

// RevokeKey ends a key of a company at now and notes e. It returns ErrNoKey if
// the company has no such key, or if it is revoked already.
func (s *Store) RevokeKey(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error {
	err := s.changeDirectory(ctx, e, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND company = $3 AND revoked_at = 0`, micros(now), id[:], company)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoKey)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	return nil
}

// UseKeys stores when keys were last used, by their IDs. A later use that is
// stored already stays.
func (s *Store) UseKeys(ctx context.Context, used map[uuid.UUID]time.Time) error {
	if len(used) == 0 {
		return nil
	}
	// In one order, so that two nodes cannot wait for each other.
	ids := slices.SortedFunc(maps.Keys(used), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			_, err := tx.ExecContext(ctx, `UPDATE api_key SET used_at = $2 WHERE id = $1 AND used_at < $2`,
				id[:], micros(used[id]))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the last use of %d keys: %w", len(used), err)
	}
	return nil
}
