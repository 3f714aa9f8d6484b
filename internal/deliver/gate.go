package deliver

import (
	"math/rand/v2"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

// horizon is how far ahead of its turn a delivery is taken into memory: what a
// lane can't send so soon waits in the store.
const horizon = time.Second

// read brings a lane up to date with the directory. A hook that was changed may
// have been mended, so its receiver is tried at once; one that is disabled begins
// anew.
func (l *lane) read(d *hook.Directory, now time.Time) {
	h := d.Hooks[l.hookID]
	switch {
	case h == nil || !h.Enabled:
		l.circuit, l.pace, l.rest = circuit{success: l.circuit.success}, pace{}, time.Time{}
	case l.hook != nil && l.hook.Version != h.Version:
		l.rest = time.Time{}
		if l.circuit.open {
			l.circuit.probe = now
		}
	}
	l.seen, l.hook = d, h
}

// most returns how many requests of a lane may be under way when all goes well.
func (e *Engine) most(l *lane) int {
	if l.hook != nil && l.hook.Limits.Concurrency > 0 {
		return min(e.Concurrency, l.hook.Limits.Concurrency)
	}
	return e.Concurrency
}

// width returns how many may be under way now.
func (e *Engine) width(l *lane) int {
	if l.circuit.open {
		return 1
	}
	return l.pace.width(e.most(l))
}

// rate returns how many requests of a lane may begin in a second, 0 if any
// number, and how many at once after a rest.
func (e *Engine) rate(l *lane) (perSecond, burst float64) {
	if l.hook == nil || l.hook.Limits.Rate == 0 {
		return 0, 0
	}
	return l.hook.Limits.PerSecond() * l.pace.share(e.most(l)), l.hook.Limits.Most()
}

// sends reports whether this node sends what the lane is owed.
func (e *Engine) sends(l *lane, now time.Time) bool {
	return l.hook != nil && l.hook.Sends(now) && (!l.hook.Limits.Set() || e.owns(l.hookID))
}

// opens returns when a request of a lane may begin, as far as its receiver and its
// hook's rate go; now or before, if it may at once.
func (e *Engine) opens(l *lane, now time.Time) time.Time {
	at := l.rest
	if l.circuit.open {
		at = later(at, l.circuit.probe)
	}
	if gap := l.pace.gap(); gap > 0 {
		at = later(at, l.began.Add(gap))
	}
	if perSecond, burst := e.rate(l); perSecond > 0 {
		at = later(at, l.tokens.ready(now, perSecond, burst))
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// waits reports whether a lane must wait before it begins a request, and if so has
// it woken.
func (e *Engine) waits(l *lane, now time.Time) bool {
	at := e.opens(l, now)
	if !at.After(now) {
		return false
	}
	e.wakeAt(l, at)
	return true
}

// spare returns how many more deliveries a lane may hold in memory: what it can
// begin to send soon. One whose circuit is open may hold one, when a probe is due.
func (e *Engine) spare(l *lane, now time.Time) int {
	held := l.queued + l.reserved
	n := laneJobs
	switch {
	case !e.sends(l, now) || now.Before(l.rest):
		return 0
	case l.circuit.open:
		if held+l.flying > 0 || e.opens(l, now).After(now) {
			return 0
		}
		return 1
	}
	if gap := l.pace.gap(); gap > 0 {
		n = soon(now, later(now, l.began.Add(gap)), gap)
	}
	if perSecond, burst := e.rate(l); perSecond > 0 {
		n = min(n, int(l.tokens.filled(now, perSecond, burst).tokens+perSecond*horizon.Seconds()+1-enough))
	}
	return n - held
}

// soon returns how many requests begin within the horizon, the first at a time and
// the others with gaps between them.
func soon(now, first time.Time, gap time.Duration) int {
	left := now.Add(horizon).Sub(first)
	if left < 0 {
		return 0
	}
	return 1 + int(left/gap)
}

// shut reports whether a lane must not hold a job that it has just got, since
// things have changed while it was stored.
func (e *Engine) shut(l *lane, now time.Time) bool {
	if l.circuit.open && l.flying+l.queued > 0 {
		return true
	}
	return !e.sends(l, now) || now.Before(l.rest) || l.circuit.open && now.Before(l.circuit.probe)
}

// noteBegun counts a request that begins now.
func (e *Engine) noteBegun(l *lane, now time.Time) {
	l.began = now
	if perSecond, burst := e.rate(l); perSecond > 0 {
		l.tokens = l.tokens.filled(now, perSecond, burst)
		l.tokens.tokens--
	}
}

// learn draws what there is to learn about a receiver from a result.
func (e *Engine) learn(l *lane, r *result, now time.Time) {
	if r.back {
		return
	}
	if r.signal == retry.NoSignal {
		if l.circuit.open { // it was no probe, and what is wrong with it may be with all
			l.circuit.probe = later(l.circuit.probe, now.Add(l.circuit.wait))
		}
		return
	}
	a := &r.settlement.Attempt
	troubled := r.signal == retry.Troubled
	if r.rest > 0 {
		l.rest = later(l.rest, now.Add(r.rest))
	}
	l.pace = l.pace.after(troubled, a.StartedAt, now, e.most(l))
	var turned bool
	if l.circuit, turned = l.circuit.after(troubled, a.StartedAt, now, r.settlement.Verdict.Reason, rand.Float64()); turned && !l.circuit.open {
		l.pace.speed, l.rest = 1, time.Time{} // its backlog comes little by little
	}
	if turned {
		e.noteTurn(l, now)
	}
	if e.shut(l, now) {
		e.putDown(l)
	} else if turned {
		e.freshen(l, now)
	}
}

// putDown hands back what is queued in a lane.
func (e *Engine) putDown(l *lane) {
	for j, ok := l.pop(); ok; j, ok = l.pop() {
		e.finish(l, result{node: e.node, job: j, back: true})
	}
}

// wakeAt has a lane looked at again at a time, or before.
func (e *Engine) wakeAt(l *lane, at time.Time) {
	if !l.wakes.IsZero() && !at.Before(l.wakes) {
		return
	}
	l.wakes = at
	if l.timer != nil {
		l.timer.Reset(time.Until(at))
		return
	}
	l.timer = time.AfterFunc(time.Until(at), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		l.wakes = time.Time{}
		if e.lanes[l.hookID] == l {
			e.pump(l, time.Now())
		}
	})
}

// freshen looks at a lane again, whatever it was to wait for.
func (e *Engine) freshen(l *lane, now time.Time) {
	l.sleepOver()
	e.pump(l, now)
}

// sleepOver ends the lane's wait.
func (l *lane) sleepOver() {
	if l.timer != nil {
		l.timer.Stop()
	}
	l.wakes = time.Time{}
}

// pump begins what a lane may begin now.
func (e *Engine) pump(l *lane, now time.Time) {
	if e.open(now) {
		e.fill(l, now)
	}
	e.feed(l)
}

func (e *Engine) fill(l *lane, now time.Time) {
	for l.queued > 0 && e.mayFly(l, now) {
		e.grow(l, now)
	}
}

// forget drops a lane that holds nothing and has nothing to remember. The others
// are looked at now and then by refresh. What waits for a hook that is gone is not
// sent, so it doesn't matter.
func (e *Engine) forget(l *lane) {
	if l.used > 0 || l.flying > 0 {
		return
	}
	if l.hook != nil && (l.backlog || !l.due.IsZero() || !e.calm(l)) {
		return
	}
	l.sleepOver()
	delete(e.lanes, l.hookID)
}

// calm reports whether a lane is as a new one would be.
func (e *Engine) calm(l *lane) bool {
	if l.circuit.failures > 0 || l.pace.speed > 0 || !l.rest.IsZero() && time.Now().Before(l.rest) {
		return false
	}
	perSecond, burst := e.rate(l)
	return perSecond == 0 || l.tokens.filled(time.Now(), perSecond, burst).tokens >= burst
}

// refresh looks at all lanes after the directory has changed, or when time has
// passed.
func (e *Engine) refresh() {
	d, now := e.Queue.Directory(), time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.lanes {
		if l.seen != d {
			l.read(d, now)
		}
		if !e.sends(l, now) {
			e.putDown(l)
		}
		e.freshen(l, now)
		e.forget(l)
	}
}
