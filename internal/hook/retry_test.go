package hook_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/hook"
)

// What is stored must be readable for later versions, so its names stay.
func TestRetryIsStoredAsJSON(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]hook.Retry{
		`{}`:                        {},
		`{"preset":"status-rules"}`: {Preset: hook.StatusRules},
		`{"preset":"custom","custom":{"first":10000000000,"factor":2.5,"longest":3600000000000,"jitter":0.1,"retries":-1,` +
			`"deadline":86400000000000,"answers":{"404":"alert","4xx":"failed"}}}`: {
			Preset: hook.CustomRetry,
			Custom: hook.RetryRules{
				First: 10 * time.Second, Factor: 2.5, Longest: time.Hour, Jitter: 0.1, Retries: hook.Endless, Deadline: 24 * time.Hour,
				Answers: map[string]hook.Meaning{"4xx": hook.MeansFailed, "404": hook.MeansAlert},
			},
		},
	} {
		got, err := json.Marshal(r)
		if err != nil || string(got) != want {
			t.Errorf("Marshal(%+v) = %s, %v, want %s", r, got, err, want)
		}
		var back hook.Retry
		if err := json.Unmarshal([]byte(want), &back); err != nil || !cmp.Equal(back, r) {
			t.Errorf("Unmarshal(%s) = %+v, %v, want %+v", want, back, err, r)
		}
	}
}
