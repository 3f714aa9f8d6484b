package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/hook"
)

// withRetry returns a trigger with the given retry policy.
func withRetry(retry string) string {
	return strings.Replace(goodTrigger, "{", `{"retry":`+retry+`,`, 1)
}

func TestARetryPolicyIsKeptAndExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addTrigger(t)
	if a := w.do(t, "GET", triggers+"/"+id, ""); !strings.Contains(string(a.body), `"retry":{"preset":"ten-times","schedule":{"en":"`) {
		t.Errorf("GET = %s, want ten-times by default, in words", a.body)
	}
	custom := `{"preset":"custom","custom":{"first":"5s","factor":2,"longest":"10m","jitter":0.1,"retries":-1,"deadline":"48h","answers":{"4xx":"failed","409":"delivered"}}}`
	for _, tt := range []struct {
		retry string
		want  hook.Retry
	}{
		{`{"preset":"status-rules"}`, hook.Retry{Preset: hook.StatusRules}},
		{`{"preset":"ten-times"}`, hook.Retry{}},
		{custom, hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
			First: 5 * time.Second, Factor: 2, Longest: 10 * time.Minute, Jitter: 0.1, Retries: hook.Endless, Deadline: 48 * time.Hour,
			Answers: map[string]hook.Meaning{"4xx": hook.MeansFailed, "409": hook.MeansDelivered},
		}}},
	} {
		w.mustDo(t, 200, "PUT", triggers+"/"+id, withRetry(tt.retry))
		if diff := cmp.Diff(tt.want, w.hookOf(id).Retry); diff != "" {
			t.Errorf("%s is stored otherwise (-want +got):\n%s", tt.retry, diff)
		}
	}
	// What was read can be sent back.
	read := w.do(t, "GET", triggers+"/"+id, "")
	before := w.hookOf(id).Retry
	w.mustDo(t, 200, "PUT", triggers+"/"+id, string(read.body))
	if diff := cmp.Diff(before, w.hookOf(id).Retry); diff != "" {
		t.Errorf("sent back as it was read, it differs (-want +got):\n%s", diff)
	}
}

func TestABadRetryPolicyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct{ retry, field, reason string }{
		"an unknown preset":       {`{"preset":"often"}`, "retry.preset", "ten-times"},
		"no length of time":       {`{"preset":"custom","custom":{"first":"soon","factor":2,"longest":"1h","retries":3}}`, "retry.custom.first", "10s"},
		"an unknown meaning":      {`{"preset":"custom","custom":{"first":"5s","factor":2,"longest":"1h","retries":3,"answers":{"404":"maybe"}}}`, "retry.custom.answers.404", "failed"},
		"rules beside a preset":   {`{"preset":"status-rules","custom":{"first":"5s","factor":2,"longest":"1h","retries":3}}`, "retry.custom", ""},
		"custom rules left out":   {`{"preset":"custom"}`, "retry.custom.first", ""},
		"a first wait of nothing": {`{"preset":"custom","custom":{"first":"0s","factor":2,"longest":"1h","retries":3}}`, "retry.custom.first", ""},
	} {
		a := w.do(t, "POST", triggers, withRetry(tt.retry))
		if got, ok := reasons(t, a)[tt.field]; a.status != 422 || !ok || !strings.Contains(got, tt.reason) {
			t.Errorf("%s: %d %s, want 422 with %s: …%s…", name, a.status, a.body, tt.field, tt.reason)
		}
	}
}
