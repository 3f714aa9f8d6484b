package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// cancelledReason tells people why a delivery was not sent.
const cancelledReason = "it was cancelled by hand"

// errRepeated says that an operation was carried out already.
var errRepeated = hook.Errorf(hook.Conflict, "it was done already")

// Operate carries out a command for a delivery of a company at now, notes e, and
// returns the delivery as it is then, or the new one of a replay. A replay that was
// made already by the command's key is returned, and nothing is done. It returns
// ErrNoDelivery, or an error of fault hook.Conflict that says what can be done with
// the delivery instead.
func (s *Store) Operate(ctx context.Context, company string, id uuid.UUID, c hook.Command, now time.Time, e account.Entry) (hook.Delivery, error) {
	var d hook.Delivery
	var taken map[hook.Kind]int // out of the queue
	var before uuid.UUID        // that a replay was made as
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		err := s.lockGroupsAmong(ctx, tx, company, []uuid.UUID{id})
		if err != nil {
			return err
		}
		d, err = scanDelivery(tx.QueryRowContext(ctx,
			`SELECT `+deliveryColumns+` FROM delivery WHERE company = $1 AND id = $2 `+s.holdRow, company, id[:]))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoDelivery
		}
		if err != nil {
			return err
		}
		if before, err = replayBy(ctx, tx, &d, c.Key); err != nil {
			return err
		}
		if why := c.Operation.Skips(d.State, s.hookThere(d.HookID)); why != hook.NoSkip {
			return c.Operation.Refusal(why)
		}
		changed, err := s.operate(ctx, tx, c, []hook.Delivery{d}, now)
		if err != nil {
			return err
		}
		if c.Operation == hook.DoCancel {
			if taken, err = kinds(ctx, tx, changed); err != nil {
				return err
			}
		}
		if err := keepKey(ctx, tx, &changed[0], c.Key); err != nil {
			return err
		}
		d, err = scanDelivery(tx.QueryRowContext(ctx,
			`SELECT `+deliveryColumns+` FROM delivery WHERE company = $1 AND id = $2`, company, changed[0].ID[:]))
		return err
	})
	if errors.Is(err, errRepeated) {
		return s.Delivery(ctx, company, before)
	}
	if err != nil {
		return hook.Delivery{}, fmt.Errorf("%s delivery %s: %w", c.Operation, id, err)
	}
	s.cancelledKinds(company, taken)
	return d, nil
}

// replayBy returns the replay of d that a request with a key has made, with
// errRepeated, if there is one. Who holds d holds up others with the key.
func replayBy(ctx context.Context, tx *sql.Tx, d *hook.Delivery, key string) (uuid.UUID, error) {
	var id uuid.UUID
	if key == "" {
		return id, nil
	}
	err := tx.QueryRowContext(ctx, `
SELECT id FROM delivery WHERE company = $1 AND entity_id = $2 AND replay_of IS NOT NULL AND replay_of = $3 AND replay_key = $4`,
		d.Company, d.Entity.ID, d.ID[:], key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return id, nil
	}
	return id, cmp.Or(err, error(errRepeated))
}

