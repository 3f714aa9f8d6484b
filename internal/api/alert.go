package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type alertItem struct {
	ID             string    `json:"id" format:"uuid"`
	Kind           string    `json:"kind" example:"certificate.ends" doc:"What it is about: certificate.ends, that a hook's client certificate ends within 30, 7 or 1 days, or has ended; delivery.failed, that a delivery of a hook was given up; hook.failing, that a hook's receiver keeps failing and is only probed; hook.disabled, that a hook was disabled, since its receiver is gone or has failed for too long; notification.failed, that alerts could not be told through a notification channel, or by e-mail."`
	Subject        string    `json:"subject" doc:"ID of what it is about, a hook's or a notification channel's; email for e-mails."`
	Severity       string    `json:"severity" enum:"information,warning,error"`
	State          string    `json:"state" enum:"open,acknowledged,closed" doc:"An acknowledged one is open again when it gets worse. What is raised after it was closed is another alert."`
	Text           label     `json:"text" doc:"What it is and what to do."`
	Count          int       `json:"count" doc:"How often it was raised."`
	FirstAt        time.Time `json:"firstAt"`
	LastAt         time.Time `json:"lastAt"`
	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero" doc:"When a person said that they look at it, if one has."`
	AcknowledgedBy string    `json:"acknowledgedBy,omitempty" doc:"Who that is: an e-mail address, or the name of a key."`
	Note           string    `json:"note,omitempty" doc:"What they wrote."`
	ClosedAt       time.Time `json:"closedAt,omitzero" doc:"When its cause was gone, or a person closed it, if so."`
	ClosedBy       string    `json:"closedBy,omitempty" doc:"Who closed it; nobody if its cause was gone."`
}

func alertOf(a hook.Alert) alertItem {
	return alertItem{
		ID: a.ID.String(), Kind: string(a.Kind), Subject: a.Subject, Severity: string(a.Severity), State: string(a.State()),
		Text: label{a.Text, a.German}, Count: a.Count, FirstAt: a.FirstAt, LastAt: a.LastAt,
		AcknowledgedAt: a.Acknowledged.At, AcknowledgedBy: a.Acknowledged.By, Note: a.Acknowledged.Note,
		ClosedAt: a.ClosedAt, ClosedBy: a.ClosedBy,
	}
}

type alertsInput struct {
	Company  string `path:"company" doc:"The company's ID."`
	State    string `query:"state" enum:"open,acknowledged,closed" doc:"Only those in a state."`
	Open     bool   `query:"open" doc:"Only those that aren't closed."`
	Kind     string `query:"kind" maxLength:"100" doc:"Only those of a kind."`
	Severity string `query:"severity" enum:"information,warning,error" doc:"Only those of a severity."`
	Subject  string `query:"subject" maxLength:"100" doc:"Only those about something, by its ID."`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor   string `query:"cursor" doc:"The next of the page before."`
}

type alertsOutput struct {
	Body struct {
		Items []alertItem `json:"items" nullable:"false"`
		Next  string      `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"Alerts"`
}

func (s *Server) listAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	q := hook.AlertQuery{
		Company: in.Company, State: hook.AlertState(in.State), Open: in.Open, Kind: hook.AlertKind(in.Kind),
		Severity: hook.Severity(in.Severity), Subject: in.Subject, Limit: in.Limit + 1, // to see whether there is a next page
	}
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

type alertInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The alert's ID."`
}

type alertOutput struct{ Body alertItem }

// alert returns an alert of a company, or an error of fault Missing.
func (s *Server) alert(ctx context.Context, company, id string) (hook.Alert, error) {
	parsed, err := parseID(id, "alert")
	if err != nil {
		return hook.Alert{}, err
	}
	return s.Store.Alert(ctx, company, parsed)
}

func (s *Server) getAlert(ctx context.Context, in *alertInput) (*alertOutput, error) {
	a, err := s.alert(ctx, in.Company, in.ID)
	return &alertOutput{alertOf(a)}, err
}

type acknowledgement struct {
	Note string `json:"note,omitempty" maxLength:"500" example:"I have called them." doc:"For others."`
}

type acknowledgeInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The alert's ID."`
	Body    *acknowledgement
}

func (s *Server) acknowledgeAlert(ctx context.Context, in *acknowledgeInput) (*alertOutput, error) {
	var text string
	if in.Body != nil && in.Body.Note != "" {
		var wrong problems
		text = in.Body.Note
		if wrong.text("note", text); len(wrong) > 0 {
			return nil, wrong.err()
		}
	}
	a, err := s.alert(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	next := a
	next.Acknowledged = hook.Acknowledgement{By: actorOf(ctx).Name, At: now(), Note: text}
	e := note(ctx, "alert.acknowledge", in.ID, in.Company, alertOf(a), alertOf(next))
	next, err = s.Store.AcknowledgeAlert(ctx, in.Company, a.ID, next.Acknowledged, e)
	return &alertOutput{alertOf(next)}, err
}

func (s *Server) closeAlert(ctx context.Context, in *alertInput) (*alertOutput, error) {
	a, err := s.alert(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	next := a
	next.ClosedAt, next.ClosedBy = now(), actorOf(ctx).Name
	e := note(ctx, "alert.close", in.ID, in.Company, alertOf(a), alertOf(next))
	next, err = s.Store.CloseAlertBy(ctx, in.Company, a.ID, next.ClosedBy, next.ClosedAt, e)
	return &alertOutput{alertOf(next)}, err
}
