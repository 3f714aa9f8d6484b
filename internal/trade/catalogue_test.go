package trade_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/trade"
)

func TestCatalogueEntries(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[A-Za-z]+$`)
	seen := make(map[string]bool)
	for _, e := range trade.Catalogue() {
		if !name.MatchString(e.Name) || seen[e.Name] {
			t.Errorf("name %q is not made of letters, or not unique", e.Name)
		}
		seen[e.Name] = true
		if e.Label.EN == "" || e.Label.DE == "" || e.Group == "" || e.Entity == "" || len(e.Fields) == 0 {
			t.Errorf("%s is not complete: %+v", e.Name, e)
		}
		for _, label := range []string{e.Label.EN, e.Label.DE} {
			if key := string(e.Family) + " " + label; seen[key] {
				t.Errorf("label %q occurs twice among the %s events", label, e.Family)
			} else {
				seen[key] = true
			}
		}
	}
}

func TestCatalogueSamples(t *testing.T) {
	t.Parallel()
	for _, e := range trade.Catalogue() {
		var data map[string]json.RawMessage
		if err := json.Unmarshal(e.Sample, &data); err != nil {
			t.Errorf("the sample of %s is not a JSON object: %v: %s", e.Name, err, e.Sample)
			continue
		}
		for _, f := range e.Fields {
			if v, ok := data[f]; !ok || bytes.Equal(v, []byte("null")) {
				t.Errorf("the sample of %s has no %s: %s", e.Name, f, e.Sample)
			}
		}
		if len(data) != len(e.Fields) {
			t.Errorf("the sample of %s has %d members, want %d: %s", e.Name, len(data), len(e.Fields), e.Sample)
		}
	}
	dispatch, _ := trade.TypeOf("DELIVERY")
	const file = `/2.1/business/documents/123456789-1234-5678-9123-12SAMPLE4567/DISPATCHNOTIFICATION.xml"`
	if !strings.Contains(string(dispatch.Sample), file) {
		t.Errorf("the sample of DELIVERY is %s, want a dispatch notification in it", dispatch.Sample)
	}
	if at := dispatch.SampleAt("https://events.example/base"); !strings.Contains(string(at), `"https://events.example/base`+file) {
		t.Errorf("the sample of DELIVERY elsewhere is %s, want the server's own URL in it", at)
	}
}

func TestCatalogueOrder(t *testing.T) {
	t.Parallel()
	families := make(map[trade.Family]int)
	var groups []string
	for _, e := range trade.Catalogue() {
		families[e.Family]++
		if g := string(e.Family) + "/" + e.Group; len(groups) == 0 || groups[len(groups)-1] != g {
			groups = append(groups, g)
		}
	}
	for family, want := range map[trade.Family]int{
		trade.DocumentEvents: 4, trade.OrderEvents: 45, trade.ShipmentEvents: 8, trade.TriggerEvents: 68,
	} {
		if families[family] != want {
			t.Errorf("there are %d %s events, want %d", families[family], family, want)
		}
	}
	want := strings.Fields(`document/document
		order/issue order/confirm order/proposal order/update order/reopen order/reconfirm order/cancel
		order/logistics order/reschedule order/contacts order/maintenance order/documents
		shipment/shipment
		trigger/product trigger/product_package trigger/product_selection trigger/product_group trigger/order
		trigger/invoice trigger/shop trigger/purchase_order trigger/shipment trigger/order_return
		trigger/product_property trigger/product_brand trigger/call trigger/ticket`)
	if !slices.Equal(groups, want) {
		t.Errorf("groups = %q, want %q", groups, want)
	}
}

// TestCatalogueFields states the contract with receivers once more, as it was
// published: which types carry which fields.
func TestCatalogueFields(t *testing.T) {
	t.Parallel()
	covered := 0
	for fields, types := range map[string]string{
		"transactionStatus orderId itscopeOrderId documentId documentUrl transactionId": `
			ORDER, ORDERRESPONSE, DELIVERY, INVOICE`,
		"ProductId ProductCode ShopGroupId": `
			Product Created, Product Changed, Product Deleted, Product Available Stock Changed, Product Locked,
			Product Unlocked, Product Dimensions Changed`,
		"ProductPackageId ProductId ShopGroupId": `
			Product Package Created, Product Package Changed, Product Package Deleted`,
		"ProductId ProductCode ProductSelectionProductId ShopId": `
			Product Selection Product Changed, Product Selection Product Deleted`,
		"ProductGroupId ProductGroupName":                      `Product Group Changed, Product Group Deleted`,
		"OrderId OrderCode CustomerRating":                     `Order Customer Rating Changed`,
		"OrderCommentId OrderId OrderCode TicketId TicketCode": `Order Comment Changed`,
		"InvoiceId InvoiceCode OrderId OrderCode": `
			Invoice Payments Done, Order Invoices All Paid, Invoice Payments Not Done, Invoice Payments Partial Done,
			Non Draft Invoice Saved, Non Draft Credit Invoice Saved, Order Invoices Created, Invoice Changed`,
		"ShopId": `New Shop Saved, Init New Shop`,
		"PurchaseOrderId PurchaseOrderCode SupplierId WarehouseId OrderId OrderCode ShopId": `
			Purchase Order Created, Purchase Order Delivery Provisioned, Purchase Order Delivery Received,
			Purchase Order Handed Over, Purchase Order Provisioned, Purchase Order Received,
			Purchase Order Main Status Changed, Purchase Order Submit Status Changed,
			Purchase Order Payment Status Changed, Purchase Order Provision Status Changed,
			Purchase Order Custom Status Changed, Purchase Order Changed`,
		"ParcelId TrackingCode OrderShipmentId OrderShipmentCode OrderId OrderCode": `
			Shipment Created, Shipment Delivered, Parcel Status Change, Parcel Pickup Done, New Parcel Added,
			Shipment Picked, Shipment Packed, Shipment Shipped, Order Shipment Status Changed, Order Fully Shipped,
			Shipment Handover, Shipment Changed, Parcel Changed`,
		"OrderReturnId OrderReturnCode OrderId OrderCode": `
			Main Order Return Status Changed, Order Return Changed, Order Return Created`,
		"Id Code": `Product Property Def Changed, Product Property Def Deleted`,
		"Id Name": `Product Brand Changed, Product Brand Deleted`,
		"Id":      `Voip Call Changed`,
		"TicketId TicketCode OrderId OrderCode ShopId": `
			Ticket Main Status Changed, Ticket Created, Ticket Changed`,
		"TicketId TicketCode OrderId OrderCode HandlingEmployeeGroupId HandlingEmployeeId OldHandlingEmployeeGroupId OldHandlingEmployeeId": `
			Ticket Handling Employee Group Changed, Ticket Handling Employee Changed`,
		"TicketId TicketCode OrderId OrderCode ShopId TicketMessageDirection": `
			Ticket Incoming Message, Ticket Outcoming Message`,
		"OrderId OrderCode": `Order Created, Order Changed, Order Issued By Buyer, Shipment Issued By Supplier`,
	} {
		for label := range strings.SplitSeq(types, ",") {
			name := strings.Join(strings.Fields(label), "")
			e, ok := trade.TypeOf(name)
			if got := strings.Join(e.Fields, " "); !ok || got != fields {
				t.Errorf("fields of %s = %q, want %q", name, got, fields)
			}
			covered++
		}
	}
	for _, e := range trade.Catalogue() {
		if e.Family == trade.OrderEvents || e.Family == trade.ShipmentEvents {
			if got, want := strings.Join(e.Fields, " "), "OrderId OrderCode"; got != want {
				t.Errorf("fields of %s = %q, want %q", e.Name, got, want)
			}
		}
	}
	if want := 4 + 68 + 2; covered != want {
		t.Errorf("the table names %d types, want %d", covered, want)
	}
}

