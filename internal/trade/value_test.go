package trade_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/trade"
)

func TestEqualDecimalsAreTheSameText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]trade.Decimal{
		"0": "0", "-0": "0", "0.00": "0", "0e5": "0", "10": "10", "10.50": "10.5", "1.05e1": "10.5", "1050E-2": "10.5",
		"-12.5": "-12.5", "1e-3": "0.001", "5e3": "5000", "1234.56": "1234.56",
		"12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
	} {
		if got, err := trade.ParseDecimal(in); err != nil || got != want {
			t.Errorf("ParseDecimal(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-", ".", ".5", "1,5", "abc", "1e39", "1e", "1e38", "0x1", "123456789012345678901234567890123456789"} {
		if got, err := trade.ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %q, want an error", in, got)
		}
	}
}

func TestDecimalKeepsItsValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?([eE][+-]?[0-9])?`).Draw(t, "number")
		got, err := trade.ParseDecimal(text)
		if err != nil {
			t.Fatalf("ParseDecimal(%q) = %v", text, err)
		}
		want, _ := new(big.Rat).SetString(text)
		if value, ok := new(big.Rat).SetString(string(got)); !ok || value.Cmp(want) != 0 {
			t.Errorf("%q is read as %q", text, got)
		}
		raw, err := json.Marshal(got)
		if err != nil || string(raw) != string(got) {
			t.Errorf("%q is written as %s, %v", got, raw, err)
		}
	})
}
