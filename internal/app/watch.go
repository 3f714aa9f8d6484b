package app

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/metrics"
)

// BadMetricsListen says that metrics can't be served at the address they are to be.
type BadMetricsListen struct {
	Addr string // as the option has it
	Err  error
}

// Error names the address.
func (e *BadMetricsListen) Error() string {
	return fmt.Sprintf("serve metrics at %s: %v", e.Addr, e.Err)
}

// Unwrap returns what is wrong with it.
func (e *BadMetricsListen) Unwrap() error { return e.Err }

// observe makes what counts what the parts do.
func (a *App) observe(o Options) {
	a.metrics = metrics.New(metrics.Options{
		Companies: o.MetricsCompanies, Queue: a.store, Version: o.Version,
		Load: func() hook.Load { return a.engine.Load() }, // which is made later
	})
	a.store.Observe(a.metrics)
}

// listenForMetrics opens the address where metrics are served without a key, if
// there is to be one.
func (a *App) listenForMetrics(ctx context.Context, o Options) error {
	if o.MetricsListen == "" {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.MetricsListen)
	if err != nil {
		return &BadMetricsListen{Addr: o.MetricsListen, Err: err}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	a.watched = &site{ln, newServer(mux, o.Log)}
	a.closers = append(a.closers, a.watched.close)
	return nil
}

// MetricsAddr returns the address where metrics are served without a key, or an
// empty text.
func (a *App) MetricsAddr() string {
	if a.watched == nil {
		return ""
	}
	return a.watched.ln.Addr().String()
}
