package certificate

import (
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Warning says which warning about a certificate's end is due. A later one is
// greater, so that whoever warns needs to remember only the greatest that was
// given for a certificate.
type Warning int

// The warnings, in the order in which they fall due.
const (
	NoWarning Warning = iota
	Month             // it ends within 30 days
	Week              // within 7
	Day               // within 1
	Expired           // it has ended
)

// Expiry returns the warning that is due for c at now: the last one, if earlier
// ones were missed. For a hook without a certificate there is none.
func Expiry(c hook.Certificate, now time.Time) Warning {
	const day = 24 * time.Hour
	left := c.NotAfter.Sub(now)
	switch {
	case !c.Set():
		return NoWarning
	case left < 0:
		return Expired
	case left <= day:
		return Day
	case left <= 7*day:
		return Week
	case left <= 30*day:
		return Month
	default:
		return NoWarning
	}
}
