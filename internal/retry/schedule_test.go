package retry_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		policy          retry.Policy
		english, german string
	}{
		{
			"ten times", retry.Default(),
			"at once, then after 10 s, 26 s, 68 s, 3 min, 8 min, 20 min, 51 min, 2.2 h, 5.8 h and 12 h: about a day in all",
			"sofort, dann nach 10 s, 26 s, 68 s, 3 min, 8 min, 20 min, 51 min, 2,2 h, 5,8 h und 12 h: insgesamt etwa ein Tag",
		},
		{
			"status rules", retry.Of(hook.Retry{Preset: hook.StatusRules}),
			"at once, then after 10 s, 20 s, 40 s, 80 s, 3 min, 5 min, 11 min, 21 min, 43 min, then every 1 h without end",
			"sofort, dann nach 10 s, 20 s, 40 s, 80 s, 3 min, 5 min, 11 min, 21 min, 43 min, dann alle 1 h ohne Ende",
		},
		{"no retries", policy(0, 2, 0), "at once, and not again", "sofort und nicht noch einmal"},
		{
			"one retry", policy(1, 2, 0),
			"at once, then after 60 s: about 60 s in all", "sofort, dann nach 60 s: insgesamt etwa 60 s",
		},
		{
			"two retries", policy(2, 6, 0),
			"at once, then after 60 s and 6 min: about 7 min in all", "sofort, dann nach 60 s und 6 min: insgesamt etwa 7 min",
		},
		{
			"the same wait", policy(5, 1, 0),
			"at once, then every 60 s, 5 times: about 5 min in all", "sofort, dann alle 60 s, 5-mal: insgesamt etwa 5 min",
		},
		{
			"the longest wait more than once", policy(5, 10, 0),
			"at once, then after 60 s, 10 min, then every 1 h, 3 times: about 3 h in all",
			"sofort, dann nach 60 s, 10 min, dann alle 1 h, 3-mal: insgesamt etwa 3 h",
		},
		{
			"many days", policy(100, 10, 0),
			"at once, then after 60 s, 10 min, then every 1 h, 98 times: about 4 days in all",
			"sofort, dann nach 60 s, 10 min, dann alle 1 h, 98-mal: insgesamt etwa 4 Tage",
		},
		{
			"many waits", policy(30, 1.1, 0),
			"at once, then after 60 s, 66 s, 73 s, … 16 min: about 2.7 h in all",
			"sofort, dann nach 60 s, 66 s, 73 s, … 16 min: insgesamt etwa 2,7 h",
		},
		{
			"many waits without end", policy(hook.Endless, 1.1, 0),
			"at once, then after 60 s, 66 s, 73 s, … 55 min, then every 1 h without end",
			"sofort, dann nach 60 s, 66 s, 73 s, … 55 min, dann alle 1 h ohne Ende",
		},
		{
			"the same wait without end", policy(hook.Endless, 1, 0),
			"at once, then every 60 s without end", "sofort, dann alle 60 s ohne Ende",
		},
		{
			"a deadline", policy(hook.Endless, 10, 60*time.Hour),
			"at once, then after 60 s, 10 min, then every 1 h, for the last time 2.5 days after the delivery was created",
			"sofort, dann nach 60 s, 10 min, dann alle 1 h, zum letzten Mal 2,5 Tage nach dem Anlegen der Zustellung",
		},
		{
			"a deadline that comes early", policy(10, 10, 30*time.Minute),
			"at once, then after 60 s, 10 min, for the last time 30 min after the delivery was created",
			"sofort, dann nach 60 s, 10 min, zum letzten Mal 30 min nach dem Anlegen der Zustellung",
		},
		{
			"a deadline before the first wait has passed", policy(10, 10, time.Minute),
			"at once, for the last time 60 s after the delivery was created",
			"sofort, zum letzten Mal 60 s nach dem Anlegen der Zustellung",
		},
		{
			"a deadline that doesn't matter", policy(2, 6, time.Hour),
			"at once, then after 60 s and 6 min: about 7 min in all", "sofort, dann nach 60 s und 6 min: insgesamt etwa 7 min",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.policy.Schedule(false); got != tt.english {
				t.Errorf("in English it is %q, want %q", got, tt.english)
			}
			if got := tt.policy.Schedule(true); got != tt.german {
				t.Errorf("in German it is %q, want %q", got, tt.german)
			}
		})
	}
}

// policy waits from a minute to an hour.
func policy(retries int, factor float64, deadline time.Duration) retry.Policy {
	return retry.Policy{First: time.Minute, Factor: factor, Longest: time.Hour, Retries: retries, Deadline: deadline}
}

func TestScheduleIsShort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := retry.Policy(anyRules(t))
		for _, german := range []bool{false, true} {
			if got := p.Schedule(german); len(got) < len("at once") || len(got) > 250 {
				t.Errorf("Schedule = %q, want 250 bytes at the most", got)
			}
		}
	})
}

// docs/delivery.md tells users the schedules of the presets.
func TestSchedulesAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, preset := range []hook.RetryPreset{hook.TenTimes, hook.StatusRules} {
		if want := retry.Of(hook.Retry{Preset: preset}).Schedule(false); !bytes.Contains(page, []byte(want)) {
			t.Errorf("docs/delivery.md doesn't say of %s: %s", preset, want)
		}
	}
}
