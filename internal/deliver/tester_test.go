package deliver_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// A test goes out as a delivery would, and leaves nothing in the queue.
func TestATestIsSentAsADeliveryWouldBe(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		rules  hook.Retry
		want   hook.Verdict
	}{
		"an answer of success is one for a delivery": {204, hook.Retry{}, hook.Verdict{State: hook.Delivered}},
		"a refusal would be tried again":             {503, hook.Retry{}, hook.Verdict{State: hook.Waiting}},
		"a refusal that the policy takes for final":  {404, hook.Retry{Preset: hook.StatusRules}, hook.Verdict{State: hook.Failed}},
		"a receiver that is gone":                    {410, hook.Retry{}, hook.Verdict{State: hook.Failed, Disable: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := storetest.AddHook(t, st, "DELIVERY", "https://receiver.example/")
				h.Retry, h.Enabled, h.URL = tt.rules, false, "https://other.example/"
				h.Signing.HMAC = hook.HMAC{Header: "X-Signature", Algorithm: "sha256", Encoding: "hex", Secret: "it is shared"}
				var sent hook.Request
				var log bytes.Buffer
				tester := deliver.Tester{Directory: st.Directory, Log: slog.New(slog.NewTextHandler(&log, nil)), Sender: senderFunc(
					func(_ context.Context, r hook.Request, _ *hook.Hook) hook.Attempt {
						sent = r
						return answer(r, tt.status)
					})}
				got, err := tester.Test(t.Context(), &h, trade.Event{Type: "DELIVERY", Data: []byte(`{"orderId":"1"}`)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if sent.Header.Get("Webhook-Test") != "true" || sent.Header.Get("Webhook-Id") != got.ID.String() ||
					sent.Header.Get("X-Signature") == "" || sent.URL != "https://other.example/" ||
					!strings.HasPrefix(string(sent.Body), `{"eventId":"`+got.ID.String()+`","timestamp":"`+berlinNow(t)) {
					t.Errorf("what was sent is %+v %s, want a signed notice that is marked as a test", sent, sent.Body)
				}
				got.Verdict.Reason, got.Verdict.DueAt, got.Verdict.Alert = "", time.Time{}, false
				if got.Verdict != tt.want || got.Attempt.Status != tt.status || got.HookID != h.ID || got.Attempt.Number != 1 {
					t.Errorf("Test = %+v, want the status %d and the verdict %+v", got, tt.status, tt.want)
				}
				if ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, Limit: 1}); err != nil || len(ds) != 0 {
					t.Errorf("there are %d deliveries, %v, want none", len(ds), err)
				}
				if !strings.Contains(log.String(), "hook tested") || strings.Contains(log.String(), "it is shared") {
					t.Errorf("the log is %q, want a line without secrets", &log)
				}
			})
		})
	}
}

func berlinNow(t *testing.T) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(zone).Format("2006-01-02T15:04:05")
}

// What can't be made is not sent, and says why.
func TestATestThatCannotBeMadeSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "DELIVERY", "https://receiver.example/")
		tester := deliver.Tester{Directory: st.Directory, Log: slog.New(slog.DiscardHandler), Sender: senderFunc(
			func(_ context.Context, r hook.Request, _ *hook.Hook) hook.Attempt {
				t.Error("something was sent")
				return answer(r, 200)
			})}
		got, err := tester.Test(t.Context(), &h, trade.Event{Type: "DELIVERY", Data: []byte(`{"orderId":[]}`)}, nil)
		if err != nil || got.Attempt.Error != hook.BadRender || got.Verdict.State != hook.Waiting || !strings.Contains(got.Verdict.Reason, "orderId") {
			t.Errorf("Test = %+v, %v, want the reason that nothing could be sent", got, err)
		}
	})
}
