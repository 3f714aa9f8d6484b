package store

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// ofEntity is how many events of an entity are looked at in one go.
const ofEntity = 256

// entityDeliveries returns the deliveries that q asks for, which has the ID of
// an entity. They are found by the entity's events, newest first: an event was
// there before its deliveries, but not for longer than late. Replays, which may be
// much younger, are found by themselves.
func (s *Store) entityDeliveries(ctx context.Context, q hook.DeliveryQuery) ([]hook.Delivery, error) {
	found, err := s.replays(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	newest := q.Before
	for {
		oldest, n, ids, err := s.entityEvents(ctx, q, newest)
		if err != nil {
			return nil, err
		}
		ds, err := s.deliveriesByID(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		found = append(found, ds...)
		slices.SortFunc(found, newestFirst)
		if n < ofEntity {
			break
		}
		seconds, nanos := oldest.Time().UnixTime()
		sure := lowest(time.Unix(seconds, nanos).Add(late)) // older events have no younger deliveries
		if len(found) >= q.Limit && bytes.Compare(found[q.Limit-1].ID[:], sure) >= 0 {
			break
		}
		newest = oldest
	}
	return found[:min(len(found), q.Limit)], nil
}

func newestFirst(a, b hook.Delivery) int { return bytes.Compare(b.ID[:], a.ID[:]) }

// entityEvents looks at events of the entity that q asks for, newest first,
// older than newest unless that is zero. It returns the oldest that it looked
// at, how many those were, and the IDs of their deliveries.
func (s *Store) entityEvents(ctx context.Context, q hook.DeliveryQuery, newest uuid.UUID) (oldest uuid.UUID, n int, ids []byte, err error) {
	var c conditions
	c.lead("company = ?", q.Company)
	c.lead("entity_id = ?", q.Entity.ID)
	if newest != uuid.Nil {
		c.lead("id < ?", newest[:])
	}
	if !q.From.IsZero() {
		c.lead("id >= ?", lowest(q.From.Add(-late)))
	}
	rows, err := s.read.QueryContext(ctx, "SELECT id, deliveries FROM event WHERE "+strings.Join(c.texts, " AND ")+
		" ORDER BY id DESC LIMIT "+c.arg(ofEntity), c.args...)
	if err != nil {
		return oldest, 0, nil, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var its []byte
		if err := rows.Scan(&oldest, &its); err != nil {
			return oldest, 0, nil, err
		}
		ids = append(ids, its...)
	}
	return oldest, n, ids, rows.Err()
}

// deliveriesByID returns those with the given IDs, 16 bytes each, that pass the
// filters of q, newest first.
func (s *Store) deliveriesByID(ctx context.Context, q hook.DeliveryQuery, ids []byte) ([]hook.Delivery, error) {
	var all []hook.Delivery
	for chunk := range slices.Chunk(ids, ofEntity*len(uuid.UUID{})) {
		text, args := listDeliveries(q, chunk)
		ds, err := s.queryDeliveries(ctx, text, args)
		if err != nil {
			return nil, err
		}
		all = append(all, ds...)
	}
	slices.SortFunc(all, newestFirst)
	return all, nil
}

// replays returns the replays of deliveries of an entity that pass the filters of
// q, newest first, up to its limit; or all of those of the given events, 16 bytes
// each.
func (s *Store) replays(ctx context.Context, q hook.DeliveryQuery, events []byte) ([]hook.Delivery, error) {
	text, args := listReplays(q, events)
	return s.queryDeliveries(ctx, text, args)
}

func listReplays(q hook.DeliveryQuery, events []byte) (text string, args []any) {
	var c conditions
	c.lead("company = ?", q.Company)
	c.lead("entity_id = ?", q.Entity.ID)
	c.lead("replay_of IS NOT NULL") // the index's own words
	if len(events) > 0 {
		c.leadIn("event_id", events)
		q.Limit = math.MaxInt32
	}
	c.within(q)
	c.siftBy(q)
	return c.list(q.Limit), c.args
}
