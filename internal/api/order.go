package api

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	ordersPath    = companyPath + "/orders"
	shipmentsPath = companyPath + "/shipments"
	patchType     = "application/merge-patch+json"
)

// registerOrders adds orders and shipments, as whole states.
func (s *Server) registerOrders(a huma.API) {
	register(a, changing("PUT "+ordersPath+"/{id}", "putOrder", "Set the whole state of an order, and tell what happened to it"), s.putOrder)
	register(a, changing("PATCH "+ordersPath+"/{id}", "patchOrder", "Change parts of an order, and tell what happened to it"), s.patchOrder)
	register(a, stateOperation("GET "+ordersPath+"/{id}", "getOrder", "Read an order, as it is or was"), s.getOrder)
	register(a, secured("GET "+ordersPath, "listOrders", "List the orders of a company, the last changed first", account.ReadOrders), s.listOrders)

	register(a, changing("PUT "+shipmentsPath+"/{id}", "putShipment", "Set the whole state of a shipment, and tell what happened to it"), s.putShipment)
	register(a, changing("PATCH "+shipmentsPath+"/{id}", "patchShipment", "Change parts of a shipment, and tell what happened to it"), s.patchShipment)
	register(a, stateOperation("GET "+shipmentsPath+"/{id}", "getShipment", "Read a shipment, as it is or was"), s.getShipment)
	register(a, secured("GET "+shipmentsPath, "listShipments", "List the shipments of a company, the last changed first", account.ReadOrders), s.listShipments)
}

// changing describes a route that changes an order or a shipment.
func changing(pattern, id, summary string) huma.Operation {
	op := secured(pattern, id, summary, account.ChangeOrders, http.StatusPreconditionFailed, http.StatusRequestTimeout,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable)
	op.Description = "What happened is found out by comparing the new state with the one before, unless eventName says it. " +
		"If nothing has changed, there is no new version and no event. When this is answered, the state, its events and the " +
		"deliveries of those are stored and survive a crash."
	return op
}

// ChangeInput is what comes with a change, besides the state or the patch.
type ChangeInput struct {
	Company     string `path:"company" doc:"The company's ID."`
	ID          string `path:"id" doc:"Your ID of it, percent-encoded."`
	By          string `query:"by" enum:"buyer,supplier" doc:"Who changed it. If left out, that is concluded from what was changed."`
	EventName   string `query:"eventName" maxLength:"100" doc:"What happened, as a name of GET /api/v1/event-types, in place of what would be found out."`
	IfMatch     string `header:"If-Match" doc:"The ETag of the version to be changed; or *, if it must be there. Without it, the last one to write wins."`
	IfNoneMatch string `header:"If-None-Match" doc:"Only *: it must not be there yet."`
	Key         string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one changes nothing, and is answered as that was; all else must be the same. One that changed nothing is not remembered."`
	rawBody
}

type orderChangeInput struct {
	ChangeInput
	Lines []string `query:"line,explode" maxItems:"500" doc:"With eventName: the ID of a line that it happened to. Can be repeated; without it, it happened to all."`
}

// EntityChange is what became of a change.
type EntityChange struct {
	Version       int64       `json:"version" doc:"Counts the states; the ETag."`
	LastUpdatedAt time.Time   `json:"lastUpdatedAt" doc:"When it came to be so."`
	Status        string      `json:"status" doc:"The process status."`
	Events        []toldEvent `json:"events" nullable:"false" doc:"What happened; nothing, if nothing has changed."`
	Repeated      bool        `json:"repeated" doc:"Whether it was done already, by the idempotency key; then the rest is about that."`
}

type toldEvent struct {
	ID         string   `json:"id" format:"uuid" doc:"Waybill's ID of the event."`
	Type       string   `json:"type" example:"OrderLinesIssuedByBuyer"`
	Lines      []string `json:"lines" nullable:"false" doc:"The IDs of the lines that it happened to; none, if it is about what is above the lines, or a shipment."`
	Deliveries int      `json:"deliveries" doc:"How many hooks are told."`
}

type changedOrder struct {
	OrderID string `json:"orderId"`
	EntityChange
}

type changedShipment struct {
	ShipmentID string `json:"shipmentId"`
	EntityChange
}

type changedOrderOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   changedOrder
}

type changedShipmentOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   changedShipment
}

func (s *Server) putOrder(ctx context.Context, in *orderChangeInput) (*changedOrderOutput, error) {
	return s.changeOrder(ctx, in, false)
}

func (s *Server) patchOrder(ctx context.Context, in *orderChangeInput) (*changedOrderOutput, error) {
	return s.changeOrder(ctx, in, true)
}

func (s *Server) putShipment(ctx context.Context, in *ChangeInput) (*changedShipmentOutput, error) {
	return s.changeShipment(ctx, in, false)
}

func (s *Server) patchShipment(ctx context.Context, in *ChangeInput) (*changedShipmentOutput, error) {
	return s.changeShipment(ctx, in, true)
}

