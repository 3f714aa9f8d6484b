package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Sealer keeps secrets from whoever can read the database. It is safe for
// concurrent use.
type Sealer interface {
	// Seal seals plain with the newest key. Open must be given the same context.
	Seal(plain, context []byte) ([]byte, error)
	// Open returns what was sealed, or an error if it was sealed with a key that
	// isn't there, in another context, or was damaged.
	Open(sealed, context []byte) ([]byte, error)
	// Prefix returns what everything begins with that is sealed with the newest
	// key, and nothing else is.
	Prefix() ([]byte, error)
}

// ErrSecrets says that the secrets in the database cannot be opened: the key
// set is not the one that they were sealed with.
var ErrSecrets = errors.New("the secrets in the database were sealed with a key that is not in the key set")

// Reseal seals up to limit secrets anew that are not sealed with the newest key,
// and returns how many it did, and whether there may be more. It can be stopped
// at any time and begun again.
func (s *Store) Reseal(ctx context.Context, limit int) (done int, more bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		done = 0
		old, err := s.oldSecrets(ctx, tx, limit)
		if err != nil {
			return err
		}
		more = len(old) == limit
		for _, x := range old {
			n, err := s.reseal(ctx, tx, x)
			if err != nil {
				return err
			}
			done += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, false, fmt.Errorf("seal secrets anew: %w", err)
	}
	return done, more, nil
}

// OldSecrets returns how many secrets are not sealed with the newest key.
func (s *Store) OldSecrets(ctx context.Context) (int, error) {
	prefix, err := s.sealer.Prefix()
	var n int
	if err == nil {
		err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM secret WHERE substr(sealed, 1, $1) <> $2`, len(prefix), prefix).Scan(&n)
	}
	if err != nil {
		return 0, fmt.Errorf("count secrets: %w", err)
	}
	return n, nil
}

// secret is a row of the table.
type secret struct {
	id      uuid.UUID
	company string
	sealed  []byte
}

// context is what the secret belongs to: sealed, it is of no use elsewhere.
func (x secret) context() []byte { return append(x.id[:], x.company...) }

// open returns the secret. The error is an ErrSecrets.
func (s *Store) open(x secret) (hook.Secret, error) {
	plain, err := s.sealer.Open(x.sealed, x.context())
	if err != nil {
		return "", fmt.Errorf("open secret %s: %w: %w", x.id, ErrSecrets, err)
	}
	return hook.Secret(plain), nil
}

// addSecret stores a secret of a company that was set at a time, and returns its
// ID.
func (s *Store) addSecret(ctx context.Context, tx *sql.Tx, company string, plain hook.Secret, at time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	return id, s.insertSecret(ctx, tx, secret{id: id, company: company}, plain, at)
}

func (s *Store) insertSecret(ctx context.Context, tx *sql.Tx, x secret, plain hook.Secret, at time.Time) error {
	sealed, err := s.sealer.Seal([]byte(plain), x.context())
	if err != nil {
		return fmt.Errorf("seal a secret: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO secret (id, company, sealed, length, set_at) VALUES ($1, $2, $3, $4, $5)`,
		x.id[:], x.company, sealed, utf8.RuneCountInString(string(plain)), micros(at))
	return err
}

// checkText is what is sealed to find out whether the keys are the right ones.
const checkText = "waybill"

// addCheck stores a secret, with the zero ID, that checkSecrets opens.
func (s *Store) addCheck(ctx context.Context, tx *sql.Tx) error {
	return s.insertSecret(ctx, tx, secret{}, checkText, time.Time{})
}

// checkSecrets returns an ErrSecrets if the keys are not those that the secrets
// in the database are sealed with.
func (s *Store) checkSecrets(ctx context.Context) error {
	var x secret
	err := s.write.QueryRowContext(ctx, `SELECT sealed FROM secret WHERE id = $1`, x.id[:]).Scan(&x.sealed)
	if err != nil {
		return fmt.Errorf("check the keys: %w", err)
	}
	_, err = s.open(x)
	return err
}

// oldSecrets returns up to limit secrets that are not sealed with the newest key.
func (s *Store) oldSecrets(ctx context.Context, tx *sql.Tx, limit int) ([]secret, error) {
	prefix, err := s.sealer.Prefix()
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `
SELECT id, company, sealed FROM secret WHERE substr(sealed, 1, $1) <> $2 ORDER BY id LIMIT $3`, len(prefix), prefix, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var old []secret
	for rows.Next() {
		var x secret
		if err := rows.Scan(&x.id, &x.company, &x.sealed); err != nil {
			return nil, err
		}
		old = append(old, x)
	}
	return old, rows.Err()
}

// reseal returns 0 if another process has sealed the secret meanwhile.
func (s *Store) reseal(ctx context.Context, tx *sql.Tx, x secret) (int64, error) {
	plain, err := s.open(x)
	if err != nil {
		return 0, err
	}
	sealed, err := s.sealer.Seal([]byte(plain), x.context())
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `UPDATE secret SET sealed = $1 WHERE id = $2 AND sealed = $3`, sealed, x.id[:], x.sealed)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
