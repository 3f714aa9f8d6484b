package storetest

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// setPassword stores a new version of h with a password, at a time.
func setPassword(t *testing.T, st *store.Store, h *hook.Hook, password hook.Secret, at time.Time) {
	t.Helper()
	h.Version, h.UpdatedAt = h.Version+1, at
	h.Auth = hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: password}
	if err := st.ChangeHook(t.Context(), *h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

func testPasswordKept(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	at := func(hour int) time.Time { return start().Add(time.Duration(hour) * time.Hour) }
	for hour, tt := range []struct {
		password hook.Secret
		since    time.Time
	}{
		{"", time.Time{}},
		{"first", at(1)},
		{"first", at(1)},
		{"second ü", at(3)},
		{"second ü", at(3)},
		{"", time.Time{}},
		{"first", at(6)},
	} {
		setPassword(t, st, &h, tt.password, at(hour))
		got := st.Directory().Hooks[h.ID].Auth
		if got.Secret != tt.password || !got.SetAt.Equal(tt.since) || got.User != "erp" {
			t.Errorf("version %d has %q since %v, want %q since %v",
				h.Version, string(got.Secret), got.SetAt, string(tt.password), tt.since)
		}
	}
}
