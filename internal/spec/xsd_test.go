package spec_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/spec/spectest"
	"github.com/waybillhq/waybill/internal/trade"
)

func xmlBody(tb interface{ Fatal(...any) }, e order.Event, f order.Form) []byte {
	f.XML = true
	return orderBody(tb, e, f)
}

func TestGoldenXML(t *testing.T) {
	t.Parallel()
	x := spectest.NewXML(t)
	for file, unknown := range map[string]string{"order-event.xml": "qualityClass", "single-event.xml": "", "documents-event.xml": ""} {
		body, err := os.ReadFile(filepath.Join("../render/order/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		err = x.Check(t, body)
		if unknown == "" && err != nil {
			t.Errorf("%s: %v", file, err)
		}
		// What has no name is the one thing that XML Schema 1.0 can't allow.
		if unknown != "" && (err == nil || strings.Count(err.Error(), "Schemas validity error") != 1 || !strings.Contains(err.Error(), "Element '"+unknown+"': This element is not expected")) {
			t.Errorf("%s: %v; want that %s is not expected, and nothing else", file, err, unknown)
		}
	}
}

// Every event type in every form, with all there can be, and random states are as the
// XML Schema says.
func TestXMLIsAsDescribed(t *testing.T) {
	t.Parallel()
	var bodies [][]byte
	for _, et := range trade.Catalogue() {
		if et.Family == trade.OrderEvents {
			for _, form := range forms() {
				bodies = append(bodies, xmlBody(t, filler{}.event(et.Name), form))
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := filler{draw: t}.event(rapid.SampledFrom([]string{"OrderIssuedByBuyer", "OrderDocumentsAttachedByBuyer"}).Draw(t, "event"))
		for _, form := range forms() {
			bodies = append(bodies, xmlBody(t, e, form))
		}
	})
	if err := spectest.NewXML(t).Check(t, bodies...); err != nil {
		t.Errorf("of %d bodies: %v", len(bodies), err)
	}
}

func TestXMLThatIsWrong(t *testing.T) {
	t.Parallel()
	x := spectest.NewXML(t)
	body := xmlBody(t, filler{}.event("OrderIssuedByBuyer"), order.Form{})
	for before, after := range map[string]string{
		"<eventName>OrderIssuedByBuyer<": "<eventName>OrderIssued<",
		"<date>2024-02-29<":              "<date>2023-02-29<",
		"<quantity>-0.5<":                "<quantity>-0,5<",
		"<orderEvent>":                   "<orderEvent><line><id>b</id></line>",
	} {
		wrong := bytes.Replace(body, []byte(before), []byte(after), 1)
		if bytes.Equal(wrong, body) || x.Check(t, wrong) == nil {
			t.Errorf("a body with %s is as described", after)
		}
	}
}
