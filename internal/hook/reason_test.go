package hook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestWhyADeliveryWaitsIsToldInWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC)
	open := hook.Health{State: hook.CircuitOpen}
	works := &hook.Hook{Enabled: true}
	paused := func(until time.Time) *hook.Hook {
		return &hook.Hook{Enabled: true, Pause: hook.Pause{Since: now.Add(-time.Hour), Until: until}}
	}
	for name, tt := range map[string]struct {
		hook   *hook.Hook
		health hook.Health
		held   bool
		want   string
	}{
		"nothing holds it up":        {works, hook.Health{State: hook.CircuitClosed}, false, ""},
		"the hook is deleted":        {nil, open, true, "was deleted"},
		"the hook is disabled":       {&hook.Hook{Pause: hook.Pause{Since: now}}, open, true, "is disabled"},
		"a secret is locked":         {&hook.Hook{Enabled: true, Locked: []string{"auth"}, Pause: hook.Pause{Since: now}}, open, true, "cannot be opened"},
		"the hook is paused":         {paused(time.Time{}), open, true, "is paused; it waits until somebody"},
		"the hook is paused a while": {paused(now.Add(time.Second)), open, true, "is paused until 2026-12-01T06:00:01Z"},
		"a pause is over":            {paused(now), hook.Health{}, false, ""},
		"the circuit is open":        {works, open, true, "only a probe"},
		"it is not its turn":         {works, hook.Health{}, true, "earlier delivery"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := hook.Delivery{State: hook.Waiting, Held: tt.held}
			d.Explain(tt.hook, tt.health, now)
			if !strings.Contains(d.Reason, tt.want) || (d.Reason == "") != (tt.want == "") {
				t.Errorf("the reason is %q, want %q", d.Reason, tt.want)
			}
			tried := hook.Delivery{State: hook.Waiting, Held: tt.held, Reason: "busy"}
			tried.Explain(tt.hook, tt.health, now)
			if want := map[bool]string{true: "busy", false: d.Reason + "; the latest attempt: busy"}[tt.want == ""]; tried.Reason != want {
				t.Errorf("after an attempt the reason is %q, want %q", tried.Reason, want)
			}
			sent := hook.Delivery{State: hook.Failed, Reason: "no"}
			if sent.Explain(tt.hook, tt.health, now); sent.Reason != "no" {
				t.Errorf("of one that has failed the reason is %q, want it as it was", sent.Reason)
			}
		})
	}
}
