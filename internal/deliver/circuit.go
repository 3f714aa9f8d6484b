package deliver

import "time"

const (
	openAfter  = 10               // failures in a row
	openTime   = 30 * time.Second // and so long after the first of them
	firstProbe = 30 * time.Second // after the circuit has opened
	lastProbe  = 10 * time.Minute // no probe is longer after the one before
)

// circuit says whether a receiver is sent to. It opens when the receiver keeps
// failing; then only probes go out, until one goes well. The zero value is closed.
type circuit struct {
	open     bool
	failures int       // in a row
	since    time.Time // of the first of them
	success  time.Time // the last one that is known
	turned   time.Time // when it opened, or the last probe failed
	wait     time.Duration
	probe    time.Time // when the next one may go out, while it is open
	reason   string    // of the last failure
}

// after returns the circuit after an attempt that began at a time and ended at now,
// and whether that is to be noted. Chance, in [0, 1), moves the probes by a tenth.
// An attempt from before it opened tells nothing by failing, for it is no probe.
func (c circuit) after(troubled bool, began, now time.Time, reason string, chance float64) (circuit, bool) {
	if !troubled {
		return circuit{success: now}, c.open
	}
	c.reason = reason
	if c.open {
		if began.Before(c.turned) {
			return c, false
		}
		return c.opened(now, min(2*c.wait, lastProbe), chance), true
	}
	if c.failures++; c.failures == 1 {
		c.since = now
	}
	if c.failures < openAfter || now.Sub(c.since) < openTime {
		return c, false
	}
	return c.opened(now, firstProbe, chance), true
}

func (c circuit) opened(now time.Time, wait time.Duration, chance float64) circuit {
	c.open, c.turned, c.wait = true, now, wait
	c.probe = now.Add(time.Duration(float64(wait) * (0.9 + 0.2*chance)))
	return c
}
