// Package deliver moves deliveries from the queue to their receivers: it
// claims what is due, renders it, has it sent, judges the outcome and settles
// it.
//
// Every hook has a lane of its own, so that one that is slow, dead or flooded
// doesn't hold up another. What the intake stores goes to its lane directly if
// there is room; the rest waits in the store and is claimed when the lane has
// drained. The memory in use is bounded whatever the backlog.
package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
	"github.com/waybillhq/waybill/internal/trade"
)

// Queue is the part of the store that the Engine needs; see store.Store.
type Queue interface {
	// Claim gives node due deliveries of the hooks it wants some of, and tells
	// what else waits for them.
	Claim(ctx context.Context, node uuid.UUID, now time.Time, wants []hook.Want) ([]hook.Job, []hook.Backlog, error)
	// Settle records attempts and moves their deliveries. The result says for
	// each whether node still held it.
	Settle(ctx context.Context, node uuid.UUID, ss []hook.Settlement) ([]bool, error)
	// HandBack makes claimed deliveries wait again; the attempt doesn't count.
	HandBack(ctx context.Context, node uuid.UUID, ds []hook.Delivery) error
	// Backlogs tells what waits for hooks.
	Backlogs(ctx context.Context, hooks []uuid.UUID) ([]hook.Backlog, error)
	// TellWork tells other nodes that deliveries of hooks wait, of any if none is given.
	TellWork(ctx context.Context, hooks []uuid.UUID) error

	// Join, Renew and Leave begin, prolong and end a node's lease. Renew fails
	// with a fault of kind hook.Conflict when the lease has ended already.
	Join(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error
	Renew(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) error
	Leave(ctx context.Context, node uuid.UUID) error
	// Retire says that a node stops, and takes no more lanes.
	Retire(ctx context.Context, node uuid.UUID) error
	// Lanes tells which nodes live, and which lanes of limited hooks are whose.
	Lanes(ctx context.Context, now time.Time) (hook.Lanes, error)
	// TakeLanes makes node the owner of hooks' lanes, as far as nobody but the given
	// owners owns them now, and returns those it took.
	TakeLanes(ctx context.Context, node uuid.UUID, before map[uuid.UUID]hook.Owner, now time.Time) ([]uuid.UUID, error)
	// GiveLanes gives up lanes of node's.
	GiveLanes(ctx context.Context, node uuid.UUID, hooks []uuid.UUID, now time.Time) error
	// MoveLanes makes node the owner of the lanes that an older lease of it still owns,
	// which takes no more.
	MoveLanes(ctx context.Context, older, node uuid.UUID) ([]uuid.UUID, error)
	// TakeDoubt reports whether a node may hold deliveries without knowing.
	TakeDoubt() bool
	// TakeOver makes up to limit deliveries of dead nodes wait again.
	TakeOver(ctx context.Context, now time.Time, limit int) (int, error)
	// DisableHook stores that a hook is disabled, unless it was changed meanwhile,
	// and raises an alert.
	DisableHook(ctx context.Context, h hook.Hook, at time.Time, a hook.Alert) error
	// NoteHealth stores what is known of a hook's receiver, and raises or closes the
	// alert about it.
	NoteHealth(ctx context.Context, h hook.Health, a *hook.Alert) error
	// WarnFailing raises an alert unless the hook's circuit has closed meanwhile.
	WarnFailing(ctx context.Context, hookID uuid.UUID, a hook.Alert) error
	// AllHealths tells of the receivers whose circuits are open, or have closed since
	// a time.
	AllHealths(ctx context.Context, since time.Time) ([]hook.Health, error)
	// CancelDeleted cancels up to limit waiting deliveries of deleted hooks.
	CancelDeleted(ctx context.Context, now time.Time, limit int) (int, error)

	// StateVersion returns a version of an entity, StateAt the newest that there was
	// at a time. They fail with a fault of kind hook.Missing if there is none.
	StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error)
	StateAt(ctx context.Context, company string, e trade.Entity, at time.Time) (trade.State, error)

	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
}

// Sender makes one HTTP request. Whatever goes wrong is in the Attempt.
type Sender interface {
	Send(ctx context.Context, r hook.Request, h *hook.Hook, d hook.Defaults) hook.Attempt
}

// Options are the parts and bounds of an Engine.
type Options struct {
	Queue    Queue
	Sender   Sender
	Observer Observer // nil: nobody
	Tracer   Tracer   // nil: attempts are not traced
	Log      *slog.Logger

	Concurrency int           // requests of one hook under way at a time
	Memory      int           // bytes of deliveries held in memory, about
	Lease       time.Duration // a node that doesn't renew for so long loses what it holds
	Drain       time.Duration // at the end, requests under way get so long to finish

	DisableAfter time.Duration // a hook that fails for so long without any success is disabled; 0: never
}

