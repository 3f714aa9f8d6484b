package deliver

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	laneJobs = 20480 // bounds how many deliveries a lane holds

	manyFlights = 16 // so many lanes may have all the requests under way that one lane may have
)

// fewFlights is how many requests a lane may have under way however many there
// are in all, by the priority of what it sends.
func fewFlights(p hook.Priority) int { return [...]int{1, 1, 2, 4, 8}[clamp(p)] }

// overhead is about what a delivery takes in memory besides its event's data.
const overhead = 1024

func sizeOf(d *hook.Delivery) int { return d.Size + overhead }

// lane is what a node has to do for one hook. The Engine's mutex guards it.
type lane struct {
	hookID  uuid.UUID
	waiting [hook.Highest + 1]fifo // by priority
	queued  int                    // in waiting
	flying  int                    // requests under way
	level   hook.Priority          // of what came last
	used    int                    // bytes of the Engine's memory

	backlog bool      // due deliveries may wait in the store
	low     int       // when no more than so many are queued, the backlog is claimed
	due     time.Time // when the next one there is due; zero if none is known
	stored  int       // counts deliveries that were left to the store

	seen     *hook.Directory // that hook was read from
	hook     *hook.Hook      // nil if it is gone
	reserved int             // jobs that Reserve has given room and that are not stored yet
	pace     pace
	circuit  circuit
	tokens   bucket      // of the hook's rate
	began    time.Time   // when the latest request did
	rest     time.Time   // the receiver wants no request before
	giving   bool        // it is given up when nothing of it is under way
	timer    *time.Timer // wakes the lane when it may begin a request again
	wakes    time.Time   // when it is to; zero if nothing is waited for
}

func (l *lane) push(j hook.Job) {
	l.waiting[clamp(j.Delivery.Priority)].push(j)
	l.queued++
}

// pop takes the first job by hook.Rank.
func (l *lane) pop() (hook.Job, bool) {
	var first *fifo
	var rank time.Time
	for p := range l.waiting {
		d := l.waiting[p].peek()
		if d == nil {
			continue
		}
		if r := hook.Rank(d.DueAt, hook.Priority(p)); first == nil || !r.After(rank) {
			first, rank = &l.waiting[p], r
		}
	}
	if first == nil {
		return hook.Job{}, false
	}
	l.queued--
	return first.pop(), true
}

// unqueue takes all queued jobs, to be handed back by the node that holds them.
func (e *Engine) unqueue(node uuid.UUID) []result {
	var rs []result
	for _, l := range e.lanes {
		for j, ok := l.pop(); ok; j, ok = l.pop() {
			rs = append(rs, result{node: node, job: j, back: true})
		}
	}
	return rs
}

func clamp(p hook.Priority) hook.Priority { return min(max(p, hook.Lowest), hook.Highest) }

// fifo is a queue that gives back its memory as it drains.
type fifo struct {
	jobs []hook.Job
	head int
}

func (f *fifo) push(j hook.Job) {
	if f.head > 64 && f.head*2 >= len(f.jobs) {
		n := copy(f.jobs, f.jobs[f.head:])
		clear(f.jobs[n:])
		f.jobs, f.head = f.jobs[:n], 0
	}
	f.jobs = append(f.jobs, j)
}

// peek returns the first delivery, or nil if there is none.
func (f *fifo) peek() *hook.Delivery {
	if f.head == len(f.jobs) {
		return nil
	}
	return &f.jobs[f.head].Delivery
}

// pop takes the first job, which must be there.
func (f *fifo) pop() hook.Job {
	j := f.jobs[f.head]
	f.jobs[f.head] = hook.Job{}
	f.head++
	if f.head == len(f.jobs) {
		f.jobs, f.head = nil, 0
	}
	return j
}

// laneOf returns the lane of a hook, making it if need be.
func (e *Engine) laneOf(hookID uuid.UUID) *lane {
	l := e.lanes[hookID]
	if l == nil {
		l = &lane{hookID: hookID}
		e.lanes[hookID] = l
	}
	if d := e.Queue.Directory(); l.seen != d {
		l.read(d, time.Now())
	}
	return l
}

// room reports whether a lane may hold size more bytes. Lanes share the memory
// by dynamic thresholds: none may hold more than what is still free, so however
// many are stuck, there is always some left for another. An empty lane may
// always hold one delivery.
func (e *Engine) room(l *lane, size int) bool {
	if l.used == 0 {
		return true
	}
	return l.queued < laneJobs && l.used+size <= e.Memory-e.used
}

func (e *Engine) hold(l *lane, size int) {
	l.used += size
	e.used += size
}

func (e *Engine) release(l *lane, size int) {
	l.used -= size
	e.used -= size
	e.feed(l)
	e.forget(l)
}

// feed has the lane's backlog claimed soon if the lane has drained. A claim
// costs the same for one delivery as for a hundred, so it waits until half of
// what the last one left is sent. One that waits for its turn is fed when that
// comes.
func (e *Engine) feed(l *lane) {
	if !l.backlog || l.queued > l.low || !l.wakes.IsZero() {
		return
	}
	if now := time.Now(); !e.sends(l, now) {
		if l.hook != nil && l.hook.Pause.Active(now) && !l.hook.Pause.Until.IsZero() {
			e.wakeAt(l, l.hook.Pause.Until)
		}
		return
	}
	e.hunger(l)
	wake(e.claim)
}

// hunger notes that a lane may have deliveries in the store to claim now.
func (e *Engine) hunger(l *lane) {
	if _, ok := e.hungry[l]; !ok {
		e.hungry[l] = time.Now()
	}
}

// leftToStore notes that a delivery waits in the store that is due at a time.
func (e *Engine) leftToStore(l *lane, due, now time.Time) {
	l.stored++
	if due.After(now) {
		if l.due.IsZero() || due.Before(l.due) {
			l.due = due
			wake(e.claim)
		}
		return
	}
	if !l.backlog {
		l.backlog, l.low = true, l.queued/2
	}
	e.feed(l)
}
