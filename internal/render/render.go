// Package render makes the request of an attempt from the event and the hook:
// method, URL, headers and body. It is pure but for reading each time zone
// from the system once.
package render

import (
	"net/http"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render/entity"
	"github.com/waybillhq/waybill/internal/render/notice"
	"github.com/waybillhq/waybill/internal/trade"
)

// Delivery returns the request of an attempt to deliver j to h, begun at the
// given time, on behalf of company c. A connector is told of orders and shipments
// as it wants it, from j's State if h needs it, see connector. To other hooks, the
// body belongs to the family of the event's type: a document is told as a notice,
// in the company's time zone, anything else as its type's default payload. The
// header names the delivery (Webhook-Id), the time in Unix seconds
// (Webhook-Timestamp), the attempt's number (Webhook-Attempt), if others were merged
// into it, how many events it stands for (Webhook-Events), and, if the event has one,
// the trace (Traceparent and Tracestate); it belongs to the caller, as does the body.
//
// An error is a *hook.Error that says in words what is wrong with the event, the
// hook or the company's settings. It is safe for concurrent use.
func Delivery(j hook.Job, h *hook.Hook, c trade.Company, at time.Time) (hook.Request, error) {
	m, err := render(j, h, c, at)
	if err != nil {
		return hook.Request{}, err
	}
	values := [...]string{
		m.contentType, j.Delivery.WebhookID(),
		strconv.FormatInt(at.Unix(), 10), strconv.Itoa(j.Delivery.Attempt),
	}
	header := http.Header{
		"Webhook-Id":        values[1:2:2],
		"Webhook-Timestamp": values[2:3:3],
		"Webhook-Attempt":   values[3:4:4],
	}
	if m.contentType != "" {
		header["Content-Type"] = values[0:1:1]
	}
	if j.Delivery.Events > 1 {
		header["Webhook-Events"] = []string{strconv.Itoa(j.Delivery.Events)}
	}
	if t := j.Event.Trace; t.Parent != "" {
		header["Traceparent"] = []string{t.Parent}
		if t.State != "" {
			header["Tracestate"] = []string{t.State}
		}
	}
	return hook.Request{Method: m.method, URL: m.url, Header: header, Body: m.body}, nil
}

// message is what a request says, and how.
type message struct {
	method, url string
	contentType string // of the body; empty if there is none
	body        []byte
}

func render(j hook.Job, h *hook.Hook, c trade.Company, at time.Time) (message, error) {
	if h.Kind.EntityKind() != "" {
		return connector(&j, h)
	}
	body, err := family(j, c, at)
	return message{http.MethodPost, h.URL, jsonType, body}, err
}

const jsonType = "application/json"

// family returns the body that hooks of other kinds are sent of an event.
func family(j hook.Job, c trade.Company, at time.Time) ([]byte, error) {
	t, ok := trade.TypeOf(j.Event.Type)
	if !ok {
		return nil, unknownType(j.Event.Type)
	}
	if t.Family != trade.DocumentEvents {
		return shown(entity.Body(j.Event, t))
	}
	local, err := zone(c.TimeZone)
	if err != nil {
		return nil, err
	}
	return shown(notice.Body(j.Event, j.Delivery.ID, at, local))
}

// shown makes the error of a renderer, which is in words, one to show.
func shown(body []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, &hook.Error{Fault: hook.Invalid, Msg: err.Error()}
	}
	return body, nil
}

func unknownType(name string) error {
	if near := trade.Nearest(name); near != "" {
		return hook.Errorf(hook.Invalid, "there is no event type %.80q; %q is the nearest", name, near)
	}
	return hook.Errorf(hook.Invalid, "there is no event type %.80q", name)
}
