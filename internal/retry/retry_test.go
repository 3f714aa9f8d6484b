package retry_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

// created is when the deliveries of the tests were created, and now when their
// attempts ended.
var (
	created = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	now     = created.Add(5 * time.Minute)
)

func TestPresets(t *testing.T) {
	t.Parallel()
	const (
		delivered = "delivered"
		again     = "again"
		alert     = "again, alert"
		failed    = "failed, alert"
		gone      = "failed, alert, disable"
	)
	for _, tt := range []struct {
		statuses            []int
		ten, rules, rules24 string
	}{
		{[]int{200, 201, 202, 204, 226, 299}, delivered, delivered, delivered},
		{[]int{101, 300, 301, 302, 303, 304, 307, 308, 399}, again, failed, failed},
		{[]int{400, 401, 403, 404, 405, 409, 411, 413, 422, 499}, again, failed, failed},
		{[]int{408, 425, 429}, again, again, again},
		{[]int{410}, gone, gone, gone},
		{[]int{500}, again, failed, alert},
		{[]int{501, 502, 503, 504, 511, 599, 600, 999}, again, again, again},
	} {
		for preset, want := range map[hook.RetryPreset]string{
			"":                   tt.ten,
			"from the future":    tt.ten,
			hook.TenTimes:        tt.ten,
			hook.StatusRules:     tt.rules,
			hook.StatusRules2024: tt.rules24,
		} {
			for _, status := range tt.statuses {
				v := retry.Of(hook.Retry{Preset: preset}).Judge(hook.Attempt{Number: 1, Status: status}, created, now, 0.5)
				if got := show(v); got != want {
					t.Errorf("%q takes %d for %q, want %q", preset, status, got, want)
				}
			}
		}
	}
}

// show tells what a verdict comes to.
func show(v hook.Verdict) string {
	text := string(v.State)
	if v.State == hook.Waiting {
		text = "again"
	}
	if v.Alert {
		text += ", alert"
	}
	if v.Disable {
		text += ", disable"
	}
	return text
}

// Whatever keeps an attempt from being answered passes or can be corrected, even
// if part of an answer came that would mean something else.
func TestErrorsAreTemporary(t *testing.T) {
	t.Parallel()
	for _, preset := range []hook.RetryPreset{hook.TenTimes, hook.StatusRules, hook.StatusRules2024} {
		p := retry.Of(hook.Retry{Preset: preset})
		for _, kind := range []hook.ErrorKind{
			hook.BadRender, hook.BadAddress, hook.BadName, hook.BadConnect, hook.BadToken, hook.BadTLS, hook.TimedOut,
			hook.BadResponse, hook.Abandoned,
		} {
			for _, status := range []int{0, 200, 301, 404, 410, 500, 503} {
				a := hook.Attempt{Number: 1, Status: status, Error: kind, Reason: "cut"}
				want := hook.Verdict{State: hook.Waiting, DueAt: now.Add(10 * time.Second), Reason: "cut"}
				if got := p.Judge(a, created, now, 0.5); got != want {
					t.Errorf("%s takes %s with status %d for %+v, want %+v", preset, kind, status, got, want)
				}
			}
			last := p.Judge(hook.Attempt{Number: 11, Error: kind, Reason: "cut"}, created, now, 0.5)
			if fails := preset == hook.TenTimes; (last.State == hook.Failed) != fails || last.Alert != fails {
				t.Errorf("%s takes %s at the 11th attempt for %+v, want failed: %v", preset, kind, last, fails)
			}
		}
	}
}

func TestEndlessPoliciesNeverFailByCount(t *testing.T) {
	t.Parallel()
	for _, preset := range []hook.RetryPreset{hook.StatusRules, hook.StatusRules2024} {
		p := retry.Of(hook.Retry{Preset: preset})
		if got := p.Attempts(); got != 0 {
			t.Errorf("%s has %d attempts, want 0, which means no end", preset, got)
		}
		got := p.Judge(hook.Attempt{Number: 1_000_000, Status: 502}, created, created.AddDate(10, 0, 0), 0.999)
		if wait := got.DueAt.Sub(created.AddDate(10, 0, 0)); got.State != hook.Waiting || wait > time.Hour || wait < 59*time.Minute {
			t.Errorf("%s takes the millionth 502 for %+v, want it due in an hour", preset, got)
		}
	}
}

