package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type trigger struct {
	ID          string             `json:"id" readOnly:"true" format:"uuid"`
	Version     int                `json:"version" readOnly:"true" doc:"Counts the changes; the ETag."`
	Title       string             `json:"title" minLength:"1" maxLength:"200"`
	Enabled     *bool              `json:"enabled,omitempty" default:"true"`
	EventTypes  []string           `json:"eventTypes" nullable:"false" minItems:"1" maxItems:"500" doc:"Names of the event types it is told of."`
	URL         string             `json:"url" example:"https://hooks.example/orders" doc:"Where to send to. Only https, and only addresses on the public internet unless the operator allows others."`
	Auth        authSettings       `json:"auth" required:"false"`
	HMAC        *hmacSettings      `json:"hmac" required:"false" doc:"An HMAC of the body alone, for receivers that don't know Standard Webhooks."`
	SigningKeys []signingKey       `json:"signingKeys" readOnly:"true" nullable:"false" doc:"What requests are signed with as Standard Webhooks says; see …/signing-keys."`
	Client      *clientCertificate `json:"clientCertificate" readOnly:"true" doc:"What is shown to receivers that want to know who sends; see …/client-certificate."`
	Priority    string             `json:"priority,omitempty" enum:"lowest,low,normal,high,highest" default:"normal" doc:"What is sent first when much waits."`
	Unique      bool               `json:"unique" required:"false" doc:"While a delivery waits, a new event of the same entity is merged into it: the newest state is sent, once."`
	Collect     int                `json:"collectSeconds" required:"false" minimum:"0" maximum:"86400" doc:"Of a unique trigger: for so long after the first event of an entity, more are waited for."`
	Ordered     bool               `json:"ordered" required:"false" doc:"Deliveries of one entity are sent one at a time, in the order of their events."`
	Retry       retrySettings      `json:"retry" required:"false" doc:"When a delivery is tried again, and when it is given up."`
	Limits      limitSettings      `json:"limits" required:"false" doc:"How fast it is sent to, by all nodes together."`
	Disable     string             `json:"disableAfter,omitempty" example:"120h" doc:"For how long it may fail without any success before it is disabled: 1h to 8760h, or never. Left out: as the server says."`
	Health      *triggerHealth     `json:"health,omitempty" readOnly:"true" doc:"How it is."`
	HTTP2       bool               `json:"http2" required:"false" doc:"Offer HTTP/2 as well as HTTP/1.1."`
	CreatedAt   time.Time          `json:"createdAt" readOnly:"true"`
	UpdatedAt   time.Time          `json:"updatedAt" readOnly:"true"`
}

type triggersInput struct {
	Company string `path:"company" doc:"The company's ID."`
}

type triggerInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
}

func (in *triggerInput) name() hookName { return hookName{in.Company, hook.Trigger, in.ID} }

type addTriggerInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    trigger
}

type putTriggerInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	IfMatch string `header:"If-Match" doc:"The ETag of the version to be replaced. Without it, the last one to write wins."`
	Body    trigger
}

type triggerOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location" hidden:"true"`
	Body     trigger
}

type triggersOutput struct {
	Body struct {
		Items []trigger `json:"items" nullable:"false"`
	} `nameHint:"Triggers"`
}

// priorities are the names of hook.Lowest to hook.Highest.
func priorities() []string { return []string{"lowest", "low", "normal", "high", "highest"} }

func triggerOf(h *hook.Hook) trigger {
	enabled := h.Enabled
	t := trigger{
		ID: h.ID.String(), Version: h.Version, Title: h.Title, Enabled: &enabled, EventTypes: h.EventTypes,
		URL: h.URL, Priority: priorities()[h.Priority], HTTP2: h.HTTP2, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt,
	}
	t.Auth = authOf(h.Auth, slices.Contains(h.Locked, hook.AuthSecret))
	t.HMAC = hmacOf(h.Signing.HMAC, slices.Contains(h.Locked, hook.HMACSecret))
	t.SigningKeys = make([]signingKey, 0, len(h.Signing.Keys))
	for _, k := range h.Signing.Keys {
		t.SigningKeys = append(t.SigningKeys, signingKeyOf(k))
	}
	t.Client = clientCertificateOf(h.Client)
	t.Retry = retryOf(h.Retry)
	t.Unique, t.Collect, t.Ordered = h.Queue.Unique, int(h.Queue.Collect/time.Second), h.Queue.Ordered
	t.Limits, t.Disable = limitsOf(h.Limits), disableOf(h.Disable)
	return t
}

func etag(h *hook.Hook) string { return strconv.Quote(strconv.Itoa(h.Version)) }

