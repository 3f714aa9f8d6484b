package partner

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// refusal is an answer for which there is no fault.
type refusal struct {
	status int
	detail string
}

// Error returns the detail.
func (r *refusal) Error() string { return r.detail }

// problem is a problem document (RFC 9457).
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []fieldError `json:"errors,omitempty"`
}

type fieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// refuse answers with what is wrong, as a problem document.
func refuse(w http.ResponseWriter, err error, challenges []string) {
	p := problem{Status: http.StatusInternalServerError, Detail: "something went wrong on the server; its log says what"}
	if r, ok := errors.AsType[*refusal](err); ok {
		p.Status, p.Detail = r.status, r.detail
	}
	if e, ok := errors.AsType[*hook.Error](err); ok && statusOf(e.Fault) != 0 {
		p.Status, p.Detail = statusOf(e.Fault), e.Msg
		for _, q := range e.Problems {
			p.Errors = append(p.Errors, fieldError{q.Field, q.Reason})
		}
		if e.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.After.Seconds()))))
		}
	}
	if p.Status == http.StatusUnauthorized {
		w.Header()["Www-Authenticate"] = challenges
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Del("ETag")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}

func statusOf(f hook.Fault) int {
	switch f {
	case hook.Unknown:
		return http.StatusUnauthorized
	case hook.Denied:
		return http.StatusForbidden
	case hook.Missing:
		return http.StatusNotFound
	case hook.Invalid:
		return http.StatusUnprocessableEntity
	case hook.TooLarge:
		return http.StatusRequestEntityTooLarge
	case hook.Busy, hook.TooOften:
		return http.StatusServiceUnavailable // what receivers know as "later"
	case hook.Conflict, hook.Internal:
	}
	return 0
}

// exchange notes how a request is answered, and gives its client time for each part of
// the answer.
type exchange struct {
	http.ResponseWriter
	begun  time.Time
	end    time.Time // by which all must be read; zero: whenever
	status int
	sent   int64 // bytes
}

// Unwrap serves http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= http.StatusOK {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

const (
	patience = time.Minute // is how long a client may take to read a part
	part     = 64 << 10    // bytes
)

// Write sends b in parts and counts what is sent.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	written := 0
	for {
		x.until(x.deadline())
		n, err := x.ResponseWriter.Write(b[written:min(written+part, len(b))])
		written += n
		x.sent += int64(n)
		if err != nil || written == len(b) {
			return written, err
		}
	}
}

// deadline returns when the next part must be read.
func (x *exchange) deadline() time.Time {
	next := time.Now().Add(patience)
	if !x.end.IsZero() && x.end.Before(next) {
		return x.end
	}
	return next
}

// until sets when the client must have read what is being sent; zero: no limit.
func (x *exchange) until(deadline time.Time) {
	// Not all writers have deadlines; those of the server do.
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(deadline)
}

// end takes the limit away, since the connection may be used again, and
// writes one line for the request. An answer that broke off after it had begun is not
// to be taken for a whole one.
func (s *Server) end(r *http.Request, x *exchange, company string, err error) {
	s.log(r, x, company, err)
	if err != nil && x.status < http.StatusBadRequest {
		panic(http.ErrAbortHandler)
	}
	x.until(time.Time{})
}

// log writes one line for a request. It says the route, not the URL, which may be
// signed.
func (s *Server) log(r *http.Request, x *exchange, company string, err error) {
	broken := err != nil && x.status < http.StatusBadRequest
	level := slog.LevelDebug
	switch {
	case (x.status >= http.StatusInternalServerError || broken) && r.Context().Err() == nil: // not that nobody waits any more
		level = slog.LevelError
	case x.status >= http.StatusBadRequest || broken:
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("pattern", r.Pattern), slog.Int("status", x.status),
		slog.Int64("bytes", x.sent), slog.Duration("took", time.Since(x.begun)),
	}
	if company != "" {
		attrs = append(attrs, slog.String("company", company))
	}
	if err != nil && (broken || x.status >= http.StatusInternalServerError) {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.Log.LogAttrs(r.Context(), level, "request of a receiver", attrs...)
}
