package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Accept stores events with the deliveries they cause, all or none, and answers
// each with a receipt, in the same order. An event that is a repeat, by its
// SourceID or its IdempotencyKey within its company, is not stored again and
// causes no deliveries; its receipt is that of the first. Concurrent calls share
// commits.
//
// Deliveries that are Sending are held by the given node from then on. When
// Accept returns without an error the data survives a crash of this process and
// of its machine.
func (s *Store) Accept(_ context.Context, node uuid.UUID, as []hook.Acceptance) ([]hook.Receipt, error) {
	w := &work{node: node, accept: as, receipts: make([]hook.Receipt, len(as))}
	if err := s.committer.do(w); err != nil {
		return nil, fmt.Errorf("accept %d events: %w", len(as), err)
	}
	return w.receipts, nil
}

// accepted is an acceptance with the place for its answer.
type accepted struct {
	*hook.Acceptance
	receipt *hook.Receipt
	node    uuid.UUID
	lead    *hook.Receipt // of the event that this one is stored with, or not at all; nil if it stands alone
}

// acceptances returns all that a group wants accepted.
func acceptances(group []*work) []accepted {
	var all []accepted
	for _, w := range group {
		for i := range w.accept {
			a := accepted{Acceptance: &w.accept[i], receipt: &w.receipts[i], node: w.node}
			if w.revise != nil && i > 0 {
				a.lead = &w.receipts[0]
			}
			all = append(all, a)
		}
	}
	return all
}

func (s *Store) writeAcceptances(ctx context.Context, tx hotTx, group []*work, known map[key]first) error {
	fresh, err := s.withoutRepeats(ctx, tx, acceptances(group), known)
	if err != nil {
		return err
	}
	if err := s.insertEvents(ctx, tx, fresh); err != nil {
		return err
	}
	return s.insertDeliveries(ctx, tx, fresh)
}

// key is what a repeat is known by.
type key struct{ company, text string }

// keys returns the keys of an acceptance: none, one or two.
func (a accepted) keys() []key {
	var ks []key
	if a.Event.SourceID != "" {
		ks = append(ks, key{a.Event.Company, "id:" + a.Event.SourceID})
	}
	if a.IdempotencyKey != "" {
		ks = append(ks, key{a.Event.Company, "key:" + a.IdempotencyKey})
	}
	return ks
}

// fingerprint is what a key must have been brought with: an event ID stands
// for itself.
func (a accepted) fingerprint(k key) []byte {
	if a.IdempotencyKey == "" || k.text != "key:"+a.IdempotencyKey || a.Fingerprint == nil {
		return []byte{}
	}
	return a.Fingerprint
}

// first is the earlier acceptance that brought a key.
type first struct {
	fingerprint []byte
	receipt     hook.Receipt
}

