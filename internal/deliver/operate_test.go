package deliver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// A person's retry is sent at once, and tried as often and for as long as a new
// delivery, while attempts are counted on.
func TestAPersonsRetryGetsTheWholePolicy(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]hook.RetryRules{
		"by number":   {First: time.Second, Factor: 2, Longest: time.Minute, Retries: 2},
		"by deadline": {First: 40 * time.Second, Factor: 1, Longest: time.Minute, Retries: hook.Endless, Deadline: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				st := storetest.Open(t)
				h := addRetried(t, st, hook.Retry{Preset: hook.CustomRetry, Custom: rules})
				var s seen
				r := start(t, st, answering(&s, 503), nil)
				r.post(t, 1)
				for round := 1; round <= 3; round++ {
					time.Sleep(30 * time.Minute)
					ds, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, HookID: h.ID, Limit: 10})
					if err != nil || len(ds) != 1 || ds[0].State != hook.Failed || ds[0].Attempt != 3*round {
						t.Fatalf("round %d: deliveries are %+v, %v, want one that failed at attempt %d", round, ds, err, 3*round)
					}
					if _, as := s.total(); as != 3*round {
						t.Errorf("round %d: %d attempts were made, want %d", round, as, 3*round)
					}
					if _, err = st.Operate(t.Context(), storetest.Company, ds[0].ID, hook.Command{Operation: hook.DoRetry}, time.Now(), account.Entry{}); err != nil {
						t.Fatal(err)
					}
					told := time.Now()
					r.engine.Owe([]uuid.UUID{h.ID})
					time.Sleep(time.Second)
					if last := s.last(); last.Before(told) || last.Sub(told) > time.Second {
						t.Errorf("round %d: sent at %s, want at once, at %s", round, last, told)
					}
				}
				r.stop()
			})
		})
	}
}
