// Package intake accepts events: it reads them, finds the hooks that want them,
// and stores both the event and the deliveries owed, before the producer is
// answered.
package intake

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/match"
	"github.com/waybillhq/waybill/internal/trade"
)

// Store is the part of the store that the intake needs.
type Store interface {
	// Accept stores events and deliveries, all or none; see store.Store.
	Accept(ctx context.Context, node uuid.UUID, as []hook.Acceptance) ([]hook.Receipt, error)
	// File stores documents with events and deliveries, all or nothing; see store.Store.
	File(ctx context.Context, node uuid.UUID, f hook.Filing) ([]hook.Receipt, error)
	// Revise stores a new state of an entity with events and deliveries, all or
	// nothing, or returns an error of fault hook.Conflict if it is not of the next
	// version; see store.Store.
	Revise(ctx context.Context, node uuid.UUID, r hook.Revision) ([]hook.Receipt, error)
	// Revised returns what an earlier request with an idempotency key came to, or an
	// error of fault hook.Missing.
	Revised(ctx context.Context, company, idempotencyKey string) (hook.Revised, error)
	// State returns the newest state of an entity, or an error of fault hook.Missing.
	State(ctx context.Context, company string, e trade.Entity) (trade.State, error)
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
}

// Deliverer sends what this node has room for.
type Deliverer interface {
	// Reserve makes those jobs Sending, with Attempt 1, that there is room for,
	// and returns the node that will hold them. Start or Release must follow.
	Reserve(jobs []hook.Job) uuid.UUID
	// Start begins the jobs that Reserve made Sending, now that they are stored,
	// and notes that the others wait in the store.
	Start(node uuid.UUID, jobs []hook.Job)
	// Release gives the room of jobs back that were not stored.
	Release(jobs []hook.Job)
}

// Intake accepts events. It is safe for concurrent use.
type Intake struct {
	store     Store
	deliverer Deliverer
	observer  Observer // nil: nobody
	compiled  atomic.Pointer[compiled]
	turns     turns               // of those who change an entity
	reading   *semaphore.Weighted // states that are read and compared at a time
	room      *semaphore.Weighted // bytes of them
}

// compiled is the index of one version of the directory.
type compiled struct {
	directory *hook.Directory
	index     *match.Index
}

// New returns an Intake.
func New(store Store, deliverer Deliverer) *Intake {
	return &Intake{store: store, deliverer: deliverer, reading: semaphore.NewWeighted(reads), room: semaphore.NewWeighted(compared)}
}

// Posted is an event as a producer sent it.
type Posted struct {
	Raw            []byte // JSON; see Parse. It is kept: the caller must not change it afterwards.
	IdempotencyKey string // empty if there is none
	Fingerprint    []byte // of the request that the key came with
	Trace          trade.Trace
}

// Result is what became of a posted event: a receipt, or the reason why it was
// refused.
type Result struct {
	Receipt hook.Receipt
	Err     error // a *hook.Error
}

// Accept stores the good ones among the posted events of a company, in one
// commit, and answers each, in the same order. A bad one spoils only itself.
// The error is for what concerns all of them: there is no such company, or
// nothing could be stored.
func (in *Intake) Accept(ctx context.Context, company string, posted []Posted) ([]Result, error) {
	now := time.Now().UTC().Truncate(time.Microsecond) // as the store keeps it
	c := in.current()
	if _, ok := c.directory.Companies[company]; !ok {
		return nil, hook.Errorf(hook.Missing, "there is no company %q", shorten(company))
	}
	results := make([]Result, len(posted))
	jobs := make([]hook.Job, 0, len(posted))
	acceptances := make([]hook.Acceptance, 0, len(posted))
	places := make([]int, 0, len(posted)) // of each acceptance in results
	for i, p := range posted {
		e, err := Parse(p.Raw)
		if err != nil {
			results[i].Err = err
			continue
		}
		if 2*len(e.Data) < len(p.Raw) {
			e.Data = bytes.Clone(e.Data) // a little must not hold a lot
		}
		e.Trace = p.Trace
		if err := complete(&e, company, now); err != nil {
			return nil, err
		}
		if jobs, err = owe(jobs, e, nil, c.index.Hooks(e), now); err != nil {
			return nil, err
		}
		acceptances = append(acceptances, hook.Acceptance{
			Event: e, IdempotencyKey: p.IdempotencyKey, Fingerprint: p.Fingerprint,
		})
		places = append(places, i)
	}
	if len(acceptances) == 0 {
		in.observe(company, results, true)
		return results, nil
	}
	receipts, err := in.commit(acceptances, jobs, func(node uuid.UUID) ([]hook.Receipt, error) {
		return in.store.Accept(ctx, node, acceptances)
	})
	if err != nil {
		in.observe(company, results, false)
		return nil, err
	}
	for i, r := range receipts {
		results[places[i]].Receipt = r
		if r.Mismatched {
			results[places[i]].Err = hook.InvalidField("Idempotency-Key",
				"the key was used for another request; use a new key for each event")
		}
	}
	in.observe(company, results, true)
	return results, nil
}

