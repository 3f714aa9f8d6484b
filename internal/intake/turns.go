package intake

import (
	"context"
	"sync"

	"github.com/waybillhq/waybill/internal/trade"
)

// turns lets those who change one entity do it one after the other: of those who
// compare at the same time all but one would do it in vain. The zero value is ready.
type turns struct {
	mu   sync.Mutex
	lots map[named]*lot
}

// named is an entity of a company.
type named struct {
	company string
	entity  trade.Entity
}

// lot is what those who want the same entity take turns at.
type lot struct {
	taken chan struct{} // has room for the one whose turn it is
	users int           // who have their turn or wait for it
}

// take waits for a turn, which ends when done is called. The error is that of ctx.
func (t *turns) take(ctx context.Context, n named) (done func(), err error) {
	t.mu.Lock()
	l := t.lots[n]
	if l == nil {
		if t.lots == nil {
			t.lots = make(map[named]*lot)
		}
		l = &lot{taken: make(chan struct{}, 1)}
		t.lots[n] = l
	}
	l.users++
	t.mu.Unlock()
	select {
	case l.taken <- struct{}{}:
		return func() {
			<-l.taken
			t.leave(n, l)
		}, nil
	case <-ctx.Done():
		t.leave(n, l)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(n named, l *lot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(t.lots, n)
	}
}
