package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/rawjson"
)

// maxLines is how many events a batch may have.
const maxLines = 10_000

type postBatchInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. Line n, counted from 1, has the key KEY/n."`
	rawBody
}

// batchLine describes a line of the answer, which appendReceipt and
// appendRefusal write.
type batchLine struct {
	Line       int       `json:"line" minimum:"1" doc:"The line of the request."`
	Status     int       `json:"status" doc:"202 if the event was accepted; what it would be answered with alone."`
	ID         string    `json:"id,omitempty" format:"uuid"`
	ReceivedAt time.Time `json:"receivedAt,omitzero"`
	Deliveries int       `json:"deliveries,omitempty"`
	Repeated   bool      `json:"repeated,omitempty"`
	Problem    *problem  `json:"problem,omitempty"`
}

func postBatchOperation() huma.Operation {
	op := secured("POST "+batchPath, "postEvents", "Accept many events", account.PostEvents,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	op.Description = "Up to 10,000 events, one a line. Each is accepted or refused for itself, and answered by a line."
	op.Responses = answers(http.StatusOK, linesType, &huma.Schema{
		Type: huma.TypeString, Description: "For each event a line: see the schema BatchLine.",
	})
	return op
}

func (s *Server) postBatch(ctx context.Context, in *postBatchInput) (_ *documentOutput, err error) {
	trace, end := s.Tracer.Accept(in.Company, batchPath, in.request.Header)
	defer func() { end(answered(http.StatusOK, err)) }()
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	body, err := in.read(linesType, s.MaxBatch, "--max-batch")
	if err != nil {
		return nil, err
	}
	lines, err := splitLines(body)
	if err != nil {
		return nil, err
	}
	posts := make([]intake.Posted, 0, len(lines))
	for _, l := range lines {
		if int64(len(l.text)) > s.MaxEvent {
			continue
		}
		lineKey := ""
		if key != "" {
			lineKey = key + "/" + strconv.Itoa(l.number)
		}
		// Copied, since the intake keeps it: one event must not hold the batch.
		posts = append(posts, posted(bytes.Clone(l.text), lineKey, trace))
	}
	results, err := s.Intake.Accept(ctx, in.Company, posts)
	if err != nil {
		return nil, err
	}
	if len(results) != len(posts) {
		return nil, fmt.Errorf("the intake answered %d of %d events", len(results), len(posts))
	}
	return &documentOutput{ContentType: linesType, Body: s.answerLines(lines, results)}, nil
}

// line is an event of a batch.
type line struct {
	number int    // counted from 1, empty lines included
	text   []byte // a part of the batch, not empty, without spaces around
}

// splitLines returns the lines of a batch that are not empty.
func splitLines(batch []byte) ([]line, error) {
	lines := make([]line, 0, min(bytes.Count(batch, []byte("\n"))+1, maxLines))
	for number := 1; len(batch) > 0; number++ {
		text, rest, _ := bytes.Cut(batch, []byte("\n"))
		batch = rest
		text = bytes.Trim(text, " \t\r") // the white space of JSON
		if len(text) == 0 {
			continue
		}
		if len(lines) == maxLines {
			return nil, hook.Errorf(hook.TooLarge, "the batch has more than %d events; split it", maxLines)
		}
		lines = append(lines, line{number, text})
	}
	return lines, nil
}

// answerLines writes the answer: results are those of the lines that were not
// too large, in the same order.
func (s *Server) answerLines(lines []line, results []intake.Result) []byte {
	answer := make([]byte, 0, 160*len(lines))
	for _, l := range lines {
		var r intake.Result
		if int64(len(l.text)) > s.MaxEvent {
			r.Err = tooLarge("the event", s.MaxEvent, "--max-event")
		} else {
			r, results = results[0], results[1:]
		}
		if r.Err == nil {
			answer = append(answer, `{"line":`...)
			answer = strconv.AppendInt(answer, int64(l.number), 10)
			answer = append(answer, `,"status":202,`...)
			answer = append(appendReceipt(answer, r.Receipt), "}\n"...)
		} else {
			answer = appendRefusal(answer, l.number, problemOf(r.Err))
		}
	}
	return answer
}

func appendRefusal(b []byte, number int, p *problem) []byte {
	b = append(b, `{"line":`...)
	b = strconv.AppendInt(b, int64(number), 10)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(p.Status), 10)
	b = append(b, `,"problem":{"type":`...)
	b = rawjson.AppendString(b, p.Type)
	b = append(b, `,"title":`...)
	b = rawjson.AppendString(b, p.Title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(p.Status), 10)
	b = append(b, `,"detail":`...)
	b = rawjson.AppendString(b, p.Detail)
	for i, e := range p.Errors {
		if i == 0 {
			b = append(b, `,"errors":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, `{"field":`...)
		b = rawjson.AppendString(b, e.Field)
		b = append(b, `,"reason":`...)
		b = rawjson.AppendString(b, e.Reason)
		b = append(b, '}')
	}
	if len(p.Errors) > 0 {
		b = append(b, ']')
	}
	return append(b, "}}\n"...)
}
