package hook_test

import (
	"errors"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestWhatCanBeDoneWithADelivery(t *testing.T) {
	t.Parallel()
	states := []hook.State{hook.Waiting, hook.Sending, hook.Delivered, hook.Failed, hook.Cancelled}
	for o, want := range map[hook.Operation]string{ // for each state: done, skipped, or skipped without a hook
		hook.DoRetry: "hsshh", hook.DoCancel: "dssss", hook.DoPriority: "dssss", hook.DoReplay: "sshhs", "burn": "sssss",
	} {
		var got []byte
		for _, s := range states {
			there, deleted := o.Skips(s, true), o.Skips(s, false)
			switch {
			case there == hook.NoSkip && deleted == hook.HookDeleted:
				got = append(got, 'h')
			case there == hook.NoSkip && deleted == hook.NoSkip:
				got = append(got, 'd')
			case there == hook.Skip(s) && deleted == hook.Skip(s):
				got = append(got, 's')
			default:
				got = append(got, '?')
			}
		}
		if string(got) != want {
			t.Errorf("%s: %s, want %s", o, got, want)
		}
	}
}

func TestWhatIsDueAfterAnOperationIsKnown(t *testing.T) {
	t.Parallel()
	for o, want := range map[hook.Operation][2]bool{
		hook.DoRetry: {true, true}, hook.DoReplay: {true, true}, hook.DoCancel: {false, true}, hook.DoPriority: {false, false},
	} {
		for i, ordered := range []bool{false, true} {
			if got := o.Frees(&hook.Delivery{Ordered: ordered}); got != want[i] {
				t.Errorf("%s of a delivery of an ordered hook (%t) makes one due: %t, want %t", o, ordered, got, want[i])
			}
		}
	}
}

func TestARefusalSaysWhatCanBeDone(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, why := range []hook.Skip{"waiting", "sending", "delivered", "failed", "cancelled", hook.HookDeleted, hook.Gone} {
		e, ok := errors.AsType[*hook.Error](hook.DoCancel.Refusal(why))
		if !ok || e.Msg == "" || e.German == "" || seen[e.Msg] || seen[e.German] {
			t.Errorf("%s is refused with %+v, want words of its own in both languages", why, e)
			continue
		}
		seen[e.Msg], seen[e.German] = true, true
		if want := map[bool]hook.Fault{true: hook.Missing, false: hook.Conflict}[why == hook.Gone]; e.Fault != want {
			t.Errorf("%s is refused with fault %s, want %s", why, e.Fault, want)
		}
	}
}

func TestAPersonsRetryStartsThePolicyAnew(t *testing.T) {
	t.Parallel()
	created := time.Unix(1_000_000, 0)
	d := hook.Delivery{Attempt: 3, CreatedAt: created}
	if d.Tries() != 3 || !d.Since().Equal(created) {
		t.Errorf("tries %d since %s, want 3 since it was created", d.Tries(), d.Since())
	}
	d.TriesFrom, d.RetriedAt, d.Attempt = 11, created.Add(time.Hour), 12
	if d.Tries() != 1 || !d.Since().Equal(created.Add(time.Hour)) {
		t.Errorf("tries %d since %s, want 1 since an hour later", d.Tries(), d.Since())
	}
}

func TestStatusFilters(t *testing.T) {
	t.Parallel()
	for text, want := range map[hook.StatusFilter][2]int{
		"none": {0, 0}, "1xx": {100, 199}, "5xx": {500, 599}, "200": {200, 200}, "503": {503, 503},
	} {
		if low, high, ok := text.Range(); !ok || low != want[0] || high != want[1] {
			t.Errorf("%s = %d to %d, %t, want %v", text, low, high, ok, want)
		}
	}
	for _, text := range []hook.StatusFilter{"", "0", "0xx", "6xx", "600", "5XX", "50x", "5x", "+50", "-10", " 50", "5 0", "1e2", "1_0", "0503", "any"} {
		if _, _, ok := text.Range(); ok {
			t.Errorf("%q can be read, want not", text)
		}
	}
}

func FuzzStatusFilter(f *testing.F) {
	for _, s := range []string{"none", "5xx", "503", "", "60x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		low, high, ok := hook.StatusFilter(text).Range()
		if ok && text != "none" && (low < 100 || high > 599 || low > high || high-low != 0 && high-low != 99) {
			t.Errorf("%q = %d to %d", text, low, high)
		}
	})
}
