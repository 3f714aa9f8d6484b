package spec_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/spec"
	"github.com/waybillhq/waybill/internal/spec/spectest"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestGoldenBodiesAreAsDescribed(t *testing.T) {
	t.Parallel()
	orders, shipments := spectest.Component(t, "order-webhook", "OrderWebhook", false), spectest.Component(t, "shipment-webhook", "ShipmentWebhook", false)
	files, err := filepath.Glob("../render/order/testdata/*-event.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("there are the bodies %q, %v", files, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schema := orders
		if strings.HasSuffix(file, "shipment-event.json") {
			schema = shipments
		}
		if err := schema.Check(body); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Every event type in every form, with everything that can be in it, is described to
// the last member.
func TestEveryMemberIsDescribed(t *testing.T) {
	t.Parallel()
	compiled := make(map[string]spectest.Schema)
	for _, r := range requests(t) {
		if r.body == nil {
			continue
		}
		if _, ok := compiled[r.spec]; !ok {
			compiled[r.spec] = spectest.Component(t, r.spec, r.schema, true)
		}
		if err := compiled[r.spec].Check(r.body); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

func TestBodiesOfAnyStateAreAsDescribed(t *testing.T) {
	t.Parallel()
	closed, open := spectest.Component(t, "order-webhook", "OrderWebhook", true), spectest.Component(t, "order-webhook", "OrderWebhook", false)
	closedShipment, openShipment := spectest.Component(t, "shipment-webhook", "ShipmentWebhook", true), spectest.Component(t, "shipment-webhook", "ShipmentWebhook", false)
	rapid.Check(t, func(t *rapid.T) {
		f := filler{draw: t, unknown: rapid.Bool().Draw(t, "unknown")}
		orders, shipments := closed, closedShipment
		if f.unknown {
			orders, shipments = open, openShipment
		}
		name := rapid.SampledFrom([]string{"OrderIssuedByBuyer", "OrderDocumentsAttachedBySupplier"}).Draw(t, "event")
		e := f.event(name)
		for _, form := range forms() {
			if err := orders.Check(orderBody(t, e, form)); err != nil {
				t.Error(err)
			}
		}
		if err := shipments.Check(order.Shipment("ShipmentIssuedBySupplier", f.shipment(), e.Meta)); err != nil {
			t.Error(err)
		}
	})
}

// What receivers fetch is described to the last member too.
func TestWhatIsFetchedIsAsDescribed(t *testing.T) {
	t.Parallel()
	orders, singles := spectest.Component(t, "receiver-calls", "Order", true), spectest.Component(t, "receiver-calls", "SingleOrder", true)
	shipments := spectest.Component(t, "receiver-calls", "Shipment", true)
	rapid.Check(t, func(t *rapid.T) {
		f := filler{draw: t}
		e := f.event("OrderIssuedByBuyer")
		state := openjson.Append(nil, e.Order)
		after := time.Date(2026, 11, 3, 14, 5, rapid.IntRange(0, 59).Draw(t, "after"), 0, time.UTC)
		for _, fetched := range []struct {
			schema spectest.Schema
			state  []byte
			fetch  func(state []byte, after time.Time) ([]byte, error)
		}{
			{orders, state, order.Fetched},
			{singles, state, order.FetchedSingle},
			{shipments, openjson.Append(nil, f.shipment()), order.FetchedShipment},
		} {
			body, err := fetched.fetch(fetched.state, after)
			if err == nil {
				err = fetched.schema.Check(body)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWhatIsWrongIsNotAsDescribed(t *testing.T) {
	t.Parallel()
	schema := spectest.Component(t, "order-webhook", "OrderWebhook", false)
	body := string(orderBody(t, filler{}.event("OrderIssuedByBuyer"), order.Form{}))
	for before, after := range map[string]string{
		`"eventName":"OrderIssuedByBuyer"`: `"eventName":"OrderIssued"`,
		`"orderId":`:                       `"orderID":`,
		`"version":1`:                      `"version":"1"`,
		`"date":"2024-02-29"`:              `"date":"2023-02-29"`,
		`"quantity":-0.5`:                  `"quantity":"-0.5"`,
		`"processStatus":"Issued"`:         `"processStatus":"Done"`,
		`"messageId":`:                     `"messageID":`,
	} {
		wrong := strings.Replace(body, before, after, 1)
		if wrong == body {
			t.Errorf("there is no %s in %s", before, body)
		}
		if schema.Check([]byte(wrong)) == nil {
			t.Errorf("a body with %s is as described", after)
		}
	}
}

// Examples are what their schemas say, and nothing that they don't know.
func TestExamplesAreAsDescribed(t *testing.T) {
	t.Parallel()
	for _, s := range spec.All() {
		count := 0
		raw, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		each(document, "", func(pointer string, content map[string]any) {
			examples, ok := content["examples"].(map[string]any)
			if !ok || content["schema"] == nil {
				return
			}
			schema := spectest.At(t, s.Name, pointer+"/schema", true)
			for name, example := range examples {
				count++
				body, err := json.Marshal(example.(map[string]any)["value"])
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Check(body); err != nil {
					t.Errorf("the example %s of %s: %v", name, s.Name, err)
				}
			}
		})
		if want := len(s.Examples()); count == 0 && want > 0 {
			t.Errorf("%s has no examples, want %d", s.Name, want)
		}
	}
}

// each calls f with every object in a JSON value.
func each(v any, pointer string, f func(pointer string, object map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(pointer, v)
		for name, value := range v {
			each(value, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name), f)
		}
	case []any:
		for i, value := range v {
			each(value, fmt.Sprintf("%s/%d", pointer, i), f)
		}
	}
}

func TestEverythingIsDescribedInWords(t *testing.T) {
	t.Parallel()
	for _, s := range spec.All() {
		if s.Title == "" || s.Purpose == "" || s.Document.Info.Description == "" {
			t.Errorf("%s has no title, purpose or description", s.Name)
		}
		for _, of := range s.Types {
			if !strings.HasSuffix(of.Words, ".") {
				t.Errorf("the type %s of %s is described as %q", of.Name, s.Name, of.Words)
			}
			for _, m := range of.Members {
				if !strings.HasSuffix(m.Words, ".") {
					t.Errorf("%s.%s of %s is described as %q", of.Name, m.Name, s.Name, m.Words)
				}
			}
		}
	}
}

// The members of the types are those that are written.
func TestTypesAreThoseOfGo(t *testing.T) {
	t.Parallel()
	s := spectest.Named(t, "order-webhook")
	for name, of := range map[string]reflect.Type{
		"OrderWebhook": reflect.TypeFor[order.OrderBody](), "Order": reflect.TypeFor[trade.Order](), "Line": reflect.TypeFor[trade.Line](),
		"SingleLine": reflect.TypeFor[order.SingleLine](), "StatusLine": reflect.TypeFor[order.StatusLine](),
	} {
		i := slices.IndexFunc(s.Types, func(t spec.Type) bool { return t.Name == name })
		if i < 0 {
			t.Errorf("there is no type %s", name)
			continue
		}
		members, open := openjson.Members(of)
		if len(members) != len(s.Types[i].Members) || open != s.Types[i].Open {
			t.Errorf("%s has %d members and is open: %t; want %d, %t", name, len(s.Types[i].Members), s.Types[i].Open, len(members), open)
		}
	}
}

// The rendition for older tools has no webhooks and no type null.
func TestOpenAPI30(t *testing.T) {
	t.Parallel()
	for _, s := range spec.All() {
		raw, err := s.OpenAPI30()
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		if v := document["openapi"]; v != "3.0.3" || document["webhooks"] != nil || document["paths"] == nil {
			t.Errorf("%s is OpenAPI %v with %q", s.Name, v, slices.Collect(maps.Keys(document)))
		}
		each(document, "", func(pointer string, object map[string]any) {
			if _, many := object["type"].([]any); many || object["type"] == "null" {
				t.Errorf("%s has the type %v at %s", s.Name, object["type"], pointer)
			}
		})
	}
}
