// Package partner serves what receivers call back once they were told of something, at
// paths that they know from the platforms they were made for.
package partner

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Server answers receivers. All fields must be set.
type Server struct {
	Archive Archive
	Gate    Gate
	Store   Store
	Policy  account.Policy
	Log     *slog.Logger
}

// Archive has the documents.
type Archive interface {
	// Download returns the newest document of a kind, in a format, of a deal of a
	// company, or an error of fault hook.Missing. Reads of it end with ctx.
	Download(ctx context.Context, company, transaction string, k trade.DocumentKind, f trade.Format) (document.Download, error)
}

// Gate knows who makes a request.
type Gate interface {
	// Identify tells who makes a request: nobody, if it brings no credential. One that
	// isn't valid is an error of fault hook.Unknown.
	Identify(r *http.Request) (account.Actor, error)
}

// Store is the part of the store that says which companies there are.
type Store interface {
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
}

// Path is what all paths that receivers call begin with.
const Path = "/2.1/"

// Handler returns all routes for receivers. It is safe for concurrent use.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Path+"business/documents/{transaction}/{file}", s.handle(s.getDocument)) // and HEAD
	return mux
}

// handler answers a request of a company, or returns an error before it has begun to.
type handler func(w http.ResponseWriter, r *http.Request, company string) error

// handle lets those in who may read a company's documents, and logs each request.
func (s *Server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, begun: time.Now()}
		a, err := s.allow(r)
		if err == nil {
			w.Header().Set("Cache-Control", "no-cache") // it may be kept, but another may come
			err = h(x, r, a.Company)
		}
		if err != nil {
			refuse(x, err)
		}
		s.log(r, x, a.Company, err)
	})
}

// allow tells who makes a request, if they may read documents: the holder of a key of
// a company, whose ID is the user's name (RFC 7617).
func (s *Server) allow(r *http.Request) (account.Actor, error) {
	company, _, ok := r.BasicAuth()
	if !ok {
		return account.Actor{}, hook.Errorf(hook.Unknown, "send the company's ID as user name and a key of the company as password, with HTTP basic authentication")
	}
	a, err := s.Gate.Identify(r)
	if err != nil {
		return account.Actor{}, err
	}
	c, ok := s.Store.Directory().Companies[company]
	if !ok {
		return account.Actor{}, hook.Errorf(hook.Unknown, "the key is not valid")
	}
	return a, s.Policy.Allow(a, account.ReadDocuments, &c)
}

// getDocument sends the newest document of a deal.
func (s *Server) getDocument(w http.ResponseWriter, r *http.Request, company string) error {
	name, extension, _ := strings.Cut(r.PathValue("file"), ".")
	kind, ok := trade.DocumentKindOf(name)
	format := trade.FormatOf(extension)
	if !ok || format == "" || strings.Contains(extension, "/") {
		return hook.Errorf(hook.Missing, "there is no such document")
	}
	d, err := s.Archive.Download(r.Context(), company, r.PathValue("transaction"), kind, format)
	if err != nil {
		return err
	}
	defer d.Content.Close()
	d.Serve(w, r)
	return nil
}

// refuse answers with what is wrong, as a problem document (RFC 9457).
func refuse(w http.ResponseWriter, err error) {
	status, detail := http.StatusInternalServerError, "something went wrong on the server; its log says what"
	if e, ok := errors.AsType[*hook.Error](err); ok {
		if s := statusOf(e.Fault); s != 0 {
			status, detail = s, e.Msg
		}
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="waybill", charset="UTF-8"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // a client that is gone needs no answer
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(status), status, detail})
}

func statusOf(f hook.Fault) int {
	switch f {
	case hook.Unknown:
		return http.StatusUnauthorized
	case hook.Denied:
		return http.StatusForbidden
	case hook.Missing:
		return http.StatusNotFound
	case hook.Busy, hook.TooOften:
		return http.StatusServiceUnavailable // what receivers know as "later"
	case hook.Invalid, hook.Conflict, hook.TooLarge, hook.Internal:
	}
	return 0
}

// exchange notes how a request is answered.
type exchange struct {
	http.ResponseWriter
	begun  time.Time
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

// Write counts what is sent.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.sent += int64(n)
	return n, err
}

// log writes one line for a request.
func (s *Server) log(r *http.Request, x *exchange, company string, err error) {
	level := slog.LevelDebug
	switch {
	case x.status >= http.StatusInternalServerError:
		level = slog.LevelError
	case x.status >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("pattern", r.Pattern), slog.Int("status", x.status),
		slog.Int64("bytes", x.sent), slog.Duration("took", time.Since(x.begun)),
	}
	if company != "" {
		attrs = append(attrs, slog.String("company", company))
	}
	if err != nil && x.status >= http.StatusInternalServerError {
		attrs = append(attrs, slog.Any("err", err))
	}
	s.Log.LogAttrs(r.Context(), level, "request of a receiver", attrs...)
}
