package spec

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/trade"
)

const aboutTriggers = `What a receiver of triggers with the default payload implements: one request, which is posted to the URL in the settings.

The body says what happened to what, by IDs. Which members entityData has depends on the event. You get the events that the trigger asks for; those of documents come as document notices. Of IDs the platform decides whether they are numbers or texts, and what it didn't tell is null.`

// triggers describes the bodies of package render/entity, which are made from the
// catalogue of event types.
func triggers() Spec {
	body := Type{Name: "TriggerEvent", Words: "What happened to what.", Tag: "event"}
	var groups []Type
	for _, t := range trade.Catalogue() {
		if t.Family == trade.DocumentEvents {
			continue
		}
		name := groupName(t)
		i := slices.IndexFunc(groups, func(g Type) bool { return g.Name == name+"Data" })
		if i < 0 {
			body.Of = append(body.Of, Alternative{Type: name + "Event"})
			groups = append(groups, eventType(name), Type{Name: name + "EventType", Words: "What happened."}, dataType(name, t))
			i = len(groups) - 1
		}
		groups[i-1].Values = append(groups[i-1].Values, t.Name)
		of := slices.IndexFunc(body.Of, func(a Alternative) bool { return a.Type == name+"Event" })
		body.Of[of].Tags = append(body.Of[of].Tags, t.Name)
	}
	types := append([]Type{body}, groups...)
	op := operation(tenTimes, http.MethodPost, "/events", "triggerEvent", "An event that the trigger asks for has happened",
		"It is delivered again after any answer but 2xx, ten times over about a day, unless the trigger's retry policy says otherwise.")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Ref: schemas + "TriggerEvent"}, Examples: examplesOf("trigger")},
	}}
	return Spec{
		Name: "trigger-event", Title: "Trigger event", Webhook: true, shown: []string{"trigger"}, Types: types,
		Purpose:  "What you get from a trigger that has no payload of its own: the event, and the IDs that belong to it.",
		Document: webhook("Trigger event", aboutTriggers, types, op),
		Article:  "answering", Operations: []*huma.Operation{op},
	}
}

// groupName names the event types that have the same fields as t.
func groupName(t trade.EventType) string {
	fields := strings.Join(t.Fields, " ")
	if name, ok := map[string]string{
		"OrderId OrderCode":                                      "Order",
		"ProductId ProductCode ShopGroupId":                      "Product",
		"ProductPackageId ProductId ShopGroupId":                 "ProductPackage",
		"ProductId ProductCode ProductSelectionProductId ShopId": "ProductSelection",
		"ProductGroupId ProductGroupName":                        "ProductGroup",
		"OrderId OrderCode CustomerRating":                       "OrderRating",
		"OrderCommentId OrderId OrderCode TicketId TicketCode":   "OrderComment",
		"InvoiceId InvoiceCode OrderId OrderCode":                "Invoice",
		"ShopId": "Shop",
		"ParcelId TrackingCode OrderShipmentId OrderShipmentCode OrderId OrderCode":         "OrderShipment",
		"PurchaseOrderId PurchaseOrderCode SupplierId WarehouseId OrderId OrderCode ShopId": "PurchaseOrder",
		"OrderReturnId OrderReturnCode OrderId OrderCode":                                   "OrderReturn",
		"Id Code": "ProductProperty",
		"Id Name": "ProductBrand",
		"Id":      "Call",
		"TicketId TicketCode OrderId OrderCode ShopId": "Ticket",
		"TicketId TicketCode OrderId OrderCode HandlingEmployeeGroupId HandlingEmployeeId OldHandlingEmployeeGroupId OldHandlingEmployeeId": "TicketHandling",
		"TicketId TicketCode OrderId OrderCode ShopId TicketMessageDirection":                                                               "TicketMessage",
	}[fields]; ok {
		return name
	}
	return t.Name
}

// eventType describes the body of the event types with a group's name.
func eventType(group string) Type {
	return Type{Name: group + "Event", Words: "An event with " + group + "Data.", Members: []Member{
		{Name: "event", Always: true, Kind: Choice, Type: group + "EventType", Words: "What happened."},
		{Name: "eventId", Always: true, Format: "uuid", Words: "The event's ID, which all deliveries of it share."},
		{Name: "occurredAt", Always: true, Kind: Time, Words: "When it happened, in UTC."},
		{Name: "shopId", Always: true, Kind: ID, Null: true, Words: "The shop's ID: a number if it looks like one; null if the event has no shop."},
		{Name: "entityData", Always: true, Kind: Object, Type: group + "Data", Words: "What it happened to."},
	}}
}

// dataType describes what the event types with the fields of t tell.
func dataType(group string, t trade.EventType) Type {
	data := Type{Name: group + "Data", Words: "What such events are about."}
	for _, field := range t.Fields {
		m := Member{Name: field, Always: true, Null: true, Words: "Its " + strings.ToLower(strings.Join(splitWords(field), " ")) + "."}
		switch {
		case strings.HasSuffix(field, "Id"):
			m.Kind, m.Words = ID, "The platform's ID of the "+strings.ToLower(strings.Join(splitWords(strings.TrimSuffix(field, "Id")), " "))+"."
			if field == "Id" {
				m.Words = "The platform's ID of it."
			}
		case field == "CustomerRating":
			m.Kind = Number
		}
		data.Members = append(data.Members, m)
	}
	return data
}

// splitWords splits a name before each capital letter.
func splitWords(name string) []string {
	var words []string
	for _, r := range name {
		if r >= 'A' && r <= 'Z' || len(words) == 0 {
			words = append(words, "")
		}
		words[len(words)-1] += string(r)
	}
	return words
}
