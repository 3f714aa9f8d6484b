package store

import (
	"context"
	"errors"
)

// hotStatements are the statements on the way of an event, prepared once.
type hotStatements struct {
	findKeys       *bulkStmt
	insertKeys     *bulkStmt
	insertEvent    *bulkStmt
	insertDelivery *bulkStmt
	moveDelivery   *bulkStmt
	insertAttempt  *bulkStmt
	eventsByID     *bulkStmt
}

func (s *Store) prepareHot(ctx context.Context) (*hotStatements, error) {
	h := &hotStatements{}
	for _, p := range []struct {
		to   **bulkStmt
		bulk bulk
	}{
		{&h.findKeys, findKeys()},
		{&h.insertKeys, insertKeys()},
		{&h.insertEvent, insertEvent()},
		{&h.insertDelivery, insertDelivery()},
		{&h.moveDelivery, moveDelivery()},
		{&h.insertAttempt, insertAttempt()},
		{&h.eventsByID, eventsByID()},
	} {
		stmt, err := p.bulk.prepare(ctx, s.write, s.many)
		if err != nil {
			return nil, errors.Join(err, h.close())
		}
		*p.to = stmt
	}
	return h, nil
}

func (h *hotStatements) close() error {
	var errs []error
	for _, p := range []*bulkStmt{
		h.findKeys, h.insertKeys, h.insertEvent, h.insertDelivery, h.moveDelivery, h.insertAttempt, h.eventsByID,
	} {
		if p != nil {
			errs = append(errs, p.stmt.Close())
		}
	}
	return errors.Join(errs...)
}
