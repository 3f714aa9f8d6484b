package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// Note stores entries by themselves, about something that changed nothing else
// that is stored, such as a failed sign-in. One without an ID is not stored.
func (s *Store) Note(ctx context.Context, es ...account.Entry) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return noteAll(ctx, tx, es) })
}

// noted runs fn, which changes something, in one transaction, in which it also
// stores e.
func (s *Store) noted(ctx context.Context, e account.Entry, fn func(*sql.Tx) error) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return note(ctx, tx, e)
	})
}

func noteAll(ctx context.Context, tx *sql.Tx, es []account.Entry) error {
	for _, e := range es {
		if err := note(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// note stores e unless it has no ID.
func note(ctx context.Context, tx *sql.Tx, e account.Entry) error {
	if e.ID == uuid.Nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
INSERT INTO audit (id, at, company, actor, actor_id, role, address, action, target, state_before, state_after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.ID[:], micros(e.At), clean(e.Company), clean(e.Actor), e.ActorID[:], string(e.Role), clean(e.From),
		e.Action, clean(e.Target), clean(e.Before), clean(e.After))
	if err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	return nil
}

// clean returns text as both engines take it. What strangers send, such as a
// User-Agent, may hold bytes that PostgreSQL refuses: NUL, and what isn't UTF-8.
func clean(text string) string {
	const replacement = "\uFFFD"
	return strings.ReplaceAll(strings.ToValidUTF8(text, replacement), "\x00", replacement)
}

// Audit returns the entries that q asks for, by descending ID, which is newest
// first.
func (s *Store) Audit(ctx context.Context, q account.AuditQuery) ([]account.Entry, error) {
	text, args := listAudit(q)
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	defer rows.Close()
	var entries []account.Entry
	for rows.Next() {
		var e account.Entry
		var at int64
		err := rows.Scan(&e.ID, &at, &e.Company, &e.Actor, &e.ActorID, &e.Role, &e.From,
			&e.Action, &e.Target, &e.Before, &e.After)
		if err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		e.At = fromMicros(at)
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return entries, nil
}

// listAudit writes the statement for q.
func listAudit(q account.AuditQuery) (text string, args []any) {
	var where strings.Builder
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where.WriteString(" AND " + condition)
	}
	if !q.Everyone {
		add("company = ?", clean(q.Company))
	}
	action := clean(q.Action)
	switch {
	case strings.HasSuffix(action, "."):
		add("substr(action, 1, ?) = ?", len([]rune(action)), action)
	case action != "":
		add("action = ?", action)
	}
	if q.Actor != "" {
		add("actor = ?", clean(q.Actor))
	}
	if q.Target != "" {
		add("target = ?", clean(q.Target))
	}
	for _, bound := range []struct {
		condition string
		at        time.Time
	}{{"at >= ?", q.From}, {"at < ?", q.To}} {
		if !bound.at.IsZero() {
			add(bound.condition, micros(bound.at))
		}
	}
	if q.Before != uuid.Nil {
		add("id < ?", q.Before[:])
	}
	args = append(args, q.Limit)
	return fmt.Sprintf(`
SELECT id, at, company, actor, actor_id, role, address, action, target, state_before, state_after
FROM audit WHERE TRUE%s ORDER BY id DESC LIMIT $%d`, where.String(), len(args)), args
}
