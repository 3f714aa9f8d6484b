package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybillhq/waybill/internal/hook"
)

// load shows what this node has in hand when it is asked. What else there is to
// show of a node is a field of hook.Load and a row of newLoad.
type load struct {
	read   func() hook.Load
	gauges []loadGauge
}

type loadGauge struct {
	desc  *prometheus.Desc
	value func(hook.Load) int
}

func newLoad(read func() hook.Load) *load {
	l := &load{read: read}
	add := func(name, help string, value func(hook.Load) int) {
		l.gauges = append(l.gauges, loadGauge{prometheus.NewDesc(name, help, nil, nil), value})
	}
	add("waybill_node_lanes", "Hooks that this node has something to do for, or that failed lately.", func(l hook.Load) int { return l.Lanes })
	add("waybill_node_open_circuits", "Hooks that keep failing, so that this node only probes them.", func(l hook.Load) int { return l.Open })
	add("waybill_node_deliveries", "Deliveries that this node holds: those under way, and the next ones.", func(l hook.Load) int { return l.Held })
	add("waybill_node_requests", "Requests to receivers that are under way.", func(l hook.Load) int { return l.Flying })
	add("waybill_node_unsettled_attempts", "Attempts that were made and are not yet recorded.", func(l hook.Load) int { return l.Unsettled })
	add("waybill_node_memory_bytes", "Memory that deliveries take, about; --memory bounds it.", func(l hook.Load) int { return l.Memory })
	return l
}

// Describe tells what there is.
func (l *load) Describe(to chan<- *prometheus.Desc) {
	for _, g := range l.gauges {
		to <- g.desc
	}
}

// Collect reads it.
func (l *load) Collect(to chan<- prometheus.Metric) {
	now := l.read()
	for _, g := range l.gauges {
		to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, float64(g.value(now)))
	}
}
