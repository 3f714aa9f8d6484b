package account_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

func TestOperator(t *testing.T) {
	t.Parallel()
	key := account.NewOperatorKey()
	if other := account.NewOperatorKey(); other == key || len(key) < 26 {
		t.Errorf("keys %q and %q are not random", key, other)
	}
	operator := account.Operator{Digest: account.Digest(key)}
	if strings.Contains(operator.Digest, key) {
		t.Error("the digest holds the key")
	}
	for _, tt := range []struct {
		name, key string
		want      bool
	}{
		{"the key", key, true},
		{"another key", account.NewOperatorKey(), false},
		{"a part of the key", key[:len(key)-1], false},
		{"no key", "", false},
		{"the digest", operator.Digest, false},
	} {
		if got := operator.Allows(tt.key); got != tt.want {
			t.Errorf("Allows(%s) = %t, want %t", tt.name, got, tt.want)
		}
	}
	if (account.Operator{}).Allows("") {
		t.Error("an operator without a key allows the empty key")
	}
}
