package opentrans

import (
	"strings"
	"time"
)

// DateTime is a day or a time of one, as BMEcat 2005 has it: 2026-11-22,
// 2026-11-22T09:30 or 2026-11-22T09:30:15, the latter perhaps with a fraction, and
// both perhaps with Z or an offset such as +01:00. Without one it is local time, of
// which the document doesn't say where. Empty is none.
type DateTime string

// Time returns the time that t stands for, in UTC if t has no offset, and whether
// t is one: its form and the calendar must be right.
func (t DateTime) Time() (time.Time, bool) {
	s, fraction := string(t), ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		end := i + 1
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		s, fraction = s[:i]+s[end:], s[i:end]
	}
	if zulu, ok := strings.CutSuffix(s, "-00:00"); ok {
		s = zulu + "+00:00" // which is what Format writes
	}
	layout, hasSeconds := layoutOf(s)
	if layout == "" || (fraction != "" && (!hasSeconds || len(fraction) == 1 || len(fraction) > 10)) {
		return time.Time{}, false
	}
	at, err := time.Parse(layout, s)
	if err != nil || at.Format(layout) != s { // Parse takes 9:30 as well
		return time.Time{}, false
	}
	if fraction != "" {
		d, err := time.ParseDuration("0" + fraction + "s")
		if err != nil {
			return time.Time{}, false
		}
		at = at.Add(d)
	}
	return at, true
}

// layoutOf returns the layout of a time of which the fraction is taken out: its
// length tells it. It is "" if there is none.
func layoutOf(s string) (layout string, hasSeconds bool) {
	const minutes, seconds = "2006-01-02T15:04", "2006-01-02T15:04:05"
	switch len(s) {
	case len(time.DateOnly):
		return time.DateOnly, false
	case len(minutes):
		return minutes, false
	case len(minutes + "Z"):
		return minutes + "Z", false
	case len(minutes + "-07:00"):
		return minutes + "-07:00", false
	case len(seconds):
		return seconds, true
	case len(seconds + "Z"):
		return seconds + "Z", true
	case len(seconds + "-07:00"):
		return seconds + "-07:00", true
	}
	return "", false
}
