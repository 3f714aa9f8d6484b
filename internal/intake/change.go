package intake

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// MaxState is how many bytes of JSON a state may have, or a patch of one: twice the
// largest order that we know.
const MaxState = 16 << 20

const (
	// compared bounds the bytes of states that are read and compared at a time. As
	// structs they take several times as much.
	compared = 64 << 20
	// small is up to how many bytes nobody has to wait for those who have large ones.
	small = 64 << 10
	// reads is how many states are read at a time, however large, to be compared.
	reads = 8
	// attempts bounds how often a change is thought of anew because other nodes have
	// changed the entity meanwhile.
	attempts = 10
)

// Change asks that an entity be in another state, or be told of.
type Change struct {
	Company string
	Entity  trade.Entity // an order or a shipment
	Raw     []byte       // the whole state as JSON, or a merge patch of it
	Patch   bool         // Raw is a patch, and the entity must be there
	By      change.Party // who did it; empty if that isn't known

	EventType string   // names what happened; empty: it is found out
	Lines     []string // of the order that it happened to, with EventType; none: all

	Expected int64 // the version that the entity must have; 0: any
	There    bool  // it must be there already
	New      bool  // it must not be there yet

	IdempotencyKey string // empty if there is none
	Fingerprint    []byte // of the request that the key came with
	Trace          trade.Trace
}

// Change finds out what happened to an entity, and stores its new state with the
// events in one commit with what is owed. If nothing has changed and no event is
// named, nothing is stored, and the answer is the state as it is, without events.
//
// The error is a *hook.Error of fault Missing if there is no such company, or no
// entity to be patched; Conflict if the entity isn't as expected; Invalid if the state
// or the event isn't valid, or if the idempotency key came with another request; Busy
// if other nodes change the entity all the time.
func (in *Intake) Change(ctx context.Context, c Change) (hook.Revised, error) {
	if _, ok := in.current().directory.Companies[c.Company]; !ok {
		return hook.Revised{}, hook.Errorf(hook.Missing, "there is no company %q", shorten(c.Company))
	}
	if !trade.CheckID(c.Entity.ID) {
		return hook.Revised{}, hook.InvalidField("id", "it has a zero byte, or one that is not Unicode; remove it")
	}
	done, err := in.turns.take(ctx, named{c.Company, c.Entity})
	if err != nil {
		return hook.Revised{}, err
	}
	defer done()
	for range attempts {
		r, stale, err := in.change(ctx, &c)
		if !stale {
			in.observeChange(c.Company, r, err)
			return r, err
		}
	}
	err = &hook.Error{
		Fault: hook.Busy, Msg: "others change it all the time; send the request again", After: time.Second,
		German: "Andere ändern das Objekt laufend; senden Sie die Anfrage erneut.",
	}
	in.observeChange(c.Company, hook.Revised{}, err)
	return hook.Revised{}, err
}

// change does it, or reports that what it was compared with is stale.
func (in *Intake) change(ctx context.Context, c *Change) (r hook.Revised, stale bool, err error) {
	if r, err = in.repeated(ctx, c); err != nil || r.Repeated {
		return r, false, err
	}
	before, o, at, err := in.outcome(ctx, c)
	if err != nil || len(o.events) == 0 {
		// It may be so because the same request was just done by another node.
		if r, again := in.repeated(ctx, c); again != nil || r.Repeated {
			return r, false, again
		}
		return hook.Revised{State: before}, false, err
	}
	r, err = in.revise(ctx, c, o, at)
	return r, hook.FaultOf(err) == hook.Conflict, err
}

// outcome reads the state before and finds out what is to become of it.
func (in *Intake) outcome(ctx context.Context, c *Change) (before trade.State, o outcome, at time.Time, err error) {
	if err := in.reading.Acquire(ctx, 1); err != nil {
		return before, o, at, err
	}
	defer in.reading.Release(1)
	before, err = in.store.State(ctx, c.Company, c.Entity)
	if err != nil && hook.FaultOf(err) != hook.Missing {
		return before, o, at, err
	}
	if err := c.check(before, err); err != nil {
		return before, o, at, err
	}
	o, at, err = in.compare(ctx, c, before)
	return before, o, at, err
}

// repeated returns what the request came to if it is a repeat.
func (in *Intake) repeated(ctx context.Context, c *Change) (hook.Revised, error) {
	if c.IdempotencyKey == "" {
		return hook.Revised{}, nil
	}
	r, err := in.store.Revised(ctx, c.Company, c.IdempotencyKey)
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return hook.Revised{}, nil
	case err != nil:
		return hook.Revised{}, err
	case !bytes.Equal(r.Fingerprint, c.Fingerprint):
		return hook.Revised{}, mismatched()
	}
	return r, nil
}

