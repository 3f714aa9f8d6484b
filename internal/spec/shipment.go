package spec

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

const aboutShipments = `What a receiver of shipment webhooks implements: one request, which is posted to the URL in the settings.

The body has the whole shipment. A line or document is new or changed exactly when its meta.lastUpdatedAt is that of the shipment. Numbers are exact decimals; read them as such, not as binary floating point. Members are added over time, never removed or renamed: ignore those that you don't know. Documents are never embedded; download those that you need.`

func shipments() Spec {
	b := newBook()
	b.add(reflect.TypeFor[order.ShipmentBody]())
	b.name("ShipmentWebhook", "ShipmentEventName", trade.ShipmentEvents)
	op := operation(statusRules, http.MethodPost, "/shipments", "shipmentEvent", "Something happened to a shipment", "The body has the whole shipment.")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Ref: schemas + "ShipmentWebhook"}, Examples: examplesOf("shipment")},
	}}
	return Spec{
		Name: "shipment-webhook", Title: "Shipment webhook", Webhook: true, shown: []string{"shipment"}, Types: b.types,
		Purpose:  "What you get when something happens to a shipment: all of it, with the time of each change.",
		Document: webhook("Shipment webhook", aboutShipments, b.types, op),
		Article:  "shipments", Operations: []*huma.Operation{op},
	}
}

func shipmentGet() Spec {
	op := operation(statusRules, http.MethodGet, "/shipments/{shipmentId}", "shipmentChanged", "Something happened to a shipment",
		"The request has no body and doesn't say what happened. Answer, and fetch the shipment afterwards.")
	op.Parameters = append([]*huma.Param{{
		Name: "shipmentId", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Example: sampleShipmentID,
		Description: "The platform's ID of the shipment. It is percent-encoded wherever {shipmentId} is in the URL of the settings, in the path or in the query.",
	}}, op.Parameters...)
	return Spec{
		Name: "shipment-get-webhook", Title: "Shipment GET webhook", Webhook: true,
		Purpose: "The older way to be told of shipments: you only get the ID and fetch the shipment afterwards. Prefer the shipment webhook for new receivers.",
		Document: webhook("Shipment GET webhook", "What a receiver of the older GET webhook for shipments implements. "+
			"It calls GET /v2/shipment/{shipmentId} afterwards; see the specification of what receivers call.", nil, op),
		Article: "get-webhooks", Operations: []*huma.Operation{op},
	}
}
