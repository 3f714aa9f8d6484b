package hook

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// DeliveryQuery asks for deliveries of one company, newest first. A field with
// its zero value asks for all of them, but for Company and Limit, which must be
// set.
type DeliveryQuery struct {
	Company   string
	State     State
	HookID    uuid.UUID
	EventType string
	Entity    trade.Entity // its kind, its ID, or both
	From      time.Time    // at the earliest, of CreatedAt
	To        time.Time    // before it, of CreatedAt
	Status    StatusFilter
	Error     ErrorKind // of the latest attempt
	Before    uuid.UUID // only those with a lower ID: a page's last one begins the next page
	Limit     int       // deliveries
}

// StatusFilter says which answers to the latest attempt are asked for: a status
// such as "503", a class such as "5xx", or NoAnswer. Empty means all of them.
type StatusFilter string

// NoAnswer asks for deliveries that were attempted, and whose latest attempt got
// no response.
const NoAnswer StatusFilter = "none"

// Range returns the lowest and highest status that f asks for, both 0 for
// NoAnswer. It reports false if f can't be read or is empty.
func (f StatusFilter) Range() (low, high int, ok bool) {
	const digits = 3
	switch {
	case f == NoAnswer:
		return 0, 0, true
	case len(f) != digits || f[0] < '1' || f[0] > '5':
		return 0, 0, false
	case f[1:] == "xx":
		low = int(f[0]-'0') * 100
		return low, low + 99, true
	}
	n, err := strconv.ParseUint(string(f), 10, 16)
	return int(n), int(n), err == nil
}
