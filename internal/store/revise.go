package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// ErrStale says that an entity is another than it was when its change was thought of.
var ErrStale = &hook.Error{
	Fault: hook.Conflict, Msg: "the entity was changed meanwhile; read it again",
	German: "Das Objekt wurde inzwischen geändert; lesen Sie es neu.",
}

// Revise stores a revision with its events and their deliveries, all or nothing, and
// answers each event with a receipt, in the same order. It is ErrStale unless the
// version before that of its state is the newest. If the first event is a repeat,
// nothing is stored, all receipts say so, and only the first is that of the event
// before; see Revised for the others. Concurrent calls share commits with those of
// Accept, to which the rest is as there.
func (s *Store) Revise(_ context.Context, node uuid.UUID, r hook.Revision) ([]hook.Receipt, error) {
	w := &work{node: node, accept: r.Acceptances, receipts: make([]hook.Receipt, len(r.Acceptances)), revise: &revision{state: &r.State}}
	var err error
	if r.State.Version > 0 {
		if w.revise.packed, err = s.pack(r.State.JSON); err != nil {
			return nil, fmt.Errorf("pack a state: %w", err)
		}
	}
	if err = s.committer.do(w); err == nil && w.revise.stale {
		err = ErrStale
	}
	if err != nil {
		return nil, fmt.Errorf("revise %s %s: %w", r.State.Entity.Kind, r.State.Entity.ID, err)
	}
	return w.receipts, nil
}

// revision is what Revise wants to have committed, besides events.
type revision struct {
	state  *trade.State
	packed []byte // its JSON
	stale  bool   // its version isn't the next one: nothing of it is to be stored
}

// packedInRow is how many bytes of states count as a row of a group.
const packedInRow = 4 << 10

func (r *revision) rows() int {
	if r == nil || r.state.Version == 0 {
		return 0
	}
	return 2 + len(r.packed)/packedInRow
}

// named is an entity of a company.
type named struct {
	company string
	entity  trade.Entity
}

func nameOf(s *trade.State) named { return named{s.Company, s.Entity} }

func findVersions() bulk {
	return bulk{
		columns: "company text, kind text, id text",
		verb:    "SELECT e.company, e.kind, e.id, e.version",
		before:  "FROM entity e",
		after:   "WHERE e.company = r.company AND e.kind = r.kind AND e.id = r.id",
	}
}

