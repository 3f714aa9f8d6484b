package hook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestLimitsAreChecked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limits hook.Limits
		wrong  string // fields
	}{
		"none":                     {hook.Limits{}, ""},
		"the lowest":               {hook.Limits{Concurrency: 1, Rate: 1, Per: time.Minute, Burst: 1}, ""},
		"the highest":              {hook.Limits{Concurrency: 1000, Rate: 10_000, Per: time.Second, Burst: 10_000}, ""},
		"too high":                 {hook.Limits{Concurrency: 1001, Rate: 10_001, Per: time.Second, Burst: 10_001}, "limits.concurrency limits.rate limits.burst"},
		"negative":                 {hook.Limits{Concurrency: -1, Rate: -1, Burst: -1}, "limits.concurrency limits.rate limits.burst"},
		"a rate for no time":       {hook.Limits{Rate: 5}, "limits.per"},
		"a rate for another time":  {hook.Limits{Rate: 5, Per: time.Hour}, "limits.per"},
		"a burst without any rate": {hook.Limits{Burst: 5}, "limits.burst"},
	} {
		var fields []string
		for _, p := range tt.limits.Check("limits.") {
			fields = append(fields, p.Field)
			if p.Reason == "" || p.German == "" || p.Reason == p.German {
				t.Errorf("%s: %+v doesn't say what to do in two languages", name, p)
			}
		}
		if got := strings.Join(fields, " "); got != tt.wrong {
			t.Errorf("%s: wrong is %q, want %q", name, got, tt.wrong)
		}
	}
}

func TestLimitsInNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limits          hook.Limits
		set             bool
		perSecond, most float64
	}{
		{hook.Limits{}, false, 0, 1},
		{hook.Limits{Concurrency: 2}, true, 0, 1},
		{hook.Limits{Rate: 30, Per: time.Minute}, true, 0.5, 1},
		{hook.Limits{Rate: 100, Per: time.Second}, true, 100, 10},
		{hook.Limits{Rate: 100, Per: time.Second, Burst: 3}, true, 100, 3},
	} {
		if l := tt.limits; l.Set() != tt.set || l.PerSecond() != tt.perSecond || l.Most() != tt.most {
			t.Errorf("%+v: set %t, %g a second, %g at once; want %t, %g, %g",
				l, l.Set(), l.PerSecond(), l.Most(), tt.set, tt.perSecond, tt.most)
		}
	}
}

func TestAPauseEnds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		pause hook.Pause
		want  bool
	}{
		"none":          {hook.Pause{}, false},
		"without end":   {hook.Pause{Since: at.Add(-time.Hour)}, true},
		"that lasts":    {hook.Pause{Since: at.Add(-time.Hour), Until: at.Add(time.Microsecond)}, true},
		"that has just": {hook.Pause{Since: at.Add(-time.Hour), Until: at}, false},
	} {
		if got := tt.pause.Active(at); got != tt.want {
			t.Errorf("a pause %s is active: %t, want %t", name, got, tt.want)
		}
		h := hook.Hook{Enabled: true, Pause: tt.pause}
		if h.Sends(at) == tt.want {
			t.Errorf("a hook with a pause %s sends: %t, want %t", name, !tt.want, tt.want)
		}
	}
}
