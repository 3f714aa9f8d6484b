package api

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

type limitSettings struct {
	Concurrency int    `json:"concurrency,omitempty" example:"4" doc:"Requests under way at a time, 1 to 1000, but never more than the server allows. Left out: as many as it allows."`
	Rate        int    `json:"rate,omitempty" example:"100" doc:"Requests begun in a second or a minute, 1 to 10000. Left out: any number."`
	Per         string `json:"per,omitempty" example:"minute" doc:"What the rate is for: second or minute."`
	Burst       int    `json:"burst,omitempty" example:"10" doc:"Requests that may begin at once after a rest, 1 to 10000. Left out: what the rate allows in a tenth of a second, and one at least."`
}

// spans are what a rate can be for, by name.
func spans() map[string]time.Duration {
	return map[string]time.Duration{"second": time.Second, "minute": time.Minute}
}

func limitsOf(l hook.Limits) limitSettings {
	out := limitSettings{Concurrency: l.Concurrency, Rate: l.Rate, Burst: l.Burst}
	for name, span := range spans() {
		if l.Rate > 0 && l.Per == span {
			out.Per = name
		}
	}
	return out
}

// readLimits returns the limits that in says, and adds to wrong what is wrong with
// them.
func readLimits(in *limitSettings, wrong *problems) hook.Limits {
	l := hook.Limits{Concurrency: in.Concurrency, Rate: in.Rate, Per: spans()[in.Per], Burst: in.Burst}
	*wrong = append(*wrong, l.Check("limits.")...)
	if in.Rate == 0 && in.Per != "" {
		wrong.add("limits.per", "it needs a rate; add one, or remove it",
			"Dazu gehört eine Rate; ergänzen Sie sie, oder entfernen Sie die Angabe.")
	}
	return l
}

const neverDisable = "never"

// The bounds of how long a hook may fail before it is disabled.
const (
	minDisable = time.Hour
	maxDisable = 365 * 24 * time.Hour
)

func disableOf(d hook.DisableAfter) string {
	switch {
	case d == hook.NeverDisable:
		return neverDisable
	case d > 0:
		return time.Duration(d).String()
	}
	return ""
}

// readDisable returns for how long a hook may fail, as text says, and adds to wrong
// what is wrong with it.
func readDisable(text string, wrong *problems) hook.DisableAfter {
	switch text {
	case "":
		return 0
	case neverDisable:
		return hook.NeverDisable
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < minDisable || d > maxDisable {
		wrong.add("disableAfter", "it is neither a length of time from 1h to 8760h nor never; write something like 120h, or leave it out for the server's",
			"Das ist weder eine Zeitspanne von 1h bis 8760h noch never; schreiben Sie etwas wie 120h, oder lassen Sie die Angabe weg, damit die des Servers gilt.")
		return 0
	}
	return hook.DisableAfter(d)
}
