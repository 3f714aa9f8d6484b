package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Observer is told what a Store does. Its methods are called concurrently; they
// must be quick, and not call the Store.
type Observer interface {
	// Committed tells of a transaction that callers of Accept and Settle shared,
	// with so many events and attempts, whether it succeeded or not.
	Committed(callers, rows int, took time.Duration, err error)
	// Failed tells of an error of the database in any other writing transaction.
	Failed(err error)
	// Cancelled tells that so many deliveries to hooks of a company were cancelled.
	Cancelled(company string, kind hook.Kind, deliveries int)
}

// Observe has o told what the Store does. It must be called before any other
// method.
func (s *Store) Observe(o Observer) { s.observer = o }

// committed tells of a commit, if there is anybody to tell. That another node
// wrote the same key at the same time is nothing wrong: it is tried again.
func (s *Store) committed(group []*work, start time.Time, err error) {
	if s.observer == nil || collided(err) {
		return
	}
	rows := 0
	for _, w := range group {
		rows += w.rows()
	}
	s.observer.Committed(len(group), rows, time.Since(start), err)
}

// failed tells of err if it is the database's, not an answer in our own words, and
// if the caller hasn't given up.
func (s *Store) failed(ctx context.Context, err error) {
	if s.observer == nil || err == nil || ctx.Err() != nil || errors.Is(err, sql.ErrNoRows) {
		return
	}
	if _, answer := errors.AsType[*hook.Error](err); !answer {
		s.observer.Failed(err)
	}
}

// kinds counts deliveries by the kinds of their hooks, which may be deleted.
func kinds(ctx context.Context, tx *sql.Tx, ds []hook.Delivery) (map[hook.Kind]int, error) {
	kindOf := make(map[uuid.UUID]hook.Kind)
	counts := make(map[hook.Kind]int)
	for i := range ds {
		id := ds[i].HookID
		kind, ok := kindOf[id]
		if !ok {
			if err := tx.QueryRowContext(ctx, `SELECT kind FROM hook WHERE id = $1`, id[:]).Scan(&kind); err != nil {
				return nil, fmt.Errorf("read the kind of hook %s: %w", id, err)
			}
			kindOf[id] = kind
		}
		counts[kind]++
	}
	return counts, nil
}

// cancelledKinds tells of deliveries that were cancelled, by the kinds of their hooks.
func (s *Store) cancelledKinds(company string, counts map[hook.Kind]int) {
	for kind, n := range counts {
		s.cancelled(company, kind, n)
	}
}

// cancelled tells of deliveries that were cancelled.
func (s *Store) cancelled(company string, kind hook.Kind, deliveries int) {
	if s.observer != nil && deliveries > 0 {
		s.observer.Cancelled(company, kind, deliveries)
	}
}