// Engine delivers. Reserve, Start, Release and Owe may be called concurrently,
// also before and after Run.
type Engine struct {
	Options

	mu      sync.Mutex
	node    uuid.UUID
	leased  time.Time // until when the node may send; see leaseUntil
	running bool      // between Join and the end of Run's context
	lanes   map[uuid.UUID]*lane
	used    int                 // of Memory
	kept    int                 // of used, by what came of attempts and is not yet settled
	flying  int                 // requests under way
	hungry  map[*lane]time.Time // lanes that may have deliveries in the store to claim now, since when
	done    []result            // attempts made and not yet settled
	flights sync.WaitGroup      // requests under way
	abort   context.CancelFunc  // ends them
	begin   context.Context     //nolint:containedctx // the flights' own, which outlives Run's
	spilled bool                // due deliveries were left to the store that other nodes may send

	owned    map[uuid.UUID]struct{} // hooks with limits that this node sends
	foreign  map[uuid.UUID]struct{} // those that others send, as far as is known
	others   map[uuid.UUID]struct{} // those that have got work here, of which others are to be told
	unshared bool                   // another node may have given up a lane
	owning   context.Context        //nolint:containedctx // of flights for owned; they end with holding
	letGo    context.CancelFunc     // ends them
	holding  context.Context        //nolint:containedctx // of flights under the lease; they end with begin, or when the lease lapses
	drop     context.CancelFunc     // ends them
	lapse    *time.Timer            // when the lease does
	retired  uuid.UUID              // the node of which the store knows that it stops; the lease loop's own

	turned map[uuid.UUID]hook.Health // of circuits that have opened or closed, to be stored
	warned map[uuid.UUID]time.Time   // when hooks are to be disabled, as people were told; the lease loop's own

	states *semaphore.Weighted // bytes of large states, see load
	bodies *semaphore.Weighted // bytes of large bodies, see rendered
	reads  *semaphore.Weighted // of states

	settle chan struct{} // done is not empty
	claim  chan struct{} // hungry is not empty
	soon   chan struct{} // others or turned is not empty, or unshared
}

// result is what is to be stored of a job: an attempt, or that it is handed back.
type result struct {
	node       uuid.UUID
	job        hook.Job
	kind       hook.Kind // of the hook; empty if nothing was attempted
	settlement hook.Settlement
	back       bool
	signal     retry.Signal
	rest       time.Duration // the receiver wants no request for so long
}

// kept returns about what a result takes in memory besides its job: receivers
// may answer much more than was sent to them.
func (r *result) kept() int {
	a := &r.settlement.Attempt
	return cap(a.ResponseBody) + len(a.ResponseHead) + len(a.RequestHead) + len(a.Reason)
}

// New returns an Engine that delivers while Run runs.
func New(o Options) *Engine {
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	e := &Engine{
		Options: o,
		lanes:   make(map[uuid.UUID]*lane),
		hungry:  make(map[*lane]time.Time),
		settle:  make(chan struct{}, 1),
		claim:   make(chan struct{}, 1),
		soon:    make(chan struct{}, 1),
		turned:  make(map[uuid.UUID]hook.Health),
		warned:  make(map[uuid.UUID]time.Time),
		states:  semaphore.NewWeighted(largeStates),
		bodies:  semaphore.NewWeighted(largeBodies),
		reads:   semaphore.NewWeighted(stateReads),
	}
	e.owned, e.foreign, e.others = make(map[uuid.UUID]struct{}), make(map[uuid.UUID]struct{}), make(map[uuid.UUID]struct{})
	e.begin, e.abort = context.WithCancel(context.Background())
	e.beginLease()
	return e
}

// Run delivers until ctx ends, lets requests under way finish for as long as
// Drain allows, records what came of them, and hands back the rest.
func (e *Engine) Run(ctx context.Context) error {
	// Who stops a node while it joins wants it to end well, not to fail.
	if err := e.join(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	// The settler and the lease outlast the flights; the claimer doesn't.
	last, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var late sync.WaitGroup
	late.Go(func() { e.settleLoop(last) })
	late.Go(func() { e.leaseLoop(last) })

	e.claimLoop(ctx)
	e.land(ctx)
	stop()
	late.Wait()
	return e.leave(context.WithoutCancel(ctx))
}

// wake signals a loop without waiting for it.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// land lets flights finish, but not for longer than Drain.
func (e *Engine) land(ctx context.Context) {
	e.mu.Lock()
	e.running, e.unshared = false, true
	e.mu.Unlock()
	wake(e.soon)
	defer e.abort()
	timer := time.AfterFunc(e.Drain, e.abort)
	defer timer.Stop()
	e.flights.Wait()
	e.Log.DebugContext(ctx, "requests under way have finished")
}

// leave stores what is left to store and ends the lease. While the store fails,
// it tries again, but not for longer than others wait for a node that is gone.
func (e *Engine) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.Lease)
	defer cancel()
	e.mu.Lock()
	batch := append(e.done, e.unqueue(e.node)...)
	e.done = nil
	e.mu.Unlock()
	if rest, err := e.settleAll(ctx, batch); err != nil {
		return leftBehind(rest, err)
	}
	if err := e.insist(ctx, func() error { return e.Queue.Leave(ctx, e.node) }); err != nil {
		return err
	}
	return e.endLanes(ctx)
}

// endLanes lets other nodes know at once that lanes have no owner any more.
func (e *Engine) endLanes(ctx context.Context) error {
	e.mu.Lock()
	owned := len(e.owned)
	e.disown()
	e.letGo()
	if e.lapse != nil {
		e.lapse.Stop()
	}
	for _, l := range e.lanes {
		l.sleepOver()
	}
	e.mu.Unlock()
	if owned == 0 {
		return nil
	}
	return e.Queue.TellWork(ctx, nil)
}

// leftBehind says what others have to do because the store failed.
func leftBehind(rest []result, err error) error {
	backs := 0
	for i := range rest {
		if rest[i].back {
			backs++
		}
	}
	return fmt.Errorf("%d attempts were not recorded, so their deliveries are sent again when this node's lease has ended; "+
		"%d deliveries were not handed back and are sent then, which costs them an attempt: %w", len(rest)-backs, backs, err)
}
