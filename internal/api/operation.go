package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

type priorityInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The delivery's ID."`
	Body    struct {
		Priority string `json:"priority" enum:"lowest,low,normal,high,highest"`
	} `nameHint:"PriorityChange"`
}

type replayInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The delivery's ID."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request for the same delivery with the key of an earlier one makes no other replay."`
	rawBody
}

type replayOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     delivery
}

func (s *Server) retryDelivery(ctx context.Context, in *deliveryInput) (*deliveryOutput, error) {
	return s.operate(ctx, in, hook.Command{Operation: hook.DoRetry}, nil)
}

func (s *Server) cancelDelivery(ctx context.Context, in *deliveryInput) (*deliveryOutput, error) {
	return s.operate(ctx, in, hook.Command{Operation: hook.DoCancel}, nil)
}

func (s *Server) changePriority(ctx context.Context, in *priorityInput) (*deliveryOutput, error) {
	p := hook.Priority(slices.Index(priorities(), in.Body.Priority))
	return s.operate(ctx, &deliveryInput{in.Company, in.ID}, hook.Command{Operation: hook.DoPriority, Priority: p}, in.Body)
}

func (s *Server) replayDelivery(ctx context.Context, in *replayInput) (*replayOutput, error) {
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	out, err := s.operate(ctx, &deliveryInput{in.Company, in.ID}, hook.Command{Operation: hook.DoReplay, Key: key}, nil)
	if err != nil {
		return nil, err
	}
	return &replayOutput{Location: "/api/v1/companies/" + in.Company + "/deliveries/" + out.Body.ID, Body: out.Body}, nil
}

// operate carries out a command for a delivery and answers with what it is then.
// After is what the audit log says of it besides.
func (s *Server) operate(ctx context.Context, in *deliveryInput, c hook.Command, after any) (*deliveryOutput, error) {
	id, err := parseID(in.ID, "delivery")
	if err != nil {
		return nil, err
	}
	e := note(ctx, "delivery."+string(c.Operation), in.ID, in.Company, nil, after)
	d, err := s.Store.Operate(ctx, in.Company, id, c, now(), e)
	if err != nil {
		return nil, err
	}
	if c.Operation.Frees(&d) {
		s.Deliverer.Owe([]uuid.UUID{d.HookID})
	}
	return s.answerDelivery(ctx, d)
}

type resendInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Kind    string `path:"kind" doc:"Such as order."`
	ID      string `path:"id" doc:"Your ID of the entity."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one is not carried out again."`
	rawBody
}

// resent is a receipt with the type of the event.
type resent struct {
	Type       string    `json:"type" doc:"Of the event by which the entity is told of again."`
	ID         string    `json:"id" format:"uuid" doc:"Waybill's ID of the event."`
	ReceivedAt time.Time `json:"receivedAt"`
	Deliveries int       `json:"deliveries" doc:"How many hooks are told."`
	Repeated   bool      `json:"repeated" doc:"Whether it was done already, by an earlier request with the key; then the rest is about that."`
}

type resendOutput struct {
	Body resent
}

// resend accepts an event with the data of the latest one of an entity.
func (s *Server) resend(ctx context.Context, in *resendInput) (_ *resendOutput, err error) {
	trace, end := s.Tracer.Accept(in.Company, resendPath, in.request.Header)
	defer func() { end(answered(http.StatusAccepted, err)) }()
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	entity := trade.Entity{Kind: trade.EntityKind(in.Kind), ID: in.ID}
	latest, err := s.Store.LatestEvent(ctx, in.Company, entity)
	if err != nil {
		return nil, err
	}
	name, err := s.resendType(ctx, latest)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(struct {
		Type     string          `json:"type"`
		EntityID string          `json:"entityId"`
		Shop     string          `json:"shop,omitempty"`
		Data     json.RawMessage `json:"data,omitempty"`
	}{name, latest.Entity.ID, latest.Shop, latest.Data})
	if err != nil {
		return nil, fmt.Errorf("write the event that resends %s: %w", latest.ID, err)
	}
	p := posted([]byte("resend "+in.Kind+" "+in.ID), key, trace) // the fingerprint is of the request
	p.Raw = raw
	results, err := s.Intake.Accept(ctx, in.Company, []intake.Posted{p})
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, errors.New("the intake did not answer the event")
	}
	r := results[0]
	if r.Err != nil {
		return nil, r.Err
	}
	out := &resendOutput{Body: resent{name, r.Receipt.EventID.String(), receivedAt(r.Receipt), r.Receipt.Owed, r.Receipt.Repeated}}
	if r.Receipt.Repeated {
		return out, nil
	}
	return out, s.Store.Note(ctx, note(ctx, "entity.resend", in.Kind+"/"+in.ID, in.Company, nil, out.Body))
}

// resendType returns by which event an entity is told of again whose latest event is
// given. If its states are known, that is by one of those that connectors tell of.
func (s *Server) resendType(ctx context.Context, latest trade.Event) (string, error) {
	t, ok := trade.TypeOf(latest.Type)
	if !ok {
		return "", fmt.Errorf("the catalogue lacks the type %q of event %s", latest.Type, latest.ID)
	}
	if t.Family == trade.TriggerEvents && (t.Entity == trade.KindOrder || t.Entity == trade.KindShipment) {
		_, err := s.Store.StateVersion(ctx, latest.Company, latest.Entity, 1)
		switch {
		case err == nil && t.Entity == trade.KindOrder:
			t.Family = trade.OrderEvents
		case err == nil:
			t.Family = trade.ShipmentEvents
		case hook.FaultOf(err) != hook.Missing:
			return "", err
		}
	}
	return trade.ResendType(t), nil
}
