package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/trade"
)

const description = `Tell Waybill what happens, and who is to be told.

Requests are authenticated with the header "Authorization: Bearer KEY"; with HTTP
basic authentication, the company's ID being the user name and a key the password;
or with the cookie of a person who has signed in. What belongs to another company
is answered with 404, as if it weren't there.

Errors are problem documents (RFC 9457): "errors" names each field that is wrong
and what to do about it. An input that is not valid, or not JSON at all, is
answered with 422. Errors that people can make are in German if Accept-Language
prefers it.`

func (s *Server) config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[problem]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Waybill", Version: s.Version, Description: description},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					keyScheme:    {Type: "http", Scheme: "bearer", Description: "A key of a company or of the operator."},
					basicScheme:  {Type: "http", Scheme: "basic", Description: "A company's ID, and a key of it as the password."},
					cookieScheme: {Type: "apiKey", In: "cookie", Name: s.sessionCookie(), Description: "Of a person who has signed in."},
				},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat,
			"json":             huma.DefaultJSONFormat, // any +json
		},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{transform},
	}
}

// sessionCookie returns the name of the session cookie where people reach the
// server.
func (s *Server) sessionCookie() string {
	return signin.HostOnly(signin.Cookie, strings.HasPrefix(s.PublicURL, "https://"))
}

// public describes a route that needs no key: pattern is method and path.
func public(pattern, id, summary string, errors ...int) huma.Operation {
	method, path, _ := strings.Cut(pattern, " ")
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		Errors: append(errors, http.StatusInternalServerError),
	}
}

// secured describes a route for those who may take an action. One whose path
// has a {company} is about that company.
func secured(pattern, id, summary string, action account.Action, errors ...int) huma.Operation {
	op := public(pattern, id, summary, append(errors,
		http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity)...)
	if strings.Contains(pattern, "{") && !slices.Contains(op.Errors, http.StatusNotFound) {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	op.Security = []map[string][]string{{keyScheme: {}}, {basicScheme: {}}, {cookieScheme: {}}}
	if action == account.OwnProfile {
		op.Security = []map[string][]string{{cookieScheme: {}}}
	}
	op.Metadata = map[string]any{actionKey: action}
	op.RejectUnknownQueryParameters = true // a filter with a slip in its name must not select everything
	return op
}

// created makes 201 the status of an operation's success.
func created(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusCreated
	return op
}

// accepted makes 202 the status of an operation's success.
func accepted(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusAccepted
	return op
}

// reading bounds the JSON body of an operation and the time to read it.
func reading(op huma.Operation) huma.Operation {
	op.MaxBodyBytes = 256 << 10
	op.BodyReadTimeout = time.Minute
	op.Errors = append(op.Errors, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	return op
}

// answers describes an answer that huma cannot see from the types.
func answers(status int, contentType string, schema *huma.Schema) map[string]*huma.Response {
	return map[string]*huma.Response{
		strconv.Itoa(status): {Content: map[string]*huma.MediaType{contentType: {Schema: schema}}},
	}
}

// describeBodies adds to the document what the operations that take or answer
// raw bytes read and write, which huma would otherwise want to do itself.
func describeBodies(doc *huma.OpenAPI) {
	body := func(path, contentType string, schema *huma.Schema) {
		doc.Paths[companyPath+path].Post.RequestBody = &huma.RequestBody{
			Required: true, Content: map[string]*huma.MediaType{contentType: {Schema: schema}},
		}
	}
	registry := doc.Components.Schemas
	body("/events", jsonType, registry.Schema(reflect.TypeFor[postedEvent](), true, ""))
	registry.Schema(reflect.TypeFor[batchLine](), true, "")
	body("/events/batch", linesType, &huma.Schema{
		Type: huma.TypeString, Description: "On each line an event: see the schema PostedEvent. Empty lines count but are skipped.",
	})
	doc.Paths[companyPath+"/events"].Post.Responses["202"].Content = map[string]*huma.MediaType{jsonType: {Schema: registry.Schema(reflect.TypeFor[receipt](), true, "")}}
	describeDocument(doc.Paths[documentsPath].Post)
	describeObject(doc.Paths[objectsPath].Post)
	describeChanges(doc, "order", ordersPath)
	describeChanges(doc, "shipment", shipmentsPath)
	picture := doc.Paths[mePath+"/picture"]
	picture.Put.RequestBody = &huma.RequestBody{Required: true, Content: pictureContent("image/png", "image/jpeg")}
	job := doc.Paths[jobsPath].Post
	job.Responses["202"].Content = answers(0, jsonType, registry.Schema(reflect.TypeFor[deliveryJob](), true, ""))["0"].Content
	job.Responses["200"] = answers(0, jsonType, registry.Schema(reflect.TypeFor[deliveryCounts](), true, ""))["0"]
	job.Responses["200"].Description = "OK"
	put := doc.Paths[companyPath].Put
	put.Responses["201"] = &huma.Response{Description: "Created", Content: put.Responses["200"].Content}
}

const openAPIType = "application/openapi+json"

func openAPIOperation() huma.Operation {
	op := public("GET /api/v1/openapi.json", "openAPI", "Read this document")
	op.Responses = answers(http.StatusOK, openAPIType, &huma.Schema{Type: huma.TypeObject})
	return op
}

type documentOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// openAPI returns the handler that serves the document, which is made at the
// first request for it.
func (s *Server) openAPI(a huma.API) func(context.Context, *struct{}) (*documentOutput, error) {
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.OpenAPI()) })
	return func(context.Context, *struct{}) (*documentOutput, error) {
		body, err := document()
		return &documentOutput{ContentType: openAPIType, Body: body}, err
	}
}

// describeDocument adds what a document can be sent as.
func describeDocument(op *huma.Operation) {
	content := map[string]*huma.MediaType{formType: formOfFile()}
	for _, f := range trade.Formats() {
		content[f.MediaType()] = &huma.MediaType{Schema: &huma.Schema{Description: "The bytes of the document."}}
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: content}
}

func describeObject(op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		formType: formOfFile(), "*/*": {Schema: &huma.Schema{Description: "The bytes of the file."}},
	}}
}

func formOfFile() *huma.MediaType {
	return &huma.MediaType{Schema: &huma.Schema{
		Type: huma.TypeObject, Description: "The document as " + fileField + ", and any of the query's parameters as fields.",
		Properties: map[string]*huma.Schema{fileField: {Type: huma.TypeString, Format: "binary"}}, Required: []string{fileField},
	}}
}

// describeChanges adds what an order or a shipment can be changed by.
func describeChanges(doc *huma.OpenAPI, what, path string) {
	object := func(contentType, description string) *huma.RequestBody {
		return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			contentType: {Schema: &huma.Schema{Type: huma.TypeObject, Description: description}},
		}}
	}
	item := doc.Paths[path+"/{id}"]
	item.Put.RequestBody = object(jsonType, "All of the "+what+"; see docs/orders.md.")
	item.Patch.RequestBody = object(patchType, "A merge patch (RFC 7396); {} changes nothing, as eventName may want it.")
	item.Put.Responses["201"] = &huma.Response{Description: "Created", Headers: item.Put.Responses["200"].Headers, Content: item.Put.Responses["200"].Content}
}
