// Package spec describes what receivers are sent and what they can call, as OpenAPI
// 3.1 documents and as an XML Schema, made from the types that bodies are written
// from. It is pure.
//
// A document about a webhook has its requests twice: as webhooks, which is what they
// are, and as paths, since generators make servers from those; the paths are examples,
// because a receiver chooses its own.
package spec

import (
	"bytes"
	"net/http"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// Spec is one specification.
type Spec struct {
	Name     string // in its URL, such as "order-webhook"
	Title    string
	Purpose  string // what it is for, in one sentence
	Document *huma.OpenAPI
	Types    []Type // that its bodies are made of, each before those that it consists of
	Article  string // the page of docs/receivers about it, without .md

	Operations []*huma.Operation // of the document, the most important first

	shown []string // the names of examples

	Webhook bool // it is about what receivers get, not about what they call
}

//nolint:gochecknoglobals // built on first use from constants and never changed after.
var all = sync.OnceValue(func() []Spec {
	return []Spec{orders(), shipments(), orderGet(), shipmentGet(), notices(), triggers(), calls()}
})

// All returns every specification. What is returned is shared and must not be changed.
// It is safe for concurrent use.
func All() []Spec { return all() }

// JSON returns the OpenAPI 3.1 document.
func (s *Spec) JSON() ([]byte, error) { return s.Document.MarshalJSON() }

// YAML returns the OpenAPI 3.1 document as YAML.
func (s *Spec) YAML() ([]byte, error) { return s.Document.YAML() }

// OpenAPI30 returns a rendition in OpenAPI 3.0.3 for tools that know nothing newer. It
// has no webhooks, and says that a value can be null in the older way.
func (s *Spec) OpenAPI30() ([]byte, error) {
	older := *s.Document
	older.Webhooks = nil
	raw, err := older.Downgrade()
	if err != nil {
		return nil, err
	}
	// The type null, which 3.0 hasn't, stands last among others.
	return bytes.ReplaceAll(raw, []byte(`,{"type":"null"}]`), []byte(`],"nullable":true`)), nil
}

// document returns what all documents have. The version is that of the bodies, not of
// Waybill: it is raised when members are added.
func document(title, description string, types []Type) *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI:    "3.1.0",
		Info:       &huma.Info{Title: title, Version: "1.0", Description: description},
		Components: &huma.Components{Schemas: registry(types)},
	}
}

// webhook returns the document of requests that receivers get.
func webhook(title, description string, types []Type, ops ...*huma.Operation) *huma.OpenAPI {
	d := document(title, description, types)
	d.Components.SecuritySchemes = credentials()
	d.Security = []map[string][]string{{"basic": {}}, {"bearer": {}}, {"oauth2": {}}}
	d.Paths, d.Webhooks = make(map[string]*huma.PathItem), make(map[string]*huma.PathItem)
	for _, op := range ops {
		item := &huma.PathItem{}
		if op.Method == http.MethodGet {
			item.Get = op
		} else {
			item.Post = op
		}
		d.Paths[op.Path] = item
		d.Webhooks[op.OperationID] = asWebhook(item)
	}
	return d
}

// asWebhook returns the same requests under other IDs, since each may be there once.
// A webhook has no path, so what would be in it is only told in words.
func asWebhook(p *huma.PathItem) *huma.PathItem {
	item := *p
	for _, op := range []**huma.Operation{&item.Get, &item.Post} {
		if *op != nil {
			o := **op
			o.OperationID += "Webhook"
			o.Parameters = slices.DeleteFunc(slices.Clone(o.Parameters), func(p *huma.Param) bool { return p.In == "path" })
			*op = &o
		}
	}
	return &item
}

func credentials() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"basic":  {Type: "http", Scheme: "basic", Description: "User name and password that you choose, in UTF-8 (RFC 7617)."},
		"bearer": {Type: "http", Scheme: "bearer", Description: "A token that you choose, and that stays the same."},
		"oauth2": {
			Type:        "oauth2",
			Description: "A token that your own authorization server gives for a client ID and a client secret (RFC 6749, section 4.4). The URL is an example.",
			Flows: &huma.OAuthFlows{ClientCredentials: &huma.OAuthFlow{ //nolint:gosec // an example, and no secret
				TokenURL: "https://login.example.com/oauth2/token", Scopes: map[string]string{},
			}},
		},
	}
}
