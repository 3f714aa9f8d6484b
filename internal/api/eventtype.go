package api

import (
	"context"
	"encoding/json"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type eventType struct {
	Name       string          `json:"name" example:"OrderCreated"`
	Label      label           `json:"label" doc:"What people call it."`
	Family     string          `json:"family" enum:"document,order,shipment,trigger" doc:"Decides the form of the bodies that receivers get."`
	Group      string          `json:"group"`
	EntityKind string          `json:"entityKind" doc:"What such an event is about."`
	Connector  string          `json:"connector,omitempty" enum:"orders,order-documents,shipments" doc:"The connector that can be told of it, if one can."`
	Default    bool            `json:"enabledByDefault,omitempty" doc:"Whether that is told of it unless its settings say otherwise."`
	Fields     []string        `json:"fields" nullable:"false" doc:"The fields of data that receivers get, in order."`
	Sample     json.RawMessage `json:"sample" doc:"Realistic data of such an event."`
}

type label struct {
	EN string `json:"en"`
	DE string `json:"de"`
}

type eventTypesOutput struct {
	Body struct {
		Items []eventType `json:"items" nullable:"false"`
	} `nameHint:"EventTypes"`
}

func (s *Server) listEventTypes(context.Context, *struct{}) (*eventTypesOutput, error) {
	connectors, usual := make(map[string]hook.Kind), make(map[string]bool)
	for _, kind := range hook.Connectors() {
		for _, name := range kind.EventNames() {
			connectors[name] = kind
		}
		for _, name := range kind.DefaultEventNames() {
			usual[name] = true
		}
	}
	out := &eventTypesOutput{}
	for _, t := range trade.Catalogue() {
		out.Body.Items = append(out.Body.Items, eventType{
			Name: t.Name, Label: label(t.Label), Family: string(t.Family), Group: t.Group, EntityKind: string(t.Entity),
			Connector: string(connectors[t.Name]), Default: usual[t.Name], Fields: t.Fields, Sample: t.Sample,
		})
	}
	return out, nil
}

// unknownType says, in English and German, that a name is not in the catalogue.
func unknownType(name string) (reason, german string) {
	reason, german = "there is no such event type; ", "Diesen Ereignistyp gibt es nicht; "
	if near := trade.Nearest(name); near != "" {
		reason, german = reason+"did you mean "+near+"? ", german+"meinten Sie "+near+"? "
	}
	return reason + "GET /api/v1/event-types lists all", german + "GET /api/v1/event-types nennt alle."
}
