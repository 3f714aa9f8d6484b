package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// RaiseAlert stores an alert. If one that isn't closed is about the same matter,
// that is raised once more, unless a has a level that isn't higher: then nothing
// changes. It reports whether anything did. An alert that gets worse, by its level
// or severity, is acknowledged no longer. Of a only what it says counts, and LastAt.
func (s *Store) RaiseAlert(ctx context.Context, a hook.Alert) (raised bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		raised, err = raise(ctx, tx, a)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("raise an alert: %w", err)
	}
	return raised, nil
}

func raise(ctx context.Context, tx *sql.Tx, a hook.Alert) (raised bool, err error) {
	a.Count = 1
	args := make([]any, len(insertAlert().names()))
	if err := fillAlert(&a, args); err != nil {
		return false, err
	}
	res, err := tx.ExecContext(ctx, insertAlert().numbered(), args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Whether an alert that is raised again has become severer or worse.
const (
	severer = `(alert.severity <> 'error' AND excluded.severity = 'error'
        OR alert.severity = 'information' AND excluded.severity = 'warning')`
	worse = `(alert.level < excluded.level OR ` + severer + `)`
)

func insertAlert() bulk {
	return bulk{
		columns: "id uuid, company text, kind text, subject text, severity text, text text, german text, " +
			"level int, count int, first_at bigint, last_at bigint",
		verb: "INSERT INTO alert",
		after: `ON CONFLICT (company, kind, subject) WHERE closed_at = 0 DO UPDATE SET
    severity = CASE WHEN ` + severer + ` THEN excluded.severity ELSE alert.severity END,
    text = excluded.text, german = excluded.german, level = excluded.level, count = alert.count + excluded.count,
    last_at = excluded.last_at, turn = alert.turn + CASE WHEN ` + worse + ` THEN 1 ELSE 0 END,
    acknowledged_at = CASE WHEN ` + worse + ` THEN 0 ELSE alert.acknowledged_at END,
    acknowledged_by = CASE WHEN ` + worse + ` THEN '' ELSE alert.acknowledged_by END,
    note = CASE WHEN ` + worse + ` THEN '' ELSE alert.note END
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
// counts how many there are, is as severe as the worst, and has the words of the
// last.
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
			if before.Severity.Reaches(one.Severity) {
				one.Severity = before.Severity
			}
			*before = one
			continue
		}
		raised[m] = &one
		order = append(order, &one)
	}
	// In one order on all nodes, so that none waits for another that waits for it.
	slices.SortFunc(order, func(a, b *hook.Alert) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	var failed error
	err := tx.exec(ctx, s.hot.insertAlert, len(order), func(i int, args []any) {
		failed = errors.Join(failed, fillAlert(order[i], args))
	}, nil)
	return errors.Join(err, failed)
}
