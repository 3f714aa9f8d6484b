package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// raise raises an alert of acme about a subject, and returns it.
func (w *world) raise(t *testing.T, subject string) hook.Alert {
	t.Helper()
	_, err := w.store.RaiseAlert(t.Context(), hook.Alert{
		Company: "acme", Kind: hook.DeliveryFailed, Subject: subject, Severity: hook.Failure,
		Text: "a delivery was given up", German: "Eine Zustellung wurde aufgegeben.", LastAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	as, err := w.store.Alerts(t.Context(), hook.AlertQuery{Company: "acme", Subject: subject, Limit: 1})
	if err != nil || len(as) != 1 {
		t.Fatalf("Alerts = %v, %v, want the one", as, err)
	}
	return as[0]
}

// alertCalls are those of everyCall for alerts.
func alertCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	one := acme + "/alerts/" + w.raise(t, "one").ID.String()
	none := acme + "/alerts/" + idLike
	return map[string][]call{
		"listAlerts": {
			{path: acme + "/alerts?open=true", want: 200},
			{path: acme + "/alerts?cursor=x", want: 422},
			{path: acme + "/alerts?state=broken", want: 422},
		},
		"getAlert": {{path: one, want: 200}, {path: none, want: 404}},
		"acknowledgeAlert": {
			{path: one + "/acknowledge", want: 200},
			{path: one + "/acknowledge", body: `{"note":"I look"}`, want: 200},
			{path: one + "/acknowledge", body: `{"note":"a\nb"}`, want: 422},
			{path: none + "/acknowledge", want: 404},
		},
		"closeAlert": {
			{path: acme + "/alerts/" + w.raise(t, "two").ID.String() + "/close", want: 200}, {path: none + "/close", want: 404},
		},
	}
}

func TestPeopleAcknowledgeAndCloseAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kim := w.signIn(t, w.addUser(t, "acme", "kim@acme.example", account.Admin))
	id := w.raise(t, "one").ID.String()
	w.raise(t, "two")
	one := acme + "/alerts/" + id
	if a := w.mustDo(t, 200, "GET", one, "", kim...); a["state"] != "open" || a["acknowledgedAt"] != nil || a["severity"] != "error" {
		t.Errorf("at first it is %v, want it open", a)
	}
	a := w.mustDo(t, 200, "POST", one+"/acknowledge", `{"note":"I call them"}`, kim...)
	if a["state"] != "acknowledged" || a["acknowledgedBy"] != "kim@acme.example" || a["note"] != "I call them" || a["acknowledgedAt"] == nil {
		t.Errorf("acknowledged it is %v, want Kim's name and note", a)
	}
	for query, want := range map[string]int{
		"state=open": 1, "state=acknowledged": 1, "state=closed": 0, "open=true": 2, "kind=delivery.failed": 2, "kind=hook.disabled": 0,
		"severity=error": 2, "severity=warning": 0, "subject=one": 1, "subject=one&state=open": 0,
	} {
		if n := len(w.mustDo(t, 200, "GET", acme+"/alerts?"+query, "")["items"].([]any)); n != want {
			t.Errorf("?%s lists %d alerts, want %d", query, n, want)
		}
	}
	if a := w.mustDo(t, 200, "POST", one+"/close", "", kim...); a["state"] != "closed" || a["closedBy"] != "kim@acme.example" {
		t.Errorf("closed it is %v, want Kim's name", a)
	}
	for _, do := range []string{"/close", "/acknowledge"} {
		got := w.do(t, "POST", one+do, "", append(kim, "Accept-Language: de")...)
		if got.status != 409 || !strings.Contains(string(got.body), "bereits geschlossen") {
			t.Errorf("%s of a closed one = %d %s, want 409 in German", do, got.status, got.body)
		}
	}
	if w.raise(t, "one").ID.String() == id {
		t.Error("what is raised after it was closed is the same alert, want another")
	}
	var actions []string
	for _, e := range w.audit(t, acme+"/audit", "target="+id) {
		actions = append(actions, e.Action)
		if e.Actor != "kim@acme.example" || e.Before["state"] == e.After["state"] {
			t.Errorf("noted is %+v, want Kim and both states", e)
		}
	}
	if got := strings.Join(actions, " "); got != "alert.close alert.acknowledge" {
		t.Errorf("noted are %s, want alert.close and alert.acknowledge", got)
	}
}
