package retry

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// maxAsked bounds how long a receiver can have its deliveries wait at a time.
const maxAsked = 24 * time.Hour

// asked returns how long the receiver asked not to be called again, at most
// maxAsked and 0 if it didn't. Chance adds to it, so that what waits for the same
// moment doesn't come back together.
func (p Policy) asked(a *hook.Attempt, now time.Time, chance float64) time.Duration {
	if !mayAsk(a.Status) {
		return 0
	}
	value, _ := field(a.ResponseHead, "Retry-After")
	wait, ok := retryAfter(value, now)
	if !ok {
		return 0
	}
	return min(wait+time.Duration(float64(wait)*p.Jitter*chance), maxAsked)
}

// mayAsk reports whether an answer of the status can say when to come back:
// those of RFC 9110, section 10.2.3, and those that are always temporary.
func mayAsk(status int) bool {
	return status == 503 || alwaysTemporary(status) || redirect(status)
}

// retryAfter reads the value of a header Retry-After (RFC 9110, section 10.2.3):
// seconds, or a date. It returns a wait from 0 to maxAsked.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if errors.Is(err, strconv.ErrRange) || seconds > int64(maxAsked/time.Second) {
			return maxAsked, true
		}
		return time.Duration(seconds) * time.Second, err == nil
	}
	at, ok := httpDate(value)
	if !ok {
		return 0, false
	}
	return min(max(0, at.Sub(now)), maxAsked), true
}

// httpDate reads a date in any of the forms of RFC 9110, section 5.6.7.
func httpDate(value string) (time.Time, bool) {
	for _, form := range [...]string{
		"Mon, 02 Jan 2006 15:04:05 GMT",
		"Monday, 02-Jan-06 15:04:05 GMT",
		time.ANSIC,
	} {
		if at, err := time.Parse(form, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// field returns the value of the first header of a name in head, which has lines
// of the form "Name: value\n".
func field(head, name string) (string, bool) {
	for line := range strings.Lines(head) {
		n, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(n, name) {
			return strings.Trim(value, " \t\r\n"), true
		}
	}
	return "", false
}
