package hook

import (
	"net/http"
	"slices"

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

// documentGroup is the group of the catalogue about what documents orders have.
const documentGroup = "documents"

// EventNames returns the event types that a connector of the kind can be told of, in
// the order of the catalogue; none for other kinds of hooks.
func (k Kind) EventNames() []string {
	var names []string
	for _, t := range trade.Catalogue() {
		if k.tellsOf(t) {
			names = append(names, t.Name)
		}
	}
	return names
}

func (k Kind) tellsOf(t trade.EventType) bool {
	switch k {
	case Orders:
		return t.Family == trade.OrderEvents && t.Group != documentGroup
	case OrderDocuments:
		return t.Family == trade.OrderEvents && t.Group == documentGroup
	case Shipments:
		return t.Family == trade.ShipmentEvents
	default:
		return false
	}
}

// DefaultEventNames returns those of EventNames that a connector is told of unless
// somebody says otherwise: all that changes what was agreed on, how far it has come,
// or what a party waits for. Left out is what no order depends on: who the contacts
// are, item details, and what the buyer has booked of past deliveries.
func (k Kind) DefaultEventNames() []string {
	return slices.DeleteFunc(k.EventNames(), func(name string) bool {
		return slices.Contains([]string{
			"OrderContactReassignedByBuyer", "OrderContactReassignedBySupplier", "OrderLinesItemDetailsChanged",
			"OrderLinesDeliveryHistoryAppendedByBuyer", "OrderLinesDeliveryHistorySetByBuyer",
		}, name)
	})
}

// Connector returns the connector of a company of a kind, or nil if nobody has set
// it up.
func (d *Directory) Connector(company string, kind Kind) *Hook {
	for _, h := range d.Hooks {
		if h.Company == company && h.Kind == kind {
			return h
		}
	}
	return nil
}
