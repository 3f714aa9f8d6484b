package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// ErrNoSession says that there is no such session, or no longer.
var ErrNoSession = missing("there is no such session, or it has ended",
	"Diese Sitzung gibt es nicht, oder sie ist beendet.")

const sessionColumns = `s.id, s.user_id, s.digest, s.address, s.agent, s.created_at, s.seen_at, s.expires_at`

// sessionTimes are a session's times in microseconds.
type sessionTimes struct{ created, seen, expires int64 }

// sessionFields returns what a row of sessionColumns is scanned into.
func sessionFields(s *account.Session, at *sessionTimes) []any {
	return []any{&s.ID, &s.User, &s.Digest, &s.From, &s.Agent, &at.created, &at.seen, &at.expires}
}

func (at sessionTimes) fill(s *account.Session) {
	s.CreatedAt, s.SeenAt, s.ExpiresAt = fromMicros(at.created), fromMicros(at.seen), fromMicros(at.expires)
}

// AddSession stores that a user, as they were read, has signed in, and notes e.
// So a session cannot outlive a change that ends those before it, such as of the
// password that let the user in. It returns ErrUserChanged or ErrNoUser when that
// is what is wrong.
func (s *Store) AddSession(ctx context.Context, session account.Session, read account.User, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := s.unchanged(ctx, tx, read); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
INSERT INTO session (id, user_id, digest, address, agent, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			session.ID[:], read.ID[:], session.Digest, clean(session.From), clean(session.Agent),
			micros(session.CreatedAt), micros(session.SeenAt), micros(session.ExpiresAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("add a session of user %s: %w", read.ID, err)
	}
	return nil
}

// Session returns the session whose token has a digest, and its user. It
// returns ErrNoSession if there is none, it has ended or expires at now, or the
// user is disabled.
func (s *Store) Session(ctx context.Context, digest string, now time.Time) (account.Session, account.User, error) {
	var session account.Session
	var at sessionTimes
	var u account.User
	var created int64
	err := s.read.QueryRowContext(ctx, `
SELECT `+sessionColumns+`, `+userColumns+` FROM session s JOIN users u ON u.id = s.user_id
WHERE s.digest = $1 AND s.expires_at > $2 AND NOT u.disabled`, digest, micros(now)).
		Scan(append(sessionFields(&session, &at), userFields(&u, &created)...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSession
	}
	if err != nil {
		return account.Session{}, account.User{}, fmt.Errorf("read a session: %w", err)
	}
	at.fill(&session)
	u.CreatedAt = fromMicros(created)
	return session, u, nil
}

// SeeSession stores that a session was used at now and expires later. It does
// nothing if the session has ended meanwhile.
func (s *Store) SeeSession(ctx context.Context, digest string, now, expires time.Time) error {
	_, err := s.write.ExecContext(ctx, `UPDATE session SET seen_at = $2, expires_at = $3 WHERE digest = $1`,
		digest, micros(now), micros(expires))
	if err != nil {
		return fmt.Errorf("see a session: %w", err)
	}
	return nil
}

// Sessions returns a user's sessions that have not expired at now, newest first.
func (s *Store) Sessions(ctx context.Context, user uuid.UUID, now time.Time) ([]account.Session, error) {
	rows, err := s.read.QueryContext(ctx, `
SELECT `+sessionColumns+` FROM session s WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.id DESC`,
		user[:], micros(now))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var sessions []account.Session
	for rows.Next() {
		var session account.Session
		var at sessionTimes
		if err := rows.Scan(sessionFields(&session, &at)...); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		at.fill(&session)
		sessions = append(sessions, session)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessions, nil
}

// EndSession ends a session of a user and notes e. It returns ErrNoSession if
// the user has no such session.
func (s *Store) EndSession(ctx context.Context, user, id uuid.UUID, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM session WHERE id = $1 AND user_id = $2`, id[:], user[:])
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoSession)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end session %s: %w", id, err)
	}
	return nil
}

// endSessions ends a user's sessions but the one with the digest keep.
func endSessions(ctx context.Context, tx *sql.Tx, user uuid.UUID, keep string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE user_id = $1 AND digest <> $2`, user[:], keep)
	return err
}

// Sweep deletes the sessions and links that have expired at now.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE expires_at <= $1`, micros(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM link WHERE expires_at <= $1`, micros(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete what has expired: %w", err)
	}
	return nil
}
