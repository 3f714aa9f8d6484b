package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

var (
	// ErrNoAlert says that the company has no alert with the asked-for ID.
	ErrNoAlert = missing("there is no such alert", "Diese Meldung gibt es nicht.")
	// ErrAlertClosed says that an alert was closed, so that nothing is to be done.
	ErrAlertClosed = &hook.Error{
		Fault: hook.Conflict, Msg: "the alert is closed already",
		German: "Die Meldung ist bereits geschlossen.",
	}
)

// CloseAlert closes an alert at a time, since Waybill found its cause gone. If it
// was closed or raised again since it was read as a, nothing changes.
func (s *Store) CloseAlert(ctx context.Context, a hook.Alert, at time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE alert SET closed_at = $1 WHERE company = $2 AND id = $3 AND closed_at = 0 AND count = $4`,
			micros(at), a.Company, a.ID[:], a.Count)
		return err
	})
	if err != nil {
		return fmt.Errorf("close alert %s: %w", a.ID, err)
	}
	return nil
}

// AcknowledgeAlert stores that a person looks at an alert of a company, in place
// of who did before, notes e, and returns the alert. It returns ErrNoAlert or
// ErrAlertClosed when that is what is wrong.
func (s *Store) AcknowledgeAlert(ctx context.Context, company string, id uuid.UUID, k hook.Acknowledgement, e account.Entry) (hook.Alert, error) {
	return s.changeAlert(ctx, company, id, e, `acknowledged_at = $3, acknowledged_by = $4, note = $5`, micros(k.At), clean(k.By), clean(k.Note))
}

// CloseAlertBy closes an alert of a company at a time, since a person says so,
// notes e, and returns the alert. It returns ErrNoAlert or ErrAlertClosed when
// that is what is wrong.
func (s *Store) CloseAlertBy(ctx context.Context, company string, id uuid.UUID, by string, at time.Time, e account.Entry) (hook.Alert, error) {
	return s.changeAlert(ctx, company, id, e, `closed_at = $3, closed_by = $4`, micros(at), clean(by))
}

// changeAlert sets columns of an alert that isn't closed.
func (s *Store) changeAlert(ctx context.Context, company string, id uuid.UUID, e account.Entry, set string, args ...any) (a hook.Alert, err error) {
	err = s.noted(ctx, e, func(tx *sql.Tx) error {
		a, err = scanAlert(tx.QueryRowContext(ctx, `UPDATE alert SET `+set+` WHERE company = $1 AND id = $2 AND closed_at = 0
RETURNING `+alertColumns, append([]any{company, id[:]}, args...)...))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var there bool
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM alert WHERE company = $1 AND id = $2)`, company, id[:]).Scan(&there)
		if there {
			return ErrAlertClosed
		}
		return errors.Join(err, ErrNoAlert)
	})
	if err != nil {
		return hook.Alert{}, fmt.Errorf("change alert %s: %w", id, err)
	}
	return a, nil
}

const alertColumns = `id, company, kind, subject, severity, text, german, level, count, turn, first_at, last_at,
    acknowledged_at, acknowledged_by, note, closed_at, closed_by`

// alertTimes are an alert's times in microseconds.
type alertTimes struct{ first, last, acknowledged, closed int64 }

// alertFields returns what a row of alertColumns is scanned into.
func alertFields(a *hook.Alert, at *alertTimes) []any {
	return []any{
		&a.ID, &a.Company, &a.Kind, &a.Subject, &a.Severity, &a.Text, &a.German, &a.Level, &a.Count, &a.Turn, &at.first, &at.last,
		&at.acknowledged, &a.Acknowledged.By, &a.Acknowledged.Note, &at.closed, &a.ClosedBy,
	}
}

func (at alertTimes) fill(a *hook.Alert) {
	a.FirstAt, a.LastAt = fromMicros(at.first), fromMicros(at.last)
	a.Acknowledged.At, a.ClosedAt = fromMicros(at.acknowledged), fromMicros(at.closed)
}

func scanAlert(row scanner) (hook.Alert, error) {
	var a hook.Alert
	var at alertTimes
	err := row.Scan(alertFields(&a, &at)...)
	at.fill(&a)
	return a, err
}

// Alert returns an alert of a company, or ErrNoAlert.
func (s *Store) Alert(ctx context.Context, company string, id uuid.UUID) (hook.Alert, error) {
	a, err := scanAlert(s.read.QueryRowContext(ctx, `SELECT `+alertColumns+` FROM alert WHERE company = $1 AND id = $2`, company, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoAlert
	}
	if err != nil {
		return hook.Alert{}, fmt.Errorf("read alert %s: %w", id, err)
	}
	return a, nil
}

// Alerts returns the alerts that q asks for, by descending ID, which is newest
// first.
func (s *Store) Alerts(ctx context.Context, q hook.AlertQuery) ([]hook.Alert, error) {
	where, args := whichAlerts(q)
	args = append(args, q.Limit)
	alerts, err := s.alerts(ctx, fmt.Sprintf(`SELECT `+alertColumns+` FROM alert WHERE TRUE%s ORDER BY id DESC LIMIT $%d`, where, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return alerts, nil
}

// whichAlerts writes the conditions of q, but for its limit.
func whichAlerts(q hook.AlertQuery) (text string, args []any) {
	var where strings.Builder
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
	if q.Severity != "" {
		add("severity =", string(q.Severity))
	}
	if q.Subject != "" {
		add("subject =", clean(q.Subject))
	}
	if q.Open {
		where.WriteString(" AND closed_at = 0")
	}
	switch q.State {
	case hook.AlertOpen:
		where.WriteString(" AND closed_at = 0 AND acknowledged_at = 0")
	case hook.AlertAcknowledged:
		where.WriteString(" AND closed_at = 0 AND acknowledged_at > 0")
	case hook.AlertClosed:
		where.WriteString(" AND closed_at > 0")
	}
	if q.Before != uuid.Nil {
		add("id <", q.Before[:])
	}
	return where.String(), args
}

func (s *Store) alerts(ctx context.Context, query string, args ...any) ([]hook.Alert, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var alerts []hook.Alert
	for rows.Next() {
		a, err := scanAlert(rows)
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, a)
	}
	return alerts, rows.Err()
}

// manyWaiting is how many waiting deliveries of a hook are looked through.
const manyWaiting = 1000

// Troubled reports whether a hook has deliveries that have failed, or that have
// failed before and are to be tried again. It takes a hook with a long backlog
// for troubled, rather than look through it.
func (s *Store) Troubled(ctx context.Context, hookID uuid.UUID) (bool, error) {
	var troubled bool
	err := s.read.QueryRowContext(ctx, `
SELECT EXISTS (SELECT 1 FROM delivery WHERE hook_id = $1 AND state = 'failed')
    OR (SELECT count(*) = $2 OR coalesce(max(attempt), 0) > 0
        FROM (SELECT attempt FROM delivery WHERE hook_id = $1 AND state = 'waiting' LIMIT $2) w)
    OR EXISTS (SELECT 1 FROM delivery WHERE state = 'sending' AND node_id > $3 AND NOT (hook_id <> $1) AND attempt > 1)`,
		hookID[:], manyWaiting, uuid.Nil[:]).Scan(&troubled) // the last by the index of what is being sent, as in markCancelled
	if err != nil {
		return false, fmt.Errorf("look for failed deliveries of hook %s: %w", hookID, err)
	}
	return troubled, nil
}
