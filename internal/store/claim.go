package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Claim gives node the deliveries that are due at now, for each want at most
// its limits, by hook.Rank: higher priorities first, but none for ever. From then on node
// holds them, Sending, with Attempt raised by one, until it settles or hands
// them back or its lease ends. Each hook's backlog is looked up by itself, so a
// long one costs another hook nothing.
//
// The second result has an entry for each hook that still has deliveries
// waiting, due already or later.
func (s *Store) Claim(ctx context.Context, node uuid.UUID, now time.Time, wants []hook.Want) ([]hook.Job, []hook.Backlog, error) {
	var jobs []hook.Job
	var backlogs []hook.Backlog
	complete := false // but for the commit
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for _, w := range wants {
			claimed, err := s.claimHook(ctx, tx, node, now, w)
			if err != nil {
				return err
			}
			jobs = append(jobs, claimed...)
			due, err := nextDue(ctx, tx, w.HookID)
			if err != nil {
				return err
			}
			if !due.IsZero() {
				backlogs = append(backlogs, hook.Backlog{HookID: w.HookID, DueAt: due})
			}
		}
		err := s.addEvents(ctx, tx, jobs)
		complete = err == nil
		return err
	})
	if err != nil {
		if complete {
			s.noteDoubt(err)
		}
		return nil, nil, fmt.Errorf("claim: %w", err)
	}
	return jobs, backlogs, nil
}

// dueRows selects the deliveries of a hook, $2, that are due at $3, of each
// priority the $4 that have been due for the longest.
func dueRows(skipLocked string) string {
	var parts []string
	for p := hook.Lowest; p <= hook.Highest; p++ {
		parts = append(parts, fmt.Sprintf(`SELECT * FROM (
            SELECT company, id, size, due_at - %d AS rank FROM delivery
            WHERE hook_id = $2 AND priority = %d AND state = 'waiting' AND due_at <= $3
            ORDER BY due_at, id LIMIT $4 %s) AS p%[2]d`, hook.Ageing.Microseconds()*int64(p), p, skipLocked))
	}
	return strings.Join(parts, "\n        UNION ALL ")
}

func (s *Store) claimHook(ctx context.Context, tx *sql.Tx, node uuid.UUID, now time.Time, w hook.Want) ([]hook.Job, error) {
	rows, err := tx.QueryContext(ctx, `
UPDATE delivery SET state = 'sending', node_id = $1, attempt = attempt + 1
WHERE (company, id) IN (
    SELECT company, id FROM (
        SELECT company, id, size, sum(size) OVER (ORDER BY rank, id) AS total FROM (
            SELECT company, id, size, rank FROM (
        `+dueRows(s.skipLocked)+`) AS due
            ORDER BY rank, id LIMIT $4) AS first) AS summed
    WHERE total - size < $5)
RETURNING `+deliveryColumns, node[:], w.HookID[:], micros(now), w.Limit, w.Bytes)
	if err != nil {
		return nil, err
	}
	ds, err := scanDeliveries(rows)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ds, func(a, b hook.Delivery) int { // RETURNING promises no order
		return cmp.Or(hook.Rank(a.DueAt, a.Priority).Compare(hook.Rank(b.DueAt, b.Priority)), bytes.Compare(a.ID[:], b.ID[:]))
	})
	jobs := make([]hook.Job, len(ds))
	for i := range ds {
		jobs[i].Delivery = ds[i]
	}
	return jobs, nil
}

// rowQuerier is a transaction or a pool.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// nextDue returns when the first waiting delivery of a hook is due, zero if
// none waits but for its turn. It looks at one entry of the index for each priority.
func nextDue(ctx context.Context, db rowQuerier, hookID uuid.UUID) (time.Time, error) {
	var next int64
	for p := hook.Lowest; p <= hook.Highest; p++ {
		var due int64
		err := db.QueryRowContext(ctx, `
SELECT due_at FROM delivery WHERE hook_id = $1 AND priority = $2 AND state = 'waiting' AND due_at < $3
ORDER BY due_at, id LIMIT 1`, hookID[:], p, int64(held)).Scan(&due)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return time.Time{}, err
		case next == 0 || due < next:
			next = due
		}
	}
	return fromMicros(next), nil
}

