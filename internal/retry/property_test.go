package retry_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkVerdict makes sure of what holds for every verdict of an attempt that
// ended now: what waits is due later, but not later than most, and what is not
// delivered says why in one line.
func checkVerdict(t failer, v hook.Verdict, most time.Duration) {
	t.Helper()
	if wait := v.DueAt.Sub(now); (v.State == hook.Waiting) != !v.DueAt.IsZero() || v.State == hook.Waiting && (wait <= 0 || wait > most) {
		t.Errorf("the verdict %+v is due after %v, want more than 0 and at most %v, if it waits", v, wait, most)
	}
	if (v.Reason == "") != (v.State == hook.Delivered) || !utf8.ValidString(v.Reason) || strings.ContainsAny(v.Reason, "\r\n\x00") {
		t.Errorf("the verdict %+v has the reason %q, want a line of text, or none if delivered", v, v.Reason)
	}
	if v.State == hook.Failed && !v.Alert || v.Disable && v.State != hook.Failed {
		t.Errorf("the verdict %+v fails without an alert, or disables the hook without failing", v)
	}
}

// anyRules draws rules that Check accepts.
func anyRules(t *rapid.T) hook.RetryRules {
	first := rapid.Int64Range(int64(time.Second), int64(24*time.Hour)).Draw(t, "first")
	r := hook.RetryRules{
		First:   time.Duration(first),
		Longest: time.Duration(rapid.Int64Range(first, int64(24*time.Hour)).Draw(t, "longest")),
		Factor:  rapid.OneOf(rapid.Just(1.0), rapid.Float64Range(1.1, 10)).Draw(t, "factor"),
		Jitter:  rapid.Float64Range(0, 0.5).Draw(t, "jitter"),
		Retries: rapid.OneOf(rapid.Just(hook.Endless), rapid.IntRange(0, 20), rapid.IntRange(0, 1000)).Draw(t, "retries"),
		Answers: rapid.MapOf(
			rapid.OneOf(rapid.SampledFrom([]string{"1xx", "2xx", "3xx", "4xx", "5xx"}), rapid.Custom(func(t *rapid.T) string {
				return strconv.Itoa(rapid.IntRange(100, 599).Filter(func(n int) bool {
					return n != 408 && n != 410 && n != 425 && n != 429
				}).Draw(t, "status"))
			})),
			rapid.SampledFrom([]hook.Meaning{hook.MeansDelivered, hook.MeansTemporary, hook.MeansAlert, hook.MeansFailed}),
		).Draw(t, "answers"),
	}
	r.Answers["299"] = hook.MeansDelivered
	if rapid.Bool().Draw(t, "has a deadline") {
		r.Deadline = time.Duration(rapid.Int64Range(int64(time.Minute), int64(365*24*time.Hour)).Draw(t, "deadline"))
	}
	return r
}

func TestVerdictsKeepWithinTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		if err := retry.Check("", hook.Retry{Preset: hook.CustomRetry, Custom: r}); err != nil {
			t.Fatalf("Check(%+v) = %v, want nil", r, err)
		}
		p := retry.Of(hook.Retry{Preset: hook.CustomRetry, Custom: r})
		a := hook.Attempt{
			Number: rapid.IntRange(1, 1_000_000).Draw(t, "number"),
			Status: rapid.IntRange(0, 999).Draw(t, "status"),
			Error:  rapid.SampledFrom([]hook.ErrorKind{hook.NoError, hook.NoError, hook.TimedOut, hook.BadRender}).Draw(t, "error"),
		}
		age := time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "age"))
		v := p.Judge(a, now.Add(-age), now, rapid.Float64Range(0, 0.9999).Draw(t, "chance"))
		checkVerdict(t, v, r.Longest)
		if v.State != hook.Waiting {
			return
		}
		if r.Retries != hook.Endless && a.Number > r.Retries {
			t.Errorf("attempt %d is retried, want at most %d retries", a.Number, r.Retries)
		}
		left := r.Deadline - age
		if r.Deadline > 0 && v.DueAt.After(now.Add(left)) {
			t.Errorf("it is due at %v, after the deadline", v.DueAt)
		}
		least := min(float64(r.First)*(1-r.Jitter), float64(r.Longest))
		if r.Deadline > 0 {
			least = min(least, float64(left))
		}
		if wait := v.DueAt.Sub(now); float64(wait) < least-1 {
			t.Errorf("it waits %v, want %v or more", wait, time.Duration(least))
		}
	})
}

