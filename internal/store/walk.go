package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	lookRows   = 5000      // deliveries that a walk looks at
	lookEvents = 16        // events of an entity, likewise
	countRows  = 1_000_000 // deliveries that are looked at to be counted
)

// glimpse is what a walk sees of a delivery.
type glimpse struct {
	id      uuid.UUID
	hookID  uuid.UUID
	state   hook.State
	matches bool
}

// stretch is a part of a walk.
type stretch struct {
	found   []glimpse // that match
	looked  int       // at so many
	reached uuid.UUID // where the next one begins
	end     bool      // there is none
}

// walk looks at some deliveries among those that q asks for, the oldest first,
// after what a walk before has reached; zero is the beginning. So that no
// statement takes long, however few there are that match, it looks at up to
// lookRows that the leading filter finds, and returns those that pass the others,
// not more than limit or those of a few events. It looks at no more than it needs
// if all pass, and then at twice as many each time.
func (s *Store) walk(ctx context.Context, q hook.DeliveryQuery, reached uuid.UUID, limit int) (stretch, error) {
	if q.Entity.ID != "" {
		return s.walkEntity(ctx, q, reached)
	}
	w := stretch{reached: reached}
	for rows := min(limit+1, lookRows); w.looked < lookRows; rows = min(2*rows, lookRows-w.looked) {
		seen, err := s.look(ctx, q, w.reached, rows)
		if err != nil {
			return w, err
		}
		for _, g := range seen {
			if g.matches {
				if len(w.found) == limit {
					return w, nil
				}
				w.found = append(w.found, g)
			}
			w.reached = g.id
			w.looked++
		}
		if w.end = len(seen) < rows; w.end {
			break
		}
	}
	return w, nil
}

// look returns up to limit deliveries that the leading filter of q finds after an
// ID, by ID.
func (s *Store) look(ctx context.Context, q hook.DeliveryQuery, after uuid.UUID, limit int) ([]glimpse, error) {
	text, args := lookStatement(q, after, limit)
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var seen []glimpse
	for rows.Next() {
		var g glimpse
		if err := rows.Scan(&g.id, &g.hookID, &g.state, &g.matches); err != nil {
			return nil, err
		}
		seen = append(seen, g)
	}
	return seen, rows.Err()
}

func lookStatement(q hook.DeliveryQuery, after uuid.UUID, limit int) (text string, args []any) {
	q.Before = uuid.Nil
	c := leading(q, nil)
	c.after(after[:])
	looked := "SELECT " + deliveryColumns + "\nFROM delivery\nWHERE " + strings.Join(c.texts, "\n    AND ") +
		"\nORDER BY id LIMIT " + c.arg(limit)
	leads := len(c.texts)
	c.lead("TRUE") // there may be no other
	c.siftBy(q)
	return "WITH looked AS (" + looked + ")\nSELECT id, hook_id, state, coalesce(" + strings.Join(c.texts[leads:], " AND ") +
		", FALSE)\nFROM looked AS delivery ORDER BY id", c.args
}

// walkEntity walks by the events of the entity that q asks for: what it reaches
// is an event, whose deliveries it returns with those of the few before it.
func (s *Store) walkEntity(ctx context.Context, q hook.DeliveryQuery, reached uuid.UUID) (stretch, error) {
	w := stretch{reached: reached}
	events, ids, err := s.eventsAfter(ctx, q, reached)
	if err != nil {
		return w, err
	}
	n := len(events) / len(reached)
	if w.end = n < lookEvents; n == 0 {
		return w, nil
	}
	ds, err := s.eventsDeliveries(ctx, q, events, ids)
	for _, d := range ds {
		w.found = append(w.found, glimpse{d.ID, d.HookID, d.State, true})
	}
	w.reached, w.looked = uuid.UUID(events[len(events)-len(reached):]), len(ids)/len(reached)
	return w, err
}

// eventsAfter returns the IDs of the next few events, after one, of the entity
// that q asks for, and of the deliveries that they caused, 16 bytes each.
func (s *Store) eventsAfter(ctx context.Context, q hook.DeliveryQuery, after uuid.UUID) (events, ids []byte, err error) {
	var c conditions
	c.lead("company = ?", q.Company)
	c.lead("entity_id = ?", q.Entity.ID)
	c.lead("id > ?", after[:])
	if !q.To.IsZero() {
		c.lead("id < ?", lowest(q.To.Add(late)))
	}
	rows, err := s.read.QueryContext(ctx, "SELECT id, deliveries FROM event WHERE "+strings.Join(c.texts, " AND ")+
		" ORDER BY id LIMIT "+c.arg(lookEvents), c.args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var its []byte
		if err := rows.Scan(&id, &its); err != nil {
			return nil, nil, err
		}
		events, ids = append(events, id[:]...), append(ids, its...)
	}
	return events, ids, rows.Err()
}

// CountDeliveries returns how many deliveries a command would touch if it were
// given for all that q asks for, but for q's Before and Limit. It looks at a
// million of them at most.
func (s *Store) CountDeliveries(ctx context.Context, q hook.DeliveryQuery, o hook.Operation) (hook.Counts, error) {
	counts := hook.Counts{
		ByState: make(map[hook.State]int), ByHook: make(map[uuid.UUID]int), Skipped: make(map[hook.Skip]int),
	}
	hooks := s.Directory().Hooks
	var w stretch
	for looked := 0; !w.end; looked += w.looked {
		if looked >= countRows {
			counts.Partial = true
			break
		}
		var err error
		if w, err = s.walk(ctx, q, w.reached, lookRows); err != nil {
			return hook.Counts{}, fmt.Errorf("count deliveries: %w", err)
		}
		for _, g := range w.found {
			if why := o.Skips(g.state, hooks[g.hookID] != nil); why != hook.NoSkip {
				counts.Skipped[why]++
				continue
			}
			counts.Total++
			counts.ByState[g.state]++
			counts.ByHook[g.hookID]++
		}
	}
	return counts, nil
}
