package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// maxID bounds the IDs that producers give, in bytes.
const maxID = 200

// Parse reads an event as a producer posts it: a JSON object with type,
// entityId and, if it likes, id, shop, occurredAt (RFC 3339) and data (an
// object). The error is a *hook.Error that names every field that is wrong.
// Company, ID and ReceivedAt are left to the caller; OccurredAt is zero if it
// wasn't given.
func Parse(raw []byte) (trade.Event, error) {
	if !utf8.Valid(raw) {
		return trade.Event{}, hook.InvalidField("", "the event is not UTF-8; encode it as UTF-8")
	}
	if !json.Valid(raw) {
		return trade.Event{}, hook.InvalidField("", "%s", jsonReason(raw))
	}
	var p parser
	if err := rawjson.Members(raw, p.add); err != nil {
		return trade.Event{}, hook.InvalidField("", "the event is %s; send a JSON object", err)
	}
	e := trade.Event{
		SourceID:   p.id("id"),
		Type:       p.required("type"),
		Shop:       p.id("shop"),
		OccurredAt: p.time("occurredAt"),
		Data:       p.object("data"),
	}
	e.Entity.ID = p.id("entityId")
	if e.Entity.ID == "" {
		p.wrongIfGood("entityId", "it is missing; say which order, product or other entity the event is about")
	}
	if e.Type != "" {
		t, ok := trade.TypeOf(e.Type)
		if !ok {
			p.wrong("type", unknownType(e.Type))
		}
		e.Entity.Kind = t.Entity
	}
	if len(p.problems) > 0 {
		return trade.Event{}, &hook.Error{Fault: hook.Invalid, Msg: "the event is not valid", Problems: p.problems}
	}
	return e, nil
}

func unknownType(name string) string {
	s := fmt.Sprintf("%q is no event type", shorten(name))
	if near := trade.Nearest(name); near != "" {
		return s + fmt.Sprintf("; did you mean %q? GET /api/v1/event-types lists all", near)
	}
	return s + "; GET /api/v1/event-types lists them"
}

// parser takes fields out of an event and notes what is wrong with them.
type parser struct {
	values   [len(names)]json.RawMessage // by the place of their name; nil if missing or null
	problems []hook.Problem
}

// names are the fields of an event.
var names = [...]string{"id", "type", "entityId", "shop", "occurredAt", "data"} //nolint:gochecknoglobals // constant

// add takes in a member of the event. Of a name that is repeated, the last counts.
func (p *parser) add(key, value []byte) {
	for i, name := range names {
		if name == string(key) {
			p.values[i] = value
			if string(value) == "null" {
				p.values[i] = nil
			}
			return
		}
	}
	p.wrong(shorten(string(key)), "there is no such field; there are "+strings.Join(names[:], ", "))
}

func (p *parser) wrong(field, reason string) {
	p.problems = append(p.problems, hook.Problem{Field: field, Reason: reason})
}

// wrongIfGood notes a problem unless the field has one already.
func (p *parser) wrongIfGood(field, reason string) {
	for _, q := range p.problems {
		if q.Field == field {
			return
		}
	}
	p.wrong(field, reason)
}

// value returns the value of a field, nil if it is missing or null.
func (p *parser) value(name string) json.RawMessage {
	return p.values[slices.Index(names[:], name)]
}

func (p *parser) text(name string) string {
	v := p.value(name)
	if v == nil {
		return ""
	}
	if v[0] != '"' {
		p.wrong(name, "it is not a text; put it in quotation marks")
		return ""
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		p.wrong(name, "it is not a JSON text: "+err.Error())
	}
	return s
}

func (p *parser) required(name string) string {
	s := p.text(name)
	if s == "" {
		p.wrongIfGood(name, "it is missing; it must be a text that is not empty")
	}
	return s
}

func (p *parser) id(name string) string {
	s := p.text(name)
	if len(s) > maxID {
		p.wrong(name, fmt.Sprintf("it has %d bytes; at most %d are allowed", len(s), maxID))
		return ""
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError {
			p.wrong(name, "it has a control character or one that is not Unicode; remove it")
			return ""
		}
	}
	return s
}

func (p *parser) time(name string) time.Time {
	s := p.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		p.wrong(name, fmt.Sprintf("%q is not a time such as 2026-01-31T14:05:00Z (RFC 3339)", shorten(s)))
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond) // as the store keeps it, so that every attempt says the same
}

func (p *parser) object(name string) json.RawMessage {
	v := p.value(name)
	if v != nil && v[0] != '{' {
		p.wrong(name, "it is not a JSON object; put the values into { }")
		return nil
	}
	return v
}

// jsonReason says what is wrong with a text that is not JSON.
func jsonReason(raw []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(raw, &v)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := raw[:min(int(e.Offset), len(raw))]
		line := 1 + bytes.Count(before, []byte("\n"))
		column := len(before) - bytes.LastIndexByte(before, '\n') - 1
		return fmt.Sprintf("it is not JSON: %s at line %d, column %d", e.Error(), line, max(1, column))
	}
	return "it is not JSON"
}

// shorten keeps what a caller sent from flooding an error.
func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
