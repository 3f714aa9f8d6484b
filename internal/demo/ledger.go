package demo

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/waybillhq/waybill/internal/receiver"
)

// ledger keeps and shows what arrives. It is safe for concurrent use.
type ledger struct {
	out io.Writer

	mu      sync.Mutex
	got     []receiver.Received
	changed chan struct{} // closed when something arrives, then replaced
}

func newLedger(out io.Writer) *ledger {
	return &ledger{out: out, changed: make(chan struct{})}
}

// add notes and shows a request. What cannot be shown is noted all the same.
func (l *ledger) add(r receiver.Received) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = receiver.Show(l.out, r)
	l.got = append(l.got, r)
	close(l.changed)
	l.changed = make(chan struct{})
}

// say writes a line of the story, not in the middle of a request.
func (l *ledger) say(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.out, text)
	return err
}

// all returns what has arrived, and a channel that is closed when there is more.
func (l *ledger) all() ([]receiver.Received, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got), l.changed
}

// wait waits until an event of the given type has arrived or ctx ends.
func (l *ledger) wait(ctx context.Context, name string) {
	for {
		got, changed := l.all()
		if slices.ContainsFunc(got, func(r receiver.Received) bool { return eventType(r.Body) == name }) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
