package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const jobsPath = companyPath + "/delivery-jobs"

// deliveryFilter says which deliveries are meant.
type deliveryFilter struct {
	State      string    `json:"state,omitempty" enum:"waiting,sending,delivered,merged,failed,cancelled"`
	Hook       string    `json:"hookId,omitempty" format:"uuid" doc:"ID of a hook."`
	EventType  string    `json:"eventType,omitempty" doc:"Name of an event type."`
	EntityKind string    `json:"entityKind,omitempty" doc:"Such as order."`
	EntityID   string    `json:"entityId,omitempty" doc:"Your ID of an order, product or other entity."`
	Status     string    `json:"status,omitempty" example:"5xx" doc:"What the latest attempt was answered with: a status such as 503, a class such as 5xx, or none if there was no response."`
	Error      string    `json:"error,omitempty" enum:"render,address,dns,connect,token,tls,timeout,response,abandoned" doc:"What sort of thing kept the latest attempt from being answered."`
	From       time.Time `json:"from,omitzero" doc:"Created then or later (RFC 3339)."`
	To         time.Time `json:"to,omitzero" doc:"Created before then (RFC 3339)."`
}

type jobRequest struct {
	Operation string         `json:"operation" enum:"retry,cancel,priority,replay" doc:"What to do with each delivery; those that it isn't for are skipped."`
	Filter    deliveryFilter `json:"filter" doc:"Which deliveries: those that meet all of it, and are there already. At least one condition."`
	Priority  string         `json:"priority,omitempty" enum:"lowest,low,normal,high,highest" doc:"Of the operation priority."`
	Simulate  bool           `json:"simulate,omitempty" doc:"Only count what would be touched; nothing is done."`
}

type addJobInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Key     string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one makes no other job; its body must say the same."`
	rawBody
	Body jobRequest
}

type deliveryJob struct {
	ID        string         `json:"id" format:"uuid"`
	Operation string         `json:"operation" enum:"retry,cancel,priority,replay"`
	Filter    deliveryFilter `json:"filter"`
	Priority  string         `json:"priority,omitempty" enum:"lowest,low,normal,high,highest"`
	State     string         `json:"state" enum:"running,done,cancelled,failed"`
	Reason    string         `json:"reason,omitempty" doc:"Why it failed."`
	Total     int            `json:"total" doc:"How many deliveries matched when it was made."`
	AtLeast   bool           `json:"atLeast" doc:"Whether more may have matched, since there were too many to count."`
	Done      int            `json:"done" doc:"How many it has operated on."`
	Skipped   map[string]int `json:"skipped" doc:"How many it has left alone, by reason: the state of a delivery that the operation isn't for; hookDeleted; or gone, for one that is not kept any more."`
	StartedBy string         `json:"startedBy" doc:"The e-mail address of a user or the name of a key."`
	StartedAt time.Time      `json:"startedAt" doc:"Younger deliveries are left alone."`
	EndedAt   time.Time      `json:"endedAt,omitzero"`
}

type deliveryCounts struct {
	Total   int            `json:"total" doc:"How many deliveries would be touched."`
	ByState map[string]int `json:"byState" doc:"Those, by their state."`
	ByHook  map[string]int `json:"byHook" doc:"Those, by the ID of their hook."`
	Skipped map[string]int `json:"skipped" doc:"How many match as well and would be left alone, by reason."`
	AtLeast bool           `json:"atLeast" doc:"Whether there are more, since there were too many to count."`
}

type addJobOutput struct {
	Status   int
	Location string `header:"Location" hidden:"true"`
	Body     any
}

type jobInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The job's ID."`
}

type jobOutput struct {
	Body deliveryJob
}

type jobsInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor  string `query:"cursor" doc:"The next of the page before."`
}

