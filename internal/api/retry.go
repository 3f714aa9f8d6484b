package api

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

type retrySettings struct {
	Preset   string      `json:"preset,omitempty" enum:"ten-times,status-rules,status-rules-2024,custom" default:"ten-times" doc:"A named policy: any answer but 2xx ten times over about a day; 4xx and 500 never, above 500 for ever; the same with 500 for ever; or the custom rules. See docs/delivery.md."`
	Custom   *retryRules `json:"custom,omitempty" doc:"Of custom."`
	Schedule label       `json:"schedule" readOnly:"true" doc:"When a delivery is attempted, in words."`
}

type retryRules struct {
	First    string            `json:"first" example:"10s" doc:"Wait before the first retry."`
	Factor   float64           `json:"factor" example:"2" doc:"Each wait is so many times the one before."`
	Longest  string            `json:"longest" example:"1h" doc:"No wait is longer, unless the receiver asks for it."`
	Jitter   float64           `json:"jitter,omitempty" example:"0.1" doc:"Part of a wait by which chance moves it."`
	Retries  int               `json:"retries" example:"10" doc:"After the first attempt; -1: for ever."`
	Deadline string            `json:"deadline,omitempty" example:"48h" doc:"No attempt is later than so long after the delivery was created."`
	Answers  map[string]string `json:"answers,omitempty" example:"{\"4xx\": \"failed\"}" doc:"What answers mean, by status or class: delivered, temporary, alert (temporary, and somebody is told) or failed. Otherwise 2xx is delivered and all else temporary."`
}

func retryOf(r hook.Retry) retrySettings {
	p := retry.Of(r)
	out := retrySettings{Preset: string(r.Preset), Schedule: label{p.Schedule(false), p.Schedule(true)}}
	switch r.Preset {
	case "":
		out.Preset = string(hook.TenTimes)
	case hook.CustomRetry:
		c := r.Custom
		out.Custom = &retryRules{
			First: c.First.String(), Factor: c.Factor, Longest: c.Longest.String(), Jitter: c.Jitter, Retries: c.Retries,
		}
		if c.Deadline > 0 {
			out.Custom.Deadline = c.Deadline.String()
		}
		for status, meaning := range c.Answers {
			if out.Custom.Answers == nil {
				out.Custom.Answers = make(map[string]string)
			}
			out.Custom.Answers[status] = string(meaning)
		}
	case hook.TenTimes, hook.StatusRules, hook.StatusRules2024:
	}
	return out
}

// readRetry returns the policy that in says, and adds to wrong what is wrong
// with it.
func readRetry(in *retrySettings, wrong *problems) hook.Retry {
	r := hook.Retry{Preset: hook.RetryPreset(in.Preset)}
	if r.Preset == hook.TenTimes {
		r.Preset = ""
	}
	if c := in.Custom; c != nil {
		r.Custom = hook.RetryRules{
			First: readSpan("retry.custom.first", c.First, wrong), Factor: c.Factor, Longest: readSpan("retry.custom.longest", c.Longest, wrong),
			Jitter: c.Jitter, Retries: c.Retries,
		}
		if c.Deadline != "" {
			r.Custom.Deadline = readSpan("retry.custom.deadline", c.Deadline, wrong)
		}
		for status, meaning := range c.Answers {
			if r.Custom.Answers == nil {
				r.Custom.Answers = make(map[string]hook.Meaning)
			}
			r.Custom.Answers[status] = hook.Meaning(meaning)
		}
	}
	if len(*wrong) > 0 {
		return r
	}
	if err := retry.Check("retry.", r); err != nil {
		*wrong = append(*wrong, asProblems(err)...)
	}
	return r
}

func readSpan(field, text string, wrong *problems) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		wrong.add(field, "it is not a length of time; write a number and a unit, such as 10s, 5m or 48h",
			"Das ist keine Zeitspanne; schreiben Sie eine Zahl und eine Einheit, etwa 10s, 5m oder 48h.")
	}
	return d
}
