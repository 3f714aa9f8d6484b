package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/account"
)

// ErrNoLink says that a link is not good, or no longer.
var ErrNoLink = missing("the link has expired or was used already; ask for a new one",
	"Der Link ist abgelaufen oder wurde schon benutzt; bitte fordern Sie einen neuen an.")

// AddLink stores a link of a user as they were read, and notes e. It returns
// ErrUserChanged or ErrNoUser when that is what is wrong.
func (s *Store) AddLink(ctx context.Context, l account.Link, read account.User, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := s.unchanged(ctx, tx, read); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
INSERT INTO link (digest, purpose, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			l.Digest, string(l.Purpose), read.ID[:], micros(l.CreatedAt), micros(l.ExpiresAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("add a link of user %s: %w", read.ID, err)
	}
	return nil
}

// TakeLink returns the link whose token has a digest, and its user, and
// removes it: of those who try, one gets it. It returns ErrNoLink if there is
// none for the purpose, it has expired at now, or the user is disabled.
func (s *Store) TakeLink(ctx context.Context, digest string, p account.Purpose, now time.Time) (account.Link, account.User, error) {
	l := account.Link{Digest: digest, Purpose: p}
	var u account.User
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var created, expires int64
		err := tx.QueryRowContext(ctx, `
DELETE FROM link WHERE digest = $1 AND purpose = $2 AND expires_at > $3 RETURNING user_id, created_at, expires_at`,
			digest, string(p), micros(now)).Scan(&l.User, &created, &expires)
		if err != nil {
			return err
		}
		l.CreatedAt, l.ExpiresAt = fromMicros(created), fromMicros(expires)
		u, err = scanUser(tx.QueryRowContext(ctx,
			`SELECT `+userColumns+` FROM users u WHERE u.id = $1 AND NOT u.disabled`, l.User[:]))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoLink
	}
	if err != nil {
		return account.Link{}, account.User{}, fmt.Errorf("take a link: %w", err)
	}
	return l, u, nil
}
