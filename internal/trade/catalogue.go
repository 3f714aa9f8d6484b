package trade

import (
	"strings"
	"sync"
)

// A block is a piece of the catalogue: event types that share a family, a group
// and the fields of their payload.
type block struct {
	family Family
	group  string
	fields string // separated by spaces, in order
	rows   []row
}

// A row is what one event type has for itself.
type row struct {
	name   string
	entity EntityKind
	en, de string // the label
}

// index is the catalogue in the forms it is asked for.
type index struct {
	types  []EventType
	byName map[string]int // position in types
	folded []string       // names as Nearest compares them, in the order of types
}

//nolint:gochecknoglobals // built on first use from constants and never changed after.
var catalogue = sync.OnceValue(func() *index {
	x := &index{byName: make(map[string]int)}
	for _, b := range append(partnerEvents(), triggerEvents()...) {
		fields := strings.Fields(b.fields)
		for _, r := range b.rows {
			x.byName[r.name] = len(x.types)
			x.folded = append(x.folded, fold(r.name))
			x.types = append(x.types, EventType{
				Name: r.name, Label: Text{EN: r.en, DE: r.de}, Family: b.family, Group: b.group,
				Entity: r.entity, Fields: fields, Sample: sample(r.name, fields),
			})
		}
	}
	return x
})

// Catalogue returns every event type there is: documents, orders, shipments,
// triggers; types of one group follow each other. The slice and what it refers
// to are shared and must not be changed. It is safe for concurrent use.
func Catalogue() []EventType { return catalogue().types }

// TypeOf returns the event type with exactly the given name, and whether there
// is one. What the result refers to is shared and must not be changed. It is
// safe for concurrent use.
func TypeOf(name string) (EventType, bool) {
	x := catalogue()
	i, ok := x.byName[name]
	if !ok {
		return EventType{}, false
	}
	return x.types[i], true
}
