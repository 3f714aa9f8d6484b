package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// noting is how long it may take to note a test when the caller waits no more.
const noting = 10 * time.Second

type hookTest struct {
	ID        string     `json:"id" format:"uuid" doc:"The webhook-id of the request, and the eventId of a notice."`
	At        time.Time  `json:"at"`
	EventType string     `json:"eventType" doc:"Of the sample that was sent."`
	HookID    string     `json:"hookId,omitempty" format:"uuid" doc:"Of the hook, if it was stored."`
	By        string     `json:"by" doc:"Who made the test."`
	URL       string     `json:"url"`
	Verdict   string     `json:"verdict" enum:"delivered,retried,failed" doc:"What it would mean for a delivery: the receiver took it; it would be tried again; it would be given up."`
	Disables  bool       `json:"disables" doc:"Whether the receiver said that it is gone for good, for which a hook is disabled."`
	Reason    string     `json:"reason,omitempty" doc:"What went wrong and what to do about it, in words."`
	TLS       tlsVerdict `json:"tls" doc:"How the connection was secured."`
	Attempt   attempt    `json:"attempt" doc:"What was sent, without secrets, and what was answered."`
}

type tlsVerdict struct {
	Verdict string `json:"verdict" enum:"good,bad,none" doc:"Good: the receiver has shown who it is, and what is sent can't be read on the way. Bad: it hasn't. None: it didn't come to that."`
	Version string `json:"version,omitempty" example:"TLS 1.3" doc:"That was agreed on."`
	Reason  string `json:"reason,omitempty" doc:"Why it is bad, and what to mend."`
}

func hookTestOf(t hook.Test) hookTest {
	means := map[hook.State]string{hook.Delivered: "delivered", hook.Waiting: "retried", hook.Failed: "failed"}
	out := hookTest{
		ID: t.ID.String(), At: t.Attempt.StartedAt, EventType: t.EventType, By: t.By, URL: t.Attempt.URL, Verdict: means[t.Verdict.State],
		Disables: t.Verdict.Disable, Reason: t.Verdict.Reason, TLS: tlsVerdict{Verdict: "none", Version: t.Attempt.TLS}, Attempt: attemptOf(t.Attempt),
	}
	switch {
	case t.Attempt.Error == hook.BadTLS:
		out.TLS.Verdict, out.TLS.Reason = "bad", t.Attempt.Reason
	case t.Attempt.TLS != "":
		out.TLS.Verdict = "good"
	}
	if t.HookID != uuid.Nil {
		out.HookID = t.HookID.String()
	}
	return out
}

type testDocumentInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Kind    string `path:"kind" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE" doc:"The kind of document."`
	Body    struct {
		URL   string               `json:"url" example:"https://hooks.example/invoices" doc:"Where to send to; it needn't be stored."`
		Basic *basicAuthentication `json:"basicAuthentication,omitempty" doc:"As it stands in the form; left out, what is stored counts."`
	} `nameHint:"DocumentWebhookTest"`
}

type hookTestOutput struct{ Body hookTest }

// testDocumentWebhook returns the handler that sends samples of notices, within the
// companies' pace. It changes nothing of the settings.
func (s *Server) testDocumentWebhook() func(context.Context, *testDocumentInput) (*hookTestOutput, error) {
	var pace pace
	return func(ctx context.Context, in *testDocumentInput) (*hookTestOutput, error) {
		h, err := s.triedHook(in.Company, in.Kind, in.Body.URL, in.Body.Basic)
		if err != nil {
			return nil, err
		}
		if wait := pace.wait(in.Company, time.Now()); wait > 0 {
			return nil, tooManyTests(wait)
		}
		kind, _ := trade.TypeOf(in.Kind)
		at := now()
		t, err := s.try(ctx, h, trade.Event{
			Company: h.Company, Type: in.Kind, Entity: trade.Entity{Kind: kind.Entity, ID: "sample"},
			OccurredAt: at, ReceivedAt: at, Data: kind.SampleAt(s.PublicURL),
		}, nil)
		return &hookTestOutput{Body: hookTestOf(t)}, err
	}
}

func tooManyTests(wait time.Duration) error {
	return &hook.Error{
		Fault: hook.TooOften, After: wait, Msg: "webhooks were tested too often just now; wait a moment and try again",
		German: "Es wurden gerade zu viele Webhooks getestet; warten Sie einen Moment und versuchen Sie es erneut.",
	}
}

// try sends a sample event, about a state if the hook is told of states, to a hook and
// stores what came of it.
func (s *Server) try(ctx context.Context, h *hook.Hook, sample trade.Event, state *trade.State) (hook.Test, error) {
	t, err := s.Tester.Test(ctx, h, sample, state)
	if err != nil {
		return hook.Test{}, err
	}
	t.By = actorOf(ctx).Name
	if t.Attempt.URL == "" { // nothing could be sent
		t.Attempt.URL = h.URL
	}
	e := note(ctx, "hook.test", h.Company, h.Company, nil, map[string]any{
		"test": t.ID, "kind": h.Kind, "eventType": sample.Type, "url": h.URL, "authenticated": h.Auth.Set(), "status": t.Attempt.Status,
	})
	// What was sent is noted, whether the caller still waits or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noting)
	defer cancel()
	return t, s.Store.AddTest(ctx, t, e)
}

type hookTestsInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many, at most."`
	Cursor  string `query:"cursor" doc:"The next of the page before."`
}

type hookTestsOutput struct {
	Body struct {
		Items []hookTest `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"The cursor of the next page, if there is one."`
	} `nameHint:"HookTests"`
}

func (s *Server) listDocumentWebhookTests(ctx context.Context, in *hookTestsInput) (*hookTestsOutput, error) {
	return s.listTests(ctx, in.Company, hook.Documents, in.Limit, in.Cursor)
}

// listTests returns a page of the tests of a company's hooks of a kind.
func (s *Server) listTests(ctx context.Context, company string, kind hook.Kind, limit int, after string) (*hookTestsOutput, error) {
	q := hook.TestQuery{Company: company, Kind: kind, Limit: limit + 1} // to see whether there is a next page
	if after != "" {
		var ok bool
		if q.Before, ok = parseCursor(after); !ok {
			return nil, hook.InvalidField("cursor", badCursor)
		}
	}
	ts, err := s.Store.Tests(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &hookTestsOutput{}
	if len(ts) > limit {
		ts = ts[:limit]
		out.Body.Next = cursor(ts[len(ts)-1].ID)
	}
	out.Body.Items = make([]hookTest, len(ts))
	for i, t := range ts {
		out.Body.Items[i] = hookTestOf(t)
	}
	return out, nil
}
