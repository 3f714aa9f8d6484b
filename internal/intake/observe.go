package intake

import "github.com/waybillhq/waybill/internal/hook"

// Observer is told what becomes of events. It is called concurrently; it must be
// quick.
type Observer interface {
	// Accepted tells what became of the events of a company that came together.
	Accepted(company string, t hook.Tally)
}

// Observe has o told what becomes of events. It must be called before Accept.
func (in *Intake) Observe(o Observer) { in.observer = o }

// observe tells what became of events: of those that are refused nothing was
// stored, and of the others if stored says so.
func (in *Intake) observe(company string, results []Result, stored bool) {
	if in.observer == nil || len(results) == 0 {
		return
	}
	var t hook.Tally
	for i := range results {
		switch {
		case results[i].Err != nil:
			t.Refused++
		case !stored:
			t.Failed++
		case results[i].Receipt.Repeated:
			t.Repeated++
		default:
			t.Accepted++
		}
	}
	in.observer.Accepted(company, t)
}
