package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	rows, err := s.read.QueryContext(ctx, `
SELECT `+deliveryColumns+` FROM delivery WHERE event_id = $1 AND NOT (company <> $2) ORDER BY id`, event[:], company)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of event %s: %w", event, err)
	}
	ds, err := scanDeliveries(rows)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of event %s: %w", event, err)
	}
	return ds, nil
}