func (s *Server) listTriggers(_ context.Context, in *triggersInput) (*triggersOutput, error) {
	out := &triggersOutput{}
	out.Body.Items = []trigger{}
	for _, h := range s.Store.Directory().Hooks {
		if h.Company == in.Company && h.Kind == hook.Trigger {
			out.Body.Items = append(out.Body.Items, triggerOf(h))
		}
	}
	slices.SortFunc(out.Body.Items, func(a, b trigger) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *Server) getTrigger(ctx context.Context, in *triggerInput) (*triggerOutput, error) {
	h, err := s.named(in.name())
	if err != nil {
		return nil, err
	}
	return s.answerTrigger(ctx, h)
}

func (s *Server) addTrigger(ctx context.Context, in *addTriggerInput) (*triggerOutput, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an ID: %w", err)
	}
	at := now()
	h := hook.Hook{ID: id, Company: in.Company, Kind: hook.Trigger, Version: 1, CreatedAt: at, UpdatedAt: at}
	if err := s.fill(&h, &in.Body); err != nil {
		return nil, err
	}
	e := note(ctx, "hook.add", h.ID.String(), h.Company, nil, triggerOf(&h))
	if err := s.Store.AddHook(ctx, h, e); err != nil {
		return nil, err
	}
	out, err := s.answerTrigger(ctx, &h)
	if err != nil {
		return nil, err
	}
	out.Location = "/api/v1/companies/" + h.Company + "/hooks/triggers/" + h.ID.String()
	return out, nil
}

func (s *Server) putTrigger(ctx context.Context, in *putTriggerInput) (*triggerOutput, error) {
	h, err := s.changeNamed(ctx, hookName{in.Company, hook.Trigger, in.ID}, in.IfMatch, func(h *hook.Hook) error { return s.fill(h, &in.Body) })
	if err != nil {
		return nil, err
	}
	return s.answerTrigger(ctx, h)
}

func (s *Server) deleteTrigger(ctx context.Context, in *triggerInput) (*struct{}, error) {
	h, err := s.named(in.name())
	if err != nil {
		return nil, err
	}
	e := note(ctx, "hook.delete", h.ID.String(), h.Company, triggerOf(h), nil)
	return nil, s.Store.DeleteHook(ctx, h.Company, h.ID, now(), e)
}

// fill writes into h what t says, or returns everything that is wrong with it.
// What h says of secrets is what was stored before, but UpdatedAt is the time of
// this change.
func (s *Server) fill(h *hook.Hook, t *trigger) error {
	var wrong problems
	wrong.text("title", t.Title)
	for i, name := range t.EventTypes {
		field := fmt.Sprintf("eventTypes[%d]", i)
		if _, ok := trade.TypeOf(name); !ok {
			reason, german := unknownType(name)
			wrong.add(field, reason, german)
		} else if slices.Index(t.EventTypes, name) < i {
			wrong.add(field, "it is there twice; remove it", "Er steht doppelt da; entfernen Sie ihn.")
		}
	}
	if err := s.CheckURL(t.URL); err != nil {
		wrong = append(wrong, asProblems(err)...)
	}
	stored := storedAuth{h.Auth, slices.Contains(h.Locked, hook.AuthSecret), !sameHost(h.URL, t.URL)}
	auth, kept := s.readAuth(&t.Auth, stored, h.UpdatedAt, &wrong)
	if auth.Kind == hook.CompanyAuth {
		s.checkDefault(h.Company, t.URL, &wrong)
	}
	hmac, same := readHMAC(t.HMAC, h.Signing.HMAC, slices.Contains(h.Locked, hook.HMACSecret), h.UpdatedAt, s.headerOf(h.Company, auth), &wrong)
	rules := readRetry(&t.Retry, &wrong)
	if t.Collect > 0 && !t.Unique {
		wrong.add("collectSeconds", "only a unique trigger collects events; set unique to true, or leave it out",
			"Nur ein eindeutiger Trigger sammelt Ereignisse; setzen Sie unique auf true, oder lassen Sie es weg.")
	}
	limits, disable := readLimits(&t.Limits, &wrong), readDisable(t.Disable, &wrong)
	if err := wrong.err(); err != nil {
		return err
	}
	h.Title, h.Enabled, h.EventTypes, h.URL = t.Title, *t.Enabled, t.EventTypes, t.URL
	h.Auth, h.HTTP2 = auth, t.HTTP2
	h.Signing.HMAC, h.Retry = hmac, rules
	h.Queue = hook.Queue{Unique: t.Unique, Collect: time.Duration(t.Collect) * time.Second, Ordered: t.Ordered}
	h.Limits, h.Disable = limits, disable
	if !kept {
		h.Locked = without(h.Locked, hook.AuthSecret)
	}
	if !same {
		h.Locked = without(h.Locked, hook.HMACSecret)
	}
	h.Priority = hook.Priority(slices.Index(priorities(), t.Priority))
	return nil
}

func asProblems(err error) []hook.Problem {
	p := problemOf(err)
	if len(p.Errors) == 0 {
		return []hook.Problem{{Field: "url", Reason: p.Detail}}
	}
	wrong := make([]hook.Problem, len(p.Errors))
	for i, e := range p.Errors {
		wrong[i] = hook.Problem{Field: e.Field, Reason: e.Reason, German: e.german}
	}
	return wrong
}
