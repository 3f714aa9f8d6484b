package partner

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/waybillhq/waybill/internal/hook"
)

// How many answers with states may be under way at a time, each of which is in memory:
// a state may have several megabytes, and a receiver may read slowly.
const (
	mostOfCompany = 8
	mostOfAll     = 32
	wait          = 10 * time.Second // for room
	longest       = 10 * time.Minute // of an answer that takes up room: others need it, too
)

// rooms bounds the memory that answers need. The zero value is ready for use.
type rooms struct {
	mu    sync.Mutex
	all   *semaphore.Weighted
	of    map[string]*semaphore.Weighted // by company
	large sync.Mutex                     // held while a large state is rendered
}

// enter waits until there is room for one more answer to a company; leave must follow.
// If there is none for long, the error is of fault hook.Busy.
func (r *rooms) enter(ctx context.Context, company string) (leave func(), err error) {
	all, own := r.semaphores(company)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if own.Acquire(ctx, 1) != nil {
		return nil, busy()
	}
	if all.Acquire(ctx, 1) != nil {
		own.Release(1)
		return nil, busy()
	}
	return func() {
		all.Release(1)
		own.Release(1)
	}, nil
}

func (r *rooms) semaphores(company string) (all, own *semaphore.Weighted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all, r.of = semaphore.NewWeighted(mostOfAll), make(map[string]*semaphore.Weighted)
	}
	if r.of[company] == nil {
		r.of[company] = semaphore.NewWeighted(mostOfCompany)
	}
	return r.all, r.of[company]
}

func busy() error {
	return &hook.Error{Fault: hook.Busy, After: time.Second, Msg: "too many orders and shipments are being fetched at the same time; ask again later, for fewer at a time"}
}

// small is how many bytes of a state may be rendered without waiting for others.
const small = 1 << 20

// splitFactor is how many times as large a state counts whose lines are split by
// delivery.
const splitFactor = 16

// render makes an answer of a state as v does, and an element of XML of that, unless
// element is nil. Large states are rendered one after the other, since that needs several
// times their size.
func (r *rooms) render(v view, state []byte, after time.Time, element func(raw []byte) ([]byte, error)) ([]byte, error) {
	size := len(state)
	if v.split {
		size *= splitFactor
	}
	if size > small {
		r.large.Lock()
		defer r.large.Unlock()
	}
	raw, err := v.render(state, after)
	if err != nil || element == nil {
		return raw, err
	}
	return element(raw)
}
