package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

var (
	// ErrNoEvent says that the company has no event with the asked-for ID.
	ErrNoEvent = hook.Errorf(hook.Missing, "there is no such event")
	// ErrNoEntity says that the company has no event, or no state, of the asked-for entity.
	ErrNoEntity = missing("nothing is known of such an entity", "Von einem solchen Objekt ist nichts bekannt.")
)

// Event returns an event of a company, or ErrNoEvent.
func (s *Store) Event(ctx context.Context, company string, id uuid.UUID) (trade.Event, error) {
	e, err := scanEvent(s.read.QueryRowContext(ctx,
		`SELECT `+eventColumns+` FROM event WHERE id = $1 AND company = $2`, id[:], company))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoEvent
	}
	if err != nil {
		return trade.Event{}, fmt.Errorf("read event %s: %w", id, err)
	}
	return e, nil
}

// EventDeliveries returns the deliveries that an event of a company caused, by
// ID.
func (s *Store) EventDeliveries(ctx context.Context, company string, event uuid.UUID) ([]hook.Delivery, error) {
	var ids []byte
	q := hook.DeliveryQuery{Company: company}
	err := s.read.QueryRowContext(ctx, `SELECT deliveries, entity_id FROM event WHERE id = $1 AND company = $2`,
		event[:], company).Scan(&ids, &q.Entity.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var ds []hook.Delivery
	if err == nil {
		ds, err = s.eventsDeliveries(ctx, q, event[:], ids)
	}
	if err != nil {
		return nil, fmt.Errorf("read deliveries of event %s: %w", event, err)
	}
	return ds, nil
}

// eventsDeliveries returns the deliveries of events of an entity that pass the
// filters of q, by ID: those with the given IDs and their replays. IDs are 16
// bytes each.
func (s *Store) eventsDeliveries(ctx context.Context, q hook.DeliveryQuery, events, ids []byte) ([]hook.Delivery, error) {
	ds, err := s.deliveriesByID(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	again, err := s.replays(ctx, q, events)
	if err != nil {
		return nil, err
	}
	ds = append(ds, again...)
	slices.SortFunc(ds, newestFirst)
	slices.Reverse(ds)
	return ds, nil
}

// LatestEvent returns the latest event of an entity of a company, or ErrNoEntity.
func (s *Store) LatestEvent(ctx context.Context, company string, entity trade.Entity) (trade.Event, error) {
	var c conditions
	c.lead("company = ?", company)
	c.lead("entity_id = ?", entity.ID)
	c.sift("entity_kind", string(entity.Kind))
	e, err := scanEvent(s.read.QueryRowContext(ctx, "SELECT "+eventColumns+" FROM event WHERE "+
		strings.Join(c.texts, " AND ")+" ORDER BY id DESC LIMIT 1", c.args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoEntity
	}
	if err != nil {
		return trade.Event{}, fmt.Errorf("read the latest event of %s %s: %w", entity.Kind, entity.ID, err)
	}
	return e, nil
}
