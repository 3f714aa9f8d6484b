package deliver

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Observer is told what an Engine does. Its methods are called concurrently and on
// the way of every delivery: they must be quick, and not call the Engine.
type Observer interface {
	// Settled tells of an attempt of a delivery to a hook of a kind, now that it is
	// recorded. Moved says that the delivery was moved as the verdict says; else
	// another node had taken it over. What the arguments point to must not be kept.
	Settled(kind hook.Kind, d *hook.Delivery, s *hook.Settlement, moved bool)
	// Claimed tells that a claim took so long and got so many deliveries.
	Claimed(deliveries int, took time.Duration)
	// TakenOver tells that so many deliveries of nodes that had stopped wait again.
	TakenOver(deliveries int)
}

// unobserved is an Observer for an Engine that has no other.
type unobserved struct{}

func (unobserved) Settled(hook.Kind, *hook.Delivery, *hook.Settlement, bool) {}
func (unobserved) Claimed(int, time.Duration)                                {}
func (unobserved) TakenOver(int)                                             {}

// observe tells what came of attempts that were recorded.
func (e *Engine) observe(part []result, held []bool) {
	for i := range part {
		r := &part[i]
		e.Observer.Settled(r.kind, &r.job.Delivery, &r.settlement, held[i])
	}
}

// Load tells what the Engine has in hand.
func (e *Engine) Load() hook.Load {
	e.mu.Lock()
	defer e.mu.Unlock()
	load := hook.Load{Lanes: len(e.lanes), Held: e.flying, Flying: e.flying, Unsettled: len(e.done), Memory: e.used}
	for _, l := range e.lanes {
		load.Held += l.queued
		if l.circuit.open {
			load.Open++
		}
	}
	return load
}
