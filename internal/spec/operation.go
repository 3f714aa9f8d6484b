package spec

import (
	"github.com/danielgtaylor/huma/v2"
)

// operation describes a request that receivers get, without its body.
func operation(r rules, method, path, id, summary, description string) *huma.Operation {
	return &huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary,
		Description: description, Parameters: headers(), Responses: answers(r),
	}
}

// headers describes what each request says of itself.
func headers() []*huma.Param {
	header := func(name string, required bool, schema *huma.Schema, example any, words string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: required, Schema: schema, Example: example, Description: words}
	}
	text := &huma.Schema{Type: huma.TypeString}
	whole := &huma.Schema{Type: huma.TypeInteger}
	return []*huma.Param{
		header("Webhook-Id", true, text, sampleMessageID, "The same in every attempt to deliver the same thing. Take each once."),
		header("Webhook-Timestamp", true, whole, 1795376925, "When this attempt was begun, in seconds since 1970 (UTC)."),
		header("Webhook-Attempt", false, whole, 1, "Counts the attempts from 1."),
		header("Webhook-Signature", false, text, "v1,3t7awJ5MU9V7jaMCjjilLs9WI7Biojsh1wl/To6ItYM=", "If the webhook is signed: signatures after Standard Webhooks."),
		header("Webhook-Test", false, &huma.Schema{Type: huma.TypeString, Enum: []any{"true"}}, nil, "It is a test: a sample that somebody sent from the settings."),
	}
}

// rules are what answers mean, if a webhook's retry policy isn't changed.
type rules int

const (
	statusRules rules = iota // of orders and shipments
	tenTimes                 // of documents and triggers
)

// answers describes what receivers can answer and what that means.
func answers(r rules) map[string]*huma.Response {
	later := map[string]*huma.Param{"Retry-After": {
		Description: "When to try again: seconds, or a time (RFC 9110, section 10.2.3).", Schema: &huma.Schema{Type: huma.TypeString}, Example: "120",
	}}
	all := map[string]*huma.Response{
		"204": {Description: "Delivered. Any other 2xx says the same. Answer as soon as what came is stored; do the work afterwards."},
		"410": {Description: "The receiver is gone for good. The delivery fails, and the webhook is switched off until somebody switches it on again."},
		"429": {Description: "Not now. It is delivered later, as it is after 408 and 425.", Headers: later},
		"4XX": {Description: "The receiver will never take this. The delivery fails and isn't tried again, unless the webhook's retry policy says otherwise."},
		"500": {Description: "The receiver has found a fault in what came. The delivery fails and isn't tried again, unless the webhook's retry policy says otherwise."},
		"503": {Description: "The receiver is out of order. It is delivered later, as it is after any answer above 500 and after none in time, at growing intervals without end.", Headers: later},
	}
	if r == tenTimes {
		const again = " It is tried again, ten times over about a day, unless the webhook's retry policy says otherwise."
		all["4XX"].Description = "The receiver doesn't take this." + again
		all["500"].Description = "The receiver has failed." + again
		all["503"].Description = "The receiver is out of order. The same holds for any answer above 500 and for none in time." + again
	}
	return all
}