// withoutRepeats answers the repeats among all, records the keys of the others
// and returns those. Writers on other nodes may bring a key that was not known a
// moment ago: then one of the commits fails and is tried again alone.
func (s *Store) withoutRepeats(ctx context.Context, tx hotTx, all []accepted, known map[key]first) ([]accepted, error) {
	fresh := make([]accepted, 0, len(all))
	type newKey struct {
		key
		a accepted
	}
	var added []newKey
	for _, a := range all {
		if a.lead != nil && a.lead.Repeated {
			*a.receipt = hook.Receipt{Repeated: true, Mismatched: a.lead.Mismatched}
			continue
		}
		if a.answerRepeat(known) {
			continue
		}
		*a.receipt = hook.Receipt{EventID: a.Event.ID, ReceivedAt: a.Event.ReceivedAt, Owed: len(a.Deliveries)}
		fresh = append(fresh, a)
		for _, k := range a.keys() {
			known[k] = first{a.fingerprint(k), *a.receipt}
			added = append(added, newKey{k, a})
		}
	}
	// In one order on all nodes, so that none waits for another that waits for it.
	slices.SortFunc(added, func(a, b newKey) int {
		return cmp.Or(cmp.Compare(a.company, b.company), cmp.Compare(a.text, b.text))
	})
	err := tx.exec(ctx, s.hot.insertKeys, len(added), func(i int, args []any) {
		k := added[i]
		args[0], args[1], args[2], args[3] = k.company, k.text, k.a.Event.ID[:], k.a.fingerprint(k.key)
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("insert keys: %w", err)
	}
	return fresh, nil
}

// answerRepeat reports whether a is a repeat, and if so writes its receipt.
func (a accepted) answerRepeat(known map[key]first) bool {
	for _, k := range a.keys() {
		f, ok := known[k]
		if !ok {
			continue
		}
		*a.receipt = f.receipt
		a.receipt.Repeated = true
		a.receipt.Mismatched = !bytes.Equal(f.fingerprint, a.fingerprint(k))
		return true
	}
	return false
}

func findKeys() bulk {
	return bulk{
		columns: "company text, key text",
		verb:    "SELECT k.company, k.key, k.fingerprint, e.id, e.received_at, length(e.deliveries) / 16",
		before:  "FROM event_key k JOIN event e ON e.id = k.event_id",
		after:   "WHERE k.company = r.company AND k.key = r.key",
	}
}

// knownKeys returns which of the keys that a group brings are stored already.
func (s *Store) knownKeys(ctx context.Context, group []*work, sent func()) (map[key]first, error) {
	known := make(map[key]first)
	var asked []key
	for _, a := range acceptances(group) {
		asked = append(asked, a.keys()...)
	}
	if len(asked) == 0 {
		return known, nil
	}
	sent() // those before need not wait for the answer
	return known, s.findKeys.run(ctx, len(asked), func(i int, args []any) {
		args[0], args[1] = asked[i].company, asked[i].text
	}, func(rows *sql.Rows) error {
		var k key
		var f first
		var received int64
		err := rows.Scan(&k.company, &k.text, &f.fingerprint, &f.receipt.EventID, &received, &f.receipt.Owed)
		f.receipt.ReceivedAt = fromMicros(received)
		known[k] = f
		return err
	})
}

func insertKeys() bulk {
	return bulk{
		columns: "company text, key text, event_id uuid, fingerprint bytea",
		verb:    "INSERT INTO event_key",
	}
}

func insertEvent() bulk {
	return bulk{
		columns: "id uuid, company text, source_id text, type text, entity_kind text, entity_id text, " +
			"shop text, occurred_at bigint, received_at bigint, deliveries bytea, data bytea, trace text, scope text",
		verb: "INSERT INTO event",
	}
}

func (s *Store) insertEvents(ctx context.Context, tx hotTx, as []accepted) error {
	err := tx.exec(ctx, s.hot.insertEvent, len(as), func(i int, args []any) {
		e := &as[i].Event
		args[0], args[1], args[2], args[3] = e.ID[:], e.Company, e.SourceID, e.Type
		args[4], args[5], args[6] = string(e.Entity.Kind), e.Entity.ID, e.Shop
		args[7], args[8], args[9] = micros(e.OccurredAt), micros(e.ReceivedAt), deliveryIDs(as[i].Deliveries)
		args[10], args[11], args[12] = orEmpty(e.Data), traceText(e.Trace), scopeText(e.Scope)
	}, nil)
	if err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	return nil
}

// deliveryIDs returns the IDs of ds, one after the other.
func deliveryIDs(ds []hook.Delivery) []byte {
	ids := make([]byte, 0, len(ds)*len(uuid.UUID{}))
	for i := range ds {
		ids = append(ids, ds[i].ID[:]...)
	}
	return ids
}

func insertDelivery() bulk {
	return bulk{
		columns: "id uuid, company text, hook_id uuid, event_id uuid, event_type text, entity_kind text, " +
			"entity_id text, state text, priority int, attempt int, due_at bigint, created_at bigint, size int, node_id uuid",
		verb: "INSERT INTO delivery",
	}
}

func (s *Store) insertDeliveries(ctx context.Context, tx hotTx, as []accepted) error {
	var ds, grouped []*hook.Delivery
	var nodes []uuid.UUID
	for _, a := range as {
		for i := range a.Deliveries {
			if d := &a.Deliveries[i]; d.Grouped() {
				grouped = append(grouped, d)
			} else {
				ds, nodes = append(ds, d), append(nodes, a.node)
			}
		}
	}
	err := s.insertPlain(ctx, tx, ds, nodes)
	if err == nil {
		err = s.insertGrouped(ctx, tx, grouped)
	}
	if err != nil {
		return fmt.Errorf("insert deliveries: %w", err)
	}
	return nil
}

// insertPlain adds deliveries as they are. Those that are being sent are held by
// the nodes.
func (s *Store) insertPlain(ctx context.Context, tx hotTx, ds []*hook.Delivery, nodes []uuid.UUID) error {
	return tx.exec(ctx, s.hot.insertDelivery, len(ds), func(i int, args []any) {
		var node uuid.UUID
		if nodes != nil {
			node = nodes[i]
		}
		fillDelivery(ds[i], node, args)
	}, nil)
}

// fillDelivery writes d as arguments of insertDelivery, and returns how many they
// are.
func fillDelivery(d *hook.Delivery, node uuid.UUID, args []any) int {
	args[0], args[1], args[2], args[3] = d.ID[:], d.Company, d.HookID[:], d.EventID[:]
	args[4], args[5], args[6] = d.EventType, string(d.Entity.Kind), d.Entity.ID
	args[7], args[8], args[9] = string(d.State), int64(d.Priority), int64(d.Attempt)
	args[10], args[11], args[12], args[13] = micros(d.DueAt), micros(d.CreatedAt), int64(d.Size), nil
	if d.State == hook.Sending {
		args[13] = node[:]
	}
	return 14
}

// orEmpty keeps a missing value out of a column that is NOT NULL.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// traceText is how a trace is stored; none is nothing.
func traceText(t trade.Trace) string {
	if t.State == "" {
		return t.Parent
	}
	return t.Parent + " " + t.State
}

// scopeText is how a scope is stored; none is nothing.
func scopeText(s trade.Scope) string {
	if s.Version == 0 && len(s.Lines) == 0 {
		return ""
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("store: a scope can't be written: " + err.Error()) // it has a number and texts
	}
	return string(text)
}
