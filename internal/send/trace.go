package send

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// trace collects the times of one request. Its hooks may run in other goroutines
// and even after the request has ended, when a connection was begun for it and
// another became free first; so everything they write is atomic, and a trace is
// never used twice.
type trace struct {
	start time.Time
	hooks httptrace.ClientTrace

	// Since start, in nanoseconds; 0 before it happened.
	dnsStart, dnsDone         atomic.Int64
	connectStart, connectDone atomic.Int64
	tlsStart, tlsDone         atomic.Int64
	firstByte                 atomic.Int64
	version                   atomic.Value // of TLS, in words, once the handshake is done

	connected atomic.Bool // the request has a connection
	reused    atomic.Bool // and that was a kept one
	asked     atomic.Bool // the receiver asked for a client certificate
}

type traceKey struct{}

// noteAsked notes that the receiver asks for a client certificate, in the trace
// of the request for which the connection is made.
func noteAsked(ctx context.Context) {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		t.asked.Store(true)
	}
}

// in returns ctx with the trace in it.
func (t *trace) in(ctx context.Context) context.Context {
	t.hooks = httptrace.ClientTrace{
		GetConn: func(string) { t.connected.Store(false) },
		GotConn: func(i httptrace.GotConnInfo) {
			t.reused.Store(i.Reused)
			t.connected.Store(true)
		},
		DNSStart: func(httptrace.DNSStartInfo) { t.mark(&t.dnsStart) },
		DNSDone:  func(httptrace.DNSDoneInfo) { t.mark(&t.dnsDone) },
		// A name with several addresses is tried at several: the first start and
		// the first success count.
		ConnectStart: func(string, string) { t.mark(&t.connectStart) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				t.mark(&t.connectDone)
			}
		},
		TLSHandshakeStart: func() { t.mark(&t.tlsStart) },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			t.mark(&t.tlsDone)
			if err == nil {
				t.version.Store(tls.VersionName(state.Version))
			}
		},
		GotFirstResponseByte: func() { t.mark(&t.firstByte) },
	}
	return httptrace.WithClientTrace(context.WithValue(ctx, traceKey{}, t), &t.hooks)
}

// mark sets at to now, unless it is set already.
func (t *trace) mark(at *atomic.Int64) {
	at.CompareAndSwap(0, max(1, int64(time.Since(t.start))))
}

// tlsVersion returns the version of TLS that a new connection has, "" if there is none.
func (t *trace) tlsVersion() string {
	v, _ := t.version.Load().(string)
	return v
}

// timing returns the times of a request that ends now.
func (t *trace) timing() hook.Timing {
	end := int64(time.Since(t.start))
	took := hook.Timing{FirstByte: time.Duration(t.firstByte.Load()), Total: time.Duration(end)}
	if t.connected.Load() && t.reused.Load() {
		return took
	}
	span := func(from, to *atomic.Int64) time.Duration {
		begin, finish := from.Load(), to.Load()
		if begin == 0 {
			return 0
		}
		if finish == 0 {
			finish = end // it was still going on, or had failed
		}
		return time.Duration(max(0, finish-begin))
	}
	took.DNS = span(&t.dnsStart, &t.dnsDone)
	took.Connect = span(&t.connectStart, &t.connectDone)
	took.TLS = span(&t.tlsStart, &t.tlsDone)
	return took
}

// failure returns what explain needs to know of a request for u that has failed
// now, with the given client certificate, after a was filled with what came of
// the response. The context is the caller's.
func (t *trace) failure(ctx context.Context, u *url.URL, client hook.Certificate, a *hook.Attempt) failure {
	f := failure{
		client: client, asked: t.asked.Load(),
		host: u.Hostname(), port: u.Port(), status: a.Status, read: len(a.ResponseBody),
		now: time.Now(), elapsed: time.Since(t.start),
		cancelled: errors.Is(ctx.Err(), context.Canceled),
	}
	if f.port == "" {
		f.port = "443"
	}
	switch {
	case t.connected.Load() && t.firstByte.Load() != 0:
		f.phase = reading
	case t.connected.Load():
		f.phase = waiting
	case t.tlsStart.Load() != 0:
		f.phase = handshake
	case t.connectStart.Load() != 0 || t.dnsStart.Load() == 0:
		f.phase = connecting
	default:
		f.phase = resolving
	}
	return f
}
