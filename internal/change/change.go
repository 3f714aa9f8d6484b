// Package change compares two states of an order or a shipment and says what
// happened: which events, which lines, and when each part was last changed. It is
// pure.
//
// Who accepts a state reads it (ReadOrder), or applies a patch to the JSON of the
// state before (Merge) and reads the result. Then
//
//	now, events, err := change.Order(before, read, by, at)
//
// gives the state to remember, with statuses, version and times of change filled
// in, and the events to accept, each with the IDs of its lines. The JSON of the
// state (WriteOrder) is kept as a version of the entity; an event names that
// version and the lines. Without events nothing has changed, and there is nothing
// to remember. A producer that says by itself what happened gets its event checked
// (Named, NamedShipment) in place of the ones found here; the state is the same.
//
// To make a body, a renderer reads the state again and picks the lines.
package change

import (
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// Party is who made a change. The empty one says that this isn't known: it is then
// concluded from what was changed.
type Party string

// The parties of an order.
const (
	Buyer    Party = "buyer"
	Supplier Party = "supplier"
)

// or returns p, or q if p isn't known.
func (p Party) or(q Party) Party {
	if p == "" {
		return q
	}
	return p
}

// by returns the name of the event by which a party did something.
func (p Party) by(something string) string {
	if p == Supplier {
		return something + "BySupplier"
	}
	return something + "ByBuyer"
}

// Event is something that happened to an order or a shipment.
type Event struct {
	Type  string   // a name from the catalogue
	Lines []string // the IDs of the order's lines it happened to, in the order of the state; none for a shipment
}

// stamps are the members that say when something was changed, or in which message
// it was said: they are not a change.
func stamps() []string { return []string{"lastUpdatedAt", "meta"} }

// content returns what v says, without stamps: the same bytes for the same content.
func content(v any) []byte { return openjson.Append(nil, v, stamps()...) }

func same(a, b any) bool { return openjson.Same(a, b, stamps()...) }

// later returns at, to the millisecond and as UTC, or a millisecond after before if
// at isn't later: so a part that has an order's time of change was changed with it.
func later(at, before time.Time) time.Time {
	at = at.UTC().Truncate(time.Millisecond)
	if !at.After(before) {
		return before.Add(time.Millisecond)
	}
	return at
}

// Order compares the state of an order with the one before, nil if there was none,
// changed by a party at a time. It returns the state to remember and what happened,
// in the order of the catalogue; nothing if nothing has changed but the order of
// lines, documents or what doesn't count (statuses and indicators of the order
// itself, version, times of change, meta). Then the state is the one before.
//
// A line's status is that of before where the state has none. The status of the
// order is that of its lines. The version is one more, and LastUpdatedAt is at
// (or the millisecond after the one before, if at isn't later) for the order, for
// each line that is new or changed, and in it for each document and delivery that
// is; everything else keeps its own.
//
// Order fails with a *hook.Error of fault Invalid if a line of before is missing,
// since receivers that are only sent what has changed would keep it for ever. The
// states must be as ReadOrder returns them; state is not changed, but shares data
// with what is returned.
func Order(before *trade.Order, state trade.Order, by Party, at time.Time) (trade.Order, []Event, error) {
	now := state
	now.Lines = slices.Clone(state.Lines)
	if before == nil {
		settle(nil, &now)
		stampOrder(nil, &now, nil, later(at, time.Time{}))
		return now, []Event{{"OrderIssuedByBuyer", lineIDs(now.Lines)}}, nil
	}
	old := make(map[string]*trade.Line, len(before.Lines))
	for i := range before.Lines {
		old[before.Lines[i].ID] = &before.Lines[i]
	}
	if err := missing(before.Lines, now.Lines); err != nil {
		return trade.Order{}, nil, err
	}
	settle(old, &now)
	f := finding{by: by, lines: make(map[string][]string), changed: make(map[string]bool)}
	for i := range now.Lines {
		f.line(old[now.Lines[i].ID], &now.Lines[i])
	}
	f.header(before, &now)
	if len(f.lines) == 0 {
		return *before, nil, nil
	}
	stampOrder(before, &now, f.changed, later(at, before.LastUpdatedAt))
	return now, f.events(), nil
}

func lineIDs(lines []trade.Line) []string {
	ids := make([]string, len(lines))
	for i := range lines {
		ids[i] = lines[i].ID
	}
	return ids
}

// missing returns an error if a line of before isn't in now.
func missing(before, now []trade.Line) error {
	there := make(map[string]bool, len(now))
	for i := range now {
		there[now[i].ID] = true
	}
	var problems []hook.Problem
	for i := range before {
		if id := before[i].ID; !there[id] && len(problems) < 20 {
			problems = append(problems, hook.Problem{
				Field:  "lines",
				Reason: "line " + quote(id) + " is missing; an order keeps its lines: send it, with the processStatus Cancelled if it is given up",
			})
		}
	}
	if problems == nil {
		return nil
	}
	return &hook.Error{Fault: hook.Invalid, Msg: "the order is not valid", Problems: problems}
}

// A finding collects what happened to an order.
type finding struct {
	by      Party
	lines   map[string][]string // by type of event
	changed map[string]bool     // lines that are new or say something else
}

// tell notes that something happened to a line, or to the header if id is empty.
func (f *finding) tell(eventType, id string) {
	lines := f.lines[eventType]
	if id != "" {
		lines = append(lines, id)
	}
	f.lines[eventType] = lines
}

// events returns what happened, in the order of the catalogue.
func (f *finding) events() []Event {
	var events []Event
	for _, t := range trade.Catalogue() {
		if lines, ok := f.lines[t.Name]; ok {
			events = append(events, Event{t.Name, lines})
		}
	}
	return events
}

// Named checks an event that a producer has named itself: its type must be one of
// orders, and its lines lines of the state, each once; without lines it is about
// all of them. It returns the event with its lines in the order of the state. The
// error is a *hook.Error of fault Invalid.
func Named(state trade.Order, e Event) (Event, error) {
	if err := known(e.Type, trade.OrderEvents, "an order"); err != nil {
		return Event{}, err
	}
	all := lineIDs(state.Lines)
	if len(e.Lines) == 0 {
		return Event{e.Type, all}, nil
	}
	for i, id := range e.Lines {
		if !slices.Contains(all, id) {
			return Event{}, hook.InvalidField("lines", "the order has no line %s; name lines by their id", quote(id))
		}
		if slices.Contains(e.Lines[:i], id) {
			return Event{}, hook.InvalidField("lines", "line %s is named twice; name it once", quote(id))
		}
	}
	return Event{e.Type, slices.DeleteFunc(all, func(id string) bool { return !slices.Contains(e.Lines, id) })}, nil
}

// NamedShipment checks the name of an event of a shipment, as Named does.
func NamedShipment(name string) error { return known(name, trade.ShipmentEvents, "a shipment") }

// known returns an error unless name is an event of the family.
func known(name string, family trade.Family, what string) error {
	t, ok := trade.TypeOf(name)
	if ok && t.Family == family {
		return nil
	}
	near := ""
	if n := trade.Nearest(name); n != "" && !ok {
		near = "; the nearest is " + quote(n)
	}
	return hook.InvalidField("eventName", "%s is no event of %s%s", quote(name), what, near)
}
