package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybillhq/waybill/internal/hook"
)

// events counts what becomes of events.
type events struct {
	names *names
	total *prometheus.CounterVec
	kept  *kept[string, eventCounters]
}

// eventCounters are those of one company.
type eventCounters struct{ accepted, repeated, refused, failed prometheus.Counter }

func newEvents(n *names) events {
	return events{
		names: n,
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waybill_events_total",
			Help: "Events that producers have sent, by company and by what became of them: accepted, repeated, refused, or failed to be stored.",
		}, []string{"company", "outcome"}),
		kept: &kept[string, eventCounters]{},
	}
}

func (e *events) collectors() []prometheus.Collector { return []prometheus.Collector{e.total} }

// Accepted counts events of a company that came together.
func (e *events) Accepted(company string, t hook.Tally) {
	c := e.kept.of(e.names.of(company), e.resolve)
	c.accepted.Add(float64(t.Accepted))
	c.repeated.Add(float64(t.Repeated))
	c.refused.Add(float64(t.Refused))
	c.failed.Add(float64(t.Failed))
}

func (e *events) resolve(company string) eventCounters {
	return eventCounters{
		accepted: e.total.WithLabelValues(company, "accepted"),
		repeated: e.total.WithLabelValues(company, "repeated"),
		refused:  e.total.WithLabelValues(company, "refused"),
		failed:   e.total.WithLabelValues(company, "failed"),
	}
}
