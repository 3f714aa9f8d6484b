package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/hook"
)

const problemType = "application/problem+json"

// problem is a problem document (RFC 9457, section 3).
type problem struct {
	Type   string       `json:"type" format:"uri-reference" doc:"Always about:blank: the status says what kind of problem it is."`
	Title  string       `json:"title" doc:"The status in words."`
	Status int          `json:"status" doc:"The HTTP status."`
	Detail string       `json:"detail" doc:"What is wrong, in a sentence."`
	Errors []fieldError `json:"errors,omitempty" nullable:"false" doc:"Everything that is wrong with the input."`

	german   string        // the detail in German; empty if there is none
	language string        // of the texts, if not English
	after    time.Duration // when to try again; 0 if that isn't known
	cause    error         // for the log alone
}

type fieldError struct {
	Field  string `json:"field" doc:"The field as it was sent, such as eventTypes[2], or the header or parameter; empty for the whole."`
	Reason string `json:"reason" doc:"What is wrong with it, and what to do about it."`

	german string // the reason in German; empty if there is none
}

func newProblem(status int, detail string) *problem {
	title := http.StatusText(status)
	if status == statusClientGone {
		title = "Client Closed Request"
	}
	return &problem{Type: "about:blank", Title: title, Status: status, Detail: detail}
}

// Error returns the detail.
func (p *problem) Error() string { return p.Detail }

// Unwrap returns what the log is to say.
func (p *problem) Unwrap() error { return p.cause }

// GetStatus tells huma the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type of problem documents.
func (p *problem) ContentType(string) string { return problemType }

// statusClientGone is logged for a request whose client has not waited for the
// answer; it is nobody's fault.
const statusClientGone = 499

// problemOf turns an error into what its caller may see of it.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault == hook.Internal {
		if errors.Is(err, context.Canceled) {
			return newProblem(statusClientGone, "the request was given up")
		}
		return internal(err)
	}
	p := newProblem(statusOf(e.Fault), e.Msg)
	for _, q := range e.Problems {
		p.Errors = append(p.Errors, fieldError{Field: q.Field, Reason: q.Reason, german: q.German})
	}
	if p.german = e.German; p.german == "" && p.Detail == notValid {
		p.german = notValidGerman
	}
	p.after, p.cause = e.After, e.Err
	return p
}

// What is said of an input besides its errors.
const (
	notValid       = "the input is not valid"
	notValidGerman = "Die Eingabe ist nicht gültig."
)

// in returns the problem in German if that is wanted and known, else as it is.
func (p *problem) in(wantGerman bool) *problem {
	if !wantGerman || p.german == "" {
		return p
	}
	g := *p
	g.language, g.Title, g.Detail = german, germanTitle(p.Status), p.german
	g.Errors = slices.Clone(p.Errors)
	for i := range g.Errors {
		if e := &g.Errors[i]; e.german != "" {
			e.Reason = e.german
		}
	}
	return &g
}

// describe adds to a header what goes with the problem.
func (p *problem) describe(h http.Header) {
	if p.language != "" {
		h.Set("Content-Language", p.language)
	}
	if p.after > 0 {
		seconds := int64((p.after + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
}

func internal(cause error) *problem {
	p := newProblem(http.StatusInternalServerError, "something went wrong on the server; its log says what")
	p.cause = cause
	return p
}

func statusOf(f hook.Fault) int {
	switch f {
	case hook.Invalid:
		return http.StatusUnprocessableEntity
	case hook.Missing:
		return http.StatusNotFound
	case hook.Conflict:
		return http.StatusConflict
	case hook.TooLarge:
		return http.StatusRequestEntityTooLarge
	case hook.Busy:
		return http.StatusServiceUnavailable
	case hook.Unknown:
		return http.StatusUnauthorized
	case hook.Denied:
		return http.StatusForbidden
	case hook.TooOften:
		return http.StatusTooManyRequests
	case hook.Internal:
	}
	return http.StatusInternalServerError
}

// write answers a request outside of huma.
func (p *problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		body = nil // a problem is made of texts and numbers
	}
	p.describe(w.Header())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone needs no answer
}

// transform gives huma's own errors our form, and the log the cause of ours.
func transform(ctx huma.Context, _ string, v any) (any, error) {
	var p *problem
	switch v := v.(type) {
	case *huma.ErrorModel:
		p = problemOfHuma(v)
	case *problem:
		p = v
	default:
		return v, nil
	}
	x := exchangeOf(ctx)
	x.cause = p.cause
	p = p.in(prefersGerman(x.request))
	p.describe(x.Header())
	if p.Status == http.StatusUnauthorized {
		x.Header().Set("WWW-Authenticate", challenge(x))
	}
	return p, nil
}

// problemOfHuma translates what huma finds wrong. It leaves out the values,
// which may be secret.
func problemOfHuma(m *huma.ErrorModel) *problem {
	if m.Status >= http.StatusInternalServerError {
		return internal(errors.New(m.Detail))
	}
	p := newProblem(unprocessableStatus(m.Status), m.Detail)
	if len(m.Errors) > 0 {
		p.Detail, p.german = notValid, notValidGerman
	}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, fieldOfHuma(e))
	}
	return p
}

func fieldOfHuma(e *huma.ErrorDetail) fieldError {
	f := fieldError{Field: e.Location}
	for _, place := range []string{"body", "query", "path", "header"} {
		if rest, ok := strings.CutPrefix(e.Location, place); ok {
			f.Field = strings.TrimPrefix(rest, ".")
			break
		}
	}
	name, missing := strings.CutPrefix(e.Message, "expected required property ")
	switch {
	case missing:
		name = strings.TrimSuffix(name, " to be present")
		f.Field = strings.TrimPrefix(f.Field+"."+name, ".")
		f.Reason, f.german = "it is missing; add it", "Die Angabe fehlt; ergänzen Sie sie."
	case e.Message == "unexpected property":
		f.Reason, f.german = "there is no such field; remove it", "Dieses Feld gibt es nicht; entfernen Sie es."
	case e.Message == "unknown query parameter":
		f.Reason, f.german = "there is no such parameter; remove it", "Diesen Parameter gibt es nicht; entfernen Sie ihn."
	case strings.HasPrefix(e.Message, "invalid date/time"):
		f.Reason = "it is not a time such as 2026-01-31T14:05:00Z (RFC 3339); in a URL, write + as %2B"
	case e.Location == "body":
		f.Reason = "it is not JSON: " + e.Message + "; send a JSON object"
	default:
		f.Reason = "it is not valid: " + e.Message
	}
	return f
}
