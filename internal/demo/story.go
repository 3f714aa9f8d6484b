package demo

import (
	"crypto/rand"

	"github.com/waybillhq/waybill/internal/trade"
)

// The company of the story, which is made up.
const (
	companyID   = "nordwind"
	companyName = "Nordwind Handel"
	timeZone    = "Europe/Berlin"
)

// A channel is a hook of the story and the path of its receiver.
type channel struct {
	title          string
	path           string
	priority       string
	user, password string // for basic authentication, empty for none
}

// Positions in channels.
const (
	documents = iota
	orders
	products
)

// channels returns the hooks of the story. The password is made for this run.
func channels() []channel {
	return []channel{
		documents: {
			title: "Documents to accounting", path: "/documents", priority: "high",
			user: companyID, password: rand.Text(),
		},
		orders:   {title: "Orders, shipments and invoices to the ERP", path: "/orders", priority: "normal"},
		products: {title: "Products to the shop", path: "/products", priority: "low"},
	}
}

// A scene is an event of the story and what the receiver must get of it.
type scene struct {
	says      string // what happens, for people
	channel   int
	eventType string
	entity    string // its ID
	shop      string
	data      string // as the producer posts it
	// want is the end of a document's notice from transactionStatus on, and the
	// entityData of anything else, as they must arrive.
	want string
}

// document tells whether the scene is told as a document's notice.
func (s scene) document() bool {
	t, ok := trade.TypeOf(s.eventType)
	return ok && t.Family == trade.DocumentEvents
}

const (
	orderIDs     = `{"OrderId":80417,"OrderCode":"NW-2026-004711"}`
	documentsURL = "https://waybill.example/2.1/business/documents/7c9e6679-7425-40de-944b-e07fc1f90ae7/"
	transaction  = `"transactionId":"7c9e6679-7425-40de-944b-e07fc1f90ae7"`
	documentRefs = `"orderId":"NW-2026-004711","itscopeOrderId":"WB-2026-000815",`
)

// notice returns a scene about a document, which the receiver is to fetch.
func notice(says, eventType, status, id, file string) scene {
	refs := `"transactionStatus":"` + status + `",` + documentRefs +
		`"documentId":"` + id + `","documentUrl":"` + documentsURL + file + `",` + transaction + `}`
	return scene{
		says: says, channel: documents, eventType: eventType, entity: id,
		data: `{` + refs, want: refs,
	}
}

// scenes returns the life of an order. Each event type occurs once.
func scenes() []scene {
	return []scene{
		notice("Nordwind Handel orders twenty cordless drills; the order document reaches the supplier.",
			"ORDER", "ARRIVED", "990142", "ORDER.xml"),
		{
			says:    "The order itself is issued by the buyer.",
			channel: orders, eventType: "OrderIssuedByBuyer", entity: "80417",
			data: `{"OrderId":80417,"OrderCode":"NW-2026-004711","Lines":[{"Position":"10","ProductCode":"DRILL-18V-2AH",` +
				`"Quantity":20,"NetPrice":"89.90","Currency":"EUR"}]}`,
			want: orderIDs,
		},
		notice("The supplier answers with an order response.",
			"ORDERRESPONSE", "PROCESSING", "990157", "ORDERRESPONSE.xml"),
		{
			says:    "The supplier accepts the order's lines.",
			channel: orders, eventType: "OrderLinesAcceptedBySupplier", entity: "80417",
			data: `{"OrderId":80417,"OrderCode":"NW-2026-004711","Lines":[{"Position":"10","Quantity":20,"DeliveryDate":"2026-12-04"}]}`,
			want: orderIDs,
		},
		notice("The goods leave the warehouse; a dispatch notification announces them.",
			"DELIVERY", "ADVISED", "990203", "DISPATCHNOTIFICATION.xml"),
		{
			says:    "The supplier issues the shipment.",
			channel: orders, eventType: "ShipmentIssuedBySupplier", entity: "72981",
			data: `{"OrderId":80417,"OrderCode":"NW-2026-004711","ShipmentCode":"NW-2026-004711-1"}`,
			want: orderIDs,
		},
		{
			says:    "The parcel is on its way.",
			channel: orders, eventType: "ShipmentShipped", entity: "72981", shop: "12",
			data: `{"OrderId":80417,"OrderCode":"NW-2026-004711","OrderShipmentId":72981,"OrderShipmentCode":"NW-2026-004711-1",` +
				`"ParcelId":93340,"TrackingCode":"00340434161094042557","Carrier":"DHL"}`,
			want: `{"ParcelId":93340,"TrackingCode":"00340434161094042557","OrderShipmentId":72981,` +
				`"OrderShipmentCode":"NW-2026-004711-1","OrderId":80417,"OrderCode":"NW-2026-004711"}`,
		},
		notice("The supplier sends the invoice.",
			"INVOICE", "INVOICED", "990268", "INVOICE.xml"),
		{
			says:    "The invoice is booked.",
			channel: orders, eventType: "NonDraftInvoiceSaved", entity: "61055", shop: "12",
			data: `{"InvoiceId":61055,"InvoiceCode":"RE-2026-003218","OrderId":80417,"OrderCode":"NW-2026-004711","Gross":"2139.62"}`,
			want: `{"InvoiceId":61055,"InvoiceCode":"RE-2026-003218","OrderId":80417,"OrderCode":"NW-2026-004711"}`,
		},
		{
			says:    "The drill gets a new description.",
			channel: products, eventType: "ProductChanged", entity: "20514", shop: "12",
			data: `{"ProductId":20514,"ProductCode":"DRILL-18V-2AH","ShopGroupId":2,"Description":"Akku-Bohrschrauber 18 V, 2 Ah, für Profis"}`,
			want: `{"ProductId":20514,"ProductCode":"DRILL-18V-2AH","ShopGroupId":2}`,
		},
		{
			says:    "Twenty drills arrive: the available stock grows.",
			channel: products, eventType: "ProductAvailableStockChanged", entity: "20514", shop: "12",
			data: `{"ProductId":20514,"ProductCode":"DRILL-18V-2AH","AvailableStock":134}`,
			want: `{"ProductId":20514,"ProductCode":"DRILL-18V-2AH","ShopGroupId":null}`,
		},
	}
}
