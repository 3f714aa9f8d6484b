// Package trade is the vocabulary of what is traded: companies, the entities
// they trade, and the events that happen to them. The catalogue of event types
// is here too. It imports no other package of ours.
package trade

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Company is a tenant: nothing of one company is ever seen by another.
type Company struct {
	ID        string // chosen by the operator, see CheckCompanyID
	Name      string
	Language  string   // "en" or "de"
	TimeZone  string   // IANA name, such as "Europe/Berlin"; decides local times in payloads
	Modules   []string // of its contract: IDs that the configuration knows, sorted
	Shops     []Shop   // by ID
	CreatedAt time.Time
}

// Shop is a place where a company sells.
type Shop struct {
	ID       string // the platform's own ID of it, 1 to 200 bytes
	Name     string
	Language string // "en" or "de"
	TimeZone string // IANA name
}

// EntityKind says what sort of thing an event is about.
type EntityKind string

// The kinds of entities.
const (
	KindOrder           EntityKind = "order"
	KindDocument        EntityKind = "document"
	KindShipment        EntityKind = "shipment"
	KindParcel          EntityKind = "parcel"
	KindInvoice         EntityKind = "invoice"
	KindProduct         EntityKind = "product"
	KindProductPackage  EntityKind = "product_package"
	KindProductGroup    EntityKind = "product_group"
	KindProductProperty EntityKind = "product_property"
	KindProductBrand    EntityKind = "product_brand"
	KindPurchaseOrder   EntityKind = "purchase_order"
	KindOrderReturn     EntityKind = "order_return"
	KindTicket          EntityKind = "ticket"
	KindShop            EntityKind = "shop"
	KindCall            EntityKind = "call"
)

// Entity names one traded thing within a company.
type Entity struct {
	Kind EntityKind
	ID   string // the platform's own ID of it
}

// Event is something that happened to an entity. It never changes.
type Event struct {
	ID         uuid.UUID // version 7, given by Waybill, so that events sort by arrival
	Company    string
	SourceID   string // the producer's own ID of the event; empty if it gave none
	Type       string // a name from the catalogue
	Entity     Entity
	Shop       string // the platform's ID of the shop; empty if the event has none
	OccurredAt time.Time
	ReceivedAt time.Time
	Data       json.RawMessage // a JSON object, as the producer sent it; nil if it sent none
	Trace      Trace           // what it is a part of; mostly nothing
	Scope      Scope           // which state of the entity it is about; mostly nothing
}

// Trace names the span, in a trace, that something is a part of, as the headers of
// W3C Trace Context do. The zero value names none.
type Trace struct {
	Parent string // traceparent: ASCII without spaces
	State  string // tracestate; may be empty
}

// CheckID reports whether a database can look for an ID: it is Unicode, without zero
// bytes. Nothing has one that isn't.
func CheckID(id string) bool { return utf8.ValidString(id) && !strings.Contains(id, "\x00") }

// CheckCompanyID reports whether id can name a company: 1 to 64 lower-case
// letters, digits and hyphens, beginning and ending with a letter or digit.
func CheckCompanyID(id string) bool {
	if id == "" || len(id) > 64 || id[0] == '-' || id[len(id)-1] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