func (s *Server) changeOrder(ctx context.Context, in *orderChangeInput, patch bool) (_ *changedOrderOutput, err error) {
	c := intake.Change{Entity: trade.Entity{Kind: trade.KindOrder, ID: in.ID}, Lines: in.Lines, Patch: patch}
	r, err := s.change(ctx, &in.ChangeInput, c, ordersPath)
	if err != nil {
		return nil, err
	}
	return &changedOrderOutput{Status: statusOfChange(r), ETag: stateTag(r.State), Body: changedOrder{in.ID, changeOf(r)}}, nil
}

func (s *Server) changeShipment(ctx context.Context, in *ChangeInput, patch bool) (_ *changedShipmentOutput, err error) {
	c := intake.Change{Entity: trade.Entity{Kind: trade.KindShipment, ID: in.ID}, Patch: patch}
	r, err := s.change(ctx, in, c, shipmentsPath)
	if err != nil {
		return nil, err
	}
	return &changedShipmentOutput{Status: statusOfChange(r), ETag: stateTag(r.State), Body: changedShipment{in.ID, changeOf(r)}}, nil
}

// change completes c with what is in the request, and has it done.
func (s *Server) change(ctx context.Context, in *ChangeInput, c intake.Change, path string) (r hook.Revised, err error) {
	trace, end := s.Tracer.Accept(in.Company, path, in.request.Header)
	defer func() { end(answered(statusOfChange(r), err)) }()
	c.Company, c.By, c.EventType, c.Trace = in.Company, change.Party(in.By), in.EventName, trace
	if err := in.conditions(&c); err != nil {
		return r, err
	}
	if c.IdempotencyKey, err = in.idempotencyKey(); err != nil {
		return r, err
	}
	mediaType := jsonType
	if c.Patch {
		mediaType = patchType
	}
	if c.Raw, err = in.read(mediaType, intake.MaxState, ""); err != nil {
		return r, err
	}
	if c.IdempotencyKey != "" {
		c.Fingerprint = in.fingerprint(c.Raw)
	}
	r, err = s.Intake.Change(ctx, c)
	if e, ok := err.(*hook.Error); ok && e.Fault == hook.Conflict { //nolint:errorlint // as it is returned
		p := newProblem(http.StatusPreconditionFailed, e.Msg)
		p.german = e.German
		return r, p
	}
	return r, err
}

// conditions reads what the request expects of the entity.
func (in *ChangeInput) conditions(c *intake.Change) error {
	var wrong problems
	switch version, ok := parseTag(in.IfMatch); {
	case in.IfMatch == "":
	case in.IfMatch == "*":
		c.There = true
	case ok:
		c.Expected = version
	default:
		wrong.add("If-Match", `it is no ETag of an order or a shipment, such as "3"; send the one that it was read with, or *`,
			`Das ist kein ETag einer Bestellung oder Sendung wie "3"; senden Sie den, mit dem gelesen wurde, oder *.`)
	}
	switch in.IfNoneMatch {
	case "":
	case "*":
		c.New = true
	default:
		wrong.add("If-None-Match", "it can only be *, to add what isn't there yet; to change a version, send its ETag as If-Match",
			"Möglich ist nur *, um etwas Neues anzulegen; um eine Version zu ändern, senden Sie ihren ETag als If-Match.")
	}
	return wrong.err()
}

// fingerprint tells requests apart that come with the same idempotency key.
func (in *ChangeInput) fingerprint(body []byte) []byte {
	h := sha256.New()
	_, _ = io.WriteString(h, strings.Join([]string{in.request.Method, in.request.URL.RequestURI(), in.IfMatch, in.IfNoneMatch, ""}, "\n"))
	_, _ = h.Write(body)
	return h.Sum(nil)
}

func statusOfChange(r hook.Revised) int {
	if r.Created() {
		return http.StatusCreated
	}
	return http.StatusOK
}

func changeOf(r hook.Revised) EntityChange {
	c := EntityChange{
		Version: r.State.Version, LastUpdatedAt: r.State.At, Status: r.State.Status, Events: make([]toldEvent, len(r.Events)), Repeated: r.Repeated,
	}
	for i, e := range r.Events {
		c.Events[i] = toldEvent{ID: e.Event.ID.String(), Type: e.Event.Type, Lines: append([]string{}, e.Event.Scope.Lines...), Deliveries: e.Owed}
	}
	return c
}

// stateTag returns the ETag of a state: its version.
func stateTag(state trade.State) string { return strconv.Quote(strconv.FormatInt(state.Version, 10)) }

// parseTag reads what stateTag wrote.
func parseTag(tag string) (version int64, ok bool) {
	inner, found := strings.CutPrefix(tag, `"`)
	inner, ended := strings.CutSuffix(inner, `"`)
	version, err := strconv.ParseInt(inner, 10, 64)
	return version, found && ended && err == nil && version > 0
}
