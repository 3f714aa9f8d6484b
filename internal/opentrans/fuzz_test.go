package opentrans_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/opentrans"
)

// fuzzLimits are low, so that inputs of a fuzzer reach them.
func fuzzLimits() opentrans.Limits {
	return opentrans.Limits{Bytes: 40_000, Text: 4_000, Lines: 20, Depth: 12}
}

func FuzzRead(f *testing.F) {
	for _, kind := range opentrans.Kinds() {
		f.Add(sample(f, strings.ToLower(kind.Root())+".xml"))
	}
	f.Add([]byte(small))
	for _, m := range malformedXML() {
		if m.old == "" {
			f.Add([]byte(m.new))
		} else {
			f.Add([]byte(strings.Replace(small, m.old, m.new, 1)))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := opentrans.Read(bytes.NewReader(in), fuzzLimits())
		if err != nil {
			wantFit(t, err)
			return
		}
		wantSame(t, d)
	})
}

func FuzzReadJSON(f *testing.F) {
	for _, kind := range opentrans.Kinds() {
		f.Add(sample(f, strings.ToLower(kind.Root())+".golden.json"))
	}
	for _, m := range malformedJSON() {
		f.Add([]byte(m.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := opentrans.ReadJSON(bytes.NewReader(in), fuzzLimits())
		if err != nil {
			wantFit(t, err)
			return
		}
		wantSame(t, d)
	})
}

// wantFit expects an error that can be shown.
func wantFit(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || (e.Fault != hook.Invalid && e.Fault != hook.TooLarge) {
		t.Fatalf("the error is %v, want one that can be shown", err)
	}
	if e.Fault == hook.Invalid && len(e.Problems) == 0 {
		t.Errorf("the error %v names no problem", err)
	}
	for _, p := range e.Problems {
		if p.Reason == "" || len(p.Field)+len(p.Reason) > 2000 || !utf8.ValidString(p.Field+p.Reason) {
			t.Errorf("the problem can't be shown: %q: %q", p.Field, p.Reason)
		}
	}
}

// wantSame expects that d is valid and the same in both forms.
func wantSame(t failer, d opentrans.Document) {
	t.Helper()
	if diff := cmp.Diff(d, mustRead(t, mustWrite(t, d))); diff != "" {
		t.Errorf("what was written is read as another document (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	back, err := opentrans.ReadJSON(bytes.NewReader(text), opentrans.Limits{})
	if diff := cmp.Diff(d, back); diff != "" || err != nil {
		t.Errorf("the JSON form is read as another document: %v (-want +got):\n%s", err, diff)
	}
}
