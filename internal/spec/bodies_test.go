package spec_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/render/entity"
	"github.com/waybillhq/waybill/internal/render/notice"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// A filler puts values into every field, or draws which.
type filler struct {
	draw    *rapid.T // nil: everything is there, once
	unknown bool     // with members that have no name
}

// fill sets the value v and what is in it.
func (f filler) fill(v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[trade.Decimal]():
		v.SetString(f.text("-0.5", "0", "1200.25", "99999999999999999"))
		return
	case reflect.TypeFor[trade.Date]():
		v.SetString(f.text("2024-02-29", "2026-12-31", "0001-01-01"))
		return
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 3, 14, 5, f.number(59), 250e6, time.UTC)))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(f.text(`"VIP"`, `{"count":2,"type":"PLT"}`, `7`, `true`)))
		return
	case reflect.TypeFor[trade.Unknown]():
		if f.unknown && f.chance() {
			v.Set(reflect.ValueOf(trade.Unknown{"quality class": json.RawMessage(f.text(`"P6"`, `{"name":"P6"}`, `[1,[2]]`, `null`))}))
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if list, ok := reflect.TypeAssert[interface{ Values() []string }](v); ok {
			v.SetString(f.text(list.Values()...))
			return
		}
		v.SetString(f.text("4711", "ü <&> \"x\"\n", " "))
	case reflect.Bool:
		v.SetBool(f.chance())
	case reflect.Int64:
		v.SetInt(int64(1 + f.number(math.MaxInt32)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for _, field := range v.Fields() {
			if f.chance() {
				f.fill(field)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.number(2), 3))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	default:
		panic("a field of type " + v.Type().String())
	}
}

func (f filler) text(some ...string) string {
	if f.draw == nil {
		return some[0]
	}
	return rapid.SampledFrom(some).Draw(f.draw, "value")
}

func (f filler) number(most int) int {
	if f.draw == nil {
		return 0
	}
	return rapid.IntRange(0, most).Draw(f.draw, "number")
}

func (f filler) chance() bool { return f.draw == nil || rapid.Bool().Draw(f.draw, "there") }

// event returns an event of an order with lines a, b, c, of which some are affected.
func (f filler) event(name string) order.Event {
	e := order.Event{Name: name}
	f.fill(reflect.ValueOf(&e.Order).Elem())
	f.fill(reflect.ValueOf(&e.Meta).Elem())
	for i := range e.Order.Lines {
		e.Order.Lines[i].ID = string(rune('a' + i))
		if f.chance() {
			e.Lines = append(e.Lines, e.Order.Lines[i].ID)
		}
	}
	return e
}

func (f filler) shipment() trade.Shipment {
	var s trade.Shipment
	f.fill(reflect.ValueOf(&s).Elem())
	return s
}

// forms returns how orders can be told of, as JSON.
func forms() map[string]order.Form {
	return map[string]order.Form{"several": {}, "single": {Single: true}, "simple": {Single: true, Simple: true}}
}

func orderBody(tb interface{ Fatal(...any) }, e order.Event, f order.Form) []byte {
	raw, err := order.Body(e, f)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// request is what a receiver gets.
type request struct {
	name, method, path string
	spec, schema       string // of the body
	body               []byte // nil: it has none
}

// requests returns one of every event type in every form that is JSON or has no body.
func requests(tb testing.TB) []request {
	tb.Helper()
	var all []request
	whole := filler{}
	id := uuid.MustParse("019a7c1e-44d2-7b10-9f3e-2f6f5a0e9c11")
	for _, t := range trade.Catalogue() {
		e := trade.Event{ID: id, Type: t.Name, Shop: "12", OccurredAt: time.Date(2026, 11, 22, 11, 58, 12, 64e7, time.UTC), Data: t.Sample}
		switch t.Family {
		case trade.OrderEvents:
			path := "/orders"
			if t.Group == "documents" {
				path = "/order-documents"
			}
			for name, form := range forms() {
				all = append(all, request{t.Name + ", " + name, "POST", path, "order-webhook", "OrderWebhook", orderBody(tb, whole.event(t.Name), form)})
			}
		case trade.ShipmentEvents:
			all = append(all, request{t.Name, "POST", "/shipments", "shipment-webhook", "ShipmentWebhook", order.Shipment(t.Name, whole.shipment(), whole.event(t.Name).Meta)})
		case trade.DocumentEvents:
			for name, data := range map[string]string{"": string(t.Sample), ", of a status alone": `{"transactionStatus":"SHIPPED","transactionId":7}`} {
				e.Data = json.RawMessage(data)
				body, err := notice.Body(e, id, e.OccurredAt, time.UTC)
				if err != nil {
					tb.Fatal(err)
				}
				all = append(all, request{t.Name + name, "POST", "/documents", "document-notice", "DocumentNotice", body})
			}
			continue
		case trade.TriggerEvents:
		}
		for name, data := range map[string]string{"": string(t.Sample), ", of nothing": `{}`} {
			e.Data = json.RawMessage(data)
			body, err := entity.Body(e, t)
			if err != nil {
				tb.Fatal(err)
			}
			all = append(all, request{"the trigger of " + t.Name + name, "POST", "/events", "trigger-event", "TriggerEvent", body})
			e.Shop = ""
		}
	}
	for _, id := range []string{"PO-1", "a%2Fb%20c%C3%BC"} {
		all = append(all, request{name: "GET of order " + id, method: "GET", path: "/orders/" + id}, request{name: "GET of shipment " + id, method: "GET", path: "/shipments/" + id})
	}
	if len(all) < 45*3+8+8+2*(45+8+68)+4 {
		tb.Fatalf("there are %d requests, fewer than event types and forms", len(all))
	}
	return all
}
