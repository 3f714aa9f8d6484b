package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// testColumns are those of hook_test, in the order of scanTest.
const testColumns = `id, company, kind, hook_id, hook_version, event_type, tested_by, state, disables, verdict,
    started_at, method, url, request_head, body_size, body_sha256, status, response_head, response_body, error, reason, tls,
    dns_us, connect_us, tls_us, first_byte_us, total_us`

// AddTest stores a test and forgets all but the latest hook.KeptTests of its company
// and kind of hook. It notes e.
func (s *Store) AddTest(ctx context.Context, t hook.Test, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := checkCompany(ctx, tx, t.Company); err != nil {
			return err
		}
		a := &t.Attempt
		_, err := tx.ExecContext(ctx, `INSERT INTO hook_test (`+testColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
    $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`,
			t.ID[:], t.Company, string(t.Kind), t.HookID[:], a.HookVersion, t.EventType, clean(t.By),
			string(t.Verdict.State), t.Verdict.Disable, clean(t.Verdict.Reason),
			micros(a.StartedAt), a.Method, a.URL, a.RequestHead, a.BodySize, a.BodySHA256[:], a.Status,
			a.ResponseHead, orEmpty(a.ResponseBody), string(a.Error), a.Reason, a.TLS,
			a.Took.DNS.Microseconds(), a.Took.Connect.Microseconds(), a.Took.TLS.Microseconds(),
			a.Took.FirstByte.Microseconds(), a.Took.Total.Microseconds())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
DELETE FROM hook_test WHERE company = $1 AND kind = $2 AND id <= (
    SELECT id FROM hook_test WHERE company = $1 AND kind = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)`,
			t.Company, string(t.Kind), hook.KeptTests)
		return err
	})
	if err != nil {
		return fmt.Errorf("add test %s: %w", t.ID, err)
	}
	return nil
}

// Tests returns the tests that q asks for, newest first.
func (s *Store) Tests(ctx context.Context, q hook.TestQuery) ([]hook.Test, error) {
	before := q.Before
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := s.read.QueryContext(ctx, `SELECT `+testColumns+` FROM hook_test
WHERE company = $1 AND kind = $2 AND id < $3 ORDER BY id DESC LIMIT $4`, q.Company, string(q.Kind), before[:], q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list tests: %w", err)
	}
	defer rows.Close()
	var ts []hook.Test
	for rows.Next() {
		t, err := scanTest(rows)
		if err != nil {
			return nil, fmt.Errorf("list tests: %w", err)
		}
		ts = append(ts, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list tests: %w", err)
	}
	return ts, nil
}

func scanTest(row scanner) (hook.Test, error) {
	var t hook.Test
	var started int64
	var sum []byte // empty if nothing was sent
	var took [5]int64
	a := &t.Attempt
	err := row.Scan(&t.ID, &t.Company, &t.Kind, &t.HookID, &a.HookVersion, &t.EventType, &t.By,
		&t.Verdict.State, &t.Verdict.Disable, &t.Verdict.Reason,
		&started, &a.Method, &a.URL, &a.RequestHead, &a.BodySize, &sum, &a.Status,
		&a.ResponseHead, &a.ResponseBody, &a.Error, &a.Reason, &a.TLS, &took[0], &took[1], &took[2], &took[3], &took[4])
	copy(a.BodySHA256[:], sum)
	a.Number, a.StartedAt, a.Took = 1, fromMicros(started), timingOf(took)
	return t, err
}

// timingOf returns the times that are stored as microseconds, in the order of the
// columns.
func timingOf(us [5]int64) hook.Timing {
	at := func(i int) time.Duration { return time.Duration(us[i]) * time.Microsecond }
	return hook.Timing{DNS: at(0), Connect: at(1), TLS: at(2), FirstByte: at(3), Total: at(4)}
}
