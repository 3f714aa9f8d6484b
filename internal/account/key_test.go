package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
)

func TestKeysAreRandomAndSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	key := account.NewKey(account.Producer)
	if !strings.HasPrefix(key, "wb_producer_") || len(key) != len("wb_producer_")+26 || key == account.NewKey(account.Producer) {
		t.Errorf("key %q, want wb_producer_ and 26 random characters", key)
	}
	if token := account.NewToken(); len(token) != 26 || token == account.NewToken() {
		t.Errorf("token %q, want 26 random characters", token)
	}
}

func TestPrefixLeavesMostToGuess(t *testing.T) {
	t.Parallel()
	key := account.NewKey(account.Admin)
	if got, want := account.PrefixOf(key), key[:len("wb_admin_")+4]; got != want {
		t.Errorf("PrefixOf(%q) = %q, want %q", key, got, want)
	}
	if got := account.PrefixOf("short"); got != "" {
		t.Errorf("PrefixOf(short) = %q, want nothing", got)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	// The second example of FIPS 180-2, appendix B.
	const text, want = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
	if got := account.Digest(text); got != want {
		t.Errorf("Digest = %s, want %s", got, want)
	}
}

func TestKeyIsValidUntilItExpiresOrIsRevoked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		key  account.Key
		want bool
	}{
		"without an end":       {account.Key{}, true},
		"before its end":       {account.Key{ExpiresAt: now.Add(1)}, true},
		"at its end":           {account.Key{ExpiresAt: now}, false},
		"after its end":        {account.Key{ExpiresAt: now.Add(-1)}, false},
		"revoked":              {account.Key{RevokedAt: now}, false},
		"revoked, not expired": {account.Key{RevokedAt: now.Add(-1), ExpiresAt: now.Add(time.Hour)}, false},
	} {
		if got := tt.key.Valid(now); got != tt.want {
			t.Errorf("a key %s: Valid = %t, want %t", name, got, tt.want)
		}
	}
}
