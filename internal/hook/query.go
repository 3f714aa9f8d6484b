package hook

import (
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
	Before    uuid.UUID    // only those with a lower ID: a page's last one begins the next page
	Limit     int          // deliveries
}
