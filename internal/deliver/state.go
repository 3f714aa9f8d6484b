package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// What states may take of memory while requests are made of them. Small ones are not
// counted: there are no more of them than requests under way.
const (
	largeState  = 256 << 10 // bytes of JSON
	largeStates = 32 << 20  // bytes of JSON of all large ones under way; a larger one goes alone
	stateReads  = 8         // so many are read at a time, however large

	stateRetry = time.Second // after a failure
)

// load returns the state of the entity that a job is about: the one that it came with,
// or as it was at the event, or at start if the event names none; nil if there is none.
// Done must be called when the request was made, if there is no error: large states wait
// until there is room. While the store can't be asked, load tries again. An error means
// that ctx has ended.
func (e *Engine) load(ctx context.Context, j *hook.Job, start time.Time) (s *trade.State, done func(), err error) {
	if s = j.State; s == nil {
		s, err = e.state(ctx, &j.Event, start)
	}
	if s == nil || err != nil || len(s.JSON) < largeState {
		return s, func() {}, err
	}
	return e.loadLarge(ctx, j, start, min(int64(len(s.JSON)), largeStates))
}

// loadLarge is load for a state of a size: one that is not at hand is read when there
// is room for it.
func (e *Engine) loadLarge(ctx context.Context, j *hook.Job, start time.Time, size int64) (s *trade.State, done func(), err error) {
	if err := e.states.Acquire(ctx, size); err != nil {
		return nil, nil, fmt.Errorf("wait for room for a state: %w", err)
	}
	if s = j.State; s == nil {
		s, err = e.state(ctx, &j.Event, start)
	}
	if err != nil {
		e.states.Release(size)
		return nil, nil, err
	}
	return s, func() { e.states.Release(size) }, nil
}

// state reads a state, again and again until the store answers or ctx ends.
func (e *Engine) state(ctx context.Context, ev *trade.Event, start time.Time) (*trade.State, error) {
	for {
		s, err := e.read(ctx, ev, start)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		e.Log.WarnContext(ctx, "a state can't be read", "company", ev.Company, "entity_kind", ev.Entity.Kind, "entity", ev.Entity.ID, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(stateRetry):
		}
	}
}

// read reads a state; it is nil if there is none.
func (e *Engine) read(ctx context.Context, ev *trade.Event, start time.Time) (*trade.State, error) {
	if err := e.reads.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait to read a state: %w", err)
	}
	defer e.reads.Release(1)
	var s trade.State
	var err error
	if v := ev.Scope.Version; v > 0 {
		s, err = e.Queue.StateVersion(ctx, ev.Company, ev.Entity, v)
	} else {
		s, err = e.Queue.StateAt(ctx, ev.Company, ev.Entity, start)
	}
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &s, nil
}
