package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Settle records attempts and moves their deliveries as the verdicts say, all
// or none. The result says for each whether node still held the delivery with
// that attempt; if not, another node has taken it over, and only the attempt is
// recorded. Their alerts are raised with them. A delivery of a unique hook that waits
// again takes in the one that waits already; when one of an ordered hook is done,
// the next of its entity is due. Concurrent calls share commits, with those of
// Accept too.
func (s *Store) Settle(_ context.Context, node uuid.UUID, ss []hook.Settlement) ([]bool, error) {
	w := &work{node: node, settle: ss}
	if err := s.committer.do(w); err != nil {
		return nil, fmt.Errorf("settle %d attempts: %w", len(ss), err)
	}
	return w.held, nil
}

// settled is a settlement with the node that made it.
type settled struct {
	*hook.Settlement
	node uuid.UUID
	held *bool // whether the node still held the delivery
}

func (s *Store) writeSettlements(ctx context.Context, tx hotTx, group []*work) error {
	var all []settled
	for _, w := range group {
		for i := range w.settle {
			all = append(all, settled{&w.settle[i], w.node, nil})
		}
	}
	held := make([]bool, len(all))
	for i := range all {
		all[i].held = &held[i]
	}
	for _, round := range rounds(all, waitsUnique) { // those that wait make room for each other
		if err := s.moveDeliveries(ctx, tx, round); err != nil {
			return fmt.Errorf("move deliveries: %w", err)
		}
	}
	rest := held // each caller's part is filled when the transaction is committed
	for _, w := range group {
		w.held, rest = rest[:len(w.settle):len(w.settle)], rest[len(w.settle):]
	}
	if err := s.insertAttempts(ctx, tx, all); err != nil {
		return fmt.Errorf("insert attempts: %w", err)
	}
	if err := s.raiseTogether(ctx, tx, all); err != nil {
		return fmt.Errorf("raise alerts: %w", err)
	}
	return nil
}

// Only what is being sent has a node. That it is being sent is not asked for as
// well, since PostgreSQL would then look through delivery_sending for each row.
func moveDelivery() bulk {
	return bulk{
		columns: "state text, due_at bigint, settled_at bigint, status int, reason text, " +
			"company text, id uuid, attempt int, node_id uuid",
		verb: "UPDATE delivery",
		before: `SET state = r.state, due_at = r.due_at, settled_at = r.settled_at, status = r.status,
    reason = r.reason, node_id = NULL`,
		after: `WHERE delivery.company = r.company AND delivery.id = r.id AND delivery.attempt = r.attempt
    AND delivery.node_id = r.node_id`,
		hits: true,
	}
}

func (s *Store) moveDeliveries(ctx context.Context, tx hotTx, all []settled) error {
	if err := s.absorb(ctx, tx, all); err != nil {
		return err
	}
	err := tx.exec(ctx, s.hot.moveDelivery, len(all), func(i int, args []any) {
		a, v := &all[i].Attempt, &all[i].Verdict
		due := v.DueAt
		if due.IsZero() {
			due = a.StartedAt
		}
		args[0], args[1], args[2] = string(v.State), micros(due), micros(a.StartedAt.Add(a.Took.Total))
		args[3], args[4] = int64(a.Status), v.Reason
		args[5], args[6], args[7], args[8] = all[i].Company, a.DeliveryID[:], int64(a.Number), all[i].node[:]
	}, func(i int) { *all[i].held = true })
	if err != nil {
		return err
	}
	return s.release(ctx, tx, all)
}

// An attempt that was taken for abandoned is replaced when its node does tell
// what came of it.
func insertAttempt() bulk {
	return bulk{
		columns: "delivery_id uuid, number int, hook_version int, started_at bigint, method text, url text, " +
			"request_head text, body_size bigint, body_sha256 bytea, status int, response_head text, " +
			"response_body bytea, error text, reason text, dns_us bigint, connect_us bigint, tls_us bigint, " +
			"first_byte_us bigint, total_us bigint",
		verb: "INSERT INTO attempt",
		after: `ON CONFLICT (delivery_id, number) DO UPDATE SET hook_version = excluded.hook_version,
    started_at = excluded.started_at, method = excluded.method, url = excluded.url,
    request_head = excluded.request_head, body_size = excluded.body_size, body_sha256 = excluded.body_sha256,
    status = excluded.status, response_head = excluded.response_head, response_body = excluded.response_body,
    error = excluded.error, reason = excluded.reason, dns_us = excluded.dns_us, connect_us = excluded.connect_us,
    tls_us = excluded.tls_us, first_byte_us = excluded.first_byte_us, total_us = excluded.total_us
WHERE attempt.error = 'abandoned'`,
	}
}

func (s *Store) insertAttempts(ctx context.Context, tx hotTx, all []settled) error {
	return tx.exec(ctx, s.hot.insertAttempt, len(all), func(i int, args []any) {
		fillAttempt(&all[i].Attempt, args)
	}, nil)
}

// fillAttempt writes a as arguments of insertAttempt.
func fillAttempt(a *hook.Attempt, args []any) {
	args[0], args[1], args[2] = a.DeliveryID[:], int64(a.Number), int64(a.HookVersion)
	args[3], args[4], args[5], args[6] = micros(a.StartedAt), a.Method, a.URL, a.RequestHead
	args[7], args[8], args[9] = int64(a.BodySize), a.BodySHA256[:], int64(a.Status)
	args[10], args[11] = a.ResponseHead, orEmpty(a.ResponseBody)
	args[12], args[13] = string(a.Error), a.Reason
	args[14], args[15] = a.Took.DNS.Microseconds(), a.Took.Connect.Microseconds()
	args[16], args[17] = a.Took.TLS.Microseconds(), a.Took.FirstByte.Microseconds()
	args[18] = a.Took.Total.Microseconds()
}
