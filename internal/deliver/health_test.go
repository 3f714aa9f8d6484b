package deliver_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

func disablingAfter(d time.Duration) func(*deliver.Options) {
	return func(o *deliver.Options) { o.DisableAfter = d }
}

// theAlert returns the only alert of a kind.
func theAlert(t *testing.T, st *store.Store, kind hook.AlertKind) hook.Alert {
	t.Helper()
	as := alertsOf(t, st, kind)
	if len(as) != 1 {
		t.Fatalf("there are %d alerts of %s, want 1", len(as), kind)
	}
	if a := as[0]; a.Text == a.German || a.German == "" {
		t.Errorf("the alert %q is not in two languages: %q", a.Text, a.German)
	}
	return as[0]
}

func TestAnOpenCircuitIsToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var b broken
		b.down.Store(true)
		r := start(t, st, b.sender(), disablingAfter(24*time.Hour+10*time.Minute))
		began := time.Now()
		r.post(t, 100)
		time.Sleep(2 * time.Minute)
		if a := theAlert(t, st, hook.HookFailing); !a.ClosedAt.IsZero() || a.Level != 1 || a.Subject != h.ID.String() || !strings.Contains(a.Text, "503") {
			t.Errorf("the alert is %+v, want one that is open and says why", a)
		}
		hs, err := st.Healths(t.Context(), storetest.Company, h.ID)
		if err != nil || len(hs) != 1 || hs[0].State != hook.CircuitOpen || hs[0].FailingSince.Sub(began) > time.Second || !hs[0].NextProbe.After(time.Now()) {
			t.Errorf("health is %+v, %v, want it open since the first failure, with the next probe", hs, err)
		}
		time.Sleep(10 * time.Minute)
		if a := theAlert(t, st, hook.HookFailing); a.Level != 2 || a.Count != 2 || !strings.Contains(a.Text, "will be disabled on") {
			t.Errorf("a day before the end the alert is %+v, want it to say so", a)
		}
		b.down.Store(false)
		time.Sleep(12 * time.Minute)
		if a := theAlert(t, st, hook.HookFailing); a.ClosedAt.IsZero() {
			t.Errorf("the alert is %+v when the receiver works again, want it closed", a)
		}
		hs, err = st.Healths(t.Context(), storetest.Company, h.ID)
		if err != nil || len(hs) != 1 || hs[0].State != hook.CircuitClosed || hs[0].LastSuccess.IsZero() || !hs[0].FailingSince.IsZero() {
			t.Errorf("health is %+v, %v, want it closed with a success", hs, err)
		}
		if !st.Directory().Hooks[h.ID].Enabled {
			t.Error("the hook is disabled")
		}
		r.stop()
	})
}

func TestAHookThatFailsForTooLongIsDisabled(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server  time.Duration
		own     hook.DisableAfter
		disable bool
	}{
		"as the server says":        {10 * time.Minute, 0, true},
		"as the hook says":          {time.Hour, hook.DisableAfter(10 * time.Minute), true},
		"later":                     {10 * time.Minute, hook.DisableAfter(time.Hour), false},
		"never, as the hook says":   {10 * time.Minute, hook.NeverDisable, false},
		"never, as the server does": {0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
				change(t, st, &h, func(h *hook.Hook) { h.Disable = tt.own })
				var b broken
				b.down.Store(true)
				r := start(t, st, b.sender(), disablingAfter(tt.server))
				r.post(t, 100)
				time.Sleep(12 * time.Minute)
				if now := st.Directory().Hooks[h.ID]; now.Enabled == tt.disable {
					t.Fatalf("the hook is enabled: %t, want %t", now.Enabled, !tt.disable)
				}
				if tt.disable {
					testReEnabled(t, r, h, &b)
				}
				r.stop()
			})
		})
	}
}

// testReEnabled enables a hook that was disabled for failing: it begins anew.
func testReEnabled(t *testing.T, r *rig, h hook.Hook, b *broken) {
	t.Helper()
	if a := theAlert(t, r.store, hook.HookDisabled); !a.ClosedAt.IsZero() || !strings.Contains(a.Text, "503") {
		t.Errorf("the alert is %+v, want one that is open and says why", a)
	}
	if a := theAlert(t, r.store, hook.HookFailing); a.ClosedAt.IsZero() {
		t.Errorf("the alert is %+v, want it closed", a)
	}
	if _, as := attempts(t, r.store, hook.Waiting); as > 70 {
		t.Errorf("what waits has had %d attempts, want few", as)
	}
	h = *r.store.Directory().Hooks[h.ID]
	change(t, r.store, &h, func(h *hook.Hook) { h.Enabled = true })
	time.Sleep(5 * time.Minute)
	if !r.store.Directory().Hooks[h.ID].Enabled {
		t.Error("it was disabled again at once")
	}
	b.down.Store(false)
	time.Sleep(7 * time.Minute)
	if ds, _ := attempts(t, r.store, hook.Delivered); ds < 90 {
		t.Errorf("%d deliveries have arrived, want most of 100", ds)
	}
}

// A node that starts knows of open circuits, and one whose receiver works elsewhere
// is probed at once.
func TestNodesShareWhatTheyKnowOfReceivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, eventType, "https://receiver.example/")
		var b, later broken
		b.down.Store(true)
		later.down.Store(true)
		r := start(t, st, b.sender(), nil)
		r.post(t, 100)
		time.Sleep(time.Minute)
		r.stop()
		began := time.Now()
		second := start(t, st, later.sender(), nil)
		second.post(t, 100)
		time.Sleep(20 * time.Second)
		if _, as := later.total(); as > 1 {
			t.Errorf("the node that started made %d requests, want a probe at most", as)
		}
		time.Sleep(10 * time.Minute)
		if n := later.between(began, time.Now()); n > 6 {
			t.Errorf("it made %d requests in ten minutes, want some probes", n)
		}
		// Now a third one gets through.
		third := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			later.down.Store(false)
			return answer(req, 200)
		}), nil)
		time.Sleep(10 * time.Minute)
		if ds, _ := attempts(t, st, hook.Delivered); ds < 190 {
			t.Errorf("%d deliveries have arrived, want most of 200", ds)
		}
		second.stop()
		third.stop()
	})
}
