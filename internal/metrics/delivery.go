package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybillhq/waybill/internal/hook"
)

// deliveries counts what becomes of deliveries, and what their attempts met.
type deliveries struct {
	names    *names
	total    *prometheus.CounterVec
	kept     *kept[hooks, outcomes]
	attempts *prometheus.CounterVec
	answered [6]prometheus.Counter // attempts with a whole response, by the class of its status
	late     prometheus.Counter
	took     prometheus.Histogram
	first    prometheus.Histogram
	claims   prometheus.Histogram
	claimed  prometheus.Counter
	taken    prometheus.Counter
}

// hooks are those of a kind of a company, by its name in labels.
type hooks struct {
	company string
	kind    hook.Kind
}

// outcomes are the counters of such hooks.
type outcomes struct{ delivered, failed, retried, cancelled prometheus.Counter }

const noError = "none" // the label of attempts without one

func newDeliveries(n *names) deliveries {
	d := deliveries{
		names: n,
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_deliveries_total",
			Help: "Moves of deliveries, by company, kind of hook and outcome: delivered, failed, retried after a temporary failure, or cancelled.",
		}, []string{"company", "kind", "outcome"}),
		kept: &kept[hooks, outcomes]{},
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_attempts_total",
			Help: "Attempts that were recorded, by class of status and kind of error. An attempt without a whole response has an error.",
		}, []string{"status", "error"}),
		late: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waybill_attempts_late_total",
			Help: "Attempts that were recorded when another node had taken over their delivery.",
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_attempt_duration_seconds", Help: "How long attempts took, from looking up the name to the end of the response.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
		first: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_first_attempt_seconds", Help: "From the acceptance of events to the end of the first attempts of their deliveries.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200},
		}),
		claims: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_claim_duration_seconds", Help: "How long it took to claim waiting deliveries from the database.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}),
		claimed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waybill_claimed_deliveries_total", Help: "Deliveries that were claimed from the database.",
		}),
		taken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "waybill_taken_over_deliveries_total", Help: "Deliveries that were taken over from nodes that had stopped.",
		}),
	}
	for class := range d.answered {
		if class > 0 {
			d.answered[class] = d.attempts.WithLabelValues(statusClass(class*100), noError)
		}
	}
	return d
}

func (d *deliveries) collectors() []prometheus.Collector {
	return []prometheus.Collector{d.total, d.attempts, d.late, d.took, d.first, d.claims, d.claimed, d.taken}
}

// Settled counts an attempt and what it meant for its delivery.
func (d *deliveries) Settled(kind hook.Kind, delivery *hook.Delivery, s *hook.Settlement, moved bool) {
	d.attempted(delivery, &s.Attempt)
	if !moved {
		d.late.Inc()
		return
	}
	o := d.kept.of(hooks{d.names.of(s.Company), kind}, d.resolve)
	switch s.Verdict.State {
	case hook.Delivered:
		o.delivered.Inc()
	case hook.Failed:
		o.failed.Inc()
	case hook.Waiting:
		o.retried.Inc()
	case hook.Cancelled:
		o.cancelled.Inc()
	case hook.Sending, hook.Merged: // no verdicts
	}
}

func (d *deliveries) attempted(delivery *hook.Delivery, a *hook.Attempt) {
	if class := a.Status / 100; a.Error == hook.NoError && class > 0 && class < len(d.answered) {
		d.answered[class].Inc()
	} else {
		d.attempts.WithLabelValues(statusClass(a.Status), errorLabel(a.Error)).Inc()
	}
	if a.Took.Total > 0 {
		d.took.Observe(a.Took.Total.Seconds())
	}
	if a.Number == 1 {
		d.first.Observe(max(0, a.StartedAt.Add(a.Took.Total).Sub(delivery.CreatedAt)).Seconds())
	}
}

// Cancelled counts deliveries that were cancelled.
func (d *deliveries) Cancelled(company string, kind hook.Kind, n int) {
	d.kept.of(hooks{d.names.of(company), kind}, d.resolve).cancelled.Add(float64(n))
}

// Claimed counts a claim and what it got.
func (d *deliveries) Claimed(n int, took time.Duration) {
	d.claims.Observe(took.Seconds())
	d.claimed.Add(float64(n))
}

// TakenOver counts deliveries that were taken over.
func (d *deliveries) TakenOver(n int) { d.taken.Add(float64(n)) }

func (d *deliveries) resolve(h hooks) outcomes {
	counter := func(outcome string) prometheus.Counter {
		return d.total.WithLabelValues(h.company, string(h.kind), outcome)
	}
	return outcomes{
		delivered: counter("delivered"), failed: counter("failed"),
		retried: counter("retried"), cancelled: counter("cancelled"),
	}
}

// statusClass returns the class of a status, such as "2xx", or "none".
func statusClass(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return strconv.Itoa(status/100) + "xx"
}

func errorLabel(e hook.ErrorKind) string {
	if e == hook.NoError {
		return noError
	}
	return string(e)
}