// withoutStale notes which revisions of a group are stale and returns the others'
// works. Another node may store a version that wasn't there a moment ago: then one of
// the commits fails, since the version is there already, and is tried again alone.
func (s *Store) withoutStale(ctx context.Context, group []*work, known map[key]first, sent func()) ([]*work, error) {
	var asked []*work
	for _, w := range group {
		if w.revise != nil {
			w.revise.stale = false // of a try before
		}
		if w.revise != nil && w.revise.state.Version > 0 && !w.repeats(known) {
			asked = append(asked, w)
		}
	}
	if len(asked) == 0 {
		return group, nil
	}
	sent() // those before need not wait for the answer
	newest := make(map[named]int64, len(asked))
	err := s.findVersions.run(ctx, len(asked), func(i int, args []any) {
		of := asked[i].revise.state
		args[0], args[1], args[2] = of.Company, string(of.Entity.Kind), of.Entity.ID
	}, func(rows *sql.Rows) error {
		var n named
		var version int64
		err := rows.Scan(&n.company, &n.entity.Kind, &n.entity.ID, &version)
		newest[n] = version
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, w := range asked {
		of := w.revise.state
		w.revise.stale = newest[nameOf(of)] != of.Version-1
		if !w.revise.stale {
			newest[nameOf(of)] = of.Version
		}
	}
	return slices.DeleteFunc(slices.Clone(group), func(w *work) bool { return w.revise != nil && w.revise.stale }), nil
}

// repeats reports whether the first event of a work is a repeat of a stored one.
func (w *work) repeats(known map[key]first) bool {
	if len(w.accept) == 0 {
		return false
	}
	return slices.ContainsFunc(accepted{Acceptance: &w.accept[0]}.keys(), func(k key) bool {
		_, ok := known[k]
		return ok
	})
}

// entityStatements are the statements for entities on the way of an event.
type entityStatements struct {
	insertVersion *hotStatement
	putEntity     *hotStatement
}

func insertVersion() bulk {
	return bulk{
		columns: "company text, kind text, entity_id text, version bigint, changed_at bigint, status text, state bytea",
		verb:    "INSERT INTO entity_version",
	}
}

// putEntity adds an entity, or says where it stands now.
func putEntity() bulk {
	return bulk{
		columns: "company text, kind text, id text, version bigint, status text, changed_at bigint, created_at bigint",
		verb:    "INSERT INTO entity",
		after: "ON CONFLICT (company, kind, id) DO UPDATE SET version = excluded.version, status = excluded.status, " +
			"changed_at = excluded.changed_at",
	}
}

func (s *Store) writeRevisions(ctx context.Context, tx hotTx, group []*work) error {
	var rs []*revision
	for _, w := range group {
		if w.revise == nil || w.revise.state.Version == 0 || len(w.receipts) > 0 && w.receipts[0].Repeated {
			continue
		}
		rs = append(rs, w.revise)
	}
	// In one order on all nodes, so that none waits for another that waits for it.
	slices.SortFunc(rs, func(a, b *revision) int {
		return cmp.Or(cmp.Compare(a.state.Company, b.state.Company), cmp.Compare(a.state.Entity.Kind, b.state.Entity.Kind),
			cmp.Compare(a.state.Entity.ID, b.state.Entity.ID))
	})
	err := tx.exec(ctx, s.hot.entity.insertVersion, len(rs), func(i int, args []any) {
		of := rs[i].state
		args[0], args[1], args[2], args[3] = of.Company, string(of.Entity.Kind), of.Entity.ID, of.Version
		args[4], args[5], args[6] = micros(of.At), of.Status, rs[i].packed
	}, nil)
	if err != nil {
		return fmt.Errorf("insert versions: %w", err)
	}
	err = tx.exec(ctx, s.hot.entity.putEntity, len(rs), func(i int, args []any) {
		of := rs[i].state
		args[0], args[1], args[2], args[3] = of.Company, string(of.Entity.Kind), of.Entity.ID, of.Version
		args[4], args[5], args[6] = of.Status, micros(of.At), micros(of.At)
	}, nil)
	if err != nil {
		return fmt.Errorf("put entities: %w", err)
	}
	return nil
}

// Revised returns what a request with an idempotency key came to that changed an
// entity of a company or told of it, its state without JSON. It is ErrNoEvent if there
// was no such request. The state is zero if the request was of another kind.
func (s *Store) Revised(ctx context.Context, company, idempotencyKey string) (hook.Revised, error) {
	r, err := s.revised(ctx, company, idempotencyKey)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoEvent
	}
	if err != nil {
		return hook.Revised{}, fmt.Errorf("read what a key came to: %w", err)
	}
	return r, nil
}

func (s *Store) revised(ctx context.Context, company, idempotencyKey string) (hook.Revised, error) {
	r := hook.Revised{Repeated: true}
	var id uuid.UUID
	err := s.read.QueryRowContext(ctx, `SELECT event_id, fingerprint FROM event_key WHERE company = $1 AND key = $2`,
		company, "key:"+idempotencyKey).Scan(&id, &r.Fingerprint)
	if err != nil {
		return r, err
	}
	e, err := s.Event(ctx, company, id)
	if err != nil {
		return r, err
	}
	if r.Events, err = s.eventsOfChange(ctx, e); err != nil || e.Scope.Version == 0 {
		return r, err
	}
	r.State, err = s.stateWhere(ctx, bareVersion, "company = $1 AND kind = $2 AND entity_id = $3 AND version = $4",
		company, string(e.Entity.Kind), e.Entity.ID, e.Scope.Version)
	return r, err
}

// eventsOfChange returns e and the events that came with it of the same change.
func (s *Store) eventsOfChange(ctx context.Context, e trade.Event) ([]hook.Told, error) {
	made := time.Unix(e.ID.Time().UnixTime()) // the IDs of a change are made one after the other
	rows, err := s.read.QueryContext(ctx, `SELECT `+eventColumns+`, length(deliveries) / 16 FROM event
WHERE company = $1 AND entity_id = $2 AND id >= $3 AND id < $4 AND received_at = $5 ORDER BY id`,
		e.Company, e.Entity.ID, e.ID[:], lowest(made.Add(late)), micros(e.ReceivedAt))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var told []hook.Told
	for rows.Next() {
		var owed int
		of, err := scanEvent(moreColumns{rows, []any{&owed}})
		if err != nil {
			return nil, err
		}
		if of.Entity == e.Entity && of.Scope.Version == e.Scope.Version {
			told = append(told, hook.Told{Event: of, Owed: owed})
		}
	}
	return told, rows.Err()
}

// moreColumns is a row with columns behind those that are scanned.
type moreColumns struct {
	row  scanner
	more []any
}

func (m moreColumns) Scan(dest ...any) error { return m.row.Scan(append(dest, m.more...)...) }
