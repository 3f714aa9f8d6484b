package spec

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// newBook returns an empty collection of types.
func newBook() *book {
	return &book{words: words(), names: map[reflect.Type]string{
		reflect.TypeFor[order.OrderBody]():    "OrderWebhook",
		reflect.TypeFor[order.ShipmentBody](): "ShipmentWebhook",
	}}
}

// orderTypes returns the types of the bodies of order webhooks.
func orderTypes() []Type {
	b := newBook()
	b.add(reflect.TypeFor[order.OrderBody]())
	b.name("OrderWebhook", "OrderEventName", trade.OrderEvents)
	return b.types
}

// name makes the eventName of a body one of the event types of a family.
func (b *book) name(body, choice string, f trade.Family) {
	names := namesOf(f)
	b.set(body, "eventName", func(m *Member) { m.Kind, m.Type = Choice, b.choice(choice, names) })
}

const aboutOrders = `What a receiver of order webhooks implements: one request, which is posted to the URL in the settings.

The body has the whole header of the order and only the lines that the event is about. Numbers are exact decimals; read them as such, not as binary floating point. Members are added over time, never removed or renamed: ignore those that you don't know. Documents are never embedded; download those that you need.

Instead of JSON, the same can be had as tXML, plain XML with the root element OrderWebhook; its XML Schema is at /specs/order-webhook.xsd.`

func orders() Spec {
	types := orderTypes()
	ref := &huma.Schema{Ref: schemas + "OrderWebhook"}
	body := func(names ...string) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{"application/json": {Schema: ref, Examples: examplesOf(names...)}}
	}
	told := operation(statusRules, http.MethodPost, "/orders", "orderEvent", "Something happened to an order",
		"The body has orderEvent, or singleDeliveryOrderEvent or simpleOrderEvent if the receiver knows one delivery per line.")
	told.RequestBody = &huma.RequestBody{Required: true, Content: body("order", "single")}
	documents := operation(statusRules, http.MethodPost, "/order-documents", "orderDocumentsEvent", "Documents were attached to an order",
		"The body has orderDocumentsEvent. The URL is set separately and can be that of the other events.")
	documents.RequestBody = &huma.RequestBody{Required: true, Content: body("documents")}
	return Spec{
		Name: "order-webhook", Title: "Order webhook", Webhook: true, shown: []string{"order", "single", "tXML", "documents"}, Types: types,
		Purpose:  "What you get when something happens to an order, with the lines that it is about, and when documents are attached to it.",
		Document: webhook("Order webhook", aboutOrders, types, told, documents),
		Article:  "orders", Operations: []*huma.Operation{told, documents},
	}
}

func orderGet() Spec {
	op := operation(statusRules, http.MethodGet, "/orders/{orderId}", "orderChanged", "Something happened to an order",
		"The request has no body and doesn't say what happened. Answer, and fetch the order afterwards.")
	op.Parameters = append([]*huma.Param{{
		Name: "orderId", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Example: sampleOrderID,
		Description: "The platform's ID of the order. It is percent-encoded wherever {orderId} is in the URL of the settings, in the path or in the query.",
	}}, op.Parameters...)
	return Spec{
		Name: "order-get-webhook", Title: "Order GET webhook", Webhook: true,
		Purpose: "The older way to be told of orders: you only get the ID and fetch the order afterwards. Prefer the order webhook for new receivers.",
		Document: webhook("Order GET webhook", "What a receiver of the older GET webhook for orders implements. "+
			"It calls GET /v2/order/{orderId} afterwards; see the specification of what receivers call.", nil, op),
		Article: "get-webhooks", Operations: []*huma.Operation{op},
	}
}
