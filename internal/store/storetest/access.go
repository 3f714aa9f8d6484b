package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

func testDefaults(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/") // and its company
	d := hook.Defaults{
		Version: 1, UpdatedAt: start(), Hosts: []string{"erp.example"}, Roots: "PEM",
		Auth: hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "hidden", SetAt: start()},
	}
	put := func(d hook.Defaults, want error) {
		t.Helper()
		if err := st.PutDefaults(t.Context(), Company, d, account.Entry{}); hook.FaultOf(err) != hook.FaultOf(want) || (err == nil) != (want == nil) {
			t.Fatalf("PutDefaults with version %d = %v, want %v", d.Version, err, want)
		}
		if want != nil {
			return
		}
		if diff := cmp.Diff(d, st.Directory().Defaults[Company]); diff != "" {
			t.Errorf("the stored defaults differ (-want +got):\n%s", diff)
		}
	}
	put(d, nil)
	put(d, store.ErrDefaultsChanged)
	d.Version, d.Hosts, d.UpdatedAt = 2, []string{"a.example", "b.example"}, start().Add(time.Hour)
	put(d, nil) // the secret is as old as it was
	d.Version, d.UpdatedAt = 3, start().Add(2*time.Hour)
	d.Auth = hook.Auth{Kind: hook.BearerAuth, Secret: "another", SetAt: d.UpdatedAt}
	put(d, nil)
	d.Version, d.Auth = 4, hook.Auth{}
	put(d, nil)
	d.Version = 6
	put(d, store.ErrDefaultsChanged)
}

func testAccess(t *testing.T, st *store.Store) {
	h := AddHook(t, st, eventType, "https://receiver.example/")
	h.CreatedAt = h.CreatedAt.UTC().Truncate(time.Microsecond)
	change := func(hours int, change func()) {
		t.Helper()
		h.Version, h.UpdatedAt = h.Version+1, start().Add(time.Duration(hours)*time.Hour)
		change()
		if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&h, st.Directory().Hooks[h.ID]); diff != "" {
			t.Errorf("after the change at %d the stored hook differs (-want +got):\n%s", hours, diff)
		}
	}
	change(1, func() {
		h.Auth = hook.Auth{
			Kind: hook.OAuthAuth, Secret: "client secret", SetAt: h.UpdatedAt,
			OAuth: hook.OAuth{ //nolint:gosec // G101: there is no secret in it
				TokenURL: "https://login.example/", ClientID: "c", Scope: "a b", Extra: map[string]string{"audience": "x"}, ByHeader: true,
			},
		}
		h.Signing.Keys = []hook.SigningKey{
			{ID: "1", Kind: hook.V1, Secret: "whsec_1", SetAt: h.UpdatedAt},
			{ID: "2", Kind: hook.V1A, Secret: "whsk_2", Public: "whpk_2", SetAt: h.UpdatedAt},
		}
		h.Signing.HMAC = hook.HMAC{Header: "X-S", Prefix: "sha256=", Algorithm: "sha256", Encoding: "hex", Secret: "hmac", SetAt: h.UpdatedAt}
		h.Client = hook.Certificate{
			Chain: "PEM", Key: "key", Fingerprint: "f", Subject: "s", Issuer: "i", SetAt: h.UpdatedAt,
			NotBefore: start(), NotAfter: start().Add(time.Hour),
		}
	})
	change(2, func() {
		h.Limits = hook.Limits{Concurrency: 3, Rate: 30, Per: time.Minute, Burst: 5}
		h.Pause = hook.Pause{Since: h.UpdatedAt, Until: h.UpdatedAt.Add(time.Hour), By: "erika@acme.example"}
		h.Disable = hook.DisableAfter(72 * time.Hour)
		h.Retry = hook.Retry{Preset: hook.CustomRetry, Custom: hook.RetryRules{
			First: time.Second, Factor: 1.5, Longest: time.Hour, Jitter: 0.2, Retries: hook.Endless, Deadline: 24 * time.Hour,
			Answers: map[string]hook.Meaning{"404": hook.MeansFailed},
		}}
	})
	change(2, func() { h.Title = "Changed" }) // the secrets are as old as they were
	change(3, func() {
		h.Signing.Keys = []hook.SigningKey{h.Signing.Keys[1], {ID: "3", Kind: hook.V1, Secret: "whsec_3", SetAt: h.UpdatedAt}}
		h.Auth = hook.Auth{Kind: hook.KeyAuth, Header: "X-Key", Secret: "key", SetAt: h.UpdatedAt}
	})
	change(4, func() { h.Auth, h.Signing, h.Client = hook.Auth{}, hook.Signing{}, hook.Certificate{} })
}
