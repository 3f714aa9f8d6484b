// Package retry decides what an attempt means for its delivery. It is pure:
// time and chance come in as arguments.
package retry

import (
	"fmt"
	"math"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Policy says how often and how long a delivery is retried.
type Policy struct {
	Retries int           // after the first attempt
	First   time.Duration // wait before the first retry
	Factor  float64       // each wait is so many times the one before
	Most    time.Duration // no wait is longer
	Jitter  float64       // part of a wait, in [0, 1), by which chance moves it up or down
}

// Default delivers on 2xx. Anything else is retried up to 10 times over about a
// day, with waits from 10 seconds to 12 hours.
func Default() Policy {
	return Policy{Retries: 10, First: 10 * time.Second, Factor: 2.6, Most: 12 * time.Hour, Jitter: 0.1}
}

// Attempts returns how often a delivery is attempted before it has failed.
func (p Policy) Attempts() int { return p.Retries + 1 }

// Judge turns an attempt into a verdict. Chance, in [0, 1), spreads the
// retries of deliveries that failed together.
func (p Policy) Judge(a hook.Attempt, now time.Time, chance float64) hook.Verdict {
	if a.Error == hook.NoError && a.Status >= 200 && a.Status <= 299 {
		return hook.Verdict{State: hook.Delivered}
	}
	reason := a.Reason
	if reason == "" {
		reason = fmt.Sprintf("the receiver answered %d", a.Status)
	}
	if a.Number >= p.Attempts() {
		return hook.Verdict{State: hook.Failed, Reason: reason}
	}
	return hook.Verdict{State: hook.Waiting, DueAt: now.Add(p.wait(a.Number, chance)), Reason: reason}
}

// wait returns how long to wait after the given attempt, counted from 1.
func (p Policy) wait(attempt int, chance float64) time.Duration {
	wait := float64(p.First) * math.Pow(p.Factor, float64(attempt-1))
	wait = min(wait, float64(p.Most))
	return time.Duration(wait * (1 + p.Jitter*(2*chance-1)))
}
