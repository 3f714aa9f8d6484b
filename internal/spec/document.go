package spec

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/trade"
)

const aboutNotices = `What a receiver of document webhooks implements: one request for each kind of document, which is posted to the URL in the settings.

The notice says where the document is. All values are texts. Answer, and download the document afterwards.`

// notices describes the bodies of package render/notice, which has no type for them.
func notices() Spec {
	types := []Type{
		{
			Name: "DocumentNotice", Words: "A pointer to a document.", Members: []Member{
				{Name: "eventId", Always: true, Format: "uuid", Words: "The ID of this notice: the same in every attempt to deliver it. Take each once."},
				{Name: "timestamp", Always: true, Words: "When this attempt was made, such as 2026-10-17T11:01:36: local time in the company's time zone, without naming it."},
				{Name: "eventType", Always: true, Kind: Choice, Type: "DocumentKind", Words: "The kind of document."},
				{Name: "transactionStatus", Always: true, Words: "The new status of the order or deal, such as ARRIVED, PROCESSING, ADVISED, INVOICED; take any text."},
				{Name: "orderId", Always: true, Words: "The customer's ID of the order or deal."},
				{Name: "itscopeOrderId", Always: true, Words: "The platform's ID of the order or deal."},
				{Name: "documentId", Words: "The document's ID. It is left out when a status has changed without a document."},
				{Name: "documentUrl", Words: "Where to download the document. It is left out when a status has changed without a document."},
				{Name: "transactionId", Always: true, Words: "The deal's ID, which is in documentUrl too."},
			},
		},
		{Name: "DocumentKind", Words: "The kind of document.", Values: namesOf(trade.DocumentEvents)},
	}
	op := operation(tenTimes, http.MethodPost, "/documents", "documentNotice", "A document is there, or the status of a deal has changed",
		"It is delivered again after any answer but 2xx, ten times over about a day, unless the webhook's retry policy says otherwise.")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Ref: schemas + "DocumentNotice"}, Examples: examplesOf("notice")},
	}}
	return Spec{
		Name: "document-notice", Title: "Document notice", Webhook: true, shown: []string{"notice"}, Types: types,
		Purpose:  "What you get when an order, a response to it, a dispatch notification or an invoice is there to be downloaded.",
		Document: webhook("Document notice", aboutNotices, types, op),
		Article:  "document-notices", Operations: []*huma.Operation{op},
	}
}

// namesOf returns the names of the event types of a family.
func namesOf(f trade.Family) []string {
	var names []string
	for _, t := range trade.Catalogue() {
		if t.Family == f {
			names = append(names, t.Name)
		}
	}
	return names
}
