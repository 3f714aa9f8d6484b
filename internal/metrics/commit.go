package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// commits measures the commits that callers share, and counts what the database
// could not do.
type commits struct {
	took    prometheus.Histogram
	rows    prometheus.Histogram
	callers prometheus.Histogram
	errors  *prometheus.CounterVec

	failedCommits, failedOthers prometheus.Counter
}

func newCommits() commits {
	sizes := prometheus.ExponentialBuckets(1, 2, 13) // to 4096
	c := commits{
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_commit_duration_seconds", Help: "How long commits of events and attempts took, until they were safe.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_commit_rows", Help: "Events and attempts that shared a commit.", Buckets: sizes,
		}),
		callers: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "waybill_commit_callers", Help: "Callers that shared a commit.", Buckets: sizes,
		}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_database_errors_total",
			Help: "Errors of the database, by what it was to do: a commit of events and attempts, another writing transaction, or the count of what waits.",
		}, []string{"operation"}),
	}
	c.failedCommits, c.failedOthers = c.errors.WithLabelValues("commit"), c.errors.WithLabelValues("transaction")
	return c
}

func (c *commits) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.took, c.rows, c.callers, c.errors}
}

// Committed measures a commit, or counts that it failed.
func (c *commits) Committed(callers, rows int, took time.Duration, err error) {
	if err != nil {
		c.failedCommits.Inc()
		return
	}
	c.took.Observe(took.Seconds())
	c.rows.Observe(float64(rows))
	c.callers.Observe(float64(callers))
}

// Failed counts an error of the database.
func (c *commits) Failed(error) { c.failedOthers.Inc() }
