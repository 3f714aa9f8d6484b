package signin

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Who guesses passwords is slowed down without keeping out those who know
// theirs. Wrong ones are counted three times over:
//
//   - by e-mail address and place together, for whoever guesses that of one user:
//     after freePair of them, the next try must wait up to lastWait;
//   - by place, for whoever tries many users: after freePlace of them, which are
//     more because many people can be behind one place, likewise;
//   - by e-mail address alone, for whoever guesses from many places: after
//     freePerson of them, a try must wait up to slowest, from when its place first
//     asked or last failed.
//
// So a stranger can make the owner of an address wait for slowest once, if the
// owner is in another place, and no longer, however many try however often:
// nobody's try takes away another place's turn.
const (
	freePair   = 5
	freePlace  = 20
	freePerson = 10

	lastWait = 15 * time.Minute
	slowest  = 10 * time.Second
)

// try is one try to give a password. It counts as failed until it is known
// better; end takes it back if that never came about.
type try struct {
	gate              *Gate
	name, place, pair string
	known             bool
}

// begin counts a try, unless there were too many.
func (g *Gate) begin(email, from string) (*try, error) {
	t := &try{gate: g, name: email, place: place(from), pair: pair(email, from)}
	now := time.Now()
	if t.place != "" {
		if wait := g.places.begin(t.place, 0, now); wait > 0 {
			return nil, tooOften(wait)
		}
	}
	if wait := g.pairs.begin(t.pair, g.people.count(t.name, now), now); wait > 0 {
		g.people.undo(t.name)
		g.places.undo(t.place)
		return nil, tooOften(wait)
	}
	return t, nil
}

func (t *try) failed() {
	now := time.Now()
	t.known = true
	t.gate.pairs.fail(t.pair, now)
	t.gate.people.fail(t.name, now)
	t.gate.places.fail(t.place, now)
}

// succeeded forgets the failures with the address in that place. Those of the
// place stay: one who has a password there, even with the same address in another
// company, may still be guessing those of others. So do those with the address
// elsewhere, where somebody else may be guessing.
func (t *try) succeeded() {
	t.known = true
	t.gate.pairs.forget(t.pair)
	t.gate.people.undo(t.name)
	t.gate.places.undo(t.place)
}

func (t *try) end() {
	if !t.known {
		t.gate.pairs.undo(t.pair)
		t.gate.people.undo(t.name)
		t.gate.places.undo(t.place)
	}
}

// pair returns what an e-mail address and a place are counted by together.
func pair(email, from string) string { return place(from) + " " + email }

// place returns what counts as one place to sign in from: an IPv4 address, or
// the /64 of an IPv6 address, of which a single customer has all. It is empty if
// the place isn't known.
func place(from string) string {
	a, err := netip.ParseAddr(from)
	if err != nil {
		return ""
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

func tooOften(wait time.Duration) error {
	// A little too long is better than a little too short.
	wait = (wait + time.Second - 1).Truncate(time.Second)
	english, german := fmt.Sprintf("%d seconds", wait/time.Second), fmt.Sprintf("%d Sekunden", wait/time.Second)
	switch {
	case wait == time.Second:
		english, german = "a second", "einer Sekunde"
	case wait >= 2*time.Minute:
		minutes := (wait + time.Minute - 1) / time.Minute
		english, german = fmt.Sprintf("%d minutes", minutes), fmt.Sprintf("%d Minuten", minutes)
	}
	return &hook.Error{
		Fault: hook.TooOften, After: wait,
		Msg:    "there were too many failed tries to sign in; try again in " + english,
		German: "Es gab zu viele vergebliche Anmeldeversuche; versuchen Sie es in " + german + " wieder.",
	}
}
