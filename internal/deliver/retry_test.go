package deliver_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// addRetried adds a hook with a retry policy.
func addRetried(t *testing.T, st *store.Store, how hook.Retry) hook.Hook {
	t.Helper()
	h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
	h.Version, h.Retry = 2, how
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// answering returns a sender whose receiver always answers so.
func answering(s *seen, status int) senderFunc {
	return func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
		s.add(req)
		return answer(req, status)
	}
}

// alertsOf returns the alerts of a kind, or of any, newest first.
func alertsOf(t *testing.T, st *store.Store, kind hook.AlertKind) []hook.Alert {
	t.Helper()
	as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: storetest.Company, Kind: kind, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return as
}

func TestEachHookHasItsOwnPolicy(t *testing.T) {
	t.Parallel()
	preset := func(name hook.RetryPreset) hook.Retry { return hook.Retry{Preset: name} }
	tenTimes := hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{First: time.Second, Factor: 2, Longest: time.Minute, Retries: 10}}
	for name, tt := range map[string]struct {
		retry    hook.Retry
		status   int
		attempts int // in half an hour
		alerts   int // how often one was raised
	}{
		"ten times, then an alert":            {tenTimes, 404, 3 * 11, 3},
		"4xx is final":                        {preset(hook.StatusRules), 404, 3, 3},
		"500 is final":                        {preset(hook.StatusRules), 500, 3, 3},
		"above 500 is tried for ever":         {preset(hook.StatusRules), 503, -1, 0},
		"500 was tried for ever, with alerts": {preset(hook.StatusRules2024), 500, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := addRetried(t, st, tt.retry)
				var s seen
				r := start(t, st, answering(&s, tt.status), nil)
				r.post(t, 3)
				time.Sleep(30 * time.Minute)
				_, as := s.total()
				if tt.attempts >= 0 && as != tt.attempts || tt.attempts < 0 && as < 3*4 { // fewer than the policy has, since the circuit opens
					t.Errorf("%d attempts were made, want %d", as, tt.attempts)
				}
				if r.left(t, h) != (tt.attempts < 0) {
					t.Errorf("deliveries wait: %t, want %t", !r.left(t, h), tt.attempts < 0)
				}
				all := alertsOf(t, st, hook.DeliveryFailed)
				if (len(all) == 0) != (tt.alerts == 0) || len(all) > 1 {
					t.Fatalf("there are %d alerts, want one for all of %d", len(all), tt.alerts)
				}
				if len(all) == 1 {
					a := all[0]
					if a.Kind != hook.DeliveryFailed || a.Subject != h.ID.String() || tt.alerts > 0 && a.Count != tt.alerts || a.Count < 3 ||
						!strings.Contains(a.Text, "4711") || a.German == a.Text {
						t.Errorf("the alert is %+v, want it to count %d", a, tt.alerts)
					}
				}
				r.stop()
			})
		})
	}
}

func TestAHookWhoseReceiverIsGoneIsDisabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
		other := storetest.AddHook(t, st, "ProductChanged", "https://other.example/")
		var s seen
		r := start(t, st, answering(&s, 410), oneAtATime(st))
		r.post(t, 3)
		time.Sleep(time.Minute)
		d := st.Directory()
		if now := d.Hooks[h.ID]; now.Enabled || now.Version != 2 || !d.Hooks[other.ID].Enabled {
			t.Errorf("the hook is enabled: %t at version %d, want it disabled, and the other not", now.Enabled, now.Version)
		}
		kinds := make(map[hook.AlertKind]int)
		for _, a := range alertsOf(t, st, "") {
			kinds[a.Kind] += a.Count
		}
		if kinds[hook.HookDisabled] != 1 || kinds[hook.DeliveryFailed] < 1 {
			t.Errorf("alerts are %v, want one that it was disabled, and that a delivery failed", kinds)
		}
		es, err := st.Audit(t.Context(), account.AuditQuery{Company: storetest.Company, Action: "hook.disable", Limit: 10})
		if err != nil || len(es) != 1 || es[0].Actor != "waybill" {
			t.Errorf("the audit log has %+v, %v, want that Waybill disabled it", es, err)
		}
		r.stop()
	})
}

// What was abandoned at its last attempt isn't sent once more.
func TestTheLastAttemptCanBeAbandoned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := addRetried(t, st, hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
			First: time.Second, Factor: 1, Longest: time.Second, Retries: 1,
		}})
		if _, err := st.Accept(t.Context(), uuid.Nil, []hook.Acceptance{
			storetest.Owe(storetest.Event(eventType, "1", time.Now()), h),
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // both attempts
			node := storetest.NewID()
			if err := st.Join(t.Context(), node, time.Now(), time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if jobs, _, err := st.Claim(t.Context(), node, time.Now(), []hook.Want{{HookID: h.ID, Limit: 1, Bytes: 1 << 20}}); len(jobs) != 1 || err != nil {
				t.Fatalf("claimed %d, %v, want 1", len(jobs), err)
			}
			time.Sleep(2 * time.Second)
			if _, err := st.TakeOver(t.Context(), time.Now(), 10); err != nil {
				t.Fatal(err)
			}
		}
		var s seen
		r := start(t, st, answering(&s, 200), nil)
		time.Sleep(time.Minute)
		ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, Limit: 10})
		if err != nil || len(ds) != 1 || ds[0].State != hook.Failed || !strings.Contains(ds[0].Reason, "stopped") {
			t.Errorf("deliveries are %+v, %v, want one that failed since its node stopped", ds, err)
		}
		if _, as := s.total(); as != 0 || len(alertsOf(t, st, "")) != 1 {
			t.Errorf("%d requests were made, and there are %d alerts, want none and 1", as, len(alertsOf(t, st, "")))
		}
		r.stop()
	})
}
