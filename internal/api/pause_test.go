package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestATriggerIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := triggers + "/" + w.addTrigger(t)
	admin := w.signIn(t, w.addUser(t, "acme", "erika@acme.example", account.Admin))
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	got := w.mustDo(t, 200, "POST", one+"/pause", `{"until":"`+until+`"}`, admin...)
	p, _ := got["health"].(map[string]any)["paused"].(map[string]any)
	if p["until"] != until || p["by"] != "erika@acme.example" || p["since"] == nil {
		t.Errorf("paused is %v, want who paused it, since when and until when", p)
	}
	w.mustDo(t, 200, "PUT", one, goodTrigger) // says nothing of the pause
	if a := w.do(t, "GET", one, ""); !strings.Contains(string(a.body), `"paused":{`) || !strings.Contains(string(a.body), `"enabled":true`) {
		t.Errorf("after a change the trigger is %s, want it paused still", a.body)
	}
	if got := w.mustDo(t, 200, "POST", one+"/resume", "", admin...); got["health"].(map[string]any)["paused"] != nil {
		t.Errorf("after it was resumed it is %v", got["health"])
	}
	log := string(w.do(t, "GET", acme+"/audit", "").body)
	for _, want := range []string{"hook.pause", "hook.resume", until} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit log lacks %s: %s", want, log)
		}
	}
	a := w.do(t, "POST", one+"/pause", `{"until":"2001-01-01T00:00:00Z"}`)
	if a.status != 422 || !strings.Contains(reasons(t, a)["until"], "past") {
		t.Errorf("a pause that is past = %d %s, want 422 about until", a.status, a.body)
	}
}

func TestLimitsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addTrigger(t)
	with := func(text string) string { return strings.Replace(goodTrigger, "{", "{"+text+",", 1) }
	w.mustDo(t, 200, "PUT", triggers+"/"+id,
		with(`"limits":{"concurrency":2,"rate":30,"per":"minute","burst":5},"disableAfter":"never"`))
	want := hook.Limits{Concurrency: 2, Rate: 30, Per: time.Minute, Burst: 5}
	if h := w.hookOf(id); h.Limits != want || h.Disable != hook.NeverDisable {
		t.Errorf("limits are %+v, disabled after %v, want %+v and never", h.Limits, h.Disable, want)
	}
	// What was read can be sent back.
	w.mustDo(t, 200, "PUT", triggers+"/"+id, string(w.do(t, "GET", triggers+"/"+id, "").body))
	if h := w.hookOf(id); h.Limits != want || h.Disable != hook.NeverDisable {
		t.Errorf("sent back as they were read, limits are %+v, disabled after %v", h.Limits, h.Disable)
	}
	w.mustDo(t, 200, "PUT", triggers+"/"+id, with(`"disableAfter":"72h"`))
	if h := w.hookOf(id); h.Limits.Set() || h.Disable != hook.DisableAfter(72*time.Hour) {
		t.Errorf("limits are %+v, disabled after %v, want none and 72h", h.Limits, h.Disable)
	}
	for text, field := range map[string]string{
		`"limits":{"concurrency":1001}`:          "limits.concurrency",
		`"limits":{"rate":10}`:                   "limits.per",
		`"limits":{"rate":10,"per":"hour"}`:      "limits.per",
		`"limits":{"per":"second"}`:              "limits.per",
		`"limits":{"burst":3}`:                   "limits.burst",
		`"limits":{"rate":10001,"per":"second"}`: "limits.rate",
		`"disableAfter":"soon"`:                  "disableAfter",
		`"disableAfter":"1m"`:                    "disableAfter",
	} {
		a := w.do(t, "PUT", triggers+"/"+id, with(text))
		if a.status != 422 || reasons(t, a)[field] == "" {
			t.Errorf("%s = %d %s, want 422 about %s", text, a.status, a.body, field)
		}
	}
}

func TestADeliveryTellsWhatHoldsItUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.addTrigger(t)
	_, id := w.postEvent(t, goodEvent)
	holds := func(want string) {
		t.Helper()
		d := w.mustDo(t, 200, "GET", acme+"/deliveries/"+id, "")
		all := w.mustDo(t, 200, "GET", acme+"/deliveries", "")["items"].([]any)
		retried := w.mustDo(t, 200, "POST", acme+"/deliveries/"+id+"/retry", "")
		for _, d := range []map[string]any{d, all[0].(map[string]any), retried} {
			if reason, _ := d["reason"].(string); !strings.Contains(reason, want) || (reason == "") != (want == "") {
				t.Errorf("the reason is %q, want %q", reason, want)
			}
		}
	}
	holds("")
	w.mustDo(t, 200, "POST", triggers+"/"+one+"/pause", "")
	holds("is paused")
	w.mustDo(t, 200, "POST", triggers+"/"+one+"/resume", "")
	holds("")
	n := hook.Health{HookID: uuid.MustParse(one), Company: "acme", At: time.Now(), State: hook.CircuitOpen, Reason: "no answer"}
	if err := w.store.NoteHealth(t.Context(), n, nil); err != nil {
		t.Fatal(err)
	}
	holds("only a probe")
}
