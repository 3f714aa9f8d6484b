package spec_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/spec"
	"github.com/waybillhq/waybill/internal/trade"
)

// xmllint holds XML files against our schema, with libxml2.
type xmllint struct{ schema string }

func newXMLLint(t *testing.T) xmllint {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Fatalf("%v; type: scripts/need xmllint", err)
	}
	file := filepath.Join(t.TempDir(), "order-webhook.xsd")
	if err := os.WriteFile(file, spec.OrderXSD(), 0o600); err != nil {
		t.Fatal(err)
	}
	return xmllint{file}
}

func (x xmllint) validate(t *testing.T, files ...string) error {
	t.Helper()
	args := append([]string{"--nonet", "--noout", "--schema", x.schema}, files...)
	if out, err := exec.CommandContext(t.Context(), "xmllint", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("xmllint: %w\n%.2000s", err, out)
	}
	return nil
}

func xmlBody(tb interface{ Fatal(...any) }, e order.Event, f order.Form) []byte {
	f.XML = true
	return orderBody(tb, e, f)
}

func TestGoldenXML(t *testing.T) {
	t.Parallel()
	x := newXMLLint(t)
	for file, unknown := range map[string]string{"order-event.xml": "qualityClass", "single-event.xml": "", "documents-event.xml": ""} {
		err := x.validate(t, filepath.Join("../render/order/testdata", file))
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
	x := newXMLLint(t)
	dir := t.TempDir()
	var files []string
	write := func(body []byte) {
		file := filepath.Join(dir, fmt.Sprintf("%d.xml", len(files)))
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, et := range trade.Catalogue() {
		if et.Family == trade.OrderEvents {
			for _, form := range forms() {
				write(xmlBody(t, filler{}.event(et.Name), form))
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := filler{draw: t}.event(rapid.SampledFrom([]string{"OrderIssuedByBuyer", "OrderDocumentsAttachedByBuyer"}).Draw(t, "event"))
		for _, form := range forms() {
			write(xmlBody(t, e, form))
		}
	})
	if err := x.validate(t, files...); err != nil {
		t.Errorf("of %d bodies: %v", len(files), err)
	}
}

func TestXMLThatIsWrong(t *testing.T) {
	t.Parallel()
	x := newXMLLint(t)
	body := xmlBody(t, filler{}.event("OrderIssuedByBuyer"), order.Form{})
	for before, after := range map[string]string{
		"<eventName>OrderIssuedByBuyer<": "<eventName>OrderIssued<",
		"<date>2024-02-29<":              "<date>2023-02-29<",
		"<quantity>-0.5<":                "<quantity>-0,5<",
		"<orderEvent>":                   "<orderEvent><line><id>b</id></line>",
	} {
		wrong := bytes.Replace(body, []byte(before), []byte(after), 1)
		file := filepath.Join(t.TempDir(), "wrong.xml")
		if err := os.WriteFile(file, wrong, 0o600); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(wrong, body) || x.validate(t, file) == nil {
			t.Errorf("a body with %s is as described", after)
		}
	}
}
