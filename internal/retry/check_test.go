package retry_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

// usable returns custom rules that nothing is wrong with.
func usable() hook.RetryRules {
	return hook.RetryRules{First: 10 * time.Second, Factor: 2, Longest: time.Hour, Jitter: 0.1, Retries: 5}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	with := func(change func(*hook.RetryRules)) hook.Retry {
		r := usable()
		change(&r)
		return hook.Retry{Preset: hook.CustomRetry, Custom: r}
	}
	for name, r := range map[string]hook.Retry{
		"nothing":             {},
		"ten times":           {Preset: hook.TenTimes},
		"status rules":        {Preset: hook.StatusRules},
		"status rules 2024":   {Preset: hook.StatusRules2024},
		"no retries":          with(func(r *hook.RetryRules) { r.Retries = 0 }),
		"endless retries":     with(func(r *hook.RetryRules) { r.Retries = hook.Endless }),
		"waits that are even": with(func(r *hook.RetryRules) { r.First, r.Factor, r.Longest, r.Jitter = time.Hour, 1, time.Hour, 0 }),
		"the lowest numbers":  with(func(r *hook.RetryRules) { r.First, r.Longest, r.Deadline = time.Second, time.Second, time.Minute }),
		"the highest numbers": with(func(r *hook.RetryRules) {
			*r = hook.RetryRules{First: 24 * time.Hour, Factor: 10, Longest: 24 * time.Hour, Jitter: 0.5, Retries: 1000, Deadline: 365 * 24 * time.Hour}
		}),
		"answers": with(func(r *hook.RetryRules) {
			r.Answers = map[string]hook.Meaning{"2xx": "temporary", "200": "delivered", "4xx": "failed", "404": "alert"}
		}),
	} {
		if err := retry.Check("retry.", r); err != nil {
			t.Errorf("Check of %s = %v, want nil", name, err)
		}
	}
}

func TestCheckNamesEveryFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		field  string
		change func(*hook.Retry)
	}{
		{"preset", func(r *hook.Retry) { r.Preset = "twice" }},
		{"custom", func(r *hook.Retry) { r.Preset = hook.TenTimes }},
		{"custom", func(r *hook.Retry) { r.Preset = "" }},
		{"custom", func(r *hook.Retry) {
			*r = hook.Retry{Custom: hook.RetryRules{Answers: map[string]hook.Meaning{"404": "failed"}}}
		}},
		{"custom.first", func(r *hook.Retry) { r.Custom.First = time.Second - 1 }},
		{"custom.first", func(r *hook.Retry) { r.Custom.First, r.Custom.Longest = -time.Hour, time.Hour }},
		{"custom.longest", func(r *hook.Retry) { r.Custom.Longest = 24*time.Hour + 1 }},
		{"custom.longest", func(r *hook.Retry) { r.Custom.Longest = 9 * time.Second }},
		{"custom.longest", func(r *hook.Retry) { r.Custom.Longest = 0 }},
		{"custom.factor", func(r *hook.Retry) { r.Custom.Factor = 0 }},
		{"custom.factor", func(r *hook.Retry) { r.Custom.Factor = 1.05 }},
		{"custom.factor", func(r *hook.Retry) { r.Custom.Factor = 10.1 }},
		{"custom.factor", func(r *hook.Retry) { r.Custom.Factor = math.NaN() }},
		{"custom.jitter", func(r *hook.Retry) { r.Custom.Jitter = -0.1 }},
		{"custom.jitter", func(r *hook.Retry) { r.Custom.Jitter = 0.6 }},
		{"custom.jitter", func(r *hook.Retry) { r.Custom.Jitter = math.NaN() }},
		{"custom.retries", func(r *hook.Retry) { r.Custom.Retries = -2 }},
		{"custom.retries", func(r *hook.Retry) { r.Custom.Retries = 1001 }},
		{"custom.deadline", func(r *hook.Retry) { r.Custom.Deadline = time.Minute - 1 }},
		{"custom.deadline", func(r *hook.Retry) { r.Custom.Deadline = 366 * 24 * time.Hour }},
		{"custom.deadline", func(r *hook.Retry) { r.Custom.Deadline = -time.Hour }},
		answer("", "failed"), answer("40", "failed"), answer("099", "failed"), answer("600", "failed"), answer("4000", "failed"),
		answer("4XX", "failed"), answer("0xx", "failed"), answer("6xx", "failed"), answer("4xxx", "failed"), answer("+40", "failed"),
		answer("400-499", "failed"), answer("404", ""), answer("404", "Failed"), answer("404", "waiting"),
		answer("408", "temporary"), answer("410", "failed"), answer("425", "failed"), answer("429", "failed"),
		{"custom.answers", func(r *hook.Retry) { r.Custom.Answers = map[string]hook.Meaning{"2xx": "failed"} }},
	} {
		r := hook.Retry{Preset: hook.CustomRetry, Custom: usable()}
		tt.change(&r)
		checkFields(t, retry.Check("retry.", r), r, "retry."+tt.field)
	}

	r := hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
		Jitter: 2, Retries: -5, Deadline: 1, Answers: map[string]hook.Meaning{"5yy": "failed", "429": "never"},
	}}
	checkFields(t, retry.Check("", r), r, "custom.first", "custom.longest", "custom.factor", "custom.jitter", "custom.retries",
		"custom.deadline", "custom.answers.429", "custom.answers.429", "custom.answers.5yy")
}

// answer gives an answer a meaning, which is wrong.
func answer(key string, meaning hook.Meaning) struct {
	field  string
	change func(*hook.Retry)
} {
	return struct {
		field  string
		change func(*hook.Retry)
	}{"custom.answers." + key, func(r *hook.Retry) { r.Custom.Answers = map[string]hook.Meaning{key: meaning} }}
}

// checkFields makes sure that err names just these fields, in both languages.
func checkFields(t *testing.T, err error, r hook.Retry, want ...string) {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Invalid || e.German == "" || len(e.Problems) != len(want) {
		t.Errorf("Check(%+v) = %v, want it to be invalid in %q", r, err, want)
		return
	}
	for i, p := range e.Problems {
		if p.Field != want[i] || p.Reason == "" || p.German == "" {
			t.Errorf("Check(%+v) finds %+v, want the field %s with a reason in English and German", r, p, want[i])
		}
	}
}
