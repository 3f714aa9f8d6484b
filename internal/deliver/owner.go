package deliver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// shares is what a node has to do about the lanes of hooks that have limits.
type shares struct {
	keep    []uuid.UUID              // it owns them, and goes on
	give    []uuid.UUID              // it owns them, and another node should
	take    map[uuid.UUID]hook.Owner // it should own them; with who did before
	foreign []uuid.UUID              // another node that lives owns them
}

// share says what node has to do about the lanes of hooks. Each belongs with the
// node that comes first for it, so that when nodes come and go no more lanes move
// than must; but nobody takes one whose owner lives.
func share(node uuid.UUID, hooks []uuid.UUID, lanes hook.Lanes) shares {
	s := shares{take: make(map[uuid.UUID]hook.Owner)}
	for _, id := range hooks {
		owner := lanes.Owners[id]
		first := firstFor(id, lanes.Nodes)
		lives := slices.ContainsFunc(lanes.Nodes, func(n hook.Node) bool { return n.ID == owner.Node })
		switch {
		case owner.Node == node && (first == node || first == uuid.Nil):
			s.keep = append(s.keep, id)
		case owner.Node == node:
			s.give = append(s.give, id)
		case lives:
			s.foreign = append(s.foreign, id)
		case first == node:
			s.take[id] = owner
		}
	}
	return s
}

// firstFor returns the node that a hook's lane belongs with (rendezvous hashing):
// zero, if all are leaving.
func firstFor(hookID uuid.UUID, nodes []hook.Node) uuid.UUID {
	var first uuid.UUID
	var highest [sha256.Size]byte
	for _, n := range nodes {
		weight := sha256.Sum256(slices.Concat(hookID[:], n.ID[:]))
		if !n.Leaving && (first == uuid.Nil || bytes.Compare(weight[:], highest[:]) > 0) {
			first, highest = n.ID, weight
		}
	}
	return first
}

// owns reports whether this node sends a hook that has limits.
func (e *Engine) owns(hookID uuid.UUID) bool {
	_, ok := e.owned[hookID]
	return ok
}

// limited returns the hooks that have limits.
func limited(d *hook.Directory) []uuid.UUID {
	var ids []uuid.UUID
	for id, h := range d.Hooks {
		if h.Limits.Set() {
			ids = append(ids, id)
		}
	}
	return ids
}

// tendLanes takes the lanes of limited hooks that this node should own, and gives up
// those that others should. It is the lease loop's.
func (e *Engine) tendLanes(ctx context.Context) error {
	hooks := limited(e.Queue.Directory())
	if len(hooks) == 0 {
		return nil
	}
	if !e.runs() && e.retired != e.node {
		if err := e.Queue.Retire(ctx, e.node); err != nil {
			return err
		}
		e.retired = e.node
	}
	lanes, err := e.Queue.Lanes(ctx, time.Now())
	if err != nil {
		return err
	}
	s := share(e.node, hooks, lanes)
	err = e.giveLanes(ctx, s.give)
	var taken []uuid.UUID
	var failed error
	if len(s.take) > 0 {
		taken, failed = e.Queue.TakeLanes(ctx, e.node, s.take, time.Now())
	}
	e.own(s, lanes.Owners, taken)
	return errors.Join(err, failed, e.lookAt(ctx, taken))
}

// giveLanes stops sending hooks whose lanes another node should own, and gives up
// the lanes of which nothing is under way. The others are given up when it isn't
// any more.
func (e *Engine) giveLanes(ctx context.Context, hooks []uuid.UUID) error {
	var free []uuid.UUID
	e.mu.Lock()
	for _, id := range hooks {
		delete(e.owned, id)
		l := e.laneOf(id)
		e.putDown(l)
		if l.flying == 0 {
			free = append(free, id)
			e.forget(l)
		} else {
			l.giving = true
		}
	}
	e.mu.Unlock()
	if len(free) == 0 {
		return nil
	}
	if err := e.Queue.GiveLanes(ctx, e.node, free, time.Now()); err != nil {
		return err
	}
	return e.Queue.TellWork(ctx, nil)
}

// own notes which lanes are this node's. A rate goes on where the owner before may
// have left it: with nothing to spare.
func (e *Engine) own(s shares, before map[uuid.UUID]hook.Owner, taken []uuid.UUID) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.owned = make(map[uuid.UUID]struct{}, len(s.keep)+len(taken))
	e.foreign = make(map[uuid.UUID]struct{}, len(s.foreign))
	for _, id := range s.foreign {
		e.foreign[id] = struct{}{}
	}
	for _, id := range slices.Concat(s.keep, taken) {
		e.owned[id] = struct{}{}
	}
	for _, id := range taken {
		l := e.laneOf(id)
		l.giving = false
		if o, ok := before[id]; ok {
			l.tokens = bucket{at: o.Since}
			if o.Node != uuid.Nil {
				l.tokens.at = now
			}
		}
	}
	for _, l := range e.lanes {
		if l.hook != nil && l.hook.Limits.Set() {
			e.freshen(l, now)
		}
	}
}

// moveLanes takes the lanes of limited hooks along to another lease of this process.
// Whose lanes others have taken meanwhile is not sent any more, not even what is
// under way.
func (e *Engine) moveLanes(ctx context.Context, node uuid.UUID) error {
	e.mu.Lock()
	older := e.node
	e.mu.Unlock()
	if older == uuid.Nil {
		return nil
	}
	moved, err := e.Queue.MoveLanes(ctx, older, node)
	kept := make(map[uuid.UUID]struct{}, len(moved))
	for _, id := range moved {
		kept[id] = struct{}{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.owned {
		if _, ok := kept[id]; !ok {
			e.disown()
			break
		}
	}
	e.owned = kept
	return err
}

// disown ends what is under way for hooks with limits, since other nodes may send
// them now.
func (e *Engine) disown() {
	e.letGo()
	e.owning, e.letGo = context.WithCancel(e.holding)
	clear(e.owned)
}

// tellOthers tells the nodes that own them of hooks that have got work here, which
// this node may not send. If it isn't known who owns them, it looks first.
func (e *Engine) tellOthers(ctx context.Context) error {
	e.mu.Lock()
	hooks := slices.Collect(maps.Keys(e.others))
	clear(e.others)
	unknown := e.unshared
	for _, id := range hooks {
		if _, ok := e.foreign[id]; !ok {
			unknown = true
		}
	}
	e.unshared = false
	e.mu.Unlock()
	var err error
	if unknown {
		err = e.tendLanes(ctx)
	}
	if len(hooks) > 0 {
		err = errors.Join(err, e.Queue.TellWork(ctx, hooks))
	}
	return err
}
