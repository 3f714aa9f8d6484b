package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/waybillhq/waybill/internal/account"
)

// exchange is a request and what has been answered to it so far. It is the
// http.ResponseWriter that the routes write to.
type exchange struct {
	http.ResponseWriter
	request *http.Request
	token   string        // in the session cookie; empty if there is none
	actor   account.Actor // who makes the request; nobody until that is known
	status  int           // 0 until the answer has begun
	cause   error         // what the caller isn't told
	muted   bool          // the mux's own text is being replaced
}

// Unwrap serves http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader notes the status. Where no route was found, it answers with a
// problem document in place of the mux's text.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= http.StatusOK {
		x.status = status
		if p := x.unrouted(); p != nil {
			p.write(x.ResponseWriter)
			x.muted = true
			return
		}
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write begins the answer if need be.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	if x.muted {
		return len(b), nil
	}
	return x.ResponseWriter.Write(b)
}

// refuse answers a request that no handler is to see.
func (x *exchange) refuse(err error) {
	p := problemOf(err)
	x.cause = p.cause
	if p.Status == http.StatusUnauthorized {
		x.Header().Set("WWW-Authenticate", challenge(x))
	}
	p.in(prefersGerman(x.request)).write(x)
}

// unrouted returns the problem of a request that no route is for, else nil.
func (x *exchange) unrouted() *problem {
	if x.request.Pattern != "" {
		return nil
	}
	switch x.status {
	case http.StatusNotFound:
		return newProblem(x.status, "there is nothing at this path; GET /api/v1/openapi.json lists what there is")
	case http.StatusMethodNotAllowed:
		return newProblem(x.status, "the path is not for this method; it allows "+x.Header().Get("Allow"))
	}
	return nil
}

// exchangeOf returns the exchange that ctx is about.
func exchangeOf(ctx huma.Context) *exchange {
	_, w := humago.Unwrap(ctx)
	return w.(*exchange)
}

// logged writes one line for each request that next answers, at its end. A
// handler that panics is answered with an internal error.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, request: r, token: s.Gate.Token(r)}
		defer s.end(r.Context(), x, time.Now())
		next.ServeHTTP(x, r)
	})
}

// end is deferred by logged.
func (s *Server) end(ctx context.Context, x *exchange, start time.Time) {
	caught := recover()
	half := caught != nil && x.status != 0
	if caught != nil {
		x.cause = fmt.Errorf("panic: %v", caught)
	}
	if caught != nil && !half {
		internal(nil).write(x)
	}
	s.log(ctx, x, time.Since(start))
	if half {
		panic(http.ErrAbortHandler) // so that it is not taken for a whole answer
	}
}

func (s *Server) log(ctx context.Context, x *exchange, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case x.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case x.status >= http.StatusBadRequest:
		level = slog.LevelInfo
	case x.cause != nil: // it broke off
		level = slog.LevelError
	}
	if !s.Log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 6)
	attrs = append(attrs, slog.String("method", x.request.Method), slog.String("pattern", x.request.Pattern),
		slog.Int("status", x.status), slog.Duration("took", took))
	if company := x.request.PathValue("company"); company != "" {
		attrs = append(attrs, slog.String("company", fmt.Sprintf("%.64s", company)))
	}
	if x.cause != nil {
		attrs = append(attrs, slog.Any("err", x.cause))
	}
	s.Log.LogAttrs(ctx, level, "request", attrs...)
}
