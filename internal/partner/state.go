package partner

import (
	"net/http"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// view is how entities of a kind are shown.
type view struct {
	kind trade.EntityKind
	name string // of one, as an element of XML
	many string // of a page of them
	// render returns a state as receivers fetch it, of its lines those changed later than
	// after; all, if that is zero.
	render func(state []byte, after time.Time) ([]byte, error)
	split  bool // its lines are split by delivery
	// ask reads what a receiver asks for when it polls.
	ask func(body []byte) (ask, error)
}

func orders() view {
	return view{kind: trade.KindOrder, name: "Order", many: "Orders", render: order.Fetched, ask: readAsk[trade.ProcessStatus]}
}

func singleOrders() view {
	v := orders()
	v.render, v.split = order.FetchedSingle, true
	return v
}

func shipments() view {
	return view{kind: trade.KindShipment, name: "Shipment", many: "Shipments", render: order.FetchedShipment, ask: readAsk[trade.ShipmentStatus]}
}

// getState returns the handler that sends the newest state of an entity.
func (s *Server) getState(v view) handler {
	return func(w http.ResponseWriter, r *http.Request, company string) error {
		xml, err := wantsXML(r)
		if err != nil {
			return err
		}
		after, err := laterThan(r)
		if err != nil {
			return err
		}
		e := trade.Entity{Kind: v.kind, ID: r.PathValue("id")}
		if !trade.CheckID(e.ID) {
			return noSuch(v.kind)
		}
		leave, err := s.rooms.enter(r.Context(), company)
		if err != nil {
			return err
		}
		defer leave()
		state, err := s.Store.State(r.Context(), company, e)
		if hook.FaultOf(err) == hook.Missing {
			return noSuch(v.kind)
		}
		if err != nil {
			return err
		}
		var element func([]byte) ([]byte, error)
		if xml {
			element = func(raw []byte) ([]byte, error) { return order.XML(v.name, raw) }
		}
		raw, err := s.rooms.render(v, state.JSON, after, element)
		if err != nil {
			return err
		}
		send(w, r, xml, raw)
		return nil
	}
}

func noSuch(k trade.EntityKind) error {
	return hook.Errorf(hook.Missing, "there is no such %s; its ID is percent-encoded in the path", k)
}

const afterParameter = "lastUpdatedAfter"

// laterThan returns the time after which lines must have changed to be sent; zero if
// all are.
func laterThan(r *http.Request) (time.Time, error) {
	text := r.URL.Query().Get(afterParameter)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, hook.InvalidField(afterParameter, "it is not a time; write it as 2026-01-31T14:05:00Z (RFC 3339), and a + in it as %%2B")
	}
	return at, nil
}
