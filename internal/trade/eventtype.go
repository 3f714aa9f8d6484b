package trade

import "encoding/json"

// Family tells the three kinds of webhook systems apart that an event type
// comes from; it decides the family of bodies the event is rendered to.
type Family string

// The families of event types.
const (
	DocumentEvents Family = "document" // one of four kinds of documents arrived
	OrderEvents    Family = "order"    // order lines or order documents changed
	ShipmentEvents Family = "shipment" // a shipment was issued, approved, changed
	TriggerEvents  Family = "trigger"  // anything a shop's trigger can name
)

// Text is a text for people in each language that Waybill speaks.
type Text struct {
	EN string
	DE string
}

// EventType is an entry of the catalogue.
type EventType struct {
	Name   string // on the wire, such as "OrderIssuedByBuyer"; never changed or reused
	Label  Text
	Family Family
	Group  string          // sorts types for people, such as "confirm" or "stock"; unique within the family
	Entity EntityKind      // what the event is about
	Fields []string        // of entityData in the default payload, in order; for documents those of Data that the notice uses
	Sample json.RawMessage // realistic Data of such an event: a JSON object
}
