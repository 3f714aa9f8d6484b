package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/metrics"
	"github.com/waybillhq/waybill/internal/tracing"
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

// lastSpans is how long the end waits for spans to be sent.
const lastSpans = 5 * time.Second

// openTracer makes what follows traces.
func (a *App) openTracer(ctx context.Context, o Options) error {
	var err error
	a.tracer, err = tracing.Open(ctx, tracing.Options{Endpoint: o.TracesEndpoint, Version: o.Version, Log: o.Log})
	if err != nil {
		return &BadTraces{Err: err}
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSpans)
		defer cancel()
		if err := a.tracer.Close(ctx); err != nil {
			o.Log.WarnContext(ctx, "the last spans were not sent", "err", err)
		}
		return nil
	})
	return nil
}

// attemptTracer returns what follows attempts, nil if nothing is recorded: a trace
// is passed on by itself.
func (a *App) attemptTracer() deliver.Tracer {
	if !a.tracer.On() {
		return nil
	}
	return a.tracer
}

// BadTraces says that traces can't be sent as the options or the environment say.
type BadTraces struct{ Err error }

// Error says what is wrong.
func (e *BadTraces) Error() string { return e.Err.Error() }

// Unwrap returns the same.
func (e *BadTraces) Unwrap() error { return e.Err }

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
