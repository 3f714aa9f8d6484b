package opentrans_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/opentrans"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]opentrans.Decimal{
		"0": "0", "1": "1", "1.0": "1.0", "868.00": "868.00", "-1.50": "-1.50", "+3": "3", "007": "7", ".5": "0.5", "5.": "5",
		"-0": "0", "-0.00": "0.00", "-0.01": "-0.01", "000": "0", "0.10": "0.10",
		"1E2": "100", "1.0E7": "10000000", "2.5557E3": "2555.7", "1.25e1": "12.5", "-2e-3": "-0.002", "12E-1": "1.2", "1e0": "1", "0e9": "0",
		"100E-2": "1", "1E18": "", "1E17": "100000000000000000", "1e-12": "0.000000000001", "1e-13": "",
		"999999999999999999": "999999999999999999", "1000000000000000000": "", "0.123456789012": "0.123456789012", "0.1234567890123": "",
		"": "", "-": "", "+": "", ".": "", "1,5": "", "1.5.2": "", "--1": "", "1 000": "", "0x10": "", "NaN": "", "INF": "", "1e": "",
		"1e1.5": "", "e5": "", "1e99999999999": "", "٣": "", "1_000": "", "½": "",
	} {
		if got, ok := opentrans.ParseDecimal(in); got != want || ok != (want != "") {
			t.Errorf("ParseDecimal(%q) = %q, %t, want %q", in, got, ok, want)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	utc := func(layout, s string) time.Time {
		at, err := time.Parse(layout, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for in, want := range map[opentrans.DateTime]time.Time{
		"2026-11-22":                     utc(time.DateOnly, "2026-11-22"),
		"2024-02-29":                     utc(time.DateOnly, "2024-02-29"),
		"2026-11-22T09:30":               utc(time.RFC3339, "2026-11-22T09:30:00Z"),
		"2026-11-22T09:30Z":              utc(time.RFC3339, "2026-11-22T09:30:00Z"),
		"2026-11-22T09:30+01:00":         utc(time.RFC3339, "2026-11-22T08:30:00Z"),
		"2026-11-22T09:30:15":            utc(time.RFC3339, "2026-11-22T09:30:15Z"),
		"2026-11-22T09:30:15.5":          utc(time.RFC3339Nano, "2026-11-22T09:30:15.5Z"),
		"2026-11-22T09:30:15.123456789Z": utc(time.RFC3339Nano, "2026-11-22T09:30:15.123456789Z"),
		"2026-11-22T00:30:15.25-00:30":   utc(time.RFC3339Nano, "2026-11-22T01:00:15.25Z"),
		"2026-11-22T09:30:15-00:00":      utc(time.RFC3339, "2026-11-22T09:30:15Z"),
	} {
		if got, ok := in.Time(); !ok || !got.Equal(want) {
			t.Errorf("the time of %q is %v, %t, want %v", in, got, ok, want)
		}
	}
	for _, in := range []opentrans.DateTime{
		"", "2026", "2026-11", "22.11.2026", "2026-02-29", "2026-13-01", "2026-11-31", "2026-1-2", "26-11-22", "2026-11-22T", "2026-11-22T9:30",
		"2026-11-22T24:00", "2026-11-22T09:60", "2026-11-22 09:30:15", "2026-11-22T09:30:15,5", "2026-11-22T09:30.5", "2026-11-22.5",
		"2026-11-22T09:30:15.", "2026-11-22T09:30:15.1234567890", "2026-11-22T09:30:15+1", "2026-11-22T09:30:15+01", "2026-11-22T09:30:15z",
		"2026-11-22T09:30:15+01:60", "2026-11-22Z", "-026-11-22", "today",
	} {
		if got, ok := in.Time(); ok {
			t.Errorf("%q is taken for %v, want it refused", in, got)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for kind, want := range map[opentrans.Kind]string{
		opentrans.Order: "ORDER", opentrans.OrderResponse: "ORDERRESPONSE", opentrans.Delivery: "DISPATCHNOTIFICATION",
		opentrans.Invoice: "INVOICE", opentrans.Quotation: "QUOTATION",
	} {
		if got := kind.Root(); got != want {
			t.Errorf("the root element of %s is %s, want %s", kind, got, want)
		}
	}
}
