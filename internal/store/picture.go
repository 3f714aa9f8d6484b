package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// ErrNoPicture says that a user has no picture, or isn't there.
var ErrNoPicture = missing("the user has no picture", "Der Benutzer hat kein Bild.")

// SetPicture stores a user's picture, replaces it, or, if picture is nil,
// removes it, and notes e. It returns ErrNoUser if there is no such user.
func (s *Store) SetPicture(ctx context.Context, user uuid.UUID, mediaType string, picture []byte, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := checkUserID(ctx, tx, user); err != nil {
			return err
		}
		if picture == nil {
			_, err := tx.ExecContext(ctx, `DELETE FROM picture WHERE user_id = $1`, user[:])
			return err
		}
		_, err := tx.ExecContext(ctx, `
INSERT INTO picture (user_id, media_type, data) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET media_type = excluded.media_type, data = excluded.data`,
			user[:], mediaType, picture)
		return err
	})
	if err != nil {
		return fmt.Errorf("set the picture of user %s: %w", user, err)
	}
	return nil
}

// checkUserID returns ErrNoUser if there is no user with an ID.
func checkUserID(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	var there bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)`, id[:]).Scan(&there)
	if err == nil && !there {
		err = ErrNoUser
	}
	return err
}

// Picture returns a user's picture, or ErrNoPicture.
func (s *Store) Picture(ctx context.Context, user uuid.UUID) (mediaType string, picture []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT media_type, data FROM picture WHERE user_id = $1`, user[:]).
		Scan(&mediaType, &picture)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoPicture
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the picture of user %s: %w", user, err)
	}
	return mediaType, picture, nil
}
