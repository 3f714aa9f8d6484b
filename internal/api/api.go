// Package api serves the JSON API: companies, their hooks, events and
// deliveries. It describes itself by an OpenAPI 3.1 document, made from the
// same types that the handlers use. Errors are problem documents (RFC 9457).
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

// Intake accepts events.
type Intake interface {
	// Accept stores the good ones among the posted events of a company and
	// answers each, in the same order; see intake.Intake.
	Accept(ctx context.Context, company string, posted []intake.Posted) ([]intake.Result, error)
}

// Store is the part of the store that the API needs. What is not there is an
// error of fault hook.Missing.
type Store interface {
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
	// Reload reads the directory if another node has changed it.
	Reload(ctx context.Context) error
	// PutCompany adds or replaces a company and reports whether it was added.
	PutCompany(ctx context.Context, c trade.Company) (added bool, err error)
	// AddHook stores a new hook, with Version 1.
	AddHook(ctx context.Context, h hook.Hook) error
	// ChangeHook stores the next version of a hook, or returns an error of fault
	// hook.Conflict if another version is there already.
	ChangeHook(ctx context.Context, h hook.Hook) error
	// DeleteHook removes a hook of a company.
	DeleteHook(ctx context.Context, company string, id uuid.UUID, now time.Time) error
	// Deliveries lists deliveries, newest first.
	Deliveries(ctx context.Context, q hook.DeliveryQuery) ([]hook.Delivery, error)
	// Delivery returns a delivery of a company.
	Delivery(ctx context.Context, company string, id uuid.UUID) (hook.Delivery, error)
	// Attempts returns the attempts of a delivery of a company, by number.
	Attempts(ctx context.Context, company string, delivery uuid.UUID) ([]hook.Attempt, error)
	// Event returns an event of a company.
	Event(ctx context.Context, company string, id uuid.UUID) (trade.Event, error)
	// EventDeliveries returns the deliveries that an event of a company caused.
	EventDeliveries(ctx context.Context, company string, event uuid.UUID) ([]hook.Delivery, error)
}

// Server answers API requests. All fields must be set.
type Server struct {
	Intake   Intake
	Store    Store
	Operator func(key string) bool           // whether key is the operator's; takes the same time for any key
	CheckURL func(raw string) error          // whether a hook may have the URL; an error is a *hook.Error about "url"
	Ready    func(ctx context.Context) error // whether events can be accepted
	MaxEvent int64                           // bytes of one event
	MaxBatch int64                           // bytes of a batch
	Version  string                          // of Waybill
	Log      *slog.Logger
}

const (
	companyPath = "/api/v1/companies/{company}"
	triggerPath = companyPath + "/hooks/triggers"
)

// Handler returns the API's routes: all of them, in one place. It is safe for
// concurrent use.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	a := humago.New(mux, s.config())
	a.UseMiddleware(unprocessable, s.authorize)

	register(a, public("GET /healthz", "health", "Tell that the server runs"), s.health)
	register(a, public("GET /readyz", "ready", "Tell whether events can be accepted", 503), s.ready)
	register(a, openAPIOperation(), s.openAPI(a))
	register(a, public("GET /api/v1/event-types", "listEventTypes", "List all event types"), s.listEventTypes)

	register(a, secured("GET /api/v1/companies", "listCompanies", "List the companies"), s.listCompanies)
	register(a, putCompanyOperation(), s.putCompany)
	register(a, secured("GET "+companyPath, "getCompany", "Read a company", 404), s.getCompany)

	register(a, postEventOperation(), s.postEvent)
	register(a, postBatchOperation(), s.postBatch)
	register(a, secured("GET "+companyPath+"/events/{id}", "getEvent", "Read an event", 404), s.getEvent)

	register(a, addTriggerOperation(), s.addTrigger)
	register(a, secured("GET "+triggerPath, "listTriggers", "List the triggers of a company", 404), s.listTriggers)
	register(a, secured("GET "+triggerPath+"/{id}", "getTrigger", "Read a trigger", 404), s.getTrigger)
	register(a, putTriggerOperation(), s.putTrigger)
	register(a, secured("DELETE "+triggerPath+"/{id}", "deleteTrigger",
		"Delete a trigger; what waits for it is cancelled", 404), s.deleteTrigger)

	register(a, secured("GET "+companyPath+"/deliveries", "listDeliveries",
		"List the deliveries of a company, newest first", 404), s.listDeliveries)
	register(a, secured("GET "+companyPath+"/deliveries/{id}", "getDelivery",
		"Read a delivery with its attempts", 404), s.getDelivery)

	describeBodies(a.OpenAPI())
	return s.logged(mux)
}

// register adds a route whose handler returns errors of any kind; they become
// problem documents.
func register[I, O any](a huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

// company returns a company of the directory, or an error of fault Missing.
func (s *Server) company(id string) (trade.Company, error) {
	c, ok := s.Store.Directory().Companies[id]
	if !ok {
		return trade.Company{}, hook.Errorf(hook.Missing, "there is no company %.64q", id)
	}
	return c, nil
}

// parseID reads an ID out of a path. What isn't an ID names nothing.
func parseID(text, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, hook.Errorf(hook.Missing, "there is no such %s", what)
	}
	return id, nil
}

// now is the time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
