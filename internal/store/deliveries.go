package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// ErrNoDelivery says that the company has no delivery with the asked-for ID.
var ErrNoDelivery = hook.Errorf(hook.Missing, "there is no such delivery")

// Delivery returns a delivery of a company, or ErrNoDelivery.
func (s *Store) Delivery(ctx context.Context, company string, id uuid.UUID) (hook.Delivery, error) {
	d, err := scanDelivery(s.read.QueryRowContext(ctx,
		`SELECT `+deliveryColumns+` FROM delivery WHERE id = $1 AND company = $2`, id[:], company))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoDelivery
	}
	if err != nil {
		return hook.Delivery{}, fmt.Errorf("read delivery %s: %w", id, err)
	}
	return d, nil
}

// Deliveries returns the deliveries that q asks for, by descending ID, which is
// newest first. Every filter but those by event type and by the kind of entity
// alone is served by an index.
func (s *Store) Deliveries(ctx context.Context, q hook.DeliveryQuery) ([]hook.Delivery, error) {
	var ds []hook.Delivery
	var err error
	if q.Entity.ID != "" {
		ds, err = s.entityDeliveries(ctx, q)
	} else {
		text, args := listDeliveries(q, nil)
		ds, err = s.queryDeliveries(ctx, text, args)
	}
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return ds, nil
}

func (s *Store) queryDeliveries(ctx context.Context, text string, args []any) ([]hook.Delivery, error) {
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return scanDeliveries(rows)
}

// late is by how much an ID may be younger than its delivery: the IDs of a large
// batch are made one after the other.
const late = 5 * time.Second

// listDeliveries writes the statement for q, or for those among the given IDs,
// 16 bytes each, that pass its filters. One filter, the narrowest, leads: its
// conditions are written so that they pick an index. The others only sift what
// it finds.
func listDeliveries(q hook.DeliveryQuery, ids []byte) (text string, args []any) {
	if len(ids) > 0 {
		q.Limit = len(ids)
	}
	c := leading(q, ids)
	c.siftBy(q)
	return c.list(q.Limit), c.args
}

// list returns the statement for deliveries that meet the conditions.
func (c *conditions) list(limit int) string {
	return "SELECT " + deliveryColumns + "\nFROM delivery\nWHERE " + strings.Join(c.texts, "\n    AND ") +
		"\nORDER BY id DESC LIMIT " + c.arg(limit)
}

// leading returns the conditions of q that lead to an index, or to the given IDs.
func leading(q hook.DeliveryQuery, ids []byte) conditions {
	var c conditions
	switch {
	case len(ids) > 0:
		c.lead("company = ?", q.Company)
		c.leadIn("id", ids)
		c.sifted = true
	case unhappy(q.State):
		if q.HookID != uuid.Nil {
			c.lead("hook_id = ?", q.HookID[:])
			c.sift("company", q.Company)
		} else {
			c.lead("company = ?", q.Company)
		}
		c.lead("state = ?", string(q.State))
		c.lead("state IN ('waiting', 'failed', 'cancelled')") // the index's own words
	case q.State == hook.Sending:
		c.lead("state = 'sending'")
		c.lead("node_id >= ?", uuid.Nil[:])
		c.sift("company", q.Company)
		c.sifted = true // those being sent are few
	case q.HookID != uuid.Nil:
		c.lead("hook_id = ?", q.HookID[:])
		c.sift("company", q.Company)
	default:
		c.lead("company = ?", q.Company)
	}
	c.within(q)
	return c
}

