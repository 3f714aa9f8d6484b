package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

type entry struct {
	ID      string          `json:"id" format:"uuid"`
	At      time.Time       `json:"at"`
	Company string          `json:"company,omitempty" doc:"The company that it is about; none if it is the operator's alone."`
	Actor   string          `json:"actor" doc:"Who did it: the e-mail address of a user or the name of a key."`
	ActorID string          `json:"actorId,omitempty" format:"uuid" doc:"ID of the user or key."`
	Role    string          `json:"role,omitempty"`
	Address string          `json:"address,omitempty" doc:"IP address that it was done from; none if it was done on the server."`
	Action  string          `json:"action" example:"hook.change"`
	Target  string          `json:"target,omitempty" doc:"ID of what was changed."`
	Before  json.RawMessage `json:"before,omitempty" doc:"What it was, without secrets, if it was there."`
	After   json.RawMessage `json:"after,omitempty" doc:"What it is, without secrets, if it is there."`
}

func entryOf(e account.Entry) entry {
	out := entry{
		ID: e.ID.String(), At: e.At, Company: e.Company, Actor: e.Actor, Role: string(e.Role), Address: e.From,
		Action: e.Action, Target: e.Target, Before: json.RawMessage(e.Before), After: json.RawMessage(e.After),
	}
	if e.ActorID != uuid.Nil {
		out.ActorID = e.ActorID.String()
	}
	return out
}

type auditInput struct {
	Company string    `path:"company" doc:"The company's ID."`
	Action  string    `query:"action" doc:"Such as hook.change; with a full stop at its end, such as hook., all that begin so."`
	Actor   string    `query:"actor" doc:"The e-mail address of a user or the name of a key."`
	Target  string    `query:"target" doc:"ID of what was changed."`
	From    time.Time `query:"from" doc:"Done then or later (RFC 3339)."`
	To      time.Time `query:"to" doc:"Done before then (RFC 3339)."`
	Limit   int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor  string    `query:"cursor" doc:"The next of the page before."`
}

type auditOutput struct {
	Body struct {
		Items []entry `json:"items" nullable:"false"`
		Next  string  `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Audit"`
}

// listAudit lists entries about a company, or everyone's if there is none.
func (s *Server) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	q := account.AuditQuery{
		Company: in.Company, Everyone: in.Company == "", Action: in.Action, Actor: in.Actor, Target: in.Target,
		From: in.From, To: in.To, Limit: in.Limit + 1, // to see whether there is a next page
	}
	var wrong problems
	if in.Cursor != "" {
		var ok bool
		if q.Before, ok = parseCursor(in.Cursor); !ok {
			wrong.add("cursor", badCursor, "")
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	es, err := s.Store.Audit(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	if len(es) > in.Limit {
		es = es[:in.Limit]
		out.Body.Next = cursor(es[len(es)-1].ID)
	}
	out.Body.Items = make([]entry, len(es))
	for i, e := range es {
		out.Body.Items[i] = entryOf(e)
	}
	return out, nil
}
