package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// ErrNoEvent says that the company has no event with the asked-for ID.
var ErrNoEvent = hook.Errorf(hook.Missing, "there is no such event")

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
	err := s.read.QueryRowContext(ctx, `SELECT deliveries FROM event WHERE id = $1 AND company = $2`, event[:], company).Scan(&ids)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var ds []hook.Delivery
	if err == nil {
		ds, err = s.deliveriesByID(ctx, hook.DeliveryQuery{Company: company}, ids)
	}
	if err != nil {
		return nil, fmt.Errorf("read deliveries of event %s: %w", event, err)
	}
	slices.Reverse(ds)
	return ds, nil
}