func mismatched() error {
	return hook.InvalidField("Idempotency-Key", "the key was used for another request; use a new key for each change")
}

// check returns an error if the state before, or that it is missing, isn't what c
// expects.
func (c *Change) check(before trade.State, missing error) error {
	switch {
	case c.New && missing == nil:
		return &hook.Error{Fault: hook.Conflict, Msg: "it is there already; read it, and change that", German: "Es gibt das Objekt schon; lesen Sie es und ändern Sie dieses."}
	case c.There && missing != nil, c.Expected != 0 && before.Version != c.Expected:
		return &hook.Error{
			Fault: hook.Conflict, Msg: "it was changed meanwhile; read it again, and send the new ETag as If-Match",
			German: "Das Objekt wurde inzwischen geändert; lesen Sie es neu und senden Sie den neuen ETag als If-Match.",
		}
	case c.Patch && missing != nil:
		return missing
	}
	return nil
}

// compare finds out what is to become of an entity, and at what time. That is taken when
// nothing but the commit is left to wait for: who polls for changes relies on it that
// one is there soon after its time.
func (in *Intake) compare(ctx context.Context, c *Change, before trade.State) (o outcome, at time.Time, err error) {
	if weight := min(compared, int64(len(c.Raw)+len(before.JSON))); weight > small {
		if err := in.room.Acquire(ctx, weight); err != nil {
			return outcome{}, at, err
		}
		defer in.room.Release(weight)
	}
	at = time.Now().UTC().Truncate(time.Microsecond) // as the store keeps it
	raw := c.Raw
	if c.Patch {
		if raw, err = change.Merge(before.JSON, raw); err != nil {
			return outcome{}, at, err
		}
		if len(raw) > MaxState {
			return outcome{}, at, hook.InvalidField("", "with the patch, it would have more than %d MiB; send less, or remove something", MaxState>>20)
		}
	}
	if c.Entity.Kind == trade.KindShipment {
		o, err = c.compareShipments(before, raw, at)
	} else {
		o, err = c.compareOrders(before, raw, at)
	}
	return o, at, err
}

// revise stores what has become of an entity, and what happened.
func (in *Intake) revise(ctx context.Context, c *Change, o outcome, at time.Time) (hook.Revised, error) {
	index := in.current().index
	r := hook.Revised{State: o.state}
	var revision hook.Revision
	if o.fresh {
		revision.State = o.state
	}
	var jobs []hook.Job
	for i, happened := range o.events {
		e := trade.Event{
			Type: happened.Type, Entity: c.Entity, OccurredAt: at, Data: o.data, Trace: c.Trace,
			Scope: trade.Scope{Version: o.state.Version, Lines: happened.Lines},
		}
		if o.fresh {
			e.OccurredAt = o.state.At
		}
		err := complete(&e, c.Company, at)
		if err != nil {
			return r, err
		}
		a := hook.Acceptance{Event: e}
		if i == 0 {
			a.IdempotencyKey, a.Fingerprint = c.IdempotencyKey, c.Fingerprint
		}
		if jobs, err = owe(jobs, e, &o.state, index.Hooks(e), at); err != nil {
			return r, err
		}
		revision.Acceptances = append(revision.Acceptances, a)
	}
	receipts, err := in.commit(revision.Acceptances, jobs, func(node uuid.UUID) ([]hook.Receipt, error) {
		return in.store.Revise(ctx, node, revision)
	})
	if err != nil {
		return r, err
	}
	if receipts[0].Mismatched {
		return r, mismatched()
	}
	if receipts[0].Repeated { // a request that came at the same time was first
		return in.repeated(ctx, c)
	}
	for i, a := range revision.Acceptances {
		r.Events = append(r.Events, hook.Told{Event: a.Event, Owed: receipts[i].Owed})
	}
	return r, nil
}

// observeChange tells what became of a change's events; of those that weren't found
// out, as if it were one.
func (in *Intake) observeChange(company string, r hook.Revised, err error) {
	results := make([]Result, max(1, len(r.Events)))
	if err == nil {
		results = results[:len(r.Events)]
	} else if fault := hook.FaultOf(err); fault != hook.Internal && fault != hook.Busy {
		results[0].Err = err
	}
	for i := range results {
		results[i].Receipt.Repeated = r.Repeated
	}
	in.observe(company, results, err == nil)
}
