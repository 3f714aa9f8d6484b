package store

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// What becomes of a delivery of a unique or ordered hook depends on the others of
// its hook and entity: its group. See docs/decisions/0020-groups.md.

// held is the time at which a delivery is due that waits for its turn.
const held = math.MaxInt64

// group is what deliveries that depend on each other have in common.
type group struct {
	hookID   uuid.UUID
	kind, id string // of the entity
}

func groupOf(d *hook.Delivery) group { return group{d.HookID, string(d.Entity.Kind), d.Entity.ID} }

func (g group) text() string { return g.hookID.String() + " " + g.kind + " " + g.id }

// groupStatements are the statements for groups on the way of an event.
type groupStatements struct {
	lock        *hotStatement
	merge       *hotStatement
	noteMerged  *hotStatement
	giveTurn    *hotStatement
	lockYounger *hotStatement
	takeEvent   *hotStatement
	endMerged   *hotStatement
	release     *hotStatement
}

const (
	// sameGroup says that b is the waiting one of the group of a unique hook's
	// delivery a.
	sameGroup = `b.hook_id = a.hook_id AND b.entity_kind = a.entity_kind AND b.entity_id = a.entity_id
    AND b.merges AND b.state = 'waiting'`
	// openTurn says that o has its turn now or waits for it.
	openTurn = `o.turn > 0 AND (o.state = 'waiting' OR o.state = 'sending')`
)

// lockGroup makes others wait who are about to change which deliveries of a group
// wait. It is not for SQLite, which has one writer.
func lockGroup() bulk {
	return bulk{
		columns: "key text",
		verb:    "SELECT pg_advisory_xact_lock(hashtextextended(r.key, 0))",
		before:  "FROM (SELECT 1) AS one",
	}
}

// mergeDelivery adds a delivery of a unique hook, or merges its event into the one
// that waits.
func mergeDelivery() bulk {
	b := insertDelivery()
	b.columns += ", merges boolean, events int"
	b.after = `ON CONFLICT (hook_id, entity_kind, entity_id) WHERE merges AND state = 'waiting' DO UPDATE SET
    event_id = excluded.event_id, event_type = excluded.event_type, size = excluded.size,
    events = delivery.events + excluded.events`
	return b
}

// noteMerged adds a delivery whose event was merged into another.
func noteMerged() bulk {
	return bulk{
		columns: "id uuid, event_id uuid, event_type text, priority int, due_at bigint, created_at bigint, " +
			"settled_at bigint, size int, hook_id uuid, entity_kind text, entity_id text, own uuid",
		verb: "INSERT INTO delivery (company, hook_id, entity_kind, entity_id, merged_into, merges, state, attempt, " +
			"id, event_id, event_type, priority, due_at, created_at, settled_at, size) " +
			"SELECT b.company, b.hook_id, b.entity_kind, b.entity_id, b.id, TRUE, 'merged', 0, " +
			"r.id, r.event_id, r.event_type, r.priority, r.due_at, r.created_at, r.settled_at, r.size",
		before: "FROM delivery b",
		after: `WHERE b.hook_id = r.hook_id AND b.entity_kind = r.entity_kind AND b.entity_id = r.entity_id
    AND b.merges AND b.state = 'waiting' AND b.id <> r.own`,
	}
}

// giveTurn puts a delivery of an ordered hook behind those of its group.
func giveTurn() bulk {
	const others = `FROM delivery o WHERE o.hook_id = delivery.hook_id AND o.entity_kind = delivery.entity_kind
    AND o.entity_id = delivery.entity_id AND o.id <> delivery.id AND ` + openTurn
	return bulk{
		columns: "nth bigint, later int, held bigint, company text, id uuid",
		verb:    "UPDATE delivery",
		before: `SET turn = r.nth + coalesce((SELECT o.turn ` + others + ` ORDER BY o.turn DESC LIMIT 1), 0),
    due_at = CASE WHEN r.later > 0 OR EXISTS (SELECT 1 ` + others + `) THEN r.held ELSE delivery.due_at END`,
		after: "WHERE delivery.company = r.company AND delivery.id = r.id",
	}
}

