package signin

import (
	"sync"
	"time"
)

// After the free failures, the wait begins with firstWait and doubles with each
// failure up to lastWait. All is forgotten after quiet without a failure.
const (
	firstWait = time.Second
	lastWait  = 15 * time.Minute
	quiet     = time.Hour
)

// maxTracked is how many names a throttle remembers: about 2 MB.
const maxTracked = 10_000

// throttle slows down whoever guesses. It counts failures by name, in memory.
type throttle struct {
	free int // failures without a wait

	mu     sync.Mutex
	tracks map[string]*track
}

type track struct {
	failures int
	last     time.Time // when the latest failure was counted
}

// until returns when the next try is allowed.
func (t *track) until(free int) time.Time {
	over := t.failures - free
	if over < 0 {
		return time.Time{}
	}
	// 2¹⁰ seconds are more than the longest wait.
	return t.last.Add(min(firstWait<<min(over, 10), lastWait))
}

func (t *track) forgotten(now time.Time) bool { return now.Sub(t.last) >= quiet }

func newThrottle(free int) *throttle {
	return &throttle{free: free, tracks: make(map[string]*track)}
}

// begin counts a try as a failure until its outcome is known, so that many at
// once are no way around the count. It returns how long to wait if the try isn't
// allowed yet; then it doesn't count.
func (t *throttle) begin(name string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.tracks[name]
	if tr != nil && tr.forgotten(now) {
		tr.failures = 0
	}
	if tr == nil {
		if len(t.tracks) >= maxTracked {
			t.makeRoom(now)
		}
		tr = &track{}
		t.tracks[name] = tr
	}
	if wait := tr.until(t.free).Sub(now); wait > 0 {
		return wait
	}
	tr.failures++
	tr.last = now
	return 0
}

// fail says that a try has failed now: the wait begins with the answer.
func (t *throttle) fail(name string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tr := t.tracks[name]; tr != nil {
		tr.last = now
	}
}

// undo takes a try back that has not failed.
func (t *throttle) undo(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.tracks[name]
	if tr == nil {
		return
	}
	if tr.failures--; tr.failures <= 0 {
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
		if found == nil || tr.failures < found.failures || tr.failures == found.failures && tr.last.Before(found.last) {
			least, found = name, tr
		}
	}
	if len(t.tracks) >= maxTracked {
		delete(t.tracks, least)
	}
}
