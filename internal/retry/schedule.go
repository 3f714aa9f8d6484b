package retry

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// maxShown bounds how many waits are told one by one.
const maxShown = 12

// Schedule says in words when a delivery is attempted, in German or English, such
// as "at once, then after 10 s, 60 s and 6 min: about 7 min in all". Chance and
// what receivers ask for are left aside. It is meant for rules that Check
// accepts.
func (p Policy) Schedule(german bool) string {
	w := english()
	if german {
		w = deutsch()
	}
	s := p.plan()
	var b strings.Builder
	b.WriteString(w.once)
	if p.Retries == 0 {
		b.WriteString(w.never)
		return b.String()
	}
	if len(s.rising) > 0 {
		b.WriteString(w.after + list(s.rising, german, w.and, s.every == 0 && !s.cut))
	}
	if s.every > 0 {
		b.WriteString(w.every + length(s.every, german))
		if p.Retries != hook.Endless && !s.cut {
			fmt.Fprintf(&b, w.times, s.times)
		}
	}
	switch {
	case s.cut:
		fmt.Fprintf(&b, w.last, length(p.Deadline, german))
	case p.Retries == hook.Endless:
		b.WriteString(w.endless)
	default:
		fmt.Fprintf(&b, w.inAll, about(s.total, german))
	}
	return b.String()
}

// words are those of a schedule in one language.
type words struct{ once, never, after, and, every, times, endless, last, inAll string }

func english() words {
	return words{
		once: "at once", never: ", and not again", after: ", then after ", and: " and ",
		every: ", then every ", times: ", %d times", endless: " without end",
		last: ", for the last time %s after the delivery was created", inAll: ": about %s in all",
	}
}

func deutsch() words {
	return words{
		once: "sofort", never: " und nicht noch einmal", after: ", dann nach ", and: " und ",
		every: ", dann alle ", times: ", %d-mal", endless: " ohne Ende",
		last: ", zum letzten Mal %s nach dem Anlegen der Zustellung", inAll: ": insgesamt etwa %s",
	}
}

// plan is what a schedule comes to.
type plan struct {
	rising []time.Duration // waits before those that stay the same
	every  time.Duration   // the wait that stays the same; 0 if there is none
	times  int             // how often it comes, if it doesn't for ever
	total  time.Duration   // of all waits, if they end
	cut    bool            // the deadline comes before the retries are used up
}

func (p Policy) plan() plan {
	var s plan
	endless := p.Retries == hook.Endless
	for n := 1; (endless || n <= p.Retries) && n <= maxRetries; n++ {
		wait := time.Duration(p.scheduled(n))
		if p.Deadline > 0 && s.total+wait >= p.Deadline {
			s.cut = true
			break
		}
		s.total += wait
		// A single wait at the end is one more like those before it.
		if last := !endless && n == p.Retries; s.times == 0 && last || wait != time.Duration(p.scheduled(n+1)) {
			s.rising = append(s.rising, wait)
			continue
		}
		s.every = wait
		s.times++
		if endless {
			s.cut = p.Deadline > 0
			break
		}
	}
	return s
}

// list writes waits with commas between them, or with "and" before the last one
// if they are complete. If there are many, it leaves some out.
func list(waits []time.Duration, german bool, and string, complete bool) string {
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = length(w, german)
	}
	last := len(texts) - 1
	switch {
	case len(texts) > maxShown:
		return strings.Join(texts[:3], ", ") + ", … " + texts[last]
	case complete && last > 0:
		return strings.Join(texts[:last], ", ") + and + texts[last]
	default:
		return strings.Join(texts, ", ")
	}
}

// length writes a duration of a second or more with two digits or so.
func length(d time.Duration, german bool) string {
	switch {
	case d < 100*time.Second:
		return number(d.Seconds(), 0, german) + " s"
	case d < time.Hour:
		return number(d.Minutes(), 0, german) + " min"
	case d < 48*time.Hour:
		return number(d.Hours(), 1, german) + " h"
	case german:
		return number(d.Hours()/24, 1, german) + " Tage"
	default:
		return number(d.Hours()/24, 1, german) + " days"
	}
}

// about writes a duration roughly.
func about(d time.Duration, german bool) string {
	const day = 24 * time.Hour
	switch {
	case d < 3*time.Hour:
		return length(d, german)
	case d < 20*time.Hour:
		return length(d.Round(time.Hour), german)
	case d >= day*3/2:
		return length(d.Round(day), german)
	case german:
		return "ein Tag"
	default:
		return "a day"
	}
}

// number writes f with at most so many decimals.
func number(f float64, decimals int, german bool) string {
	scale := math.Pow10(decimals)
	text := strconv.FormatFloat(math.Round(f*scale)/scale, 'f', -1, 64)
	if german {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}
