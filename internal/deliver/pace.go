package deliver

import "time"

const (
	slowest     = 1.0 / 64               // the least speed
	fullGap     = 100 * time.Millisecond // between requests at a speed of 1, of a lane that goes slower
	leastShare  = 1.0 / 8                // of a hook's rate, however troubled its receiver is
	someAnswers = 16                     // so many tell how long answers take as a rule
	slowFactor  = 4                      // an answer that takes so many times longer is slow
	slowAnswer  = time.Second            // one that takes less never is
)

// pace is how many requests a receiver bears, as its answers show. It is cut to
// half when the receiver is in trouble, and rises by about one for each round of
// requests that go well (additive increase, multiplicative decrease). The zero
// value is full speed.
type pace struct {
	speed   float64       // requests under way at a time; below 1 there is one, and gaps between them; 0: as many as may be
	cut     time.Time     // when it was last cut
	usual   time.Duration // how long answers take, as a moving average
	answers int           // that usual was made of, up to someAnswers
}

// after returns the pace after a request that began at a time and ended at now,
// when up to most may be under way. One that began before the last cut tells
// nothing new of trouble.
func (p pace) after(troubled bool, began, now time.Time, most int) pace {
	least := slowest
	if !troubled {
		took := now.Sub(began)
		slow := p.answers == someAnswers && took > slowAnswer && took > slowFactor*p.usual
		p = p.learn(took)
		if !slow {
			return p.rise(most)
		}
		least = 1
	}
	if began.Before(p.cut) {
		return p
	}
	speed := p.speed
	if speed == 0 {
		speed = float64(most)
	}
	p.speed, p.cut = max(min(least, speed), speed/2), now
	return p
}

// learn counts an answer for what is usual.
func (p pace) learn(took time.Duration) pace {
	p.answers = min(p.answers+1, someAnswers)
	p.usual += (took - p.usual) / time.Duration(p.answers)
	return p
}

func (p pace) rise(most int) pace {
	switch {
	case p.speed == 0:
		return p
	case p.speed < 1:
		p.speed = min(1, p.speed+1.0/16)
	default:
		p.speed += 1 / p.speed
	}
	if p.speed >= float64(most) {
		p.speed = 0
	}
	return p
}

// width returns how many requests may be under way of most.
func (p pace) width(most int) int {
	if p.speed == 0 {
		return most
	}
	return min(most, max(1, int(p.speed)))
}

// gap returns how long to wait between two requests.
func (p pace) gap() time.Duration {
	if p.speed == 0 || p.speed >= 1 {
		return 0
	}
	return time.Duration(float64(fullGap) / p.speed)
}

// share returns the part of its rate that a hook may have.
func (p pace) share(most int) float64 {
	if p.speed == 0 {
		return 1
	}
	return min(1, max(leastShare, p.speed/float64(most)))
}

// bucket holds the tokens of a rate: one for each request. The zero value is full.
type bucket struct {
	tokens float64
	at     time.Time // when it held so many; zero if it is full
}

// enough is a token, up to what arithmetic loses.
const enough = 1 - 1e-6

// filled returns the bucket at now, when it gets perSecond tokens and holds up to
// most.
func (b bucket) filled(now time.Time, perSecond, most float64) bucket {
	if b.at.IsZero() {
		return bucket{most, now}
	}
	return bucket{min(most, b.tokens+max(0, now.Sub(b.at).Seconds())*perSecond), now}
}

// ready returns when a request may begin: now, or when there are tokens for some,
// so that a quick lane isn't woken for each.
func (b bucket) ready(now time.Time, perSecond, most float64) time.Time {
	b = b.filled(now, perSecond, most)
	if b.tokens >= enough {
		return now
	}
	some := max(1, min(most, perSecond/100))
	return now.Add(time.Duration((some-b.tokens)/perSecond*float64(time.Second)) + time.Microsecond)
}
