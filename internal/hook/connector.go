package hook

import (
	"net/http"

	"github.com/waybillhq/waybill/internal/trade"
)

// Connector is how a hook of orders, order documents or shipments tells of them. The
// zero value is for other kinds of hooks. Its JSON is how it is stored.
type Connector struct {
	Method string `json:"method,omitempty"` // POST, or the older GET, which names the entity in the URL and has no body
	Format Format `json:"format,omitempty"` // of the body of a POST
	Single bool   `json:"single,omitempty"` // of orders: a line for each delivery
	Simple bool   `json:"simple,omitempty"` // with Single: by the older name, simpleOrderEvent
}

// Format is how a body is written.
type Format string

// The formats of bodies.
const (
	JSON Format = "JSON"
	TXML Format = "TXML" // plain XML that says the same; of orders and their documents
)

// Connectors returns the kinds of hooks that are connectors. A company has one of
// each at most.
func Connectors() []Kind { return []Kind{Orders, OrderDocuments, Shipments} }

// EntityKind returns the kind of entity that a connector tells of, empty for other
// kinds of hooks.
func (k Kind) EntityKind() trade.EntityKind {
	switch k {
	case Orders, OrderDocuments:
		return trade.KindOrder
	case Shipments:
		return trade.KindShipment
	default:
		return ""
	}
}

// NeedsState reports whether the state of an event's entity is needed to tell the
// hook of it.
func (h *Hook) NeedsState() bool {
	return h.Kind.EntityKind() != "" && h.Connector.Method != http.MethodGet
}
