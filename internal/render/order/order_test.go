package order_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

var update = flag.Bool("update", false, "write the bodies as they are into testdata")

func read(tb testing.TB, name string, v any) {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	if problems := openjson.Decode(raw, v); problems != nil {
		tb.Fatalf("%s: %v", name, problems)
	}
}

func event(tb testing.TB, name string, lines ...string) order.Event {
	tb.Helper()
	e := order.Event{Name: name, Lines: lines, Meta: meta()}
	read(tb, "order.json", &e.Order)
	return e
}

func meta() trade.Meta {
	return trade.Meta{
		MessageID: "01928c5f-3b62-7bb7-af53-b59aec592b49", Source: trade.Source{TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", CompanyID: "5d20e7aa-supplier"},
		CreatedDateTime: time.Date(2026, 11, 3, 14, 5, 0, 250e6, time.UTC),
	}
}

// golden compares a body with the file of the name; JSON is indented there.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	got := append(slices.Clip(body), '\n')
	if strings.HasSuffix(name, ".json") {
		var b bytes.Buffer
		if err := json.Indent(&b, body, "", "  "); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		got = append(b.Bytes(), '\n')
	} else {
		got = bytes.ReplaceAll(got, []byte("><"), []byte(">\n<"))
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is another body (-want +got):\n%s", name, diff)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, event string
		lines       []string
		form        order.Form
	}{
		{"order-event.json", "OrderChangesProposedBySupplier", []string{"line-1"}, order.Form{}},
		{"order-event.xml", "OrderChangesProposedBySupplier", []string{"line-1"}, order.Form{XML: true}},
		{"header-event.json", "OrderContactReassignedByBuyer", nil, order.Form{}},
		{"single-event.json", "OrderChangesProposedBySupplier", []string{"line-1", "line-2"}, order.Form{Single: true}},
		{"single-event.xml", "OrderChangesProposedBySupplier", []string{"line-2"}, order.Form{Single: true, XML: true}},
		{"simple-event.json", "OrderIssuedByBuyer", []string{"line-2"}, order.Form{Single: true, Simple: true}},
		{"documents-event.json", "OrderDocumentsAttachedByBuyer", []string{"line-1"}, order.Form{Single: true}},
		{"documents-event.xml", "OrderDocumentsAttachedByBuyer", []string{"line-1"}, order.Form{XML: true}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			body, err := order.Body(event(t, tt.event, tt.lines...), tt.form)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, body)
		})
	}
}

func TestShipmentBody(t *testing.T) {
	t.Parallel()
	var s trade.Shipment
	read(t, "shipment.json", &s)
	golden(t, "shipment-event.json", order.Shipment("ShipmentReissuedBySupplier", s, meta()))
}

func TestALineThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := order.Body(event(t, "OrderLinesUpdatedByBuyer", "line-2", "line-3"), order.Form{})
	const want = `line "line-3" of the event is not in this version of the order`
	if err == nil || err.Error() != want {
		t.Errorf("Body = %v, want %s", err, want)
	}
}

// The states, as they are read and written, lose nothing of the samples.
func TestSamplesAreReadWhole(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"order.json": new(trade.Order), "shipment.json": new(trade.Shipment)} {
		read(t, name, v)
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(openjson.Append(nil, v), &got); err != nil {
			t.Fatal(err)
		}
		ignore := cmp.FilterPath(func(p cmp.Path) bool { // left out when empty, or there when not said
			last := p.Last().String()
			return strings.Contains(last, `"processStatusReason"`) || strings.Contains(last, `"indicators"`)
		}, cmp.Ignore())
		if diff := cmp.Diff(want, got, ignore); diff != "" {
			t.Errorf("%s is written again as something else (-want +got):\n%s", name, diff)
		}
	}
}

// Unmarshalled by the standard library, as receivers in Go do, a body is the same.
func TestStandardLibraryReadsBodies(t *testing.T) {
	t.Parallel()
	e := event(t, "OrderChangesProposedBySupplier", "line-1")
	raw, err := order.Body(e, order.Form{})
	if err != nil {
		t.Fatal(err)
	}
	var body order.OrderBody
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	if got, want := body.OrderEvent.Lines[0].DeliverySchedule[1], e.Order.Lines[0].DeliverySchedule[1]; !cmp.Equal(got, want) {
		t.Errorf("the second delivery is %+v, want %+v", got, want)
	}
}
