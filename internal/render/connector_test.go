package render_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	meta = `"meta":{"messageId":"01928c5f-0000-7000-8000-00000000000e",` +
		`"source":{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","companyId":"acme"},"createdDateTime":"2026-07-01T12:00:00Z"}`
	header = `"indicators":{"deliveryOverdue":false},"status":{},"version":2`
	line   = `"indicators":{"deliveryOverdue":false},"status":{}`
)

// told returns a job about an order or a shipment of which a state is stored.
func told(eventType string, kind trade.EntityKind, state string, scope trade.Scope) hook.Job {
	j := job(eventType, `{}`)
	j.Event.Company, j.Event.Entity, j.Event.Scope = "acme", trade.Entity{Kind: kind, ID: "A/1"}, scope
	j.Event.Trace.Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	if state != "" {
		j.State = &trade.State{JSON: json.RawMessage(state)}
	}
	return j
}

func TestWhatConnectorsAreSent(t *testing.T) {
	t.Parallel()
	const order = `{"orderId":"A/1","version":2,"lines":[{"id":"1"},{"id":"2"}],"theirs":true}`
	url := "https://receiver.example/in"
	for _, tt := range []struct {
		name              string
		kind              hook.Kind
		connector         hook.Connector
		url               string
		job               hook.Job
		wantURL, wantType string
		want              string
	}{
		{
			"the affected lines of an order", hook.Orders,
			hook.Connector{Method: "POST", Format: hook.JSON},
			url,
			told("OrderLinesConfirmedByBuyer", trade.KindOrder, order, trade.Scope{Version: 2, Lines: []string{"2"}}), url, "application/json",
			`{"eventName":"OrderLinesConfirmedByBuyer","orderEvent":{"orderId":"A/1",` + header + `,"lines":[{"id":"2",` + line + `}],` + meta + `,"theirs":true},` + meta + `}`,
		},
		{
			"the header of an order alone", hook.Orders,
			hook.Connector{Method: "POST", Format: hook.JSON},
			url,
			told("OrderLinesUpdatedByBuyer", trade.KindOrder, order, trade.Scope{Version: 2}), url, "application/json",
			`{"eventName":"OrderLinesUpdatedByBuyer","orderEvent":{"orderId":"A/1",` + header + `,"lines":[],` + meta + `,"theirs":true},` + meta + `}`,
		},
		{
			"all lines if the event says nothing of them, as plain XML", hook.Orders,
			hook.Connector{Method: "POST", Format: hook.TXML},
			url,
			told("OrderResentByBuyer", trade.KindOrder, `{"orderId":"A/1","lines":[{"id":"1"},{"id":"2"}]}`, trade.Scope{}), url, "application/xml",
			"<line><id>1</id>",
		},
		{
			"one delivery per line", hook.Orders,
			hook.Connector{Method: "POST", Format: hook.JSON, Single: true},
			url,
			told("OrderResentByBuyer", trade.KindOrder, order, trade.Scope{}), url, "application/json", `"singleDeliveryOrderEvent":{`,
		},
		{
			"that by its older name", hook.Orders,
			hook.Connector{Method: "POST", Format: hook.JSON, Single: true, Simple: true},
			url,
			told("OrderResentByBuyer", trade.KindOrder, order, trade.Scope{}), url, "application/json", `"simpleOrderEvent":{`,
		},
		{
			"documents of an order", hook.OrderDocuments,
			hook.Connector{Method: "POST", Format: hook.JSON},
			url,
			told("OrderDocumentsAttachedByBuyer", trade.KindOrder, order, trade.Scope{Version: 2, Lines: []string{"1"}}), url, "application/json",
			`"orderDocumentsEvent":{"orderId":"A/1"`,
		},
		{
			"a whole shipment", hook.Shipments,
			hook.Connector{Method: "POST", Format: hook.JSON},
			url,
			told("ShipmentIssuedBySupplier", trade.KindShipment, `{"id":"A/1","lines":[{"purchaseOrderNumber":"7"}]}`, trade.Scope{Version: 1}), url, "application/json",
			`{"eventName":"ShipmentIssuedBySupplier","shipment":{"id":"A/1","lines":[{"purchaseOrderNumber":"7","meta":{}}],"meta":{}},` + meta + `}`,
		},
		{
			"nothing but the ID of an order", hook.Orders,
			hook.Connector{Method: "GET"},
			"https://receiver.example/in/{orderId}?again={orderId}",
			told("OrderIssuedByBuyer", trade.KindOrder, "", trade.Scope{}), "https://receiver.example/in/A%2F1?again=A%2F1", "", "",
		},
		{
			"nothing but the ID of a shipment", hook.Shipments,
			hook.Connector{Method: "GET"},
			"https://receiver.example/in?id={shipmentId}",
			told("ShipmentIssuedBySupplier", trade.KindShipment, "", trade.Scope{}), "https://receiver.example/in?id=A%2F1", "", "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &hook.Hook{Kind: tt.kind, Connector: tt.connector, URL: tt.url}
			got, err := render.Delivery(tt.job, h, trade.Company{}, noon())
			if err != nil {
				t.Fatal(err)
			}
			if got.Method != tt.connector.Method || got.URL != tt.wantURL || got.Header.Get("Content-Type") != tt.wantType {
				t.Errorf("request = %s %s of type %q, want %s %s of %q", got.Method, got.URL, got.Header.Get("Content-Type"), tt.connector.Method, tt.wantURL, tt.wantType)
			}
			if _, there := got.Header["Content-Type"]; there != (tt.wantType != "") {
				t.Errorf("header = %v, want a type if and only if there is a body", got.Header)
			}
			whole := strings.HasPrefix(tt.want, `{"eventName"`) || tt.want == ""
			if body := string(got.Body); whole && body != tt.want || !strings.Contains(body, tt.want) {
				t.Errorf("body = %s\nwant %s", body, tt.want)
			}
			if h.NeedsState() != (tt.connector.Method == http.MethodPost) {
				t.Error("a state is needed for what has a body, and for nothing else")
			}
		})
	}
}

func TestConnectorsAreNotSentWhatIsUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		job        hook.Job
	}{
		{
			"an order without a state", `the order "A/1" isn't known here; put its state first`,
			told("OrderIssuedByBuyer", trade.KindOrder, "", trade.Scope{}),
		},
		{
			"a line that the version hasn't", `line "3" of the event is not in this version of the order`,
			told("OrderLinesUpdatedByBuyer", trade.KindOrder, `{"orderId":"A/1","lines":[{"id":"1"}]}`, trade.Scope{Version: 1, Lines: []string{"3"}}),
		},
		{
			"a state that can't be read", `version of what is stored is not a whole number`,
			told("OrderIssuedByBuyer", trade.KindOrder, `{"orderId":"A/1","version":"x","lines":[]}`, trade.Scope{Version: 1}),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &hook.Hook{Kind: hook.Orders, Connector: hook.Connector{Method: "POST", Format: hook.JSON}, URL: "https://receiver.example/"}
			_, err := render.Delivery(tt.job, h, trade.Company{}, noon())
			if err == nil || !strings.Contains(err.Error(), tt.want) || hook.FaultOf(err) != hook.Invalid {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
	h := &hook.Hook{Kind: hook.Orders, Connector: hook.Connector{Method: "GET"}, URL: "https://receiver.example/{orderId}"}
	j := told("OrderIssuedByBuyer", trade.KindOrder, "", trade.Scope{})
	j.Event.Entity.ID = ".."
	if got, err := render.Delivery(j, h, trade.Company{}, noon()); err == nil {
		t.Errorf("an ID that names another path was sent to %s", got.URL)
	}
}
