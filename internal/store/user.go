package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

var (
	// ErrNoUser says that there is no such user.
	ErrNoUser = missing("there is no such user", "Diesen Benutzer gibt es nicht.")
	// ErrUserChanged says that a user was changed since they were read.
	ErrUserChanged = &hook.Error{
		Fault: hook.Conflict, Msg: "the user was changed meanwhile; read them again",
		German: "Der Benutzer wurde inzwischen geändert; bitte laden Sie ihn neu.",
	}
	// ErrEmailTaken says that another user of the company has the e-mail address.
	ErrEmailTaken = conflict("email", "another user has this e-mail address; choose another one",
		"Ein anderer Benutzer hat diese E-Mail-Adresse; bitte wählen Sie eine andere.")
	// ErrSubjectTaken says that another user signs in with the OpenID Connect subject.
	ErrSubjectTaken = conflict("subject", "another user signs in with this account of the identity provider",
		"Ein anderer Benutzer meldet sich mit diesem Konto des Identitätsanbieters an.")
)

// conflict returns an error of fault Conflict about a field.
func conflict(field, reason, german string) *hook.Error {
	return &hook.Error{
		Fault: hook.Conflict, Msg: "the input is in conflict with what is stored",
		German:   "Die Eingabe widerspricht dem, was gespeichert ist.",
		Problems: []hook.Problem{{Field: field, Reason: reason, German: german}},
	}
}

const userColumns = `u.id, u.company, u.email, u.name, u.language, u.role, u.password, u.subject, u.disabled,
    EXISTS (SELECT 1 FROM picture p WHERE p.user_id = u.id), u.created_at`

// userFields returns what a row of userColumns is scanned into; created is the
// time in microseconds.
func userFields(u *account.User, created *int64) []any {
	return []any{
		&u.ID, &u.Company, &u.Email, &u.Name, &u.Language, &u.Role, &u.Password, &u.Subject, &u.Disabled,
		&u.Picture, created,
	}
}

func scanUser(row scanner) (account.User, error) {
	var u account.User
	var created int64
	if err := row.Scan(userFields(&u, &created)...); err != nil {
		return account.User{}, err
	}
	u.CreatedAt = fromMicros(created)
	return u, nil
}

// AddUser stores a new user without a picture and notes e. It returns
// ErrEmailTaken, ErrSubjectTaken or ErrNoCompany when that is what is wrong.
func (s *Store) AddUser(ctx context.Context, u account.User, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := checkUser(ctx, tx, u); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
INSERT INTO users (id, company, email, name, language, role, password, subject, disabled, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			u.ID[:], u.Company, u.Email, u.Name, u.Language, string(u.Role), u.Password, u.Subject, u.Disabled, micros(u.CreatedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("add user %s: %w", u.ID, taken(err))
	}
	return nil
}

// ChangeUser replaces a user as they were read by u, but for Password, Picture and
// CreatedAt, notes what is to be noted, and returns what is stored then. A user
// who is disabled by it loses all sessions and links; one who comes to another
// company, becomes the operator's or is first bound to a subject loses the
// password too, since somebody with less to say may have set it. It returns
// ErrUserChanged, ErrNoUser, ErrEmailTaken, ErrSubjectTaken or ErrNoCompany when
// that is what is wrong.
func (s *Store) ChangeUser(ctx context.Context, read, u account.User, notes ...account.Entry) (account.User, error) {
	freed := newHands(read, u)
	u.ID, u.Password, u.Picture, u.CreatedAt = read.ID, read.Password, read.Picture, read.CreatedAt
	if freed {
		u.Password = ""
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.replaceUser(ctx, tx, read, u); err != nil {
			return err
		}
		if u.Disabled || freed {
			if err := shutOut(ctx, tx, u.ID); err != nil {
				return err
			}
		}
		return noteAll(ctx, tx, notes)
	})
	if err != nil {
		return account.User{}, fmt.Errorf("change user %s: %w", read.ID, taken(err))
	}
	return u, nil
}

// newHands reports whether a user is under others by a change than those who
// could set the password until now.
func newHands(read, u account.User) bool {
	return read.Company != u.Company || read.Role != account.Operator && u.Role == account.Operator ||
		read.Subject == "" && u.Subject != ""
}

