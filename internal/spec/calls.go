package spec

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

const aboutCalls = `What receivers call: to fetch an order or a shipment whole, to poll for what has changed, and to download documents.

Requests are authenticated with a key of the company, of any role: as a bearer token, or by HTTP basic authentication with the company's ID as user name and the key as password. Numbers are exact decimals; read them as such, not as binary floating point. Members are added over time, never removed or renamed: ignore those that you don't know.`

// calls describes what package partner serves.
func calls() Spec {
	b := newBook()
	b.add(reflect.TypeFor[trade.Order]())
	b.add(reflect.TypeFor[order.SingleOrder]())
	b.add(reflect.TypeFor[trade.Shipment]())
	// Who fetches an order knows its ID by another name, and gets all its lines.
	for _, name := range []string{"Order", "SingleOrder"} {
		b.set(name, "orderId", func(m *Member) { m.Name = "id" })
	}
	b.set("Order", "lines", func(m *Member) {
		m.Words = "All lines, or those that changed after the time that was asked for. Their order says nothing."
	})
	types := append(b.types, callTypes()...)
	d := document("What receivers call", aboutCalls, types)
	d.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A key of the company."},
		"basic":  {Type: "http", Scheme: "basic", Description: "The company's ID as user name, a key of the company as password."},
	}
	d.Security = []map[string][]string{{"bearer": {}}, {"basic": {}}}
	operations := append(fetchCalls(), append(pollCalls(), downloadCalls()...)...)
	for _, op := range operations {
		d.AddOperation(op)
	}
	return Spec{
		Name: "receiver-calls", Title: "What receivers call", Types: types, Document: d, Article: "fetching", Operations: operations,
		Purpose: "What you can ask for: orders and shipments whole, those that have changed, and the content of documents.",
		shown:   []string{"wholeOrder", "wholeShipment", "poll", "metadata"},
	}
}

// callTypes describes what is asked and answered besides orders and shipments.
func callTypes() []Type {
	page := func(name, of string) Type {
		return Type{Name: name, Words: "A part of what was found.", Members: []Member{
			{Name: "data", Always: true, Many: true, Kind: Object, Type: of, Words: "Whole, from the one that changed first to the one that changed last."},
			{Name: "total", Always: true, Kind: Whole, Words: "How many there are in all."},
			{Name: "lastUpdatedAt", Kind: Time, Words: "What to ask for as lastUpdatedAfter the next time. When nothing was found, it is what was asked for, or left out if that was nothing."},
		}}
	}
	filters := func(kind, status string) []Type {
		return []Type{
			{Name: kind + "Poll", Words: "What is asked for.", Members: []Member{
				{Name: "filters", Kind: Object, Type: kind + "Filters", Words: "Which of them."},
				{Name: "offset", Kind: Whole, Words: "How many to leave out, to look around; 0 if it is left out. To go on, ask for what changed after lastUpdatedAt of the answer: what changes meanwhile moves, and counting steps over some."},
				{Name: "limit", Kind: Whole, Words: "How many to answer with at most, from 1 to 100, and those besides that changed in the same millisecond as the last; 100 if it is left out."},
			}},
			{Name: kind + "Filters", Words: "Which are asked for.", Members: []Member{
				{Name: "lastUpdatedAfter", Kind: Time, Words: "Those that changed later."},
				{Name: "status", Kind: Object, Type: kind + "StatusFilter", Words: "Those in a status."},
			}},
			{Name: kind + "StatusFilter", Words: "Statuses that are asked for.", Members: []Member{
				{Name: "processStatus", Kind: Choice, Type: status, Many: true, Words: "Any of these."},
			}},
		}
	}
	types := append(filters("Order", "ProcessStatus"), filters("Shipment", "ShipmentStatus")...)
	return append(types, page("OrderPage", "Order"), page("SingleOrderPage", "SingleOrder"), page("ShipmentPage", "Shipment"),
		Type{Name: "FileMetadata", Words: "What is to be known of a file.", Members: []Member{
			{Name: "id", Always: true, Words: "Its ID, the objectId of documents."},
			{Name: "filename", Always: true, Words: "Its name."},
			{Name: "contentType", Always: true, Words: "Its media type."},
			{Name: "downloadUrl", Always: true, Format: "uri", Words: "Where to download it within a minute, without credentials. Use it as it is; nobody else should see it."},
		}},
		Type{Name: "Problem", Words: "What is wrong with a request (RFC 9457).", Open: true, Members: []Member{
			{Name: "type", Always: true, Words: "What sort of problem it is; about:blank if the status says it all."},
			{Name: "title", Always: true, Words: "The status in words."},
			{Name: "status", Always: true, Kind: Whole, Words: "The status."},
			{Name: "detail", Always: true, Words: "What is wrong, and what to do about it."},
			{Name: "errors", Kind: Object, Type: "FieldProblem", Many: true, Words: "Each field that is wrong."},
		}},
		Type{Name: "FieldProblem", Words: "What is wrong with a field.", Members: []Member{
			{Name: "field", Always: true, Words: "Where it is, such as filters.lastUpdatedAfter."},
			{Name: "reason", Always: true, Words: "What is wrong with it, and what to do about it."},
		}})
}