// lockYounger keeps the one that waits from being claimed. It is not for SQLite.
func lockYounger() bulk {
	return bulk{
		columns: "company text, id uuid",
		verb:    "SELECT b.id",
		before:  "FROM delivery a JOIN delivery b ON " + sameGroup,
		after:   "WHERE a.company = r.company AND a.id = r.id FOR UPDATE OF b",
	}
}

// takeEvent merges the one that waits into a delivery that is about to wait.
func takeEvent() bulk {
	const younger = `FROM delivery b WHERE b.hook_id = delivery.hook_id AND b.entity_kind = delivery.entity_kind
    AND b.entity_id = delivery.entity_id AND b.merges AND b.state = 'waiting'`
	return bulk{
		columns: "company text, id uuid, attempt int, node_id uuid",
		verb:    "UPDATE delivery",
		before: `SET (event_id, event_type, size, events) = (
    SELECT CASE WHEN b.event_id > delivery.event_id THEN b.event_id ELSE delivery.event_id END,
        CASE WHEN b.event_id > delivery.event_id THEN b.event_type ELSE delivery.event_type END,
        CASE WHEN b.event_id > delivery.event_id THEN b.size ELSE delivery.size END,
        b.events + delivery.events ` + younger + `)`,
		after: `WHERE delivery.company = r.company AND delivery.id = r.id AND delivery.attempt = r.attempt
    AND delivery.node_id IS NOT DISTINCT FROM r.node_id AND EXISTS (SELECT 1 ` + younger + `)`,
	}
}

// endMerged ends the one that waits, which was merged.
func endMerged() bulk {
	return bulk{
		columns: "own uuid, settled_at bigint, company text, of text, id uuid, attempt int, node_id uuid",
		verb:    "UPDATE delivery",
		before:  "SET state = 'merged', merged_into = r.own, settled_at = r.settled_at, reason = ''",
		after: `WHERE delivery.company = r.company AND delivery.id = (
    SELECT b.id FROM delivery a JOIN delivery b ON ` + sameGroup + `
    WHERE a.company = r.of AND a.id = r.id AND a.attempt = r.attempt AND a.node_id IS NOT DISTINCT FROM r.node_id)`,
	}
}

// releaseNext makes the next of a group due, if it waits for its turn.
func releaseNext() bulk {
	return bulk{
		columns: "due_at bigint, company text, hook_id uuid, entity_kind text, entity_id text, held bigint",
		verb:    "UPDATE delivery",
		before:  "SET due_at = r.due_at",
		after: `WHERE delivery.company = r.company AND delivery.id = (
    SELECT o.id FROM delivery o WHERE o.hook_id = r.hook_id AND o.entity_kind = r.entity_kind
        AND o.entity_id = r.entity_id AND ` + openTurn + ` ORDER BY o.turn LIMIT 1)
    AND delivery.state = 'waiting' AND delivery.due_at = r.held`,
	}
}

// lockGroups locks the groups that works are about to change.
func (s *Store) lockGroups(ctx context.Context, tx hotTx, works []*work) error {
	if !s.many {
		return nil
	}
	var ds []*hook.Delivery
	for _, w := range works {
		for i := range w.settle {
			if d := w.settle[i].Grouped; d != nil {
				ds = append(ds, d)
			}
		}
		for i := range w.accept {
			for j := range w.accept[i].Deliveries {
				ds = append(ds, &w.accept[i].Deliveries[j])
			}
		}
	}
	keys := groupKeys(ds)
	return tx.exec(ctx, s.hot.group.lock, len(keys), func(i int, args []any) { args[0] = keys[i] }, nil)
}

// lockGroupsOf locks the groups of deliveries.
func (s *Store) lockGroupsOf(ctx context.Context, tx *sql.Tx, ds []*hook.Delivery) error {
	if !s.many {
		return nil
	}
	keys := groupKeys(ds)
	return s.execBulk(ctx, tx, lockGroup(), len(keys), func(i int, args []any) { args[0] = keys[i] })
}

