package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	deliveries = acme + "/deliveries"
	jobs       = acme + "/delivery-jobs"
)

// operationCalls are those of everyCall for what is done with deliveries.
func operationCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	// Another type than everyCall's, whose events have one delivery each.
	trigger := w.mustDo(t, 201, "POST", triggers, strings.Replace(goodTrigger, `"OrderCreated","OrderChanged"`, `"ProductChanged"`, 1))["id"].(string)
	post := func() string {
		_, id := w.postEvent(t, `{"type":"ProductChanged","entityId":"art/7"}`)
		return deliveries + "/" + id
	}
	arrived := post()
	w.settle(t, trigger, 200, nil, hook.Verdict{State: hook.Delivered})
	waiting := post()
	job := jobs + "/" + w.mustDo(t, 202, "POST", jobs, `{"operation":"retry","filter":{"state":"failed"}}`)["id"].(string)
	resend := acme + "/entities/product/" + url.PathEscape("art/7") + "/resend"
	return map[string][]call{
		"retryDelivery":  {{path: waiting + "/retry", want: 200}, {path: arrived + "/retry", want: 409}, {path: deliveries + "/" + idLike + "/retry", want: 404}},
		"cancelDelivery": {{path: post() + "/cancel", want: 200}, {path: arrived + "/cancel", want: 409}},
		"changePriority": {
			{path: waiting + "/priority", body: `{"priority":"high"}`, want: 200},
			{path: waiting + "/priority", body: `{"priority":"urgent"}`, want: 422},
			{path: arrived + "/priority", body: `{"priority":"high"}`, want: 409},
		},
		"replayDelivery": {{path: arrived + "/replay", want: 201}, {path: waiting + "/replay", want: 409}},
		"resendEntity": {
			{path: resend, want: 202},
			{path: acme + "/entities/order/none/resend", want: 404},
			{path: resend, headers: []string{"Idempotency-Key: \t"}, want: 422},
		},
		"addDeliveryJob": {
			{path: jobs, body: `{"operation":"priority","priority":"low","filter":{"status":"5xx","from":"2026-01-31T14:05:00Z"}}`, want: 202},
			{path: jobs, body: `{"operation":"retry","filter":{"hookId":"` + trigger + `"},"simulate":true}`, want: 200},
			{path: jobs, body: `{"operation":"retry","filter":{}}`, want: 422},
			{want: 404, body: `{"operation":"retry","filter":{"state":"failed"}}`},
		},
		"listDeliveryJobs":  {{path: jobs + "?limit=1", want: 200}, {path: jobs + "?cursor=x", want: 422}},
		"getDeliveryJob":    {{path: job, want: 200}, {path: jobs + "/" + idLike, want: 404}},
		"cancelDeliveryJob": {{path: job + "/cancel", want: 200}, {path: job + "/cancel", want: 409}},
	}
}

func TestADeliveryIsOperatedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := w.addTrigger(t)
	_, id := w.postEvent(t, goodEvent)
	one := deliveries + "/" + id
	in := w.signIn(t, w.addUser(t, "acme", "kim@acme.example", account.Admin))

	if d := w.mustDo(t, 200, "POST", one+"/priority", `{"priority":"highest"}`, in...); d["priority"] != "highest" {
		t.Errorf("with another priority = %v", d)
	}
	if d := w.mustDo(t, 200, "POST", one+"/cancel", "", in...); d["state"] != "cancelled" || d["reason"] == nil {
		t.Errorf("cancelled = %v, want why", d)
	}
	if d := w.mustDo(t, 200, "POST", one+"/retry", "", in...); d["state"] != "waiting" || d["dueAt"] == nil || d["retriedAt"] == nil {
		t.Errorf("retried = %v, want it waiting", d)
	}
	w.settle(t, trigger, 200, nil, hook.Verdict{State: hook.Delivered})
	a := w.do(t, "POST", one+"/cancel", "", append(in, "Accept-Language: de")...)
	if a.status != 409 || !strings.Contains(string(a.body), "nachgesendet") {
		t.Errorf("a delivered one, cancelled = %d %s, want 409 that says in German what can be done", a.status, a.body)
	}
	if a := w.do(t, "POST", one+"/replay", "", "Idempotency-Key: "+strings.Repeat("x", 201)); a.status != 422 || reasons(t, a)["Idempotency-Key"] == "" {
		t.Errorf("a key that is too long = %d %s, want 422 about it", a.status, a.body)
	}
	keyed := append(in, "Idempotency-Key: once")
	a = w.do(t, "POST", one+"/replay", "", keyed...)
	if again := w.do(t, "POST", one+"/replay", "", keyed...); again.status != 201 || again.header.Get("Location") != a.header.Get("Location") {
		t.Errorf("a repeat = %d at %s, want the first, at %s", again.status, again.header.Get("Location"), a.header.Get("Location"))
	}
	replay := strings.TrimPrefix(a.header.Get("Location"), deliveries+"/")
	if d := w.mustDo(t, 200, "GET", deliveries+"/"+replay, ""); a.status != 201 || d["replayOf"] != id || d["state"] != "waiting" {
		t.Errorf("replayed = %d, at Location %v, want it a replay of %s", a.status, d, id)
	}
	var noted []string
	for _, e := range w.audit(t, acme+"/audit", "action=delivery.&actor=kim%40acme.example") {
		noted = append(noted, e.Action)
		if e.Target != id || e.Action == "delivery.priority" && e.After["priority"] != "highest" {
			t.Errorf("noted is %+v, want the delivery", e)
		}
	}
	if got := fmt.Sprint(noted); got != "[delivery.replay delivery.retry delivery.cancel delivery.priority]" {
		t.Errorf("noted are %v, want what was done, once each", got)
	}
}

func TestAnEntityIsResent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addTrigger(t)
	w.mustDo(t, 202, "POST", acme+"/events", `{"type":"OrderCreated","entityId":"a/b c","shop":"12","data":{"OrderId":1,"OrderCode":"<old>"}}`)
	w.mustDo(t, 202, "POST", acme+"/events", `{"type":"OrderCommentChanged","entityId":"a/b c","shop":"12","data":{"OrderId":1,"OrderCode":"<new>"}}`)
	path := acme + "/entities/order/a%2Fb%20c/resend"
	var first map[string]any
	for i := range 2 {
		got := w.mustDo(t, 202, "POST", path, "", "Idempotency-Key: once")
		if i == 0 {
			first = got
		}
		if got["type"] != "OrderChanged" || got["deliveries"] != 1.0 || got["id"] != first["id"] || got["repeated"] != (i > 0) {
			t.Errorf("resent = %v, want one delivery of OrderChanged, once", got)
		}
	}
	e := w.mustDo(t, 200, "GET", acme+"/events/"+first["id"].(string), "")
	if data := e["data"].(map[string]any); data["OrderCode"] != "<new>" || e["shop"] != "12" || e["entityId"] != "a/b c" {
		t.Errorf("the event is %v, want the data of the latest one", e)
	}
	if es := w.audit(t, acme+"/audit", "action=entity.resend"); len(es) != 1 || es[0].Target != "order/a/b c" || es[0].After["type"] != "OrderChanged" {
		t.Errorf("noted is %+v, want it once", es)
	}
	if a := w.do(t, "POST", acme+"/entities/order/other/resend", "", "Idempotency-Key: once"); a.status != 404 {
		t.Errorf("an entity that there isn't = %d %s, want 404", a.status, a.body)
	}
}
