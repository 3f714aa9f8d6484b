package render

import (
	"errors"
	"net/http"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// connector renders what a connector is sent: by GET, a URL with the ID of the order
// or shipment and nothing else; by POST, the affected lines of the order, or the whole
// shipment, as j's State has them.
func connector(j *hook.Job, h *hook.Hook) (message, error) {
	if h.Connector.Method == http.MethodGet {
		url, err := fetched(j, h)
		return message{method: http.MethodGet, url: url}, err
	}
	if j.State == nil {
		return message{}, hook.Errorf(hook.Invalid, "the %s %.80q isn't known here; put its state first", j.Event.Entity.Kind, j.Event.Entity.ID)
	}
	m := message{method: http.MethodPost, url: h.URL, contentType: jsonType}
	var err error
	if h.Kind == hook.Shipments {
		m.body, err = shown(shipment(j))
	} else {
		form := order.Form{XML: h.Connector.Format == hook.TXML, Single: h.Connector.Single, Simple: h.Connector.Simple}
		m.contentType = form.ContentType()
		m.body, err = shown(affected(j, form))
	}
	return m, err
}

// fetched returns the URL that tells a receiver what to fetch.
func fetched(j *hook.Job, h *hook.Hook) (string, error) {
	place := order.OrderPlace
	if h.Kind == hook.Shipments {
		place = order.ShipmentPlace
	}
	url, err := order.URL(h.URL, place, j.Event.Entity.ID)
	if err != nil {
		return "", &hook.Error{Fault: hook.Invalid, Msg: err.Error()}
	}
	return url, nil
}

func affected(j *hook.Job, form order.Form) ([]byte, error) {
	e := order.Event{Name: j.Event.Type, Lines: j.Event.Scope.Lines, Meta: meta(&j.Event)}
	if err := read(j.State, &e.Order); err != nil {
		return nil, err
	}
	if j.Event.Scope.Version == 0 {
		e.Lines = make([]string, len(e.Order.Lines))
		for i := range e.Order.Lines {
			e.Lines[i] = e.Order.Lines[i].ID
		}
	}
	return order.Body(e, form)
}

func shipment(j *hook.Job) ([]byte, error) {
	var s trade.Shipment
	if err := read(j.State, &s); err != nil {
		return nil, err
	}
	return order.Shipment(j.Event.Type, s, meta(&j.Event)), nil
}

// read reads a state that was stored.
func read(s *trade.State, v any) error {
	if problems := openjson.Decode(s.JSON, v); len(problems) > 0 {
		return errors.New(problems[0].Field + " of what is stored " + problems[0].Reason)
	}
	return nil
}

// meta names the message: it is the same for all receivers and attempts, so that they
// know a repeat.
func meta(e *trade.Event) trade.Meta {
	return trade.Meta{
		MessageID:       e.ID.String(),
		Source:          trade.Source{TraceID: traceID(e.Trace.Parent), CompanyID: e.Company},
		CreatedDateTime: e.OccurredAt.UTC(),
	}
}

// traceID returns the ID of the trace that a traceparent names (W3C Trace Context,
// section 3.2.2), empty if there is none.
func traceID(parent string) string {
	_, rest, _ := strings.Cut(parent, "-")
	id, _, _ := strings.Cut(rest, "-")
	return id
}
