package alert

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
)

const german = "de"

// severityIn returns what a severity is called.
func severityIn(language string, s hook.Severity) string {
	words := map[hook.Severity][2]string{
		hook.Failure: {"Error", "Fehler"}, hook.Warning: {"Warning", "Warnung"}, hook.Information: {"Information", "Information"},
	}[s]
	if language == german {
		return words[1]
	}
	return words[0]
}

// textIn returns what an alert says.
func textIn(language string, a *hook.Alert) string {
	if language == german && a.German != "" {
		return a.German
	}
	return a.Text
}

// summary says in a line what is told: what the alert says, or how many there are.
// The severest stands first.
func summary(language string, as []hook.Alert) string {
	if len(as) == 1 {
		return severityIn(language, as[0].Severity) + ": " + clip(textIn(language, &as[0]), 120)
	}
	failures := 0
	for i := range as {
		if as[i].Severity == hook.Failure {
			failures++
		}
	}
	switch {
	case language == german && failures > 0:
		return fmt.Sprintf("%d Meldungen, davon %d Fehler", len(as), failures)
	case language == german:
		return fmt.Sprintf("%d Meldungen", len(as))
	case failures > 1:
		return fmt.Sprintf("%d alerts, %d of them errors", len(as), failures)
	case failures == 1:
		return fmt.Sprintf("%d alerts, one of them an error", len(as))
	default:
		return fmt.Sprintf("%d alerts", len(as))
	}
}

// clip makes a text one line of at most n bytes.
func clip(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= n {
		return text
	}
	end := n - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
