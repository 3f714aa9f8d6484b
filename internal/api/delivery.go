package api

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

type delivery struct {
	ID         string    `json:"id" format:"uuid" doc:"The webhook-id of every attempt; when it stands for several events, a hyphen and their number follow there."`
	HookID     string    `json:"hookId" format:"uuid"`
	HookKind   string    `json:"hookKind,omitempty" enum:"trigger,document,orders,order-documents,shipments" doc:"What sort of hook it is; left out if it was deleted."`
	HookTitle  string    `json:"hookTitle,omitempty" example:"Document webhook: INVOICE" doc:"The hook's title; left out if it was deleted."`
	EventID    string    `json:"eventId" format:"uuid" doc:"The newest event that it stands for."`
	EventType  string    `json:"eventType"`
	EntityKind string    `json:"entityKind"`
	EntityID   string    `json:"entityId"`
	State      string    `json:"state" enum:"waiting,sending,delivered,merged,failed,cancelled"`
	Priority   string    `json:"priority" enum:"lowest,low,normal,high,highest"`
	Attempt    int       `json:"attempt" doc:"Number of the latest attempt begun, 0 before the first."`
	CreatedAt  time.Time `json:"createdAt"`
	DueAt      time.Time `json:"dueAt,omitzero" doc:"When it is tried next, if it is waiting, and not for its turn."`
	SettledAt  time.Time `json:"settledAt,omitzero" doc:"When the latest attempt was judged."`
	Status     int       `json:"status,omitempty" doc:"HTTP status of the latest attempt, if there was a response."`
	Reason     string    `json:"reason,omitempty" doc:"Why it stands where it does, if something went wrong or holds it up."`
	Events     int       `json:"events" doc:"How many events it stands for: of a unique trigger, those that were merged while it waited."`
	MergedInto string    `json:"mergedInto,omitempty" format:"uuid" doc:"The delivery that stands for its event too, if it was merged."`
	Size       int       `json:"size" doc:"Bytes of the event's data."`
	ReplayOf   string    `json:"replayOf,omitempty" format:"uuid" doc:"The delivery that this one repeats, if it is a replay."`
	RetriedAt  time.Time `json:"retriedAt,omitzero" doc:"When somebody last had it tried again after it had ended; the retry policy counts from then."`
	Attempts   []attempt `json:"attempts,omitzero" nullable:"false" doc:"Only where a delivery is read by itself."`
}

// deliveryOf shows a delivery, with what its hook is now.
func (s *Server) deliveryOf(d hook.Delivery) delivery {
	out := delivery{
		ID: d.ID.String(), HookID: d.HookID.String(), EventID: d.EventID.String(), EventType: d.EventType,
		EntityKind: string(d.Entity.Kind), EntityID: d.Entity.ID, State: string(d.State),
		Priority: priorities()[d.Priority], Attempt: d.Attempt, CreatedAt: d.CreatedAt,
		SettledAt: d.SettledAt, Status: d.Status, Reason: d.Reason, Size: d.Size, Events: d.Events,
		RetriedAt: d.RetriedAt,
	}
	if h := s.Store.Directory().Hooks[d.HookID]; h != nil {
		out.HookKind, out.HookTitle = string(h.Kind), h.Title
	}
	if d.State == hook.Merged {
		out.MergedInto = d.MergedInto.String()
	}
	if d.State == hook.Waiting {
		out.DueAt = d.DueAt
	}
	if d.ReplayOf != uuid.Nil {
		out.ReplayOf = d.ReplayOf.String()
	}
	return out
}

type deliveriesInput struct {
	Company    string    `path:"company" doc:"The company's ID."`
	State      string    `query:"state" enum:"waiting,sending,delivered,merged,failed,cancelled"`
	Hook       string    `query:"hook" format:"uuid" doc:"ID of a hook."`
	EventType  string    `query:"eventType" doc:"Name of an event type."`
	EntityKind string    `query:"entityKind" doc:"Such as order."`
	EntityID   string    `query:"entityId" doc:"Your ID of an order, product or other entity."`
	Status     string    `query:"status" doc:"What the latest attempt was answered with: a status such as 503, a class such as 5xx, or none if there was no response."`
	Error      string    `query:"error" enum:"render,address,dns,connect,token,tls,timeout,response,abandoned" doc:"What sort of thing kept the latest attempt from being answered."`
	From       time.Time `query:"from" doc:"Created then or later (RFC 3339)."`
	To         time.Time `query:"to" doc:"Created before then (RFC 3339)."`
	Limit      int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor     string    `query:"cursor" doc:"The next of the page before."`
}

