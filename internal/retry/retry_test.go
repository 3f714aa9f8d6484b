package retry_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := retry.Policy{Retries: 2, First: time.Minute, Factor: 60, Most: time.Hour, Jitter: 0.1}

	for _, tt := range []struct {
		name    string
		attempt hook.Attempt
		chance  float64
		want    hook.Verdict
	}{
		{"accepted", hook.Attempt{Number: 1, Status: 204}, 0.5, hook.Verdict{State: hook.Delivered}},
		{
			"refused",
			hook.Attempt{Number: 1, Status: 500},
			0.5,
			hook.Verdict{State: hook.Waiting, DueAt: now.Add(time.Minute), Reason: "the receiver answered 500"},
		},
		{
			"redirected",
			hook.Attempt{Number: 1, Status: 301},
			0.5,
			hook.Verdict{State: hook.Waiting, DueAt: now.Add(time.Minute), Reason: "the receiver answered 301"},
		},
		{
			"accepted, but the response broke off",
			hook.Attempt{Number: 2, Status: 200, Error: hook.BadResponse, Reason: "cut"},
			0.5,
			hook.Verdict{State: hook.Waiting, DueAt: now.Add(time.Hour), Reason: "cut"},
		},
		{
			"chance shortens the wait",
			hook.Attempt{Number: 1, Status: 503},
			0,
			hook.Verdict{State: hook.Waiting, DueAt: now.Add(54 * time.Second), Reason: "the receiver answered 503"},
		},
		{
			"the last retry failed",
			hook.Attempt{Number: 3, Error: hook.TimedOut, Reason: "no answer"},
			0.5,
			hook.Verdict{State: hook.Failed, Reason: "no answer"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := p.Judge(tt.attempt, now, tt.chance); got != tt.want {
				t.Errorf("Judge = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestDefaultTakesAboutADay(t *testing.T) {
	t.Parallel()
	for _, chance := range []float64{0, 0.5, 0.999} {
		start := time.Unix(0, 0)
		now, attempts := start, 0
		for {
			attempts++
			v := retry.Default().Judge(hook.Attempt{Number: attempts, Status: 500}, now, chance)
			if v.State == hook.Failed {
				break
			}
			now = v.DueAt
		}
		if attempts != 11 {
			t.Errorf("made %d attempts, want 11", attempts)
		}
		if took := now.Sub(start); took < 18*time.Hour || took > 30*time.Hour {
			t.Errorf("took %v with chance %v, want about a day", took, chance)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add(1, 500, 0.5)
	f.Add(1_000_000, 0, 0.999)
	f.Fuzz(func(t *testing.T, number, status int, chance float64) {
		number, chance = max(1, number), min(max(0, chance), 0.999)
		now := time.Unix(0, 0)
		v := retry.Default().Judge(hook.Attempt{Number: number, Status: status}, now, chance)
		if v.State == hook.Waiting && !v.DueAt.After(now) {
			t.Errorf("Judge(number %d, status %d) is due at %v, not after %v", number, status, v.DueAt, now)
		}
		if v.State != hook.Delivered && v.Reason == "" {
			t.Errorf("Judge(number %d, status %d) gives no reason", number, status)
		}
	})
}
