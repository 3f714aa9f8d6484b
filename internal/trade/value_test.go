package trade_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"
	"time"

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

// The days of a date are told by hand, as there are so many; the calendar is that of
// package time.
func TestDatesAreDaysThatExist(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(0, 2101).Draw(t, "year"), rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day"))
		day, err := time.Parse(time.DateOnly, text)
		exists := err == nil && day.Year() > 0
		var got trade.Date
		if err := json.Unmarshal([]byte(`"`+text+`"`), &got); (err == nil) != exists || exists && string(got) != text {
			t.Errorf("%s is read as %q, %v, want it to exist: %t", text, got, err, exists)
		}
	})
	for _, raw := range []string{`"2026-1-01"`, `"2026-01-1a"`, `"2026/01/01"`, `"20260101"`, `20260101`, `"2026-01-01T00:00:00Z"`, `"+026-01-01"`} {
		if err := json.Unmarshal([]byte(raw), new(trade.Date)); err == nil {
			t.Errorf("%s is read as a date", raw)
		}
	}
	var escaped trade.Date
	if err := json.Unmarshal([]byte(`"2026\u002d01-31"`), &escaped); err != nil || escaped != "2026-01-31" {
		t.Errorf("an escaped date is read as %q, %v", escaped, err)
	}
}
