package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// RaiseAlert stores an alert. If one is open about the same matter, that is
// raised once more, unless a has a level that isn't higher: then nothing changes.
// It reports whether anything did. The ID, Count, FirstAt and ClosedAt of a don't
// matter.
func (s *Store) RaiseAlert(ctx context.Context, a hook.Alert) (raised bool, err error) {
	a.Count = 1
	args := make([]any, len(insertAlert().names()))
	if err := fillAlert(&a, args); err != nil {
		return false, err
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, insertAlert().numbered(), args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		raised = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("raise an alert: %w", err)
	}
	return raised, nil
}

func insertAlert() bulk {
	return bulk{
		columns: "id uuid, company text, kind text, subject text, severity text, text text, german text, " +
			"level int, count int, first_at bigint, last_at bigint",
		verb: "INSERT INTO alert",
		after: `ON CONFLICT (company, kind, subject) WHERE closed_at = 0 DO UPDATE SET severity = excluded.severity,
    text = excluded.text, german = excluded.german, level = excluded.level, count = alert.count + excluded.count,
    last_at = excluded.last_at
WHERE excluded.level = 0 OR alert.level < excluded.level`,
	}
}

// fillAlert writes a as arguments of insertAlert.
func fillAlert(a *hook.Alert, args []any) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	args[0], args[1], args[2], args[3] = id[:], a.Company, string(a.Kind), a.Subject
	args[4], args[5], args[6] = string(a.Severity), clean(a.Text), clean(a.German)
	args[7], args[8] = int64(a.Level), int64(a.Count)
	args[9], args[10] = micros(a.LastAt), micros(a.LastAt)
	return nil
}

// raiseTogether raises the alerts of settlements: one for each matter, which
// counts how many there are, and has the words of the last.
func (s *Store) raiseTogether(ctx context.Context, tx hotTx, all []settled) error {
	type matter struct {
		company, subject string
		kind             hook.AlertKind
	}
	var order []*hook.Alert
	raised := make(map[matter]*hook.Alert)
	for i := range all {
		a := all[i].Alert
		if a == nil {
			continue
		}
		m := matter{a.Company, a.Subject, a.Kind}
		one := *a
		one.Count = 1
		if before := raised[m]; before != nil {
			one.Count += before.Count
			*before = one
			continue
		}
		raised[m] = &one
		order = append(order, &one)
	}
	var failed error
	err := tx.exec(ctx, s.hot.insertAlert, len(order), func(i int, args []any) {
		failed = errors.Join(failed, fillAlert(order[i], args))
	}, nil)
	return errors.Join(err, failed)
}

// CloseAlert closes an alert of a company at a time, unless it is closed.
func (s *Store) CloseAlert(ctx context.Context, company string, id uuid.UUID, at time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE alert SET closed_at = $1 WHERE company = $2 AND id = $3 AND closed_at = 0`,
			micros(at), company, id[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("close alert %s: %w", id, err)
	}
	return nil
}

// Alerts returns the alerts that q asks for, by descending ID, which is newest
// first.
func (s *Store) Alerts(ctx context.Context, q hook.AlertQuery) ([]hook.Alert, error) {
	var where strings.Builder
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		fmt.Fprintf(&where, " AND %s $%d", condition, len(args))
	}
	if !q.Everyone {
		add("company =", q.Company)
	}
	if q.Kind != "" {
		add("kind =", string(q.Kind))
	}
	if q.Open {
		where.WriteString(" AND closed_at = 0")
	}
	if q.Before != uuid.Nil {
		add("id <", q.Before[:])
	}
	args = append(args, q.Limit)
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf(`
SELECT id, company, kind, subject, severity, text, german, level, count, first_at, last_at, closed_at
FROM alert WHERE TRUE%s ORDER BY id DESC LIMIT $%d`, where.String(), len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	defer rows.Close()
	var alerts []hook.Alert
	for rows.Next() {
		var a hook.Alert
		var first, last, closed int64
		err := rows.Scan(&a.ID, &a.Company, &a.Kind, &a.Subject, &a.Severity, &a.Text, &a.German, &a.Level, &a.Count, &first, &last, &closed)
		if err != nil {
			return nil, fmt.Errorf("read alerts: %w", err)
		}
		a.FirstAt, a.LastAt, a.ClosedAt = fromMicros(first), fromMicros(last), fromMicros(closed)
		alerts = append(alerts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	return alerts, nil
}
