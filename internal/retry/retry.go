// Package retry decides what an attempt means for its delivery. It is pure:
// time and chance come in as arguments.
package retry

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// statusGone is the answer by which a receiver says that it is gone for good (RFC
// 9110, section 15.5.11).
const statusGone = 410

// Policy is the rules by which a hook's deliveries are retried. Of makes it.
type Policy hook.RetryRules

// Of returns the rules that a hook's policy stands for. They are those of
// hook.TenTimes if there is no such preset, as may be when a newer version has
// stored it: that delivers late rather than never.
func Of(r hook.Retry) Policy {
	switch r.Preset {
	case hook.CustomRetry:
		return Policy(r.Custom)
	case hook.StatusRules:
		return statusRules(map[string]hook.Meaning{
			"1xx": hook.MeansFailed, "3xx": hook.MeansFailed, "4xx": hook.MeansFailed, "500": hook.MeansFailed,
		})
	case hook.StatusRules2024:
		return statusRules(map[string]hook.Meaning{
			"1xx": hook.MeansFailed, "3xx": hook.MeansFailed, "4xx": hook.MeansFailed, "500": hook.MeansAlert,
		})
	case hook.TenTimes:
	}
	return Policy{Retries: 10, First: 10 * time.Second, Factor: 2.6, Longest: 12 * time.Hour, Jitter: 0.1}
}

func statusRules(answers map[string]hook.Meaning) Policy {
	return Policy{
		Retries: hook.Endless, First: 10 * time.Second, Factor: 2, Longest: time.Hour, Jitter: 0.1, Answers: answers,
	}
}

// Default returns the rules of hooks that have no retry policy of their own.
func Default() Policy { return Of(hook.Retry{}) }

// Attempts returns how often a delivery is attempted before it has failed, 0 if
// there is no such number.
func (p Policy) Attempts() int { return p.Retries + 1 }

// Judge turns an attempt, which ended now, of a delivery that was created at a
// time into a verdict. Chance, in [0, 1), spreads the retries of deliveries that
// failed together.
//
// An attempt that got no whole answer is always temporary, whatever kept it from
// one. That holds for hook.BadRender too: it is the fault of a template, a URL or
// a key that somebody can correct, and every attempt renders anew, so what waits
// by the schedule is healed. It holds for hook.Abandoned, which counts like any
// other attempt: else a delivery that brings its node down would do so for ever.
func (p Policy) Judge(a hook.Attempt, created, now time.Time, chance float64) hook.Verdict {
	if gone(&a) {
		return hook.Verdict{State: hook.Failed, Reason: explain(&a), Alert: true, Disable: true}
	}
	meaning := p.meaning(&a)
	if meaning == hook.MeansDelivered {
		return hook.Verdict{State: hook.Delivered}
	}
	reason := explain(&a)
	switch {
	case meaning == hook.MeansFailed:
		return failed(reason + "; the hook's retry policy does not retry that")
	case p.Attempts() > 0 && a.Number >= p.Attempts():
		return failed(fmt.Sprintf("%s; that was attempt %d, and no retry is left", reason, a.Number))
	case p.Deadline > 0 && !now.Before(created.Add(p.Deadline)):
		return failed(fmt.Sprintf("%s; no retry is left, since the deadline of %s has passed", reason, length(p.Deadline, false)))
	}
	return hook.Verdict{
		State: hook.Waiting, DueAt: p.due(&a, created, now, chance), Reason: reason, Alert: meaning == hook.MeansAlert,
	}
}

func failed(reason string) hook.Verdict {
	return hook.Verdict{State: hook.Failed, Reason: reason, Alert: true}
}

// meaning returns what an attempt means while there are retries left.
func (p Policy) meaning(a *hook.Attempt) hook.Meaning {
	if a.Error != hook.NoError || alwaysTemporary(a.Status) {
		return hook.MeansTemporary
	}
	if m, ok := p.Answers[strconv.Itoa(a.Status)]; ok {
		return m
	}
	if m, ok := p.Answers[classOf(a.Status)]; ok {
		return m
	}
	return usual(a.Status)
}

// usual returns what an answer means unless the rules say otherwise.
func usual(status int) hook.Meaning {
	if status >= 200 && status <= 299 {
		return hook.MeansDelivered
	}
	return hook.MeansTemporary
}

func classOf(status int) string { return strconv.Itoa(status/100) + "xx" }

// alwaysTemporary reports whether an answer means "not now" by its definition:
// Request Timeout (RFC 9110, section 15.5.9), Too Early (RFC 8470, section 5.2) and
// Too Many Requests (RFC 6585, section 4).
func alwaysTemporary(status int) bool { return status == 408 || status == 425 || status == 429 }

// gone reports whether the receiver answered that it is gone.
func gone(a *hook.Attempt) bool { return a.Error == hook.NoError && a.Status == statusGone }

// due returns when a delivery is to be attempted again: as scheduled or, if that
// is later, when the receiver asked for it, but not after the deadline. Now is
// before the deadline.
func (p Policy) due(a *hook.Attempt, created, now time.Time, chance float64) time.Time {
	due := now.Add(max(p.wait(a.Number, chance), p.asked(a, now, chance)))
	if end := created.Add(p.Deadline); p.Deadline > 0 && due.After(end) {
		return end
	}
	return due
}

// wait returns how long to wait after the given attempt, counted from 1. Chance
// keeps within the longest wait as well, and spreads evenly up to it.
func (p Policy) wait(attempt int, chance float64) time.Duration {
	wait := p.scheduled(attempt)
	shortest := wait * (1 - p.Jitter)
	longest := min(wait*(1+p.Jitter), float64(p.Longest))
	return time.Duration(shortest + (longest-shortest)*chance)
}

// scheduled returns how many nanoseconds to wait after the given attempt, chance
// left aside.
func (p Policy) scheduled(attempt int) float64 {
	return min(float64(p.First)*math.Pow(p.Factor, float64(attempt-1)), float64(p.Longest))
}
