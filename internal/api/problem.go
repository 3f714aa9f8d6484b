package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

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

	cause error // for the log alone
}

type fieldError struct {
	Field  string `json:"field" doc:"The field as it was sent, such as eventTypes[2], or the header or parameter; empty for the whole."`
	Reason string `json:"reason" doc:"What is wrong with it, and what to do about it."`
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
		p.Errors = append(p.Errors, fieldError(q))
	}
	p.cause = e.Err
	return p
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
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone needs no answer
}

// transform gives huma's own errors our form, and the log the cause of ours.
func transform(ctx huma.Context, _ string, v any) (any, error) {
	switch v := v.(type) {
	case *huma.ErrorModel:
		p := problemOfHuma(v)
		exchangeOf(ctx).cause = p.cause
		return p, nil
	case *problem:
		exchangeOf(ctx).cause = v.cause
	}
	return v, nil
}

// problemOfHuma translates what huma finds wrong. It leaves out the values,
// which may be secret.
func problemOfHuma(m *huma.ErrorModel) *problem {
	if m.Status >= http.StatusInternalServerError {
		return internal(errors.New(m.Detail))
	}
	p := newProblem(unprocessableStatus(m.Status), m.Detail)
	if len(m.Errors) > 0 {
		p.Detail = "the input is not valid"
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
		f.Reason = "it is missing; add it"
	case e.Message == "unexpected property":
		f.Reason = "there is no such field; remove it"
	case e.Message == "unknown query parameter":
		f.Reason = "there is no such parameter; remove it"
	case strings.HasPrefix(e.Message, "invalid date/time"):
		f.Reason = "it is not a time such as 2026-01-31T14:05:00Z (RFC 3339); in a URL, write + as %2B"
	case e.Location == "body":
		f.Reason = "it is not JSON: " + e.Message + "; send a JSON object"
	default:
		f.Reason = "it is not valid: " + e.Message
	}
	return f
}
