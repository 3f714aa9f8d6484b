package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// A secret must not go where it isn't meant to, so a node never knows the URL of
// one version and the secret of another.
func TestANodeKnowsAHookAsItWasAtOneMoment(t *testing.T) {
	t.Parallel()
	one, two, _ := twoNodes(t)
	h := storetest.AddHook(t, one, "OrderChanged", "https://0.example/")
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 1; i <= 300 && err == nil; i++ {
			h.Version, h.URL, h.UpdatedAt = h.Version+1, fmt.Sprintf("https://%d.example/", i), time.Now()
			h.Auth = hook.Auth{Kind: hook.BearerAuth, Secret: hook.Secret(h.URL)}
			err = one.ChangeHook(t.Context(), h, account.Entry{})
		}
		done <- err
	}()
	for reads := 0; ; reads++ {
		if err := two.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := two.Directory().Hooks[h.ID]
		if got.Version > 1 && string(got.Auth.Secret) != got.URL {
			t.Fatalf("read %d: version %d has the URL %s and the secret of %s", reads, got.Version, got.URL, string(got.Auth.Secret))
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
