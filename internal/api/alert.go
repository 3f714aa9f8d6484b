package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type alertItem struct {
	ID       string    `json:"id" format:"uuid"`
	Kind     string    `json:"kind" example:"certificate.ends" doc:"What it is about: certificate.ends, that a hook's client certificate ends within 30, 7 or 1 days, or has ended; delivery.failed, that a delivery of a hook was given up; hook.disabled, that a hook was disabled, since its receiver is gone."`
	Subject  string    `json:"subject" doc:"ID of what it is about, such as a hook's."`
	Severity string    `json:"severity" enum:"information,warning,error"`
	Text     label     `json:"text" doc:"What it is and what to do."`
	Count    int       `json:"count" doc:"How often it was raised."`
	FirstAt  time.Time `json:"firstAt"`
	LastAt   time.Time `json:"lastAt"`
	ClosedAt time.Time `json:"closedAt,omitzero" doc:"When its cause was gone, if it is."`
}

func alertOf(a hook.Alert) alertItem {
	return alertItem{
		ID: a.ID.String(), Kind: string(a.Kind), Subject: a.Subject, Severity: string(a.Severity),
		Text: label{a.Text, a.German}, Count: a.Count, FirstAt: a.FirstAt, LastAt: a.LastAt, ClosedAt: a.ClosedAt,
	}
}

type alertsInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Open    bool   `query:"open" doc:"Only those whose cause isn't gone."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor  string `query:"cursor" doc:"The next of the page before."`
}

type alertsOutput struct {
	Body struct {
		Items []alertItem `json:"items" nullable:"false"`
		Next  string      `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Alerts"`
}

func (s *Server) listAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	q := hook.AlertQuery{Company: in.Company, Open: in.Open, Limit: in.Limit + 1} // to see whether there is a next page
	if in.Cursor != "" {
		var ok bool
		if q.Before, ok = parseCursor(in.Cursor); !ok {
			return nil, hook.InvalidField("cursor", badCursor)
		}
	}
	as, err := s.Store.Alerts(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &alertsOutput{}
	if len(as) > in.Limit {
		as = as[:in.Limit]
		out.Body.Next = cursor(as[len(as)-1].ID)
	}
	out.Body.Items = make([]alertItem, len(as))
	for i, a := range as {
		out.Body.Items[i] = alertOf(a)
	}
	return out, nil
}
