package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestATriggersHealthShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addTrigger(t)
	health := func() map[string]any {
		return w.mustDo(t, 200, "GET", triggers+"/"+id, "")["health"].(map[string]any)
	}
	if h := health(); h["state"] != "closed" || len(h) != 1 {
		t.Errorf("health is %v, want it closed", h)
	}
	at := time.Now().UTC().Truncate(time.Second)
	note := func(state hook.CircuitState, since, probe time.Time, reason string) {
		t.Helper()
		if err := w.store.NoteHealth(t.Context(), hook.Health{
			HookID: uuid.MustParse(id), Company: "acme", State: state, FailingSince: since, NextProbe: probe, Reason: reason, LastSuccess: at.Add(-time.Hour),
		}, nil); err != nil {
			t.Fatal(err)
		}
	}
	note(hook.CircuitOpen, at, at.Add(time.Hour), "answered 503")
	if h := health(); h["state"] != "open" || h["reason"] != "answered 503" || h["failingSince"] != at.Format(time.RFC3339) ||
		h["nextProbe"] != at.Add(time.Hour).Format(time.RFC3339) || h["lastSuccess"] != at.Add(-time.Hour).Format(time.RFC3339) {
		t.Errorf("health is %v, want it open, since when and why", h)
	}
	note(hook.CircuitOpen, at, at.Add(-time.Second), "answered 503")
	if h := health(); h["state"] != "half-open" {
		t.Errorf("health is %v, want it half-open", h)
	}
	note(hook.CircuitClosed, time.Time{}, time.Time{}, "")
	if h := health(); h["state"] != "closed" || h["reason"] != nil || h["failingSince"] != nil || h["nextProbe"] != nil {
		t.Errorf("health is %v, want it closed", h)
	}
}
