package deliver

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Reserve makes those jobs Sending, with Attempt 1, that this node has room
// for, and returns the node that will hold them. A lane that has a backlog in
// the store gets nothing, so that the new doesn't overtake the old; nor do grouped
// deliveries begin before the store has seen what else there is of their entity.
// Start or Release must follow.
func (e *Engine) Reserve(jobs []hook.Job) uuid.UUID {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if !e.running || !lasts(e.leased, now) {
		return e.node
	}
	for i := range jobs {
		d := &jobs[i].Delivery
		if d.Grouped() {
			continue
		}
		l := e.laneOf(d.HookID)
		if size := sizeOf(d); !l.backlog && e.room(l, size) && e.spare(l, now) > 0 {
			e.hold(l, size)
			l.reserved++
			d.State, d.Attempt = hook.Sending, 1
		}
	}
	return e.node
}

// Start begins the jobs that Reserve made Sending, now that they are stored,
// and notes that the others wait in the store.
func (e *Engine) Start(node uuid.UUID, jobs []hook.Job) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range jobs {
		l := e.laneOf(j.Delivery.HookID)
		if j.Delivery.State != hook.Sending {
			e.leftToStore(l, j.Delivery.DueAt, now)
			e.noteWork(l)
			continue
		}
		l.reserved--
		e.launch(l, node, j)
	}
}

// noteWork has other nodes told that there is work for a lane: at once if only one of
// them may send it.
func (e *Engine) noteWork(l *lane) {
	switch {
	case l.hook == nil || !l.hook.Limits.Set():
		e.spilled = true
	case !e.owns(l.hookID):
		e.others[l.hookID] = struct{}{}
		wake(e.soon)
	}
}

// Release gives the room of jobs back that Reserve had made Sending and that
// were not stored.
func (e *Engine) Release(jobs []hook.Job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range jobs {
		if j.Delivery.State == hook.Sending {
			l := e.laneOf(j.Delivery.HookID)
			l.reserved--
			e.release(l, sizeOf(&j.Delivery))
		}
	}
}

// Owe notes that deliveries of hooks wait in the store and are due, which did not
// come from here. Other nodes are told of them soon.
func (e *Engine) Owe(hooks []uuid.UUID) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range hooks {
		e.leftToStore(e.laneOf(id), now, now)
	}
	e.spilled = e.spilled || len(hooks) > 0
}

// launch sends a job that the node holds, or queues it in its lane. A job that
// an earlier node of this process holds is handed back.
func (e *Engine) launch(l *lane, node uuid.UUID, j hook.Job) {
	l.level = j.Delivery.Priority
	now := time.Now()
	switch {
	case node != e.node || e.shut(l, now):
		e.finish(l, result{node: node, job: j, back: true})
	case !e.open(now):
		l.push(j)
	case l.queued == 0 && e.mayFly(l, now):
		e.takeOff(l, node, j, now)
	default:
		l.push(j)
		e.fill(l, now)
	}
}

// keptPart is the part of the memory that unsettled results may take before
// attempts wait for the store.
const keptPart = 4

// open reports whether attempts may be begun: the node holds its lease and does
// not stop, and the store keeps up with what came of the last ones. Whoever
// makes it true must resume the lanes.
func (e *Engine) open(now time.Time) bool {
	return e.running && lasts(e.leased, now) && e.kept <= e.Memory/keptPart
}

// resume begins requests of lanes that waited until attempts may be begun.
func (e *Engine) resume() {
	now := time.Now()
	for _, l := range e.lanes {
		e.fill(l, now)
	}
}

// mayFly reports whether a lane may have one more request under way. When there
// are many in all, each lane keeps a few, so that none waits for the others, and
// more of them the higher its priority is.
func (e *Engine) mayFly(l *lane, now time.Time) bool {
	return l.flying < e.width(l) && (e.flying < manyFlights*e.Concurrency || l.flying < fewFlights(l.level)) && !e.waits(l, now)
}

func (e *Engine) takeOff(l *lane, node uuid.UUID, j hook.Job, now time.Time) {
	e.noteBegun(l, now)
	l.flying++
	e.flying++
	e.flights.Go(func() { e.fly(l, node, j) })
}

// grow begins one more request of a lane that was held short before.
func (e *Engine) grow(l *lane, now time.Time) {
	if l.queued > 0 && e.mayFly(l, now) {
		j, _ := l.pop()
		e.takeOff(l, e.node, j, now)
	}
}