type deliveriesOutput struct {
	Body struct {
		Items []delivery `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Deliveries"`
}

func (s *Server) listDeliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Limit++ // to see whether there is a next page
	ds, err := s.Store.Deliveries(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := s.explain(ctx, in.Company, uuid.Nil, ds); err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	if len(ds) > in.Limit {
		ds = ds[:in.Limit]
		out.Body.Next = cursor(ds[len(ds)-1].ID)
	}
	out.Body.Items = make([]delivery, len(ds))
	for i, d := range ds {
		out.Body.Items[i] = s.deliveryOf(d)
	}
	return out, nil
}

// explain completes the reasons of deliveries of a company that wait: of one hook,
// or of any.
func (s *Server) explain(ctx context.Context, company string, hookID uuid.UUID, ds []hook.Delivery) error {
	if !slices.ContainsFunc(ds, func(d hook.Delivery) bool { return d.State == hook.Waiting }) {
		return nil
	}
	known, err := s.Store.Healths(ctx, company, hookID)
	if err != nil {
		return err
	}
	healths := make(map[uuid.UUID]hook.Health, len(known))
	for _, n := range known {
		healths[n.HookID] = n
	}
	hooks, at := s.Store.Directory().Hooks, now()
	for i := range ds {
		d := &ds[i]
		d.Explain(hooks[d.HookID], healths[d.HookID], at)
	}
	return nil
}

// answerDelivery answers with a delivery of a company.
func (s *Server) answerDelivery(ctx context.Context, d hook.Delivery) (*deliveryOutput, error) {
	one := []hook.Delivery{d}
	err := s.explain(ctx, d.Company, d.HookID, one)
	return &deliveryOutput{Body: s.deliveryOf(one[0])}, err
}

// query returns what is asked for, or everything that is wrong with it.
func (in *deliveriesInput) query() (hook.DeliveryQuery, error) {
	var wrong problems
	f := deliveryFilter{in.State, in.Hook, in.EventType, in.EntityKind, in.EntityID, in.Status, in.Error, in.From, in.To}
	q := f.query("", &wrong)
	q.Company, q.Limit = in.Company, in.Limit
	if in.Cursor != "" {
		var ok bool
		if q.Before, ok = parseCursor(in.Cursor); !ok {
			wrong.add("cursor", badCursor, "")
		}
	}
	return q, wrong.err()
}

const badCursor = "it is not a cursor; send the next of the page before, or none for the first page"

// cursor says where the page after the item with the given ID begins.
func cursor(last uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(last[:]) }

// parseCursor reads what cursor wrote.
func parseCursor(text string) (last uuid.UUID, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != len(last) || strings.ContainsAny(text, "\r\n") {
		return uuid.Nil, false
	}
	last = uuid.UUID(b)
	return last, last != uuid.Nil
}

type deliveryInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The delivery's ID."`
}

type deliveryOutput struct {
	Body delivery
}

type attempt struct {
	Number      int       `json:"number" doc:"Counted from 1."`
	StartedAt   time.Time `json:"startedAt"`
	HookVersion int       `json:"hookVersion,omitempty" doc:"The version of the hook that was used."`
	Request     *request  `json:"request,omitempty" doc:"What was sent, if it is known."`
	Response    *response `json:"response,omitempty" doc:"What was answered, if anything was."`
	Error       string    `json:"error,omitempty" doc:"What sort of thing kept it from being answered: render, address, dns, connect, token, tls, timeout, response or abandoned."`
	Reason      string    `json:"reason,omitempty" doc:"What went wrong, in words."`
	Timings     timings   `json:"timings"`
}

type request struct {
	Method     string   `json:"method"`
	URL        string   `json:"url"`
	Headers    []header `json:"headers" nullable:"false" doc:"As they were sent, with secrets replaced."`
	BodySize   int      `json:"bodySize" doc:"In bytes."`
	BodySHA256 string   `json:"bodySha256" doc:"In hexadecimal."`
}

type response struct {
	Status     int      `json:"status"`
	Headers    []header `json:"headers" nullable:"false"`
	Body       string   `json:"body" doc:"Its first 16 KiB."`
	BodyBase64 bool     `json:"bodyBase64" doc:"Whether body is in base64, because it is not text in UTF-8."`
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// timings are in milliseconds; a part that did not happen is 0.
type timings struct {
	DNS       float64 `json:"dns" doc:"In milliseconds, as are all; 0 if it was not needed."`
	Connect   float64 `json:"connect"`
	TLS       float64 `json:"tls"`
	FirstByte float64 `json:"firstByte" doc:"From the start to the first byte of the response."`
	Total     float64 `json:"total"`
}

func (s *Server) getDelivery(ctx context.Context, in *deliveryInput) (*deliveryOutput, error) {
	id, err := parseID(in.ID, "delivery")
	if err != nil {
		return nil, err
	}
	d, err := s.Store.Delivery(ctx, in.Company, id)
	if err != nil {
		return nil, err
	}
	as, err := s.Store.Attempts(ctx, in.Company, id)
	if err != nil {
		return nil, err
	}
	out, err := s.answerDelivery(ctx, d)
	if err != nil {
		return nil, err
	}
	out.Body.Attempts = make([]attempt, len(as))
	for i, a := range as {
		out.Body.Attempts[i] = attemptOf(a)
	}
	return out, nil
}

func attemptOf(a hook.Attempt) attempt {
	out := attempt{
		Number: a.Number, StartedAt: a.StartedAt, HookVersion: a.HookVersion,
		Error: string(a.Error), Reason: a.Reason,
		Timings: timings{
			DNS: milliseconds(a.Took.DNS), Connect: milliseconds(a.Took.Connect), TLS: milliseconds(a.Took.TLS),
			FirstByte: milliseconds(a.Took.FirstByte), Total: milliseconds(a.Took.Total),
		},
	}
	if a.Method != "" {
		out.Request = &request{
			Method: a.Method, URL: a.URL, Headers: headers(a.RequestHead),
			BodySize: a.BodySize, BodySHA256: hex.EncodeToString(a.BodySHA256[:]),
		}
	}
	if a.Status != 0 {
		out.Response = &response{Status: a.Status, Headers: headers(a.ResponseHead), Body: string(a.ResponseBody)}
		if !utf8.Valid(a.ResponseBody) {
			out.Response.Body, out.Response.BodyBase64 = base64.StdEncoding.EncodeToString(a.ResponseBody), true
		}
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// headers reads the lines "Name: value".
func headers(head string) []header {
	hs := []header{}
	for l := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimRight(l, "\r\n"), ": ")
		hs = append(hs, header{Name: name, Value: value})
	}
	return hs
}