// call describes a request that is answered with what content says.
func call(method, path, id, summary, description string, content map[string]*huma.MediaType) *huma.Operation {
	op := &huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Description: description}
	problem := map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: schemas + "Problem"}}}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "What was asked for.", Content: content},
		"401": {Description: "There is no key, or it isn't valid.", Content: problem},
		"503": {Description: "The server has too much to do; try again.", Content: problem},
	}
	if strings.Contains(path, "{") {
		op.Responses["404"] = &huma.Response{Description: "The company has nothing of this ID.", Content: problem}
	}
	for name := range strings.SplitSeq(path, "{") {
		if name, _, ok := strings.Cut(name, "}"); ok {
			op.Parameters = append(op.Parameters, &huma.Param{
				Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: pathWords()[name],
			})
		}
	}
	return op
}

// pathWords says what is put into paths.
func pathWords() map[string]string {
	return map[string]string{
		"orderId":       "The platform's ID of the order, percent-encoded.",
		"shipmentId":    "The platform's ID of the shipment, percent-encoded.",
		"objectId":      "The objectId of a document.",
		"transactionId": "The transactionId of the notice.",
		"file":          "ORDER, ORDERRESPONSE, DISPATCHNOTIFICATION, INVOICE or QUOTATION, with .xml, .pdf, .csv, .json or .edi after it.",
	}
}

// content is a body of a type, as JSON, with examples.
func content(typeName string, examples ...string) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: schemas + typeName}, Examples: examplesOf(examples...)}}
}

const asXML = " As XML if Accept asks for application/xml."

func notAcceptable(op *huma.Operation) *huma.Response {
	return &huma.Response{Description: "Accept allows neither JSON nor XML.", Content: op.Responses["401"].Content}
}

func fetchCalls() []*huma.Operation {
	fetch := func(path, id, summary, description, of, answered, example string) *huma.Operation {
		op := call(http.MethodGet, path, id, summary, description+asXML, content(answered, example))
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "lastUpdatedAfter", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Format: "date-time"}, Example: "2026-11-22T11:00:00Z",
			Description: "Of the " + of + " only those that changed later.",
		})
		op.Responses["406"] = notAcceptable(op)
		op.Responses["422"] = &huma.Response{Description: "What was asked for isn't valid.", Content: op.Responses["401"].Content}
		return op
	}
	return []*huma.Operation{
		fetch("/v2/order/{orderId}", "getOrder", "Fetch an order", "The order as it is now, with all its lines.", "lines", "Order", "wholeOrder"),
		fetch("/v2/order/{orderId}/single-delivery", "getSingleOrder", "Fetch an order with one delivery per line", "The same, but that a line with several deliveries comes as several lines.", "lines", "SingleOrder", ""),
		fetch("/v2/shipment/{shipmentId}", "getShipment", "Fetch a shipment", "The shipment as it is now, with all its lines and documents.", "lines and documents", "Shipment", "wholeShipment"),
	}
}

func pollCalls() []*huma.Operation {
	poll := func(path, id, summary, asked, answered, example string) *huma.Operation {
		op := call(http.MethodPost, path, id, summary, "For receivers that can't be called. Ask with the lastUpdatedAt of the last answer as lastUpdatedAfter, "+
			"again and again until nothing is found."+asXML, content(answered, example))
		op.RequestBody = &huma.RequestBody{Required: true, Content: content(asked, "poll")}
		op.Responses["406"] = notAcceptable(op)
		for status, words := range map[string]string{"413": "The body is too large.", "415": "The body isn't JSON.", "422": "What was asked for isn't valid."} {
			op.Responses[status] = &huma.Response{Description: words, Content: op.Responses["401"].Content}
		}
		return op
	}
	shipment := poll("/v2/shipment/poll", "pollShipments", "Ask which shipments have changed", "ShipmentPoll", "ShipmentPage", "shipments")
	shipment.RequestBody.Content["application/json"].Examples = nil
	return []*huma.Operation{
		poll("/v2/order-search/poll", "pollOrders", "Ask which orders have changed", "OrderPoll", "OrderPage", "orders"),
		poll("/v2/order-search/poll/single-delivery", "pollSingleOrders", "The same with one delivery per line", "OrderPoll", "SingleOrderPage", ""),
		shipment,
	}
}

func downloadCalls() []*huma.Operation {
	binary := map[string]*huma.MediaType{"application/octet-stream": {}}
	file := call(http.MethodGet, "/2.1/business/documents/{transactionId}/{file}", "downloadDocument", "Download the document of a notice",
		"documentUrl of a notice. It takes the company's ID and a key by basic authentication, and knows ETag and Range.", binary)
	file.Parameters[1].Example = "DISPATCHNOTIFICATION.xml"
	file.Security = []map[string][]string{{"basic": {}}}
	file.Responses["200"].Description = "The newest document of that kind and form. Its type is that of the form."
	metadata := call(http.MethodGet, "/v2/object-storage/document/{objectId}/metadata", "getFile", "Ask where to download a file",
		"For the objectId of documents of orders, lines and shipments."+asXML, content("FileMetadata", "metadata"))
	metadata.Responses["406"] = notAcceptable(metadata)
	return []*huma.Operation{metadata, file}
}