// Backlogs tells for each of the given hooks that has deliveries waiting when
// the first of them is due. It only reads, and holds up no one who writes.
func (s *Store) Backlogs(ctx context.Context, hooks []uuid.UUID) ([]hook.Backlog, error) {
	db := s.read
	if s.many {
		db = s.write // whose planner keeps to the queue's indexes
	}
	var bs []hook.Backlog
	for _, id := range hooks {
		due, err := nextDue(ctx, db, id)
		if err != nil {
			return nil, fmt.Errorf("read backlogs: %w", err)
		}
		if !due.IsZero() {
			bs = append(bs, hook.Backlog{HookID: id, DueAt: due})
		}
	}
	return bs, nil
}

const eventColumns = `id, company, source_id, type, entity_kind, entity_id, shop, occurred_at, received_at, data, trace, scope`

// eventsInChunk is how many events one statement reads on SQLite.
const eventsInChunk = 64

// eventsQuery selects events by arrays of IDs, or on SQLite by a chunk of them.
func (s *Store) eventsQuery() string {
	if s.many {
		return `SELECT ` + eventColumns + ` FROM event WHERE id = ANY ($1::uuid[])`
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", eventsInChunk), ", ")
	return `SELECT ` + eventColumns + ` FROM event WHERE id IN (` + marks + `)`
}

// addEvents completes jobs with their events.
func (s *Store) addEvents(ctx context.Context, tx *sql.Tx, jobs []hook.Job) error {
	events := make(map[uuid.UUID]trade.Event, len(jobs))
	add := func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		events[e.ID] = e
		return err
	}
	stmt := tx.StmtContext(ctx, s.eventsByID)
	for rest := jobs; len(rest) > 0; {
		n := len(rest)
		if !s.many {
			n = min(n, eventsInChunk)
		}
		if err := each(ctx, stmt, s.eventIDs(rest[:n]), add); err != nil {
			return err
		}
		rest = rest[n:]
	}
	for i := range jobs {
		jobs[i].Event = events[jobs[i].Delivery.EventID]
	}
	return nil
}

// eventIDs returns the arguments for the events of jobs.
func (s *Store) eventIDs(jobs []hook.Job) []any {
	if s.many {
		return arrays([]string{"uuid"}, len(jobs), func(i int, args []any) { args[0] = jobs[i].Delivery.EventID[:] })
	}
	args := make([]any, eventsInChunk) // what is not needed stays NULL
	for i := range jobs {
		args[i] = jobs[i].Delivery.EventID[:]
	}
	return args
}

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

func scanEvent(row scanner) (trade.Event, error) {
	var e trade.Event
	var occurred, received int64
	var trace, scope string
	err := row.Scan(&e.ID, &e.Company, &e.SourceID, &e.Type, &e.Entity.Kind, &e.Entity.ID, &e.Shop,
		&occurred, &received, (*[]byte)(&e.Data), &trace, &scope)
	e.Trace.Parent, e.Trace.State, _ = strings.Cut(trace, " ")
	e.OccurredAt, e.ReceivedAt = fromMicros(occurred), fromMicros(received)
	if len(e.Data) == 0 {
		e.Data = nil
	}
	if err == nil && scope != "" {
		err = json.Unmarshal([]byte(scope), &e.Scope)
	}
	return e, err
}

const deliveryColumns = `id, company, hook_id, event_id, event_type, entity_kind, entity_id, state, priority,
    attempt, due_at, created_at, settled_at, status, size, reason, events, merged_into, merges, turn > 0,
    tries_from, retried_at, replay_of`

func scanDelivery(row scanner) (hook.Delivery, error) {
	var d hook.Delivery
	var due, created, settled, retried int64
	var merged, replayOf uuid.NullUUID
	err := row.Scan(&d.ID, &d.Company, &d.HookID, &d.EventID, &d.EventType, &d.Entity.Kind, &d.Entity.ID,
		&d.State, &d.Priority, &d.Attempt, &due, &created, &settled, &d.Status, &d.Size, &d.Reason,
		&d.Events, &merged, &d.Unique, &d.Ordered, &d.TriesFrom, &retried, &replayOf)
	d.MergedInto, d.RetriedAt, d.ReplayOf = merged.UUID, fromMicros(retried), replayOf.UUID
	if due == held { // as it stays when one that waits for its turn is cancelled or merged
		due, d.Held = 0, d.State == hook.Waiting
	}
	d.DueAt, d.CreatedAt, d.SettledAt = fromMicros(due), fromMicros(created), fromMicros(settled)
	return d, err
}

func scanDeliveries(rows *sql.Rows) ([]hook.Delivery, error) {
	defer rows.Close()
	var ds []hook.Delivery
	for rows.Next() {
		d, err := scanDelivery(rows)
		if err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, rows.Err()
}
