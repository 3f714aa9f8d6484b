package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

// postedEvent describes what the intake reads; see intake.Parse.
type postedEvent struct {
	Type       string         `json:"type" example:"OrderCreated" doc:"A name of GET /api/v1/event-types."`
	EntityID   string         `json:"entityId" minLength:"1" maxLength:"200" doc:"Your ID of the order, product or other entity that the event is about."`
	ID         string         `json:"id,omitempty" maxLength:"200" doc:"Your ID of the event. An event with the ID of an earlier one is not stored again."`
	Shop       string         `json:"shop,omitempty" maxLength:"200" doc:"Your ID of the shop."`
	OccurredAt time.Time      `json:"occurredAt,omitzero" doc:"When it happened; now, if left out."`
	Data       map[string]any `json:"data,omitempty" doc:"A JSON object with the fields of the event type."`
}

type postEventInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one is not stored again; its body must be the same."`
	rawBody
}

// receipt describes what appendReceipt writes.
type receipt struct {
	ID         string    `json:"id" format:"uuid" doc:"Waybill's ID of the event."`
	ReceivedAt time.Time `json:"receivedAt"`
	Deliveries int       `json:"deliveries" doc:"How many hooks are told."`
	Repeated   bool      `json:"repeated" doc:"Whether the event was there already; then the rest is about the first."`
}

func postEventOperation() huma.Operation {
	op := secured("POST "+eventsPath, "postEvent", "Accept an event", account.PostEvents,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	op.Description = "When this is answered with 202, the event and its deliveries are stored and survive a crash."
	op.DefaultStatus = http.StatusAccepted
	return op
}

func (s *Server) postEvent(ctx context.Context, in *postEventInput) (_ *documentOutput, err error) {
	trace, end := s.Tracer.Accept(in.Company, eventsPath, in.request.Header)
	defer func() { end(answered(http.StatusAccepted, err)) }()
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	body, err := in.read(jsonType, s.MaxEvent, "--max-event")
	if err != nil {
		return nil, err
	}
	results, err := s.Intake.Accept(ctx, in.Company, []intake.Posted{posted(body, key, trace)})
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, errors.New("the intake did not answer the event")
	}
	if err := results[0].Err; err != nil {
		return nil, err
	}
	body = append(appendReceipt(append(make([]byte, 0, 160), '{'), results[0].Receipt), "}\n"...)
	return &documentOutput{ContentType: jsonType, Body: body}, nil
}

// appendReceipt writes the members of a receipt. It costs a tenth of what
// encoding/json does, for every event that is posted.
func appendReceipt(b []byte, r hook.Receipt) []byte {
	b = append(b, `"id":"`...)
	b = append(b, r.EventID.String()...)
	b = append(b, `","receivedAt":"`...)
	b = receivedAt(r).AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","deliveries":`...)
	b = strconv.AppendInt(b, int64(r.Owed), 10)
	b = append(b, `,"repeated":`...)
	return strconv.AppendBool(b, r.Repeated)
}

// posted is an event for the intake, with the fingerprint that goes with a key.
func posted(raw []byte, key string, trace trade.Trace) intake.Posted {
	p := intake.Posted{Raw: raw, IdempotencyKey: key, Trace: trace}
	if key != "" {
		sum := sha256.Sum256(raw)
		p.Fingerprint = sum[:]
	}
	return p
}

// receivedAt is the time as it is stored, so that a repeat is told the same.
func receivedAt(r hook.Receipt) time.Time { return r.ReceivedAt.UTC().Truncate(time.Microsecond) }

type eventInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"Waybill's ID of the event."`
}

type eventOutput struct {
	Body event
}

type event struct {
	ID         string          `json:"id" format:"uuid" doc:"Waybill's ID of the event."`
	SourceID   string          `json:"sourceId,omitempty" doc:"Your ID of the event."`
	Type       string          `json:"type"`
	EntityKind string          `json:"entityKind"`
	EntityID   string          `json:"entityId"`
	Shop       string          `json:"shop,omitempty"`
	OccurredAt time.Time       `json:"occurredAt"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Data       json.RawMessage `json:"data,omitempty" doc:"As it was sent."`
	Version    int64           `json:"entityVersion,omitempty" doc:"Of the order or shipment that it is about. Without it, that is told of as it is then."`
	Lines      []string        `json:"lines,omitempty" doc:"The IDs of the lines that something happened to."`
	Deliveries []eventDelivery `json:"deliveries" nullable:"false" doc:"One for each hook that is told."`
}

type eventDelivery struct {
	ID     string `json:"id" format:"uuid"`
	HookID string `json:"hookId" format:"uuid"`
	State  string `json:"state" enum:"waiting,sending,delivered,merged,failed,cancelled"`
}

func (s *Server) getEvent(ctx context.Context, in *eventInput) (*eventOutput, error) {
	id, err := parseID(in.ID, "event")
	if err != nil {
		return nil, err
	}
	e, err := s.Store.Event(ctx, in.Company, id)
	if err != nil {
		return nil, err
	}
	ds, err := s.Store.EventDeliveries(ctx, in.Company, id)
	if err != nil {
		return nil, err
	}
	out := &eventOutput{Body: event{
		ID: e.ID.String(), SourceID: e.SourceID, Type: e.Type, EntityKind: string(e.Entity.Kind), EntityID: e.Entity.ID,
		Shop: e.Shop, OccurredAt: e.OccurredAt, ReceivedAt: e.ReceivedAt, Data: e.Data,
		Version: e.Scope.Version, Lines: e.Scope.Lines, Deliveries: []eventDelivery{},
	}}
	for _, d := range ds {
		out.Body.Deliveries = append(out.Body.Deliveries,
			eventDelivery{ID: d.ID.String(), HookID: d.HookID.String(), State: string(d.State)})
	}
	return out, nil
}