func TestCustomAnswers(t *testing.T) {
	t.Parallel()
	p := retry.Of(hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
		First: time.Minute, Factor: 1, Longest: time.Minute, Retries: 3,
		Answers: map[string]hook.Meaning{
			"202": hook.MeansTemporary, "3xx": hook.MeansDelivered, "4xx": hook.MeansFailed,
			"404": hook.MeansAlert, "409": hook.MeansDelivered,
			"408": hook.MeansFailed, "410": hook.MeansDelivered, // which Check refuses
		},
	}})
	for status, want := range map[int]string{
		200: "delivered", 202: "again", 303: "delivered", 400: "failed, alert", 404: "again, alert", 409: "delivered",
		408: "again", 429: "again", 410: "failed, alert, disable", 500: "again",
	} {
		if got := show(p.Judge(hook.Attempt{Number: 1, Status: status}, created, now, 0.5)); got != want {
			t.Errorf("%d is taken for %q, want %q", status, got, want)
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	p := retry.Policy{First: time.Minute, Factor: 60, Longest: time.Hour, Retries: 2, Jitter: 0.1, Deadline: 2 * time.Hour}
	busy := hook.Attempt{Number: 1, Status: 500}
	for _, tt := range []struct {
		name   string
		number int
		age    time.Duration // of the delivery
		chance float64
		want   time.Duration // 0 if it fails
	}{
		{"the first wait", 1, 0, 0.5, time.Minute},
		{"chance shortens it", 1, 0, 0, 54 * time.Second},
		{"chance prolongs it", 1, 0, 0.75, 63 * time.Second},
		{"the longest wait is not exceeded, and spread below", 2, 0, 0.5, 57 * time.Minute},
		{"no retry is left", 3, 0, 0.5, 0},
		{"a wait ends with the deadline", 2, 90 * time.Minute, 0.5, 30 * time.Minute},
		{"the deadline has come", 1, 2 * time.Hour, 0.5, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := busy
			a.Number = tt.number
			at := created.Add(tt.age)
			got := p.Judge(a, created, at, tt.chance)
			if tt.want == 0 {
				if got.State != hook.Failed || !got.Alert || !got.DueAt.IsZero() {
					t.Errorf("Judge = %+v, want it failed", got)
				}
				return
			}
			if wait := got.DueAt.Sub(at); got.State != hook.Waiting || wait.Round(time.Microsecond) != tt.want {
				t.Errorf("Judge = %+v after %v, want it to wait %v", got, wait, tt.want)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	ten, rules := retry.Default(), retry.Of(hook.Retry{Preset: hook.StatusRules})
	brief := rules
	brief.Deadline = time.Minute
	secret := "https://hooks.example/new?…"
	for _, tt := range []struct {
		name    string
		policy  retry.Policy
		attempt hook.Attempt
		want    string
	}{
		{"an answer", ten, hook.Attempt{Number: 1, Status: 500}, "the receiver answered 500"},
		{"an answer that is explained", ten, hook.Attempt{Number: 1, Status: 400, Reason: "show a certificate"}, "show a certificate"},
		{"no answer", ten, hook.Attempt{Number: 1, Error: hook.TimedOut, Reason: "no answer"}, "no answer"},
		{"an error without words", ten, hook.Attempt{Number: 1, Error: hook.TimedOut}, "the attempt failed"},
		{"the last attempt", ten, hook.Attempt{Number: 11, Status: 500}, "the receiver answered 500; that was attempt 11, and no retry is left"},
		{"a final answer", rules, hook.Attempt{Number: 1, Status: 404}, "the receiver answered 404; the hook's retry policy does not retry that"},
		{"the deadline", brief, hook.Attempt{Number: 1, Status: 502}, "the receiver answered 502; no retry is left, since the deadline of 60 s has passed"},
		{"a receiver that is gone", ten, hook.Attempt{Number: 1, Status: 410}, "the receiver answered 410: it is gone for good and wants no more deliveries; " +
			"if it has moved, correct the hook's URL and enable the hook again"},
		{"a redirect", ten, redirected("Location: https://new.example/a#top\n"), moved("https://new.example/a") + useful},
		{"a relative redirect", ten, redirected("Content-Type: text/html\nlocation:/new?token=secret\n"), moved(secret) + useful},
		{"a redirect with a password", ten, redirected("Location: https://u:secret@hooks.example/new\n"), moved("https://hooks.example/new") + useless},
		{"a redirect to plain HTTP", ten, redirected("Location: http://hooks.example/\n"), moved("http://hooks.example/") + useless},
		{"a redirect to no host", ten, redirected("Location: mailto:a@b.example\n"), nowhere},
		{"a redirect to nonsense", ten, redirected("Location: https://%zz/\n"), nowhere},
		{"a redirect to nothing", ten, redirected("Location: \n"), nowhere},
		{"a redirect without a place", ten, redirected(""), nowhere},
		{"a redirect that is final", rules, redirected(""), nowhere + "; the hook's retry policy does not retry that"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.policy.Judge(tt.attempt, created, now, 0.5).Reason; got != tt.want {
				t.Errorf("Reason = %q, want %q", got, tt.want)
			}
		})
	}
	long := ten.Judge(redirected("Location: /"+strings.Repeat("a", 5000)), created, now, 0.5).Reason
	if len(long) > 600 || !strings.Contains(long, "aaa…") {
		t.Errorf("Reason = %q, want a long URL to be cut", long)
	}
}

const (
	useful  = "; if deliveries belong there, put that URL into the hook"
	useless = " and could not be a hook's URL; correct the hook's URL"
	nowhere = "the receiver answered 301, and redirects are never followed; correct the hook's URL"
)

func moved(target string) string {
	return fmt.Sprintf("the receiver answered 301, a redirect to %s, which is never followed", target)
}

// redirected is an attempt that was redirected, with the head of its response.
func redirected(head string) hook.Attempt {
	return hook.Attempt{Number: 1, Status: 301, URL: "https://hooks.example/old?key=1", ResponseHead: head}
}
