package intake_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// tallies are what an Observer was told, by company.
type tallies map[string][]hook.Tally

func (ts tallies) Accepted(company string, t hook.Tally) { ts[company] = append(ts[company], t) }

func TestWhatBecomesOfEventsIsTold(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	told := tallies{}
	in, failing := intake.New(st, &half{}), intake.New(broken{st}, &half{})
	in.Observe(told)
	failing.Observe(told)

	bad := intake.Posted{Raw: []byte(`{"type":"OrderChanged"}`)}
	one, other := event("3", "c"), event("4", "d")
	one.IdempotencyKey, one.Fingerprint = "key", []byte{1}
	other.IdempotencyKey, other.Fingerprint = "key", []byte{2}
	all := []intake.Posted{event("1", "a"), bad, event("1", "a"), event("2", "b"), one, other}
	if _, err := in.Accept(t.Context(), storetest.Company, all); err != nil {
		t.Fatal(err)
	}
	if _, err := failing.Accept(t.Context(), storetest.Company, all[:2]); err == nil {
		t.Error("Accept = nil, want the store's error")
	}
	for _, posted := range [][]intake.Posted{nil, all} {
		_, _ = in.Accept(t.Context(), "made-up-by-the-caller", posted)
	}
	want := tallies{storetest.Company: {{Accepted: 3, Repeated: 1, Refused: 2}, {Refused: 1, Failed: 1}}}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
