package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// sweepRows bounds what one transaction takes over or cancels.
const sweepRows = 1000

// gather is how long to wait for more of what is told to all nodes soon.
const gather = 50 * time.Millisecond

// join begins a lease and everything that goes with it.
func (e *Engine) join(ctx context.Context) error {
	if err := e.joinAnew(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	e.running = true
	e.mu.Unlock()
	return e.tend(ctx)
}

// leaseLoop renews the lease three times in its length, takes over what dead
// nodes held, and looks for work that it was not told of, until ctx ends.
func (e *Engine) leaseLoop(ctx context.Context) {
	renew := time.NewTicker(e.Lease / 3)
	defer renew.Stop()
	changes := time.NewTicker(time.Second)
	defer changes.Stop()
	seen := e.Queue.Directory()
	doubt := false
	var gathered <-chan time.Time
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			if err = e.renew(ctx); err == nil {
				err = e.tend(ctx)
			}
		case <-e.soon:
			if gathered == nil {
				gathered = time.After(gather)
			}
		case <-gathered:
			gathered = nil
			err = errors.Join(e.noteTurns(ctx), e.tellOthers(ctx))
		case <-changes.C:
			doubt = e.Queue.TakeDoubt() || doubt
			if doubt && e.runs() {
				err = e.startOver(ctx)
				doubt = err != nil
			}
			if e.takeSpilled() {
				err = errors.Join(err, e.Queue.TellWork(ctx, nil))
			}
			if d := e.Queue.Directory(); d != seen {
				seen = d
				e.refresh()
				err = errors.Join(err, e.tendLanes(ctx), e.look(ctx))
			}
		}
		if err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "the node's lease was not tended", "err", err)
		}
	}
}

// takeSpilled reports whether there is work to tell other nodes of.
func (e *Engine) takeSpilled() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	spilled := e.spilled
	e.spilled = false
	return spilled
}

// renew prolongs the lease. If it has ended, what the node held belongs to
// others: it forgets that and joins as another node.
func (e *Engine) renew(ctx context.Context) error {
	now := time.Now()
	err := e.Queue.Renew(ctx, e.node, now, now.Add(e.Lease))
	if err == nil {
		e.mu.Lock()
		e.leaseUntil(now)
		if e.open(time.Now()) {
			e.resume() //nolint:contextcheck // flights have the context of the lease; lanes stopped when that seemed to have ended
		}
		e.mu.Unlock()
		return nil
	}
	if hook.FaultOf(err) != hook.Conflict {
		return err
	}
	e.Log.WarnContext(ctx, "the node's lease has ended; what it held goes to others", "node", e.node)
	return e.joinAnew(ctx)
}

// startOver joins as another node, since the store may have given this one
// deliveries that it was not told of. What it was told of and has not begun to
// send is handed back, so that it loses no attempt. The old lease is left to run
// out by itself: until then what is under way or not yet recorded counts as ever,
// and only what is left afterwards, which nobody knows of, is taken over.
func (e *Engine) startOver(ctx context.Context) error {
	e.Log.WarnContext(ctx, "the connection to the database broke; the node starts over", "node", e.node)
	if err := e.joinAnew(ctx); err != nil {
		return err
	}
	return e.tend(ctx)
}

// joinAnew joins as a new node and hands back what the one before held and has
// not begun to send, as far as others have not taken it over.
func (e *Engine) joinAnew(ctx context.Context) error {
	node, err := uuid.NewV7()
	if err != nil {
		return err
	}
	now := time.Now()
	if err := e.Queue.Join(ctx, node, now, now.Add(e.Lease)); err != nil {
		return err
	}
	if err := e.moveLanes(ctx, node); err != nil {
		return err
	}
	e.mu.Lock()
	backs := e.unqueue(e.node)
	e.node = node
	time.AfterFunc(time.Until(e.leased), e.drop) // the older lease lapses when it would have
	e.beginLease()
	e.leaseUntil(now)
	e.mu.Unlock()
	rest, err := e.settleBatch(ctx, backs)
	if err != nil {
		e.putBack(rest)
	}
	return err
}

// runs reports whether the node takes on new work.
func (e *Engine) runs() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running
}

// beginLease makes the contexts of flights under a lease that begins.
func (e *Engine) beginLease() {
	e.holding, e.drop = context.WithCancel(e.begin)
	e.owning, e.letGo = context.WithCancel(e.holding)
}

// caution is the part of a lease for which a node sends no more at its end, since the
// clocks of those that take over what it held may be ahead of its own.
const caution = 10

// leaseUntil notes that the lease was renewed at a time. Should that not happen again
// before it ends, what is under way is broken off, since others send it then, and the
// lanes that this node owns are let go.
func (e *Engine) leaseUntil(renewed time.Time) {
	e.leased = renewed.Add(e.Lease - e.Lease/caution)
	if e.holding.Err() != nil { // it had lapsed by this node's clock, but not by the store's
		e.beginLease()
	}
	if e.lapse != nil {
		e.lapse.Reset(time.Until(e.leased))
		return
	}
	e.lapse = time.AfterFunc(time.Until(e.leased), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if !lasts(e.leased, time.Now()) {
			e.drop()
			e.disown()
		}
	})
}

// holds reports whether what node claimed for a hook is still its own to send. The
// context ends when it isn't any more.
func (e *Engine) holds(node uuid.UUID, h *hook.Hook, now time.Time) (context.Context, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ctx, mine := e.holding, node == e.node && lasts(e.leased, now)
	if h.Limits.Set() {
		ctx, mine = e.owning, mine && e.owns(h.ID)
	}
	return ctx, mine
}

// lasts reports whether a lease that ends at end lasts at now, by both clocks:
// the monotonic one, which nobody sets but which may stand still while the
// machine sleeps, and that of the wall, which other nodes go by.
func lasts(end, now time.Time) bool {
	return now.Before(end) && now.Round(0).Before(end)
}

// tend takes over from dead nodes, cancels what is owed to deleted hooks, and
// looks for work.
func (e *Engine) tend(ctx context.Context) error {
	enough := time.Now().Add(e.Lease / 6) // the lease is to be renewed meanwhile; the rest comes next time
	for n := sweepRows; n == sweepRows && time.Now().Before(enough); {
		var err error
		if n, err = e.Queue.TakeOver(ctx, time.Now(), sweepRows); err != nil {
			return err
		}
		if n > 0 {
			e.Observer.TakenOver(n)
			e.Log.InfoContext(ctx, "took over from a node that had stopped", "deliveries", n)
		}
	}
	for n := sweepRows; n == sweepRows && time.Now().Before(enough); {
		var err error
		if n, err = e.Queue.CancelDeleted(ctx, time.Now(), sweepRows); err != nil {
			return err
		}
	}
	e.refresh()
	if err := e.tendLanes(ctx); err != nil {
		return err
	}
	if err := e.tendHealth(ctx); err != nil {
		return err
	}
	return e.look(ctx)
}

// Look has the store looked through for deliveries of hooks that wait, such as when
// another node tells of them; of all hooks, if none is given.
func (e *Engine) Look(ctx context.Context, hooks []uuid.UUID) {
	var err error
	if len(hooks) > 0 {
		err = e.lookAt(ctx, hooks)
	} else {
		e.mu.Lock()
		e.unshared = true
		e.mu.Unlock()
		wake(e.soon)
		err = e.look(ctx)
	}
	if err != nil {
		e.Log.ErrorContext(ctx, "did not look for work", "err", err)
	}
}
