package deliver_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/webhook"
)

// addSigned adds a hook whose requests are signed.
func addSigned(t *testing.T, st *store.Store, how hook.Signing) {
	t.Helper()
	h := storetest.AddHook(t, st, eventType, "https://receiver.example/")
	h.Version, h.Signing = 2, how
	if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

// What arrives is signed anew for each attempt, with its time.
func TestEveryAttemptIsSigned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		v1, v1a := sign.NewKey(hook.V1), sign.NewKey(hook.V1A)
		v1.ID, v1a.ID = "1", "2"
		plain := hook.HMAC{Header: "X-Signature", Algorithm: "sha256", Encoding: "hex", Secret: "it is shared"}
		addSigned(t, st, hook.Signing{Keys: []hook.SigningKey{v1, v1a}, HMAC: plain})
		attempts := 0
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			attempts++
			for _, key := range []string{string(v1.Secret), v1a.Public} {
				v, err := webhook.NewVerifier(key)
				if err != nil {
					t.Fatal(err)
				}
				v.Tolerance = 2 * time.Second
				if m, err := v.Verify(req.Header, req.Body); err != nil || m.Attempt != attempts {
					t.Errorf("Verify of attempt %d = %+v, %v", attempts, m, err)
				}
			}
			h := webhook.HMAC{Header: plain.Header, Secret: string(plain.Secret)}
			if err := h.Verify(req.Header, req.Body); err != nil {
				t.Errorf("Verify of attempt %d = %v", attempts, err)
			}
			return answer(req, 500+attempts)
		}), nil)
		r.post(t, 1)
		time.Sleep(time.Minute)
		r.stop()
		if attempts < 2 {
			t.Errorf("%d attempts were made, want one more at least", attempts)
		}
	})
}

// A key that can't be used keeps a delivery from being sent, and says so.
func TestNothingIsSentUnsigned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		addSigned(t, st, hook.Signing{Keys: []hook.SigningKey{{ID: "first", Kind: hook.V1, Secret: "recognisable!"}}})
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, _ *hook.Hook) hook.Attempt {
			t.Error("the request was sent")
			return answer(req, 200)
		}), nil)
		r.post(t, 1)
		time.Sleep(5 * time.Second)
		attempts := attemptsOf(t, st)
		if len(attempts) != 1 || attempts[0].Error != hook.BadRender || !strings.Contains(attempts[0].Reason, `the signing key "first" can't be used`) {
			t.Errorf("attempts = %+v, want one that says which key can't be used", attempts)
		}
		r.stop()
	})
}

func attemptsOf(t *testing.T, st *store.Store) []hook.Attempt {
	t.Helper()
	ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var all []hook.Attempt
	for _, d := range ds {
		as, err := st.Attempts(t.Context(), storetest.Company, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, as...)
	}
	return all
}
