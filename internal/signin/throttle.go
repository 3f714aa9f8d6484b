package signin

import (
	"cmp"
	"sync"
	"time"
)

// After the free failures, the wait begins with firstWait and doubles with each
// failure. All is forgotten after quiet without a failure.
const (
	firstWait = time.Second
	quiet     = time.Hour
)

// maxTracked is how many names a throttle remembers: about 4 MB at most.
const maxTracked = 10_000

// throttle slows down whoever guesses. It counts failures by name, in memory.
type throttle struct {
	free int           // failures without a wait
	most time.Duration // the longest wait

	mu     sync.Mutex
	tracks map[string]*track
}

// track is what a throttle knows of a name.
type track struct {
	failures int
	pending  int       // tries without an outcome yet, which count as failures until then
	last     time.Time // when the latest failure was known or, before any, the name was first heard of
	begun    time.Time // when the latest try began
}

// since returns when the wait for the next try begins.
func (t *track) since() time.Time {
	if t.pending > 0 && t.begun.After(t.last) {
		return t.begun
	}
	return t.last
}

func (t *track) count() int { return t.failures + t.pending }

func (t *track) forgotten(now time.Time) bool { return now.Sub(t.since()) >= quiet }

func newThrottle(free int, most time.Duration) *throttle {
	return &throttle{free: free, most: most, tracks: make(map[string]*track)}
}

// wait returns how long the next try has to wait.
func (t *throttle) wait(tr *track) time.Duration {
	over := tr.count() - t.free
	if over < 0 {
		return 0
	}
	return min(firstWait<<min(over, 30), t.most)
}

// begin counts a try as a failure until its outcome is known, so that many at
// once are no way around the count. It returns how long to wait if the try isn't
// allowed yet; then it doesn't count. Least is how long it has to wait at least
// since the name was first heard of or last failed: who asks again in the
// meantime doesn't wait the longer for it.
func (t *throttle) begin(name string, least time.Duration, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.track(name, now)
	if wait := max(t.wait(tr), least); wait > 0 && tr.since().Add(wait).After(now) {
		return tr.since().Add(wait).Sub(now)
	}
	tr.pending++
	tr.begun = now
	return 0
}

// count counts a try as begin does, and allows it whatever came before. It
// returns the wait that would have been due.
func (t *throttle) count(name string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.track(name, now)
	wait := t.wait(tr)
	tr.pending++
	tr.begun = now
	return wait
}

// track returns what is known of a name, which is remembered from now on.
func (t *throttle) track(name string, now time.Time) *track {
	tr := t.tracks[name]
	if tr == nil {
		if len(t.tracks) >= maxTracked {
			t.makeRoom(now)
		}
		tr = &track{last: now}
		t.tracks[name] = tr
	}
	if tr.forgotten(now) {
		tr.failures = 0
	}
	return tr
}

// fail says that a try has failed now: the wait begins with the answer.
func (t *throttle) fail(name string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tr := t.tracks[name]; tr != nil {
		tr.pending--
		tr.failures++
		tr.last = now
	}
}

// undo takes a try back that has not failed, as if it had never been.
func (t *throttle) undo(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.tracks[name]
	if tr == nil {
		return
	}
	if tr.pending--; tr.count() <= 0 {
		delete(t.tracks, name)
	}
}

// forget takes back all failures of a name.
func (t *throttle) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tracks, name)
}

// makeRoom forgets the name with the fewest failures, so that somebody who tries
// many names cannot thereby wipe out what is known of one under attack.
func (t *throttle) makeRoom(now time.Time) {
	var least string
	var found *track
	for name, tr := range t.tracks {
		if tr.forgotten(now) {
			delete(t.tracks, name)
			continue
		}
		if found == nil || t.compare(tr, found, now) < 0 {
			least, found = name, tr
		}
	}
	if len(t.tracks) >= maxTracked {
		delete(t.tracks, least)
	}
}

// compare orders tracks by what is lost with them. One that only waits for its
// turn is worth as much as one that has used up the free failures: a crowd that
// fails once in each of many places must not push it out.
func (t *throttle) compare(a, b *track, now time.Time) int {
	worth := func(tr *track) int {
		if tr.count() == 0 && now.Sub(tr.since()) < slowest {
			return t.free
		}
		return tr.count()
	}
	return cmp.Or(cmp.Compare(worth(a), worth(b)), a.since().Compare(b.since()))
}
