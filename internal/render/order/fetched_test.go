package order_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

func decoded(tb testing.TB, raw []byte, err error) map[string]any {
	tb.Helper()
	var v map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		tb.Fatalf("%v: %s", err, raw)
	}
	return v
}

// state returns a sample as it is stored.
func state(tb testing.TB, name string, v any) []byte {
	tb.Helper()
	read(tb, name, v)
	return openjson.Append(nil, v)
}

// ids lists a member of the elements of a path of members.
func ids(v map[string]any, member string, path ...string) string {
	var at any = v
	for _, name := range path {
		at = at.(map[string]any)[name]
	}
	var all []string
	for _, e := range at.([]any) {
		all = append(all, fmt.Sprint(e.(map[string]any)[member]))
	}
	return strings.Join(all, " ")
}

func TestAFetchedOrderIsTheStateWithAnID(t *testing.T) {
	t.Parallel()
	raw := state(t, "order.json", new(trade.Order))
	whole, err := order.Fetched(raw, time.Time{})
	got, want := decoded(t, whole, err), decoded(t, raw, nil)
	want["id"] = want["orderId"]
	delete(want, "orderId")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order is not the state (-want +got):\n%s", diff)
	}
	for _, tt := range []struct{ after, lines, single string }{
		{"2026-11-02T08:59:59Z", "line-1 line-2", "line-1 line-1 line-2"},
		{"2026-11-02T09:00:00Z", "line-1", "line-1 line-1"},
		{"2026-11-03T14:05:00.249Z", "line-1", "line-1 line-1"},
		{"2026-11-03T14:05:00.25Z", "", ""},
	} {
		after, err := time.Parse(time.RFC3339, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := order.Fetched(raw, after)
		some := decoded(t, raw, err)
		if lines := ids(some, "id", "lines"); lines != tt.lines {
			t.Errorf("after %s the lines are %q, want %q", tt.after, lines, tt.lines)
		}
		delete(some, "lines")
		if diff := cmp.Diff(without(got, "lines"), some); diff != "" {
			t.Errorf("after %s the header is another (-want +got):\n%s", tt.after, diff)
		}
		raw, err = order.FetchedSingle(state(t, "order.json", new(trade.Order)), after)
		if one := decoded(t, raw, err); ids(one, "id", "lines") != tt.single || one["id"] != want["id"] || one["orderId"] != nil {
			t.Errorf("after %s the single lines of %v are %q, want %q", tt.after, one["id"], ids(one, "id", "lines"), tt.single)
		}
	}
}

func without(v map[string]any, name string) map[string]any {
	rest := make(map[string]any)
	for n, e := range v {
		if n != name {
			rest[n] = e
		}
	}
	return rest
}

func TestAFetchedShipmentHasWhatChangedLater(t *testing.T) {
	t.Parallel()
	raw := state(t, "shipment.json", new(trade.Shipment))
	for _, tt := range []struct{ after, lines, documents string }{
		{"", "00010 00020", "PL-1"},
		{"2026-11-02T08:59:59Z", "00010 00020", "PL-1"},
		{"2026-11-02T09:00:00Z", "00010", "PL-1"},
		{"2026-11-03T14:05:00Z", "", ""},
	} {
		var after time.Time
		if tt.after != "" {
			after, _ = time.Parse(time.RFC3339, tt.after)
		}
		some, err := order.FetchedShipment(raw, after)
		got := decoded(t, some, err)
		if lines := ids(got, "purchaseOrderLinePosition", "lines"); lines != tt.lines {
			t.Errorf("after %q the lines are %q, want %q", tt.after, lines, tt.lines)
		}
		if documents := ids(got, "code", "supplierShipment", "documents"); documents != tt.documents {
			t.Errorf("after %q the documents are %q, want %q", tt.after, documents, tt.documents)
		}
		if got["id"] != "3f0c-SHP-2026-0071" || got["transportMode"] != "10" {
			t.Errorf("after %q the header is %v", tt.after, got)
		}
	}
}

// Whatever an order has besides, fetching it loses nothing, and its ID is its own.
func TestFetchingKeepsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := trade.Order{ID: rapid.String().Draw(t, "id"), More: trade.Unknown{}, Lines: []trade.Line{{ID: "1"}}}
		want := 0
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "x", "ü", `"`, "", "ID", "data"}), 0, 4, rapid.ID).Draw(t, "names") {
			o.More[name] = json.RawMessage(`{"orderId":[1,"}"]}`)
			if name != "id" {
				want++
			}
		}
		raw, err := order.Fetched(openjson.Append(nil, &o), time.Unix(1, 0))
		var got map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &got)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		if got["id"] != strings.ToValidUTF8(o.ID, "\ufffd") || len(got["lines"].([]any)) != 1 {
			t.Errorf("the order is %s, want the ID %q and its line", raw, o.ID)
		}
		there := 0
		for name := range o.More {
			if _, ok := got[name].(map[string]any); ok {
				there++
			}
		}
		if there != want {
			t.Errorf("%d of the unknown members are there, want %d: %s", there, want, raw)
		}
	})
}