// current returns the index of the directory as it is now.
func (in *Intake) current() *compiled {
	d := in.store.Directory()
	c := in.compiled.Load()
	if c == nil || c.directory != d {
		c = &compiled{directory: d, index: match.Compile(d)}
		in.compiled.Store(c)
	}
	return c
}

// complete gives an event what Waybill adds to it.
func complete(e *trade.Event, company string, now time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	e.ID, e.Company, e.ReceivedAt = id, company, now
	if e.OccurredAt.IsZero() {
		e.OccurredAt = now
	}
	return nil
}

// owe appends a job for each hook that is to be told of e. The state is that of its
// entity, or nil if it isn't known here.
func owe(jobs []hook.Job, e trade.Event, state *trade.State, hooks []*hook.Hook, now time.Time) ([]hook.Job, error) {
	for _, h := range hooks {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		size, needed := len(e.Data), (*trade.State)(nil)
		if state != nil && h.NeedsState() {
			needed = state
			size += len(state.JSON) // so that what is held in memory stays bounded
		}
		jobs = append(jobs, hook.Job{Event: e, State: needed, Delivery: hook.Delivery{
			ID: id, Company: e.Company, HookID: h.ID, EventID: e.ID,
			EventType: e.Type, Entity: e.Entity, State: hook.Waiting, Priority: h.Priority,
			DueAt: now.Add(h.Queue.Collect), CreatedAt: now, Size: size,
			Events: 1, Unique: h.Queue.Unique, Ordered: h.Queue.Ordered,
		}})
	}
	return jobs, nil
}

// commit has acceptances stored with their jobs, which are in the same order, and
// starts what was stored.
func (in *Intake) commit(as []hook.Acceptance, jobs []hook.Job, store func(node uuid.UUID) ([]hook.Receipt, error)) ([]hook.Receipt, error) {
	node := in.deliverer.Reserve(jobs)
	deliveries := make([]hook.Delivery, len(jobs))
	next := 0
	for i := range as {
		first := next
		for next < len(jobs) && jobs[next].Event.ID == as[i].Event.ID {
			deliveries[next] = jobs[next].Delivery
			next++
		}
		as[i].Deliveries = deliveries[first:next:next]
	}
	receipts, err := store(node)
	if err != nil {
		in.deliverer.Release(jobs)
		return nil, err
	}
	in.start(node, as, receipts, jobs)
	return receipts, nil
}

// start begins the jobs that were stored and gives back the room of repeats.
func (in *Intake) start(node uuid.UUID, as []hook.Acceptance, receipts []hook.Receipt, jobs []hook.Job) {
	stored := jobs[:0:0]
	var repeated []hook.Job
	for i, r := range receipts {
		n := len(as[i].Deliveries)
		if r.Repeated {
			repeated = append(repeated, jobs[:n]...)
		} else {
			stored = append(stored, jobs[:n]...)
		}
		jobs = jobs[n:]
	}
	in.deliverer.Release(repeated)
	in.deliverer.Start(node, stored)
}