// keepKey stores the key, if there is one, of the request that made a replay.
func keepKey(ctx context.Context, tx *sql.Tx, replay *hook.Delivery, key string) error {
	if key == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE delivery SET replay_key = $1 WHERE company = $2 AND id = $3`, key, replay.Company, replay.ID[:])
	return err
}

func (s *Store) hookThere(id uuid.UUID) bool { return s.Directory().Hooks[id] != nil }

// operate carries out a command for deliveries of one company that it doesn't
// skip, and that tx holds. It returns them as they are then, or the new ones, in
// the same order.
func (s *Store) operate(ctx context.Context, tx *sql.Tx, c hook.Command, ds []hook.Delivery, now time.Time) ([]hook.Delivery, error) {
	changed := slices.Clone(ds)
	switch c.Operation {
	case hook.DoRetry:
		for i := range changed {
			retried(&changed[i], now)
		}
		return changed, s.makeWait(ctx, tx, changed, ds)
	case hook.DoReplay:
		for i, d := range ds {
			id, err := uuid.NewV7()
			if err != nil {
				return nil, err
			}
			changed[i] = replayed(&d, id, now)
		}
		return changed, s.makeWait(ctx, tx, changed, ds)
	case hook.DoCancel:
		for i := range changed {
			changed[i].State, changed[i].SettledAt, changed[i].Reason = hook.Cancelled, now, cancelledReason
		}
		return changed, s.cancel(ctx, tx, changed)
	case hook.DoPriority:
		for i := range changed {
			changed[i].Priority = c.Priority
		}
		return changed, s.reorder(ctx, tx, changed)
	}
	return nil, fmt.Errorf("there is no operation %q", c.Operation)
}

// retried makes d due at now. If it had ended, its retry policy starts anew; its
// attempts are counted on, since their number is the fence.
func retried(d *hook.Delivery, now time.Time) {
	if d.State == hook.Waiting { // one that is held keeps its turn
		if now.Before(d.DueAt) {
			d.DueAt = now
		}
		return
	}
	d.State, d.DueAt, d.Reason = hook.Waiting, now, ""
	d.TriesFrom, d.RetriedAt = d.Attempt, now
}

// replayed returns a new delivery, with an ID, of what d has told of. If the hook
// is ordered, it takes its turn; it isn't merged with what may be newer.
func replayed(d *hook.Delivery, id uuid.UUID, now time.Time) hook.Delivery {
	return hook.Delivery{
		ID: id, Company: d.Company, HookID: d.HookID, EventID: d.EventID, EventType: d.EventType, Entity: d.Entity,
		State: hook.Waiting, Priority: d.Priority, DueAt: now, CreatedAt: now, Size: d.Size, ReplayOf: d.ID,
		Events: 1, Ordered: d.Ordered,
	}
}

// putWaiting adds a delivery that waits, or changes one. What comes back into the
// queue has no turn until it gets one, so that those that come together don't wait
// for each other's old turns.
func putWaiting() bulk {
	return bulk{
		columns: "id uuid, company text, hook_id uuid, event_id uuid, event_type text, entity_kind text, " +
			"entity_id text, state text, priority int, attempt int, due_at bigint, created_at bigint, size int, " +
			"tries_from int, retried_at bigint, reason text, replay_of uuid",
		verb: "INSERT INTO delivery",
		after: `ON CONFLICT (company, id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
    tries_from = excluded.tries_from, retried_at = excluded.retried_at, reason = excluded.reason,
    turn = CASE WHEN delivery.state = 'waiting' THEN delivery.turn ELSE 0 END`,
	}
}

// makeWait stores that deliveries wait, as they say: new ones, or ones that tx
// holds, before being what they were. Whatever an operation puts into the queue
// comes through here.
func (s *Store) makeWait(ctx context.Context, tx *sql.Tx, ds, before []hook.Delivery) error {
	var plain, ordered []*hook.Delivery
	var unique []comer
	last := make(map[group]*hook.Delivery) // which takes in the others of a unique hook's group
	for i := range ds {
		d := &ds[i]
		comes := d.ID != before[i].ID || before[i].State != hook.Waiting
		if d.Unique && comes {
			unique = append(unique, comer{d, nil, d.DueAt})
			last[groupOf(d)] = d
		} else {
			plain = append(plain, d)
		}
		if d.Ordered && comes {
			ordered = append(ordered, d)
		}
	}
	for _, round := range rounds(unique, comer.delivery) { // those of a group make room for each other
		if err := s.makeRoom(ctx, tx, round); err != nil {
			return err
		}
		if err := s.putWaiting(ctx, tx, deliveriesOf(round)); err != nil {
			return err
		}
	}
	if err := s.putWaiting(ctx, tx, plain); err != nil {
		return err
	}
	ordered = slices.DeleteFunc(ordered, func(d *hook.Delivery) bool { return d.Unique && d != last[groupOf(d)] })
	return s.execBulk(ctx, tx, giveTurn(), len(ordered), fillTurns(ordered))
}

func (s *Store) putWaiting(ctx context.Context, tx *sql.Tx, ds []*hook.Delivery) error {
	return s.execBulk(ctx, tx, putWaiting(), len(ds), func(i int, args []any) {
		d := ds[i]
		args[0], args[1], args[2], args[3] = d.ID[:], d.Company, d.HookID[:], d.EventID[:]
		args[4], args[5], args[6] = d.EventType, string(d.Entity.Kind), d.Entity.ID
		args[7], args[8], args[9] = string(d.State), int64(d.Priority), int64(d.Attempt)
		args[10], args[11], args[12] = micros(d.DueAt), micros(d.CreatedAt), int64(d.Size)
		if d.Held {
			args[10] = int64(held)
		}
		args[13], args[14], args[15], args[16] = int64(d.TriesFrom), micros(d.RetriedAt), d.Reason, nil
		if d.ReplayOf != uuid.Nil {
			args[16] = d.ReplayOf[:]
		}
	})
}

func takeOut() bulk {
	return bulk{
		columns: "state text, settled_at bigint, reason text, company text, id uuid",
		verb:    "UPDATE delivery",
		before:  "SET state = r.state, settled_at = r.settled_at, reason = r.reason",
		after:   "WHERE delivery.company = r.company AND delivery.id = r.id",
	}
}

// cancel stores that deliveries, which tx holds, are cancelled, as they say.
// Whatever an operation takes out of the queue comes through here.
func (s *Store) cancel(ctx context.Context, tx *sql.Tx, ds []hook.Delivery) error {
	err := s.execBulk(ctx, tx, takeOut(), len(ds), func(i int, args []any) {
		d := &ds[i]
		args[0], args[1], args[2] = string(d.State), micros(d.SettledAt), d.Reason
		args[3], args[4] = d.Company, d.ID[:]
	})
	if err != nil {
		return err
	}
	var ordered []*hook.Delivery // whose turn is the next one's
	for i := range ds {
		if ds[i].Ordered {
			ordered = append(ordered, &ds[i])
		}
	}
	return s.execBulk(ctx, tx, releaseNext(), len(ordered), func(i int, args []any) {
		fillRelease(ordered[i], ordered[i].SettledAt, args)
	})
}

func setPriority() bulk {
	return bulk{
		columns: "priority int, company text, id uuid",
		verb:    "UPDATE delivery",
		before:  "SET priority = r.priority",
		after:   "WHERE delivery.company = r.company AND delivery.id = r.id",
	}
}

// reorder stores the priority of deliveries, which tx holds.
func (s *Store) reorder(ctx context.Context, tx *sql.Tx, ds []hook.Delivery) error {
	return s.execBulk(ctx, tx, setPriority(), len(ds), func(i int, args []any) {
		args[0], args[1], args[2] = int64(ds[i].Priority), ds[i].Company, ds[i].ID[:]
	})
}

// operateAll carries out a command for those of the given deliveries of a company
// that it doesn't skip. It returns them as they are then, and how many it left
// alone, by reason.
func (s *Store) operateAll(ctx context.Context, tx *sql.Tx, company string, c hook.Command, found []glimpse, now time.Time) ([]hook.Delivery, map[hook.Skip]int, error) {
	skipped := make(map[hook.Skip]int)
	var ids []uuid.UUID
	for _, g := range found {
		if c.Operation.Owes() && !s.hookThere(g.hookID) && slices.Contains(c.Operation.States(), g.state) {
			skipped[hook.HookDeleted]++
			continue
		}
		ids = append(ids, g.id)
	}
	if err := s.lockGroupsAmong(ctx, tx, company, ids); err != nil {
		return nil, nil, err
	}
	ds, err := s.hold(ctx, tx, company, ids, c.Operation.States())
	if err != nil {
		return nil, nil, err
	}
	if err := s.countOthers(ctx, tx, company, ids, ds, skipped); err != nil {
		return nil, nil, err
	}
	changed, err := s.operate(ctx, tx, c, ds, now)
	return changed, skipped, err
}

// lockGroupsAmong locks the groups of those of the given deliveries that have one,
// before any of them is held: that is the order in which all others go.
func (s *Store) lockGroupsAmong(ctx context.Context, tx *sql.Tx, company string, ids []uuid.UUID) error {
	if !s.many || len(ids) == 0 {
		return nil
	}
	var c conditions
	c.lead("company = ?", company)
	c.leadIn("id", joined(ids))
	rows, err := tx.QueryContext(ctx, "SELECT "+deliveryColumns+" FROM delivery WHERE "+strings.Join(c.texts, " AND ")+
		" AND (merges OR turn > 0)", c.args...)
	if err != nil {
		return err
	}
	ds, err := scanDeliveries(rows)
	if err != nil {
		return err
	}
	grouped := make([]*hook.Delivery, len(ds))
	for i := range ds {
		grouped[i] = &ds[i]
	}
	return s.lockGroupsOf(ctx, tx, grouped)
}

// hold returns those of the given deliveries of a company that are in one of the
// states, by ID, and keeps them so until the commit. It locks no others, since
// those that are sent are settled by many at a time.
func (s *Store) hold(ctx context.Context, tx *sql.Tx, company string, ids []uuid.UUID, states []hook.State) ([]hook.Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var c conditions
	c.lead("company = ?", company)
	c.leadIn("id", joined(ids))
	var among []string
	for _, state := range states {
		among = append(among, "NOT (state <> "+c.arg(string(state))+")")
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+deliveryColumns+" FROM delivery WHERE "+strings.Join(c.texts, " AND ")+
		" AND ("+strings.Join(among, " OR ")+") ORDER BY id "+s.holdRow, c.args...)
	if err != nil {
		return nil, err
	}
	return scanDeliveries(rows)
}

// countOthers adds to skipped those of the given deliveries that are not among
// those held, by the state that they are in now.
func (s *Store) countOthers(ctx context.Context, tx *sql.Tx, company string, ids []uuid.UUID, held []hook.Delivery, skipped map[hook.Skip]int) error {
	var rest []uuid.UUID
	for _, id := range ids {
		_, ok := slices.BinarySearchFunc(held, id, func(d hook.Delivery, id uuid.UUID) int { return bytes.Compare(d.ID[:], id[:]) })
		if !ok {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	var c conditions
	c.lead("company = ?", company)
	c.leadIn("id", joined(rest))
	rows, err := tx.QueryContext(ctx, "SELECT state, count(*) FROM delivery WHERE "+strings.Join(c.texts, " AND ")+" GROUP BY state", c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	gone := len(rest)
	for rows.Next() {
		var state hook.Skip
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		skipped[state] += n
		gone -= n
	}
	if gone > 0 {
		skipped[hook.Gone] += gone
	}
	return rows.Err()
}

// joined returns IDs one after the other, 16 bytes each.
func joined(ids []uuid.UUID) []byte {
	all := make([]byte, 0, len(ids)*len(uuid.UUID{}))
	for _, id := range ids {
		all = append(all, id[:]...)
	}
	return all
}
