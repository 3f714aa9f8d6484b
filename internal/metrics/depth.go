package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	sampleAge     = 15 * time.Second // what waits is not counted more often
	sampleTimeout = 5 * time.Second
)

// Queue is the part of the store that tells what waits.
type Queue interface {
	// Depth counts what waits at now, up to a bound; see store.Store.
	Depth(ctx context.Context, now time.Time) (hook.Depth, error)
}

// depth shows what waits in the database. It asks for it when it is asked itself,
// but no more than every sampleAge.
type depth struct {
	queue  Queue
	errors prometheus.Counter

	waiting, oldest, exact *prometheus.Desc

	mu     sync.Mutex
	at     time.Time // when it was last counted
	good   bool      // and that was no error
	sample hook.Depth
}

func newDepth(q Queue, errors prometheus.Counter) *depth {
	return &depth{
		queue: q, errors: errors,
		waiting: prometheus.NewDesc("waybill_queue_deliveries",
			"Deliveries that wait, of all nodes, by priority and by whether they are due. Exact up to a bound; see waybill_queue_exact.",
			[]string{"priority", "due"}, nil),
		oldest: prometheus.NewDesc("waybill_queue_oldest_due_seconds",
			"For how long the first delivery that is due has been so, of hooks that are switched on; 0 if none is. Always exact.",
			[]string{"priority"}, nil),
		exact: prometheus.NewDesc("waybill_queue_exact",
			"1 if all that waits was counted; 0 if there may be more than waybill_queue_deliveries says.", nil, nil),
	}
}

// Describe tells what there is.
func (d *depth) Describe(to chan<- *prometheus.Desc) {
	to <- d.waiting
	to <- d.oldest
	to <- d.exact
}

// Collect shows the last count, or makes one. If that fails, it shows nothing.
func (d *depth) Collect(to chan<- prometheus.Metric) {
	now := time.Now()
	sample, ok := d.count(now)
	if !ok {
		return
	}
	exact := 0.0
	if sample.Whole {
		exact = 1
	}
	to <- prometheus.MustNewConstMetric(d.exact, prometheus.GaugeValue, exact)
	for p, l := range sample.Levels {
		name, age := priorityName(hook.Priority(p)), 0.0
		if !l.Oldest.IsZero() {
			age = max(0, now.Sub(l.Oldest)).Seconds()
		}
		to <- prometheus.MustNewConstMetric(d.waiting, prometheus.GaugeValue, float64(l.Due), name, "yes")
		to <- prometheus.MustNewConstMetric(d.waiting, prometheus.GaugeValue, float64(l.Later), name, "no")
		to <- prometheus.MustNewConstMetric(d.oldest, prometheus.GaugeValue, age, name)
	}
}

// count returns the last count, or makes one if that is too old.
func (d *depth) count(now time.Time) (hook.Depth, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.at.IsZero() && now.Sub(d.at) < sampleAge {
		return d.sample, d.good
	}
	ctx, cancel := context.WithTimeout(context.Background(), sampleTimeout)
	defer cancel()
	sample, err := d.queue.Depth(ctx, now)
	if err != nil {
		d.errors.Inc()
	}
	d.at, d.sample, d.good = now, sample, err == nil
	return d.sample, d.good
}

func priorityName(p hook.Priority) string {
	return [...]string{"lowest", "low", "normal", "high", "highest"}[p]
}
