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

// Subscription returns what a user is told of: nothing, unless they have said.
func (s *Store) Subscription(ctx context.Context, user uuid.UUID) (hook.Subscription, error) {
	u, err := scanSubscriber(s.read.QueryRowContext(ctx, subscribers+` WHERE s.user_id = $1`, user[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return hook.Subscription{Choice: hook.Choice{Severity: hook.Warning}, Often: hook.Never, Hour: 7}, nil
	}
	if err != nil {
		return hook.Subscription{}, fmt.Errorf("read the subscription of user %s: %w", user, err)
	}
	return u.Subscription, nil
}

// PutSubscription stores what a user is told of and notes e. It returns ErrNoUser
// if there is no such user, or they are disabled.
func (s *Store) PutSubscription(ctx context.Context, user uuid.UUID, n hook.Subscription, e account.Entry) error {
	kinds, err := json.Marshal(n.Kinds)
	if err != nil {
		return err
	}
	err = s.noted(ctx, e, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `
INSERT INTO subscription (user_id, often, hour, severity, kinds)
SELECT id, $1, $2, $3, $4 FROM users WHERE id = $5 AND NOT disabled
ON CONFLICT (user_id) DO UPDATE SET often = excluded.often, hour = excluded.hour, severity = excluded.severity, kinds = excluded.kinds`,
			string(n.Often), n.Hour, string(n.Severity), string(kinds), user[:])
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoUser)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the subscription of user %s: %w", user, err)
	}
	return nil
}

const subscribers = `
SELECT u.id, u.company, u.email, u.language, s.often, s.hour, s.severity, s.kinds, s.sent_at, s.failed_at
FROM subscription s JOIN users u ON u.id = s.user_id AND NOT u.disabled`

func scanSubscriber(row scanner) (hook.Subscriber, error) {
	var u hook.Subscriber
	var kinds string
	var sent, failed int64
	err := row.Scan(&u.User, &u.Company, &u.Email, &u.Language, &u.Often, &u.Hour, &u.Severity, &kinds, &sent, &failed)
	if err != nil {
		return hook.Subscriber{}, err
	}
	u.SentAt, u.FailedAt = fromMicros(sent), fromMicros(failed)
	return u, json.Unmarshal([]byte(kinds), &u.Kinds)
}

// Recipients returns all who are told of alerts: users who are not disabled, and
// channels that are enabled.
func (s *Store) Recipients(ctx context.Context) ([]hook.Subscriber, []hook.Channel, error) {
	users, err := s.subscribed(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list subscriptions: %w", err)
	}
	channels, err := s.channels(ctx, `c.enabled`)
	return users, channels, err
}

func (s *Store) subscribed(ctx context.Context) ([]hook.Subscriber, error) {
	rows, err := s.read.QueryContext(ctx, subscribers+` WHERE s.often <> 'never'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var users []hook.Subscriber
	for rows.Next() {
		u, err := scanSubscriber(rows)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, rows.Err()
}
