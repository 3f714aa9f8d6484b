package intake

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// File stores documents with the events that are raised by them, in one commit with
// what is owed, and answers each event, in the same order. Events come with Company,
// Type, Entity, Data and Trace; what Waybill adds, and their deliveries, are added
// here, and their IDs to the documents of their companies. The companies must be there.
func (in *Intake) File(ctx context.Context, f hook.Filing) ([]hook.Receipt, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := in.current()
	var jobs []hook.Job
	for i := range f.Acceptances {
		e := &f.Acceptances[i].Event
		if err := complete(e, e.Company, now); err != nil {
			return nil, err
		}
		for k := range f.Documents {
			if d := &f.Documents[k]; d.Company == e.Company {
				d.EventID = e.ID
			}
		}
		var err error
		if jobs, err = owe(jobs, *e, nil, c.index.Hooks(*e), now); err != nil {
			return nil, err
		}
	}
	receipts, err := in.commit(f.Acceptances, jobs, func(node uuid.UUID) ([]hook.Receipt, error) {
		return in.store.File(ctx, node, f)
	})
	for i := range f.Acceptances {
		r := Result{}
		if err == nil {
			r.Receipt = receipts[i]
		}
		in.observe(f.Acceptances[i].Event.Company, []Result{r}, err == nil)
	}
	return receipts, err
}