func TestCatalogueEntity(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]trade.EntityKind{
		"INVOICE": trade.KindDocument, "OrderResentByBuyer": trade.KindOrder, "ShipmentResentByBuyer": trade.KindShipment,
		"ParcelStatusChange": trade.KindParcel, "OrderFullyShipped": trade.KindOrder, "OrderInvoicesAllPaid": trade.KindOrder,
		"InvoicePaymentsDone": trade.KindInvoice, "VoipCallChanged": trade.KindCall, "NewShopSaved": trade.KindShop,
	} {
		if e, _ := trade.TypeOf(name); e.Entity != want {
			t.Errorf("%s is about a %q, want %q", name, e.Entity, want)
		}
	}
}

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for _, want := range trade.Catalogue() {
		if got, ok := trade.TypeOf(want.Name); !ok || got.Name != want.Name {
			t.Errorf("TypeOf(%q) = %q, %t, want itself", want.Name, got.Name, ok)
		}
		if got := trade.Nearest(want.Name); got != want.Name {
			t.Errorf("Nearest(%q) = %q, want itself", want.Name, got)
		}
	}
	for _, name := range []string{"", "order", "orderchanged", "OrderChanged ", "Nothing"} {
		if got, ok := trade.TypeOf(name); ok || got.Name != "" {
			t.Errorf("TypeOf(%q) = %q, %t, want none", name, got.Name, ok)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"OrderChanged":                   "OrderChanged",
		"orderchanged":                   "OrderChanged",
		"order.changed":                  "OrderChanged",
		"Order_Changed":                  "OrderChanged",
		"OrderChange":                    "OrderChanged",
		"OrdreChanged":                   "OrderChanged",
		"Product Available Stock Chnged": "ProductAvailableStockChanged",
		"OrderIssuedByBuyers":            "OrderIssuedByBuyer",
		"TicketOutgoingMessage":          "TicketOutcomingMessage",
		"ORDERS":                         "ORDER",
		"order":                          "ORDER",
		"parcelStatusChanged":            "ParcelStatusChange",
		"":                               "",
		"42":                             "",
		"Banana":                         "",
		"user.signed_up":                 "",
		"OrderIssuedBySupplier":          "",
		strings.Repeat("Order", 1e6):     "",
		strings.Repeat("a", 128):         "",
	} {
		if got := trade.Nearest(name); got != want {
			t.Errorf("Nearest(%.40q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzNearest(f *testing.F) {
	f.Add("OrderChange")
	f.Add("änderung\x00\xff")
	f.Fuzz(func(t *testing.T, name string) {
		got := trade.Nearest(name)
		if _, ok := trade.TypeOf(got); got != "" && !ok {
			t.Errorf("Nearest(%q) = %q, which is not in the catalogue", name, got)
		}
		if _, ok := trade.TypeOf(name); ok && got != name {
			t.Errorf("Nearest(%q) = %q, want itself", name, got)
		}
	})
}

func BenchmarkNearest(b *testing.B) {
	for b.Loop() {
		trade.Nearest("OrderLinesReopenRequestWithdrawnByBuyer")
	}
}

func TestNearestOfOtherNames(t *testing.T) {
	t.Parallel()
	names := []string{"business-api", "standard-integration", strings.Repeat("x", 200)}
	for name, want := range map[string]string{
		"standart-integration": "standard-integration", "Business API": "business-api", "zzz": "", "": "", "-": "",
		strings.Repeat("x", 200): "",
	} {
		if got := trade.NearestOf(name, names); got != want {
			t.Errorf("NearestOf(%.30q) = %q, want %q", name, got, want)
		}
	}
}
