package deliver

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	claimJobs  = 1024 // of one hook in one call
	claimHooks = 64   // in one call

	// lockedWait is how long to wait for what another node is about to claim.
	lockedWait = 100 * time.Millisecond
)

// ask is a want with what was known of the lane when it was made.
type ask struct {
	lane   *lane
	want   hook.Want
	stored int
}

// claimLoop claims what is due for lanes that have room until ctx ends. It
// wakes when a lane has drained, when something is stored that there was no
// room for, and when the next delivery that is known of is due.
func (e *Engine) claimLoop(ctx context.Context) {
	for ctx.Err() == nil {
		asks, next := e.asks(time.Now()) //nolint:contextcheck // flights have the context of the lease
		if len(asks) > 0 {
			if err := e.claimSome(ctx, asks); err == nil {
				continue
			} else if ctx.Err() == nil {
				e.Log.ErrorContext(ctx, "nothing was claimed", "err", err)
				next = time.Now().Add(time.Second)
			}
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
		case <-e.claim:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// asks returns what to claim now, and until when to wait if that is nothing.
func (e *Engine) asks(now time.Time) ([]ask, time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := now.Add(time.Hour)
	for _, l := range e.lanes {
		switch {
		case l.due.IsZero():
		case !l.due.After(now):
			l.backlog, l.due = true, time.Time{}
			l.low = max(l.low, l.queued/2)
			e.hunger(l)
		case l.due.Before(next):
			next = l.due
		}
	}
	if !lasts(e.leased, now) {
		return nil, now.Add(time.Second)
	}
	var asks []ask
	free := e.Memory - e.used
	for _, l := range e.byRank() {
		if len(asks) == claimHooks {
			break
		}
		delete(e.hungry, l)
		limit := e.wanted(l, now)
		if limit <= 0 {
			continue
		}
		bytes := free - l.used
		if l.used == 0 {
			bytes = max(bytes, 1)
		}
		// The overhead of each is part of its size here.
		limit = min(limit, max(1, bytes/overhead))
		if bytes > 0 && limit > 0 {
			want := hook.Want{HookID: l.hookID, Limit: limit, Bytes: max(1, bytes-limit*overhead)}
			asks = append(asks, ask{l, want, l.stored})
			free -= want.Bytes + limit*overhead
		}
	}
	return asks, next
}

// byRank returns the hungry lanes, those of hooks with a higher priority first, but
// none for ever.
func (e *Engine) byRank() []*lane {
	lanes := slices.Collect(maps.Keys(e.hungry))
	if len(lanes) < 2 {
		return lanes
	}
	rank := func(l *lane) time.Time {
		if l.hook != nil {
			return hook.Rank(e.hungry[l], l.hook.Priority)
		}
		return e.hungry[l]
	}
	slices.SortFunc(lanes, func(a, b *lane) int { return rank(a).Compare(rank(b)) })
	return lanes
}

// wanted returns how many deliveries to claim for a lane. If it is to wait first, it
// is woken then.
func (e *Engine) wanted(l *lane, now time.Time) int {
	if d := e.Queue.Directory(); l.seen != d {
		l.read(d, now)
	}
	if !l.backlog {
		return 0
	}
	n := e.spare(l, now)
	if n <= 0 {
		e.waits(l, now)
	}
	if l.hook != nil && l.hook.Queue.Unique { // what doesn't fly yet is to wait where events can be merged into it
		n = min(n, e.width(l)-l.flying-l.queued)
	}
	return min(claimJobs, n)
}

// claimSome claims what was asked for and launches it.
func (e *Engine) claimSome(ctx context.Context, asks []ask) error {
	e.mu.Lock()
	node := e.node
	e.mu.Unlock()
	wants := make([]hook.Want, len(asks))
	for i, a := range asks {
		wants[i] = a.want
	}
	now := time.Now()
	// What has been claimed must be known, also when ctx ends meanwhile.
	jobs, backlogs, err := e.Queue.Claim(context.WithoutCancel(ctx), node, now, wants)
	if err != nil {
		e.mu.Lock()
		for _, a := range asks {
			e.hunger(a.lane)
		}
		e.mu.Unlock()
		return err
	}
	e.Observer.Claimed(len(jobs), time.Since(now))
	left := make(map[uuid.UUID]time.Time, len(backlogs))
	for _, b := range backlogs {
		left[b.HookID] = b.DueAt
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	claimed := make(map[uuid.UUID]bool, len(asks))
	for _, j := range jobs {
		claimed[j.Delivery.HookID] = true
		l := e.laneOf(j.Delivery.HookID)
		e.hold(l, sizeOf(&j.Delivery))
		e.launch(l, node, j) //nolint:contextcheck // flights have the context of the lease
	}
	for _, a := range asks {
		e.update(a, left[a.want.HookID], now, claimed[a.want.HookID])
	}
	return nil
}

// update notes what still waits for a lane after a claim, which got some of it
// or not. What was left to the store meanwhile may not have been seen by it.
func (e *Engine) update(a ask, due, now time.Time, claimed bool) {
	l := e.laneOf(a.want.HookID)
	waits := !due.IsZero() && !due.After(now)
	l.backlog = l.stored != a.stored || waits
	l.due = time.Time{}
	switch {
	case waits && !claimed: // another node is claiming it: it is gone soon, or free again
		l.backlog, l.due = false, now.Add(lockedWait)
	case due.After(now):
		l.due = due
	}
	l.low = l.queued / 2
	e.feed(l)
}

// sent returns those of hooks that this node sends.
func (e *Engine) sent(hooks []uuid.UUID) []uuid.UUID {
	now, all := time.Now(), e.Queue.Directory().Hooks
	e.mu.Lock()
	defer e.mu.Unlock()
	var ids []uuid.UUID
	for _, id := range hooks {
		if h := all[id]; h != nil && h.Sends(now) && (!h.Limits.Set() || e.owns(id)) {
			ids = append(ids, id)
		}
	}
	return ids
}

// look finds out which of the hooks that are sent to have deliveries waiting, for
// those that this node was not told of.
func (e *Engine) look(ctx context.Context) error {
	return e.lookAt(ctx, slices.Collect(maps.Keys(e.Queue.Directory().Hooks)))
}

// lookAt is look for some hooks. Those that this node doesn't send don't matter.
func (e *Engine) lookAt(ctx context.Context, hooks []uuid.UUID) error {
	ids := e.sent(hooks)
	for len(ids) > 0 {
		n := min(len(ids), 256)
		backlogs, err := e.Queue.Backlogs(ctx, ids[:n])
		if err != nil {
			return err
		}
		ids = ids[n:]
		now := time.Now()
		e.mu.Lock()
		for _, b := range backlogs {
			e.leftToStore(e.laneOf(b.HookID), b.DueAt, now)
		}
		e.mu.Unlock()
	}
	return nil
}