// groupKeys returns what the groups among ds are locked by: in one order on all
// nodes, so that none waits for another that waits for it.
func groupKeys(ds []*hook.Delivery) []string {
	var keys []string
	for _, d := range ds {
		if d.Grouped() {
			keys = append(keys, groupOf(d).text())
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// insertGrouped adds deliveries of unique and ordered hooks, which wait.
func (s *Store) insertGrouped(ctx context.Context, tx hotTx, ds []*hook.Delivery) error {
	if len(ds) == 0 {
		return nil
	}
	var ordered, turns, unique []*hook.Delivery
	for _, d := range ds {
		if d.Unique {
			unique = append(unique, d)
		} else {
			ordered = append(ordered, d)
		}
		if d.Ordered {
			turns = append(turns, d)
		}
	}
	if err := s.insertPlain(ctx, tx, ordered, nil); err != nil {
		return err
	}
	if err := s.mergeDeliveries(ctx, tx, unique); err != nil {
		return err
	}
	return s.giveTurns(ctx, tx, turns)
}

// mergeDeliveries adds deliveries of unique hooks: the first of each group unless
// one waits. The events of the others are merged into that.
func (s *Store) mergeDeliveries(ctx context.Context, tx hotTx, ds []*hook.Delivery) error {
	var firsts []hook.Delivery // with the event of the last
	place := make(map[group]int)
	for _, d := range ds {
		i, ok := place[groupOf(d)]
		if !ok {
			place[groupOf(d)] = len(firsts)
			firsts = append(firsts, *d)
			firsts[len(firsts)-1].Events = 1
			continue
		}
		firsts[i].EventID, firsts[i].EventType, firsts[i].Size = d.EventID, d.EventType, d.Size
		firsts[i].Events++
	}
	err := tx.exec(ctx, s.hot.group.merge, len(firsts), func(i int, args []any) {
		n := fillDelivery(&firsts[i], uuid.Nil, args)
		args[n], args[n+1] = true, int64(firsts[i].Events)
	}, nil)
	if err != nil {
		return err
	}
	return tx.exec(ctx, s.hot.group.noteMerged, len(ds), func(i int, args []any) {
		d := ds[i]
		at := micros(d.CreatedAt)
		args[0], args[1], args[2], args[3] = d.ID[:], d.EventID[:], d.EventType, int64(d.Priority)
		args[4], args[5], args[6], args[7] = at, at, at, int64(d.Size)
		args[8], args[9], args[10], args[11] = d.HookID[:], string(d.Entity.Kind), d.Entity.ID, d.ID[:]
	}, nil)
}

// giveTurns puts deliveries of ordered hooks behind those of their groups. What
// was merged is not there, and gets none.
func (s *Store) giveTurns(ctx context.Context, tx hotTx, ds []*hook.Delivery) error {
	return tx.exec(ctx, s.hot.group.giveTurn, len(ds), fillTurns(ds), nil)
}

// fillTurns writes the arguments of giveTurn for each of ds, in order.
func fillTurns(ds []*hook.Delivery) func(i int, args []any) {
	nth := make(map[group]int64)
	return func(i int, args []any) {
		d := ds[i]
		before := nth[groupOf(d)] // of this call, which a bulk doesn't see
		nth[groupOf(d)] = before + 1
		args[0], args[1], args[2], args[3], args[4] = before+1, min(before, 1), int64(held), d.Company, d.ID[:]
	}
}

// rounds splits items, in their order, so that in each round there is at most one
// delivery of each group: who tells that of an item, nil if its group doesn't matter.
func rounds[T any](all []T, who func(T) *hook.Delivery) [][]T {
	var round, rest []T
	taken := make(map[group]bool)
	for _, x := range all {
		if d := who(x); d != nil {
			if taken[groupOf(d)] {
				rest = append(rest, x)
				continue
			}
			taken[groupOf(d)] = true
		}
		round = append(round, x)
	}
	if len(rest) == 0 {
		return [][]T{all}
	}
	return append([][]T{round}, rounds(rest, who)...)
}

// waitsUnique returns the delivery of a unique hook that is about to wait, nil if it
// is another.
func waitsUnique(x settled) *hook.Delivery {
	if x.Grouped == nil || !x.Grouped.Unique || x.Verdict.State != hook.Waiting {
		return nil
	}
	return x.Grouped
}

// absorb merges what waits into the deliveries of unique hooks that are about to
// wait too, as far as their nodes still hold them.
func (s *Store) absorb(ctx context.Context, tx hotTx, all []settled) error {
	var ds []settled
	for _, x := range all {
		if waitsUnique(x) != nil {
			ds = append(ds, x)
		}
	}
	if s.many {
		err := tx.exec(ctx, s.hot.group.lockYounger, len(ds), func(i int, args []any) {
			args[0], args[1] = ds[i].Company, ds[i].Attempt.DeliveryID[:]
		}, nil)
		if err != nil {
			return err
		}
	}
	err := tx.exec(ctx, s.hot.group.takeEvent, len(ds), func(i int, args []any) {
		fillTaken(ds[i].Grouped, ds[i].node[:], args)
	}, nil)
	if err != nil {
		return err
	}
	return tx.exec(ctx, s.hot.group.endMerged, len(ds), func(i int, args []any) {
		a := &ds[i].Attempt
		fillEnded(ds[i].Grouped, ds[i].node[:], a.StartedAt.Add(a.Took.Total), args)
	}, nil)
}

// fillTaken and fillEnded write the arguments of takeEvent and endMerged for d, as
// a node holds it; nil if none does.
func fillTaken(d *hook.Delivery, node any, args []any) {
	args[0], args[1], args[2], args[3] = d.Company, d.ID[:], int64(d.Attempt), node
}

func fillEnded(d *hook.Delivery, node any, at time.Time, args []any) {
	args[0], args[1], args[2] = d.ID[:], micros(at), d.Company
	fillTaken(d, node, args[3:])
}

// release makes those due whose turn it is now that others are done.
func (s *Store) release(ctx context.Context, tx hotTx, all []settled) error {
	var done []settled
	for _, x := range all {
		if x.Grouped != nil && x.Grouped.Ordered && x.Verdict.State != hook.Waiting {
			done = append(done, x)
		}
	}
	return tx.exec(ctx, s.hot.group.release, len(done), func(i int, args []any) {
		a := &done[i].Attempt
		fillRelease(done[i].Grouped, a.StartedAt.Add(a.Took.Total), args)
	}, nil)
}

func fillRelease(d *hook.Delivery, at time.Time, args []any) {
	args[0], args[1], args[2] = micros(at), d.Company, d.HookID[:]
	args[3], args[4], args[5] = string(d.Entity.Kind), d.Entity.ID, int64(held)
}

// comer is a delivery of a unique hook that is about to wait at a time.
type comer struct {
	*hook.Delivery
	node []byte // that holds it; nil if none does
	at   time.Time
}

func (c comer) delivery() *hook.Delivery { return c.Delivery }

func deliveriesOf(cs []comer) []*hook.Delivery {
	ds := make([]*hook.Delivery, len(cs))
	for i, c := range cs {
		ds[i] = c.Delivery
	}
	return ds
}

// makeRoom merges what waits into deliveries that are about to wait too, as far as
// they are still as they are given. Their groups are locked, and no two are of the
// same.
func (s *Store) makeRoom(ctx context.Context, tx *sql.Tx, cs []comer) error {
	if s.many {
		err := s.execBulk(ctx, tx, lockYounger(), len(cs), func(i int, args []any) {
			args[0], args[1] = cs[i].Company, cs[i].ID[:]
		})
		if err != nil {
			return err
		}
	}
	err := s.execBulk(ctx, tx, takeEvent(), len(cs), func(i int, args []any) {
		fillTaken(cs[i].Delivery, orNull(cs[i].node), args)
	})
	if err != nil {
		return err
	}
	return s.execBulk(ctx, tx, endMerged(), len(cs), func(i int, args []any) {
		fillEnded(cs[i].Delivery, orNull(cs[i].node), cs[i].at, args)
	})
}

// orNull is id, or nil as a statement takes it.
func orNull(id []byte) any {
	if id == nil {
		return nil
	}
	return id
}
