package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/trade"
)

// DealFilter is what documents and deals are listed by.
type DealFilter struct {
	Company       string    `path:"company" doc:"The company's ID."`
	OrderID       string    `query:"orderId" doc:"The customer's ID of an order."`
	TransactionID string    `query:"transactionId"`
	Status        string    `query:"status" doc:"Such as ADVISED."`
	Test          string    `query:"test" enum:"true,false" doc:"Only tests, or none; all, if left out."`
	From          time.Time `query:"from" doc:"Created then or later (RFC 3339)."`
	To            time.Time `query:"to" doc:"Created before then (RFC 3339)."`
	Limit         int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor        string    `query:"cursor" doc:"The next of the page before."`
}

// test returns what the filter says of tests; nil if it says nothing.
func (f *DealFilter) test() *bool {
	if f.Test == "" {
		return nil
	}
	wanted := f.Test == "true"
	return &wanted
}

// before returns where the page begins.
func (f *DealFilter) before() (uuid.UUID, error) {
	if f.Cursor == "" {
		return uuid.Nil, nil
	}
	last, ok := parseCursor(f.Cursor)
	var wrong problems
	if !ok {
		wrong.add("cursor", badCursor, "")
	}
	return last, wrong.err()
}

type documentsInput struct {
	DealFilter
	Kind string `query:"kind" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE,QUOTATION"`
}

type documentsOutput struct {
	Body struct {
		Items []StoredDocument `json:"items" nullable:"false"`
		Next  string           `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Documents"`
}

func (s *Server) listDocuments(ctx context.Context, in *documentsInput) (*documentsOutput, error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	ds, err := s.Store.Documents(ctx, trade.DocumentQuery{
		Company: in.Company, Kind: trade.DocumentKind(in.Kind), OrderID: in.OrderID, TransactionID: in.TransactionID, Status: in.Status,
		Test: in.test(), From: in.From, To: in.To, Before: before, Limit: in.Limit + 1, // to see whether there is a next page
	})
	if err != nil {
		return nil, err
	}
	out := &documentsOutput{}
	if len(ds) > in.Limit {
		ds = ds[:in.Limit]
		out.Body.Next = cursor(ds[len(ds)-1].ID)
	}
	out.Body.Items = make([]StoredDocument, len(ds))
	for i, d := range ds {
		out.Body.Items[i] = s.documentOf(d)
	}
	return out, nil
}

type deal struct {
	TransactionID   string    `json:"transactionId"`
	OrderID         string    `json:"orderId,omitempty" doc:"The customer's ID of the order."`
	PlatformOrderID string    `json:"itscopeOrderId,omitempty" doc:"The platform's ID of the order."`
	Buyer           string    `json:"buyer,omitempty"`
	Seller          string    `json:"seller,omitempty"`
	Status          string    `json:"status,omitempty" doc:"The newest."`
	Test            bool      `json:"test"`
	Documents       []string  `json:"documents" nullable:"false" doc:"The kinds of documents that there are."`
	CreatedAt       time.Time `json:"createdAt" doc:"When the company first had to do with it."`
	ChangedAt       time.Time `json:"changedAt"`
}

type dealsOutput struct {
	Body struct {
		Items []deal `json:"items" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Deals"`
}

func (s *Server) listDeals(ctx context.Context, in *DealFilter) (*dealsOutput, error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	ds, err := s.Store.Deals(ctx, trade.DealQuery{
		Company: in.Company, OrderID: in.OrderID, TransactionID: in.TransactionID, Status: in.Status,
		Test: in.test(), From: in.From, To: in.To, Before: before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	out := &dealsOutput{}
	if len(ds) > in.Limit {
		ds = ds[:in.Limit]
		out.Body.Next = cursor(ds[len(ds)-1].ID)
	}
	out.Body.Items = make([]deal, len(ds))
	for i, d := range ds {
		out.Body.Items[i] = deal{
			TransactionID: d.TransactionID, OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID, Buyer: d.Buyer, Seller: d.Seller,
			Status: d.Status, Test: d.Test, Documents: []string{}, CreatedAt: d.CreatedAt, ChangedAt: d.ChangedAt,
		}
		for _, k := range d.Kinds {
			out.Body.Items[i].Documents = append(out.Body.Items[i].Documents, string(k))
		}
	}
	return out, nil
}

type changeStatusInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The customer's ID of the order."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one changes nothing; its body must be the same."`
	Body    struct {
		Status          string `json:"status" maxLength:"40" example:"PROCESSING" doc:"Upper-case letters, digits and underscores."`
		TransactionID   string `json:"transactionId,omitempty" maxLength:"100" doc:"If left out: that of the newest deal with the order."`
		PlatformOrderID string `json:"itscopeOrderId,omitempty" maxLength:"200" doc:"The platform's ID of the order. If left out: as the deal has it."`
		Kind            string `json:"kind,omitempty" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE" doc:"Whose URL is told. If left out, as the status says: SENT and ARRIVED mean ORDER; PROCESSING, CONFIRMED and REJECTED ORDERRESPONSE; ADVISED DELIVERY; INVOICED INVOICE."`
	} `nameHint:"StatusChange"`
	rawBody
}

type changedStatus struct {
	OrderID         string `json:"orderId"`
	TransactionID   string `json:"transactionId"`
	PlatformOrderID string `json:"itscopeOrderId,omitempty"`
	Status          string `json:"status"`
	Kind            string `json:"kind" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE"`
	EventID         string `json:"eventId,omitempty" format:"uuid" doc:"The event that it raised, if it concerns somebody here who may be told."`
	Deliveries      int    `json:"deliveries" doc:"How many hooks are told."`
	Repeated        bool   `json:"repeated" doc:"Whether it was done already, by the idempotency key."`
}

type changeStatusOutput struct {
	Body changedStatus
}

func (s *Server) changeStatus(ctx context.Context, in *changeStatusInput) (*changeStatusOutput, error) {
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	r, err := s.Archive.ChangeStatus(ctx, document.StatusChange{
		Company: in.Company, Both: actorOf(ctx).Role == account.Operator, OrderID: in.ID, PlatformOrderID: in.Body.PlatformOrderID,
		TransactionID: in.Body.TransactionID, Status: in.Body.Status, Kind: trade.DocumentKind(in.Body.Kind), IdempotencyKey: key,
	})
	if err != nil {
		return nil, err
	}
	d := r.Document
	out := &changeStatusOutput{Body: changedStatus{
		OrderID: d.OrderID, TransactionID: d.TransactionID, PlatformOrderID: d.PlatformOrderID, Status: d.Status, Kind: string(d.Kind),
		Deliveries: r.Owed, Repeated: r.Repeated,
	}}
	if r.EventID != uuid.Nil {
		out.Body.EventID = r.EventID.String()
	}
	return out, nil
}
