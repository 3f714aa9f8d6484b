package hook

import "time"

// Limits bound how fast a hook is sent to, on all nodes together. The zero value
// leaves it to the server.
type Limits struct {
	Concurrency int           `json:"concurrency,omitempty"` // requests under way at a time, if the server allows so many; 0: as many as it allows
	Rate        int           `json:"rate,omitempty"`        // requests begun in Per; 0: any number
	Per         time.Duration `json:"per,omitempty"`         // a second or a minute; 0 without Rate
	Burst       int           `json:"burst,omitempty"`       // requests that may begin at once after a rest; 0: see Most
}

// The bounds of Limits.
const (
	MaxConcurrency = 1000
	MaxRate        = 10_000
)

// Set reports whether there is any limit, so that one node at a time must see to
// the hook.
func (l Limits) Set() bool { return l.Concurrency > 0 || l.Rate > 0 }

// PerSecond returns how many requests may begin in a second in the long run, 0 if
// there is no such limit.
func (l Limits) PerSecond() float64 {
	if l.Rate == 0 || l.Per <= 0 {
		return 0
	}
	return float64(l.Rate) / l.Per.Seconds()
}

// Most returns how many requests may begin at once after a rest: Burst or, if that
// is not given, what the rate allows in a tenth of a second, and one at least.
func (l Limits) Most() float64 {
	if l.Burst > 0 {
		return float64(l.Burst)
	}
	return max(1, l.PerSecond()/10)
}

// Check returns what is wrong with l, each field by its name in JSON with prefix
// before it, such as "limits.".
func (l Limits) Check(prefix string) []Problem {
	var wrong []Problem
	add := func(field, reason, german string) {
		wrong = append(wrong, Problem{Field: prefix + field, Reason: reason, German: german})
	}
	if l.Concurrency < 0 || l.Concurrency > MaxConcurrency {
		add("concurrency", "it is not from 1 to 1000; change it, or leave it out for the server's",
			"Die Zahl liegt nicht zwischen 1 und 1000; ändern Sie sie, oder lassen Sie sie weg, damit die des Servers gilt.")
	}
	if l.Rate < 0 || l.Rate > MaxRate {
		add("rate", "it is not from 1 to 10000; change it, or leave it out for no limit",
			"Die Zahl liegt nicht zwischen 1 und 10000; ändern Sie sie, oder lassen Sie sie weg, wenn es keine Grenze geben soll.")
	}
	if l.Rate > 0 && l.Per != time.Second && l.Per != time.Minute {
		add("per", "it is neither second nor minute; write the time that the rate is for",
			"Das ist weder second noch minute; geben Sie an, für welche Zeit die Rate gilt.")
	}
	switch {
	case l.Burst < 0 || l.Burst > MaxRate:
		add("burst", "it is not from 1 to 10000; change it, or leave it out",
			"Die Zahl liegt nicht zwischen 1 und 10000; ändern Sie sie, oder lassen Sie sie weg.")
	case l.Burst > 0 && l.Rate == 0:
		add("burst", "it needs a rate; add one, or remove it",
			"Dazu gehört eine Rate; ergänzen Sie sie, oder entfernen Sie die Angabe.")
	}
	return wrong
}

// Pause says that a hook's deliveries wait, though events are accepted for it. The
// zero value means that they don't.
type Pause struct {
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"` // when it ends by itself; zero: when somebody ends it
	By    string    `json:"by,omitempty"`   // who paused it, as the audit log names them
}

// Active reports whether the pause lasts at now.
func (p Pause) Active(now time.Time) bool {
	return !p.Since.IsZero() && (p.Until.IsZero() || now.Before(p.Until))
}
