package signin

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// failNow makes a try that fails at once, or returns how long it has to wait.
func (t *throttle) failNow(name string, now time.Time) time.Duration {
	wait := t.begin(name, 0, now)
	if wait == 0 {
		t.fail(name, now)
	}
	return wait
}

func TestWaitDoublesUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(5, lastWait), noon()
	for i := range 5 {
		if wait := th.failNow("erika", now); wait != 0 {
			t.Fatalf("try %d has to wait %s, want 0", i, wait)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900} {
		want *= time.Second
		if wait := th.failNow("erika", now); wait != want {
			t.Errorf("wait %s, want %s", wait, want)
		}
		now = now.Add(want - 1)
		if wait := th.failNow("erika", now); wait != 1 {
			t.Errorf("wait %s, want a nanosecond: a try that is refused doesn't count", wait)
		}
		if wait := th.failNow("max", now); wait != 0 {
			t.Errorf("another has to wait %s, want 0", wait)
		}
		th.forget("max")
		now = now.Add(1)
		if wait := th.failNow("erika", now); wait != 0 {
			t.Errorf("still wait %s, want 0", wait)
		}
	}
	now = now.Add(time.Hour)
	for i := range 5 {
		if wait := th.failNow("erika", now); wait != 0 {
			t.Fatalf("after an hour's quiet, try %d has to wait %s, want 0", i, wait)
		}
	}
}

func TestWhatIsUndoneLeavesNoTrace(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(1, lastWait), noon()
	th.failNow("erika", now)
	now = now.Add(firstWait)
	for i := range 3 {
		if wait := th.begin("erika", 0, now); wait != 0 {
			t.Errorf("try %d, none of which fails, has to wait %s, want 0", i, wait)
		}
		if wait := th.begin("erika", 0, now); wait != 2*firstWait {
			t.Errorf("while try %d is under way, another has to wait %s, want %s", i, wait, 2*firstWait)
		}
		th.undo("erika")
	}
	th.begin("max", 0, now)
	th.undo("max")
	if got := th.tracks["max"]; got != nil {
		t.Errorf("a try that was undone is remembered: %+v", got)
	}
}

func TestWhoMustWaitAtLeastIsNotHeldUpByAsking(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(5, lastWait), noon()
	for i := range 10 {
		want := time.Duration(10-i) * time.Second
		if wait := th.begin("erika", 10*time.Second, now.Add(time.Duration(i)*time.Second)); wait != want {
			t.Errorf("after %d s: wait %s, want %s", i, wait, want)
		}
	}
	now = now.Add(10 * time.Second)
	if wait := th.begin("erika", 10*time.Second, now); wait != 0 {
		t.Errorf("after 10 s: wait %s, want 0", wait)
	}
	th.fail("erika", now)
	if wait := th.begin("erika", 10*time.Second, now); wait != 10*time.Second {
		t.Errorf("after a failure: wait %s, want 10s", wait)
	}
}

func TestThrottleIsBounded(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(1, lastWait), noon()
	th.failNow("victim", now)
	th.failNow("victim", now.Add(time.Minute))
	now = now.Add(2 * time.Minute)
	for i := range maxTracked / 2 {
		th.failNow("a"+strconv.Itoa(i), now)
	}
	now = now.Add(time.Second)
	if wait := th.begin("owner", slowest, now); wait != slowest {
		t.Errorf("the owner has to wait %s, want %s", wait, slowest)
	}
	for i := range maxTracked / 2 {
		th.failNow("b"+strconv.Itoa(i), now)
	}
	if got := len(th.tracks); got > maxTracked {
		t.Errorf("%d names are tracked, want %d at most", got, maxTracked)
	}
	for _, name := range []string{"victim", "owner"} {
		if th.tracks[name] == nil {
			t.Errorf("many names have wiped out the %s", name)
		}
	}
	th.failNow("later", now.Add(2*time.Hour))
	if got := len(th.tracks); got != 1 {
		t.Errorf("%d names are tracked after a quiet hour, want 1", got)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::": "2001:db8:1:2::/64", "2001:db8:1:3::": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "": "", "@": "",
	} {
		if got := place(from); got != want {
			t.Errorf("place(%s) = %q, want %q", from, got, want)
		}
	}
}

func TestTooOftenSaysWhen(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]struct {
		after           time.Duration
		english, german string
	}{
		time.Millisecond:            {time.Second, "a second", "einer Sekunde"},
		7*time.Second + 1:           {8 * time.Second, "8 seconds", "8 Sekunden"},
		119 * time.Second:           {119 * time.Second, "119 seconds", "119 Sekunden"},
		2*time.Minute + time.Second: {121 * time.Second, "3 minutes", "3 Minuten"},
		15 * time.Minute:            {15 * time.Minute, "15 minutes", "15 Minuten"},
	} {
		e, ok := errors.AsType[*hook.Error](tooOften(wait))
		if !ok || e.Fault != hook.TooOften || e.After != want.after ||
			e.Msg != "there were too many failed tries to sign in; try again in "+want.english ||
			e.German != "Es gab zu viele vergebliche Anmeldeversuche; versuchen Sie es in "+want.german+" wieder." {
			t.Errorf("tooOften(%s) = %#v, want %v", wait, e, want)
		}
	}
}

// empty is a store without anybody in it.
type empty struct{ Store }

func (empty) UsersByEmail(context.Context, string, int) ([]account.User, error) { return nil, nil }

func (empty) Note(context.Context, ...account.Entry) error { return nil }

func TestWhoGivesUpWaitingHasNotFailed(t *testing.T) {
	t.Parallel()
	g := New(Options{Store: empty{}})
	for range hashers {
		g.hashing <- struct{}{} // all are busy
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 30 {
		if _, err := g.SignIn(ctx, Credentials{Email: "erika@acme.example", Password: "wrong"}, "192.0.2.7", ""); !errors.Is(err, context.Canceled) {
			t.Fatalf("SignIn = %v, want %v", err, context.Canceled)
		}
	}
	if len(g.people.tracks) != 0 || len(g.places.tracks) != 0 || len(g.pairs.tracks) != 0 {
		t.Errorf("failures are counted: %v, %v, %v", g.people.tracks, g.places.tracks, g.pairs.tracks)
	}
	<-g.hashing
	if _, err := g.SignIn(t.Context(), Credentials{Email: "erika@acme.example", Password: "wrong"}, "192.0.2.7", ""); hook.FaultOf(err) != hook.Unknown {
		t.Errorf("SignIn = %v, want the fault unknown", err)
	}
}

func TestManyAtOnceAreNoWayAroundTheCount(t *testing.T) {
	t.Parallel()
	g := New(Options{Store: empty{}})
	var mu sync.Mutex
	faults := make(map[hook.Fault]int)
	var tries sync.WaitGroup
	for range 40 {
		tries.Go(func() {
			_, err := g.SignIn(t.Context(), Credentials{Email: "erika@acme.example", Password: "wrong"}, "192.0.2.7", "")
			mu.Lock()
			defer mu.Unlock()
			faults[hook.FaultOf(err)]++
		})
	}
	tries.Wait()
	if faults[hook.Unknown] != 5 || faults[hook.TooOften] != 35 {
		t.Errorf("faults = %v, want 5 unknown and 35 too often", faults)
	}
}