// within adds the bounds of q.
func (c *conditions) within(q hook.DeliveryQuery) {
	if q.Before != uuid.Nil {
		c.below(q.Before[:])
	}
	if !q.From.IsZero() {
		c.above(lowest(q.From))
		c.lead("created_at >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		c.below(lowest(q.To.Add(late)))
		c.lead("created_at < ?", micros(q.To))
	}
}

// siftBy adds the filters of q that may not lead.
func (c *conditions) siftBy(q hook.DeliveryQuery) {
	if q.State != "" {
		c.sift("state", string(q.State))
	}
	if q.HookID != uuid.Nil {
		c.sift("hook_id", q.HookID[:])
	}
	if q.EventType != "" {
		c.sift("event_type", q.EventType)
	}
	if q.Entity.Kind != "" {
		c.sift("entity_kind", string(q.Entity.Kind))
	}
	if low, high, ok := q.Status.Range(); ok {
		c.lead("attempt > 0 AND settled_at > 0 AND status BETWEEN ? AND ?", low, high) // there is no index of it
	}
	if q.Error != "" {
		c.lead("(SELECT error FROM attempt WHERE delivery_id = delivery.id AND number = delivery.attempt) = ?", string(q.Error))
	}
}

func unhappy(s hook.State) bool {
	return s == hook.Waiting || s == hook.Failed || s == hook.Cancelled
}

// conditions is the WHERE of a statement that is put together, with its
// arguments.
type conditions struct {
	texts  []string
	args   []any
	sifted bool // an ID is not looked up by its bounds
}

// below and above add that the ID is lower than one, or not.
func (c *conditions) below(id []byte) {
	if c.sifted {
		c.lead("NOT (id >= ?)", id)
		return
	}
	c.lead("id < ?", id)
}

func (c *conditions) above(id []byte) {
	if c.sifted {
		c.lead("NOT (id < ?)", id)
		return
	}
	c.lead("id >= ?", id)
}

// after adds that the ID is higher than one.
func (c *conditions) after(id []byte) {
	if c.sifted {
		c.lead("NOT (id <= ?)", id)
		return
	}
	c.lead("id > ?", id)
}

// arg adds an argument and returns its mark.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// lead adds a condition whose question marks stand for args.
func (c *conditions) lead(text string, args ...any) {
	for _, a := range args {
		text = strings.Replace(text, "?", c.arg(a), 1)
	}
	c.texts = append(c.texts, text)
}

// leadIn adds that a column is one of the given IDs, 16 bytes each.
func (c *conditions) leadIn(column string, ids []byte) {
	var marks []string
	for id := range slices.Chunk(ids, len(uuid.UUID{})) {
		marks = append(marks, c.arg(id))
	}
	c.texts = append(c.texts, column+" IN ("+strings.Join(marks, ", ")+")")
}

// sift adds that a column has a value, in a form that SQLite, which has no
// statistics, does not look for an index for. PostgreSQL reads it as "=".
func (c *conditions) sift(column string, value any) {
	c.texts = append(c.texts, "NOT ("+column+" <> "+c.arg(value)+")")
}

// lowest returns the lowest UUID of version 7 made at t: its first 48 bits are
// Unix milliseconds (RFC 9562, section 5.7).
func lowest(t time.Time) []byte {
	var id [18]byte
	binary.BigEndian.PutUint64(id[:], uint64(max(0, t.UnixMilli())))
	return id[2:]
}

// Attempts returns the attempts of a delivery of a company, by number.
func (s *Store) Attempts(ctx context.Context, company string, delivery uuid.UUID) ([]hook.Attempt, error) {
	rows, err := s.read.QueryContext(ctx, `
SELECT delivery_id, number, hook_version, started_at, method, url, request_head, body_size, body_sha256, status,
    response_head, response_body, error, reason, dns_us, connect_us, tls_us, first_byte_us, total_us
FROM attempt WHERE delivery_id = $1 AND EXISTS (SELECT 1 FROM delivery WHERE id = $1 AND company = $2)
ORDER BY number`, delivery[:], company)
	if err != nil {
		return nil, fmt.Errorf("read attempts of %s: %w", delivery, err)
	}
	defer rows.Close()
	var as []hook.Attempt
	for rows.Next() {
		a, err := scanAttempt(rows)
		if err != nil {
			return nil, fmt.Errorf("read attempts of %s: %w", delivery, err)
		}
		as = append(as, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read attempts of %s: %w", delivery, err)
	}
	return as, nil
}

func scanAttempt(row scanner) (hook.Attempt, error) {
	var a hook.Attempt
	var started int64
	var sum []byte // empty if nothing was sent
	var took [5]int64
	err := row.Scan(&a.DeliveryID, &a.Number, &a.HookVersion, &started, &a.Method, &a.URL, &a.RequestHead,
		&a.BodySize, &sum, &a.Status, &a.ResponseHead, &a.ResponseBody, &a.Error, &a.Reason,
		&took[0], &took[1], &took[2], &took[3], &took[4])
	copy(a.BodySHA256[:], sum)
	a.StartedAt, a.Took = fromMicros(started), timingOf(took)
	return a, err
}
