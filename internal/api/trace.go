package api

import (
	"net/http"

	"github.com/waybillhq/waybill/internal/trade"
)

// Tracer follows events through distributed traces.
type Tracer interface {
	// Accept begins the span of a request by which a company's events come, at a
	// route. It returns what the events are a part of, and what ends the span with
	// the status of the answer.
	Accept(company, route string, h http.Header) (trade.Trace, func(status int))
}

// answered returns the status of an answer that is good, or else an error's.
func answered(good int, err error) int {
	if err != nil {
		return problemOf(err).Status
	}
	return good
}