func (s *Store) replaceUser(ctx context.Context, tx *sql.Tx, read, u account.User) error {
	if err := s.unchanged(ctx, tx, read); err != nil {
		return err
	}
	if err := checkUser(ctx, tx, u); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
UPDATE users SET company = $2, email = $3, name = $4, language = $5, role = $6, password = $7, subject = $8, disabled = $9
WHERE id = $1`,
		u.ID[:], u.Company, u.Email, u.Name, u.Language, string(u.Role), u.Password, u.Subject, u.Disabled)
	return err
}

// unchanged returns nil if a user is stored as they were read, but for Picture,
// and keeps them so until the transaction ends: what was decided about the one
// must not be done to the other. Else it returns ErrUserChanged or ErrNoUser.
func (s *Store) unchanged(ctx context.Context, tx *sql.Tx, read account.User) error {
	stored, err := scanUser(tx.QueryRowContext(ctx,
		`SELECT `+userColumns+` FROM users u WHERE u.id = $1 `+s.holdRow, read.ID[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoUser
	}
	if err != nil {
		return err
	}
	stored.Picture = read.Picture
	if stored != read {
		return ErrUserChanged
	}
	return nil
}

// shutOut ends all sessions and links of a user.
func shutOut(ctx context.Context, tx *sql.Tx, user uuid.UUID) error {
	if err := endSessions(ctx, tx, user, ""); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM link WHERE user_id = $1`, user[:])
	return err
}

// ChangeProfile replaces a user's name and language, which are their own to
// change, and notes e. It returns ErrNoUser if there is none or they are disabled.
func (s *Store) ChangeProfile(ctx context.Context, id uuid.UUID, name, language string, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE users SET name = $2, language = $3 WHERE id = $1 AND NOT disabled`, id[:], name, language)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoUser)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change the profile of %s: %w", id, err)
	}
	return nil
}

// checkUser returns what keeps u from being stored.
func checkUser(ctx context.Context, tx *sql.Tx, u account.User) error {
	if err := checkCompany(ctx, tx, u.Company); err != nil {
		return err
	}
	var email, subject bool
	err := tx.QueryRowContext(ctx, `
SELECT EXISTS (SELECT 1 FROM users WHERE email = $1 AND company = $2 AND id <> $3),
    EXISTS (SELECT 1 FROM users WHERE subject = $4 AND subject <> '' AND id <> $3)`,
		u.Email, u.Company, u.ID[:], u.Subject).Scan(&email, &subject)
	switch {
	case err != nil:
		return err
	case email:
		return ErrEmailTaken
	case subject:
		return ErrSubjectTaken
	}
	return nil
}

// taken translates the error of PostgreSQL when another node has just stored a
// user whom checkUser could not see yet.
func taken(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.ConstraintName {
		case "users_email_of_company":
			return ErrEmailTaken
		case "users_subject":
			return ErrSubjectTaken
		}
	}
	return err
}

// User returns the user with an ID, or ErrNoUser.
func (s *Store) User(ctx context.Context, id uuid.UUID) (account.User, error) {
	return s.user(ctx, `u.id = $1`, id[:])
}

// UserByEmail returns the user of a company with an e-mail address in lower
// case, or ErrNoUser. Those of the empty company are the operator's people.
func (s *Store) UserByEmail(ctx context.Context, company, email string) (account.User, error) {
	return s.user(ctx, `u.email = $1 AND u.company = $2`, clean(email), clean(company))
}

// UsersByEmail returns up to n users with an e-mail address in lower case, each
// of another company, by their age.
func (s *Store) UsersByEmail(ctx context.Context, email string, n int) ([]account.User, error) {
	return s.users(ctx, `u.email = $1 ORDER BY u.id LIMIT $2`, clean(email), n)
}

// UserBySubject returns the user who signs in with a subject of OpenID Connect,
// or ErrNoUser.
func (s *Store) UserBySubject(ctx context.Context, subject string) (account.User, error) {
	return s.user(ctx, `u.subject = $1 AND u.subject <> ''`, clean(subject))
}

func (s *Store) user(ctx context.Context, where string, args ...any) (account.User, error) {
	u, err := scanUser(s.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE `+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoUser
	}
	if err != nil {
		return account.User{}, fmt.Errorf("read a user: %w", err)
	}
	return u, nil
}

// Users returns the users of a company, disabled ones too, by e-mail address;
// those of the empty company are the operator's people.
func (s *Store) Users(ctx context.Context, company string) ([]account.User, error) {
	users, err := s.users(ctx, `u.company = $1`, company)
	slices.SortFunc(users, func(a, b account.User) int { return strings.Compare(a.Email, b.Email) })
	return users, err
}

func (s *Store) users(ctx context.Context, where string, args ...any) ([]account.User, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+userColumns+` FROM users u WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	defer rows.Close()
	var users []account.User
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		users = append(users, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// SetPassword stores the hash of a new password of a user as they were read, and
// notes e. It ends the user's sessions but the one whose token has the digest
// keep, and the links to choose a password. It returns ErrUserChanged or
// ErrNoUser when that is what is wrong.
func (s *Store) SetPassword(ctx context.Context, read account.User, hash, keep string, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := s.unchanged(ctx, tx, read); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET password = $2 WHERE id = $1`, read.ID[:], hash); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, read.ID, keep); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM link WHERE user_id = $1 AND purpose = $2`, read.ID[:], string(account.SetPassword))
		return err
	})
	if err != nil {
		return fmt.Errorf("set the password of user %s: %w", read.ID, err)
	}
	return nil
}
