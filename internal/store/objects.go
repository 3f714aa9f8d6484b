package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// ErrNoObject says that the company has no object that is asked for.
var ErrNoObject = missing("there is no such object", "Diese Datei gibt es nicht.")

const objectColumns = `company, id, filename, media_type, size, sha256, created_at, in_bucket`

// AddObject stores an object, whose content belongs to it from then on; it has been
// begun under the object's ID. It returns ErrContentLost if that was given up, and
// fails if the company has an object with the same idempotency key, which may be empty.
func (s *Store) AddObject(ctx context.Context, o trade.Object, key string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE content SET stored = TRUE WHERE id = $1 AND NOT stored`, o.ID[:])
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrContentLost)
		}
		_, err = tx.ExecContext(ctx, `
INSERT INTO object (`+objectColumns+`, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			o.Company, o.ID[:], o.Filename, o.MediaType, o.Size, o.SHA256[:], micros(o.CreatedAt), o.InBucket, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("add object %s: %w", o.ID, err)
	}
	return nil
}

// Object returns an object of a company, or ErrNoObject.
func (s *Store) Object(ctx context.Context, company string, id uuid.UUID) (trade.Object, error) {
	return s.object(ctx, `company = $1 AND id = $2`, company, id[:])
}

// ObjectByKey returns the object that was added to a company with an idempotency key,
// or ErrNoObject.
func (s *Store) ObjectByKey(ctx context.Context, company, key string) (trade.Object, error) {
	return s.object(ctx, `company = $1 AND key = $2 AND key <> ''`, company, key)
}

func (s *Store) object(ctx context.Context, condition string, args ...any) (trade.Object, error) {
	var o trade.Object
	var sum []byte
	var created int64
	err := s.read.QueryRowContext(ctx, `SELECT `+objectColumns+` FROM object WHERE `+condition, args...).
		Scan(&o.Company, &o.ID, &o.Filename, &o.MediaType, &o.Size, &sum, &created, &o.InBucket)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoObject
	}
	if err != nil {
		return trade.Object{}, fmt.Errorf("read an object: %w", err)
	}
	copy(o.SHA256[:], sum)
	o.CreatedAt = fromMicros(created)
	return o, nil
}

// DeleteObject removes an object of a company and gives up its content, or returns
// ErrNoObject.
func (s *Store) DeleteObject(ctx context.Context, company string, id uuid.UUID) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var inBucket bool
		err := tx.QueryRowContext(ctx, `DELETE FROM object WHERE company = $1 AND id = $2 RETURNING in_bucket`, company, id[:]).Scan(&inBucket)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoObject
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM content WHERE id = $1`, id[:]); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO content_removal (id, in_bucket) VALUES ($1, $2)`, id[:], inBucket)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete object %s: %w", id, err)
	}
	return nil
}
