package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// stateOperation describes a route that shows a state.
func stateOperation(pattern, id, summary string) huma.Operation {
	op := secured(pattern, id, summary, account.ReadOrders)
	op.Responses = answers(http.StatusOK, jsonType, &huma.Schema{Type: huma.TypeObject, Description: "All of it; see docs/orders.md."})
	op.Responses["200"].Description = "OK"
	op.Responses["304"] = &huma.Response{Description: "It is still the version that If-None-Match names."}
	return op
}

type stateInput struct {
	Company     string `path:"company" doc:"The company's ID."`
	ID          string `path:"id" doc:"Your ID of it, percent-encoded."`
	Version     int64  `query:"version" minimum:"1" doc:"An older version; the newest, if left out."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of the version that one has already."`
}

type stateOutput struct {
	Status      int
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        []byte
}

func (s *Server) getOrder(ctx context.Context, in *stateInput) (*stateOutput, error) {
	return s.state(ctx, in, trade.KindOrder)
}

func (s *Server) getShipment(ctx context.Context, in *stateInput) (*stateOutput, error) {
	return s.state(ctx, in, trade.KindShipment)
}

func (s *Server) state(ctx context.Context, in *stateInput, kind trade.EntityKind) (*stateOutput, error) {
	entity := trade.Entity{Kind: kind, ID: in.ID}
	if !trade.CheckID(in.ID) {
		return nil, hook.Errorf(hook.Missing, "there is no such %s", kind)
	}
	var state trade.State
	var err error
	if in.Version > 0 {
		state, err = s.Store.StateVersion(ctx, in.Company, entity, in.Version)
	} else {
		state, err = s.Store.State(ctx, in.Company, entity)
	}
	if err != nil {
		return nil, err
	}
	out := &stateOutput{Status: http.StatusOK, ContentType: jsonType, ETag: stateTag(state), Body: state.JSON}
	if in.IfNoneMatch != "" && matches(strings.ReplaceAll(in.IfNoneMatch, "W/", ""), out.ETag) { // RFC 9110, section 13.1.2
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

// StateFilter is what orders and shipments are listed by.
type StateFilter struct {
	Company      string    `path:"company" doc:"The company's ID."`
	ChangedAfter time.Time `query:"changedAfter" doc:"Only what was changed later than then (RFC 3339)."`
	Limit        int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor       string    `query:"cursor" doc:"The next of the page before."`
}

type ordersInput struct {
	StateFilter
	Status []string `query:"status,explode" enum:"Issued,InProgress,Confirmed,Rejected,Completed,Cancelled" doc:"The process status. Can be repeated, for any of them."`
}

type shipmentsInput struct {
	StateFilter
	Status []string `query:"status,explode" enum:"Issued,Approved,Rejected" doc:"The process status. Can be repeated, for any of them."`
}

// ListedState is what lists say of an order or a shipment.
type ListedState struct {
	Version       int64     `json:"version" doc:"Counts the states; the ETag."`
	LastUpdatedAt time.Time `json:"lastUpdatedAt" doc:"When it came to be so."`
	Status        string    `json:"status" doc:"The process status."`
}

type listedOrder struct {
	OrderID string `json:"orderId"`
	ListedState
}

type listedShipment struct {
	ShipmentID string `json:"shipmentId"`
	ListedState
}

type ordersOutput struct {
	Body struct {
		Items []listedOrder `json:"items" nullable:"false"`
		Next  string        `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Orders"`
}

type shipmentsOutput struct {
	Body struct {
		Items []listedShipment `json:"items" nullable:"false"`
		Next  string           `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Shipments"`
}

func (s *Server) listOrders(ctx context.Context, in *ordersInput) (*ordersOutput, error) {
	states, next, err := s.states(ctx, &in.StateFilter, trade.KindOrder, in.Status)
	out := &ordersOutput{}
	out.Body.Items, out.Body.Next = make([]listedOrder, len(states)), next
	for i, state := range states {
		out.Body.Items[i] = listedOrder{state.Entity.ID, ListedState{state.Version, state.At, state.Status}}
	}
	return out, err
}

func (s *Server) listShipments(ctx context.Context, in *shipmentsInput) (*shipmentsOutput, error) {
	states, next, err := s.states(ctx, &in.StateFilter, trade.KindShipment, in.Status)
	out := &shipmentsOutput{}
	out.Body.Items, out.Body.Next = make([]listedShipment, len(states)), next
	for i, state := range states {
		out.Body.Items[i] = listedShipment{state.Entity.ID, ListedState{state.Version, state.At, state.Status}}
	}
	return out, err
}

// states returns a page of states, and the cursor of the next.
func (s *Server) states(ctx context.Context, in *StateFilter, kind trade.EntityKind, statuses []string) ([]trade.State, string, error) {
	q := trade.StateQuery{
		Company: in.Company, Kind: kind, Statuses: statuses, After: in.ChangedAfter, Newest: true, Bare: true,
		Limit: in.Limit + 1, // to see whether there is a next page
	}
	if in.Cursor != "" {
		var ok bool
		if q.Beyond, ok = parsePlace(in.Cursor); !ok {
			return nil, "", hook.InvalidField("cursor", badCursor)
		}
	}
	states, err := s.Store.States(ctx, q)
	if err != nil || len(states) <= in.Limit {
		return states, "", err
	}
	last := states[in.Limit-1]
	return states[:in.Limit], placeCursor(trade.StatePlace{At: last.At, ID: last.Entity.ID}), nil
}

// placeCursor says where the page after a state begins.
func placeCursor(p trade.StatePlace) string {
	return base64.RawURLEncoding.EncodeToString(append(strconv.AppendInt(nil, p.At.UnixMicro(), 36), "/"+p.ID...))
}

// parsePlace reads what placeCursor wrote.
func parsePlace(text string) (trade.StatePlace, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	at, id, found := strings.Cut(string(raw), "/")
	micros, bad := strconv.ParseInt(at, 36, 64)
	return trade.StatePlace{At: time.UnixMicro(micros), ID: id}, errors.Join(err, bad) == nil && found && id != "" && trade.CheckID(id)
}
