package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Content is what documents hold. It is brought in steps, each a short transaction,
// and belongs to documents once these are filed. Until then it has a lease: if that
// ends, whoever brings it is thought to be gone, and it is removed.

// ErrContentLost says that content isn't there to be brought any more.
var ErrContentLost = hook.Errorf(hook.Conflict, "what was brought took so long, without any of it coming, that it was given up; send it again")

// errNoContent is for the log: a document has content as long as it is there.
var errNoContent = errors.New("the content is not there")

// BeginContent says that content is being brought, in the bucket or in chunks, until
// leaseEnd.
func (s *Store) BeginContent(ctx context.Context, id uuid.UUID, inBucket bool, leaseEnd time.Time) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO content (id, in_bucket, stored, lease_end) VALUES ($1, $2, FALSE, $3)`,
		id[:], inBucket, micros(leaseEnd))
	if err != nil {
		return fmt.Errorf("begin content %s: %w", id, err)
	}
	return nil
}

// KeepContent puts off the end of the lease of content that is being brought, or
// returns ErrContentLost.
func (s *Store) KeepContent(ctx context.Context, id uuid.UUID, leaseEnd time.Time) error {
	if err := s.inTx(ctx, func(tx *sql.Tx) error { return holdContent(ctx, tx, id, leaseEnd) }); err != nil {
		return fmt.Errorf("keep content %s: %w", id, err)
	}
	return nil
}

// AddChunk adds the chunk with a number, counted from 0, to content that is being
// brought, and puts off the end of its lease; or it returns ErrContentLost. All
// chunks but the last should be of one size, below a megabyte: others wait meanwhile.
func (s *Store) AddChunk(ctx context.Context, id uuid.UUID, number int, bytes []byte, leaseEnd time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := holdContent(ctx, tx, id, leaseEnd); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO content_chunk (content_id, number, bytes) VALUES ($1, $2, $3)`,
			id[:], number, bytes)
		return err
	})
	if err == nil && !s.many && s.written.Add(1)%shrinkAfter == 0 {
		_, err = s.write.ExecContext(ctx, `PRAGMA shrink_memory`)
	}
	if err != nil {
		return fmt.Errorf("add chunk %d of content %s: %w", number, id, err)
	}
	return nil
}

// shrinkAfter is after how many chunks SQLite forgets the pages that it has written:
// nobody reads those there, and they would fill its cache for good.
const shrinkAfter = 32

// holdContent makes sure that content is still being brought, until the commit.
func holdContent(ctx context.Context, tx *sql.Tx, id uuid.UUID, leaseEnd time.Time) error {
	res, err := tx.ExecContext(ctx, `UPDATE content SET lease_end = $1 WHERE id = $2 AND NOT stored`, micros(leaseEnd), id[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrContentLost)
	}
	return nil
}

// Chunk returns the chunk of content with a number, counted from 0, in buf if that has
// room.
func (s *Store) Chunk(ctx context.Context, id uuid.UUID, number int, buf []byte) ([]byte, error) {
	bytes, err := s.chunk(ctx, id, number, buf)
	if err != nil {
		return nil, fmt.Errorf("read chunk %d of content %s: %w", number, id, err)
	}
	return bytes, nil
}

func (s *Store) chunk(ctx context.Context, id uuid.UUID, number int, buf []byte) ([]byte, error) {
	rows, err := s.chunks.QueryContext(ctx, `SELECT bytes FROM content_chunk WHERE content_id = $1 AND number = $2`, id[:], number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), errNoContent)
	}
	var raw sql.RawBytes // what is read is not to be there twice
	if err := rows.Scan(&raw); err != nil {
		return nil, err
	}
	return append(buf[:0], raw...), rows.Err()
}

// GiveUpContent says that content is not brought any more. It does nothing if the
// content belongs to documents, or was given up.
func (s *Store) GiveUpContent(ctx context.Context, id uuid.UUID) error {
	_, err := s.giveUp(ctx, `id = $1`, id[:])
	if err != nil {
		return fmt.Errorf("give up content %s: %w", id, err)
	}
	return nil
}

// GiveUpStale says the same of up to limit of those whose lease has ended at now,
// and returns how many.
func (s *Store) GiveUpStale(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := s.giveUp(ctx, `lease_end <= $1 LIMIT $2 `+s.skipLocked, micros(now), limit)
	if err != nil {
		return 0, fmt.Errorf("give up stale content: %w", err)
	}
	return n, nil
}

// giveUp moves unfinished content that meets a condition to what is to be removed.
func (s *Store) giveUp(ctx context.Context, condition string, args ...any) (int, error) {
	n := 0
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
DELETE FROM content WHERE NOT stored AND id IN (SELECT id FROM content WHERE NOT stored AND `+condition+`) RETURNING id, in_bucket`, args...)
		if err != nil {
			return err
		}
		gone, err := scanRemovals(rows)
		if err != nil {
			return err
		}
		n = len(gone)
		for _, r := range gone {
			_, err := tx.ExecContext(ctx, `INSERT INTO content_removal (id, in_bucket) VALUES ($1, $2)`, r.ID[:], r.InBucket)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// Removals returns up to limit contents that were given up and whose bytes may still
// be there.
func (s *Store) Removals(ctx context.Context, limit int) ([]hook.Removal, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, in_bucket FROM content_removal ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list content to be removed: %w", err)
	}
	rs, err := scanRemovals(rows)
	if err != nil {
		return nil, fmt.Errorf("list content to be removed: %w", err)
	}
	return rs, nil
}

func scanRemovals(rows *sql.Rows) ([]hook.Removal, error) {
	defer rows.Close()
	var rs []hook.Removal
	for rows.Next() {
		var r hook.Removal
		if err := rows.Scan(&r.ID, &r.InBucket); err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, rows.Err()
}

// RemoveChunks removes up to limit chunks of content that was given up and reports
// whether those were the last; then nothing is left of it in the database.
func (s *Store) RemoveChunks(ctx context.Context, id uuid.UUID, limit int) (last bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
DELETE FROM content_chunk WHERE content_id = $1 AND number IN (
    SELECT number FROM content_chunk WHERE content_id = $1 AND EXISTS (SELECT 1 FROM content_removal WHERE id = $1)
    ORDER BY number LIMIT $2)`, id[:], limit)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == int64(limit) {
			return err
		}
		last = true
		_, err = tx.ExecContext(ctx, `DELETE FROM content_removal WHERE id = $1`, id[:])
		return err
	})
	if err != nil {
		return false, fmt.Errorf("remove chunks of content %s: %w", id, err)
	}
	return last, nil
}

// endContents gives up all that is being brought. It is for an embedded database at
// start, as endLeases is.
func (s *Store) endContents(ctx context.Context) error {
	if _, err := s.giveUp(ctx, `TRUE`); err != nil {
		return fmt.Errorf("give up unfinished content: %w", err)
	}
	return nil
}
