package deliver_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// Deliveries of a hook whose password can't be opened wait, both those that are
// there and new ones, without losing an attempt; other hooks' are sent.
func TestWithoutItsPasswordAHookIsNotSentTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := &storetest.Lock{Keys: storetest.Keys(t)}
		st, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), lock)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
		h := storetest.AddHook(t, st, eventType, "https://locked.example/")
		setPassword(t, st, &h, "lost")
		lock.Lock("lost")
		storetest.AddHook(t, st, eventType, "https://other.example/") // has the first read again
		owe20(t, st, h)

		var locked, other seen
		r := start(t, st, senderFunc(func(_ context.Context, req hook.Request, to *hook.Hook) hook.Attempt {
			switch {
			case to.ID != h.ID:
				other.add(req)
			case to.Auth.Secret != "new":
				t.Errorf("a request was made with the password %q", string(to.Auth.Secret))
			default:
				locked.add(req)
			}
			return answer(req, 200)
		}), nil)
		r.post(t, 5)
		time.Sleep(time.Minute)
		if ds, as := other.total(); ds != 5 || as != 5 {
			t.Errorf("the other hook was sent %d deliveries in %d attempts, want 5 in 5", ds, as)
		}
		all, err := st.Deliveries(t.Context(), hook.DeliveryQuery{Company: storetest.Company, HookID: h.ID, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.State != hook.Waiting || d.Attempt != 0 {
				t.Errorf("a delivery is %s after attempt %d, want it waiting after none", d.State, d.Attempt)
			}
		}
		setPassword(t, st, &h, "new")
		time.Sleep(time.Minute)
		if ds, as := locked.total(); ds != 25 || as != 25 {
			t.Errorf("with a new password the hook was sent %d deliveries in %d attempts, want 25 in 25", ds, as)
		}
		r.stop()
	})
}

// setPassword stores a new version of h.
func setPassword(t *testing.T, st *store.Store, h *hook.Hook, password hook.Secret) {
	t.Helper()
	h.Version++
	h.Auth, h.Locked = hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: password}, nil
	if err := st.ChangeHook(t.Context(), *h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}
