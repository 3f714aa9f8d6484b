package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// finishJob goes on with the only job that runs, to its end.
func (w *world) finishJob(t *testing.T) {
	t.Helper()
	node, now := uuid.Must(uuid.NewV7()), time.Now()
	j, err := w.store.ClaimJob(t.Context(), node, now, now.Add(time.Hour))
	for err == nil && j.State == hook.JobRunning {
		var step hook.JobStep
		step, err = w.store.StepJob(t.Context(), node, j, now, now.Add(time.Hour), 2)
		j = step.Job
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAJobDoesWhatWasSimulated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := w.addTrigger(t)
	for range 5 {
		w.postEvent(t, goodEvent)
	}
	w.settle(t, trigger, 503, nil, hook.Verdict{State: hook.Failed, Reason: "answered 503"})
	w.settle(t, trigger, 200, nil, hook.Verdict{State: hook.Delivered})
	const body = `{"operation":"cancel","filter":{"eventType":"OrderCreated","entityKind":"order"`
	counts := w.mustDo(t, 200, "POST", jobs, body+`},"simulate":true}`)
	byState, byHook, skipped := counts["byState"].(map[string]any), counts["byHook"].(map[string]any), counts["skipped"].(map[string]any)
	if counts["total"] != 3.0 || byState["waiting"] != 3.0 || byHook[trigger] != 3.0 || skipped["failed"] != 1.0 || skipped["delivered"] != 1.0 || counts["atLeast"] != false {
		t.Errorf("counted %v, want the three that wait", counts)
	}
	if js := w.mustDo(t, 200, "GET", jobs, "")["items"].([]any); len(js) != 0 {
		t.Errorf("to simulate has made jobs: %v", js)
	}
	in := w.signIn(t, w.addUser(t, "acme", "kim@acme.example", account.Admin))
	j := w.mustDo(t, 202, "POST", jobs, body+`}}`, in...)
	if j["state"] != "running" || j["total"] != 5.0 || j["done"] != 0.0 || j["startedBy"] != "kim@acme.example" || j["endedAt"] != nil ||
		j["filter"].(map[string]any)["eventType"] != "OrderCreated" {
		t.Errorf("the job = %v, want it running", j)
	}
	w.finishJob(t)
	j = w.mustDo(t, 200, "GET", jobs+"/"+j["id"].(string), "")
	if j["state"] != "done" || j["done"] != 3.0 || j["endedAt"] == nil || len(j["skipped"].(map[string]any)) != 2 {
		t.Errorf("the job = %v, want it done", j)
	}
	if ids := w.pages(t, "state=cancelled"); len(ids) != 3 {
		t.Errorf("%d are cancelled, want 3", len(ids))
	}
	if es := w.audit(t, acme+"/audit", "action=delivery-job."); len(es) != 1 || es[0].Actor != "kim@acme.example" || es[0].After["operation"] != "cancel" {
		t.Errorf("noted is %+v, want the job, once", es)
	}
}

func TestARepeatedRequestMakesNoOtherJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: night-1"
	first := w.mustDo(t, 202, "POST", jobs, `{"operation":"replay","filter":{"state":"delivered"}}`, key)
	again := w.mustDo(t, 202, "POST", jobs, `{"filter": {"state": "delivered"}, "operation": "replay"}`, key)
	other := w.mustDo(t, 202, "POST", jobs, `{"operation":"replay","filter":{"state":"delivered"}}`)
	if first["id"] != again["id"] || first["id"] == other["id"] {
		t.Errorf("jobs %v, %v and %v, want the first two the same", first["id"], again["id"], other["id"])
	}
	if a := w.do(t, "POST", jobs, `{"operation":"replay","filter":{"state":"failed"}}`, key); a.status != 422 || reasons(t, a)["Idempotency-Key"] == "" {
		t.Errorf("another request with the key = %d %s, want 422 about it", a.status, a.body)
	}
	if js := w.mustDo(t, 200, "GET", jobs+"?limit=1", ""); len(js["items"].([]any)) != 1 || js["next"] == nil {
		t.Errorf("the first page = %v, want one job and a next page", js)
	} else if js = w.mustDo(t, 200, "GET", jobs+"?cursor="+js["next"].(string), ""); len(js["items"].([]any)) != 1 || js["next"] != nil {
		t.Errorf("the last page = %v, want one job", js)
	}
}

func TestWhatIsWrongWithAJobIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"operation":"burn","filter":{"state":"failed"}}`:                          "operation",
		`{"operation":"retry"}`:                                                     "filter",
		`{"operation":"retry","filter":{}}`:                                         "filter",
		`{"operation":"retry","filter":{"stat":"failed"}}`:                          "filter.stat",
		`{"operation":"retry","filter":{"state":"lost"}}`:                           "filter.state",
		`{"operation":"retry","filter":{"hookId":"12"}}`:                            "filter.hookId",
		`{"operation":"retry","filter":{"status":"6xx"}}`:                           "filter.status",
		`{"operation":"retry","filter":{"error":"gremlins"}}`:                       "filter.error",
		`{"operation":"retry","filter":{"eventType":"OrderCreate"}}`:                "filter.eventType",
		`{"operation":"retry","filter":{"entityKind":"basket"}}`:                    "filter.entityKind",
		`{"operation":"retry","filter":{"from":"yesterday"}}`:                       "filter.from",
		`{"operation":"priority","filter":{"state":"waiting"}}`:                     "priority",
		`{"operation":"cancel","filter":{"state":"waiting"},"priority":"low"}`:      "priority",
		`{"operation":"priority","filter":{"state":"waiting"},"priority":"urgent"}`: "priority",
	} {
		if a := w.do(t, "POST", jobs, body); a.status != 422 || reasons(t, a)[want] == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", body, a.status, a.body, want)
		}
	}
}

// Members and readers see what is done, and admins need a module that unlocks.
func TestWhoMayOperateOnDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addTrigger(t)
	_, id := w.postEvent(t, goodEvent)
	j := w.mustDo(t, 202, "POST", jobs, `{"operation":"retry","filter":{"state":"failed"}}`)["id"].(string)
	try := func(who string, want int, headers []string) {
		t.Helper()
		for path, body := range map[string]string{
			deliveries + "/" + id + "/retry": "", deliveries + "/" + id + "/cancel": "", deliveries + "/" + id + "/replay": "",
			deliveries + "/" + id + "/priority": `{"priority":"low"}`, acme + "/entities/order/80417/resend": "",
			jobs: `{"operation":"retry","filter":{"state":"failed"},"simulate":true}`, jobs + "/" + j + "/cancel": "",
		} {
			if a := w.do(t, "POST", path, body, headers...); a.status != want {
				t.Errorf("%s by %s = %d %s, want %d", path, who, a.status, a.body, want)
			}
		}
		if who != "a producer" {
			w.mustDo(t, 200, "GET", jobs+"/"+j, "", headers...)
		}
	}
	try("a member", 403, w.signIn(t, w.addUser(t, "acme", "lee@acme.example", account.Member)))
	try("a reader", 403, w.addKey(t, "acme", account.Reader))
	try("a producer", 403, w.addKey(t, "acme", account.Producer))
	admin := w.addKey(t, "acme", account.Admin)
	w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":[]}`)
	try("an admin without a module", 403, admin)
	w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":["business-api"]}`)
	w.mustDo(t, 200, "POST", deliveries+"/"+id+"/cancel", "", admin...)
}

func TestDeliveriesCanBeFilteredByTheirAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := w.addTrigger(t)
	statuses := []int{503, 500, 404, 0}
	var ids []string
	for _, status := range statuses {
		_, id := w.postEvent(t, goodEvent)
		ids = append(ids, id)
		w.settle(t, trigger, status, nil, hook.Verdict{State: hook.Failed, Reason: "no"})
	}
	w.postEvent(t, goodEvent)
	for query, want := range map[string]string{
		"status=5xx": ids[1] + " " + ids[0], "status=503": ids[0], "status=none": ids[3], "error=timeout": ids[3],
		"status=2xx": "", "error=dns": "", "status=4xx&state=failed": ids[2], "entityId=80417&status=500": ids[1],
	} {
		if got := strings.Join(w.pages(t, query), " "); got != want {
			t.Errorf("%s = %s, want %s", query, got, want)
		}
	}
	for query, want := range map[string]string{"status=9xx": "status", "error=none": "error"} {
		if a := w.do(t, "GET", deliveries+"?"+query, ""); a.status != 422 || reasons(t, a)[want] == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", query, a.status, a.body, want)
		}
	}
}
