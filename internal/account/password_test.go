package account_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestPasswordIsVerified(t *testing.T) {
	t.Parallel()
	const password = "früh staubt die Leiter"
	hash, err := account.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || len(hash) > 100 {
		t.Errorf("hash %s, want argon2id with 19 MiB and two passes", hash)
	}
	again, err := account.HashPassword(password)
	if err != nil || again == hash {
		t.Errorf("hashed twice: %s, %v, want another salt", again, err)
	}
	for given, want := range map[string]bool{password: true, "Früh staubt die Leiter": false, "": false, hash: false} {
		if got := account.VerifyPassword(hash, given); got != want {
			t.Errorf("VerifyPassword(%q) = %t, want %t", given, got, want)
		}
	}
}

// The reference implementation's own value for these costs, in 24 bytes.
func TestHashesWithOtherCostsAreRead(t *testing.T) {
	t.Parallel()
	sum, err := hex.DecodeString("655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb")
	if err != nil {
		t.Fatal(err)
	}
	code := base64.RawStdEncoding.EncodeToString
	hash := "$argon2id$v=19$m=64,t=1,p=1$" + code([]byte("somesalt")) + "$" + code(sum)
	if !account.VerifyPassword(hash, "password") || account.VerifyPassword(hash, "passwort") {
		t.Errorf("%s is not verified", hash)
	}
}

func TestHashesThatAreNotOneHaveNoPassword(t *testing.T) {
	t.Parallel()
	const salt, sum = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, hash := range []string{
		"", "$", "$$$$$", "secret", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=18$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=0,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=1,p=256$" + salt + "$" + sum,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$$" + sum, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 1000),
		"$argon2id$v=19$m=+64,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "=", "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum[1:] + "B",
		"x$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "\n",
	} {
		if account.VerifyPassword(hash, "") || account.VerifyPassword(hash, "secret") {
			t.Errorf("%q has a password", hash)
		}
	}
}

func TestDummyHashCostsAsMuchAsAnyOther(t *testing.T) {
	t.Parallel()
	hash, err := account.HashPassword("früh staubt die Leiter")
	if err != nil {
		t.Fatal(err)
	}
	dummy := account.DummyHash()
	if got, want := dummy[:strings.LastIndex(dummy[:len(dummy)-44], "$")], hash[:strings.LastIndex(hash[:len(hash)-44], "$")]; got != want || len(dummy) != len(hash) {
		t.Errorf("the dummy has the costs %s, want %s", got, want)
	}
	if account.VerifyPassword(dummy, "") || account.VerifyPassword(dummy, "früh staubt die Leiter") {
		t.Error("the dummy has a password")
	}
}

func TestPasswordsThatCannotBeHashed(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{"none": "", "a long one": strings.Repeat("Leiter", 40)} {
		if hash, err := account.HashPassword(password); hash != "" || hook.FaultOf(err) != hook.Invalid {
			t.Errorf("%s: %q, %v, want it to be invalid", name, hash, err)
		}
	}
}

func FuzzVerifyPassword(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "secret")
	f.Add("$argon2id$v=19$m=99999999999999999999,t=-1,p=1$$", "")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "x")
	f.Fuzz(func(t *testing.T, hash, password string) {
		start := time.Now()
		if account.VerifyPassword(hash, password) {
			t.Errorf("%q has the password %q", hash, password)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q took %s", hash, took)
		}
	})
}

func BenchmarkVerifyPassword(b *testing.B) {
	hash := account.DummyHash()
	for b.Loop() {
		account.VerifyPassword(hash, "früh staubt die Leiter")
	}
}
