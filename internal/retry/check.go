package retry

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// The bounds of custom rules.
const (
	minFirst    = time.Second
	maxLongest  = 24 * time.Hour
	minRise     = 1.1 // the least factor but 1; with it, the longest wait comes soon
	maxFactor   = 10
	maxJitter   = 0.5
	maxRetries  = 1000
	minDeadline = time.Minute
	maxDeadline = 365 * 24 * time.Hour
)

// Check returns nil if deliveries can be retried as r says, or a *hook.Error of
// fault Invalid that names every field of r that is wrong, by its name in JSON with
// prefix before it, such as "retry.".
func Check(prefix string, r hook.Retry) error {
	var wrong problems
	switch r.Preset {
	case "", hook.TenTimes, hook.StatusRules, hook.StatusRules2024:
		if !empty(r.Custom) {
			wrong.add(prefix+"custom", "it belongs to the preset custom; remove it, or change the preset",
				"Die Angabe gehört zur Vorgabe custom; entfernen Sie sie oder ändern Sie die Vorgabe.")
		}
	case hook.CustomRetry:
		checkTimes(&wrong, prefix+"custom.", r.Custom)
		checkAnswers(&wrong, prefix+"custom.answers", r.Custom.Answers)
	default:
		wrong.add(prefix+"preset", "there is no such preset; choose ten-times, status-rules, status-rules-2024 or custom",
			"Diese Vorgabe gibt es nicht; wählen Sie ten-times, status-rules, status-rules-2024 oder custom.")
	}
	return wrong.err()
}

func empty(r hook.RetryRules) bool {
	return r.First == 0 && r.Factor == 0 && r.Longest == 0 && r.Jitter == 0 && r.Retries == 0 && r.Deadline == 0 && len(r.Answers) == 0
}

func checkTimes(wrong *problems, prefix string, r hook.RetryRules) {
	if !within(r.First, minFirst, maxLongest) {
		wrong.add(prefix+"first", "the first wait is not from 1 second to 24 hours; change it, for instance to 10 seconds",
			"Die erste Wartezeit liegt nicht zwischen 1 Sekunde und 24 Stunden; ändern Sie sie, etwa auf 10 Sekunden.")
	}
	switch {
	case !within(r.Longest, minFirst, maxLongest):
		wrong.add(prefix+"longest", "the longest wait is not from 1 second to 24 hours; change it, for instance to 1 hour",
			"Die längste Wartezeit liegt nicht zwischen 1 Sekunde und 24 Stunden; ändern Sie sie, etwa auf 1 Stunde.")
	case r.Longest < r.First:
		wrong.add(prefix+"longest", "the longest wait is shorter than the first; raise it, or lower the first",
			"Die längste Wartezeit ist kürzer als die erste; erhöhen Sie sie oder senken Sie die erste.")
	}
	if r.Factor != 1 && !within(r.Factor, minRise, maxFactor) {
		wrong.add(prefix+"factor", "it is neither 1 nor from 1.1 to 10; write 1 for waits that stay the same, or 2 for waits that double",
			"Der Faktor ist weder 1, noch liegt er zwischen 1,1 und 10; geben Sie 1 für gleiche Wartezeiten an oder 2 für solche, die sich verdoppeln.")
	}
	if !within(r.Jitter, 0, maxJitter) {
		wrong.add(prefix+"jitter", "it is not from 0 to 0.5; write 0.1, for instance, so that chance moves each wait by up to a tenth",
			"Die Streuung liegt nicht zwischen 0 und 0,5; geben Sie etwa 0,1 an, damit der Zufall jede Wartezeit um bis zu ein Zehntel verschiebt.")
	}
	if !within(r.Retries, hook.Endless, maxRetries) {
		wrong.add(prefix+"retries", "it is not from 0 to 1000, nor -1; write how often to retry, or -1 to retry for ever",
			"Die Zahl liegt nicht zwischen 0 und 1000 und ist nicht -1; geben Sie an, wie oft wiederholt wird, oder -1 für endlos.")
	}
	if r.Deadline != 0 && !within(r.Deadline, minDeadline, maxDeadline) {
		wrong.add(prefix+"deadline", "it is not from 1 minute to 365 days; change it, or leave it out for none",
			"Die Frist liegt nicht zwischen 1 Minute und 365 Tagen; ändern Sie sie, oder lassen Sie sie weg, wenn es keine geben soll.")
	}
}

// within reports whether v is from low to high, which NaN is not.
func within[T cmp.Ordered](v, low, high T) bool { return v >= low && v <= high }

func checkAnswers(wrong *problems, field string, answers map[string]hook.Meaning) {
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		checkAnswer(wrong, field+"."+key, key, answers[key])
	}
	delivered := slices.Contains(slices.Collect(maps.Values(answers)), hook.MeansDelivered)
	if answers["2xx"] != "" && !delivered {
		wrong.add(field, "no answer means delivered, so each delivery would fail in the end; give one that meaning, such as 200",
			"Keine Antwort bedeutet zugestellt, sodass jede Zustellung am Ende scheitern würde; geben Sie einer diese Bedeutung, etwa 200.")
	}
}

func checkAnswer(wrong *problems, field, key string, meaning hook.Meaning) {
	status, err := strconv.Atoi(key)
	class := len(key) == 3 && key[0] >= '1' && key[0] <= '5' && strings.HasSuffix(key, "xx")
	switch {
	case !class && (err != nil || len(key) != 3 || status < 100 || status > 599):
		wrong.add(field, "it is neither a status from 100 to 599 nor a class from 1xx to 5xx; write something like 404 or 4xx",
			"Das ist weder ein Status von 100 bis 599 noch eine Klasse von 1xx bis 5xx; schreiben Sie etwas wie 404 oder 4xx.")
	case alwaysTemporary(status):
		wrong.add(field, "it always means temporary, since the receiver says by it that it can't answer yet; remove it",
			"Dieser Status gilt immer als vorübergehend, weil der Empfänger damit sagt, dass er noch nicht antworten kann; entfernen Sie ihn.")
	case status == statusGone:
		wrong.add(field, "it always disables the hook, since the receiver says by it that it is gone for good; remove it",
			"Dieser Status schaltet den Webhook immer ab, weil der Empfänger damit sagt, dass es ihn nicht mehr gibt; entfernen Sie ihn.")
	}
	switch meaning {
	case hook.MeansDelivered, hook.MeansTemporary, hook.MeansAlert, hook.MeansFailed:
	default:
		wrong.add(field, "there is no such meaning; choose delivered, temporary, alert or failed",
			"Diese Bedeutung gibt es nicht; wählen Sie delivered, temporary, alert oder failed.")
	}
}

// problems collects what is wrong with an input.
type problems []hook.Problem

func (p *problems) add(field, reason, german string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason, German: german})
}

// err returns what was noted as one error, nil if nothing was.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the input is not valid", German: "Die Eingabe ist nicht gültig.", Problems: *p,
	}
}