// A wait lies within the jitter around the one that the schedule has, and moves
// with chance.
func TestChanceSpreadsWithinTheJitter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		r.Answers, r.Deadline, r.Retries = nil, 0, hook.Endless
		exact := r
		exact.Jitter = 0
		a := hook.Attempt{Number: rapid.IntRange(1, 50).Draw(t, "number"), Status: 500}
		wait := func(r hook.RetryRules, chance float64) float64 {
			return float64(retry.Policy(r).Judge(a, now, now, chance).DueAt.Sub(now))
		}
		mid := wait(exact, 0.3)
		low, high := rapid.Float64Range(0, 0.5).Draw(t, "low"), rapid.Float64Range(0.5, 0.9999).Draw(t, "high")
		short, long := wait(r, low), wait(r, high)
		if short > long || short < mid*(1-r.Jitter)-1 || long > mid*(1+r.Jitter)+1 {
			t.Errorf("chance %v waits %v and %v waits %v, want both within %v of %v", low, short, high, long, r.Jitter, mid)
		}
	})
}

// Receivers are not called before the time that they asked for, and not much
// after it.
func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		r.Deadline, r.Retries = 0, hook.Endless
		asked := time.Duration(rapid.IntRange(0, 24*3600).Draw(t, "asked")) * time.Second
		value := strconv.Itoa(int(asked / time.Second))
		if rapid.Bool().Draw(t, "as a date") {
			value = now.Add(asked).Format("Mon, 02 Jan 2006 15:04:05 GMT")
		}
		a := hook.Attempt{Number: 1, Status: 429, ResponseHead: "Retry-After: " + value + "\n"}
		v := retry.Policy(r).Judge(a, now, now, rapid.Float64Range(0, 0.9999).Draw(t, "chance"))
		checkVerdict(t, v, 24*time.Hour)
		most := max(time.Duration(float64(asked)*(1+r.Jitter)), r.Longest)
		if wait := v.DueAt.Sub(now); wait < asked || wait > most {
			t.Errorf("the wait is %v, want from %v to %v", wait, asked, most)
		}
	})
}

// Played through from the first attempt on, a delivery fails after just as many
// retries as the rules have, if the deadline doesn't come before.
func TestLengthOfTheSchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		r.Answers = nil
		if r.Retries == hook.Endless && r.Deadline == 0 || r.Retries > 100 {
			r.Retries = 100
		}
		p := retry.Policy(r)
		at, number := created, 0
		for v := (hook.Verdict{State: hook.Waiting}); v.State == hook.Waiting && number < 2000; {
			number++
			v = p.Judge(hook.Attempt{Number: number, Status: 500}, created, at, 0.5)
			if v.State == hook.Waiting {
				at = v.DueAt
			}
		}
		took := at.Sub(created)
		byCount := number == r.Retries+1
		byTime := r.Deadline > 0 && took == r.Deadline
		if !byCount && !byTime && number < 2000 || r.Deadline > 0 && took > r.Deadline || r.Retries >= 0 && number > r.Retries+1 {
			t.Errorf("%d attempts in %v, want %d retries within %v", number, took, r.Retries, r.Deadline)
		}
	})
}

func TestDefaultTakesAboutADay(t *testing.T) {
	t.Parallel()
	for _, chance := range []float64{0, 0.5, 0.999} {
		at, attempts := created, 0
		for {
			attempts++
			v := retry.Default().Judge(hook.Attempt{Number: attempts, Status: 500}, created, at, chance)
			if v.State == hook.Failed {
				break
			}
			at = v.DueAt
		}
		if attempts != 11 {
			t.Errorf("made %d attempts, want 11", attempts)
		}
		if took := at.Sub(created); took < 18*time.Hour || took > 24*time.Hour {
			t.Errorf("took %v with chance %v, want about a day", took, chance)
		}
	}
}
