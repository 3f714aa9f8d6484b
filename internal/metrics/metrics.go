// Package metrics counts what the server does, for Prometheus. It implements the
// observers that intake, deliver and store declare; docs/metrics.md has every
// metric.
//
// Labels have few values: IDs of hooks, deliveries and entities, and URLs, are
// never among them, and no more than a bounded number of companies.
package metrics

import (
	"cmp"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/waybillhq/waybill/internal/hook"
)

// DefaultCompanies is how many companies are named unless Options say otherwise.
const DefaultCompanies = 200

// Options are the parts and bounds of Metrics.
type Options struct {
	Companies int              // so many are named, the first that something happens to; 0: DefaultCompanies
	Queue     Queue            // what waits
	Load      func() hook.Load // what this node has in hand
	Version   string           // of Waybill
}

// Metrics counts. Its methods are safe for concurrent use and, but for those of
// its handler, take well under a microsecond.
type Metrics struct {
	registry *prometheus.Registry
	events
	deliveries
	commits
}

// New returns Metrics with a registry of their own.
func New(o Options) *Metrics {
	names := &names{most: cmp.Or(o.Companies, DefaultCompanies)}
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		events:     newEvents(names),
		deliveries: newDeliveries(names),
		commits:    newCommits(),
	}
	version := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "waybill_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": o.Version, "go": runtime.Version()},
	})
	version.Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version)
	m.registry.MustRegister(m.events.collectors()...)
	m.registry.MustRegister(m.deliveries.collectors()...)
	m.registry.MustRegister(m.commits.collectors()...)
	m.registry.MustRegister(newLoad(o.Load), newDepth(o.Queue, m.errors.WithLabelValues("count")))
	return m
}

// Registry returns what all is registered with.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler answers with all metrics, in the format that Accept prefers. It asks
// nobody who they are.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true, MaxRequestsInFlight: 4,
	})
}
