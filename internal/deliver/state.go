package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// What states may take of memory. Their JSON counts as a part of what the engine holds;
// while a body is made of one, it takes several times as much, and with one delivery per
// line the body itself can be many times as large. Small ones are not counted: there are
// no more of them than requests under way.
const (
	largeState  = 256 << 10 // bytes of JSON
	largeStates = 32 << 20  // bytes of all large ones of which bodies are made; a larger one goes alone
	stateReads  = 8         // so many are read at a time, however large

	splitFactor = 16       // a state counts as so many, if its lines are split
	largeBody   = 1 << 20  // bytes of a body of split lines
	largeBodies = 64 << 20 // bytes of all large ones under way; a larger one goes alone

	stateRetry = time.Second // after a failure
)

// room is what an attempt takes of a bound. The zero value is none.
type room struct {
	of   *semaphore.Weighted
	size int64
}

// leave gives the room back, once.
func (r *room) leave() {
	if r.size > 0 {
		r.of.Release(r.size)
	}
	r.size = 0
}

// load gives a job the state that its hook needs, if it needs one: the one that it
// came with, or as it was at the event, or as it is now if the event names none; nil if
// there is none. For a large one it waits until there is room to make a body, which must
// be left. While the store can't be asked, load tries again. It reports whether the
// node still holds the job.
func (e *Engine) load(node uuid.UUID, j *hook.Job) (room, bool) {
	now := time.Now()
	h := e.Queue.Directory().Hooks[j.Delivery.HookID]
	if h == nil || !h.NeedsState() {
		return room{}, true
	}
	ctx, mine := e.holds(node, h, now)
	if !mine {
		return room{}, false
	}
	s := j.State
	if s == nil {
		var err error
		if s, err = e.state(ctx, &j.Event, now); err != nil {
			return room{}, false
		}
	}
	size := weight(s, h)
	if size < largeState {
		j.State = s
		return room{}, true
	}
	return e.loadLarge(ctx, j, min(size, largeStates))
}

// weight is what a state counts as.
func weight(s *trade.State, h *hook.Hook) int64 {
	switch {
	case s == nil:
		return 0
	case h.Connector.Single:
		return splitFactor * int64(len(s.JSON))
	default:
		return int64(len(s.JSON))
	}
}

// loadLarge is load for a state of a size: one that is not at hand is read when there
// is room for it.
func (e *Engine) loadLarge(ctx context.Context, j *hook.Job, size int64) (room, bool) {
	if e.states.Acquire(ctx, size) != nil {
		return room{}, false
	}
	taken := room{e.states, size}
	if j.State == nil {
		s, err := e.state(ctx, &j.Event, time.Now())
		if err != nil {
			taken.leave()
			return room{}, false
		}
		j.State = s
	}
	return taken, true
}

// rendered leaves the room for making a body, now that there is one. For a large body
// of split lines it takes room until the request was made; if ctx ends before there is
// any, nothing will be sent.
func (e *Engine) rendered(ctx context.Context, taken *room, h *hook.Hook, body int) {
	if !h.Connector.Single || body < largeBody {
		taken.leave()
		return
	}
	size := min(int64(body), largeBodies)
	if e.bodies.Acquire(ctx, size) == nil {
		taken.leave()
		*taken = room{e.bodies, size}
	}
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