type jobsOutput struct {
	Body struct {
		Items []deliveryJob `json:"items" nullable:"false"`
		Next  string        `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"DeliveryJobs"`
}

func addJobOperation() huma.Operation {
	op := reading(secured("POST "+jobsPath, "addDeliveryJob", "Operate on all deliveries that match a filter, or count them", account.OperateQueue))
	op.Description = "Answers 202 with the job, which goes on in the background; or, with simulate, 200 with the numbers."
	op.DefaultStatus = http.StatusAccepted
	return op
}

func (s *Server) addJob(ctx context.Context, in *addJobInput) (*addJobOutput, error) {
	key, err := in.idempotencyKey()
	if err != nil {
		return nil, err
	}
	j, err := in.job(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Simulate {
		counts, err := s.Store.CountDeliveries(ctx, j.Matching(), j.Command.Operation)
		return &addJobOutput{Status: http.StatusOK, Body: countsOf(counts)}, err
	}
	r := hook.JobRequest{Job: j, IdempotencyKey: key}
	if r.Fingerprint, err = fingerprint(in.Body); err != nil {
		return nil, err
	}
	receipt, err := s.Store.JobByKey(ctx, in.Company, key, r.Fingerprint)
	if hook.FaultOf(err) == hook.Missing {
		receipt, err = s.startJob(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	if receipt.Mismatched {
		return nil, hook.InvalidField(keyHeader, "the key was used for another request; use a new key for each job")
	}
	body := jobOf(receipt.Job)
	return &addJobOutput{
		Status: http.StatusAccepted, Location: "/api/v1/companies/" + in.Company + "/delivery-jobs/" + body.ID, Body: body,
	}, nil
}

// startJob counts what matches and stores the job.
func (s *Server) startJob(ctx context.Context, r hook.JobRequest) (hook.JobReceipt, error) {
	j := &r.Job
	counts, err := s.Store.CountDeliveries(ctx, j.Matching(), j.Command.Operation)
	if err != nil {
		return hook.JobReceipt{}, err
	}
	j.Total, j.Partial = counts.Matched(), counts.Partial
	return s.Store.AddJob(ctx, r, note(ctx, "delivery-job.add", j.ID.String(), j.Company, nil, jobOf(*j)))
}

// job returns the job that is asked for, or everything that is wrong with it.
func (in *addJobInput) job(ctx context.Context) (hook.DeliveryJob, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return hook.DeliveryJob{}, fmt.Errorf("make an ID: %w", err)
	}
	b := &in.Body
	j := hook.DeliveryJob{
		ID: id, Company: in.Company, State: hook.JobRunning, By: actorOf(ctx).Name, CreatedAt: now(),
		Command: hook.Command{Operation: hook.Operation(b.Operation), Priority: hook.Normal},
		Skipped: make(map[hook.Skip]int),
	}
	var wrong problems
	if b.Filter == (deliveryFilter{}) {
		wrong.add("filter", "it is empty; say which deliveries are meant, such as {\"state\":\"failed\"}",
			"Der Filter ist leer; geben Sie an, welche Zustellungen gemeint sind, zum Beispiel {\"state\":\"failed\"}.")
	}
	j.Filter = b.Filter.query("filter.", &wrong)
	switch has, needs := b.Priority != "", j.Command.Operation == hook.DoPriority; {
	case has && needs:
		j.Command.Priority = hook.Priority(slices.Index(priorities(), b.Priority))
	case has:
		wrong.add("priority", "only the operation priority has one; remove it",
			"Die Angabe gehört nur zur Operation priority; entfernen Sie sie.")
	case needs:
		wrong.add("priority", "it is missing; say which priority the deliveries are to get",
			"Die Angabe fehlt; geben Sie an, welche Priorität die Zustellungen erhalten sollen.")
	}
	return j, wrong.err()
}

// fingerprint tells apart requests that say something else.
func fingerprint(body jobRequest) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("take a request's fingerprint: %w", err)
	}
	sum := sha256.Sum256(raw)
	return sum[:], nil
}

func (s *Server) listJobs(ctx context.Context, in *jobsInput) (*jobsOutput, error) {
	q := hook.JobQuery{Company: in.Company, Limit: in.Limit + 1} // to see whether there is a next page
	if in.Cursor != "" {
		var ok bool
		if q.Before, ok = parseCursor(in.Cursor); !ok {
			return nil, hook.InvalidField("cursor", badCursor)
		}
	}
	js, err := s.Store.Jobs(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &jobsOutput{}
	if len(js) > in.Limit {
		js = js[:in.Limit]
		out.Body.Next = cursor(js[len(js)-1].ID)
	}
	out.Body.Items = make([]deliveryJob, len(js))
	for i, j := range js {
		out.Body.Items[i] = jobOf(j)
	}
	return out, nil
}

func (s *Server) getJob(ctx context.Context, in *jobInput) (*jobOutput, error) {
	id, err := parseID(in.ID, "job")
	if err != nil {
		return nil, err
	}
	j, err := s.Store.Job(ctx, in.Company, id)
	return &jobOutput{Body: jobOf(j)}, err
}

func (s *Server) cancelJob(ctx context.Context, in *jobInput) (*jobOutput, error) {
	id, err := parseID(in.ID, "job")
	if err != nil {
		return nil, err
	}
	j, err := s.Store.CancelJob(ctx, in.Company, id, now(), note(ctx, "delivery-job.cancel", in.ID, in.Company, nil, nil))
	return &jobOutput{Body: jobOf(j)}, err
}
