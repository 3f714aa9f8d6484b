package retry_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	p := retry.Policy{First: time.Minute, Factor: 1, Longest: time.Minute, Retries: 10}
	at := time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC) // a Friday
	for value, want := range map[string]time.Duration{
		"":                                    time.Minute,
		"0":                                   time.Minute,
		"59":                                  time.Minute, // the schedule is later
		"61":                                  61 * time.Second,
		" \t3600 ":                            time.Hour,
		"000120":                              2 * time.Minute,
		"86400":                               day,
		"86401":                               day,
		"9223372036":                          day, // more nanoseconds than fit
		"99999999999999999999999":             day,
		"-120":                                time.Minute,
		"+120":                                time.Minute,
		"120.5":                               time.Minute,
		"1e3":                                 time.Minute,
		"0x78":                                time.Minute,
		"120 s":                               time.Minute,
		"120, 240":                            time.Minute,
		"١٢٠":                                 time.Minute,
		"soon":                                time.Minute,
		"Fri, 02 Jan 2026 04:05:00 GMT":       time.Hour,
		"Friday, 02-Jan-26 04:05:00 GMT":      time.Hour, // RFC 850
		"Fri Jan  2 04:05:00 2026":            time.Hour, // asctime
		"Fri, 02 Jan 2026 03:05:30 GMT":       time.Minute,
		"Thu, 01 Jan 2026 03:05:00 GMT":       time.Minute, // past
		"Thu, 01 Jan 1970 00:00:00 GMT":       time.Minute,
		"Mon, 01 Jan 0001 00:00:00 GMT":       time.Minute,
		"Sat, 03 Jan 2026 03:05:01 GMT":       day,
		"Fri, 31 Dec 9999 23:59:59 GMT":       day,
		"Fri, 02 Jan 2026 04:05:00 +0100":     time.Minute,
		"Fri, 32 Jan 2026 04:05:00 GMT":       time.Minute,
		"2026-01-02T04:05:00Z":                time.Minute,
		"Fri, 02 Jan 2026 04:05:00 GMT, 3600": time.Minute,
	} {
		for _, status := range []int{300, 301, 308, 408, 425, 429, 503} {
			a := hook.Attempt{Number: 1, Status: status, ResponseHead: "Date: x\nRetry-After: " + value + "\nServer: y\n"}
			if got := p.Judge(a, at, at, 0.5).DueAt.Sub(at); got != want {
				t.Errorf("%d with Retry-After %q waits %v, want %v", status, value, got, want)
			}
		}
		for _, status := range []int{0, 400, 404, 500, 502, 504} {
			a := hook.Attempt{Number: 1, Status: status, ResponseHead: "Retry-After: " + value + "\n"}
			if got := p.Judge(a, at, at, 0.5).DueAt.Sub(at); got != time.Minute {
				t.Errorf("%d with Retry-After %q waits %v, want a minute", status, value, got)
			}
		}
	}
}

func TestRetryAfterInAHead(t *testing.T) {
	t.Parallel()
	p := retry.Policy{First: time.Minute, Factor: 1, Longest: time.Minute, Retries: 10}
	for head, want := range map[string]time.Duration{
		"retry-after: 120\n":                    2 * time.Minute,
		"Retry-After:120":                       2 * time.Minute,
		"Retry-After: 120\nRetry-After: 240\n":  2 * time.Minute,
		"X-Retry-After: 120\n":                  time.Minute,
		"Retry-After\n":                         time.Minute,
		"X: Retry-After: 120\n":                 time.Minute,
		"Retry-After : 120\n":                   time.Minute, // no such name (RFC 9112, section 5.1)
		"Retry-After: 120\u2026\nServer: busy:": time.Minute,
	} {
		a := hook.Attempt{Number: 1, Status: 429, ResponseHead: head}
		if got := p.Judge(a, created, now, 0.5).DueAt.Sub(now); got != want {
			t.Errorf("the head %q leads to a wait of %v, want %v", head, got, want)
		}
	}
}

func TestRetryAfterWithinLimits(t *testing.T) {
	t.Parallel()
	a := hook.Attempt{Number: 1, Status: 503, ResponseHead: "Retry-After: 3600\n"}
	p := retry.Policy{First: time.Minute, Factor: 1, Longest: time.Minute, Retries: 1, Jitter: 0.1, Deadline: 2 * time.Hour}

	if got := p.Judge(a, now, now, 0).DueAt.Sub(now); got != time.Hour {
		t.Errorf("the wait is %v, want an hour", got)
	}
	if got := p.Judge(a, now, now, 0.5).DueAt.Sub(now); got != 63*time.Minute {
		t.Errorf("the wait is %v, want chance to have added 3 minutes", got)
	}
	if got := p.Judge(a, now.Add(-90*time.Minute), now, 0.5).DueAt.Sub(now); got != 30*time.Minute {
		t.Errorf("the wait is %v, want it to end with the deadline", got)
	}
	a.Error, a.Reason = hook.BadResponse, "the body broke off"
	if got := p.Judge(a, now, now, 0).DueAt.Sub(now); got != time.Hour {
		t.Errorf("the wait is %v, want an hour though the body broke off", got)
	}
	a.Number = 2
	if got := p.Judge(a, now, now, 0); got.State != hook.Failed {
		t.Errorf("Judge = %+v, want it failed: asking for a retry doesn't add one", got)
	}
}

func FuzzHead(f *testing.F) {
	for _, head := range []string{
		"", "Retry-After: 120\n", "Retry-After: Fri, 02 Jan 2026 04:05:00 GMT\n", "Retry-After: Friday, 02-Jan-26 04:05:00 GMT\n",
		"Retry-After: Fri Jan  2 04:05:00 2026\n", "Retry-After: -1\n", "Retry-After: 99999999999999999999\n",
		"Location: /new\n", "Location: //u:p@other.example/?q#f\n", "Location: \xff\nRetry-After:\n:\n",
	} {
		f.Add(head, uint16(503), "https://hooks.example/", 0.5)
		f.Add(head, uint16(301), "", 0.0)
	}
	f.Fuzz(func(t *testing.T, head string, status uint16, url string, chance float64) {
		if !(chance >= 0 && chance < 1) {
			return
		}
		a := hook.Attempt{Number: 1, Status: int(status), URL: url, ResponseHead: head}
		v := retry.Default().Judge(a, created, now, chance)
		checkVerdict(t, v, 24*time.Hour)
	})
}
