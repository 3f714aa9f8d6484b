package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Pending reports whether there are alerts of which it is still to be decided who
// is told, and whether notifications are due at now. It is quick.
func (s *Store) Pending(ctx context.Context, now time.Time) (untold, due bool, err error) {
	err = s.read.QueryRowContext(ctx, `
SELECT EXISTS (SELECT 1 FROM alert WHERE told < turn), EXISTS (SELECT 1 FROM notification WHERE due_at <= $1)`, micros(now)).Scan(&untold, &due)
	if err != nil {
		return false, false, fmt.Errorf("look for notifications: %w", err)
	}
	return untold, due, nil
}

// Untold returns up to limit alerts of which it is still to be decided who is
// told that they have opened or got worse, oldest first.
func (s *Store) Untold(ctx context.Context, limit int) ([]hook.Alert, error) {
	alerts, err := s.alerts(ctx, `SELECT `+alertColumns+` FROM alert WHERE told < turn ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list alerts that are untold: %w", err)
	}
	return alerts, nil
}

// AddNotifications stores who is told of an alert, as Untold has returned it. If
// another node has decided that meanwhile, nothing is stored. Who is to be told of
// the alert already is told of its latest turn, once. Of ns, Recipient and DueAt
// count.
func (s *Store) AddNotifications(ctx context.Context, a hook.Alert, ns []hook.Notification) error {
	// One alert at a time: who holds several, such as Settle, could wait for us while
	// we wait for it.
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE alert SET told = $1 WHERE id = $2 AND told < $1`, a.Turn, a.ID[:])
		if err != nil {
			return err
		}
		if decided, err := res.RowsAffected(); err != nil || decided == 0 {
			return err
		}
		for _, n := range ns {
			if err := addNotification(ctx, tx, a, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add %d notifications of alert %s: %w", len(ns), a.ID, err)
	}
	return nil
}

func addNotification(ctx context.Context, tx *sql.Tx, a hook.Alert, n hook.Notification) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
INSERT INTO notification (id, recipient, alert_id, turn, due_at, since, attempt) VALUES ($1, $2, $3, $4, $5, $5, 0)
ON CONFLICT (recipient, alert_id) DO UPDATE SET turn = excluded.turn, due_at = excluded.due_at, since = excluded.since,
    attempt = notification.attempt + 1`,
		id[:], n.Recipient[:], a.ID[:], a.Turn, micros(n.DueAt))
	return err
}

// ClaimMessage returns what one recipient is to be told at now, of up to limit
// alerts; false if nothing is due. Until leaseEnd no other claim returns that.
func (s *Store) ClaimMessage(ctx context.Context, now, leaseEnd time.Time, limit int) (m hook.Message, ok bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		m, ok = hook.Message{}, false
		var recipient uuid.UUID
		err := tx.QueryRowContext(ctx, `SELECT recipient FROM notification WHERE due_at <= $1 ORDER BY due_at LIMIT 1 `+s.skipLocked,
			micros(now)).Scan(&recipient)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if m.Notifications, err = s.claimNotifications(ctx, tx, recipient, now, leaseEnd, limit); err != nil {
			return err
		}
		ok = len(m.Notifications) > 0
		return s.readRecipient(ctx, tx, recipient, &m)
	})
	if err != nil {
		return hook.Message{}, false, fmt.Errorf("claim notifications: %w", err)
	}
	return m, ok, nil
}

func (s *Store) claimNotifications(ctx context.Context, tx *sql.Tx, recipient uuid.UUID, now, leaseEnd time.Time, limit int) ([]hook.Notification, error) {
	rows, err := tx.QueryContext(ctx, `
UPDATE notification SET due_at = $1, attempt = attempt + 1 WHERE id IN (
    SELECT id FROM notification WHERE recipient = $2 AND due_at <= $3 ORDER BY id LIMIT $4 `+s.skipLocked+`)
RETURNING id, alert_id, turn, since, attempt`, micros(leaseEnd), recipient[:], micros(now), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ns []hook.Notification
	for rows.Next() {
		n := hook.Notification{Recipient: recipient, DueAt: leaseEnd}
		var since int64
		if err := rows.Scan(&n.ID, &n.Alert.ID, &n.Turn, &since, &n.Attempt); err != nil {
			return nil, err
		}
		n.Since = fromMicros(since)
		ns = append(ns, n)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range ns {
		ns[i].Alert, err = scanAlert(tx.QueryRowContext(ctx, `SELECT `+alertColumns+` FROM alert WHERE id = $1`, ns[i].Alert.ID[:]))
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(ns, func(a, b hook.Notification) int { return bytes.Compare(a.Alert.ID[:], b.Alert.ID[:]) })
	return ns, nil
}

// readRecipient puts who has the ID into m.
func (s *Store) readRecipient(ctx context.Context, tx *sql.Tx, id uuid.UUID, m *hook.Message) error {
	u, err := scanSubscriber(tx.QueryRowContext(ctx, subscribers+` WHERE s.user_id = $1`, id[:]))
	if err == nil {
		m.Subscriber = &u
		return nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	c, err := s.scanChannel(tx.QueryRowContext(ctx, channelRows+`c.id = $1 AND c.enabled`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	m.Channel = &c
	return err
}

// Told stores that a message was delivered at a time, and closes the alert that
// says it was not.
func (s *Store) Told(ctx context.Context, m hook.Message, at time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := dropNotifications(ctx, tx, m.Notifications); err != nil {
			return err
		}
		if err := noteOutcome(ctx, tx, m, at, ""); err != nil {
			return err
		}
		company, subject := about(m)
		return closeFailed(ctx, tx, company, subject, at)
	})
	if err != nil {
		return fmt.Errorf("record %d notifications: %w", len(m.Notifications), err)
	}
	return nil
}

// NotTold stores that a message could not be delivered at a time, for a reason.
// Its notifications are due again at their DueAt; those without one are given up.
// It raises a, unless that is nil.
func (s *Store) NotTold(ctx context.Context, m hook.Message, at time.Time, reason string, a *hook.Alert) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var done []hook.Notification
		for _, n := range m.Notifications {
			if n.DueAt.IsZero() {
				done = append(done, n)
				continue
			}
			_, err := tx.ExecContext(ctx, `UPDATE notification SET due_at = $1 WHERE id = $2 AND attempt = $3`, micros(n.DueAt), n.ID[:], n.Attempt)
			if err != nil {
				return err
			}
		}
		if err := dropNotifications(ctx, tx, done); err != nil {
			return err
		}
		if err := noteOutcome(ctx, tx, m, at, reason); err != nil || a == nil {
			return err
		}
		_, err := raise(ctx, tx, *a)
		return err
	})
	if err != nil {
		return fmt.Errorf("record %d notifications that failed: %w", len(m.Notifications), err)
	}
	return nil
}

// Drop forgets notifications of which nobody is to be told any more.
func (s *Store) Drop(ctx context.Context, ns []hook.Notification) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error { return dropNotifications(ctx, tx, ns) })
	if err != nil {
		return fmt.Errorf("drop %d notifications: %w", len(ns), err)
	}
	return nil
}

// dropNotifications deletes those that were not claimed or renewed since.
func dropNotifications(ctx context.Context, tx *sql.Tx, ns []hook.Notification) error {
	for _, n := range ns {
		if _, err := tx.ExecContext(ctx, `DELETE FROM notification WHERE id = $1 AND attempt = $2`, n.ID[:], n.Attempt); err != nil {
			return err
		}
	}
	return nil
}

// noteOutcome stores how it went with the recipient: well, if there is no reason.
func noteOutcome(ctx context.Context, tx *sql.Tx, m hook.Message, at time.Time, reason string) error {
	var err error
	switch {
	case m.Subscriber != nil && reason == "":
		_, err = tx.ExecContext(ctx, `UPDATE subscription SET sent_at = $1, failed_at = 0 WHERE user_id = $2`, micros(at), m.Subscriber.User[:])
	case m.Subscriber != nil:
		_, err = tx.ExecContext(ctx, `UPDATE subscription SET failed_at = $1 WHERE user_id = $2`, micros(at), m.Subscriber.User[:])
	case m.Channel != nil && reason == "":
		_, err = tx.ExecContext(ctx, `UPDATE channel SET sent_at = $1, failed_at = 0, failure = '' WHERE id = $2`, micros(at), m.Channel.ID[:])
	case m.Channel != nil:
		_, err = tx.ExecContext(ctx, `UPDATE channel SET failed_at = $1, failure = $2 WHERE id = $3`, micros(at), clean(reason), m.Channel.ID[:])
	}
	return err
}

// about returns what the alert that says that a message failed is about.
func about(m hook.Message) (company, subject string) {
	switch {
	case m.Channel != nil:
		return m.Channel.Company, m.Channel.ID.String()
	case m.Subscriber != nil:
		return m.Subscriber.Company, hook.ByMail
	}
	return "", ""
}

// closeFailed closes the alert that somebody could not be told, if it is open.
func closeFailed(ctx context.Context, tx *sql.Tx, company, subject string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `
UPDATE alert SET closed_at = $1 WHERE company = $2 AND kind = $3 AND subject = $4 AND closed_at = 0`,
		micros(at), company, string(hook.NotificationFailed), subject)
	return err
}
